// A room's page as a person sees it: before the call, in it, and after it.

import { expect, type Locator, type Page, type Response } from "@playwright/test";
import { quarters } from "../fixtures/camera.ts";

/** What a statistic counts since the connection began. */
export interface Sent {
    audio: number;
    video: number;
}

/** Loads a page, also when it is there already: to a browser, an address that differs in the fragment alone is the same page. */
export async function visit(page: Page, link: string): Promise<Response | null> {
    await page.goto("about:blank");
    return page.goto(link);
}

export class CallPage {
    constructor(
        readonly page: Page,
        readonly name: string,
        readonly camera: number,
    ) {}

    async open(link: string): Promise<void> {
        await visit(this.page, link);
        await expect(this.page.locator("html[data-hydrated]")).toBeAttached();
    }

    async join(): Promise<void> {
        await this.page.getByRole("textbox", { name: "Your name" }).fill(this.name);
        await this.button("Join now").click();
        await expect(this.button("Leave")).toBeVisible();
    }

    /** Knocks, and waits until the page says that they wait. */
    async knock(): Promise<void> {
        await this.page.getByRole("textbox", { name: "Your name" }).fill(this.name);
        await this.button("Ask to join").click();
        await expect(this.page.getByRole("heading", { name: "Waiting to be let in" })).toBeVisible();
    }

    /** The call screen, which says how people are arranged and how media travels. */
    screen(): Locator {
        return this.page.locator("main[data-topology]");
    }

    panel(name: string): Locator {
        return this.page.getByRole("complementary", { name, exact: true });
    }

    /** Opens a panel, unless it is open. */
    async openPanel(name: "Chat" | "People"): Promise<Locator> {
        if (!(await this.panel(name).isVisible())) await this.toolbarButton(name).click();
        await expect(this.panel(name)).toBeVisible();
        return this.panel(name);
    }

    /** What the bar's *More* opens. */
    more(): Locator {
        return this.page.getByRole("menu", { name: "More", exact: true });
    }

    /** Opens it, unless it is open. */
    async openMore(): Promise<void> {
        if (!(await this.more().isVisible())) await this.toolbarButton("More").click();
        await expect(this.more()).toBeVisible();
    }

    /** Something in it, by its exact name. */
    entry(name: string): Locator {
        return this.more().getByRole("menuitem", { name, exact: true });
    }

    /** Chooses something in it. */
    async choose(name: string): Promise<void> {
        await this.openMore();
        await this.entry(name).click();
    }

    /** Raises a hand that stays up: that of whoever speaks for some seconds is lowered, and the microphone of a test beeps. */
    async raiseHand(): Promise<void> {
        await this.toolbarButton("Turn off microphone").click();
        await this.toolbarButton("Raise hand").click();
    }

    toolbarButton(name: string): Locator {
        return this.page.getByRole("toolbar").getByRole("button", { name, exact: true });
    }

    /** Chooses something that a host can do with somebody. */
    async decide(action: string, about: string): Promise<void> {
        const panel = await this.openPanel("People");
        const menu = panel.locator("details").filter({ has: this.page.getByLabel(`Actions for ${about}`) });
        await menu.locator("summary").click();
        await panel.getByRole("button", { name: `${action}: ${about}`, exact: true }).click();
        if (action !== "Remove and block") return;
        await this.page.getByRole("dialog").getByRole("button", { name: action, exact: true }).click();
    }

    /** Ends the call for everyone, as far as the question whether that is meant. */
    async askToEnd(): Promise<Locator> {
        await this.toolbarButton("Leave options").click();
        await this.page.getByRole("menuitem", { name: "End for everyone", exact: true }).click();
        return this.page.getByRole("dialog", { name: "End the call for everyone?" });
    }

    async write(text: string): Promise<void> {
        await this.openPanel("Chat");
        await this.page.getByRole("textbox", { name: "Message" }).fill(text);
        await this.page.keyboard.press("Enter");
    }

    /** The texts of the chat, oldest first. */
    chat(): Locator {
        return this.panel("Chat").locator(".chat-text");
    }

    heading(name: string): Locator {
        return this.page.getByRole("heading", { name });
    }

