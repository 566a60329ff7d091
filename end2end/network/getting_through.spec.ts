// Calls through NATs and firewalls. scripts/networks makes the networks.

import { execFileSync } from "node:child_process";
import { makeAuthority, type Authority } from "../fixtures/certificate.ts";
import { startServer, type Server } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

const prefix = process.env.VERANDA_NETWORKS!;
const NAME = "veranda.test";
const ADDRESS = "45.0.0.1";

/** What stands between a home and the internet. */
type Gate = "port-restricted" | "symmetric";

/** What a firewall at home lets out. */
type Firewall = "everything" | "no UDP" | "TCP 443";

interface Network {
    name: string;
    /** Who talks: at home A are Ada and Cleo, at home B is Bob. */
    people: [string, string];
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

let authority: Authority;
let server: Server;
const results: string[] = [];

test.beforeAll(async () => {
    authority = makeAuthority([NAME, ADDRESS]);
    server = await startServer(
        { ...authority.environment, VERANDA__MEDIA__PORT: "3478", VERANDA__MEDIA__ADDRESSES: ADDRESS },
        { address: `${ADDRESS}:443`, namespace: `${prefix}-server` },
    );
});

test.afterAll(async () => {
    console.log(results.join("\n"));
    await server.stop();
});

for (const network of NETWORKS) {
    test(network.name, async ({ somebody }) => {
        homes(network);
        const { code } = inServer(network);
        const link = `https://${NAME}/r/${code}#key=AAAAAAAAAAAAAAAAAAAAAA`;
        const options = { home: authority.home, hosts: { [NAME]: ADDRESS } };
        const [first, second] = network.people;
        const one = await somebody(first, link, { ...options, namespace: `${prefix}-${first}` });
        const two = await somebody(second, link, { ...options, namespace: `${prefix}-${second}` });
        await one.join();
        await two.page.getByRole("textbox", { name: "Your name" }).fill(second);
        const began = Date.now();
        await two.button("Join now").click();
        await Promise.all([one.expectToSee(two), two.expectToSee(one)]);
        const seconds = ((Date.now() - began) / 1000).toFixed(1);
        const topology = await one.page.locator("main").getAttribute("data-topology");
        const paths = [...(await one.paths()), ...(await two.paths())];
        results.push(`${network.name}: seen by both after ${seconds} s, ${topology}: ${paths.join(" | ")}`);
        for (const path of paths) expect(path).toMatch(network.paths);
        if (!network.moves) expect(topology).toBe("mesh");
    });
}

function inServer(network: Network): { code: string } {
    const body = JSON.stringify({ name: network.name });
    const words = ["--cacert", "ca.pem", "--resolve", `${NAME}:443:${ADDRESS}`, "-sS", "-H", "content-type: application/json", "-d", body];
    const answer = inSpace("server", "curl", ...words, `https://${NAME}/api/v1/rooms`);
    return JSON.parse(answer) as { code: string };
}

/** Sets up what stands between both homes and the internet. */
function homes({ gate, firewall }: Network): void {
    const nat = gate === "symmetric" ? "masquerade fully-random" : "masquerade";
    const lets: Record<Firewall, string> = {
        "everything": "accept",
        "no UDP": "meta l4proto udp drop",
        "TCP 443": "meta l4proto tcp tcp dport != 443 drop; add rule ip home out iifname lan meta l4proto != tcp drop",
    };
    for (const home of ["nat-a", "nat-b"]) {
        const rules = [
            "flush ruleset",
            "add table ip home",
            "add chain ip home nat { type nat hook postrouting priority 100; }",
            `add rule ip home nat oifname wan ${nat}`,
            // What nobody inside has asked for does not come in.
            "add chain ip home in { type filter hook input priority 0; policy accept; }",
            "add rule ip home in ct state established,related accept",
            "add rule ip home in iifname wan drop",
            "add chain ip home out { type filter hook forward priority 0; policy accept; }",
            "add rule ip home out ct state established,related accept",
            "add rule ip home out iifname wan drop",
            `add rule ip home out iifname lan ${lets[firewall]}`,
        ];
        inSpace(home, "nft", rules.join("; "));
        inSpace(home, "conntrack", "-F");
    }
}

function inSpace(space: string, program: string, ...words: string[]): string {
    return execFileSync("ip", ["netns", "exec", `${prefix}-${space}`, program, ...words], { cwd: authority.home, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
