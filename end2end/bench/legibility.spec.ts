// Whether the letters of a shared page can be read: 12 px text that changes every few seconds, sent with so many bits a second, read from the
// picture that somebody else is shown by tesseract, and compared with what was written. VP8, as calls have it, and VP9 beside it.

import { execFileSync } from "node:child_process";
import type { Page } from "@playwright/test";
import { createRoomWith } from "../fixtures/server.ts";
import { test } from "../fixtures/test.ts";

const TITLE = "Text page";
const PAGES = 5;
/** How long a page stands before it is read, in milliseconds: somebody else is shown it meanwhile. */
const STANDS = 3_000;
const WORDS = "amber bridge candle dragon engine forest garden hammer island jacket kettle ladder marble needle orchid pencil quiver ribbon silver timber urgent violet window yellow zenith".split(" ");

for (const codec of ["VP8", "VP9"] as const) {
    for (const bits of [500_000, 1_500_000]) {
        test(`12 px text, ${codec} at ${bits / 1_000} kbit/s`, async ({ server, somebody }) => {
            const { link } = await createRoomWith(server, {});
            const context = { viewport: { width: 1280, height: 720 } };
            const ada = await somebody("Ada", link, { shares: TITLE, context, codec });
            const bob = await somebody("Bob", link, { context, codec });
            await ada.join();
            await bob.join();
            await ada.toolbarButton("Turn off camera").click();
            const shared = await ada.page.context().newPage();
            await shared.goto(`${server.url}/robots.txt`);
            await shared.evaluate((title) => void (document.title = title), TITLE);
            await ada.page.bringToFront();
            await ada.toolbarButton("Share screen").click();
            await bob.tile("Ada's screen").waitFor();
            await ada.page.evaluate(limit, bits);
            const errors: number[] = [];
            const atSource: number[] = [];
            for (let page = 0; page < PAGES; page++) {
                const written = lines(page);
                await shared.evaluate(write, written);
                await bob.page.waitForTimeout(STANDS);
                errors.push(characterError(await read(bob.page), written));
                atSource.push(characterError(recognised(await enlarged(bob.page, (await shared.screenshot()).toString("base64"))), written));
            }
            const { name, size, rate } = await bob.page.evaluate(received);
            console.log(`\n${name} ${size}, at most ${bits / 1_000} kbit/s, ${rate.toFixed(0)} kbit/s came: character error ${percent(errors)}, of the page itself ${percent(atSource)}`);
        });
    }
}

const percent = (all: number[]) => `${((100 * all.reduce((sum, one) => sum + one)) / all.length).toFixed(1)} %`;

/** Twenty lines of words, others on each page. */
function lines(page: number): string[] {
    return Array.from({ length: 20 }, (_, line) => Array.from({ length: 12 }, (_, word) => WORDS[(page * 7 + line * 5 + word * (line + 3)) % WORDS.length]).join(" "));
}

function write(written: string[]): void {
    document.body.style.cssText = "margin:16px;background:#fff;color:#111;font:12px/28px sans-serif";
    document.body.replaceChildren(...written.map((line) => Object.assign(document.createElement("div"), { textContent: line })));
}

/** Lets a screen take so many bits a second at the most. Runs in the page. */
async function limit(bits: number): Promise<void> {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] };
    for (const sender of connections.flatMap((one) => one.getSenders())) {
        if (!sender.track || sender.track.kind !== "video" || sender.track.contentHint !== "text") continue;
        const parameters = sender.getParameters();
        for (const encoding of parameters.encodings) encoding.maxBitrate = bits;
        await sender.setParameters(parameters);
    }
}

async function read(page: Page): Promise<string> {
    const picture = await page.locator("video[data-source=screen]").evaluate((element) => {
        const video = element as HTMLVideoElement;
        const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth * 3, height: video.videoHeight * 3 });
        canvas.getContext("2d")!.drawImage(video, 0, 0, canvas.width, canvas.height);
        return canvas.toDataURL().split(",")[1]!;
    });
    return recognised(picture);
}

/** Three times as large: tesseract wants letters of 30 pixels. */
async function enlarged(page: Page, picture: string): Promise<string> {
    return page.evaluate(async (picture) => {
        const image = await createImageBitmap(new Blob([Uint8Array.from(atob(picture), (one) => one.charCodeAt(0))]));
        const canvas = Object.assign(document.createElement("canvas"), { width: image.width * 3, height: image.height * 3 });
        canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
        return canvas.toDataURL().split(",")[1]!;
    }, picture);
}

function recognised(picture: string): string {
    return execFileSync("tesseract", ["stdin", "stdout", "--psm", "6"], { input: Buffer.from(picture, "base64"), encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
}

/** Letters that are wrong, missing or too many, by how many there are (Levenshtein). */
function characterError(found: string, written: string[]): number {
    const [a, b] = [written.join("").replaceAll(/\s/g, ""), found.replaceAll(/\s/g, "")];
    let row = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (let i = 1; i <= a.length; i++) {
        const next = [i];
        for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
        row = next;
    }
    return row[b.length]! / a.length;
}

/** What comes of the screen. Runs in the page. */
async function received(): Promise<{ name: string; size: string; rate: number }> {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] };
    const look = async () => {
        for (const one of connections) {
            const reports = await one.getStats();
            for (const report of reports.values()) {
                if (report.type === "inbound-rtp" && report.kind === "video" && report.mid === "2") return { report, codec: reports.get(report.codecId) };
            }
        }
        return undefined;
    };
    const first = await look();
    await new Promise((done) => setTimeout(done, 2_000));
    const { report, codec } = (await look()) ?? {};
    const rate = ((report?.bytesReceived ?? 0) - (first?.report.bytesReceived ?? 0)) / 250;
    return { name: codec?.mimeType ?? "?", size: `${report?.frameWidth} × ${report?.frameHeight}`, rate };
}