    /** Begins to measure the longest time between two frames of somebody's video. */
    async watchGaps(other: CallPage): Promise<void> {
        await this.tile(other.name).locator("video[data-source=camera]").evaluate((element, name) => {
            const video = element as HTMLVideoElement;
            const watched = window as unknown as { longestGaps?: Record<string, number>; lastFrames?: Record<string, number> };
            const [gaps, lasts] = [(watched.longestGaps ??= {}), (watched.lastFrames ??= {})];
            const isWatched = name in gaps;
            gaps[name] = 0;
            if (isWatched) return;
            lasts[name] = performance.now();
            const frame = () => {
                const now = performance.now();
                gaps[name] = Math.max(gaps[name]!, now - lasts[name]!);
                lasts[name] = now;
                video.requestVideoFrameCallback(frame);
            };
            video.requestVideoFrameCallback(frame);
        }, other.name);
    }

    /** That time, in milliseconds, and from now on anew. What has lasted until now without a frame counts. */
    async longestGap(other: CallPage): Promise<number> {
        return this.page.evaluate((name) => {
            const { longestGaps: gaps, lastFrames: lasts } = window as unknown as Record<string, Record<string, number>>;
            const longest = Math.max(gaps![name]!, performance.now() - lasts![name]!);
            gaps![name] = 0;
            return Math.round(longest);
        }, other.name);
    }

    /** How many pictures of its camera this browser has sent so far, over all connections, each picture once. */
    async picturesSent(): Promise<number> {
        return this.page.evaluate(picturesSent);
    }

    /** How many pictures of somebody's camera were shown so far. */
    async picturesOf(name: string): Promise<number> {
        return frames(this.tile(name).locator("video[data-source=camera]"));
    }

    async leave(): Promise<void> {
        await this.button("Leave").click();
        await expect(this.page.getByRole("heading", { name: "You left" })).toBeVisible();
    }

    /** A button by its whole name. */
    button(name: string): Locator {
        return this.page.getByRole("button", { name, exact: true });
    }

    tile(name: string): Locator {
        return this.page.getByRole("article", { name, exact: true });
    }

    /** Waits until somebody's tile plays the picture of their camera, and goes on playing. */
    async expectToSee(other: CallPage): Promise<void> {
        const video = this.tile(other.name).locator("video[data-source=camera]");
        await expect.poll(() => colours(video), { message: `${this.name} sees ${other.name}` }).toEqual(quarters(other.camera));
        const before = await frames(video);
        await expect.poll(() => frames(video), { message: `${other.name} moves` }).toBeGreaterThan(before + 3);
    }

    /** Waits until that is so of everybody else among these. */
    async expectToSeeAll(calls: readonly CallPage[]): Promise<void> {
        await Promise.all(calls.filter((other) => other !== this).map((other) => this.expectToSee(other)));
    }

    /** Waits until the call goes by way of the server. On a machine that is too busy to move in time it is tried again after a minute. */
    async expectOnServer(): Promise<void> {
        await expect(this.page.locator("main[data-topology=sfu]")).toBeVisible({ timeout: 200_000 });
    }

    /** Waits until somebody's picture goes on, whatever it shows. */
    async expectToMove(name: string): Promise<void> {
        const video = this.tile(name).locator("video[data-source=camera]");
        const before = await frames(video);
        await expect.poll(() => frames(video), { message: `${name} moves for ${this.name}` }).toBeGreaterThan(before + 3);
    }

    /** How many lines the picture of somebody's camera has at present. */
    async lines(name: string): Promise<number> {
        return this.tile(name).locator("video[data-source=camera]").evaluate((video) => (video as HTMLVideoElement).videoHeight);
    }

    /** How many pictures were decoded so far. */
    async decoded(): Promise<number> {
        return this.page.evaluate(picturesDecoded);
    }

    /** Lets the page believe that its tab is hidden, or not. */
    async hide(hidden: boolean): Promise<void> {
        await this.page.evaluate((hidden) => {
            Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
            document.dispatchEvent(new Event("visibilitychange"));
        }, hidden);
    }

    /** How much sound has come so far. */
    async sound(): Promise<number> {
        return this.page.evaluate(soundReceived);
    }

    /** Waits until sound with energy arrives over this many connections. */
    async expectToHear(people: number): Promise<void> {
        await expect.poll(() => this.page.evaluate(connectionsWithSound), { message: `${this.name} hears` }).toBe(people);
    }

    /** How each connected link travels, as the browser says it: what the near end sends from, and by what it reaches its relay. */
    async paths(): Promise<string[]> {
        return this.page.evaluate(selectedPaths);
    }

    /** Packets sent so far over all connections. */
    async sent(): Promise<Sent> {
        return this.page.evaluate(packetsSent);
    }

    /** Whether every captured track has ended and every connection is closed. */
    async hasReleasedEverything(): Promise<boolean> {
        return this.page.evaluate(() => {
            const { connections, tracks } = window as unknown as { connections: RTCPeerConnection[]; tracks: MediaStreamTrack[] };
            const ended = tracks.length > 0 && tracks.every((track) => track.readyState === "ended");
            return ended && connections.every((connection) => connection.connectionState === "closed");
        });
    }
}

