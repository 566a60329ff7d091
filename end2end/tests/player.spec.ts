// A recording is played as the meeting was: pictures move, sound is heard when they do, seeking lands, and what is missing is told.

import type { Page } from "@playwright/test";
import { serveRecordings, type Recordings } from "../fixtures/recordings.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";

let recordings: Recordings;

test.beforeAll(async ({ server }) => {
    recordings = await serveRecordings(server.url);
});

test.afterAll(async () => recordings.stop());

test.afterEach(() => recordings.instead.clear());

const ADA = "00000000-0000-0000-0000-000000000001";
const PICTURE = `#picture-camera-${ADA}`;

/** Writes down when sound begins that is loud, by the page's clock: the part of a beep that is given to the output first. Runs in the page. */
function watchSound(): void {
    const beeps: number[] = [];
    let quiet = true;
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (when = 0, offset = 0) {
        const samples = this.buffer!.getChannelData(0);
        const loud = Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length) > 0.1;
        if (loud && quiet) beeps.push(performance.now() + (when - this.context.currentTime) * 1_000);
        quiet = !loud;
        return start.call(this, when, offset);
    };
    Object.assign(window, { beeps });
}

/** Writes down when the left half of Ada's picture becomes bright, by the page's clock. Runs in the page. */
function watchFlashes(picture: string): void {
    const flashes: number[] = [];
    let bright = false;
    const look = () => {
        const canvas = document.querySelector<HTMLCanvasElement>(picture);
        const [level] = canvas?.getContext("2d")?.getImageData(canvas.width / 4, canvas.height / 2, 1, 1).data ?? [0];
        if (level! > 128 && !bright) flashes.push(performance.now());
        bright = level! > 128;
        requestAnimationFrame(look);
    };
    look();
    Object.assign(window, { flashes });
}

/** Which second of its part Ada's picture says it is. Runs in the page. */
function secondShown(picture: string): number {
    const canvas = document.querySelector<HTMLCanvasElement>(picture);
    const [level] = canvas?.getContext("2d")?.getImageData((canvas.width * 3) / 4, canvas.height / 2, 1, 1).data ?? [0];
    return Math.round((level! * 219) / 255 / 18);
}

const second = (page: Page) => page.evaluate(secondShown, PICTURE);
const numbers = (page: Page, name: "beeps" | "flashes") => page.evaluate((name) => (window as never)[name] as number[], name);
const slider = (page: Page) => page.getByRole("slider", { name: "Position" });
const at = async (page: Page) => Number(await slider(page).inputValue());

async function open(page: Page, id: string, key?: string): Promise<void> {
    await page.goto(`${recordings.url}/recordings/${id}${key ? `#key=${key}` : ""}`);
}

test("a sealed recording is played: pictures move, and what is seen is heard at the same time", async ({ plainPage }) => {
    const page = await plainPage();
    await page.addInitScript(watchSound);
    await open(page, recordings.sealed, recordings.key);
    await expect(page.getByRole("heading", { name: "Monday tea", level: 1 })).toBeVisible();
    await expect(page.getByText("Not in this recording: Cleo Okafor")).toBeVisible();
    await expect(page.getByText("Dora Lind can't be seen or heard")).toBeVisible();
    await page.evaluate(watchFlashes, PICTURE);
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await expect(page.getByRole("article", { name: "Ada Lovelace" })).toHaveAttribute("data-speaking", "");
    await expect.poll(async () => (await numbers(page, "flashes")).length, { timeout: 30_000 }).toBeGreaterThan(5);
    const [beeps, flashes] = [await numbers(page, "beeps"), await numbers(page, "flashes")];
    const apart = flashes.slice(1).map((flash) => Math.min(...beeps.map((beep) => Math.abs(beep - flash))));
    const median = apart.sort((one, other) => one - other)[Math.floor(apart.length / 2)]!;
    expect(median, `${apart}`).toBeLessThan(100);
    // From the fourth second on Bob's screen is large, as it was.
    await expect(page.getByRole("article", { name: "Bob Marsh's screen" })).toHaveAttribute("data-role", "main");
    await expect(page.getByRole("article", { name: "Cleo Okafor" })).toContainText("Not recorded");
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    const stood = await at(page);
    await page.waitForTimeout(700);
    expect(await at(page)).toBe(stood);
});

test("seeking lands where it should by slider, keys, lanes and lines, in both parts", async ({ plainPage }) => {
    const page = await plainPage();
    await open(page, recordings.sealed, recordings.key);
    await slider(page).fill("7500");
    await expect.poll(() => second(page)).toBe(7);
    await slider(page).fill("3100");
    await expect.poll(() => second(page)).toBe(3);
    // The second part: its files begin anew.
    await slider(page).fill("21300");
    await expect.poll(() => second(page)).toBe(9);
    await page.locator("main").click({ position: { x: 2, y: 2 } });
    await page.keyboard.press("Home");
    await expect.poll(() => at(page)).toBe(0);
    await expect.poll(() => second(page)).toBe(0);
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => second(page)).toBe(5);
    await page.keyboard.press("l");
    await expect.poll(() => second(page)).toBe(3);
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => second(page)).toBe(10);
    await page.keyboard.press("End");
    await expect.poll(() => at(page)).toBe(24_000);
    const lane = page.locator(".lane").first();
    const box = (await lane.boundingBox())!;
    await lane.click({ position: { x: box.width * 0.75, y: box.height / 2 } });
    await expect.poll(() => second(page)).toBe(6);
    await page.getByRole("button", { name: /How many apples do we expect/ }).click();
    await expect.poll(() => at(page)).toBe(6_500);
    await expect.poll(() => second(page)).toBe(6);
    await page.getByRole("searchbox", { name: "Search" }).fill("PROGRAMME");
    await expect(page.getByRole("group", { name: "Lines" }).getByRole("button")).toHaveCount(1);
    // What is sought while it plays goes on from there.
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await slider(page).fill("15000");
    await expect.poll(() => at(page)).toBeGreaterThan(15_500);
    await expect.poll(() => second(page)).toBeGreaterThanOrEqual(3);
});

