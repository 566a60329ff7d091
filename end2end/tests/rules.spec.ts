// Hosts, guests, and the rules of a room, from both sides.

import { readFileSync } from "node:fs";
import { createRoomWith } from "../fixtures/server.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";
import { visit } from "../pages/call.ts";

test("a waiting room, from both sides", async ({ server, somebody }) => {
    const room = await createRoomWith(server, { waiting_room: "on" });
    const ada = await somebody("Ada", room.hostLink);
    await ada.join();
    const bob = await somebody("Bob", room.link);
    const eve = await somebody("Eve", room.link);

    await bob.knock();
    await expectAccessible(bob.page);
    await expect(ada.page.getByRole("group", { name: "Waiting room" })).toContainText("Bob wants to join");
    await expect(ada.page.getByRole("status")).toContainText("Bob wants to join");
    await expectAccessible(ada.page);
    await expect(ada.page.getByRole("article")).toHaveCount(1);
    await ada.button("Admit Bob").click();
    await expect(bob.button("Leave")).toBeVisible();
    await bob.expectToSee(ada);

    await eve.knock();
    const waiting = (await ada.openPanel("People")).getByRole("region", { name: "Waiting room" });
    await expect(waiting).toContainText("Eve");
    await expectAccessible(ada.page);
    await waiting.getByRole("button", { name: "Deny Eve" }).click();
    await expect(eve.heading("You were not let in")).toBeVisible();
    await expectAccessible(eve.page);
    await expect.poll(() => eve.hasReleasedEverything()).toBe(true);
    await expect(waiting).toBeHidden();
});

test("a host who admits somebody into a full room is told, and stays in the call", async ({ server, somebody }) => {
    const room = await createRoomWith(server, { waiting_room: "on", capacity: 2 });
    const ada = await somebody("Ada", room.hostLink);
    await ada.join();
    const bob = await somebody("Bob", room.link);
    const eve = await somebody("Eve", room.link);
    await bob.knock();
    await eve.knock();
    await ada.openPanel("People");
    const waiting = ada.panel("People").getByRole("region", { name: "Waiting room" });
    await waiting.getByRole("button", { name: "Admit Bob", exact: true }).click();
    await bob.expectToSee(ada);
    await waiting.getByRole("button", { name: "Admit Eve", exact: true }).click();
    await expect(ada.page.getByRole("status")).toContainText("The room is full");
    await expect(waiting).toContainText("Eve");
    // Nor does it end her stay.
    await ada.page.reload();
    await expect(ada.button("Leave")).toBeVisible();
    await bob.leave();
    await (await ada.openPanel("People")).getByRole("button", { name: "Admit Eve", exact: true }).click();
    await eve.expectToSee(ada);
});

test("a room with a password asks for it, says when it is wrong, and opens when it is right", async ({ server, somebody }) => {
    const room = await createRoomWith(server, { password: "open sesame" });
    const bob = await somebody("Bob", room.link);
    await bob.page.getByRole("textbox", { name: "Your name" }).fill("Bob");
    const password = bob.page.getByLabel("Room password");
    await password.fill("open barley");
    await expectAccessible(bob.page);
    await bob.button("Join now").click();
    await expect(bob.page.getByRole("alert").filter({ hasText: "Wrong password" })).toBeVisible();
    await password.fill("open sesame");
    await bob.button("Join now").click();
    await expect(bob.button("Leave")).toBeVisible();

    const ada = await somebody("Ada", room.hostLink);
    await expect(ada.page.getByLabel("Room password")).toBeHidden();
    await ada.join();
});

