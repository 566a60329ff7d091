// From the click on *Answer* to the first frame of the other person at either end, with a connection that was made while it rang and
// without, beside the least that two pages need for the same. In turn, so that all meet the machine in the same mood.

import type { Browser, Page } from "@playwright/test";
import { launch, newPage } from "../fixtures/browser.ts";
import { median, range } from "../fixtures/figures.ts";
import { openFloor, startFloor } from "../fixtures/floor.ts";
import { test } from "../fixtures/test.ts";
import { DirectPage } from "../pages/direct.ts";

const CALLS = 20;

/** Milliseconds since the click: the devices of whoever answers, the caller's first frame there, and theirs at the caller. */
interface Answer {
    devices: number;
    atCallee: number;
    atCaller: number;
}

test("time from Answer to the first remote frames", async ({ server }) => {
    test.setTimeout(600_000);
    const browsers = [await launch({ camera: 0 }), await launch({ camera: 1 })] as const;
    const floor = await startFloor("answer");
    const [ada, bob] = await Promise.all(["Ada", "Bob"].map(async (name, camera) => {
        const page = new DirectPage(await newPage(browsers[camera]!), name, camera);
        await page.page.addInitScript(watch);
        await page.open(`${server.url}/call`);
        await page.isCalled(name);
        await page.ownId();
        return page;
    })) as [DirectPage, DirectPage];
    const idOfBob = await bob.ownId();
    const host = await openFloor(browsers[0], floor.url, "host");
    const beforehand: Answer[] = [];
    const afresh: Answer[] = [];
    const least: Answer[] = [];
    for (let round = 0; round <= CALLS; round++) {
        const fresh = await call(ada, bob, idOfBob, false);
        const known = await call(ada, bob, idOfBob, true);
        const bare = await answerFloor(browsers[1], host, floor.url);
        // The first round warms all up and is not counted.
        if (round > 0) afresh.push(fresh), beforehand.push(known), least.push(bare);
    }
    await Promise.all(browsers.map((browser) => browser.close()));
    floor.stop();
    console.log(`\nAnswer → first remote frames, ${CALLS} calls each, medians (ranges) in ms:`);
    for (const [name, all] of [["connected while it rang", beforehand], ["connected afresh", afresh], ["minimal two-page script", least]] as const) {
        const of = (pick: (one: Answer) => number) => `${median(all.map(pick)).toFixed(0)} (${range(all.map(pick))})`;
        const after = (pick: (one: Answer) => number) => median(all.map((one) => pick(one) - one.devices)).toFixed(0);
        console.log(`  ${name}: devices ${of((one) => one.devices)}; caller seen ${of((one) => one.atCallee)}; seen by the caller ${of((one) => one.atCaller)}, ${after((one) => one.atCaller)} after the devices`);
    }
    const ratio = (pick: (one: Answer) => number) => (median(beforehand.map(pick)) / median(least.map(pick))).toFixed(2);
    console.log(`  connected while it rang against the script: caller seen ${ratio((one) => one.atCallee)}, seen by the caller ${ratio((one) => one.atCaller)}; budget 1.00`);
});

/** A call that is answered 1.5 s after it has begun to ring, and hung up. Who is not known is forgotten before. */
async function call(ada: DirectPage, bob: DirectPage, whom: string, isKnown: boolean): Promise<Answer> {
    if (!isKnown) await bob.page.evaluate(() => localStorage.removeItem("veranda.call-peers"));
    await ada.calls(whom);
    await bob.ring("Ada").waitFor();
    await ada.expectRing("ringing");
    await ada.page.waitForTimeout(1_500);
    const atCaller = firstFrame(ada.page);
    const atCallee = firstFrame(bob.page);
    const clicked = await bob.page.evaluate(() => {
        const answer = [...document.querySelectorAll<HTMLButtonElement>("[role=alertdialog] button")].find((one) => one.textContent?.trim() === "Answer")!;
        Object.assign(window, { devicesAt: undefined });
        const now = performance.timeOrigin + performance.now();
        answer.click();
        return now;
    });
    const [theirs, ours] = await Promise.all([atCaller, atCallee]);
    const devices = await bob.page.evaluate(() => (window as unknown as { devicesAt: number }).devicesAt);
    await ada.button("Hang up").click();
    for (const one of [ada, bob]) await one.page.getByText(/^Call ended after/).waitFor();
    await bob.page.waitForTimeout(300);
    return { devices: devices - clicked, atCallee: ours - clicked, atCaller: theirs - clicked };
}

/** When the first frame of somebody else is drawn on a page, on the clock that all pages of a machine share. */
function firstFrame(page: Page): Promise<number> {
    return page.evaluate(async () => {
        const video = await new Promise<HTMLVideoElement>((found) => {
            const look = () => {
                const video = document.querySelector<HTMLVideoElement>("article:not(.own) video");
                if (video) found(video);
                else requestAnimationFrame(look);
            };
            look();
        });
        await new Promise((frame) => video.requestVideoFrameCallback(frame));
        return performance.timeOrigin + performance.now();
    });
}

async function answerFloor(browser: Browser, host: Page, url: string): Promise<Answer> {
    const page = await openFloor(browser, url, "guest");
    await page.waitForTimeout(500);
    const atCaller = host.evaluate(() => (window as unknown as { nextFrame: () => Promise<number> }).nextFrame());
    const answered = await page.evaluate(() => (window as unknown as { answer: () => Promise<{ clicked: number; devices: number; frame: number }> }).answer());
    const theirs = await atCaller;
    await page.context().close();
    const { clicked, devices, frame } = answered;
    return { devices: devices - clicked, atCallee: frame - clicked, atCaller: theirs - clicked };
}

/** Notes when the last device of an answer was there. Runs in the page before it. */
function watch() {
    const capture = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
        const stream = await capture(constraints);
        Object.assign(window, { devicesAt: performance.timeOrigin + performance.now() });
        return stream;
    };
}
