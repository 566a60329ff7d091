// Chat: nothing that was typed is lost, and nothing goes to others than it was meant for.

import { createRoomWith } from "../fixtures/server.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";

test("what is meant for one goes to nobody when they have left, and is kept", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    const eve = await somebody("Eve", link);
    for (const call of [ada, bob, eve]) await call.join();
    await ada.expectToSee(bob);
    await ada.openPanel("Chat");
    const [to, message] = [ada.page.getByRole("combobox", { name: "To" }), ada.page.getByRole("textbox", { name: "Message" })];
    await to.selectOption({ label: "Bob" });

    // Who loads the page anew is the same person.
    await bob.page.reload();
    await expect(bob.button("Leave")).toBeVisible();
    await ada.write("for you alone");
    await bob.openPanel("Chat");
    await expect(bob.chat()).toHaveText(["for you alone"]);

    await message.fill("and this");
    await bob.leave();
    await expect(ada.tile("Bob")).toHaveCount(0);
    await expect(ada.panel("Chat").getByRole("alert")).toHaveText("Bob has left. Choose who else to write to.");
    expect(await to.evaluate((select) => (select as HTMLSelectElement).selectedOptions[0]!.text)).toBe("Bob (left)");
    await message.press("Enter");
    await expect(message).toHaveValue("and this");
    await expect(ada.chat()).toHaveText(["for you alone"]);
    await expectAccessible(ada.page);

    await to.selectOption({ label: "Everyone" });
    await message.press("Enter");
    await eve.openPanel("Chat");
    await expect(eve.chat()).toHaveText(["and this"]);
});

test("a text that is too long stays in its field, and says by how much", async ({ newRoom, somebody }) => {
    const ada = await somebody("Ada", await newRoom());
    await ada.join();
    await ada.openPanel("Chat");
    const message = ada.page.getByRole("textbox", { name: "Message" });
    for (const [text, excess] of [["x".repeat(7_000), 1_100], ["ж".repeat(3_500), 550]] as const) {
        await message.fill(text);
        await message.press("Enter");
        await expect(ada.panel("Chat").getByRole("alert")).toHaveText(`Too long. Remove ${excess} characters.`);
        await expect(message).toHaveValue(text);
        await message.fill(text.slice(excess));
        await message.press("Enter");
        await expect(message).toHaveValue("");
    }
    await expect(ada.chat()).toHaveCount(2);
});

test("a draft outlives its panel, and a knock", async ({ server, somebody }) => {
    const room = await createRoomWith(server, { waiting_room: "on" });
    const ada = await somebody("Ada", room.hostLink);
    await ada.join();
    await ada.openPanel("Chat");
    const message = ada.page.getByRole("textbox", { name: "Message" });
    await message.fill("not yet sent");
    await ada.openPanel("People");
    await ada.openPanel("Chat");
    await expect(message).toHaveValue("not yet sent");
    const bob = await somebody("Bob", room.link);
    await bob.knock();
    await expect(ada.page.getByRole("group", { name: "Waiting room" })).toBeVisible();
    await expect(message).toHaveValue("not yet sent");
    await ada.button("Admit Bob").click();
    await ada.panel("Chat").getByRole("button", { name: "Close" }).click();
    await ada.openPanel("Chat");
    await expect(message).toHaveValue("not yet sent");
});

test("who reads older messages is left there; each message is in the list once", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    await ada.join();
    await bob.join();
    await ada.openPanel("Chat");
    for (let i = 0; i < 4; i++) await bob.write(`${i}\n`.repeat(30));
    await expect(ada.chat()).toHaveCount(4);
    const log = ada.page.getByRole("log");
    const fromEnd = () => log.evaluate((list) => list.scrollHeight - list.clientHeight - list.scrollTop);
    await expect.poll(fromEnd).toBeLessThan(2);

    await log.evaluate((list) => list.scrollTo(0, 50));
    await bob.write("newest");
    await expect(ada.button("New messages")).toBeVisible();
    expect(await log.evaluate((list) => list.scrollTop)).toBe(50);
    await expectAccessible(ada.page);
    await ada.button("New messages").click();
    await expect.poll(fromEnd).toBeLessThan(2);
    await expect(ada.button("New messages")).toBeHidden();

    await log.evaluate((list) => {
        const added: string[] = [];
        Object.assign(window, { added });
        const note = (node: Node) => node instanceof HTMLLIElement && added.push(node.querySelector(".chat-text")!.textContent!);
        new MutationObserver((records) => records.forEach((record) => record.addedNodes.forEach(note))).observe(list, { childList: true, subtree: true });
    });
    await ada.write("mine");
    await expect(ada.panel("Chat").getByText("Delivered and saved")).toBeVisible();
    expect(await ada.page.evaluate(() => (window as unknown as { added: string[] }).added)).toEqual(["mine"]);
});