async function colours(video: Locator): Promise<number[]> {
    return video.evaluate(coloursOf as (element: HTMLElement | SVGElement) => number[]);
}

/** The colour of each quarter of a video's picture, by its number in the palette; -1 is none of them. Runs in the page. */
export function coloursOf(element: unknown): number[] {
    const video = element as HTMLVideoElement;
    const canvas = new OffscreenCanvas(64, 36);
    const context = canvas.getContext("2d")!;
    context.drawImage(video, 0, 0, 64, 36);
    const palette = [
        [235, 30, 30],
        [30, 220, 30],
        [30, 30, 235],
        [235, 235, 30],
    ];
    const nearest = (x: number, y: number) => {
        const [r, g, b] = context.getImageData(x, y, 1, 1).data;
        const distances = palette.map(([pr, pg, pb]) => Math.abs(pr! - r!) + Math.abs(pg! - g!) + Math.abs(pb! - b!));
        const least = Math.min(...distances);
        return least < 180 ? distances.indexOf(least) : -1;
    };
    return [nearest(16, 7), nearest(48, 7), nearest(16, 29), nearest(48, 29)];
}

async function frames(video: Locator): Promise<number> {
    return video.evaluate((element) => (element as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames);
}

async function connectionsWithSound(): Promise<number> {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] };
    let heard = 0;
    for (const connection of connections) {
        for (const report of (await connection.getStats()).values()) {
            if (report.type === "inbound-rtp" && report.kind === "audio" && report.totalAudioEnergy > 0) heard++;
        }
    }
    return heard;
}

/** The chosen candidate pairs. Runs in the page. */
export async function selectedPaths(): Promise<string[]> {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] };
    const paths: string[] = [];
    for (const connection of connections.filter((one) => one.connectionState === "connected")) {
        const reports = await connection.getStats();
        const all = [...reports.values()];
        const chosen = all.find((report) => report.type === "transport")?.selectedCandidatePairId;
        const pair = chosen ? reports.get(chosen) : all.find((report) => report.type === "candidate-pair" && report.selected);
        const local = reports.get(pair?.localCandidateId);
        const remote = reports.get(pair?.remoteCandidateId);
        const by = local?.candidateType === "relay" ? ` over ${local.relayProtocol}` : "";
        paths.push(`${local?.candidateType}/${local?.protocol}${by} to ${remote?.candidateType}`);
    }
    return paths;
}

/** Each connection sends a picture once for each layer: the layer that sends most counts, and so does the connection. */
async function picturesSent(): Promise<number> {
    const page = window as unknown as { connections: RTCPeerConnection[]; picturesSent?: { before: Record<string, number>; total: number } };
    const sent = (page.picturesSent ??= { before: {}, total: 0 });
    let more = 0;
    for (const [place, connection] of page.connections.entries()) {
        if (connection.connectionState !== "connected") continue;
        for (const report of (await connection.getStats()).values()) {
            if (report.type !== "outbound-rtp" || report.kind !== "video") continue;
            const id = `${place} ${report.id}`;
            more = Math.max(more, report.framesSent - (sent.before[id] ?? report.framesSent));
            sent.before[id] = report.framesSent;
        }
    }
    return (sent.total += more);
}

async function picturesDecoded(): Promise<number> {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] };
    let decoded = 0;
    for (const connection of connections.filter((one) => one.connectionState === "connected")) {
        for (const report of (await connection.getStats()).values()) {
            if (report.type === "inbound-rtp" && report.kind === "video") decoded += report.framesDecoded ?? 0;
        }
    }
    return decoded;
}

/** The energy of all sound that was played (W3C WebRTC Statistics, `totalAudioEnergy`). Runs in the page. */
export async function soundReceived(): Promise<number> {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] };
    let energy = 0;
    for (const connection of connections.filter((one) => one.connectionState === "connected")) {
        for (const report of (await connection.getStats()).values()) {
            if (report.type === "inbound-rtp" && report.kind === "audio") energy += report.totalAudioEnergy;
        }
    }
    return energy;
}

async function packetsSent(): Promise<{ audio: number; video: number }> {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] };
    const sent = { audio: 0, video: 0 };
    for (const connection of connections) {
        for (const report of (await connection.getStats()).values()) {
            if (report.type === "outbound-rtp") sent[report.kind as "audio" | "video"] += report.packetsSent;
        }
    }
    return sent;
}
