// The call screen: its header and bar at every size, what opens above the bar, keys, what is said aloud, and talking while muted.

import type { Page } from "@playwright/test";
import { createRoomWith } from "../fixtures/server.ts";
import { listen, namesAndRoles } from "../fixtures/spoken.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";

const SIZES = [
    { width: 1280, height: 800 },
    { width: 900, height: 700 },
    { width: 700, height: 900 },
    { width: 390, height: 844 },
    { width: 320, height: 640 },
    { width: 844, height: 390 },
    { width: 568, height: 320 },
];

/** The names of all that can be pressed and is shown. */
async function pressable(page: Page): Promise<string[]> {
    return page.evaluate(() => {
        const shown = [...document.querySelectorAll("button, [role=menuitem], summary")].filter((one) => one.checkVisibility({ opacityProperty: false, visibilityProperty: true }));
        return shown.map((one) => one.getAttribute("aria-label") ?? one.textContent.trim());
    });
}

/** Waits until what has happened is drawn. */
async function drawn(page: Page): Promise<void> {
    await page.evaluate(async () => {
        for (let frame = 0; frame < 10; frame++) await new Promise((next) => requestAnimationFrame(next));
    });
}

test("at every size each control is there once, is large enough, and can be reached", async ({ server, somebody }) => {
    test.setTimeout(120_000);
    const room = await createRoomWith(server, { name: "Tea", locked: "on" });
    const ada = await somebody("Ada", room.hostLink, { context: { viewport: SIZES[0]!, hasTouch: true, isMobile: false } });
    await ada.join();
    for (const size of SIZES) {
        const where = `${size.width} × ${size.height}`;
        await ada.page.setViewportSize(size);
        const bar = await pressable(ada.page);
        for (const name of ["Turn off microphone", "Turn off camera", "Chat", "People", "More", "Leave"]) {
            expect(bar.filter((one) => one === name), `${name} at ${where}`).toHaveLength(1);
        }
        await ada.openMore();
        const all = await pressable(ada.page);
        const twice = all.filter((name, place) => name !== "Leave" && all.indexOf(name) !== place);
        expect(twice, where).toEqual([]);
        for (const name of ["Raise hand", "Copy link", "Full screen", "Safety phrase", "Record on this device", "Invite people", "Devices", "Settings", "Room settings", "Unlock room"]) {
            expect(all, where).toContain(name);
        }
        expect(all.includes("Leave options") || all.includes("End for everyone"), where).toBe(true);
        expect(all.includes("React") || all.includes("Thumbs up"), where).toBe(true);
        await expect(ada.page.getByRole("combobox", { name: "Language" })).toHaveCount(1);
        await ada.page.keyboard.press("Escape");
        await expect(ada.more()).toBeHidden();
        // Nothing of the bar is beyond the screen.
        for (const button of await ada.page.getByRole("toolbar").getByRole("button").all()) {
            const box = await button.boundingBox();
            if (box === null) continue;
            expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= size.width + 1 && box.y + box.height <= size.height + 1, `${await button.getAttribute("aria-label")} at ${where}`).toBe(true);
            expect(Math.min(box.width, box.height), `${await button.getAttribute("aria-label")} at ${where}`).toBeGreaterThanOrEqual(36);
        }
    }
    await ada.page.setViewportSize(SIZES[0]!);
    await expectAccessible(ada.page);
    await ada.openMore();
    await expectAccessible(ada.page);
});

test("the header says where one is, for how long, and that it is encrypted and locked", async ({ server, somebody }) => {
    const room = await createRoomWith(server, { name: "Monday tea" });
    const ada = await somebody("Ada", room.hostLink);
    await ada.join();
    await expect(ada.page.getByRole("heading", { level: 1, name: "Monday tea" })).toBeVisible();
    await expect(ada.screen()).toHaveAttribute("data-encryption", "end-to-end");
    const seconds = async (call: typeof ada) => {
        const [minutes, rest] = (await call.page.getByRole("timer", { name: "Elapsed time" }).textContent())!.split(":");
        return Number(minutes) * 60 + Number(rest);
    };
    await expect.poll(() => seconds(ada)).toBeGreaterThanOrEqual(3);
    const bob = await somebody("Bob", room.link);
    await bob.join();
    expect(await seconds(bob), "it is the call's time, not one's own").toBeGreaterThanOrEqual(3);
    expect(Math.abs((await seconds(ada)) - (await seconds(bob)))).toBeLessThanOrEqual(2);
    const before = await seconds(ada);
    await ada.page.reload();
    await expect(ada.button("Leave")).toBeVisible();
    await expect(ada.page.getByRole("timer")).toBeVisible();
    expect(await seconds(ada)).toBeGreaterThanOrEqual(before);

    await ada.choose("Lock room");
    await expect(bob.page.getByRole("img", { name: "Locked" })).toBeVisible();
    await ada.button("End-to-end encrypted. Safety phrase").click();
    await expect(ada.page.getByTestId("safety-phrase")).toHaveText(/\w+ \w+/);
    await ada.button("Copy link").click();
    await expect(ada.page.getByRole("status")).toContainText("Link copied");
});

