// Direct calls: from an ID that is copied to a call that is hung up, and every other way in which a ring ends.

import { test } from "../fixtures/callers.ts";
import { startServer } from "../fixtures/server.ts";
import { expect, expectAccessible } from "../fixtures/test.ts";
import { DirectPage } from "../pages/direct.ts";

test("an ID is copied, pasted and called, and two talk until one hangs up", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    await expectAccessible(ada.page);
    await ada.calls(await bob.ownId());
    const ring = bob.ring("Ada");
    await expect(ring).toBeVisible();
    await expect(ring.getByRole("button", { name: "Answer", exact: true })).toBeFocused();
    await ada.expectRing("ringing");
    await expectAccessible(bob.page);
    await ring.getByRole("button", { name: "Answer", exact: true }).click();
    for (const [one, other] of [[ada, bob], [bob, ada]] as const) {
        await one.expectRing("answered");
        await one.expectToSee(other);
        await expect(one.button("Leave")).toHaveCount(0);
    }
    await expectAccessible(ada.page);
    await bob.button("Hang up").click();
    for (const one of [ada, bob]) {
        await expect(one.page.getByText(/^Call ended after \d+:\d\d\.$/)).toBeVisible();
        await one.expectRing("answered");
        await one.ownId();
    }
    // Nothing is captured any more, and nobody had to load the page anew.
    await ada.calls(await bob.ownId());
    await expect(bob.ring("Ada")).toBeVisible();
});

test("who declines is not rung on, and the caller reads it", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    await ada.calls(await bob.ownId());
    await bob.ring("Ada").getByRole("button", { name: "Decline", exact: true }).click();
    await ada.expectRing("declined");
    await expect(bob.ring("Ada")).toBeHidden();
    await bob.expectRing("declined");
    // Ada has never talked with Bob: she knows no name of his.
    await expect(ada.page.getByRole("status").filter({ hasText: `${await bob.ownId()} declined.` })).toBeVisible();
    await ada.button("Call again").click();
    await expect(bob.ring("Ada")).toBeVisible();
    await ada.button("Hang up").click();
    await ada.expectRing("cancelled");
    await bob.expectRing("cancelled");
    await expect(bob.page.getByText("Missed call from Ada.")).toBeVisible();
});

test("three tabs ring, one answers, and the others stop at once", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const context = bob.page.context();
    const tabs = [bob];
    for (let tab = 1; tab < 3; tab++) {
        const another = new DirectPage(await context.newPage(), "Bob", bob.camera);
        await another.open(`${server.url}/call`);
        await another.ownId();
        tabs.push(another);
    }
    await ada.calls(await bob.ownId());
    for (const tab of tabs) await expect(tab.ring("Ada")).toBeVisible();
    await tabs[1]!.ring("Ada").getByRole("button", { name: "Answer without video", exact: true }).click();
    await tabs[1]!.expectRing("answered");
    await ada.expectRing("answered");
    for (const tab of [tabs[0]!, tabs[2]!]) await tab.expectRing("answered-elsewhere");
    await expect(tabs[1]!.button("Turn on camera")).toBeVisible();
    await tabs[1]!.expectToSee(ada);
});

test("an ID that is none, one's own, or nobody's is said so, and a link is as good as digits", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    await ada.calls("Bob");
    await expect(ada.page.getByRole("alert")).toHaveText("That doesn't look like a call ID. IDs have nine digits, like 482-119-305.");
    await ada.calls(await ada.ownId());
    await expect(ada.page.getByRole("alert")).toHaveText("You can't call yourself.");
    await ada.calls("999 999 999");
    await ada.expectRing("offline");
    await expect(ada.page.getByText("Not reachable. Check the ID.")).toBeVisible();
    const bob = await caller("Bob", server);
    await ada.calls(`${server.url}/call/${await bob.ownId()}`);
    await expect(bob.ring("Ada")).toBeVisible();
});

