// A call that is recorded by the browser of somebody in it, without the server: everybody sees it, and the file is played by others.

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import type { Picture } from "../fixtures/camera.ts";
import { coloursIn, film, toneIn } from "../fixtures/film.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";
import type { CallPage } from "../pages/call.ts";

const folder = mkdtempSync(join(tmpdir(), "veranda-recorded-"));

/** A camera with as many pictures a second as a real one. */
const FLUENT: Picture = { width: 320, height: 180, rate: 25 };

const BOB_HUMS = 880;
const ADA_HUMS = 440;

/** Begins to record, and waits until it is so. */
async function record(call: CallPage): Promise<void> {
    await call.choose("Record on this device");
    await expect(card(call.page).getByRole("timer")).toBeVisible();
}

function card(page: Page) {
    return page.getByRole("group", { name: "Recording on this device", exact: true });
}

/** Waits until so many seconds were recorded, by the card. */
async function recorded(page: Page, seconds: number): Promise<void> {
    const shown = async () => {
        const [minutes, rest] = (await card(page).getByRole("timer").innerText()).split(":").map(Number);
        return minutes! * 60 + rest!;
    };
    await expect.poll(shown).toBeGreaterThanOrEqual(seconds);
}

/** Takes the file that the page saves once it is asked to by this. */
async function saved(page: Page, name: string, press: () => Promise<void>): Promise<string> {
    const [download] = await Promise.all([page.waitForEvent("download"), press()]);
    expect(download.suggestedFilename()).toMatch(/^veranda-\d{4}-\d\d-\d\d.*\.webm$/);
    const path = join(folder, name);
    await download.saveAs(path);
    return path;
}

/** Nobody can press anything in the system's question where to save: the browser has none. */
function withoutPicker() {
    delete (window as { showSaveFilePicker?: unknown }).showSaveFilePicker;
}

test("a call of two is recorded with the pictures and the sound of both, everybody sees it, and the file has a duration and can be sought", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link, { picture: FLUENT, hums: ADA_HUMS });
    const bob = await somebody("Bob", link, { picture: FLUENT, hums: BOB_HUMS });
    await ada.page.evaluate(withoutPicker);
    for (const call of [ada, bob]) await call.join();
    await ada.expectToSee(bob);
    await record(ada);
    await expect(bob.page.getByRole("status")).toContainText("Ada is recording on their device");
    await expect(bob.page.getByRole("img", { name: "Ada is recording on their device" })).toBeVisible();
    await expectAccessible(ada.page);
    await expectAccessible(bob.page);
    await ada.openMore();
    await expect(ada.entry("Finish this recording")).toBeVisible();
    await ada.page.keyboard.press("Escape");
    await recorded(ada.page, 7);
    const path = await saved(ada.page, "both.webm", () => card(ada.page).getByRole("button", { name: "Stop", exact: true }).click());
    await expect(ada.page.getByRole("group", { name: "Recording saved" })).toBeVisible();
    await expectAccessible(ada.page);
    await expect(bob.page.getByRole("img", { name: "Ada is recording on their device" })).toBeHidden();

    const { duration, video, audio, frames, errors } = film(path);
    expect({ video, audio, errors }).toEqual({ video: true, audio: true, errors: "" });
    expect(duration).toBeGreaterThan(6);
    expect(duration).toBeLessThan(30);
    expect(frames, "it moves").toBeGreaterThan(2 * duration!);
    expect(toneIn(path, BOB_HUMS), "Bob is heard").toBeGreaterThan(-50);
    expect(toneIn(path, ADA_HUMS), "Ada is heard").toBeGreaterThan(-50);
    expect(toneIn(path, 5_000), "nothing else is").toBeLessThan(-60);
    // Bob is large, in four colours; Ada floats over him.
    const colours = coloursIn(path, 3, 4, 4).map(([red, green, blue]) => Math.max(red!, green!, blue!) - Math.min(red!, green!, blue!));
    expect(colours.filter((spread) => spread > 60).length, "most of the picture is coloured").toBeGreaterThan(7);

    // A player goes where it is told to.
    const opened = ada.page.waitForEvent("popup");
    await ada.page.getByRole("button", { name: "Open", exact: true }).click();
    const player = (await opened).locator("video");
    const place = await player.evaluate(async (video: HTMLVideoElement) => {
        if (!(video.readyState >= 1)) await new Promise((done) => video.addEventListener("loadedmetadata", done));
        video.pause();
        video.currentTime = 4.5;
        await new Promise((done) => video.addEventListener("seeked", done));
        return { at: video.currentTime, whole: video.duration };
    });
    expect(place.at).toBeCloseTo(4.5, 1);
    expect(place.whole).toBeCloseTo(duration!, 1);
    await ada.page.getByRole("button", { name: "Close", exact: true }).click();
    await expect(ada.page.getByRole("group", { name: "Recording saved" })).toBeHidden();
});