test("the maker of a room is its host, is shown the host link once, and can hand it on", async ({ server, somebody, plainPage }) => {
    const page = await plainPage();
    await page.goto(server.url);
    await page.getByRole("button", { name: "New room" }).click();
    await expect(page).toHaveURL(/\/r\/[0-9a-z-]+#key=[\w-]+$/);
    const hostLink = await page.getByRole("textbox", { name: "Host link" }).inputValue();
    expect(hostLink).toContain("?key=k_");
    await expectAccessible(page);
    await page.reload();
    await expect(page.getByRole("textbox", { name: "Your name" })).toBeVisible();
    await expect(page.getByRole("textbox", { name: "Host link" })).toHaveCount(0);

    const ada = await somebody("Ada", hostLink);
    expect(new URL(ada.page.url()).search).toBe("");
    await ada.join();
    await ada.choose("Invite people");
    const invite = ada.panel("Invite people");
    await expect(invite.getByRole("textbox", { name: "Link to this room" })).toHaveValue(ada.page.url());
    await expect(invite.getByRole("img", { name: "QR code of the link" })).toBeVisible();
    await invite.getByRole("button", { name: "Create host link" }).click();
    const another = await invite.getByRole("textbox", { name: "Host link" }).inputValue();
    expect(another).toContain("?key=k_");
    expect(another).not.toBe(hostLink);
    await expectAccessible(ada.page);
    const saved = ada.page.waitForEvent("download");
    await invite.getByRole("button", { name: "Add to calendar" }).click();
    const calendar = readFileSync(await (await saved).path(), "utf8");
    expect(calendar).toContain("BEGIN:VEVENT");
    expect(calendar, "with the room's secret").toContain(`URL:${ada.page.url()}`);

    const bob = await somebody("Bob", another);
    await bob.join();
    await expect((await bob.openPanel("People")).getByRole("listitem").first()).toContainText("Host");
});

test("a host mutes, asks, forbids, promotes and removes", async ({ server, somebody }) => {
    const room = await createRoomWith(server, {});
    const ada = await somebody("Ada", room.hostLink);
    const bob = await somebody("Bob", room.link);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    await expect((await bob.openPanel("People")).getByLabel("Actions for Ada")).toHaveCount(0);

    await ada.decide("Mute", "Bob");
    await expect(bob.button("Turn on microphone")).toBeVisible();
    await expect(bob.page.getByRole("status")).toContainText("A host muted you");
    await expect(ada.tile("Bob").getByRole("img", { name: "Microphone off" })).toBeVisible();

    await ada.decide("Ask to unmute", "Bob");
    await expectAccessible(bob.page);
    await expect(bob.button("Turn on microphone")).toBeVisible();
    await bob.button("Unmute").click();
    await expect(ada.tile("Bob").getByRole("img", { name: "Microphone off" })).toBeHidden();

    await ada.decide("Don't allow microphone", "Bob");
    await expect(ada.tile("Bob").getByRole("img", { name: "Microphone off" })).toBeVisible();
    await bob.button("Turn on microphone").click();
    await expect(bob.page.getByRole("status")).toContainText("You can't do that in this room");
    await expect(bob.button("Turn on microphone")).toBeVisible();

    await ada.decide("Make co-host", "Bob");
    await expect(bob.panel("People").getByRole("listitem").first()).toContainText("Co-host");
    await expectAccessible(ada.page);
    await ada.decide("Remove from call", "Bob");
    await expect(bob.heading("You were removed")).toBeVisible();
    await expect(ada.page.getByRole("article")).toHaveCount(1);
});

test("who is blocked does not come back", async ({ server, somebody }) => {
    const room = await createRoomWith(server, {});
    const ada = await somebody("Ada", room.hostLink);
    const bob = await somebody("Bob", room.link);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    await ada.decide("Remove and block", "Bob");
    await expect(bob.heading("You were removed and blocked")).toBeVisible();
    await bob.open(room.link);
    await bob.page.getByRole("textbox", { name: "Your name" }).fill("Bob");
    await bob.button("Join now").click();
    await expect(bob.heading("You were removed and blocked")).toBeVisible();
});

test("a host locks the room, changes its rules, and ends it for everybody; and opens it again", async ({ server, somebody, plainPage }) => {
    const room = await createRoomWith(server, { name: "Tea" });
    const ada = await somebody("Ada", room.hostLink);
    const bob = await somebody("Bob", room.link);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);

    await ada.choose("Lock room");
    await ada.openMore();
    await expect(ada.entry("Unlock room")).toBeVisible();
    const stranger = await plainPage();
    expect((await visit(stranger, room.link))!.status()).toBe(403);
    await expect(stranger.getByRole("heading", { name: "This room is locked" })).toBeVisible();
    await expectAccessible(stranger);

    await ada.choose("Room settings");
    const settings = ada.panel("Room settings");
    await settings.getByRole("textbox", { name: "Room name" }).fill("Coffee");
    await settings.getByLabel("Password").fill("sesame");
    await settings.getByRole("button", { name: "Save" }).click();
    await expect(settings.getByRole("button", { name: "Remove password" })).toBeVisible();
    await settings.getByRole("checkbox", { name: "Guests can chat" }).uncheck();
    await settings.getByRole("checkbox", { name: "Lock room" }).uncheck();
    await expectAccessible(ada.page);
    await bob.openPanel("Chat");
    await expect(bob.panel("Chat")).toContainText("Only hosts can chat");
    await visit(stranger, room.link);
    await expect(stranger.getByLabel("Room password")).toBeVisible();

    const question = await ada.askToEnd();
    await question.getByRole("button", { name: "Cancel", exact: true }).click();
    await expect(question).toBeHidden();
    await expect(ada.button("Leave")).toBeVisible();
    await ada.askToEnd();
    await expectAccessible(ada.page);
    await question.getByRole("button", { name: "End for everyone", exact: true }).click();
    for (const one of [ada, bob]) await expect(one.heading("This call has ended")).toBeVisible();
    expect((await visit(stranger, room.link))!.status()).toBe(410);
    await expect(stranger.getByRole("button", { name: "Reopen room" })).toHaveCount(0);
    await visit(ada.page, room.link);
    await expectAccessible(ada.page);
    await ada.button("Reopen room").click();
    await expect(ada.button("Join now")).toBeEnabled();
});

