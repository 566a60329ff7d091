// Two, three and four people in one room, in real browsers, proved by pixels, sound and packets.

import { expect, expectAccessible, test } from "../fixtures/test.ts";
import { createRoom, startServer } from "../fixtures/server.ts";
import type { CallPage } from "../pages/call.ts";

const NAMES = ["Ada", "Bob", "Cleo", "Dan"];

test("two, three and four people see and hear each other", async ({ newRoom, somebody }) => {
    test.setTimeout(240_000);
    const link = await newRoom();
    const calls: CallPage[] = [];
    for (const name of NAMES) {
        const call = await somebody(name, link);
        await call.join();
        calls.push(call);
        for (const one of calls) {
            await expect(one.page.locator("main[data-topology=mesh]")).toBeVisible();
            await one.expectToSeeAll(calls);
            if (calls.length > 1) await one.expectToHear(calls.length - 1);
        }
    }
});

test("what is typed before the engine of calls is there is kept, and one that does not come is fetched again", async ({ newRoom, plainPage }) => {
    const page = await plainPage();
    await page.route("**/pkg/split_session.wasm", (route) => route.abort());
    await page.goto(await newRoom());
    await expect(page.locator(".join-form").getByText("Part of this page couldn't be loaded")).toBeVisible();
    await expect(page.getByRole("button", { name: "Turn on microphone" }), "nothing is chosen for whoever cannot see what holds").toBeDisabled();
    await page.getByRole("textbox", { name: "Your name" }).fill("Ada");
    await page.unroute("**/pkg/split_session.wasm");
    await expect(page.getByRole("button", { name: "Join now" })).toBeEnabled({ timeout: 15_000 });
    await expect(page.getByRole("textbox", { name: "Your name" })).toHaveValue("Ada");
    await page.getByRole("button", { name: "Join now" }).click();
    await expect(page.getByRole("button", { name: "Leave", exact: true })).toBeVisible();
});

test("who leaves is gone for the others, is free of devices, and can come back", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);

    await bob.leave();

    await expect(ada.tile("Bob")).toBeHidden();
    await expect(ada.page.getByRole("status")).toContainText("Bob left");
    await expect.poll(() => bob.hasReleasedEverything()).toBe(true);
    await expectAccessible(bob.page);
    await expect(bob.page.getByRole("heading", { name: "You left" })).toBeFocused();

    await bob.button("Rejoin").click();
    await bob.join();
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
});

test("a closed tab leaves at once", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    await ada.join();
    await bob.join();
    await expect(ada.tile("Bob")).toBeVisible();

    await bob.page.close();

    await expect(ada.tile("Bob")).toBeHidden({ timeout: 2_000 });
});

test("what is off is not sent, and the others see it within a second", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    await ada.join();
    await bob.join();
    await bob.expectToSee(ada);
    await bob.expectToHear(1);
    const tile = bob.tile("Ada");

    await ada.button("Turn off microphone").click();
    await expect(tile.getByRole("img", { name: "Microphone off" })).toBeVisible({ timeout: 1_000 });
    await expectNoMorePackets(ada, "audio");

    await ada.button("Turn off camera").click();
    await expect(tile).toHaveAttribute("data-camera", "off", { timeout: 1_000 });
    await expectNoMorePackets(ada, "video");

    await ada.button("Turn on camera").click();
    await ada.button("Turn on microphone").click();
    await bob.expectToSee(ada);
    await expect(tile.getByRole("img", { name: "Microphone off" })).toBeHidden();
});

test("a call is accessible, and its people are listed", async ({ newRoom, somebody }) => {
    const link = await newRoom("Tea");
    const ada = await somebody("Ada", link);
    await expectAccessible(ada.page);
    await ada.join();
    const bob = await somebody("Bob", link);
    await expect(bob.page.getByTestId("who-is-inside")).toHaveText("Ada is here.");
    await bob.join();
    await ada.expectToSee(bob);
    await expect(ada.page.getByRole("status")).toContainText("Bob joined");
    await expectAccessible(ada.page);

    await ada.button("People").click();
    const panel = ada.page.getByRole("complementary", { name: "People" });
    await expect(panel.getByRole("list", { name: "In the call" }).getByRole("listitem")).toHaveText(["Ada (you)", "Bob"]);
    await expectAccessible(ada.page);
    await expect(panel.getByRole("button", { name: "Close" })).toBeFocused();
    await ada.page.keyboard.press("Escape");
    await expect(panel).toBeHidden();
    await expect(ada.button("People")).toBeFocused();

    await ada.button("Copy link").click();
    await expect.poll(() => ada.page.evaluate(() => navigator.clipboard.readText())).toBe(link);
});