test("a recording in the clear has captions and a transcript, and needs no key", async ({ plainPage }) => {
    const page = await plainPage();
    await open(page, recordings.clear);
    // Both parts have that line.
    await page.getByRole("button", { name: /In October we press the apples/ }).first().click();
    await expect(page.locator(".captions")).toContainText("Bob Marsh: In October we press the apples");
    await expect.poll(() => second(page)).toBe(3);
    await page.getByRole("button", { name: "Turn off captions" }).click();
    await expect(page.locator(".captions")).toBeHidden();
    await page.getByRole("button", { name: "Pin Bob Marsh", exact: true }).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("article", { name: "Bob Marsh", exact: true })).toHaveAttribute("data-role", "main");
    await expectAccessible(page);
    await page.getByRole("radio", { name: "People" }).check();
    await expect(page.getByText("Didn't want to be recorded")).toBeVisible();
    await expectAccessible(page);
});

test("which key is missing is told, and what is damaged", async ({ plainPage }) => {
    const page = await plainPage();
    await open(page, recordings.sealed);
    await expect(page.getByRole("alert")).toContainText("the link has no key");
    await expectAccessible(page);
    await page.goto("about:blank");
    await open(page, recordings.sealed, "AAAAAAAAAAAAAAAAAAAAAA");
    await expect(page.getByRole("alert")).toContainText("for another room");
    await open(page, "00000000-0000-0000-0000-00000000dead");
    await expect(page.getByRole("alert")).toContainText("There's no such recording");
    for (const [manifest, says] of [
        ["{", "is damaged"],
        ['{"version":2}', "newer version"],
        ["[".repeat(100_000), "is damaged"],
    ] as const) {
        recordings.instead.set(`${recordings.clear}/manifest.json`, Buffer.from(manifest));
        await open(page, recordings.clear);
        await expect(page.getByRole("alert")).toContainText(says);
    }
    recordings.instead.clear();
    // An enemy's files: of their owner something is missing, the others are played.
    recordings.instead.set(`${recordings.clear}/part-0001-track-0003.webm`, Buffer.alloc(300_000, 0xec));
    recordings.instead.set(`${recordings.clear}/part-0001-track-0004.webm`, null);
    recordings.instead.set(`${recordings.clear}/part-0002-events.jsonl`, Buffer.from("{}\n".repeat(200_000)));
    await open(page, recordings.clear);
    await expect(page.getByText("Part of what was recorded of Bob Marsh is damaged.")).toBeVisible();
    await expect(page.getByText("Part of what was recorded of Bob Marsh couldn't be loaded.")).toBeVisible();
    await slider(page).fill("8200");
    await expect.poll(() => second(page)).toBe(8);
});
