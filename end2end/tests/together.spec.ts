// Chat, hands and reactions, between real browsers.

import { expect, expectAccessible, test } from "../fixtures/test.ts";

test("what people write reaches all of them, links can be followed, and nothing else is anything but text", async ({ newRoom, somebody }) => {
    const link = await newRoom("Tea");
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    const text = `<img src=x onerror="document.title='owned'"> see https://veranda.example/a?b=1. '); DROP TABLE chat; --`;

    await ada.write(text);

    await expect(bob.toolbarButton("Chat")).toHaveAttribute("data-badge", "1");
    await expect(bob.page.getByRole("status")).toContainText("New message from Ada");
    await bob.openPanel("Chat");
    await expect(bob.chat()).toHaveText([text]);
    await expect(bob.toolbarButton("Chat")).not.toHaveAttribute("data-badge");
    const followed = bob.panel("Chat").getByRole("link");
    await expect(followed).toHaveAttribute("href", "https://veranda.example/a?b=1");
    await expect(followed).toHaveAttribute("rel", /noopener/);
    expect(await bob.page.title()).not.toContain("owned");
    await expect(ada.panel("Chat").getByText("Delivered and saved")).toBeVisible();
    await expectAccessible(bob.page);
    await bob.page.keyboard.press("Escape");
    await expect(bob.panel("Chat")).toBeHidden();
    await expect(bob.toolbarButton("Chat")).toBeFocused();
});

test("a message to one is read by these two, and those who come later read what was for all", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const [ada, bob, cleo] = [await somebody("Ada", link), await somebody("Bob", link), await somebody("Cleo", link)];
    for (const one of [ada, bob, cleo]) await one.join();
    await ada.expectToSee(bob);
    await ada.write("for all");
    await ada.page.getByRole("combobox", { name: "To" }).selectOption({ label: "Bob" });
    await ada.write("for Bob");

    for (const one of [bob, cleo]) await one.openPanel("Chat");
    await expect(bob.chat()).toHaveText(["for all", "for Bob"]);
    await expect(bob.panel("Chat")).toContainText("Private, to you");
    await expect(ada.panel("Chat")).toContainText("Private, to Bob");
    await expect(cleo.chat()).toHaveText(["for all"]);

    await cleo.leave();
    const dan = await somebody("Dan", link);
    await dan.join();
    await dan.openPanel("Chat");
    await expect(dan.chat()).toHaveText(["for all"]);
});

test("hands queue in the order in which they were raised", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);

    await bob.raiseHand();
    await expect(ada.page.getByRole("status")).toContainText("Bob raised a hand");
    await ada.raiseHand();

    const queue = (await bob.openPanel("People")).getByRole("region", { name: "Raised hands" }).getByRole("listitem");
    await expect(queue).toHaveText(["Bob (you)", "Ada"]);
    await expectAccessible(bob.page);
    await bob.toolbarButton("Lower hand").click();
    await expect(queue).toHaveText(["Ada"]);
    await expect(ada.tile("Bob").getByRole("img", { name: "Hand raised" })).toBeHidden();
});

test("a reaction is seen by everybody for a moment, and heard by who cannot see it", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link, { context: { reducedMotion: "reduce" } });
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);

    await ada.toolbarButton("React").click();
    await expectAccessible(ada.page);
    await ada.page.getByRole("button", { name: "Applause" }).click();

    const shown = bob.page.locator(".reaction");
    await expect(shown.locator(".sign path").first(), "it is drawn").toBeVisible();
    await expect(shown).toContainText("Ada");
    await expect(bob.page.getByRole("status")).toContainText("Ada reacted: applause");
    expect(await shown.evaluate((element) => getComputedStyle(element).animationName)).toBe("none");
    await expect(shown).toHaveCount(0, { timeout: 8_000 });
});
