// Microphone and camera: what was off stays off, the last choice wins, and a device that fails is said.

import type { Page } from "@playwright/test";
import type { BrowserOptions } from "../fixtures/browser.ts";
import { FirefoxCall, type FirefoxOptions } from "../fixtures/firefox.ts";
import { createRoomWith } from "../fixtures/server.ts";
import { loudness } from "../fixtures/shared.ts";
import { SoundServer } from "../fixtures/sound.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";
import { CallPage, visit } from "../pages/call.ts";

/** How many devices the page has asked for since it was loaded. */
async function captured(page: Page): Promise<number> {
    return page.evaluate(() => (window as unknown as { tracks: MediaStreamTrack[] }).tracks.length);
}

test("what was off stays off after a reload, a rejoin and in the next room, and no device is touched", async ({ server, somebody }) => {
    const room = await createRoomWith(server, {});
    const ada = await somebody("Ada", room.hostLink);
    const bob = await somebody("Bob", room.link);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    await bob.button("Turn off microphone").click();
    await bob.button("Turn off camera").click();
    await expect(ada.tile("Bob")).toHaveAttribute("data-camera", "off");

    await bob.page.reload();
    await expect(bob.button("Leave")).toBeVisible();
    await expect(bob.button("Turn on microphone")).toBeVisible();
    await expect(bob.button("Turn on camera")).toBeVisible();
    await bob.write("still quiet");
    await ada.openPanel("Chat");
    await expect(ada.chat()).toHaveText(["still quiet"]);
    await expect(ada.tile("Bob").getByRole("img", { name: "Microphone off" })).toBeVisible();
    await expect(ada.tile("Bob")).toHaveAttribute("data-camera", "off");
    expect(await captured(bob.page)).toBe(0);

    await bob.leave();
    await bob.button("Rejoin").click();
    await expect(bob.button("Turn on microphone")).toBeVisible();
    await expect(bob.button("Turn on camera")).toBeVisible();
    expect(await captured(bob.page)).toBe(0);

    const other = await createRoomWith(server, {});
    await bob.open(other.link);
    await expect(bob.button("Join now")).toBeEnabled();
    await expect(bob.button("Turn on camera")).toBeVisible();
    expect(await captured(bob.page)).toBe(0);
});

test("who was muted by a host is still muted after a reload", async ({ server, somebody }) => {
    const room = await createRoomWith(server, {});
    const ada = await somebody("Ada", room.hostLink);
    const bob = await somebody("Bob", room.link);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    await (await ada.openPanel("People")).getByRole("button", { name: "Mute all" }).click();
    await expect(bob.button("Turn on microphone")).toBeVisible();

    await bob.page.reload();
    await expect(bob.button("Leave")).toBeVisible();
    await expect(bob.button("Turn on microphone")).toBeVisible();
    await ada.expectToSee(bob);
    await expect(ada.tile("Bob").getByRole("img", { name: "Microphone off" })).toBeVisible();
});

test("a device that ends in the call is said, and another can be chosen", async ({ newRoom, somebody }) => {
    const ada = await somebody("Ada", await newRoom());
    await ada.join();
    await expect(ada.tile("Ada")).toHaveAttribute("data-camera", "on");
    await ada.page.evaluate(() => {
        const { tracks } = window as unknown as { tracks: MediaStreamTrack[] };
        tracks.find((track) => track.kind === "video" && track.readyState === "live")!.dispatchEvent(new Event("ended"));
    });
    await expect(ada.page.getByRole("alert").filter({ hasText: "The camera was disconnected." })).toBeVisible();
    await expectAccessible(ada.page);
    await ada.button("Choose another").click();
    await expect(ada.panel("Devices").getByRole("combobox", { name: "Camera" })).toBeVisible();
    await expectAccessible(ada.page);
    await ada.button("Turn on camera").click();
    await expect(ada.tile("Ada")).toHaveAttribute("data-camera", "on");
});

/** Another program has every device, in the words of both browsers; runs in the page. */
function takeEveryDevice(): void {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("Could not start audio source", "NotReadableError"));
}

/** Whoever is asked closes the question, in Chromium's words. Firefox does not tell that from a "no". */
function closeTheQuestion(): void {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("Permission dismissed", "NotAllowedError"));
}

const REFUSALS: [what: string, chromium: BrowserOptions["devices"] | (() => void), firefox: FirefoxOptions, sentence: string][] = [
    ["blocked", "blocked", { devices: "blocked" }, "Your browser is blocking the microphone. Allow it from the icon in the address bar, then turn it on here."],
    ["not there", "none", { devices: "none" }, "No microphone was found. You can join without one, or plug one in."],
    ["in use elsewhere", takeEveryDevice, { first: takeEveryDevice }, "Another app is using the microphone. Close it, then turn the microphone on here."],
    ["not decided about", closeTheQuestion, { first: closeTheQuestion }, "Your browser needs permission. Turn on the microphone to be asked again."],
];