test("what opens above the bar is one at a time, and closes with Escape, beside it, and with what was chosen", async ({ server, somebody }) => {
    const room = await createRoomWith(server, {});
    const ada = await somebody("Ada", room.hostLink);
    await ada.join();
    const popovers = ada.page.locator(".popover");
    for (const name of ["Microphone options", "Camera options", "React", "Layout", "More", "Leave options"]) {
        await ada.toolbarButton(name).click();
        await expect(popovers).toHaveCount(1);
        await expect(ada.toolbarButton(name)).toHaveAttribute("aria-expanded", "true");
        await expectAccessible(ada.page);
    }
    await ada.page.keyboard.press("Escape");
    await expect(popovers).toHaveCount(0);
    await expect(ada.toolbarButton("Leave options")).toBeFocused();

    await ada.toolbarButton("More").press("Enter");
    await expect(ada.entry("Invite people")).toBeFocused();
    await ada.page.keyboard.press("ArrowUp");
    await expect(ada.more().getByRole("menuitem").last()).toBeFocused();
    await ada.page.keyboard.press("Home");
    await ada.page.keyboard.press("ArrowDown");
    await expect(ada.entry("Call details")).toBeFocused();
    await ada.page.locator("#stage").click({ position: { x: 30, y: 30 } });
    await expect(popovers).toHaveCount(0);

    await ada.choose("Lock room");
    await expect(popovers).toHaveCount(0);
    await expect(ada.toolbarButton("More")).toBeFocused();
    await ada.choose("Settings");
    await expect(ada.panel("Settings").getByRole("button", { name: "Close panel" })).toBeFocused();
    await ada.page.keyboard.press("Escape");
    await expect(ada.panel("Settings")).toBeHidden();

    await ada.toolbarButton("Microphone options").click();
    const microphones = ada.page.getByRole("group", { name: "Microphone" }).getByRole("radio");
    await expect(microphones.nth(1)).toBeVisible();
    await microphones.nth(1).check();
    await expect(popovers, "a choice holds at once, and what is open stays open").toHaveCount(1);
    await expect(microphones.nth(1)).toBeChecked();
});

test("whoever is blocked is asked about once more; guests cannot end a call", async ({ server, somebody }) => {
    const room = await createRoomWith(server, {});
    const ada = await somebody("Ada", room.hostLink);
    const bob = await somebody("Bob", room.link);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    await expect(bob.toolbarButton("Leave options")).toHaveCount(0);
    const panel = await ada.openPanel("People");
    const menu = panel.getByLabel("Actions for Bob");
    await menu.click();
    for (const name of ["Right now", "Permissions", "Remove"]) await expect(panel.getByRole("group", { name, exact: true })).toBeVisible();
    await expectAccessible(ada.page);
    await ada.page.keyboard.press("Escape");
    await expect(panel, "Escape closes the menu alone").toBeVisible();
    await expect(menu).toBeFocused();
    await menu.click();
    await panel.getByRole("button", { name: "Remove and block: Bob" }).click();
    const question = ada.page.getByRole("dialog", { name: "Remove and block Bob?" });
    await expectAccessible(ada.page);
    await question.getByRole("button", { name: "Cancel" }).click();
    await expect(question).toBeHidden();
    await expect(bob.button("Leave")).toBeVisible();
    await menu.click();
    await panel.getByRole("button", { name: "Remove and block: Bob" }).click();
    await question.getByRole("button", { name: "Remove and block", exact: true }).click();
    await expect(bob.button("Leave")).toBeHidden();
});

