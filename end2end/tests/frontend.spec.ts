// The page's own tests of what only a browser can show: they run in Chromium with fake devices, and this says what they say.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { expect, test, type Page } from "@playwright/test";
import { launch } from "../fixtures/browser.ts";

const SCRIPT = resolve(import.meta.dirname, "../../scripts/test-page");

test("devices, sections, statistics and what is remembered, in a browser", async () => {
    const tests = spawn(SCRIPT, ["--serve", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"], detached: true });
    const end = () => process.kill(-tests.pid!, "SIGKILL");
    const browser = await launch();
    try {
        const page = await (await browser.newContext({ permissions: ["microphone", "camera"] })).newPage();
        const errors: Error[] = [];
        page.on("pageerror", (error) => errors.push(error));
        // No frame is sealed here.
        await page.route("**/worker/start.js", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
        const url = await address(tests);
        await nameSplitParts(page, url);
        await page.goto(url);
        const output = page.locator("#output");
        await expect(output).toContainText("test result: ");
        const text = (await output.textContent())!;
        console.log(text);
        expect(errors).toEqual([]);
        expect(text).toMatch(/test result: ok\. \d\d passed; 0 failed; 0 ignored; 0 filtered out/);
    } finally {
        await browser.close();
        end();
    }
});

/** Where the tests are shown. */
async function address(tests: ReturnType<typeof spawn>): Promise<string> {
    const ended = once(tests, "exit").then(([code]) => Promise.reject(new Error(`scripts/test-page ended with ${code}`)));
    const shown = new Promise<string>((found) => {
        createInterface({ input: tests.stdout! }).on("line", (line) => {
            const url = line.match(/available at (http:\S+)/);
            if (url) found(url[1]!);
        });
    });
    return Promise.race([shown, ended]);
}

/** The page's module imports what is split off, under a name that cargo-leptos replaces. Nothing here calls it, but it has to be there. */
async function nameSplitParts(page: Page, url: string): Promise<void> {
    const placeholder = "__wasm_split_placeholder__";
    const code = await (await fetch(`${url}/wasm-bindgen-test_bg.wasm`)).arrayBuffer();
    const imports = WebAssembly.Module.imports(await WebAssembly.compile(code));
    const names = imports.filter((one) => one.module === placeholder).map((one) => `absent as ${JSON.stringify(one.name)}`);
    const body = `const absent = () => { throw new Error("split off"); };\nexport { ${names.join(", ")} };`;
    await page.route("**/split.js", (route) => route.fulfill({ contentType: "text/javascript", body }));
    await page.route(`${url}/`, async (route) => {
        const response = await route.fetch();
        const map = JSON.stringify({ imports: { [placeholder]: "/split.js" } });
        const html = (await response.text()).replace("<head>", `<head><script type="importmap">${map}</script>`);
        await route.fulfill({ response, body: html });
    });
}
