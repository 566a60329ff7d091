// A server that is killed while it records: all that was on its disk is played by others, little is missing, and the recording goes on in another part.
// `scripts/bench recording-kill` kills it five times.

import { cpSync } from "node:fs";
import { basename, join } from "node:path";
import type { Page } from "@playwright/test";
import type { Browser, Page as FirefoxPage } from "puppeteer-core";
import { quarters } from "../fixtures/camera.ts";
import { film } from "../fixtures/film.ts";
import { launchFirefox, newFirefoxPage } from "../fixtures/firefox.ts";
import { played, serveFiles, type Played } from "../fixtures/played.ts";
import { picturesLike, standsOut } from "../fixtures/sealed_frames.ts";
import { createRoomWith, startServer } from "../fixtures/server.ts";
import { answer, manifestOf, onlyRecording, recordingFolder, startRecording, tracksOf, type OnDisk } from "../fixtures/server_recording.ts";
import { expect, test } from "../fixtures/test.ts";

const KILLS = Number(process.env.VERANDA_KILLS ?? 1);

/** What of a recording may be missing before the server was killed. */
const LOST_AT_MOST_MILLIS = 2_000;

/** Each part has as much of everybody before the server is killed. */
const RECORDED_MILLIS = 3_000;

const MEDIA = ["Ada camera", "Ada microphone", "Bob camera", "Bob microphone"];

const HUMS: Record<string, number> = { Ada: 440, Bob: 880 };

let firefox: Browser;
test.beforeAll(async () => void (firefox = await launchFirefox()));
test.afterAll(() => firefox.close());

test("a server that is killed while it records loses less than two seconds, and goes on in another part", async ({ plainPage, somebody }) => {
    test.setTimeout(120_000 + KILLS * 60_000);
    const { folder, settings } = recordingFolder();
    const server = await startServer(settings);
    const room = await createRoomWith(server, { encryption: "transport" });
    const calls = [await somebody("Ada", room.hostLink.replace(/#.*/, ""), { hums: HUMS.Ada }), await somebody("Bob", room.link.replace(/#.*/, ""), { hums: HUMS.Bob })];
    for (const call of calls) await call.join();
    await calls[0]!.expectToSee(calls[1]!);
    await startRecording(calls[0]!, calls);
    for (const call of calls) await answer(call, "Record me");

    const recording = await onlyRecording(folder);
    const tracks = (number: number) => tracksOf(recording, manifestOf(recording).parts[number - 1]);
    const recorded = (number: number) => tracks(number).filter(({ length }) => length > RECORDED_MILLIS).map(({ who, source }) => `${who} ${source}`).sort();
    const killedFiles: OnDisk[][] = [];
    for (let part = 1; part <= KILLS; part++) {
        await expect.poll(() => recorded(part), { message: `part ${part} has something of everybody` }).toEqual(MEDIA);
        await server.kill();
        const killed = Date.now();
        const left = tracks(part);
        const copy = join(folder, `killed-${part}`);
        cpSync(recording, copy, { recursive: true });
        await server.start();
        killedFiles.push(left.map((one) => ({ ...one, path: join(copy, basename(one.path)) })));
        const lost = left.map(({ lastFrame }) => killed - lastFrame);
        console.log(`killed ${part}: ${left.map(({ who, source }, index) => `${who}'s ${source} lacks ${Math.round(lost[index]!)} ms`).join(", ")}`);
        expect(Math.max(...lost)).toBeLessThanOrEqual(LOST_AT_MOST_MILLIS);
        // A clock that runs ahead would hide what is missing.
        expect(Math.min(...lost)).toBeGreaterThanOrEqual(0);
    }
    await expect.poll(() => recorded(KILLS + 1), { message: "it goes on after the last" }).toEqual(MEDIA);
    await server.stop();

    const { parts } = manifestOf(recording);
    expect(parts.map(({ number }) => number)).toEqual(Array.from({ length: KILLS + 1 }, (_, index) => index + 1));
    const players = await openPlayers(await plainPage());
    for (const [index, left] of killedFiles.entries()) {
        await expectAllToPlay(left, players);
        const whole = tracks(index + 1);
        expect(parts[index]!.lasted_ms, "the part that was cut is finished").toBeGreaterThan(RECORDED_MILLIS);
        expect(whole.map(({ track }) => track.frames.length), "no frame is missing that was on the disk").toEqual(left.map(({ track }) => track.frames.length));
        for (const [track, { duration }] of (await expectAllToPlay(whole, players)).entries()) {
            expect(duration, "a file that was made whole says how long it is").toBeCloseTo(whole[track]!.length / 1_000, 0);
        }
    }
    for (const { who, source, path } of tracks(1)) {
        if (source === "microphone") {
            expect(standsOut(path, HUMS[who]!), `the tone of ${who}'s`).toBeGreaterThan(12);
        } else {
            const { like, all } = picturesLike(path, quarters(calls.find(({ name }) => name === who)!.camera));
            expect(like, `pictures of ${who}'s`).toBe(all);
        }
    }
    players.stop();
});

interface Players {
    chromium: Page;
    firefox: FirefoxPage;
    add(path: string): string;
    stop(): void;
}

/** Pages in which nothing is but what they are told to play. */
async function openPlayers(chromium: Page): Promise<Players> {
    const { url, add, stop } = await serveFiles();
    const page = await newFirefoxPage(firefox);
    for (const one of [chromium, page]) await one.goto(url);
    return { chromium, firefox: page, add, stop };
}

/** By ffmpeg, which stops at the first fault, by Chromium and by Firefox. Returns what Chromium makes of each. */
async function expectAllToPlay(tracks: OnDisk[], { chromium, firefox, add }: Players): Promise<Played[]> {
    for (const { path, source, who, track } of tracks) {
        const { errors, frames } = film(path);
        expect(errors, `ffmpeg plays ${who}'s ${source}`).toBe("");
        if (source !== "microphone") expect(frames, "ffmpeg shows each picture").toBe(track.frames.length);
    }
    const said = tracks.map(({ path, source }) => ({ name: add(path), isSound: source === "microphone" }));
    const inChromium = await Promise.all(said.map((one) => chromium.evaluate(played, one)));
    const inFirefox = await Promise.all(said.map((one) => firefox.evaluate(played, one)));
    for (const [browser, results] of [["Chromium", inChromium], ["Firefox", inFirefox]] as const) {
        for (const [index, { error, sound, loudest, pictures, duration, middle }] of results.entries()) {
            const { who, source, length, track } = tracks[index]!;
            expect(error, `${browser} plays ${who}'s ${source}`).toBe("");
            if (source === "microphone") {
                expect(sound, `${browser} decodes all of the sound`).toBeGreaterThan(length / 1_000 - 0.1);
                expect(loudest).toBeGreaterThan(0.05);
            } else {
                expect(pictures, `${browser} shows pictures`).toBeGreaterThan(track.frames.length / 2);
                if (Number.isFinite(duration)) expect(middle).toBeCloseTo(duration / 2, 1);
            }
        }
    }
    return inChromium;
}
