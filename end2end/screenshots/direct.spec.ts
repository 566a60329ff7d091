// Every state of a direct call, into docs/images.

import { test } from "../fixtures/callers.ts";
import { picture } from "../fixtures/picture.ts";
import { startServer } from "../fixtures/server.ts";
import { expect } from "../fixtures/test.ts";

test("direct calls, from a ring to every way in which it ends", async ({ server, caller }) => {
    test.setTimeout(400_000);
    const ada = await caller("Ada Lovelace", server);
    const bob = await caller("Bob Marsh", server);
    const cleo = await caller("Cleo Okafor", server);
    const id = await bob.ownId();
    await picture(ada.page, "direct", "few");
    const ring = bob.ring("Ada Lovelace");
    await ada.calls(id);
    await ada.expectRing("ringing");
    await picture(ada.page, "direct-ringing", "few");
    await picture(bob.page, "direct-incoming");
    await ring.getByRole("button", { name: "Answer", exact: true }).click();
    await ada.expectToSee(bob);
    await picture(ada.page, "direct-answered", "few");

    await cleo.calls(id);
    const quiet = bob.ring("Cleo Okafor");
    await expect(quiet).toBeVisible();
    await picture(cleo.page, "direct-in-another-call", "few");
    await picture(bob.page, "direct-incoming-quiet", "few");
    await quiet.getByText("Decline with a message").click();
    await picture(bob.page, "direct-decline-message", "few");
    await quiet.getByRole("button", { name: "Decline", exact: true }).click();
    await cleo.expectRing("busy");
    await picture(cleo.page, "direct-busy", "few");
    await bob.button("Hang up").click();
    await ada.expectRing("answered");
    await picture(ada.page, "direct-ended", "few");

    await ada.calls(id);
    await ring.getByText("Decline with a message").click();
    await ring.getByRole("button", { name: "I'll call you back.", exact: true }).click();
    await ada.expectRing("declined");
    await picture(ada.page, "direct-declined", "few");
    await ada.button("Call again").click();
    await expect(ring).toBeVisible();
    await ada.button("Hang up").click();
    await ada.expectRing("cancelled");
    await picture(ada.page, "direct-cancelled", "few");
    await bob.expectRing("cancelled");
    await picture(bob.page, "direct-missed", "few");
    await ada.calls("999 999 999");
    await ada.expectRing("offline");
    await picture(ada.page, "direct-offline", "few");
    await bob.rule("Who can call you").selectOption("Only people you know; others ask first");
    await cleo.calls(id);
    await expect(bob.page.getByText("Cleo Okafor would like to call you.")).toBeVisible();
    await picture(cleo.page, "direct-asked", "few");
    await bob.button("Close").click();
    await bob.page.getByRole("checkbox", { name: "Quiet hours every day" }).check();
    await bob.page.evaluate(() => scrollTo(0, 0));
    await picture(bob.page, "direct-history");
    for (const page of [bob, ada]) await page.page.getByRole("combobox", { name: "Language" }).selectOption({ label: "العربية" });
    await picture(bob.page, "direct-arabic", "few");
});

test("somebody is rung into a direct call", async ({ server, caller }) => {
    test.setTimeout(240_000);
    const ada = await caller("Ada Lovelace", server);
    const bob = await caller("Bob Marsh", server);
    const cleo = await caller("Cleo Okafor", server);
    const idOfCleo = await cleo.ownId();
    await ada.calls(await bob.ownId());
    await bob.ring("Ada Lovelace").getByRole("button", { name: "Answer", exact: true }).click();
    await ada.expectToSee(bob);
    await ada.ringsInto(idOfCleo);
    await expect(ada.adding()).toHaveText("Ringing…");
    await expect(cleo.ring("Ada Lovelace").getByText("Others are already in this call.")).toBeVisible();
    await picture(cleo.page, "direct-incoming-into-call", "few");
    await ada.adding().scrollIntoViewIfNeeded();
    await picture(ada.page, "direct-ring-someone", "few");
});

test("the switch for rings where no page is open", async ({ caller }) => {
    const server = await startServer({ VERANDA__PUSH__ENABLED: "true", VERANDA__PUSH__SUBJECT: "mailto:admin@example.org" });
    const ada = await caller("Ada Lovelace", server);
    const ringMe = ada.page.getByRole("checkbox", { name: "Ring me when no page is open" });
    await ringMe.scrollIntoViewIfNeeded();
    await expect(ringMe).toBeVisible();
    await picture(ada.page, "direct-push");
    await server.stop();
});
