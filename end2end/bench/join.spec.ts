// From the click on *Join now* to the first frame of the other person, in two browsers, beside the least that two pages
// need for the same. In turn, so that both meet the machine in the same mood.

import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "@playwright/test";
import { WebSocketServer, type WebSocket as Socket } from "ws";
import { launch, newPage } from "../fixtures/browser.ts";
import { test } from "../fixtures/test.ts";
import { CallPage } from "../pages/call.ts";

const JOINS = 20;

test("time from Join now to the first remote frame", async ({ newRoom }) => {
    const floor = await startFloor();
    const browsers = [await launch({ camera: 0 }), await launch({ camera: 1 })] as const;
    const link = await newRoom();
    const ours: number[] = [];
    const least: number[] = [];
    const ada = new CallPage(await newPage(browsers[0]), "Ada", 0);
    await ada.open(link);
    await ada.join();
    const host = await openFloor(browsers[0], floor.url, "host");
    for (let round = 0; round < JOINS + 1; round++) {
        const joined = await joinRoom(browsers[1], link);
        const met = await joinFloor(browsers[1], floor.url);
        // The first round warms both up and is not counted.
        if (round > 0) ours.push(joined), least.push(met);
    }
    await host.close();
    await Promise.all(browsers.map((browser) => browser.close()));
    floor.stop();
    const [a, b] = [median(ours), median(least)];
    console.log(`\nJoin now → first remote frame, ${JOINS} joins: median ${a.toFixed(0)} ms (${range(ours)}), budget 700 ms`);
    console.log(`minimal two-page script, same run: median ${b.toFixed(0)} ms (${range(least)}), ratio ${(a / b).toFixed(2)}, budget 1.20`);
});

async function joinRoom(browser: Browser, link: string): Promise<number> {
    const page = await newPage(browser);
    const bob = new CallPage(page, "Bob", 1);
    await bob.open(link);
    await page.getByRole("textbox", { name: "Your name" }).fill("Bob");
    await page.locator(".preview-picture[data-camera=on]").waitFor();
    await page.waitForTimeout(500);
    const time = await page.evaluate(async () => {
        const begun = performance.now();
        document.querySelector<HTMLButtonElement>("button[type=submit]")!.click();
        const video = await new Promise<HTMLVideoElement>((found) => {
            const look = () => {
                const video = document.querySelector<HTMLVideoElement>("article:not(.own) video");
                if (video) found(video);
                else requestAnimationFrame(look);
            };
            look();
        });
        await new Promise((frame) => video.requestVideoFrameCallback(frame));
        return performance.now() - begun;
    });
    await page.context().close();
    return time;
}

async function joinFloor(browser: Browser, url: string): Promise<number> {
    const page = await openFloor(browser, url, "guest");
    await page.waitForTimeout(500);
    const time = await page.evaluate(() => (window as unknown as { join: () => Promise<number> }).join());
    await page.context().close();
    return time;
}

async function openFloor(browser: Browser, url: string, role: string): Promise<Page> {
    const page = await newPage(browser);
    await page.goto(`${url}/?${role}`);
    await page.locator("html[data-ready]").waitFor();
    return page;
}

/** The least that two pages need: a relay of messages, and a script that uses the browser's own interfaces directly. */
async function startFloor(): Promise<{ url: string; stop: () => void }> {
    const http: HttpServer = createServer((_, response) => response.setHeader("content-type", "text/html").end(`<!doctype html><video autoplay playsinline></video><script>(${minimal})()</script>`));
    const clients = new Set<Socket>();
    new WebSocketServer({ server: http }).on("connection", (socket) => {
        clients.add(socket);
        socket.on("message", (data) => clients.forEach((other) => other !== socket && other.send(data.toString())));
        socket.on("close", () => clients.delete(socket));
    });
    await new Promise<void>((listening) => http.listen(0, "127.0.0.1", listening));
    return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, stop: () => http.closeAllConnections() };
}

/** Runs in the page. The guest offers, as a newcomer does in a room. */
async function minimal() {
    const video = document.querySelector("video")!;
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720, frameRate: 30 } });
    let connection: RTCPeerConnection;
    let socket: WebSocket;
    const say = (message: unknown) => socket.send(JSON.stringify(message));
    const start = () => {
        connection = new RTCPeerConnection();
        connection.onicecandidate = ({ candidate }) => candidate && say({ candidate });
        connection.ontrack = ({ streams }) => (video.srcObject = streams[0]!);
        stream.getTracks().forEach((track) => connection.addTrack(track, stream));
    };
    const listen = () => {
        socket.onmessage = async ({ data }) => {
            const { description, candidate } = JSON.parse(data);
            if (candidate) return connection.addIceCandidate(candidate);
            if (description.type === "offer") start();
            await connection.setRemoteDescription(description);
            if (description.type === "answer") return;
            await connection.setLocalDescription();
            say({ description: connection.localDescription });
        };
        return new Promise((open) => (socket.onopen = open));
    };
    const connect = () => {
        socket = new WebSocket(`ws://${location.host}`);
        return listen();
    };
    if (location.search === "?host") await connect();
    Object.assign(window, {
        join: async () => {
            const begun = performance.now();
            await connect();
            start();
            await connection.setLocalDescription();
            say({ description: connection.localDescription });
            await new Promise((frame) => video.requestVideoFrameCallback(frame));
            return performance.now() - begun;
        },
    });
    document.documentElement.dataset.ready = "";
}

function median(values: number[]): number {
    const sorted = values.toSorted((a, b) => a - b);
    return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}

function range(values: number[]): string {
    return `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}`;
}