test("a room that has not started says when, and lets in its host", async ({ server, somebody, plainPage }) => {
    const year = new Date().getUTCFullYear() + 1;
    const room = await createRoomWith(server, { starts_at: Date.UTC(year, 0, 2, 15, 0) });
    const stranger = await plainPage();
    expect((await visit(stranger, room.link))!.status()).toBe(403);
    await expect(stranger.getByRole("main")).toContainText(`2 Jan ${year} 15:00`);
    await expectAccessible(stranger);
    const ada = await somebody("Ada", room.hostLink);
    await ada.join();
});

test("a link with a key that opens nothing says so", async ({ server, plainPage }) => {
    const room = await createRoomWith(server, {});
    const page = await plainPage();
    expect((await page.goto(`${room.link.split("#")[0]}?key=k_00000000000000000000000000000000${new URL(room.link).hash}`))!.status()).toBe(403);
    await expect(page.getByRole("heading", { name: "This link isn't valid" })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Join as a guest" }).click();
    await expect(page.getByRole("button", { name: "Join now" })).toBeEnabled();
    expect(page.url(), "the key is still in the address").toBe(room.link);
});

test("who is asked to try again keeps the key of the link, without script", async ({ server, plainPage }) => {
    const tomorrow = Date.now() + 86_400_000;
    const [locked, later] = [await createRoomWith(server, { locked: "on" }), await createRoomWith(server, { starts_at: tomorrow })];
    for (const [room, heading] of [[locked, "This room is locked"], [later, "This call hasn't started yet"]] as const) {
        const page = await plainPage({ context: { javaScriptEnabled: false } });
        await visit(page, room.link);
        for (let again = 0; again < 2; again++) {
            const answer = page.waitForResponse((response) => response.request().resourceType() === "document" && response.status() === 403);
            await page.getByRole("button", { name: "Try again" }).click();
            await answer;
            await expect(page.getByRole("heading", { name: heading })).toBeVisible();
            await expect(page).toHaveURL(room.link);
        }
    }
});
