// From one network to another in the middle of a call. scripts/networks makes the networks.

import { openNetworks } from "../fixtures/networks.ts";
import { expect, test } from "../fixtures/test.ts";
import type { CallPage } from "../pages/call.ts";

const opened = openNetworks();

test.beforeAll(() => opened.networks.setUp({ gate: "port-restricted", firewall: "everything" }));

/** Ada goes out and comes home; how long nothing moved for her and for Bob, in seconds. */
async function move(what: string, ada: CallPage, bob: CallPage): Promise<void> {
    await ada.watchGaps(bob);
    await bob.watchGaps(ada);
    for (const [where, go] of [["out", () => opened.networks.adaGoesOut()], ["home", () => opened.networks.adaComesHome()]] as const) {
        await ada.page.waitForTimeout(3_000);
        await ada.longestGap(bob);
        await bob.longestGap(ada);
        go();
        await ada.page.waitForTimeout(1_000);
        await Promise.all([ada.expectToSee(bob), bob.expectToSee(ada)]);
        const seconds = [await ada.longestGap(bob), await bob.longestGap(ada)].map((gap) => (gap / 1_000).toFixed(1));
        opened.results.push(`${what}, ${where}: Ada sees Bob again after ${seconds[0]} s, Bob sees Ada after ${seconds[1]} s: ${await ada.paths()}`);
    }
}

test("a direct call goes on", async ({ somebody }) => {
    const link = opened.networks.newRoom({});
    const ada = await somebody("Ada", link, opened.networks.browser("ada"));
    const bob = await somebody("Bob", link, opened.networks.browser("bob"));
    await ada.join();
    await bob.join();
    await Promise.all([ada.expectToSee(bob), bob.expectToSee(ada)]);
    await move("direct", ada, bob);
    await expect(ada.page.locator("main[data-topology=mesh]")).toBeVisible();
    await expect(ada.tile("Bob")).toHaveCount(1);
});

test("a call by way of the server goes on", async ({ somebody }) => {
    const link = opened.networks.newRoom({ mesh_limit: 2 });
    const ada = await somebody("Ada", link, opened.networks.browser("ada"));
    const bob = await somebody("Bob", link, opened.networks.browser("bob"));
    const cleo = await somebody("Cleo", link, opened.networks.browser("cleo"));
    for (const call of [ada, bob, cleo]) await call.join();
    for (const call of [ada, bob, cleo]) await call.expectOnServer();
    await Promise.all([ada.expectToSee(bob), bob.expectToSee(ada)]);
    await move("by way of the server", ada, bob);
    await expect(ada.page.locator("main[data-topology=sfu]")).toBeVisible();
});
