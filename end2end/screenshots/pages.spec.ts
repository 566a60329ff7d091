// Every page, wide and narrow, light and dark, into docs/images.

import { resolve } from "node:path";
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures/test.ts";

const FOLDER = resolve(import.meta.dirname, "../../docs/images");
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } };
const SCHEMES = ["light", "dark"] as const;

/** Takes one page in every size and scheme. */
async function picture(page: Page, name: string): Promise<void> {
    for (const [size, viewport] of Object.entries(SIZES)) {
        for (const colorScheme of SCHEMES) {
            await page.setViewportSize(viewport);
            await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
            await page.evaluate(() => document.fonts.ready);
            await page.screenshot({ path: resolve(FOLDER, `${name}-${size}-${colorScheme}.png`) });
        }
    }
}

test("pages without a call", async ({ plainPage, server }) => {
    const page = await plainPage();
    await page.goto(server.url);
    await picture(page, "landing");
    await page.goto(`${server.url}/r/kfm-pqxz-wtr`);
    await picture(page, "unknown-room");
    await page.goto(`${server.url}/no/such/page`);
    await picture(page, "not-found");
});

test("pages of a call", async ({ newRoom, somebody, plainPage }) => {
    const link = await newRoom("Monday tea");
    const [ada, bob, cleo, dan] = [
        await somebody("Ada Lovelace", link, { camera: 10 }),
        await somebody("Bob Marsh", link, { camera: 11 }),
        await somebody("Cleo Okafor", link, { camera: 12 }),
        await somebody("Dan Weiss", link, { camera: 13 }),
    ];
    await bob.join();
    await expect(ada.page.getByTestId("who-is-inside")).toHaveText("Bob Marsh is here.");
    await ada.page.getByRole("textbox", { name: "Your name" }).fill("Ada Lovelace");
    await playing(ada.page, 1);
    await picture(ada.page, "prejoin");
    await ada.join();
    await cleo.join();
    await cleo.button("Turn off microphone").click();
    await expect(ada.tile("Cleo Okafor").getByRole("img", { name: "Microphone off" })).toBeVisible();
    await playing(ada.page, 3);
    await picture(ada.page, "call-of-three");

    await dan.join();
    await dan.button("Turn off camera").click();
    await expect(ada.tile("Dan Weiss")).toHaveAttribute("data-camera", "off");
    await playing(ada.page, 3);
    await ada.page.setViewportSize(SIZES.desktop);
    await ada.button("People").click();
    await picture(ada.page, "call-of-four");
    await ada.button("People").click();

    const late = await plainPage();
    await late.goto(link);
    await picture(late, "full-room");

    await dan.leave();
    await picture(dan.page, "left");
});

/** Waits until this many videos show moving pictures. */
async function playing(page: Page, people: number): Promise<void> {
    const count = () =>
        page.locator("video").evaluateAll((all) => all.filter((video) => (video as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames > 20).length);
    await expect.poll(count).toBeGreaterThanOrEqual(people);
}
