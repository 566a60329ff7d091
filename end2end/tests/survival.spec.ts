// Sockets that break, servers that are killed, pages that are loaded anew: nobody loses their seat.

import { wireTo } from "../fixtures/wire.ts";
import { createRoomWith, startServer, type Room } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

/** A picture that stands longer than this is frozen for whoever looks at it. The fake cameras make 10 frames a second or more. */
const FROZEN_MILLIS = 1_500;

test("a server that is killed and started again costs nobody their seat, and no picture freezes", async ({ somebody }) => {
    const server = await startServer();
    const room = await createRoomWith(server, { name: "Tea" });
    const ada = await somebody("Ada", room.hostLink);
    const bob = await somebody("Bob", room.link);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
    await ada.write("before the crash");
    await bob.openPanel("Chat");
    await expect(bob.chat()).toHaveText(["before the crash"]);
    await expect(ada.panel("Chat").getByText("Delivered and saved")).toHaveCount(1);
    await bob.raiseHand();
    await expect(ada.tile("Bob").getByRole("img", { name: "Hand raised" })).toBeVisible();
    const seat = await ada.tile("Ada").getAttribute("data-participant");
    await ada.watchGaps(bob);
    await bob.watchGaps(ada);

    await server.kill();
    await expect(ada.page.getByRole("alert").filter({ hasText: "Reconnecting" })).toBeVisible();
    await bob.write("while nobody listens");
    await expect(bob.panel("Chat").getByText("Sending…")).toBeVisible();
    await server.start();
    const started = Date.now();

    await expect(ada.page.getByRole("alert").filter({ hasText: "Reconnecting" })).toBeHidden();
    await expect(bob.page.getByRole("alert").filter({ hasText: "Reconnecting" })).toBeHidden();
    const seconds = (Date.now() - started) / 1000;
    for (const one of [ada, bob]) {
        await expect(one.chat()).toHaveText(["before the crash", "while nobody listens"]);
    }
    await expect(bob.panel("Chat").getByText("Delivered and saved")).toHaveCount(1);
    expect(await ada.tile("Ada").getAttribute("data-participant")).toBe(seat);
    await expect(ada.tile("Bob").getByRole("img", { name: "Hand raised" })).toBeVisible();
    await expect((await ada.openPanel("People")).getByRole("list", { name: "In the call" }).getByRole("listitem").first()).toContainText("Host");
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
    const gaps = [await ada.longestGap(bob), await bob.longestGap(ada)];
    console.log(`back after ${seconds} s; longest time between two frames: ${gaps.map(Math.round).join(" and ")} ms`);
    expect(Math.max(...gaps)).toBeLessThan(FROZEN_MILLIS);

    const cleo = await somebody("Cleo", room.link);
    await cleo.join();
    await cleo.openPanel("Chat");
    await expect(cleo.chat()).toHaveText(["before the crash", "while nobody listens"]);
    await cleo.expectToSee(bob);
    await server.stop();
});

for (const { until, what } of [
    { until: "kept", what: "before their seat is given up resumes" },
    { until: "given up", what: "until their seat is given up joins again" },
] as const) {
    test(`whose socket is cut ${what}: nothing is missed, nothing comes twice`, async ({ server, somebody }) => {
        test.setTimeout(300_000);
        const room = await createRoomWith(server, {});
        const wire = await wireTo(server.url);
        const ada = await somebody("Ada", room.hostLink);
        const bob = await somebody("Bob", `${wire.url}/r/${room.code}${new URL(room.link).hash}`);
        await ada.join();
        await bob.join();
        await bob.expectToSee(ada);
        await ada.write("one");
        await bob.openPanel("Chat");
        await expect(bob.chat()).toHaveText(["one"]);
        const seat = await bob.tile("Bob").getAttribute("data-participant");

        wire.cut();
        await expect(bob.page.getByRole("alert").filter({ hasText: "Reconnecting" })).toBeVisible();
        await expect(ada.tile("Bob")).toContainText("Reconnecting…");
        await ada.write("two");
        await bob.write("three");
        // Ada's page goes on showing Bob as long as their link works; the server says when his seat is gone.
        if (until === "given up") await expect.poll(() => seated(server.url, room), { timeout: 120_000 }).toEqual(["Ada"]);
        await ada.expectToSee(bob);
        wire.mend();

        await expect(bob.page.getByRole("alert").filter({ hasText: "Reconnecting" })).toBeHidden({ timeout: 12_000 });
        await expect(bob.chat()).toHaveText(["one", "two", "three"]);
        await expect(ada.chat()).toHaveText(["one", "two", "three"]);
        await expect(ada.tile("Bob")).not.toContainText("Reconnecting…");
        await expect(ada.page.getByRole("article")).toHaveCount(2);
        await ada.expectToSee(bob);
        await bob.expectToSee(ada);
        expect(await bob.tile("Bob").getAttribute("data-participant")).toBe(seat);
        await wire.close();
    });
}

test("who loads the page anew is back in the call, as the same person", async ({ server, somebody }) => {
    const room = await createRoomWith(server, { capacity: 2 });
    const ada = await somebody("Ada", room.hostLink);
    const bob = await somebody("Bob", room.link);
    await ada.join();
    await bob.join();
    await bob.expectToSee(ada);
    const seat = await ada.tile("Ada").getAttribute("data-participant");

    await ada.page.reload();

    await expect(ada.button("Leave")).toBeVisible();
    expect(await ada.tile("Ada").getAttribute("data-participant")).toBe(seat);
    await bob.expectToSee(ada);
    await expect((await ada.openPanel("People")).getByRole("list", { name: "In the call" }).getByRole("listitem").first()).toContainText("Host");
});

test("a duplicated tab takes over, and the older one says so", async ({ server, somebody }) => {
    const room = await createRoomWith(server, {});
    const ada = await somebody("Ada", room.link);
    await ada.join();
    const [session] = await ada.page.evaluate(() => Object.entries(sessionStorage).filter(([key]) => key.includes("session")));

    const twin = await ada.page.context().newPage();
    await twin.addInitScript(([key, value]) => sessionStorage.setItem(key!, value!), session!);
    await twin.goto(room.link);
    await expect(twin.locator("html[data-hydrated]")).toBeAttached();
    await twin.getByRole("button", { name: "Join now" }).click();

    await expect(ada.heading("You're in this call in another tab")).toBeVisible();
    await expect(twin.getByRole("button", { name: "Leave" })).toBeVisible();
    await expect(twin.getByRole("article")).toHaveCount(1);
});

/** The names of those whose seats the server keeps. */
async function seated(server: string, room: Room): Promise<string[]> {
    const headers = { authorization: `Bearer ${new URL(room.hostLink).searchParams.get("key")}` };
    const people = (await (await fetch(`${server}/api/v1/rooms/${room.code}/participants`, { headers })).json()) as { name: string }[];
    return people.map((person) => person.name);
}
