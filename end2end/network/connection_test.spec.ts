// What the connection test says behind NATs and firewalls. scripts/networks makes the networks.

import { resolve } from "node:path";
import { openNetworks, type Firewall, type Gate } from "../fixtures/networks.ts";
import { expect, test } from "../fixtures/test.ts";
import { launch, newPage } from "../fixtures/browser.ts";

interface Network {
    name: string;
    /** The name of its picture. */
    picture: string;
    gate: Gate;
    firewall: Firewall;
    says: RegExp;
    /** What an administrator would have to open. */
    toOpen: RegExp[];
}

const UDP = /^UDP to this server, ports? 3478/;
const NETWORKS: Network[] = [
    { name: "the same LAN", picture: "lan", gate: "port-restricted", firewall: "everything", says: /^Everything works\. Calls connect directly over UDP/, toOpen: [] },
    { name: "behind port-restricted NAT", picture: "port-restricted", gate: "port-restricted", firewall: "everything", says: /^Everything works\. Calls connect directly over UDP/, toOpen: [] },
    { name: "behind symmetric NAT", picture: "symmetric", gate: "symmetric", firewall: "everything", says: /^Calls work, over UDP\. Your network is strict \(symmetric NAT\)/, toOpen: [] },
    { name: "UDP blocked", picture: "no-udp", gate: "port-restricted", firewall: "no UDP", says: /^Your network blocks UDP\. Calls still work, through this server over TCP on port 3478/, toOpen: [UDP] },
    { name: "only TCP 443 open", picture: "tcp-443", gate: "port-restricted", firewall: "TCP 443", says: /^Your network allows only port 443\. Calls still work, through this server over TCP on port 443/, toOpen: [UDP, /^TCP to this server, ports? 3478/] },
];

const opened = openNetworks();

for (const network of NETWORKS) {
    test(`the connection test: ${network.name}`, async () => {
        opened.networks.setUp(network);
        const options = opened.networks.browser(network.picture === "lan" ? "cleo" : "ada");
        const browser = await launch(options);
        const page = await newPage(browser, options);
        await page.goto(`${opened.networks.address}/connection-test`);
        await expect(page.getByRole("button", { name: "Test again" })).toBeEnabled({ timeout: 20_000 });
        const verdict = page.getByRole("status");
        opened.results.push(`${network.name}: ${await verdict.innerText()}`.replaceAll("\n", " | "));
        await page.screenshot({ path: resolve(import.meta.dirname, `../../docs/images/connection-test-${network.picture}.png`), fullPage: true });
        await expect(verdict.locator("p")).toHaveText(network.says);
        await expect(verdict.getByRole("listitem")).toHaveText(network.toOpen);
        await browser.close();
    });
}
