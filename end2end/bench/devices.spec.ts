// How long somebody is not heard whose microphone is pulled out while another one is there: in the sound that another browser plays.

import type { Page } from "@playwright/test";
import { median, range } from "../fixtures/figures.ts";
import { createRoomWith } from "../fixtures/server.ts";
import { loudness } from "../fixtures/shared.ts";
import { SoundServer } from "../fixtures/sound.ts";
import { expect, test } from "../fixtures/test.ts";

const ROUNDS = 6;
/** The sound server plays another microphone into the track at once; by then the page has noticed, in milliseconds. */
const NOTICED = 3_000;

for (const [path, settings] of [["direct", {}], ["by way of the server", { mesh_limit: 2 }]] as const) {
    test(`a microphone that is pulled out, ${path}`, async ({ server, somebody }) => {
        const sound = await SoundServer.start();
        sound.plugIn("Laptop", 660);
        const { link } = await createRoomWith(server, settings);
        const ada = await somebody("Ada", link, { sound });
        const bob = await somebody("Bob", link, { context: { bypassCSP: true } });
        await ada.join();
        await bob.join();
        if (path !== "direct") {
            await (await somebody("Cleo", link, { devices: "blocked" })).join();
            await ada.expectOnServer();
        }
        await bob.toolbarButton("Turn off microphone").click();
        const [out, back]: [number[], number[]] = [[], []];
        for (let round = 0; round < ROUNDS; round++) {
            const desk = sound.plugIn("Desk", 440);
            if (round === 0) {
                await ada.toolbarButton("Microphone options").click();
                await ada.page.getByRole("group", { name: "Microphone", exact: true }).getByRole("radio", { name: "Desk", exact: true }).check();
                await ada.page.keyboard.press("Escape");
            }
            await hears(bob.page, 440);
            const gap = bob.page.evaluate(longestSilence, 5_000);
            await bob.page.waitForTimeout(500);
            sound.unplug(desk);
            out.push(await gap);
            await hears(bob.page, 660);
            await bob.page.waitForTimeout(NOTICED);
            if (round === 0) continue;
            const returned = bob.page.evaluate(longestSilence, 4_000);
            await bob.page.waitForTimeout(500);
            const again = sound.plugIn("Desk", 440);
            back.push(await returned);
            await hears(bob.page, 440);
            sound.unplug(again);
            await hears(bob.page, 660);
            await bob.page.waitForTimeout(NOTICED);
        }
        console.log(`\n${path}: pulled out, not heard for ${median(out).toFixed(0)} ms (${range(out)}); plugged in again, ${median(back).toFixed(0)} ms (${range(back)})`);
        await sound.stop();
    });
}

const hears = (page: Page, hertz: number) => expect.poll(() => loudness(page, hertz), { timeout: 20_000 }).toBeGreaterThan(-60);

/** The longest time without sound in so many milliseconds, to 10 ms. Runs in the page. */
async function longestSilence(millis: number): Promise<number> {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] };
    const open = connections.filter((one) => one.connectionState === "connected");
    const tracks = open.flatMap((one) => one.getReceivers().map((receiver) => receiver.track)).filter((track) => track.kind === "audio");
    const context = new AudioContext();
    const all = new GainNode(context);
    for (const track of tracks) context.createMediaStreamSource(new MediaStream([track])).connect(all);
    const source = `registerProcessor("silence", class extends AudioWorkletProcessor {
        quiet = 0; longest = 0;
        process([[samples]]) {
            const loudest = samples ? samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0) : 0;
            this.quiet = loudest < 0.003 ? this.quiet + 128 / sampleRate : 0;
            if (this.quiet > this.longest) this.port.postMessage(this.longest = this.quiet);
            return true;
        }
    })`;
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    const watcher = new AudioWorkletNode(context, "silence");
    all.connect(watcher);
    let longest = 0;
    watcher.port.onmessage = ({ data }) => (longest = data);
    await new Promise((done) => setTimeout(done, millis));
    await context.close();
    return Math.round(longest * 100) * 10;
}