for (const [what, chromium, firefox, sentence] of REFUSALS) {
    test(`a microphone that is ${what}: a sentence says what to do, before the call and in it, in both browsers`, async ({ newRoom, somebody, plainPage }) => {
        const link = await newRoom();
        const page = typeof chromium === "function" ? await plainPage() : (await somebody("Ada", link, { devices: chromium })).page;
        if (typeof chromium === "function") await page.addInitScript(chromium);
        const ada = new CallPage(page, "Ada", 0);
        await ada.open(link);
        const said = page.getByRole("alert").filter({ hasText: sentence });
        await expect(said).toBeVisible();
        await ada.join();
        await expect(said).toHaveCount(0);
        await ada.toolbarButton("Turn on microphone").click();
        await expect(said).toBeVisible();
        await expectAccessible(page);

        const bob = await FirefoxCall.visit("Bob", link, firefox);
        await expect.poll(() => bob.faults()).toContain(sentence);
        await bob.enter();
        await expect.poll(() => bob.faults()).not.toContain(sentence);
        await bob.press("Turn on microphone");
        await expect.poll(async () => (await bob.faults()).some((alert) => alert.startsWith(sentence))).toBe(true);
        await bob.close();
    });
}

test("what the browser allows or forbids meanwhile is noticed: before the call it is turned on, in it nothing goes on by itself", async ({ newRoom, somebody }) => {
    const ada = await somebody("Ada", await newRoom(), { devices: "blocked" });
    const context = ada.page.context();
    const refused = ada.page.getByRole("alert").filter({ hasText: /Your browser .* the camera/ });
    await expect(refused).toBeVisible();
    await context.grantPermissions(["microphone", "camera"]);
    await expect(ada.button("Turn off camera")).toBeVisible();
    await expect(refused).toHaveCount(0);
    await ada.join();
    await ada.toolbarButton("Turn off camera").click();
    await context.clearPermissions();
    await ada.toolbarButton("Turn on camera").click();
    await expect(refused).toBeVisible();
    await context.grantPermissions(["microphone", "camera"]);
    await expect(ada.page.getByRole("status")).toContainText("The camera is allowed now. Turn it on when you're ready.");
    await expect(ada.toolbarButton("Turn on camera")).toBeVisible();
});

/** Three cameras, of which the page gets "second" when it asks for none; "slow" comes when it is let, "broken" never. */
function threeCameras(): void {
    const devices = navigator.mediaDevices;
    const real = devices.getUserMedia.bind(devices);
    const slow: (() => void)[] = [];
    Object.assign(window, { letSlow: () => slow.splice(0).forEach((go) => go()) });
    devices.enumerateDevices = async () =>
        ["first", "second", "slow", "broken"].map((deviceId) => {
            const properties = { deviceId, label: `Camera ${deviceId}`, kind: "videoinput", groupId: "" };
            const own = Object.entries(properties).map(([name, value]) => [name, { value }]);
            return Object.create(MediaDeviceInfo.prototype, Object.fromEntries(own)) as MediaDeviceInfo;
        });
    devices.getUserMedia = async (constraints) => {
        const video = constraints?.video as { deviceId?: { exact: string } } | undefined;
        const wanted = video?.deviceId?.exact ?? "second";
        if (wanted === "broken") throw new DOMException("in use", "NotReadableError");
        if (wanted === "slow") await new Promise<void>((go) => slow.push(go));
        const stream = await real({ audio: constraints?.audio, video: Boolean(video) });
        for (const track of stream.getVideoTracks()) {
            const settings = track.getSettings.bind(track);
            track.getSettings = () => ({ ...settings(), deviceId: wanted });
        }
        return stream;
    };
}

test("the list shows the camera in use; of two quick choices the last wins; a choice that fails leaves the one before", async ({ newRoom, plainPage }) => {
    const page = await plainPage();
    await page.addInitScript(threeCameras);
    await visit(page, await newRoom());
    const cameras = page.getByRole("combobox", { name: "Camera" });
    await expect(cameras).toHaveValue("second");

    await cameras.selectOption("slow");
    await cameras.selectOption("first");
    await expect.poll(() => page.evaluate(() => localStorage.getItem("veranda.camera"))).toBe("first");
    await page.evaluate(() => (window as unknown as { letSlow: () => void }).letSlow());
    await cameras.selectOption("broken");
    await expect(page.getByRole("status")).toContainText("Couldn't switch. Still using the previous device.");
    await expect(cameras).toHaveValue("first");
    expect(await page.evaluate(() => localStorage.getItem("veranda.camera"))).toBe("first");
    await page.reload();
    await expect(cameras).toHaveValue("first");
});

/** What the browser says there is. Asked, it looks. Runs in the page. */
async function microphones(): Promise<string[]> {
    return (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.kind === "audioinput").map((one) => one.label);
}

