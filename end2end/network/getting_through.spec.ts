// Calls through NATs and firewalls. scripts/networks makes the networks.

import { openNetworks, type Firewall, type Gate, type Person } from "../fixtures/networks.ts";
import { expect, test } from "../fixtures/test.ts";

interface Network {
    name: string;
    /** Who talks: at home A are Ada and Cleo, at home B is Bob. */
    people: [Person, Person];
    gate: Gate;
    firewall: Firewall;
    /** How the link of either has to travel. */
    paths: RegExp;
    /** Whether the room may have moved to the server to get there. */
    moves: boolean;
}

const NETWORKS: Network[] = [
    { name: "the same LAN", people: ["ada", "cleo"], gate: "port-restricted", firewall: "everything", paths: /^(host|prflx)\/udp to (host|prflx)$/, moves: false },
    { name: "both behind port-restricted NAT", people: ["ada", "bob"], gate: "port-restricted", firewall: "everything", paths: /^(srflx|prflx|host)\/udp to (srflx|prflx)$/, moves: false },
    { name: "both behind symmetric NAT", people: ["ada", "bob"], gate: "symmetric", firewall: "everything", paths: /relay/, moves: true },
    { name: "UDP blocked", people: ["ada", "bob"], gate: "port-restricted", firewall: "no UDP", paths: /over (tcp|tls)|tcp/, moves: true },
    { name: "only TCP 443 open", people: ["ada", "bob"], gate: "port-restricted", firewall: "TCP 443", paths: /over (tcp|tls)/, moves: true },
];

const opened = openNetworks();

for (const network of NETWORKS) {
    test(network.name, async ({ somebody }) => {
        opened.networks.setUp(network);
        const link = opened.networks.newRoom({ name: network.name });
        const [first, second] = network.people;
        const one = await somebody(first, link, opened.networks.browser(first));
        const two = await somebody(second, link, opened.networks.browser(second));
        await one.join();
        await two.page.getByRole("textbox", { name: "Your name" }).fill(second);
        const began = Date.now();
        await two.button("Join now").click();
        await Promise.all([one.expectToSee(two), two.expectToSee(one)]);
        const seconds = ((Date.now() - began) / 1000).toFixed(1);
        const topology = await one.page.locator("main").getAttribute("data-topology");
        const paths = [...(await one.paths()), ...(await two.paths())];
        opened.results.push(`${network.name}: seen by both after ${seconds} s, ${topology}: ${paths.join(" | ")}`);
        for (const path of paths) expect(path).toMatch(network.paths);
        if (!network.moves) expect(topology).toBe("mesh");
    });
}
