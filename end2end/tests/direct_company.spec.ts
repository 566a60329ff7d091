// A third person in a direct call: rung into it from the people panel, or come by its link; and whoever hangs up leaves the others to themselves.

import type { Page } from "@playwright/test";
import { test } from "../fixtures/callers.ts";
import { expect, expectAccessible } from "../fixtures/test.ts";
import type { DirectPage } from "../pages/direct.ts";

/** Two who talk and see each other. */
async function talk(one: DirectPage, other: DirectPage): Promise<void> {
    await one.calls(await other.ownId());
    await other.ring(one.name).getByRole("button", { name: "Answer", exact: true }).click();
    await one.expectToSee(other);
    await other.expectToSee(one);
}

async function seeEachOther(...people: DirectPage[]): Promise<void> {
    for (const one of people) for (const other of people) if (one !== other) await one.expectToSee(other);
}

async function ended(page: Page): Promise<void> {
    await expect(page.getByText(/^Call ended after \d+:\d\d\.$/)).toBeVisible();
}

test("a third person is rung into a call, all see each other, and the call goes on until two are left", async ({ server, caller }) => {
    test.setTimeout(120_000);
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const cleo = await caller("Cleo", server);
    const idOfCleo = await cleo.ownId();
    await talk(ada, bob);
    await ada.ringsInto(idOfCleo);
    const ring = cleo.ring("Ada");
    await expect(ring.getByText("Others are already in this call.")).toBeVisible();
    await expect(ada.adding()).toHaveText("Ringing…");
    await expectAccessible(ada.page);
    await expectAccessible(cleo.page);
    await expect(bob.tile("Cleo")).toHaveCount(0);
    await ring.getByRole("button", { name: "Answer", exact: true }).click();
    await seeEachOther(ada, bob, cleo);
    await expect(ada.adding()).toBeEmpty();
    await expect(cleo.screen()).toHaveAttribute("data-topology", "mesh");
    for (const one of [bob, cleo]) await expect(one.page.getByRole("button", { name: "End-to-end encrypted. Safety phrase" })).toBeVisible();

    await bob.watchGaps(cleo);
    await ada.button("Hang up").click();
    await ended(ada.page);
    await expect(bob.tile("Ada")).toHaveCount(0);
    await seeEachOther(bob, cleo);
    expect(await bob.longestGap(cleo)).toBeLessThan(1_500);
    // Whoever has left is free, and the others are in a call.
    await bob.button("Hang up").click();
    for (const one of [bob, cleo]) await ended(one.page);
    // Whom she has rung into it she knows as whom she has called.
    expect(await ada.history()).toEqual([expect.stringMatching(/^Cleo: Outgoing/), expect.stringMatching(/^Bob: Outgoing/)]);
    expect(await bob.history()).toEqual([expect.stringMatching(/^Ada: Incoming/)]);
    expect(await cleo.history()).toEqual([expect.stringMatching(/^Ada: Incoming/)]);
});

test("who rings somebody into a call reads what comes of it, and can take it back", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const cleo = await caller("Cleo", server);
    const [idOfBob, idOfCleo] = [await bob.ownId(), await cleo.ownId()];
    await talk(ada, bob);
    await ada.ringsInto("Cleo");
    const alert = ada.panel("People").getByRole("alert");
    await expect(alert).toHaveText("That doesn't look like a call ID. IDs have nine digits, like 482-119-305.");
    await ada.ringsInto(idOfBob);
    await expect(ada.adding()).toHaveText("Bob is already in this call.");
    await expect(alert).toBeHidden();
    await ada.ringsInto("999-999-999");
    await expect(ada.adding()).toHaveText("Not reachable. Check the ID.");
    await ada.ringsInto(`${server.url}/call/${idOfCleo}`);
    await expect(cleo.ring("Ada")).toBeVisible();
    await ada.ringsInto("999-999-999");
    await expect(alert).toHaveText("You can ring one person at a time.");
    await ada.panel("People").getByRole("button", { name: "Cancel", exact: true }).click();
    await expect(ada.adding()).toHaveText("Call cancelled.");
    await expect(cleo.ring("Ada")).toBeHidden();
    await expect(cleo.page.getByText("Missed call from Ada.")).toBeVisible();
    await bob.ringsInto(idOfCleo);
    await cleo.ring("Bob").getByRole("button", { name: "Decline", exact: true }).click();
    await expect(bob.adding()).toHaveText(`${idOfCleo} declined.`);
    // A ring into a call goes with whoever has placed it.
    await bob.ringsInto(idOfCleo);
    await expect(cleo.ring("Bob")).toBeVisible();
    await bob.button("Hang up").click();
    await expect(cleo.ring("Bob")).toBeHidden();
    await ended(ada.page);
});

test("a third person comes into a direct call by its link", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const guest = await caller("Cleo", server);
    await talk(ada, bob);
    await ada.choose("Invite people");
    const link = await ada.page.getByLabel("Link to this room", { exact: true }).inputValue();
    await guest.open(link);
    await guest.join();
    await seeEachOther(ada, bob, guest);
});

/** What the server has told a page of the ring that it has placed: the room, and its host's key, with which no page does anything. */
function placedBy(one: DirectPage): Promise<{ room: string; credential: string }> {
    return new Promise((heard) => {
        one.page.on("websocket", (socket) => {
            socket.on("framereceived", ({ payload }) => {
                const frame = JSON.parse(payload.toString()) as { type: string; room: string; credential: string };
                if (frame.type === "placed") heard(frame);
            });
        });
    });
}

test("whom the host removes from a call is free, and reads for how long they have talked", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const cleo = await caller("Cleo", server);
    const placed = placedBy(ada);
    await ada.page.reload();
    await talk(ada, bob);
    const { room, credential } = await placed;
    await ada.ringsInto(await cleo.ownId());
    await cleo.ring("Ada").getByRole("button", { name: "Answer", exact: true }).click();
    await seeEachOther(ada, bob, cleo);
    const headers = { Authorization: `Bearer ${credential}` };
    const participants = `${server.url}/api/v1/rooms/${room}/participants`;
    const inside = (await (await fetch(participants, { headers })).json()) as { id: string; name: string }[];
    const removed = inside.find((one) => one.name === "Bob")!.id;
    expect((await fetch(`${participants}/${removed}`, { method: "DELETE", headers })).status).toBe(204);
    await ended(bob.page);
    await expect.poll(() => bob.history()).toEqual([expect.stringMatching(/^Ada: Incoming, /)]);
    await seeEachOther(ada, cleo);
    await bob.calls("999-999-999");
    await bob.expectRing("offline");
});
