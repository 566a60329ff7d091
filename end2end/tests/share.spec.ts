// Screens: a real tab with its sound, shared by a real browser, seen and heard by others.

import type { Page } from "@playwright/test";
import { FirefoxCall } from "../fixtures/firefox.ts";
import { PlainClient } from "../fixtures/plain_client.ts";
import { createRoomWith } from "../fixtures/server.ts";
import { canSee, isBlue, isRed, isThere, loudness, openShared, type Shared } from "../fixtures/shared.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";

const RED: Shared = { title: "Red page", colour: "rgb(220, 20, 20)", hertz: 880 };
const BLUE: Shared = { title: "Blue page", colour: "rgb(20, 20, 220)", hertz: 1_320 };

/** What is heard is above this, in dBFS of one tone. */
const HEARD = -60;

/** In a second a tone of full amplitude has about this energy (`totalAudioEnergy` of W3C WebRTC Statistics), and beeps a tenth of it. */
const FULL_TONE = 0.6;

for (const [path, settings] of [["direct", {}], ["by way of the server", { mesh_limit: 2 }]] as const) {
    test(`two tabs are seen and heard beside the cameras by Chromium and Firefox, and each ends for all, ${path}`, async ({ server, somebody }) => {
        test.setTimeout(300_000);
        const { link } = await createRoomWith(server, settings);
        const ada = await somebody("Ada", link, { shares: RED.title });
        const bob = await somebody("Bob", link, { shares: BLUE.title });
        for (const call of [ada, bob]) await call.join();
        const cleo = await FirefoxCall.join("Cleo", link);
        await ada.expectToSee(bob);
        await openShared(ada, server.url, RED);
        const blue = await openShared(bob, server.url, BLUE);

        await ada.toolbarButton("Share screen").click();
        await expect(bob.page.getByRole("status")).toContainText("Ada is sharing their screen");
        await expect(ada.page.getByRole("status")).toContainText("You're sharing your screen");
        for (const page of [bob.page, cleo.page]) {
            await expect.poll(() => canSee(page, "Ada's screen", isRed), { message: "Ada's tab is seen" }).toBe(true);
        }
        await expect.poll(() => loudness(bob.page, RED.hertz), { message: "Ada's tab is heard" }).toBeGreaterThan(HEARD);
        await expect.poll(() => cleo.soundPerSecond(), { message: "Firefox hears it" }).toBeGreaterThan(FULL_TONE);
        await bob.toolbarButton("Share screen").click();
        for (const page of [ada.page, cleo.page]) {
            await expect.poll(() => canSee(page, "Bob's screen", isBlue), { message: "Bob's tab is seen" }).toBe(true);
        }
        await expect.poll(() => loudness(ada.page, BLUE.hertz), { message: "Bob's tab is heard" }).toBeGreaterThan(HEARD);
        await expect.poll(() => cleo.soundPerSecond(), { message: "Firefox hears both" }).toBeGreaterThan(2 * FULL_TONE);
        await expect.poll(() => canSee(cleo.page, "Ada's screen", isRed), { message: "both are seen at once" }).toBe(true);
        await ada.expectToSee(bob);
        await bob.expectToSee(ada);

        // The tab itself is closed, as when sharing is ended in the browser's own bar: to the page both are the end of the track.
        await blue.close();
        for (const page of [ada.page, cleo.page]) await expect.poll(() => isThere(page, "Bob's screen")).toBe(false);
        await expect(bob.toolbarButton("Share screen")).toBeVisible();
        await expect(bob.page.getByText("You're not sharing your screen any more").first()).toBeVisible();
        await ada.toolbarButton("Stop sharing").click();
        for (const page of [bob.page, cleo.page]) await expect.poll(() => isThere(page, "Ada's screen")).toBe(false);
        await expect.poll(() => loudness(bob.page, RED.hertz), { message: "and is not heard any more" }).toBeLessThan(HEARD);
        await expect.poll(() => cleo.soundPerSecond()).toBeLessThan(FULL_TONE);
        await ada.expectToSee(bob);
        await cleo.close();
    });
}

test("a host ends what somebody shares, and says who may share", async ({ server, somebody }) => {
    const { link, hostLink } = await createRoomWith(server, {});
    const ada = await somebody("Ada", hostLink);
    const bob = await somebody("Bob", link, { shares: RED.title });
    for (const call of [ada, bob]) await call.join();
    await openShared(bob, server.url, RED);
    await bob.toolbarButton("Share screen").click();
    await expect.poll(() => canSee(ada.page, "Bob's screen", isRed)).toBe(true);
    await ada.decide("Stop screen share", "Bob");
    await expect(ada.tile("Bob's screen")).toBeHidden({ timeout: 1_000 });
    await expect(bob.page.getByRole("status")).toContainText("A host stopped your screen share");

    // What is stopped may be shared again; what is not allowed may not.
    await bob.toolbarButton("Share screen").click();
    await expect.poll(() => canSee(ada.page, "Bob's screen", isRed)).toBe(true);
    await ada.decide("Don't allow sharing", "Bob");
    await expect(ada.tile("Bob's screen")).toBeHidden({ timeout: 1_000 });
    await expect(bob.toolbarButton("Share screen")).toBeDisabled();
    await expect(bob.toolbarButton("Share screen")).toHaveAttribute("title", "Only hosts can share their screen here.");
    await ada.decide("Allow sharing", "Bob");
    await expect(bob.toolbarButton("Share screen")).toBeEnabled();
});

