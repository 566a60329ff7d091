// From the click on *Join now* to the first frame of the other person, in two browsers, beside the least that two pages
// need for the same. In turn, so that both meet the machine in the same mood.

import type { Browser } from "@playwright/test";
import { launch, newPage } from "../fixtures/browser.ts";
import { median, range } from "../fixtures/figures.ts";
import { openFloor, startFloor } from "../fixtures/floor.ts";
import { test } from "../fixtures/test.ts";
import { CallPage } from "../pages/call.ts";

const JOINS = 20;

test("time from Join now to the first remote frame", async ({ newRoom }) => {
    const floor = await startFloor("join");
    const browsers = [await launch({ camera: 0 }), await launch({ camera: 1 })] as const;
    const link = await newRoom();
    const ours: number[] = [];
    const least: number[] = [];
    const ada = new CallPage(await newPage(browsers[0]), "Ada", 0);
    await ada.open(link);
    await ada.join();
    const host = await openFloor(browsers[0], floor.url, "host");
    for (let round = 0; round < JOINS + 1; round++) {
        const joined = await joinRoom(browsers[1], link);
        const met = await joinFloor(browsers[1], floor.url);
        // The first round warms both up and is not counted.
        if (round > 0) ours.push(joined), least.push(met);
    }
    await host.close();
    await Promise.all(browsers.map((browser) => browser.close()));
    floor.stop();
    const [a, b] = [median(ours), median(least)];
    console.log(`\nJoin now → first remote frame, ${JOINS} joins: median ${a.toFixed(0)} ms (${range(ours)}), budget 700 ms`);
    console.log(`minimal two-page script, same run: median ${b.toFixed(0)} ms (${range(least)}), ratio ${(a / b).toFixed(2)}, budget 1.20`);
});

async function joinRoom(browser: Browser, link: string): Promise<number> {
    const page = await newPage(browser);
    const bob = new CallPage(page, "Bob", 1);
    await bob.open(link);
    await page.getByRole("textbox", { name: "Your name" }).fill("Bob");
    await page.locator(".preview-picture[data-camera=on]").waitFor();
    await page.waitForTimeout(500);
    const time = await page.evaluate(async () => {
        const begun = performance.now();
        document.querySelector<HTMLButtonElement>("button[type=submit]")!.click();
        const video = await new Promise<HTMLVideoElement>((found) => {
            const look = () => {
                const video = document.querySelector<HTMLVideoElement>("article:not(.own) video");
                if (video) found(video);
                else requestAnimationFrame(look);
            };
            look();
        });
        await new Promise((frame) => video.requestVideoFrameCallback(frame));
        return performance.now() - begun;
    });
    await page.context().close();
    return time;
}

async function joinFloor(browser: Browser, url: string): Promise<number> {
    const page = await openFloor(browser, url, "guest");
    await page.waitForTimeout(500);
    const time = await page.evaluate(() => (window as unknown as { join: () => Promise<number> }).join());
    await page.context().close();
    return time;
}
