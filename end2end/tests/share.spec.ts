// Screens: a real tab with its sound, shared by a real browser, seen and heard by others.

import type { Page } from "@playwright/test";
import { createRoomWith } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";
import type { CallPage } from "../pages/call.ts";

/** A tab that is red, and sounds at 880 Hz. Runs in the page. */
function play(): void {
    document.title = "Shared page";
    document.body.style.background = "rgb(220, 20, 20)";
    let even = false;
    // A tab whose picture does not change sends none.
    setInterval(() => (document.body.style.border = (even = !even) ? "4px solid black" : "4px solid white"), 200);
    const context = new AudioContext();
    const tone = context.createOscillator();
    tone.frequency.value = 880;
    tone.connect(context.destination);
    tone.start();
}

async function openShared(call: CallPage, address: string): Promise<Page> {
    const page = await call.page.context().newPage();
    await page.goto(address);
    await page.evaluate(play);
    await call.page.bringToFront();
    return page;
}

/** Whether the picture of somebody's screen is red in its middle. */
const isRed = (call: CallPage, name: string) =>
    call.page.locator(`article[aria-label="${name}'s screen"] video[data-source=screen]`).evaluate((video) => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
        const ink = canvas.getContext("2d")!;
        ink.drawImage(video as HTMLVideoElement, 0, 0, 8, 8);
        const [red, green, blue] = ink.getImageData(4, 4, 1, 1).data;
        return red! > 150 && green! < 90 && blue! < 90;
    });

for (const [path, settings] of [["direct", {}], ["by way of the server", { mesh_limit: 2 }]] as const) {
    test(`a shared tab is seen beside the camera, and ends for all, ${path}`, async ({ server, somebody }) => {
        test.setTimeout(240_000);
        const { link } = await createRoomWith(server, settings);
        const ada = await somebody("Ada", link, { shares: "Shared page" });
        const bob = await somebody("Bob", link);
        const cleo = await somebody("Cleo", link);
        for (const call of [ada, bob, cleo]) await call.join();
        await openShared(ada, `${server.url}/robots.txt`);
        await ada.toolbarButton("Share screen").click();
        for (const call of [bob, cleo]) {
            await expect(call.page.getByRole("status")).toContainText("Ada is sharing their screen");
            await expect.poll(() => isRed(call, "Ada"), { message: `${call.name} sees the tab` }).toBe(true);
            await call.expectToSee(ada);
        }
        await ada.toolbarButton("Stop sharing").click();
        for (const call of [bob, cleo]) await expect(call.tile("Ada's screen")).toBeHidden({ timeout: 5_000 });
        await expect(ada.toolbarButton("Share screen")).toBeVisible();
    });
}
