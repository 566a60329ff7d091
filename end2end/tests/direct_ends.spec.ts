// How a direct call sounds, how fast it stops, and how it ends when one of the two is gone.

import type { Page } from "@playwright/test";
import { test } from "../fixtures/callers.ts";
import { FirefoxCall, ownIdIn } from "../fixtures/firefox.ts";
import { SoundServer } from "../fixtures/sound.ts";
import { listen, tone } from "../fixtures/sounding.ts";
import { expect } from "../fixtures/test.ts";
import { DirectPage } from "../pages/direct.ts";

/** What somebody with Firefox sees of a call. */
const ringOf = async (call: FirefoxCall) => call.page.$$eval("[data-ring]", (all) => all.map((one) => one.getAttribute("data-ring")));
const textOf = async (call: FirefoxCall) => call.page.$eval("body", (body) => body.innerText);

test("Chromium calls Firefox and Firefox calls Chromium: pictures and sound both ways, and both have it in their history", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const sound = await SoundServer.start();
    const bob = await FirefoxCall.visit("Bob", `${server.url}/call`, { sound });
    const id = await ownIdIn(bob.page);
    await bob.page.locator("#your-name").fill("Bob");
    await bob.page.evaluate(() => (document.activeElement as HTMLElement).blur());
    const expectTalk = async () => {
        await bob.page.waitForSelector('article[aria-label="Ada"] video[data-source=camera]');
        await expect.poll(async () => (await bob.colours("Ada")).length).toBeGreaterThan(0);
        await expect.poll(() => bob.soundPerSecond()).toBeGreaterThan(0);
        const video = ada.tile("Bob").locator("video[data-source=camera]");
        await expect.poll(() => video.evaluate((one) => (one as HTMLVideoElement).videoWidth)).toBeGreaterThan(0);
        await ada.expectRing("answered");
    };
    await ada.calls(id);
    await bob.page.waitForSelector("dialog[role=alertdialog][open]");
    expect(await bob.page.$eval("dialog.incoming", (dialog) => dialog.ariaLabel)).toBe("Ada is calling");
    await ada.expectRing("ringing");
    await bob.press("Answer");
    await expectTalk();
    await bob.press("Hang up");
    await ada.expectRing("answered");
    await expect(ada.page.getByText(/^Call ended after \d+:\d\d\.$/)).toBeVisible();
    await expect.poll(() => textOf(bob)).toMatch(/Call ended after \d+:\d\d\./);

    await bob.page.locator("#call-id").fill(await ada.ownId());
    await bob.press("Call");
    await ada.ring("Bob").getByRole("button", { name: "Answer", exact: true }).click();
    await expectTalk();
    await ada.button("Hang up").click();
    await expect.poll(() => ringOf(bob)).toEqual(["answered"]);
    await expect.poll(() => ada.history()).toEqual([expect.stringMatching(/^Bob: Incoming/), expect.stringMatching(/^Bob: Outgoing/)]);
    const history = () => bob.page.$$eval(".history li:not(.day)", (rows) => rows.map((row) => `${row.querySelector("strong")?.textContent}: ${row.querySelector(".how")?.textContent?.split(",")[0]}`));
    await expect.poll(history).toEqual(["Ada: Outgoing", "Ada: Incoming"]);

    await ada.calls(id);
    await bob.page.waitForSelector("dialog[role=alertdialog][open]");
    await bob.press("Decline");
    await ada.expectRing("declined");
    await expect.poll(() => textOf(bob)).toContain("You declined the call.");
    await bob.close();
    await sound.stop();
});

test("one tab rings, aloud and in a tone that is heard, the caller hears another one, and all stop when one tab answers", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const idOfBob = await bob.ownId();
    const tabs = [bob];
    for (let tab = 1; tab < 3; tab++) tabs.push(new DirectPage(await bob.page.context().newPage(), "Bob", bob.camera));
    for (const page of [ada, ...tabs]) {
        await listen(page.page);
        await page.open(`${server.url}/call`);
        await page.ownId();
    }
    await ada.calls(idOfBob);
    for (const tab of tabs) await expect(tab.ring("Ada")).toBeVisible();
    const tones = async () => (await Promise.all(tabs.map((tab) => tone(tab.page)))).filter((one) => one !== undefined);
    const chimes = [523, 659, 784];
    await expect.poll(async () => (await tones()).map((one) => chimes.some((chime) => Math.abs(chime - one) < 6))).toEqual([true]);
    await expect.poll(async () => Math.abs(((await tone(ada.page)) ?? 0) - 425) < 6).toBe(true);
    const stopped = Promise.all([tabs[0]!, tabs[2]!].map((tab) => tab.page.evaluate(whenTheDialogIsGone)));
    const answered = await tabs[1]!.page.evaluate(answer);
    const gaps = (await stopped).map((at) => at - answered);
    console.log(`the other tabs stopped ringing ${gaps.map((gap) => gap.toFixed(0)).join(" and ")} ms after the answer was pressed`);
    for (const tab of [tabs[0]!, tabs[2]!]) await tab.expectRing("answered-elsewhere");
    await expect.poll(tones).toEqual([]);
    await expect.poll(() => tone(ada.page)).toBe(undefined);
});

/** Presses *Answer*, and says when. Runs in the page. */
function answer(): number {
    const at = Date.now();
    document.querySelector<HTMLButtonElement>("dialog.incoming .answer.yes")!.click();
    return at;
}

/** Runs in the page. */
async function whenTheDialogIsGone(): Promise<number> {
    while (document.querySelector("dialog.incoming")) await new Promise((done) => setTimeout(done, 5));
    return Date.now();
}

test("whoever is gone for good is given up after half a minute: both ends read that the connection was lost", async ({ server, caller }) => {
    test.setTimeout(240_000);
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server, { alone: true });
    const phone = await caller("Phone", server);
    await phone.becomes(bob);
    await ada.calls(await bob.ownId());
    await bob.ring("Ada").getByRole("button", { name: "Answer", exact: true }).click();
    await ada.expectToSee(bob);
    await kill(bob.page);
    await ada.expectRing("lost");
    await expect(ada.page.getByText("Connection lost.")).toBeVisible();
    await expect.poll(() => ada.history()).toEqual([expect.stringMatching(/: Connection lost$/)]);
    await expect.poll(() => phone.history(), { timeout: 90_000 }).toEqual(["Ada: Connection lost"]);
    await ada.button("Call again").click();
    await expect(phone.ring("Ada")).toBeVisible();
});

/** The browser ends without a word to anybody: first the process that has its sockets, which would say on them that the page goes. */
async function kill(page: Page): Promise<void> {
    const session = await page.context().browser()!.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const isLast = (one: { type: string }) => one.type === "browser";
    for (const { id } of processInfo.toSorted((a, b) => Number(isLast(a)) - Number(isLast(b)))) process.kill(id, "SIGKILL");
}
