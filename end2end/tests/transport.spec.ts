// Encryption is a rule of the room: who has a key sends nothing unsealed before they have said so, and everybody sees what the rule is.

import { createRoomWith } from "../fixtures/server.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";
import type { CallPage } from "../pages/call.ts";

const QUESTION = "Continue without end-to-end encryption";

/** Bytes of media that a page has sent and received over all of its connections. */
async function bytes(call: CallPage): Promise<{ sent: number; received: number }> {
    return call.page.evaluate(async () => {
        const { connections } = window as unknown as { connections: RTCPeerConnection[] };
        const bytes = { sent: 0, received: 0 };
        for (const connection of connections) {
            for (const report of (await connection.getStats()).values()) {
                if (report.type === "outbound-rtp") bytes.sent += report.bytesSent;
                if (report.type === "inbound-rtp") bytes.received += report.bytesReceived;
            }
        }
        return bytes;
    });
}

/** Waits until the page has sent its last byte, and sees that no other follows while a lot comes in. */
async function expectSilence(call: CallPage): Promise<void> {
    let last = await bytes(call);
    await expect.poll(async () => {
        const before = last;
        last = await bytes(call);
        return last.sent === before.sent && last.received > before.received + 2_000;
    }, { message: `${call.name} falls silent` }).toBe(true);
    const { sent, received } = last;
    await expect.poll(async () => {
        const now = await bytes(call);
        expect(now.sent, `${call.name} sends nothing`).toBe(sent);
        return now.received - received;
    }, { message: `${call.name} hears the others meanwhile`, timeout: 30_000 }).toBeGreaterThan(60_000);
}

async function chooseEncryption(call: CallPage, label: "In transit" | "End-to-end (recommended)"): Promise<void> {
    if (!(await call.panel("Room settings").isVisible())) await call.choose("Room settings");
    await call.panel("Room settings").getByRole("radio", { name: label, exact: true }).click();
}

for (const [topology, settings] of [["directly", {}], ["through the server", { mesh_limit: 2 }]] as const) {
    test(`a host turns end-to-end encryption off and on; who has a key sends nothing before their click (${topology})`, async ({ server, somebody }) => {
        test.setTimeout(180_000);
        const room = await createRoomWith(server, settings);
        const ada = await somebody("Ada", room.hostLink);
        const bob = await somebody("Bob", room.link);
        const others = topology === "directly" ? [] : [await somebody("Cleo", room.link)];
        const written: string[] = [];
        bob.page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => written.push(payload.toString())));
        await bob.page.reload();
        for (const call of [ada, bob, ...others]) {
            await call.join();
            await expect(call.screen()).toHaveAttribute("data-encryption", "end-to-end");
        }
        if (topology !== "directly") for (const call of [ada, bob, ...others]) await call.expectOnServer();
        await ada.expectToSee(bob);
        await bob.expectToSee(ada);

        // The host is asked whether it is meant. Until then nothing changes.
        await chooseEncryption(ada, "In transit");
        const sure = ada.page.getByRole("dialog", { name: "Turn off end-to-end encryption?" });
        await expect(sure).toBeVisible();
        await expectAccessible(ada.page);
        await sure.getByRole("button", { name: "Cancel", exact: true }).click();
        await expect(ada.panel("Room settings").getByRole("radio", { name: "End-to-end (recommended)", exact: true })).toBeChecked();
        await expect(bob.button(QUESTION)).toBeHidden();
        await chooseEncryption(ada, "In transit");
        await sure.getByRole("button", { name: "Turn off", exact: true }).click();

        for (const call of [ada, bob]) {
            await expect(call.screen()).toHaveAttribute("data-encryption", "transport");
            await expect(call.page.locator(".call-header").getByTestId("not-encrypted")).toHaveText("Not end-to-end encrypted");
        }
        // Her click was hers: his is asked for.
        await expect(ada.button(QUESTION)).toBeHidden();
        await expect(bob.button(QUESTION)).toBeVisible();
        await expectAccessible(bob.page);
        await expectSilence(bob);
        await bob.openPanel("Chat");
        await expect(bob.panel("Chat")).toContainText("You can write once you decide about encryption.");
        await expect(bob.page.getByRole("textbox", { name: "Message" })).toBeHidden();

        await bob.button(QUESTION).click();
        await expect(bob.button(QUESTION)).toBeHidden();
        await expect(bob.screen()).toHaveAttribute("data-encryption", "transport");
        await ada.expectToSee(bob);
        await bob.expectToSee(ada);
        await bob.write("anybody can read this");
        await ada.openPanel("Chat");
        await expect(ada.chat()).toHaveText(["anybody can read this"]);
        expect(written.some((frame) => frame.includes("anybody can read this")), "as it is").toBe(true);

        // A page that is loaded again asks again: the link has a key.
        await bob.page.reload();
        await expect(bob.button(QUESTION)).toBeVisible();
        await expectSilence(bob);
        await bob.button(QUESTION).click();
        await ada.expectToSee(bob);

        await chooseEncryption(ada, "End-to-end (recommended)");
        for (const call of [ada, bob]) {
            await expect(call.screen()).toHaveAttribute("data-encryption", "end-to-end");
            await expect(call.page.locator(".call-header").getByTestId("not-encrypted")).toBeHidden();
        }
        for (const call of others) await expect(call.button(QUESTION)).toBeHidden();
        await expect(ada.tile("Bob")).toHaveAttribute("data-secrecy", "sealed");
        await ada.expectToSee(bob);
        await bob.expectToSee(ada);
        await bob.write("nobody else can read this");
        await ada.openPanel("Chat");
        await expect(ada.chat()).toHaveText(["anybody can read this", "nobody else can read this"]);
        expect(written.some((frame) => frame.includes("nobody else can read this")), "sealed").toBe(false);
    });
}

test("a room in transit says so before joining, and lets in and hears who has no key", async ({ server, somebody, plainPage }) => {
    const page = await plainPage();
    await page.goto(`${server.url}/new`);
    await expect(page.getByRole("radio", { name: "End-to-end (recommended)", exact: true })).toBeChecked();
    await page.getByRole("radio", { name: "In transit", exact: true }).check();
    await expectAccessible(page);
    await page.getByRole("main").getByRole("button", { name: "New room" }).click();
    await expect(page.getByTestId("not-encrypted")).toHaveText("Not end-to-end encrypted. The server can see and hear this room.");
    await expect(page).not.toHaveURL(/#/);
    await expectAccessible(page);
    const link = page.url();

    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    for (const call of [ada, bob]) {
        await expect(call.page.getByTestId("not-encrypted")).toBeVisible();
        await call.join();
        await expect(call.screen()).toHaveAttribute("data-encryption", "transport");
        await expect(call.button(QUESTION)).toBeHidden();
    }
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
    await ada.write("hello");
    await bob.openPanel("Chat");
    await expect(bob.chat()).toHaveText(["hello"]);
    await expect(ada.page).not.toHaveURL(/#/);

    // Somebody whose link has a key is asked, and may leave instead.
    const eve = await somebody("Eve", `${link}#key=AAAAAAAAAAAAAAAAAAAAAA`);
    await eve.join();
    await expect(eve.button(QUESTION)).toBeVisible();
    await expectSilence(eve);
    await eve.button("Leave rather than continue").click();
    await expect(eve.heading("You left")).toBeVisible();
});
