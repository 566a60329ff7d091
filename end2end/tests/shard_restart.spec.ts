// A media thread that panics: the server starts it again, and pages open their links anew by themselves.

import { createRoomWith, startServer } from "../fixtures/server.ts";
import { SLOW } from "../fixtures/camera.ts";
import { expect, test } from "../fixtures/test.ts";
import type { CallPage } from "../pages/call.ts";

/** The longest time that a picture may stand still over it. */
const BACK_WITHIN_MILLIS = 3_000;

test("a media shard that panics is started again, and everybody sees and hears within three seconds", async ({ somebody }) => {
    test.setTimeout(600_000);
    const server = await startServer();
    // A third person moves this room to the server.
    const room = await createRoomWith(server, { mesh_limit: 2 });
    const calls: CallPage[] = [];
    for (const name of ["Ada", "Bob", "Cleo"]) {
        const call = await somebody(name, room.link, { picture: SLOW, context: { viewport: { width: 480, height: 320 } } });
        await call.join();
        calls.push(call);
    }
    for (const call of calls) {
        await call.expectOnServer();
        await call.expectToSeeAll(calls);
    }
    const pairs = calls.flatMap((one) => calls.filter((other) => other !== one).map((other) => [one, other] as const));
    for (const [one, other] of pairs) await one.watchGaps(other);
    // What is over soon after it began is not opened again at once: it may be over again.
    await calls[0]!.page.waitForTimeout(6_000);
    for (const [one, other] of pairs) await one.longestGap(other);

    for (const restarts of [1, 2]) {
        server.panicMedia();
        await expect.poll(() => server.log.filter((line) => line.includes("a media shard ended")).length).toBeGreaterThanOrEqual(restarts);
        for (const [one, other] of pairs) await one.expectToMove(other.name);
        const gaps = await Promise.all(pairs.map(([one, other]) => one.longestGap(other)));
        console.log(`media was back after ${gaps.join(", ")} ms`);
        expect(Math.max(...gaps), "it did stop").toBeGreaterThan(200);
        expect(Math.max(...gaps)).toBeLessThan(BACK_WITHIN_MILLIS);
        for (const call of calls) {
            await call.expectToSeeAll(calls);
            await expect(call.page.getByRole("alert").filter({ hasText: "Reconnecting" })).toBeHidden();
        }
        const ready = (await (await fetch(`${server.url}/readyz`)).json()) as { status: string; media_restarts: number };
        expect(ready.status).toBe("ready");
        expect(ready.media_restarts).toBeGreaterThanOrEqual(restarts);
        await calls[0]!.page.waitForTimeout(6_000);
        for (const [one, other] of pairs) await one.longestGap(other);
    }
    await server.stop();
});
