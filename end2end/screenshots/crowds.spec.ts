// The call screen with 1 to 49 people. One is a browser; the others hold a seat, and their pictures are drawn in this page, as so many
// browsers do not fit one machine. What stands in the documentation is chosen by hand; the rest is written to .cache/crowds.

import { mkdirSync } from "node:fs";
import { resolve } from "node:path";

import { createRoomWith } from "../fixtures/server.ts";
import { PlainClient } from "../fixtures/plain_client.ts";
import { expect, test } from "../fixtures/test.ts";
import type { CallPage } from "../pages/call.ts";

const FOLDER = resolve(import.meta.dirname, "../.cache/crowds");
const CHOSEN = resolve(import.meta.dirname, "../../docs/images");

const SIZES = {
    desktop: { width: 1280, height: 800 },
    phone: { width: 390, height: 844 },
    landscape: { width: 844, height: 390 },
};

/** What stands in the documentation. */
const DOCUMENTED = ["2-desktop", "2-phone", "5-desktop", "5-desktop-chat", "5-landscape", "9-desktop", "9-desktop-arabic", "9-phone", "16-desktop", "49-desktop"];

const FIRST = ["Bob", "Cleo", "Dan", "Emi", "Farid", "Grace", "Hana", "Ivan", "Juana", "Kofi", "Lena", "Musa", "Nadia", "Omar", "Priya", "Quentin"];
const LAST = ["Marsh", "Okafor", "Weiss", "Sato"];

test.describe.configure({ mode: "serial" });
for (const people of [1, 2, 3, 5, 9, 16, 49]) {
    test(`${people} people`, async ({ server, somebody }) => {
        const { link } = await createRoomWith(server, { name: "Monday tea", capacity: 50 });
        const ada = await somebody("Ada Lovelace", link, { camera: 10, context: { viewport: SIZES.desktop } });
        await ada.join();
        for (let other = 0; other < people - 1; other++) {
            const name = `${FIRST[other % FIRST.length]} ${LAST[Math.floor(other / FIRST.length) % LAST.length]}`;
            await PlainClient.join(server.url, link.replace(/.*\/r\/([^#?]*).*/, "$1"), name);
        }
        await expect(ada.page.locator("article.tile")).toHaveCount(people);
        for (const size of Object.keys(SIZES) as (keyof typeof SIZES)[]) await take(ada, people, size);
        await ada.page.setViewportSize(SIZES.desktop);
        await ada.openPanel("Chat");
        await take(ada, people, "desktop", "-chat");
        await ada.page.keyboard.press("Escape");
        await ada.openMore();
        await ada.page.getByRole("combobox", { name: "Language" }).selectOption("ar");
        await expect(ada.page.locator("html")).toHaveAttribute("dir", "rtl");
        await ada.page.keyboard.press("Escape");
        await take(ada, people, "desktop", "-arabic");
        await take(ada, people, "phone", "-arabic");
    });
}

async function take(ada: CallPage, people: number, size: keyof typeof SIZES, what = ""): Promise<void> {
    await ada.page.setViewportSize(SIZES[size]);
    await ada.page.waitForTimeout(700);
    await ada.page.evaluate(drawOthers);
    await ada.page.waitForTimeout(500);
    const name = `${people}-${size}${what}`;
    mkdirSync(FOLDER, { recursive: true });
    await ada.page.screenshot({ path: resolve(FOLDER, `${name}.png`) });
    if (DOCUMENTED.includes(name)) await ada.page.screenshot({ path: resolve(CHOSEN, `crowd-${name}.png`) });
}

/** Gives the others pictures, and takes away what is said of those who send none. Runs in the page. */
function drawOthers(): void {
    if (document.adoptedStyleSheets.length === 0) {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(".link-line, .asks, .notice { display: none !important; }");
        document.adoptedStyleSheets.push(sheet);
    }
    const shade = (hue: number, saturation: number, light: number) => `hsl(${hue % 360} ${saturation}% ${light}%)`;
    for (const [number, tile] of [...document.querySelectorAll<HTMLElement>("article.tile:not(.own)")].entries()) {
        tile.toggleAttribute("data-speaking", number === 1);
        const video = tile.querySelector("video")!;
        if (video.dataset.drawn !== undefined || number % 7 === 3) continue;
        video.dataset.drawn = "";
        tile.dataset.camera = "on";
        tile.querySelector(".avatar")?.remove();
        video.classList.remove("invisible");
        const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
        const ink = canvas.getContext("2d")!;
        const hue = number * 67;
        const round = (colour: string, x: number, y: number, rx: number, ry: number) => {
            ink.fillStyle = colour;
            ink.beginPath();
            ink.ellipse(x, y, rx, ry, 0, 0, 2 * Math.PI);
            ink.fill();
        };
        const wall = ink.createRadialGradient(120, 40, 20, 320, 180, 520);
        wall.addColorStop(0, shade(hue, 25, 80));
        wall.addColorStop(1, shade(hue, 20, 52));
        ink.fillStyle = wall;
        ink.fillRect(0, 0, 640, 360);
        ink.fillStyle = shade(hue, 30, 78);
        ink.fillRect(440, 40, 160, 150);
        const [skin, hair] = [shade(20 + (number * 7) % 18, 50, 38 + ((number * 17) % 40)), shade(24, 35, 10 + ((number * 13) % 26))];
        round(hair, 320, 146, 82, number % 2 ? 112 : 96);
        round(shade(hue + 150, 30, 36), 320, 400, 170, 150);
        round(skin, 320, 240, 32, 52);
        round(skin, 320, 168, 64, 82);
        ink.save();
        ink.beginPath();
        ink.rect(0, 0, 640, 128);
        ink.clip();
        round(hair, 320, 118, 74, 56);
        ink.restore();
        for (const eye of [296, 344]) round(shade(24, 20, 14), eye, 164, 6, 6);
        ink.strokeStyle = shade(8, 40, 34);
        ink.lineWidth = 5;
        ink.beginPath();
        ink.arc(320, 196, 22, 0.25 * Math.PI, 0.75 * Math.PI);
        ink.stroke();
        video.srcObject = canvas.captureStream(2);
        void video.play();
    }
}
