// A guest whose line to the server loses packets, and is narrow: pictures get smaller and come back, sound stays.

import type { Page } from "@playwright/test";
import { createRoomWith } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";
import { atGuest, inOffice, line, namespace, onlyByServer, serverOnLine } from "./lines.ts";

const PICTURE = { width: 640, height: 360, rate: 15, busy: true };
const WIDE_PAGE = { picture: PICTURE, context: { viewport: { width: 1000, height: 640 } } };

/** What the guest has got so far. */
interface Got {
    height: number;
    frames: number;
    pictureBytes: number;
    frozen: number;
    sound: number;
    concealed: number;
    lost: number;
    packets: number;
}

/** One second of it. */
interface Second extends Got {
    phase: string;
}

/** What the line does: loses so many of a hundred packets on the way to the guest, or carries so many kbit/s. */
const PHASES: { name: string; seconds: number; loss?: number; rate?: number }[] = [
    { name: "free", seconds: 15 },
    { name: "2 % lost", seconds: 20, loss: 2 },
    { name: "5 % lost", seconds: 20, loss: 5 },
    { name: "10 % lost", seconds: 20, loss: 10 },
    { name: "free again", seconds: 15 },
    { name: "1.5 Mbit/s", seconds: 20, rate: 1500 },
    { name: "300 kbit/s", seconds: 30, rate: 300 },
    { name: "free at last", seconds: 40 },
];

test("pictures give way to sound on a weak line, and come back", async ({ somebody }) => {
    onlyByServer();
    const server = await serverOnLine();
    const { link } = await createRoomWith(server, {});
    const options = { ...WIDE_PAGE, secure: server.url };
    const ada = await somebody("Ada", link, options);
    const guest = await somebody("Gus", link, { ...options, namespace });
    await ada.join();
    await guest.join();
    await guest.expectOnServer();
    await guest.expectToSee(ada);

    const seconds: Second[] = [];
    for (const phase of PHASES) {
        line(phase);
        let before = await guest.page.evaluate(got);
        for (let second = 0; second < phase.seconds; second++) {
            await guest.page.waitForTimeout(1_000);
            const now = await guest.page.evaluate(got);
            seconds.push({ phase: phase.name, ...difference(before, now) });
            before = now;
        }
    }
    await guest.expectToSee(ada);
    print(seconds);

    const of = (phase: string) => seconds.filter((second) => second.phase === phase).slice(8);
    const largest = (phase: string) => Math.max(...of(phase).map((second) => second.height));
    const share = (phase: string, part: (second: Second) => number, whole: (second: Second) => number) => {
        const sum = (of_: (second: Second) => number) => of(phase).reduce((total, second) => total + of_(second), 0);
        return sum(part) / Math.max(1, sum(whole));
    };
    for (const { name } of PHASES) {
        expect(share(name, (s) => s.concealed, (s) => s.sound), `sound that had to be made up: ${name}`).toBeLessThan(0.2);
    }
    for (const name of ["free", "2 % lost", "5 % lost", "10 % lost", "1.5 Mbit/s", "free at last"]) {
        expect(of(name).reduce((frames, second) => frames + second.frames, 0), `pictures move: ${name}`).toBeGreaterThan(of(name).length * 3);
    }
    expect(largest("free at last"), "the picture is as large as before").toBe(largest("free"));
    expect(largest("300 kbit/s"), "a narrow line gets a small picture, or none").toBeLessThan(largest("free"));
    await server.stop();
});

test("three talk directly until the line of one does not carry everything twice", async ({ somebody }) => {
    inOffice("nft", "flush chain inet line input");
    line({});
    const server = await serverOnLine();
    const { link } = await createRoomWith(server, {});
    const options = { ...WIDE_PAGE, secure: server.url };
    const guest = await somebody("Gus", link, { ...options, namespace });
    const others = [await somebody("Ada", link, options), await somebody("Bob", link, options)];
    for (const call of [guest, ...others]) await call.join();
    for (const call of [guest, ...others]) await call.expectToSeeAll([guest, ...others]);
    await guest.page.waitForTimeout(20_000);
    await expect(guest.page.locator("main[data-topology=mesh]"), "a line that carries it stays").toBeVisible();
    atGuest("tc", "qdisc", "replace", "dev", "line", "root", "tbf", "rate", "700kbit", "burst", "16kb", "latency", "200ms");
    const began = Date.now();
    await guest.expectOnServer();
    console.log(`by way of the server ${Math.round((Date.now() - began) / 1000)} s after the uplink became 700 kbit/s`);
    for (const call of [guest, ...others]) await call.expectToSeeAll([guest, ...others]);
    await expect((await guest.openPanel("People")).locator(".path-line")).toContainText("Someone's upload is too slow to send to everyone");
    await server.stop();
});

/** Runs in the page. */
async function got(): Promise<Got> {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] };
    const sum: Got = { height: 0, frames: 0, pictureBytes: 0, frozen: 0, sound: 0, concealed: 0, lost: 0, packets: 0 };
    for (const connection of connections.filter((one) => one.connectionState === "connected")) {
        for (const report of (await connection.getStats()).values()) {
            if (report.type !== "inbound-rtp") continue;
            sum.lost += report.packetsLost ?? 0;
            sum.packets += report.packetsReceived ?? 0;
            if (report.kind === "video") {
                sum.frames += report.framesDecoded ?? 0;
                sum.pictureBytes += report.bytesReceived ?? 0;
                sum.frozen += report.totalFreezesDuration ?? 0;
                sum.height = Math.max(sum.height, report.frameHeight ?? 0);
            } else {
                sum.sound += report.totalSamplesReceived ?? 0;
                // Comfort noise where nothing was sent counts as concealed and silent.
                sum.concealed += (report.concealedSamples ?? 0) - (report.silentConcealedSamples ?? 0);
            }
        }
    }
    return sum;
}

function difference(before: Got, now: Got): Got {
    const names = Object.keys(now) as (keyof Got)[];
    return { ...Object.fromEntries(names.map((name) => [name, now[name] - before[name]])), height: now.height } as Got;
}

function print(seconds: Second[]): void {
    const columns = ["line", "s", "picture", "frames/s", "kbit/s", "frozen s", "sound made up", "lost"];
    const rows = seconds.map(({ phase, height, frames, pictureBytes, frozen, sound, concealed, lost, packets }, second) => [
        phase,
        second,
        height,
        frames,
        Math.round((pictureBytes * 8) / 1000),
        frozen.toFixed(1),
        `${((100 * concealed) / Math.max(1, sound)).toFixed(1)} %`,
        `${((100 * lost) / Math.max(1, lost + packets)).toFixed(1)} %`,
    ]);
    for (const row of [columns, ...rows]) console.log(row.map((cell) => String(cell).padStart(13)).join(""));
}
