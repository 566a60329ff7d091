// Memory of a browser that records a call of two on its device in a tab that is hidden, minute by minute, and what the file is in the end. Half an hour, or
// VERANDA_MINUTES.

import { readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hide } from "../fixtures/browser.ts";
import { film } from "../fixtures/film.ts";
import { createRoom } from "../fixtures/server.ts";
import { test } from "../fixtures/test.ts";

const MINUTES = Number(process.env.VERANDA_MINUTES ?? 30);

const CAMERA = { width: 640, height: 360, rate: 25, busy: true };

test("memory while a call is recorded on this device", async ({ server, somebody }) => {
    test.setTimeout((MINUTES + 10) * 60_000);
    const link = await createRoom(server);
    // A private window keeps in memory what others have on the disk.
    const ada = await somebody("Ada", link, { picture: CAMERA, hums: 440, ordinary: true });
    const bob = await somebody("Bob", link, { picture: CAMERA, hums: 880 });
    await ada.page.evaluate(() => delete (window as { showSaveFilePicker?: unknown }).showSaveFilePicker);
    for (const call of [ada, bob]) await call.join();
    await ada.expectToSee(bob);
    const session = await ada.page.context().browser()!.newBrowserCDPSession();
    const memory = async () => {
        const { processInfo } = await session.send("SystemInfo.getProcessInfo");
        const kilobytes = processInfo.map(({ id }) => Number(readFileSync(`/proc/${id}/status`, "utf8").match(/RssAnon:\s+(\d+)/)?.[1] ?? 0));
        return kilobytes.reduce((sum, one) => sum + one, 0) / 1024;
    };
    const length = () => ada.page.evaluate(async () => {
        const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("recordings");
        let bytes = 0;
        for await (const file of (folder as unknown as { values(): AsyncIterable<FileSystemFileHandle> }).values()) bytes += (await file.getFile()).size;
        return bytes;
    }).catch(() => 0);
    const before = await memory();
    console.log(`\nRecording on this device in a hidden tab, a call of two, cameras of ${CAMERA.width}×${CAMERA.height} at ${CAMERA.rate}/s; anonymous memory of all processes of the browser:`);
    console.log(`  before: ${before.toFixed(0)} MB`);
    await ada.choose("Record on this device");
    const card = ada.page.getByRole("group", { name: "Recording on this device", exact: true });
    await card.getByRole("timer").waitFor();
    await hide(ada.page);
    const at: number[] = [];
    for (let minute = 1; minute <= MINUTES; minute++) {
        await ada.page.waitForTimeout(60_000);
        at.push(await memory());
        console.log(`  after ${minute} min: ${at.at(-1)!.toFixed(0)} MB, file ${(await length() / 1e6).toFixed(1)} MB`);
    }
    await ada.page.bringToFront();
    const [download] = await Promise.all([ada.page.waitForEvent("download"), card.getByRole("button", { name: "Stop", exact: true }).click()]);
    const path = join(tmpdir(), `veranda-bench-${process.pid}.webm`);
    await download.saveAs(path);
    const { duration, frames, errors } = film(path);
    const rest = at.slice(1);
    // The line of least squares through all but the first minute, in which decoders and encoders take what they keep.
    const middle = (rest.length - 1) / 2;
    const mean = rest.reduce((sum, one) => sum + one, 0) / rest.length;
    const slope = rest.reduce((sum, one, index) => sum + (index - middle) * (one - mean), 0) / rest.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
    console.log(`  slope after the first minute: ${rest.length > 1 ? slope.toFixed(2) : "-"} MB/min (budget 0.5)`);
    console.log(`  file: ${(statSync(path).size / 1e6).toFixed(1)} MB, ${duration?.toFixed(1)} s, ${(frames / duration!).toFixed(1)} pictures/s (budget 12), ${errors === "" ? "no" : "with"} errors`);
});