test("a microphone that is pulled out is replaced, said once, and used again when it is plugged in; what is off stays off", async ({ newRoom, somebody }) => {
    const sound = await SoundServer.start();
    sound.plugIn("Laptop", 660);
    let desk = sound.plugIn("Desk", 440);
    const link = await newRoom();
    const ada = await somebody("Ada", link, { sound });
    const bob = await somebody("Bob", link);
    await ada.join();
    await bob.join();
    await ada.toolbarButton("Microphone options").click();
    await ada.page.getByRole("group", { name: "Microphone", exact: true }).getByRole("radio", { name: "Desk", exact: true }).check();
    await ada.page.keyboard.press("Escape");
    const hears = (hertz: number) => expect.poll(() => loudness(bob.page, hertz), { message: `Bob hears ${hertz} Hz` }).toBeGreaterThan(-60);
    await hears(440);
    const said = ada.page.locator(".notice").filter({ hasText: "Desk disconnected" });

    sound.unplug(desk);
    await expect(ada.page.getByRole("status")).toContainText("Desk disconnected. Now using");
    await hears(660);
    await expect(said).toHaveCount(1);
    await expect(ada.toolbarButton("Turn off microphone")).toBeVisible();

    desk = sound.plugIn("Desk", 440);
    await expect(ada.page.getByRole("status")).toContainText("Desk is back. Now using it again.");
    await hears(440);

    // Off is off, whatever is pulled out and plugged in meanwhile.
    await ada.toolbarButton("Turn off microphone").click();
    // A browser goes on with a tone for a moment after its last packet.
    await expect.poll(() => loudness(bob.page, 440), { message: "Bob does not hear it any more" }).toBeLessThan(-60);
    sound.unplug(desk);
    await expect.poll(() => ada.page.evaluate(microphones)).not.toContain("Desk");
    sound.plugIn("Desk", 440);
    await expect.poll(() => ada.page.evaluate(microphones)).toContain("Desk");
    await expect(ada.toolbarButton("Turn on microphone")).toBeVisible();
    expect(await loudness(bob.page, 440)).toBeLessThan(-60);
    await ada.toolbarButton("Turn on microphone").click();
    await hears(440);
    await sound.stop();
});

/** The names of the speakers that what is heard was sent to. Runs in the page. */
async function speakersOfElements(): Promise<string[]> {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const { sounds } = window as unknown as { sounds: (HTMLAudioElement & { sinkId: string })[] };
    const heard = sounds.filter((sound) => sound.srcObject && !sound.muted);
    const name = (id: string) => devices.find((device) => device.kind === "audiooutput" && device.deviceId === (id || "default"))?.label ?? id;
    return [...new Set(heard.map((sound) => name(sound.sinkId)))];
}

test("a speaker that is pulled out is replaced by the default, said once, and used again when it is plugged in; the list shows what plays", async ({ newRoom, somebody }) => {
    const sound = await SoundServer.start();
    sound.plugIn("Laptop", 660);
    let desk = sound.plugInSpeaker("Desk");
    const link = await newRoom();
    const ada = await somebody("Ada", link, { sound });
    const bob = await somebody("Bob", link);
    await ada.join();
    await bob.join();
    await ada.toolbarButton("Microphone options").click();
    const speakers = ada.page.getByRole("group", { name: "Speaker", exact: true });
    await speakers.getByRole("radio", { name: "Desk", exact: true }).check();
    const plays = (names: string[]) => expect.poll(() => sound.playsThrough(), { message: `it is played through ${names}` }).toEqual(names);
    await plays(["Desk"]);

    sound.unplug(desk);
    await expect(ada.page.getByRole("status")).toContainText("Desk disconnected. Now using");
    await plays(["speakers"]);
    await expect(speakers.getByRole("radio", { name: "Desk", exact: true })).toHaveCount(0);
    await expect(speakers.getByRole("radio", { name: /^Default/ })).toBeChecked();
    await expect(ada.page.locator(".notice").filter({ hasText: "Desk disconnected" })).toHaveCount(1);

    desk = sound.plugInSpeaker("Desk");
    await expect(ada.page.getByRole("status")).toContainText("Desk is back. Now using it again.");
    // Chromium goes on with a stream that it had open and that PulseAudio has moved: what can be seen here is what the browser was told.
    const isTold = () => expect.poll(() => ada.page.evaluate(speakersOfElements), { message: "the browser was told" }).toEqual(["Desk"]);
    await isTold();
    await expect(speakers.getByRole("radio", { name: "Desk", exact: true })).toBeChecked();

    // The choice outlives a page that is loaded while the speaker is away.
    sound.unplug(desk);
    await plays(["speakers"]);
    await ada.page.reload();
    await expect(ada.button("Leave")).toBeVisible();
    await plays(["speakers"]);
    sound.plugInSpeaker("Desk");
    await isTold();
    await sound.stop();
});
