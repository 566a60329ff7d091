// What sealing and opening a frame costs in a worker, by our WebAssembly and by the browser's own WebCrypto, copies included.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { test } from "@playwright/test";
import { launch } from "../fixtures/browser.ts";

/** Sound, a small picture, one of 720p, a keyframe. */
const SIZES = [100, 1_500, 7_000, 60_000];

const WORKER = `
import init, { Ends } from "/sealing_bench.js";
await init({ module_or_path: "/sealing_bench_bg.wasm" });
const ROUNDS = 2000;
const ends = new Ends();
const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, ["encrypt", "decrypt"]);
const nonce = (round) => { const nonce = new Uint8Array(12); new DataView(nonce.buffer).setUint32(0, round); return nonce; };
async function each(work) {
    const begun = performance.now();
    for (let round = 0; round < ROUNDS; round++) await work(round);
    return Math.round(((performance.now() - begun) * 1e4) / ROUNDS) / 10;
}
onmessage = async ({ data: bytes }) => {
    const frame = new Uint8Array(bytes).fill(1);
    const clear = frame.slice(0, 3);
    const figures = { bytes };
    // The first time warms up, and is written over.
    for (let time = 0; time < 2; time++) {
        const [ours, theirs] = [[], []];
        figures["Rust seals, µs"] = await each((round) => { ours[round] = ends.seal(frame.buffer); });
        figures["opens"] = await each((round) => {
            if (ends.open(ours[round]).byteLength !== bytes) throw new Error("it does not open");
        });
        figures["WebCrypto seals, µs"] = await each(async (round) => {
            const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce(round), additionalData: clear }, key, frame.subarray(3));
            const whole = new Uint8Array(3 + sealed.byteLength);
            whole.set(clear);
            whole.set(new Uint8Array(sealed), 3);
            theirs[round] = whole.buffer;
        });
        figures["opens "] = await each(async (round) => {
            const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce(round), additionalData: clear }, key, new Uint8Array(theirs[round], 3));
            const whole = new Uint8Array(3 + opened.byteLength);
            whole.set(clear);
            whole.set(new Uint8Array(opened), 3);
        });
    }
    postMessage(figures);
};
postMessage("ready");
`;

test("a frame sealed and opened", async () => {
    const folder = process.env.VERANDA_SEALING!;
    const server = createServer((request, response) => {
        const path = new URL(request.url!, "http://localhost").pathname;
        if (path === "/favicon.ico") return response.end();
        response.setHeader("content-type", path.endsWith(".wasm") ? "application/wasm" : path === "/" ? "text/html" : "text/javascript");
        response.end(path === "/" ? "<p>" : path === "/worker.js" ? WORKER : readFileSync(resolve(folder, path.slice(1))));
    }).listen(0, "127.0.0.1");
    await new Promise((listening) => server.once("listening", listening));
    const browser = await launch();
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const rows = await page.evaluate(async (sizes) => {
        const worker = new Worker("/worker.js", { type: "module" });
        const next = () => new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
        await next();
        const rows = [];
        for (const bytes of sizes) {
            worker.postMessage(bytes);
            rows.push(await next());
        }
        return rows;
    }, SIZES);
    console.table(rows);
    await browser.close();
    server.close();
});