test("a whole call by keyboard alone", async ({ server, somebody }) => {
    const room = await createRoomWith(server, { waiting_room: "on" });
    const bob = await somebody("Bob", room.hostLink);
    await bob.join();
    const ada = await somebody("Ada", room.link);
    const { keyboard } = ada.page;
    await ada.page.getByRole("textbox", { name: "Your name" }).focus();
    await keyboard.type("Ada");
    await keyboard.press("Enter");
    await expect(bob.page.getByRole("button", { name: "Admit Ada" })).toBeVisible();
    await bob.page.keyboard.press("F6");
    await expect(bob.page.getByRole("button", { name: "Admit Ada" })).toBeFocused();
    await bob.page.keyboard.press("Enter");
    await expect(ada.button("Leave")).toBeVisible();
    await ada.expectToSee(bob);

    await keyboard.press("m");
    await expect(ada.button("Turn on microphone")).toBeVisible();
    await keyboard.press("v");
    await expect(ada.button("Turn on camera")).toBeVisible();
    await keyboard.press("Control+e");
    await expect(ada.button("Turn off camera")).toBeVisible();
    await keyboard.press("r");
    await expect(ada.button("Lower hand")).toBeVisible();
    await keyboard.press("w");
    await expect.poll(() => ada.screen().getAttribute("data-layout")).not.toBe("grid");
    await keyboard.press("1");
    await expect(ada.button("Unpin Bob")).toBeAttached();
    await keyboard.press("1");

    // Push to talk: for as long as the key is held, and not while a control has the focus that it presses.
    await keyboard.down(" ");
    await expect(ada.button("Turn off microphone")).toBeVisible();
    await keyboard.up(" ");
    await expect(ada.button("Turn on microphone")).toBeVisible();
    await ada.button("Raise hand").or(ada.button("Lower hand")).focus();
    await keyboard.press(" ");
    await expect(ada.button("Raise hand")).toBeVisible();
    await expect(ada.button("Turn on microphone")).toBeVisible();

    await keyboard.press("c");
    await expect(ada.page.getByRole("textbox", { name: "Message" })).toBeFocused();
    await keyboard.type("mvpr w");
    await expect(ada.page.getByRole("textbox", { name: "Message" })).toHaveValue("mvpr w");
    await keyboard.press("Enter");
    await expect(ada.chat()).toHaveText(["mvpr w"]);
    await keyboard.type("half a sen");
    await keyboard.press("Escape");
    await expect(ada.panel("Chat")).toBeHidden();
    await expect(ada.toolbarButton("Chat")).toBeFocused();
    await keyboard.press("c");
    await expect(ada.page.getByRole("textbox", { name: "Message" }), "a draft survives closing").toHaveValue("half a sen");
    await keyboard.press("Escape");
    await keyboard.press("?");
    await expect(ada.panel("Keyboard shortcuts")).toBeVisible();
    await expectAccessible(ada.page);
    await ada.panel("Keyboard shortcuts").getByRole("checkbox", { name: "Use keyboard shortcuts" }).focus();
    await keyboard.press(" ");
    await expect.poll(() => ada.page.evaluate(() => localStorage.getItem("veranda.shortcuts"))).toBe("off");
    await drawn(ada.page);
    await keyboard.press("Escape");
    await keyboard.press("p");
    await expect(ada.panel("People"), "whoever wants none has none").toBeHidden();
    await ada.page.reload();
    await expect(ada.button("Leave")).toBeVisible();
    await keyboard.press("p");
    await expect(ada.panel("People"), "and not after a reload").toBeHidden();
    await ada.button("Leave").focus();
    await keyboard.press("Enter");
    await expect(ada.heading("You left")).toBeVisible();
});