test("who is in a call is rung quietly, and who declines then is busy; two who call each other have one call", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const cleo = await caller("Cleo", server);
    const [idOfAda, idOfBob] = [await ada.ownId(), await bob.ownId()];
    for (const [one, whom] of [[ada, idOfBob], [bob, idOfAda]] as const) {
        await one.page.getByRole("textbox", { name: "Call ID", exact: true }).fill(whom);
    }
    // Pressed by the page: the ring of whoever is a moment earlier covers the other one's button.
    await Promise.all([ada, bob].map((one) => one.button("Call").evaluate((button) => (button as HTMLButtonElement).click())));
    for (const [one, other] of [[ada, bob], [bob, ada]] as const) {
        await one.expectRing("answered");
        await one.expectToSee(other);
    }
    await cleo.calls(idOfBob);
    const quiet = bob.ring("Cleo");
    await expect(quiet.getByRole("button", { name: "End and answer", exact: true })).toBeVisible();
    await expect(cleo.page.getByText(`${idOfBob} is in another call and can see that you're calling.`)).toBeVisible();
    await quiet.getByRole("button", { name: "Decline", exact: true }).click();
    await cleo.expectRing("busy");
    await bob.expectToSee(ada);
    await cleo.button("Call again").click();
    await bob.ring("Cleo").getByRole("button", { name: "End and answer", exact: true }).click();
    await cleo.expectToSee(bob);
    await bob.expectToSee(cleo);
    await expect(ada.page.getByText(/^Call ended after/)).toBeVisible();
});

test("nobody answers: after half a minute both ends read it", async ({ server, caller }) => {
    test.setTimeout(120_000);
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    await ada.calls(await bob.ownId());
    await expect(bob.ring("Ada")).toBeVisible();
    const began = Date.now();
    await expect(bob.ring("Ada")).toBeHidden({ timeout: 40_000 });
    expect(Date.now() - began).toBeLessThan(31_000);
    await ada.expectRing("no-answer");
    await bob.expectRing("no-answer");
    await expect(bob.page.getByText("Missed call from Ada.")).toBeVisible();
    await expect(ada.page.getByText("No answer.")).toBeVisible();
});

test("a server that is killed while it rings and while two talk: the ring goes on, and the pictures never stop", async ({ caller }) => {
    test.setTimeout(180_000);
    const server = await startServer();
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    await ada.calls(await bob.ownId());
    await expect(bob.ring("Ada")).toBeVisible();
    await ada.expectRing("ringing");
    await server.kill();
    await server.start();
    await expect(bob.ring("Ada")).toBeVisible();
    await bob.ring("Ada").getByRole("button", { name: "Answer", exact: true }).click();
    for (const [one, other] of [[ada, bob], [bob, ada]] as const) {
        await one.expectRing("answered");
        await one.expectToSee(other);
        await one.watchGaps(other);
    }
    await server.kill();
    await ada.page.waitForTimeout(3_000);
    await server.start();
    await ada.page.waitForTimeout(12_000);
    for (const [one, other] of [[ada, bob], [bob, ada]] as const) {
        await one.expectRing("answered");
        expect(await one.longestGap(other)).toBeLessThan(1_500);
    }
    await ada.button("Hang up").click();
    for (const one of [ada, bob]) await expect(one.page.getByText(/^Call ended after/)).toBeVisible();
    await server.stop();
});

test("a call stands in the history as one that rings, and once it is answered as one that goes on", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const id = await bob.ownId();
    await ada.calls(id);
    await expect(bob.ring("Ada")).toBeVisible();
    const page = await ada.page.context().newPage();
    const other = new DirectPage(page, "Ada", ada.camera);
    await other.open(`${server.url}/call`);
    await expect.poll(() => other.history()).toEqual([`${id}: Calling ${id}…`]);
    await bob.ring("Ada").getByRole("button", { name: "Answer", exact: true }).click();
    await ada.expectToSee(bob);
    await expect.poll(() => other.history()).toEqual([expect.stringMatching(/: Going on now$/)]);
});