test("the call itself is shared without its sound, and why is said", async ({ server, somebody }) => {
    const { link } = await createRoomWith(server, {});
    const ada = await somebody("Ada", link, { sharesItself: true });
    const bob = await somebody("Bob", link, { hums: 440 });
    for (const call of [ada, bob]) await call.join();
    await ada.toolbarButton("Turn off microphone").click();
    await expect.poll(() => loudness(ada.page, 440), { message: "Ada hears Bob" }).toBeGreaterThan(HEARD);
    await ada.toolbarButton("Share screen").click();
    await expect(ada.page.getByRole("status")).toContainText("This tab's sound is the call itself, so it isn't shared.");
    await expect(bob.tile("Ada's screen")).toBeVisible();
    // Her screen shows the time of the call, which changes: when some of that has come, so would have her sound.
    await expect.poll(() => picturesOf(bob.page, "Ada's screen")).toBeGreaterThan(10);
    expect(await loudness(bob.page, 440), "Bob does not hear himself").toBeLessThan(HEARD);
    await ada.toolbarButton("Stop sharing").click();
    await expect(bob.tile("Ada's screen")).toBeHidden();

    // The same where tabs are not asked whether they are a call: this is what the rule is for.
    const carl = await somebody("Carl", link, { sharesItself: true, hidesCall: true });
    await carl.join();
    await carl.toolbarButton("Turn off microphone").click();
    await ada.leave();
    await carl.toolbarButton("Share screen").click();
    await expect.poll(() => loudness(bob.page, 440), { message: "without the rule Bob hears himself" }).toBeGreaterThan(HEARD);
});

test("how loud somebody is played is each one's own affair, and nobody else hears of it", async ({ server, somebody }) => {
    const { link } = await createRoomWith(server, {});
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    for (const call of [ada, bob]) await call.join();
    const panel = await ada.openPanel("People");
    await panel.getByLabel("Volume for Bob", { exact: true }).click();
    await panel.getByRole("slider", { name: "Voice", exact: true }).fill("35");
    await expect.poll(() => volumeOf(ada.page)).toBe(0.35);
    await panel.getByRole("button", { name: "Mute for me", exact: true }).click();
    await expect.poll(() => volumeOf(ada.page)).toBe(0);
    await expectAccessible(ada.page);
    for (const _ of ["closed", "and opened again"]) await panel.getByLabel("Volume for Bob", { exact: true }).click();
    await panel.getByRole("button", { name: "Unmute for me", exact: true }).click();
    await expect.poll(() => volumeOf(ada.page)).toBe(0.35);
    expect(await volumeOf(bob.page)).toBe(1);
});

const picturesOf = (page: Page, tile: string) =>
    page.locator(`article[aria-label="${tile}"] video[data-source=screen]`).evaluate((video) => (video as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames);

const volumeOf = (page: Page) => page.evaluate(() => (window as unknown as { sounds: HTMLAudioElement[] }).sounds.find((sound) => sound.srcObject && !sound.muted)?.volume);

test("what is forbidden while it is chosen is neither seen nor heard, and a page that is loaded anew shares nothing", async ({ server, somebody }) => {
    const { link, hostLink } = await createRoomWith(server, {});
    const ada = await somebody("Ada", hostLink);
    const bob = await somebody("Bob", link, { shares: RED.title, thinks: true });
    for (const call of [ada, bob]) await call.join();
    await openShared(bob, server.url, RED);
    await bob.toolbarButton("Share screen").click();
    await ada.decide("Don't allow sharing", "Bob");
    await expect(bob.toolbarButton("Share screen")).toBeDisabled();
    await bob.page.evaluate(() => (window as unknown as { choose: () => void }).choose());
    await expect.poll(() => bob.page.evaluate(liveShared), { message: "what was chosen is let go of" }).toBe(0);
    expect(await isThere(ada.page, "Bob's screen")).toBe(false);
    expect(await loudness(ada.page, RED.hertz)).toBeLessThan(HEARD);
    // Neither the key nor the menu asks for what is forbidden.
    await bob.page.keyboard.press("d");
    await bob.openMore();
    await expect(bob.entry("Share screen")).toHaveCount(0);
    await bob.page.keyboard.press("Escape");
    expect(await bob.page.evaluate(() => (window as unknown as { asked: number }).asked)).toBe(1);

    await ada.decide("Allow sharing", "Bob");
    await bob.toolbarButton("Share screen").click();
    await bob.page.evaluate(() => (window as unknown as { choose: () => void }).choose());
    await expect.poll(() => canSee(ada.page, "Bob's screen", isRed)).toBe(true);
    await bob.page.reload();
    await expect(bob.button("Leave")).toBeVisible();
    await expect.poll(() => isThere(ada.page, "Bob's screen")).toBe(false);
    await expect(bob.toolbarButton("Share screen")).toBeEnabled();
    await ada.expectToSee(bob);
});

/** How many tracks of what was chosen to be shared still deliver. Runs in the page. */
function liveShared(): number {
    const { shared } = window as unknown as { shared: MediaStreamTrack[] };
    return shared.length === 0 ? -1 : shared.filter((track) => track.readyState === "live").length;
}

test("a screen that changes its size again and again is seen as it is in the end, and nothing else moves", async ({ server, somebody }) => {
    const { link } = await createRoomWith(server, {});
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link, { shares: RED.title });
    for (const call of [ada, bob]) await call.join();
    const red = await openShared(bob, server.url, RED);
    await bob.toolbarButton("Share screen").click();
    await expect.poll(() => canSee(ada.page, "Bob's screen", isRed)).toBe(true);
    const place = () => ada.tile("Bob's screen").boundingBox();
    const before = await place();
    for (let size = 0; size < 50; size++) await red.setViewportSize({ width: 400 + ((size * 137) % 900), height: 300 + ((size * 71) % 500) });
    await red.setViewportSize({ width: 600, height: 600 });
    const shape = () => ada.page.locator('article[aria-label="Bob\'s screen"] video').evaluate((video) => (video as HTMLVideoElement).videoWidth / (video as HTMLVideoElement).videoHeight);
    await expect.poll(shape).toBeCloseTo(1, 1);
    await expect.poll(() => canSee(ada.page, "Bob's screen", isRed)).toBe(true);
    expect(await place()).toEqual(before);
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
});