test("everything that happens is said once", async ({ server, somebody }) => {
    const room = await createRoomWith(server, { waiting_room: "on" });
    const ada = await somebody("Ada", room.hostLink);
    await ada.join();
    const { said, count } = await listen(ada.page);
    const bob = await somebody("Bob", room.link);
    await bob.knock();
    await expect.poll(() => count("Bob wants to join")).toBe(1);
    await ada.page.getByRole("button", { name: "Admit Bob" }).click();
    await expect.poll(() => count("Bob joined")).toBe(1);
    await bob.toolbarButton("Raise hand").click();
    await expect.poll(() => count("Bob raised a hand")).toBe(1);
    await bob.write("tea?");
    await expect.poll(() => count("New message from Bob")).toBe(1);
    await ada.openPanel("Chat");
    await bob.write("with milk");
    await expect.poll(() => count("with milk")).toBe(1);
    await bob.leave();
    await expect.poll(() => count("Bob left")).toBe(1);
    // What is said of a crowd is said before this, which comes after the time that a crowd has.
    await bob.button("Rejoin").click();
    await bob.knock();
    await ada.page.getByRole("button", { name: "Admit Bob" }).click();
    await expect.poll(() => count("Bob joined")).toBe(2);
    // Everything that can be acted on has a name, as the browser itself tells it.
    const transcript: Record<string, string[]> = {};
    for (const panel of ["Chat", "People"] as const) {
        await ada.openPanel(panel);
        transcript[panel] = await namesAndRoles(ada.page);
    }
    await ada.openMore();
    transcript.More = await namesAndRoles(ada.page);
    for (const told of Object.values(transcript)) {
        expect(told.filter((one) => one.endsWith('""') && !/^(group|list|region) /.test(one))).toEqual([]);
        for (const name of ["Turn off microphone", "Turn off camera", "Chat", "Raise hand", "More"]) expect(told).toContain(`button "${name}"`);
    }
    await test.info().attach("spoken", { body: (await said()).join("\n") });
    await test.info().attach("names and roles", { body: JSON.stringify(transcript, null, 4) });
    for (const text of ["Bob raised a hand", "New message from Bob", "with milk", "Bob left"]) {
        expect(await count(text), `${text}, in ${JSON.stringify(await said())}`).toBe(1);
    }
});

test("what is said in the header can be closed, with a press and with Escape", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    await ada.join();
    await bob.join();
    const notice = (text: string) => ada.page.locator(".notice").filter({ hasText: text });
    // Each is there longer than a test needs: only who closes it makes it go so soon.
    await ada.page.evaluate(() => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(".notice { animation-duration: 600s !important; }");
        document.adoptedStyleSheets.push(sheet);
    });
    await notice("Bob joined").click();
    await expect(notice("Bob joined")).toBeHidden();
    await bob.toolbarButton("Raise hand").click();
    await expect(notice("Bob raised a hand")).toBeVisible();
    await expect(notice("Bob joined"), "what was closed does not come back").toBeHidden();
    await ada.page.keyboard.press("Escape");
    await expect(notice("Bob raised a hand")).toBeHidden();
});

test("the second press of a double one on *Admit all* mutes nobody", async ({ server, somebody }) => {
    const room = await createRoomWith(server, { waiting_room: "on" });
    const ada = await somebody("Ada", room.hostLink);
    const bob = await somebody("Bob", room.hostLink);
    await ada.join();
    await bob.join();
    const cleo = await somebody("Cleo", room.link);
    await cleo.knock();
    const people = await ada.openPanel("People");
    const admit = people.getByRole("button", { name: "Admit all" });
    await expect(admit).toBeVisible();
    const at = (await admit.boundingBox())!;
    const [x, y] = [at.x + at.width / 2, at.y + at.height / 2];
    await ada.page.mouse.click(x, y);
    await expect(admit).toBeHidden();
    const under = () => ada.page.evaluate(([x, y]) => document.elementFromPoint(x!, y!)?.textContent, [x, y]);
    await expect.poll(under, "another list's has come under the pointer").toBe("Mute all");
    await ada.page.mouse.down({ clickCount: 2 });
    await ada.page.mouse.up({ clickCount: 2 });
    // What comes after it has arrived: so has whatever the press has done.
    await ada.toolbarButton("Raise hand").click();
    for (const call of [bob, cleo]) {
        await expect(call.page.getByRole("status")).toContainText("Ada raised a hand");
        await expect(call.button("Turn off microphone")).toBeVisible({ timeout: 5_000 });
    }
});

test("whoever was muted and loads the page anew cannot be unmuted before they are back", async ({ newRoom, somebody }) => {
    const ada = await somebody("Ada", await newRoom());
    await ada.join();
    await ada.button("Turn off microphone").click();
    await expect(ada.button("Turn on microphone")).toBeVisible();
    await ada.page.route("**/pkg/split_session.wasm", async (route) => {
        await new Promise((later) => setTimeout(later, 2_000));
        await route.continue();
    });
    await ada.page.reload();
    await expect(ada.button("Turn on microphone"), "in the lobby, while the engine is on its way").toBeDisabled();
    await expect(ada.button("Leave"), "back in the call").toBeVisible();
    await expect(ada.button("Turn on microphone")).toBeEnabled();
});

