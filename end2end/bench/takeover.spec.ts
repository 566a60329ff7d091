// How long people are without each other's pictures when the node that has their call is killed: two who talk directly, and six by way of a node's forwarding
// unit, two of them with pictures; and when it is told to leave: three by way of it, and five rooms without browsers. Beside it, the same without either.

import type { Browser, Page } from "@playwright/test";
import { launch, newPage } from "../fixtures/browser.ts";
import { isReady, startCluster, type Cluster } from "../fixtures/cluster.ts";
import { median } from "../fixtures/figures.ts";
import { occupy } from "../fixtures/seated.ts";
import { expect, test } from "../fixtures/test.ts";
import { CallPage } from "../pages/call.ts";

const KILLS = 20;
const DRAINS = 5;

/** How long a call goes on between two of them, in milliseconds. */
const PAUSE = 10_000;

/** How often it is looked how many links carry media, in milliseconds. */
const LOOKED_AT_EACH = 40;

const SMALL = { context: { viewport: { width: 480, height: 360 } } };

/** As many pictures a second as cameras make: the time between two is in each gap. */
const LIKE_A_CAMERA = { width: 320, height: 180, rate: 30 };

type Pair = [who: CallPage, sees: CallPage];

/** Two who talk directly, two in the room of a forwarding unit, four more there who are heard and not seen. */
interface Company {
    cluster: Cluster;
    direct: { code: string; pairs: Pair[] };
    forwarded: { code: string; pairs: Pair[] };
    /** Everybody who is in the forwarded call. */
    inside: CallPage[];
}

async function gather(somebody: (name: string, link: string, options: object) => Promise<CallPage>, browser: (cluster: Cluster) => Promise<Browser>): Promise<Company> {
    const cluster = await startCluster();
    const direct = await cluster.newRoom({ name: "Direct" });
    const forwarded = await cluster.newRoom({ name: "Forwarded", mesh_limit: 2 });
    const enter = async (name: string, link: string) => {
        const call = await somebody(name, link, { ...cluster.who, ...SMALL });
        await call.join();
        return call;
    };
    const [ada, bob] = [await enter("Ada", direct.link), await enter("Bob", direct.link)];
    const [cleo, dan] = [await enter("Cleo", forwarded.hostLink), await enter("Dan", forwarded.link)];
    const shared = await browser(cluster);
    const heard = [];
    for (const name of ["Eve", "Finn", "Gil", "Hana"]) {
        const call = new CallPage(await newPage(shared, SMALL), name, 0);
        await call.open(forwarded.link);
        await call.page.getByRole("button", { name: "Turn off camera", exact: true }).click();
        await call.join();
        heard.push(call);
    }
    const inside = [cleo, dan, ...heard];
    for (const one of inside) await one.expectOnServer();
    const company: Company = {
        cluster,
        direct: { code: direct.code, pairs: [[ada, bob], [bob, ada]] },
        forwarded: { code: forwarded.code, pairs: [[cleo, dan], [dan, cleo]] },
        inside,
    };
    for (const [one, other] of [...company.direct.pairs, ...company.forwarded.pairs]) {
        await one.expectToSee(other);
        await one.watchGaps(other);
    }
    return company;
}

const longest = async (pairs: Pair[]) => Math.max(...(await Promise.all(pairs.map(([one, other]) => one.longestGap(other)))));
const after = (millis: number) => new Promise((done) => setTimeout(done, millis));

test("time without pictures when a node is killed", async ({ somebody }) => {
    test.setTimeout(1_200_000);
    const browsers: Browser[] = [];
    const company = await gather(somebody, async ({ who }) => {
        browsers.push(await launch({ camera: 0, ...who }));
        return browsers[0]!;
    });
    const { cluster, direct, forwarded } = company;
    const [ada] = direct.pairs[0]!;
    await ada.page.evaluate(noteStates);
    await after(PAUSE);
    const still = [await longest(direct.pairs), await longest(forwarded.pairs)];
    const gaps: { direct: number[]; forwarded: number[] } = { direct: [], forwarded: [] };
    for (let kill = 0; kill < KILLS; kill++) {
        const owner = cluster.ownerOf(forwarded.code);
        await owner.kill();
        await after(PAUSE);
        gaps.direct.push(await longest(direct.pairs));
        gaps.forwarded.push(await longest(forwarded.pairs));
        console.log(`  kill ${kill + 1}: direct ${gaps.direct.at(-1)}, forwarded ${gaps.forwarded.at(-1)}`);
        await owner.start();
        await isReady(owner);
    }
    const states = await ada.page.evaluate(() => (window as unknown as { states: string[] }).states);
    await cluster.stop();
    await Promise.all(browsers.map((browser) => browser.close()));
    console.log(`\nlongest time between two pictures, in ms, the owner of the forwarded call killed ${KILLS} times:`);
    console.log(`  direct: without a kill ${still[0]}; with ${gaps.direct.join(", ")}; states of the connection: ${states.join(", ") || "connected all the time"}`);
    console.log(`  forwarded, two with pictures and four with sound: without a kill ${still[1]}; with ${gaps.forwarded.join(", ")}; median ${median(gaps.forwarded)}, longest ${Math.max(...gaps.forwarded)}`);
});

