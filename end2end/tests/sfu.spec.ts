// Rooms too large to talk directly, by way of the server's forwarding unit.

import { expect, test } from "../fixtures/test.ts";
import { SMALL } from "../fixtures/camera.ts";
import type { CallPage } from "../pages/call.ts";

/** One machine plays all of them. */
const SMALL_PAGE = { picture: SMALL, context: { viewport: { width: 480, height: 320 } } };

const NAMES = ["Ada", "Bob", "Cleo", "Dan", "Eve", "Finn"];

test("a fifth person moves the call to the server, and everybody sees everybody", async ({ newRoom, somebody }) => {
    test.setTimeout(240_000);
    const link = await newRoom();
    const calls: CallPage[] = [];
    for (const name of NAMES.slice(0, 5)) {
        const call = await somebody(name, link, SMALL_PAGE);
        await call.join();
        calls.push(call);
    }
    for (const call of calls) {
        await expect(call.page.locator("main[data-topology=sfu]")).toBeVisible();
    }
    for (const call of calls) {
        for (const other of calls.filter((other) => other !== call)) {
            await call.expectToSee(other);
        }
    }
});