test("who talks and is muted is told until they have done something, and only if they want", async ({ newRoom, somebody }) => {
    const ada = await somebody("Ada", await newRoom());
    await ada.join();
    await ada.button("Turn off microphone").click();
    const hint = ada.page.getByText("You're muted. Unmute to speak.");
    // The microphone of these tests beeps all the time.
    await expect(hint).toBeVisible({ timeout: 15_000 });
    await expectAccessible(ada.page);
    const sent = (await ada.sent()).audio;
    await ada.button("Not now").click();
    await expect(hint).toBeHidden();
    const live = () =>
        ada.page.evaluate(() => (window as unknown as { tracks: MediaStreamTrack[] }).tracks.filter((track) => track.kind === "audio" && track.readyState === "live").length);
    await expect.poll(live, "nobody listens any more").toBe(0);
    await expect(hint, "not again before they were on").toBeHidden();
    expect((await ada.sent()).audio, "nothing of it is sent").toBe(sent);

    await ada.button("Turn on microphone").click();
    await expect(ada.button("Turn off microphone")).toBeVisible();
    await ada.button("Turn off microphone").click();
    await expect(hint).toBeVisible({ timeout: 15_000 });
    await ada.button("Unmute").click();
    await expect(hint).toBeHidden();
    await expect(ada.button("Turn off microphone")).toBeVisible();

    await ada.choose("Settings");
    await ada.panel("Settings").getByRole("checkbox", { name: "Tell me when I talk while muted" }).uncheck();
    await expectAccessible(ada.page);
    await ada.button("Turn off microphone").click();
    await expect.poll(live, "then the microphone is let go of").toBe(0);
    await ada.leave();
    await expect.poll(() => ada.hasReleasedEverything()).toBe(true);
});

test("whoever presses the microphone with a pointer talks with the space bar; panels give the focus back; a held key opens and does not press", async ({ server, somebody }) => {
    const room = await createRoomWith(server, {});
    const ada = await somebody("Ada", room.hostLink);
    const { keyboard } = ada.page;
    await ada.join();
    await ada.button("Turn off microphone").click();
    await expect(ada.button("Turn on microphone")).toBeVisible();
    await keyboard.down(" ");
    await expect(ada.button("Turn off microphone")).toBeVisible();
    await keyboard.up(" ");
    await expect(ada.button("Turn on microphone")).toBeVisible();
    // What was only held is not how the next visit begins.
    expect(await ada.page.evaluate(() => localStorage.getItem("veranda.microphone.on"))).toBe("off");

    await ada.choose("Invite people");
    await expect(ada.button("Copy link"), "there is one of it").toHaveCount(1);
    await keyboard.press("Escape");
    await expect(ada.toolbarButton("More")).toBeFocused();
    await ada.choose("Settings");
    await ada.openMore();
    await expect(ada.page.getByRole("combobox", { name: "Language" })).toHaveCount(1);
    await keyboard.press("Escape");
    await expect(ada.panel("Settings"), "what was opened last closes first").toBeVisible();

    await ada.toolbarButton("Leave options").press("Enter");
    await keyboard.press("End");
    await keyboard.press("Enter");
    const question = ada.page.getByRole("dialog", { name: "End the call for everyone?" });
    await expect(question.getByRole("button", { name: "Cancel" })).toBeFocused();
    await keyboard.press("Enter");
    await expect(question).toBeHidden();
    await expect(ada.button("Leave")).toBeVisible();

    // A held key opens the chat, and is not written into it.
    await keyboard.press("Escape");
    await ada.page.locator("#stage").click({ position: { x: 30, y: 200 } });
    await keyboard.down("c");
    await expect(ada.page.getByRole("textbox", { name: "Message" })).toBeFocused();
    for (let repeat = 0; repeat < 5; repeat++) await keyboard.down("c");
    await keyboard.up("c");
    await expect(ada.page.getByRole("textbox", { name: "Message" })).toHaveValue("");
    await keyboard.press("Control+d");
    await expect(ada.button("Turn on microphone"), "keys are silent where something is written").toBeVisible();
});
