// Direct calls over a server that lies about who somebody is.

import type { Page } from "@playwright/test";
import { test } from "../fixtures/callers.ts";
import { expect } from "../fixtures/test.ts";
import type { CallPage } from "../pages/call.ts";
import type { DirectPage } from "../pages/direct.ts";

/** A server that leads whoever calls `victim` to `liar`, and calls them by the victim's ID all the way. */
async function leadsAstray(page: Page, victim: string, liar: string): Promise<void> {
    await page.routeWebSocket(/\/api\/v1\/ws/, (socket) => {
        const server = socket.connectToServer();
        socket.onMessage((message) => server.send(String(message).replaceAll(victim, liar)));
        server.onMessage((message) => socket.send(String(message).replaceAll(liar, victim)));
    });
    await page.reload();
}

const phrase = async (call: CallPage) => {
    await call.choose("Safety phrase");
    const words = call.page.getByTestId("safety-phrase");
    await expect(words).toHaveText(/^[a-z]+( [a-z]+){5}$/);
    return words.textContent();
};

const answer = async (call: DirectPage, from: string) => {
    await call.ring(from).getByRole("button", { name: "Answer", exact: true }).click();
    await call.expectRing("answered");
};

test("a server that gives the key of somebody else is found out by the link, and by an earlier call", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const mal = await caller("Bob", server);
    const [idOfBob, idOfMal] = [await bob.ownId(), await mal.ownId()];
    await bob.button("Copy link").click();
    const link = await bob.page.evaluate(() => navigator.clipboard.readText());
    await leadsAstray(ada.page, idOfBob, idOfMal);
    await ada.ownId();
    await ada.calls(link);
    await expect(ada.page.getByText(/^Not called: .* has another key than the one in the link or in your earlier calls\./)).toBeVisible();
    await expect(mal.ring("Ada")).toBeHidden();

    // Without the link, and without having talked, there is nothing to compare with: it rings elsewhere.
    await ada.calls(idOfBob);
    await expect(mal.ring("Ada")).toBeVisible();
    await mal.ring("Ada").getByRole("button", { name: "Decline", exact: true }).click();

    // Once they have talked, the key is known.
    await ada.page.unrouteAll();
    await ada.page.evaluate(() => location.replace("/call"));
    const honest = await caller("Ada", server);
    await honest.calls(idOfBob);
    await answer(bob, "Ada");
    await honest.expectToSee(bob);
    await bob.button("Hang up").click();
    await leadsAstray(honest.page, idOfBob, idOfMal);
    await honest.ownId();
    await honest.calls(idOfBob);
    await expect(honest.page.getByText(/^Not called: Bob has another key/)).toBeVisible();
});

test("a server that sits between two who called by digits alone is found out by the safety phrase", async ({ server, caller }) => {
    test.setTimeout(180_000);
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const idOfBob = await bob.ownId();
    await ada.calls(idOfBob);
    await answer(bob, "Ada");
    await ada.expectToSee(bob);
    expect(await phrase(ada), "an honest call").toBe(await phrase(bob));
    await bob.page.keyboard.press("Escape");
    await bob.button("Hang up").click();

    // Two pages of the liar: one is Bob for Cleo, the other is Cleo for Bob.
    const cleo = await caller("Cleo", server);
    const asBob = await caller("Bob", server);
    const asCleo = await caller("Cleo", server);
    await leadsAstray(cleo.page, idOfBob, await asBob.ownId());
    await cleo.ownId();
    await cleo.calls(idOfBob);
    await answer(asBob, "Cleo");
    await asCleo.calls(idOfBob);
    await answer(bob, "Cleo");
    await cleo.expectToSee(asBob);
    await bob.expectToSee(asCleo);
    expect(await phrase(cleo)).not.toBe(await phrase(bob));
});
