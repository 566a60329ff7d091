// Whether sound and picture of a recording stay together: somebody flashes and beeps each second over a line that loses five of a hundred packets, mutes for a
// while, and is recorded by the server. Prints how far each beep is from its flash in the files. Ten minutes, or VERANDA_MINUTES.

import { film } from "../fixtures/film.ts";
import { median } from "../fixtures/figures.ts";
import { beepsIn, flashAndBeep, flashesIn } from "../fixtures/flashes.ts";
import { createRoomWith } from "../fixtures/server.ts";
import { answer, manifestOf, onlyRecording, recordingFolder, startRecording, tracksOf } from "../fixtures/server_recording.ts";
import { expect, test } from "../fixtures/test.ts";
import { inOffice, namespace, onlyByServer, port, serverOnLine } from "./lines.ts";

const MINUTES = Number(process.env.VERANDA_MINUTES ?? 10);

const LOST = Number(process.env.VERANDA_LOST ?? 5);

const BUDGET_MILLIS = 40;

/** Somebody who mutes does so for this part of the time, in the middle. */
const MUTED = 1 / 6;

test("how far sound is from the picture in what the server records of a weak line", async ({ somebody }) => {
    test.setTimeout((MINUTES + 10) * 60_000);
    onlyByServer();
    if (LOST > 0) inOffice("nft", `add rule inet line input iifname line udp dport ${port} numgen random mod 100 < ${LOST} drop`);
    const { folder, settings } = recordingFolder();
    const server = await serverOnLine(settings);
    const room = await createRoomWith(server, { encryption: "transport" });
    const ada = await somebody("Ada", room.hostLink.replace(/#.*/, ""), { secure: server.url });
    const gus = await somebody("Gus", room.link.replace(/#.*/, ""), { secure: server.url, namespace });
    await flashAndBeep(gus);
    for (const call of [ada, gus]) await call.join();
    await gus.expectToSee(ada);
    await startRecording(ada, [ada, gus]);
    await answer(gus, "Record me");
    await answer(ada, "Don't record me");
    const recording = await onlyRecording(folder);
    await expect.poll(() => manifestOf(recording).parts[0]!.tracks.length).toBe(2);

    const wait = (share: number) => gus.page.waitForTimeout(share * MINUTES * 60_000);
    await wait((1 - MUTED) / 2);
    await gus.button("Turn off microphone").click();
    const muted = Date.now();
    await wait(MUTED);
    await gus.button("Turn on microphone").click();
    const heard = Date.now();
    await wait((1 - MUTED) / 2);
    await ada.choose("Stop recording");
    await expect.poll(() => manifestOf(recording).parts[0]!.lasted_ms).not.toBeNull();

    const [part] = manifestOf(recording).parts;
    const tracks = tracksOf(recording, part);
    const begins = (source: string) => part!.began + part!.tracks.find((track) => track.source === source)!.began_ms;
    const path = (source: string) => tracks.find((track) => track.source === source)!.path;
    const flashes = flashesIn(path("camera")).map((at) => begins("camera") + at * 1_000);
    const beeps = beepsIn(path("microphone")).map((at) => begins("microphone") + at * 1_000);
    const nearest = (to: number) => beeps.reduce((best, beep) => (Math.abs(beep - to) < Math.abs(best - to) ? beep : best), Infinity) - to;
    const [first, last] = [Math.max(flashes[0]!, beeps[0]!) - 500, Math.min(flashes.at(-1)!, beeps.at(-1)!) + 500];
    const loud = flashes.filter((at) => at > first && at < last && (at < muted - 1_000 || at > heard + 1_000));
    const silent = flashes.filter((at) => at > muted + 1_000 && at < heard - 1_000);
    const apart = loud.map(nearest).filter((one) => Math.abs(one) < 500);
    const far = apart.map(Math.abs);
    console.log(`\n${MINUTES} min recorded by the server, ${LOST} % of the sender's packets lost, muted for ${((heard - muted) / 1_000).toFixed(0)} s:`);
    console.log(`  files of the sender: ${tracks.length} (budget 2), frames ${tracks.map(({ source, track }) => `${track.frames.length} of ${source}`).join(", ")}`);
    console.log(`  beep after flash: median ${median(apart).toFixed(1)} ms, from ${Math.min(...apart).toFixed(1)} to ${Math.max(...apart).toFixed(1)} ms; worst distance ${Math.max(...far).toFixed(1)} ms (budget ${BUDGET_MILLIS})`);
    console.log(`  of ${loud.length} flashes ${far.filter((one) => one > BUDGET_MILLIS).length} are further than that from their beep, ${loud.length - apart.length} have none`);
    const third = Math.floor(apart.length / 3);
    console.log(`  median of the first third ${median(apart.slice(0, third)).toFixed(1)} ms, of the last ${median(apart.slice(-third)).toFixed(1)} ms`);
    console.log(`  while muted: ${silent.length} flashes, ${silent.filter((at) => Math.abs(nearest(at)) < 500).length} with a beep`);
    for (const source of ["camera", "microphone"]) console.log(`  errors of ffmpeg's decoder in ${source}: ${film(path(source)).errors || "none"}`);
    await server.stop();
});
