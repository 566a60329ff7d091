// With the link, a server that lies reads nothing, and each page says that something is wrong.

import { Liar } from "../fixtures/liar.ts";
import { createRoomWith, type Server } from "../fixtures/server.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";
import type { CallPage } from "../pages/call.ts";

async function overALiar(server: Server, somebody: (name: string, link: string) => Promise<CallPage>, swapsKeys: boolean) {
    const room = await createRoomWith(server, {});
    const liar = new Liar(room.code, { swapsKeys });
    const calls = [await somebody("Ada", room.hostLink), await somebody("Bob", room.link)];
    for (const call of calls) {
        await liar.sitBetween(call.page);
        await call.page.reload();
        await call.join();
    }
    return { room, liar, ada: calls[0]!, bob: calls[1]! };
}

test("a server that grants its own secret is refused, reads no chat, and each page says so", async ({ server, somebody }) => {
    const { room, liar, ada, bob } = await overALiar(server, somebody, false);
    for (const call of [ada, bob]) {
        await expect(call.page.getByRole("alert").filter({ hasText: "tried to replace this room's encryption key" })).toBeVisible();
        expect(new URL(call.page.url()).hash).toBe(new URL(room.link).hash);
    }
    await bob.expectToSee(ada);
    await ada.write("the pineapple is ripe");
    await bob.openPanel("Chat");
    await expect(bob.chat()).toHaveText(["the pineapple is ripe"]);
    expect(liar.lies).toBeGreaterThanOrEqual(2);
    expect(liar.envelopes.length, "it went through the liar").toBeGreaterThan(0);
    expect(liar.read()).toEqual([]);
    await expectAccessible(ada.page);
});

test("a server that puts its own keys in place of people's connects nobody, and each page says so", async ({ server, somebody }) => {
    const { room, liar, ada, bob } = await overALiar(server, somebody, true);
    await ada.write("the pineapple is ripe");
    for (const [call, other] of [[ada, "Bob"], [bob, "Ada"]] as const) {
        await expect(call.page.getByRole("alert").filter({ hasText: "tried to replace this room's encryption key" })).toBeVisible();
        await expect(call.tile(other)).toHaveAttribute("data-secrecy", "other-secret");
        await expect(call.tile(other)).toContainText("No key");
        expect(new URL(call.page.url()).hash).toBe(new URL(room.link).hash);
    }
    expect(liar.envelopes.length).toBeGreaterThan(0);
    expect(liar.read()).toEqual([]);
});
