// How long people are without each other's pictures when the node that has their call is killed: two who talk directly, and three by way of that node's
// forwarding unit. Beside it, the same without a kill.

import { isReady, startCluster } from "../fixtures/cluster.ts";
import { median } from "../fixtures/figures.ts";
import { test } from "../fixtures/test.ts";
import type { CallPage } from "../pages/call.ts";

const KILLS = 20;

/** How long a call goes on between two of them. */
const PAUSE = 12_000;

const SMALL = { context: { viewport: { width: 480, height: 360 } } };

test("time without pictures when a node is killed", async ({ somebody }) => {
    test.setTimeout(1_200_000);
    const cluster = await startCluster();
    const direct = await cluster.newRoom({ name: "Direct" });
    const forwarded = await cluster.newRoom({ name: "Forwarded", mesh_limit: 2 });
    const enter = async (name: string, link: string) => {
        const call = await somebody(name, link, { ...cluster.who, ...SMALL });
        await call.join();
        return call;
    };
    const [ada, bob] = [await enter("Ada", direct.link), await enter("Bob", direct.link)];
    const [cleo, dan, eve] = [await enter("Cleo", forwarded.link), await enter("Dan", forwarded.link), await enter("Eve", forwarded.link)];
    await ada.expectToSee(bob);
    for (const one of [cleo, dan, eve]) await one.expectOnServer();
    const pairs: [CallPage, CallPage][] = [[ada, bob], [bob, ada], [cleo, dan], [dan, eve], [eve, cleo]];
    for (const [one, other] of pairs) {
        await one.expectToSee(other);
        await one.watchGaps(other);
    }
    const longest = async (some: typeof pairs) => Math.max(...(await Promise.all(some.map(([one, other]) => one.longestGap(other)))));
    await new Promise((done) => setTimeout(done, PAUSE));
    const still = [await longest(pairs.slice(0, 2)), await longest(pairs.slice(2))];
    const gaps: { direct: number[]; forwarded: number[] } = { direct: [], forwarded: [] };
    for (let kill = 0; kill < KILLS; kill++) {
        // In turn that of the one call and that of the other, which may be the same.
        const owner = cluster.ownerOf(kill % 2 === 0 ? forwarded.code : direct.code);
        const isForwarder = owner === cluster.ownerOf(forwarded.code);
        await owner.kill();
        await new Promise((done) => setTimeout(done, PAUSE));
        gaps.direct.push(await longest(pairs.slice(0, 2)));
        const without = await longest(pairs.slice(2));
        if (isForwarder) gaps.forwarded.push(without);
        await owner.start();
        await isReady(owner);
    }
    await cluster.stop();
    console.log(`\nlongest time between two pictures, in ms, ${KILLS} kills:`);
    console.log(`  direct: without a kill ${still[0]}; with ${gaps.direct.join(", ")}`);
    console.log(`  forwarded by the node that is killed: without a kill ${still[1]}; with ${gaps.forwarded.join(", ")}; median ${median(gaps.forwarded)}`);
});
