// A server whose address on the internet is that of a gateway, which maps it one to one. scripts/networks makes the networks.

import { openNetworks, type Place } from "../fixtures/networks.ts";
import { launch, newPage } from "../fixtures/browser.ts";
import { expect, test } from "../fixtures/test.ts";

const PLACES: { place: Place; name: string; announced: string }[] = [
    { place: "in the office, told", name: "a server that is told its address", announced: "[45.0.0.1]" },
    { place: "in the office, asking", name: "a server that asks a STUN server", announced: "[45.0.0.1, 10.0.0.2]" },
];

for (const { place, name, announced } of PLACES) {
    test.describe(name, () => {
        const opened = openNetworks(place);

        test.beforeEach(() => opened.networks.setUp({ gate: "symmetric", firewall: "everything" }));

        test("announces the gateway's", () => {
            const started = opened.networks.server.log.filter((line) => line.includes("media is forwarded"));
            expect(started.length).toBeGreaterThan(0);
            for (const line of started) expect(line).toContain(`announced=${announced}`);
        });

        test("is reached on all its ports", async () => {
            opened.networks.setUp({ gate: "port-restricted", firewall: "everything" });
            const options = opened.networks.browser("ada");
            const browser = await launch(options);
            const page = await newPage(browser, options);
            await page.goto(`${opened.networks.address}/connection-test`);
            await expect(page.getByRole("button", { name: "Test again" })).toBeEnabled({ timeout: 20_000 });
            await expect(page.getByRole("status").locator("p")).toHaveText(/^Everything works\. Calls connect directly over UDP/);
            await browser.close();
        });

        test("relays between two homes", async ({ somebody }) => {
            const link = opened.networks.newRoom({});
            const ada = await somebody("Ada", link, { ...opened.networks.browser("ada"), relayOnly: "any" });
            const bob = await somebody("Bob", link, { ...opened.networks.browser("bob"), relayOnly: "any" });
            for (const call of [ada, bob]) await call.join();
            await Promise.all([ada.expectToSee(bob), bob.expectToSee(ada)]);
            for (const call of [ada, bob]) await expect.poll(() => call.paths()).toEqual([expect.stringMatching(/^relay\/udp over (udp|tcp) to relay$/)]);
        });

        test("forwards to two homes, by way of its relay too", async ({ somebody }) => {
            const link = opened.networks.newRoom({ mesh_limit: 2 });
            const ada = await somebody("Ada", link, opened.networks.browser("ada"));
            const bob = await somebody("Bob", link, opened.networks.browser("bob"));
            const cleo = await somebody("Cleo", link, { ...opened.networks.browser("cleo"), relayOnly: "any" });
            const calls = [ada, bob, cleo];
            for (const call of calls) await call.join();
            for (const call of calls) await call.expectOnServer();
            for (const call of calls) await call.expectToSeeAll(calls);
            for (const call of [ada, bob]) await expect.poll(() => call.paths()).toEqual([expect.stringMatching(/^(srflx|prflx|host)\/udp to (host|prflx)$/)]);
            // Her end of the link is what the server calls it: a port of its relay, by the address inside.
            await expect.poll(() => cleo.paths()).toEqual([expect.stringMatching(/^(relay|prflx)\/udp.* to (host|prflx)$/)]);
        });

        if (place === "in the office, asking") {
            test("is reached from its own network too, where the gateway does not turn packets round", async ({ somebody }) => {
                const link = opened.networks.newRoom({ mesh_limit: 2 });
                const calls = [await somebody("Dora", link, opened.networks.browser("dora"))];
                for (const person of ["ada", "bob"] as const) calls.push(await somebody(person, link, opened.networks.browser(person)));
                for (const call of calls) await call.join();
                for (const call of calls) await call.expectOnServer();
                for (const call of calls) await call.expectToSeeAll(calls);
                await expect.poll(() => calls[0]!.paths()).toEqual([expect.stringMatching(/^(host|prflx)\/(udp|tcp) to (host|prflx)$/)]);
            });
        }
    });
}
