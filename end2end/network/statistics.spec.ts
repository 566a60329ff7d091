// What *Statistics* say of a line of which it is known what it carries and loses: its own counters are the truth.

import type { Page } from "@playwright/test";
import { createRoomWith } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";
import { atGuest, inOffice, line, namespace, onlyByServer, port, serverOnLine } from "./lines.ts";

const PICTURE = { width: 640, height: 360, rate: 15, busy: true };
const KBITS = 400;
const LOSS = 5;
/** So long it takes until estimates of the line have settled, in milliseconds. */
const SETTLES = 40_000;
const SECONDS = 60;
/** Packets of sound are shorter, and most of those of pictures longer, in bytes with the header of UDP. */
const SMALL = 250;
/** Of IP and UDP in each packet, which a browser does not count. */
const HEADERS = 28;

test(`a line of ${KBITS} kbit/s that loses ${LOSS} % is said to be one`, async ({ somebody }) => {
    onlyByServer();
    line({});
    atGuest("nft", `add table inet line; add chain inet line input { type filter hook input priority 0; }; add counter inet line came; add counter inet line small; add rule inet line input udp sport ${port} counter name came; add rule inet line input udp sport ${port} udp length < ${SMALL} counter name small`);
    inOffice("nft", "add counter inet line small");
    const server = await serverOnLine();
    const { link } = await createRoomWith(server, { mesh_limit: 2 });
    const options = { picture: PICTURE, context: { viewport: { width: 1000, height: 640 } }, secure: server.url };
    const ada = await somebody("Ada", link, options);
    const guest = await somebody("Gus", link, { ...options, namespace });
    await ada.join();
    await guest.join();
    await (await somebody("Cleo", link, { devices: "blocked", secure: server.url })).join();
    await guest.expectOnServer();
    await guest.expectToSee(ada);
    line({ loss: LOSS, rate: KBITS });
    inOffice("nft", `insert rule inet line output oifname line udp sport ${port} udp length < ${SMALL} counter name small`);
    await guest.choose("Call details");
    await guest.page.waitForTimeout(SETTLES);

    const sent = counted(inOffice, "small");
    const [came, small] = [counted(atGuest, "came"), counted(atGuest, "small")];
    const [received, lost]: [number[], number[]] = [[], []];
    for (let second = 0; second < SECONDS; second++) {
        await guest.page.waitForTimeout(1_000);
        received.push(await figure(guest.page, "With the server", "Received"));
        lost.push(await figure(guest.page, "Ada's microphone", "Packet loss"));
    }
    const packets = counted(atGuest, "came").packets - came.packets;
    const bytes = counted(atGuest, "came").bytes - came.bytes;
    const trueBits = (8 * (bytes - HEADERS * packets)) / SECONDS / 1_000;
    const trueLoss = 100 * (1 - (counted(atGuest, "small").packets - small.packets) / (counted(inOffice, "small").packets - sent.packets));
    console.log(`received: said ${mean(received).toFixed(0)} kbit/s, counted ${trueBits.toFixed(0)}; lost: said ${mean(lost).toFixed(1)} %, counted ${trueLoss.toFixed(1)} %`);
    await guest.page.screenshot({ path: ".cache/network/statistics.png" });
    expect(mean(received) / trueBits).toBeCloseTo(1, 1);
    expect(mean(lost) / trueLoss).toBeGreaterThan(0.9);
    expect(mean(lost) / trueLoss).toBeLessThan(1.1);
    await server.stop();
});

const mean = (all: number[]) => all.reduce((sum, one) => sum + one, 0) / all.length;

function counted(where: (...command: string[]) => string, counter: string): { packets: number; bytes: number } {
    const [, packets, bytes] = /packets (\d+) bytes (\d+)/.exec(where("nft", `list counter inet line ${counter}`))!;
    return { packets: Number(packets), bytes: Number(bytes) };
}

/** What stands beside a name, below a heading. */
async function figure(page: Page, heading: string, name: string): Promise<number> {
    return page.evaluate(
        ([heading, name]) => {
            const found = [...document.querySelectorAll(".figures h4, .figures h5")].find((one) => one.textContent === heading);
            let list = found?.nextElementSibling;
            while (list && list.tagName !== "DL") list = list.nextElementSibling;
            const line = [...(list?.querySelectorAll("div") ?? [])].find((one) => one.querySelector("dt")?.textContent === name);
            return Number.parseFloat(line?.querySelector("dd")?.textContent ?? "NaN");
        },
        [heading, name] as const,
    );
}
