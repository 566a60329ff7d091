// The icons of the installed page, drawn from favicon.svg, and the picture of link previews, made of the landing page.

import { mkdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "../fixtures/test.ts";

const PUBLIC = resolve(import.meta.dirname, "../../public");
const GROUND = "#f6f4ef";

/** Where it is, its size, and how much of that the mark takes. */
const ICONS: [name: string, size: number, mark: number][] = [
    ["192", 192, 0.86],
    ["512", 512, 0.86],
    // Up to a fifth of each side may be cut off (W3C Manifest, "Icon masks and safe zone").
    ["maskable", 512, 0.56],
    ["touch", 180, 0.7],
];

test("icons", async ({ plainPage }) => {
    mkdirSync(resolve(PUBLIC, "icons"), { recursive: true });
    const mark = readFileSync(resolve(PUBLIC, "favicon.svg"), "utf8");
    const page = await plainPage();
    for (const [name, size, share] of ICONS) {
        await page.setViewportSize({ width: size, height: size });
        await page.setContent(
            `<body style="margin:0;display:grid;place-items:center;block-size:100vh;background:${GROUND}">${mark}</body>`,
        );
        await page.locator("svg").evaluate((svg, pixels) => svg.setAttribute("width", `${pixels}`), size * share);
        await page.screenshot({ path: resolve(PUBLIC, `icons/${name}.png`) });
    }
});

test("preview", async ({ server, plainPage }) => {
    const page = await plainPage();
    await page.setViewportSize({ width: 1200, height: 630 });
    await page.goto(server.url);
    await page.screenshot({ path: resolve(PUBLIC, "icons/preview.png") });
});
