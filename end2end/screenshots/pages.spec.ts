// Every page, wide and narrow, light and dark, into docs/images.

import { resolve } from "node:path";
import type { Page } from "@playwright/test";
import { FOLDER, SIZES, picture } from "../fixtures/picture.ts";
import { createRoomWith } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

test("pages without a call", async ({ plainPage, server }) => {
    const page = await plainPage();
    await page.goto(server.url);
    await picture(page, "landing");
    await page.goto(`${server.url}/r/kfm-pqxz-wtr`);
    await picture(page, "unknown-room");
    await page.goto(`${server.url}/no/such/page`);
    await picture(page, "not-found");
    await page.goto(`${server.url}/connection-test`);
    await expect(page.getByRole("button", { name: "Test again" })).toBeEnabled({ timeout: 20_000 });
    await picture(page, "connection-test", "few");
    await page.goto(`${server.url}/new`);
    await picture(page, "new-room");
    await page.goto(`${server.url}/api/docs`);
    await picture(page, "api-docs", "few");
});

test("pages of rooms that cannot be entered, and of one's own", async ({ plainPage, server }) => {
    const closed = {
        "room-locked": await createRoomWith(server, { name: "Monday tea", locked: "on" }),
        "room-not-started": await createRoomWith(server, { name: "Monday tea", starts_at: Date.UTC(new Date().getUTCFullYear() + 1, 0, 2, 15, 0) }),
        "room-ended": await createRoomWith(server, { name: "Monday tea", ends_at: Date.now() + 1000 }),
    };
    const page = await plainPage();
    await expect(async () => {
        // The same address with its key would be a jump inside the page.
        await page.goto("about:blank");
        await page.goto(closed["room-ended"].link);
        await expect(page.getByRole("heading", { name: "This call has ended" })).toBeVisible({ timeout: 200 });
    }).toPass();
    for (const [name, room] of Object.entries(closed)) {
        await page.goto(room.link);
        await picture(page, name, "few");
    }
    await page.goto(closed["room-ended"].hostLink);
    await picture(page, "room-ended-host", "few");
    await page.goto(`${closed["room-locked"].link.split("#")[0]}?key=k_0`);
    await picture(page, "link-without-rights", "few");
    await page.goto(closed["room-locked"].hostLink);
    await page.goto(`${server.url}/rooms`);
    await picture(page, "my-rooms", "few");
});

test("a host's room: waiting, password, panels", async ({ server, somebody }) => {
    const room = await createRoomWith(server, { name: "Monday tea", waiting_room: "on", password: "kettle" });
    const ada = await somebody("Ada Lovelace", room.hostLink, { camera: 10 });
    const bob = await somebody("Bob Marsh", room.link, { camera: 11 });
    const cleo = await somebody("Cleo Okafor", room.link.split("#")[0]!, { camera: 12 });
    await ada.join();
    await bob.page.getByRole("textbox", { name: "Your name" }).fill("Bob Marsh");
    await bob.page.getByLabel("Room password").fill("biscuit");
    await bob.button("Ask to join").click();
    await expect(bob.page.getByRole("alert").filter({ hasText: "Wrong password" })).toBeVisible();
    await playing(bob.page, 1);
    await picture(bob.page, "password");
    for (const [guest, name] of [[bob, "Bob Marsh"], [cleo, "Cleo Okafor"]] as const) {
        await guest.page.getByLabel("Room password").fill("kettle");
        await guest.page.getByRole("textbox", { name: "Your name" }).fill(name);
        await guest.button("Ask to join").click();
        await expect(guest.heading("Waiting to be let in")).toBeVisible();
    }
    await picture(bob.page, "waiting");
    await picture(cleo.page, "waiting-without-key", "few");
    await ada.page.setViewportSize(SIZES.desktop);
    await expect(ada.page.getByRole("group", { name: "Waiting room" })).toContainText("and 1 other want to join");
    await picture(ada.page, "knocking");
    await ada.page.setViewportSize(SIZES.desktop);
    await (await ada.openPanel("People")).getByRole("button", { name: "Admit Bob Marsh" }).click();
    await bob.page.setViewportSize(SIZES.desktop);
    await expect(bob.button("Leave")).toBeVisible();
    await bob.toolbarButton("Raise hand").click();
    await ada.panel("People").getByLabel("Actions for Bob Marsh").click();
    await ada.panel("People").getByRole("button", { name: "Remove and block: Bob Marsh" }).scrollIntoViewIfNeeded();
    await playing(ada.page, 2);
    await picture(ada.page, "people-host");

    await ada.page.setViewportSize(SIZES.desktop);
    await ada.panel("People").getByLabel("Actions for Bob Marsh").click();
    await ada.panel("People").getByRole("button", { name: "Admit Cleo Okafor" }).click();
    await expect(ada.panel("People").getByRole("button", { name: "Mark as verified: Cleo Okafor" })).toBeVisible();
    await ada.choose("Safety phrase");
    await expect(ada.page.getByTestId("safety-phrase")).toHaveText(/\w+ \w+/);
    await cleo.page.setViewportSize(SIZES.desktop);
    await playing(ada.page, 3);
    await ada.page.getByTestId("safety-phrase").scrollIntoViewIfNeeded();
    await picture(ada.page, "safety-phrase");

    await ada.page.setViewportSize(SIZES.desktop);
    await bob.write("The kettle is on. Recipe: https://example.org/scones");
    await ada.write("Two minutes!");
    await ada.openPanel("Chat");
    await expect(ada.chat()).toHaveCount(2);
    await picture(ada.page, "chat");
    await ada.page.setViewportSize(SIZES.desktop);
    await ada.choose("Invite people");
    await picture(ada.page, "invite");
    await ada.page.setViewportSize(SIZES.desktop);
    await ada.choose("Room settings");
    await picture(ada.page, "room-settings");
    await ada.page.setViewportSize(SIZES.desktop);
    await ada.choose("Call details");
    await expect(ada.page.getByRole("button", { name: "Test again" })).toBeEnabled({ timeout: 20_000 });
    await picture(ada.page, "connection-panel", "few");
    await ada.page.setViewportSize(SIZES.desktop);
    await ada.choose("Keyboard shortcuts");
    await picture(ada.page, "shortcuts", "few");
    await ada.page.setViewportSize(SIZES.desktop);
    await ada.page.keyboard.press("Escape");
    await ada.openMore();
    await picture(ada.page, "more");
    await ada.page.getByRole("combobox", { name: "Language" }).selectOption("ar");
    await expect(ada.page.locator("html")).toHaveAttribute("dir", "rtl");
    await ada.page.keyboard.press("Escape");
    await ada.page.setViewportSize(SIZES.desktop);
    await picture(ada.page, "call-arabic", "few");
});

test("pages of a call", async ({ server, somebody, plainPage }) => {
    const { link } = await createRoomWith(server, { name: "Monday tea", capacity: 4 });
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
    await ada.page.keyboard.press("Escape");

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
