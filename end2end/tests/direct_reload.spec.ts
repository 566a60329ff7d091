// A page that is loaded anew in the middle of a direct call comes back into it. A copy of its tab does not get in, and one that is closed ends it.

import { test } from "../fixtures/callers.ts";
import type { Server } from "../fixtures/server.ts";
import { expect } from "../fixtures/test.ts";
import { DirectPage } from "../pages/direct.ts";

type Caller = (name: string, server: Server) => Promise<DirectPage>;

/** Ada has called Bob, and both see each other. */
async function talk(server: Server, caller: Caller): Promise<[DirectPage, DirectPage]> {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    await ada.calls(await bob.ownId());
    await bob.ring("Ada").getByRole("button", { name: "Answer", exact: true }).click();
    await Promise.all([ada.expectToSee(bob), bob.expectToSee(ada)]);
    return [ada, bob];
}

test("whoever loads the page anew comes back into the call, with what was on, and both histories have one call", async ({ server, caller }) => {
    test.setTimeout(150_000);
    const [ada, bob] = await talk(server, caller);
    for (const [one, other] of [[bob, ada], [ada, bob]] as const) {
        const away = expect(other.tile(one.name)).toContainText("Reconnecting…");
        await one.page.reload();
        await away;
        await Promise.all([one.expectToSee(other), other.expectToSee(one)]);
        for (const page of [one, other]) await page.expectRing("answered");
    }
    await bob.button("Turn off camera").click();
    await expect(ada.tile("Bob").locator("video[data-source=camera]")).toBeHidden();
    await bob.page.reload();
    await bob.expectToSee(ada);
    await expect(bob.button("Turn on camera")).toBeVisible();
    await bob.button("Hang up").click();
    for (const one of [ada, bob]) {
        await expect(one.page.getByText(/^Call ended after \d+:\d\d\.$/)).toBeVisible();
        expect(await one.page.evaluate(() => sessionStorage.getItem("veranda.ongoing-call"))).toBe(null);
    }
    await expect.poll(() => ada.history()).toEqual([expect.stringMatching(/^Bob: Outgoing/)]);
    await expect.poll(() => bob.history()).toEqual([expect.stringMatching(/^Ada: Incoming/)]);
    const how = async (one: DirectPage) => (await one.past().first().locator(".how").textContent())!.match(/\d+:\d\d/)?.[0];
    expect(await how(ada)).toBe(await how(bob));
});

test("a copy of the tab does not get into the call, and when the tab is closed the call ends for the other one", async ({ server, caller }) => {
    test.setTimeout(150_000);
    const [ada, bob] = await talk(server, caller);
    const kept = await bob.page.evaluate(() => ({ ...sessionStorage }));
    expect(Object.keys(kept)).toContain("veranda.ongoing-call");
    expect(await bob.page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain(JSON.parse(kept["veranda.ongoing-call"]!).secret);
    const copy = new DirectPage(await bob.page.context().newPage(), "Bob", bob.camera);
    await copy.page.addInitScript((kept) => Object.entries(kept).forEach(([key, value]) => sessionStorage.setItem(key, value)), kept);
    await copy.open(`${server.url}/call`);
    await copy.ownId();
    await expect(copy.page.locator("[data-ring]")).toHaveCount(0);
    expect(await copy.page.evaluate(() => sessionStorage.getItem("veranda.ongoing-call"))).toBe(null);
    await Promise.all([ada.expectToSee(bob), bob.expectToSee(ada)]);
    await bob.expectRing("answered");
    await bob.page.close({ runBeforeUnload: true });
    await expect(ada.tile("Bob")).toContainText("Reconnecting…");
    await expect(ada.page.getByText(/^Call ended after \d+:\d\d\.$/)).toBeVisible({ timeout: 20_000 });
    await ada.expectRing("answered");
    await expect.poll(() => ada.history()).toEqual([expect.stringMatching(/^Bob: Outgoing/)]);
    await expect.poll(() => copy.history()).toEqual([expect.stringMatching(/^Ada: Incoming/)]);
});
