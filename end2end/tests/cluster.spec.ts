// Three nodes that are one server, behind nginx, which gives each connection to any of them: nodes that are killed, and one that leaves.

import { isReady, startCluster } from "../fixtures/cluster.ts";
import { occupy } from "../fixtures/seated.ts";
import { expect, test } from "../fixtures/test.ts";

/** How long a node that has room for its rooms elsewhere takes to end, in milliseconds. */
const ENDS_WITHIN_MILLIS = 60_000;

/** What a socket is closed with whose room has moved. */
const MOVED = 4421;

/** A picture that stands longer than this is frozen for whoever looks at it. */
const FROZEN_MILLIS = 1_500;

test("people at different nodes are in one call, which outlives the node that has it", async ({ somebody }) => {
    test.setTimeout(180_000);
    const cluster = await startCluster();
    const { code, link } = await cluster.newRoom({ name: "Tea" });
    const [ada, bob] = [await somebody("Ada", link, cluster.who), await somebody("Bob", link, cluster.who)];
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
    await ada.write("before");
    await bob.openPanel("Chat");
    await expect(bob.chat()).toHaveText(["before"]);
    await ada.watchGaps(bob);
    await bob.watchGaps(ada);

    const owner = cluster.ownerOf(code);
    await owner.kill();
    await bob.write("while nobody has it");
    await expect(ada.chat()).toHaveText(["before", "while nobody has it"], { timeout: 20_000 });
    await expect(bob.panel("Chat").getByText("Delivered and saved")).toHaveCount(1);
    expect(cluster.ownerOf(code).name).not.toBe(owner.name);
    const gaps = [await ada.longestGap(bob), await bob.longestGap(ada)];
    console.log(`longest time between two frames: ${gaps.map(Math.round).join(" and ")} ms`);
    expect(Math.max(...gaps)).toBeLessThan(FROZEN_MILLIS);

    // The node comes back, and somebody gets in by way of whichever.
    await owner.start();
    await isReady(owner);
    const cleo = await somebody("Cleo", link, cluster.who);
    await cleo.join();
    await cleo.expectToSee(bob);
    await cleo.openPanel("Chat");
    await expect(cleo.chat()).toHaveText(["before", "while nobody has it"]);
    await cluster.stop();
});

test("while one node after the other is told to end and starts again, a call goes on, and nobody sees it", async ({ somebody }) => {
    test.setTimeout(180_000);
    const cluster = await startCluster();
    // By way of the node's forwarding unit.
    const { code, link } = await cluster.newRoom({ name: "Tea", mesh_limit: 2 });
    const [ada, bob, cleo] = [
        await somebody("Ada", link, cluster.who),
        await somebody("Bob", link, cluster.who),
        await somebody("Cleo", link, cluster.who),
    ];
    for (const one of [ada, bob, cleo]) await one.join();
    for (const [one, other] of [[ada, bob], [bob, cleo], [cleo, ada]] as const) await one.expectToSee(other);
    for (const one of [ada, bob, cleo]) await one.expectOnServer();
    const seat = await ada.tile("Ada").getAttribute("data-participant");
    const others = await Promise.all([0, 1, 2, 3, 4].map((number) => occupy(cluster, number)));
    await ada.watchGaps(bob);
    await bob.watchGaps(ada);

    // As an upgrade does it. Each of them has the call at some time, or it is not moved.
    let moves = 0;
    for (const node of cluster.nodes) {
        const isOwner = cluster.ownerOf(code) === node;
        const moved = others.filter((room) => cluster.ownerOf(room.code) === node);
        for (const { people } of others) people.forEach((one, number) => one.write(`${node.name} ${number}`));
        const began = Date.now();
        expect(await node.stop(), "it was drained").toBe(0);
        const took = Date.now() - began;
        expect(took).toBeLessThan(ENDS_WITHIN_MILLIS);
        for (const room of [{ code }, ...others]) expect(cluster.ownerOf(room.code).name).not.toBe(node.name);
        for (const { people } of moved) expect(people.some((one) => one.closed.includes(MOVED)), "they were told where their room is").toBe(true);
        await node.start();
        await isReady(node);
        await ada.expectToSee(bob);
        const gaps = [await ada.longestGap(bob), await bob.longestGap(ada)];
        console.log(`${isOwner ? "the owner" : "another node"} ended after ${took} ms; longest time between two frames: ${gaps.join(" and ")} ms`);
        expect(Math.max(...gaps)).toBeLessThan(FROZEN_MILLIS);
        moves += isOwner ? 1 : 0;
    }
    expect(moves).toBeGreaterThan(0);
    const said = cluster.nodes.flatMap(({ name }) => [`${name} 0`, `${name} 1`]).sort();
    for (const { people } of others) {
        for (const one of people) {
            const { id, refused, closed } = one;
            const heard = () => ({ lost: one.lost, heard: [...one.heard].sort() });
            await expect.poll(heard, `everybody hears everything, once (${id}, ${closed}, ${refused})`).toEqual({ lost: undefined, heard: said });
            one.leave();
        }
    }
    await ada.write("after");
    await bob.openPanel("Chat");
    await expect(bob.chat()).toHaveText(["after"]);
    expect(await ada.tile("Ada").getAttribute("data-participant")).toBe(seat);
    for (const one of [ada, bob, cleo]) await one.expectOnServer();
    await cluster.stop();
});

test("an owner that is paused finds its room elsewhere when it wakes up, and nobody is in two rooms", async ({ somebody }) => {
    test.setTimeout(180_000);
    const cluster = await startCluster();
    const { code, link } = await cluster.newRoom({ name: "Tea" });
    const [ada, bob] = [await somebody("Ada", link, cluster.who), await somebody("Bob", link, cluster.who)];
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    await bob.openPanel("Chat");
    const owner = cluster.ownerOf(code);
    owner.rest();
    // nginx gives each connection to any node, the paused one too, which does not answer.
    await expect.poll(() => cluster.ownerOf(code).name, { timeout: 60_000 }).not.toBe(owner.name);
    await ada.write("elsewhere");
    await expect(bob.chat()).toHaveText(["elsewhere"], { timeout: 60_000 });
    const next = cluster.ownerOf(code).name;
    owner.goOn();
    await expect.poll(() => owner.log.some((line) => line.includes("a room is not this node's any more")), { timeout: 20_000 }).toBe(true);
    await bob.write("still there");
    await expect(ada.chat()).toHaveText(["elsewhere", "still there"], { timeout: 30_000 });
    expect(cluster.ownerOf(code).name).toBe(next);
    for (const node of cluster.nodes) {
        const page = await fetch(`${node.url}/r/${code}`);
        expect((await page.text()).includes("Ada"), node.name).toBe(true);
    }
    await ada.expectToSee(bob);
    await cluster.stop();
});