test("forty who claim to share and send nothing are waited for, and who really shares is seen and heard", async ({ server, somebody }) => {
    const { link } = await createRoomWith(server, { mesh_limit: 2 });
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link, { shares: RED.title });
    for (const call of [ada, bob]) await call.join();
    await openShared(bob, server.url, RED);
    await bob.toolbarButton("Share screen").click();
    await expect.poll(() => canSee(ada.page, "Bob's screen", isRed)).toBe(true);
    const room = new URL(link).pathname.split("/").pop()!;
    const liars: PlainClient[] = [];
    for (let number = 1; number <= 40; number++) {
        const { client } = await PlainClient.join(server.url, room, `Eve ${number}`);
        client.say({ type: "set_media", media: { microphone: "off", camera: "off", screen: "on", screen_audio: "on" } });
        liars.push(client);
    }
    await expect(ada.page.locator("article[data-source=screen]").filter({ hasText: "Waiting for the screen…" }).first()).toBeVisible();
    await ada.button("Pin Bob's screen").first().click();
    await expect.poll(() => canSee(ada.page, "Bob's screen", isRed), { message: "a pin is never lost among others" }).toBe(true);
    await expect.poll(() => loudness(ada.page, RED.hertz), { message: "nor is a sound that is sent" }).toBeGreaterThan(HEARD);
    await bob.write("Can you read that?");
    await ada.openPanel("Chat");
    await expect(ada.chat()).toHaveText(["Can you read that?"]);
    for (const liar of liars) liar.leave();
    await expect(ada.page.locator("article[data-source=screen]")).toHaveCount(1);
});

test("a camera that is sent as a screen is a screen like another", async ({ server, somebody }) => {
    const { link } = await createRoomWith(server, {});
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    await bob.page.evaluate(() => (navigator.mediaDevices.getDisplayMedia = () => navigator.mediaDevices.getUserMedia({ video: true })));
    for (const call of [ada, bob]) await call.join();
    await bob.toolbarButton("Share screen").click();
    await expect.poll(() => picturesOf(ada.page, "Bob's screen")).toBeGreaterThan(10);
    await ada.expectToSee(bob);
    await bob.toolbarButton("Stop sharing").click();
    await expect(ada.tile("Bob's screen")).toBeHidden();
    await ada.expectToSee(bob);
});

test("a tab that becomes a page of the call while it is shared is not heard any more, and why is said", async ({ server, somebody }) => {
    const { link } = await createRoomWith(server, {});
    const ada = await somebody("Ada", link, { shares: RED.title, ordinary: true });
    const bob = await somebody("Bob", link);
    for (const call of [ada, bob]) await call.join();
    const red = await openShared(ada, server.url, RED);
    await ada.toolbarButton("Share screen").click();
    await expect.poll(() => loudness(bob.page, RED.hertz), { message: "the tab is heard" }).toBeGreaterThan(HEARD);
    await red.goto(link);
    await expect(ada.page.getByRole("status")).toContainText("This tab's sound is the call itself, so it isn't shared.");
    await expect.poll(() => ada.page.evaluate(soundsSent), { message: "the microphone alone is sent" }).toBe(1);
    await expect(bob.tile("Ada's screen")).toBeVisible();
});

/** How many sounds are sent. Runs in the page. */
function soundsSent(): number {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] };
    return connections.flatMap((one) => one.getSenders()).filter(({ track }) => track?.kind === "audio" && track.readyState === "live").length;
}
