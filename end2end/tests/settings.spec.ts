// Room settings: a change is made when somebody has done with it, what is shown is what the room says, and only what was touched
// is sent.

import { createRoomWith } from "../fixtures/server.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";
import type { CallPage } from "../pages/call.ts";

async function openSettings(host: CallPage) {
    await host.choose("Room settings");
    return host.panel("Room settings");
}

test("a date that is being typed ends nothing, and an end in the past is refused", async ({ server, somebody }) => {
    const room = await createRoomWith(server, {});
    const ada = await somebody("Ada", room.hostLink, { context: { locale: "en-US" } });
    await ada.join();
    const settings = await openSettings(ada);
    const ends = settings.getByLabel("Ends");
    await ends.focus();
    const soon = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    const [year, month, day] = soon.split("-");
    await ada.page.keyboard.type(`${month}${day}${year}`);
    await ada.page.keyboard.press("ArrowRight");
    await ada.page.keyboard.type("1159PM");
    await expect(ends).toHaveValue(`${soon}T23:59`);
    await expect(ada.button("Leave")).toBeVisible();
    await ada.page.keyboard.press("Enter");
    await settings.getByRole("button", { name: "Close" }).click();
    await expect((await openSettings(ada)).getByLabel("Ends")).toHaveValue(`${soon}T23:59`);

    await ends.fill("2020-01-01T10:00");
    await settings.getByLabel("Room name").focus();
    await expect(settings.getByRole("alert").filter({ hasText: "Choose an end in the future." })).toBeVisible();
    await expect(ends).toHaveValue(`${soon}T23:59`);
    await expectAccessible(ada.page);

    const people = settings.getByLabel("Maximum number of people");
    await people.fill("0");
    await settings.getByLabel("Room name").focus();
    await expect(settings.getByRole("alert").filter({ hasText: "Choose between 1 and 500 people." })).toBeVisible();
    await expect(people).toHaveValue("100");
    await people.fill("12");
    await people.press("Enter");
    await settings.getByRole("button", { name: "Close" }).click();
    await expect((await openSettings(ada)).getByLabel("Maximum number of people")).toHaveValue("12");
});

test("a value that was refused goes back to what the room says, with the reason", async ({ server, somebody }) => {
    const room = await createRoomWith(server, {});
    const ada = await somebody("Ada", room.hostLink);
    await ada.join();
    const settings = await openSettings(ada);
    const chat = settings.getByRole("checkbox", { name: "Guests can chat" });
    // An even number of changes in one moment: the first forbids, and the last are too many.
    await chat.evaluate((box) => {
        for (let i = 0; i < 30; i++) (box as HTMLInputElement).click();
    });
    await expect(settings.getByRole("alert").filter({ hasText: "Too many changes." })).toBeVisible();
    await expect(chat).not.toBeChecked();
});

test("saving a password leaves the name that another host has given the room meanwhile", async ({ server, somebody }) => {
    const room = await createRoomWith(server, { name: "Tea" });
    const ada = await somebody("Ada", room.hostLink);
    const bob = await somebody("Bob", room.hostLink);
    await ada.join();
    await bob.join();
    const [hers, his] = [await openSettings(ada), await openSettings(bob)];
    await expect(hers.getByLabel("Room name")).toHaveValue("Tea");
    await his.getByLabel("Room name").fill("Coffee");
    await his.getByRole("button", { name: "Save" }).click();
    await expect(hers.getByLabel("Room name")).toHaveValue("Coffee");
    await hers.getByLabel("Password").fill("sesame");
    await hers.getByRole("button", { name: "Save" }).click();
    await expect(hers.getByRole("button", { name: "Remove password" })).toBeVisible();
    await expect(his.getByRole("button", { name: "Remove password" })).toBeVisible();
    await expect(his.getByLabel("Room name")).toHaveValue("Coffee");
});