test("somebody without devices can join, see and hear", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    await ada.join();
    const bob = await somebody("Bob", link, { devices: "blocked" });
    await expect(bob.page.getByRole("alert").filter({ hasText: "microphone" })).toBeVisible();
    await expectAccessible(bob.page);
    await bob.join();
    await bob.expectToSee(ada);
    await bob.expectToHear(1);
    await expect(ada.tile("Bob")).toHaveAttribute("data-camera", "off");
});

// An element that waits for the first picture plays no sound either.
test("who enters with their camera off is heard", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    await ada.join();
    const bob = await somebody("Bob", link);
    await bob.button("Turn off camera").click();
    await bob.join();
    for (const one of [ada, bob]) await one.expectToHear(1);
    await expect(ada.tile("Bob")).toHaveAttribute("data-camera", "off");
    await bob.toolbarButton("Turn on camera").click();
    await ada.expectToSee(bob);
});

test("the microphone's level moves before joining", async ({ newRoom, somebody }) => {
    const ada = await somebody("Ada", await newRoom());
    const meter = ada.page.getByRole("meter", { name: "Microphone level" });
    await expect.poll(() => meter.evaluate((element) => (element as HTMLMeterElement).value)).toBeGreaterThan(0);
});

test("devices can be chosen, and the choice is used", async ({ newRoom, somebody }) => {
    const ada = await somebody("Ada", await newRoom());
    const microphones = ada.page.getByRole("combobox", { name: "Microphone" });
    await expect.poll(() => microphones.locator("option").count()).toBeGreaterThan(1);
    const before = await ada.page.evaluate(() => (window as unknown as { tracks: MediaStreamTrack[] }).tracks.length);

    const chosen = await microphones.locator("option").last().getAttribute("value");
    await microphones.selectOption(chosen!);

    await expect
        .poll(() => ada.page.evaluate(() => (window as unknown as { tracks: MediaStreamTrack[] }).tracks.filter((track) => track.kind === "audio" && track.readyState === "live").map((track) => track.getSettings().deviceId)))
        .toEqual([chosen]);
    expect(await ada.page.evaluate(() => (window as unknown as { tracks: MediaStreamTrack[] }).tracks.length)).toBeGreaterThan(before);
    await expectAccessible(ada.page);
});

test("people stay connected when the server goes away, and are told", async ({ somebody }) => {
    const server = await startServer();
    const link = await createRoom(server);
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);

    await server.stop();

    await expect(ada.page.getByRole("alert")).toContainText("You can keep talking");
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
});

test("who comes one too many is told so at the door, and is free of devices", async ({ somebody }) => {
    const server = await startServer({ VERANDA__ROOMS__CAPACITY: "1" });
    const link = await createRoom(server);
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    await ada.join();
    await bob.page.getByRole("textbox", { name: "Your name" }).fill("Bob");
    await bob.button("Join now").click();
    await expect(bob.page.getByRole("heading", { name: "This room is full" })).toBeVisible();
    await expect.poll(() => bob.hasReleasedEverything()).toBe(true);
    await expectAccessible(bob.page);
    await server.stop();
});

/** Waits until nothing of a kind is counted for a second; what was on its way may still be. */
async function expectNoMorePackets(call: CallPage, kind: "audio" | "video"): Promise<void> {
    let last = -1;
    await expect
        .poll(
            async () => {
                const now = (await call.sent())[kind];
                const still = now === last;
                last = now;
                return still;
            },
            { intervals: [1_000], message: `${kind} packets stop` },
        )
        .toBe(true);
}

test("a part of the page that does not arrive can be asked for again, and the call goes on meanwhile", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    await ada.join();
    await bob.page.route("**/pkg/split_call_screen.wasm", (route) => route.abort());
    await bob.page.reload();
    await bob.page.getByRole("textbox", { name: "Your name" }).fill("Bob");
    await bob.button("Join now").click();
    await expect(bob.page.getByRole("heading", { name: "Couldn't load the call" })).toBeVisible();
    await expect(ada.tile("Bob")).toBeVisible();
    await expectAccessible(bob.page);
    await bob.page.unroute("**/pkg/split_call_screen.wasm");
    await bob.page.getByRole("button", { name: "Try again" }).click();
    await bob.expectToSee(ada);
    await ada.expectToSee(bob);
});