test("time without pictures when a node is told to leave", async ({ somebody }) => {
    test.setTimeout(600_000);
    const cluster = await startCluster();
    const { code, link } = await cluster.newRoom({ name: "Forwarded", mesh_limit: 2 });
    const enter = async (name: string) => somebody(name, link, { ...cluster.who, ...SMALL, picture: LIKE_A_CAMERA });
    const [ada, bob, cleo] = [await enter("Ada"), await enter("Bob"), await enter("Cleo")];
    // Of the third there is a seat and a voice: two processors make pictures of two.
    await cleo.page.getByRole("button", { name: "Turn off camera", exact: true }).click();
    for (const one of [ada, bob, cleo]) await one.join();
    for (const one of [ada, bob, cleo]) await one.expectOnServer();
    const pairs: Pair[] = [[ada, bob], [bob, ada]];
    for (const [one, other] of pairs) {
        await one.expectToSee(other);
        await one.watchGaps(other);
    }
    const others = await Promise.all([0, 1, 2, 3, 4].map((number) => occupy(cluster, number)));
    await after(PAUSE);
    await longest(pairs);
    await after(PAUSE);
    const still = await longest(pairs);
    for (const one of [ada, bob, cleo]) await one.page.evaluate(() => Object.assign(window, { isTheSamePage: true }));
    const rounds: string[] = [];
    for (let round = 0; round < DRAINS; round++) {
        const owner = cluster.ownerOf(code);
        const rooms = others.filter((room) => cluster.ownerOf(room.code) === owner).length;
        const counting = Promise.all([ada, bob].map((one) => one.page.evaluate(countCarrying, LOOKED_AT_EACH)));
        const pictures = [await ada.picturesOf("Bob"), await bob.picturesOf("Ada")];
        const began = Date.now();
        const ended = await owner.stop();
        const took = Date.now() - began;
        await after(2_000);
        for (const one of [ada, bob]) await one.page.evaluate(() => Object.assign(window, { isCounted: true }));
        const shown = [await ada.picturesOf("Bob"), await bob.picturesOf("Ada")].map((now, one) => ((1_000 * (now - pictures[one]!)) / (Date.now() - began)).toFixed(1));
        const both = (await counting).map((counts) => counts.filter((count) => count >= 2).length * LOOKED_AT_EACH);
        const gaps = await Promise.all(pairs.map(([one, other]) => one.longestGap(other)));
        rounds.push(`${gaps.join(" and ")}; the node, which had ${rooms} other rooms, ended after ${took} ms with ${ended}; both links carried pictures for about ${both.join(" and ")} ms; ${shown.join(" and ")} pictures a second`);
        expect(cluster.ownerOf(code).name).not.toBe(owner.name);
        await owner.start();
        await isReady(owner);
        await after(PAUSE);
        await longest(pairs);
    }
    const stayed = await Promise.all([ada, bob, cleo].map((one) => one.page.evaluate(() => "isTheSamePage" in window)));
    expect(stayed.every(Boolean)).toBe(true);
    for (const { people } of others) for (const one of people) one.leave();
    await cluster.stop();
    console.log(`\nlongest time between two pictures, in ms, for ten seconds without a drain: ${still}; with one, nobody reloaded:`);
    for (const round of rounds) console.log(`  ${round}`);
});

/** Notes each state of the connections that there are, other than the one that they are in. Runs in the page. */
function noteStates() {
    const page = window as unknown as { connections: RTCPeerConnection[]; states: string[] };
    page.states = [];
    for (const connection of page.connections) {
        connection.addEventListener("connectionstatechange", () => page.states.push(connection.connectionState));
        connection.addEventListener("iceconnectionstatechange", () => page.states.push(connection.iceConnectionState));
    }
}

/** How many connections have brought pictures since the look before, at each look until it is said that it is enough. Runs in the page. */
async function countCarrying(each: number): Promise<number[]> {
    const page = window as unknown as { connections: RTCPeerConnection[]; isCounted: boolean };
    page.isCounted = false;
    const counts = [];
    const before = new Map<RTCPeerConnection, number>();
    while (!page.isCounted) {
        let carrying = 0;
        for (const connection of page.connections.filter((one) => one.connectionState === "connected")) {
            let bytes = 0;
            for (const report of (await connection.getStats()).values()) if (report.type === "inbound-rtp" && report.kind === "video") bytes += report.bytesReceived;
            if (bytes > (before.get(connection) ?? 0)) carrying++;
            before.set(connection, bytes);
        }
        counts.push(carrying);
        await new Promise((done) => setTimeout(done, each));
    }
    return counts;
}