test("it goes on while the page's timers rest and nobody has a microphone, and is put where its person chooses", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link, { picture: FLUENT, rests: true });
    const bob = await somebody("Bob", link, { picture: FLUENT });
    // The file that is picked is one of the browser's own storage, as nobody can choose one in the system's question.
    await ada.page.evaluate(() => {
        const pick = async () => (await navigator.storage.getDirectory()).getFileHandle("picked.webm", { create: true });
        Object.assign(window, { showSaveFilePicker: pick });
    });
    for (const call of [ada, bob]) {
        await call.button("Turn off microphone").click();
        await call.join();
    }
    await ada.expectToSee(bob);
    await record(ada);
    await ada.page.evaluate(() => Object.assign(window, { timersRest: true }));
    const begun = Date.now();
    // The page has something to show while it rests.
    await bob.button("Raise hand").click();
    await expect.poll(async () => (Date.now() - begun) / 1_000).toBeGreaterThan(10);
    await ada.page.evaluate(() => Object.assign(window, { timersRest: false }));
    await card(ada.page).getByRole("button", { name: "Stop", exact: true }).click();
    await expect(ada.page.getByRole("group", { name: "Recording saved" })).toBeVisible();
    const [download] = await Promise.all([ada.page.waitForEvent("download"), ada.page.evaluate(async () => {
        const picked = await (await navigator.storage.getDirectory()).getFileHandle("picked.webm");
        const anchor = document.createElement("a");
        anchor.href = URL.createObjectURL(await picked.getFile());
        anchor.download = "picked.webm";
        anchor.click();
    })]);
    const path = join(folder, "hidden.webm");
    await download.saveAs(path);
    const { duration, video, audio, frames, errors } = film(path);
    expect({ video, audio, errors }).toEqual({ video: true, audio: true, errors: "" });
    expect(duration).toBeGreaterThan(10);
    // Where nothing moves there are two pictures a second. How many a machine makes is measured by `scripts/bench recording-device`.
    expect(frames, "it moves").toBeGreaterThan(2.5 * duration!);
    const left = await ada.page.evaluate(async () => {
        const recordings = await (await navigator.storage.getDirectory()).getDirectoryHandle("recordings");
        const names: string[] = [];
        for await (const name of (recordings as unknown as { keys(): AsyncIterable<string> }).keys()) names.push(name);
        return names;
    });
    expect(left, "what was copied is not there twice").toEqual([]);
});

test("what a tab that was killed has recorded is offered at the next visit, and played", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link, { picture: FLUENT });
    const bob = await somebody("Bob", link, { picture: FLUENT });
    for (const call of [ada, bob]) await call.join();
    await ada.expectToSee(bob);
    await record(ada);
    await recorded(ada.page, 5);
    // Another tab takes nothing of what this one still writes.
    const other = await ada.page.context().newPage();
    await other.goto(link);
    await expect(other.getByRole("button", { name: "Join now" })).toBeEnabled();
    await expect(other.getByRole("button", { name: "Delete", exact: true })).toBeHidden();
    const session = await ada.page.context().newCDPSession(ada.page);
    const crashed = ada.page.waitForEvent("crash");
    // Nobody is left to answer.
    session.send("Page.crash").catch(() => {});
    await crashed;

    await other.addInitScript(withoutPicker);
    await other.reload();
    await expect(other.getByText("is only in this browser")).toBeVisible();
    await expectAccessible(other);
    const path = await saved(other, "killed.webm", () => other.getByRole("button", { name: "Save", exact: true }).click());
    const { duration, video, audio, frames, errors } = film(path);
    expect({ video, audio, errors }).toEqual({ video: true, audio: true, errors: "" });
    expect(duration).toBeGreaterThan(3.5);
    expect(frames, "it moves").toBeGreaterThan(2 * duration!);
    await expect(other.getByRole("group", { name: "Recording saved" })).toBeVisible();
    // What was handed over is not offered again.
    await other.reload();
    await expect(other.getByRole("button", { name: "Join now" })).toBeEnabled();
    await expect(other.getByText("is only in this browser")).toBeHidden();
});

test("a disk that is full ends it, says so, and what there is stays", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link, { picture: { ...FLUENT, busy: true } });
    await ada.page.evaluate(withoutPicker);
    await ada.join();
    const session = await ada.page.context().newCDPSession(ada.page);
    const origin = new URL(link).origin;
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 600_000 });
    await record(ada);
    await expect(ada.page.getByRole("status")).toContainText("Recording stopped: this browser's storage is full");
    await expect(card(ada.page)).toBeHidden();
    await session.send("Storage.overrideQuotaForOrigin", { origin });
    const path = await saved(ada.page, "full.webm", () => ada.page.getByRole("button", { name: "Save", exact: true }).click());
    const { duration, video, audio, errors } = film(path);
    expect({ video, audio, errors }).toEqual({ video: true, audio: true, errors: "" });
    expect(duration).toBeGreaterThan(0.3);
});

test("who leaves finds what was recorded until then, and may delete it", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link, { picture: FLUENT });
    await ada.join();
    await record(ada);
    await recorded(ada.page, 2);
    await ada.button("Leave").click();
    await expect(ada.page.getByText("is only in this browser")).toBeVisible();
    await expectAccessible(ada.page);
    await ada.page.getByRole("button", { name: "Delete", exact: true }).click();
    await expect(ada.page.getByText("is only in this browser")).toBeHidden();
    await ada.page.reload();
    await expect(ada.page.getByRole("button", { name: "Join now" })).toBeEnabled();
    await expect(ada.page.getByText("is only in this browser")).toBeHidden();
});
