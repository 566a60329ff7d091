// Two people talk by way of a server that is one file, and open what pages fetch later.

import { expect, test } from "../fixtures/test.ts";

test("two people talk, open what is fetched later, and change the language", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
    await ada.expectToHear(1);

    await ada.choose("Safety phrase");
    await expect(ada.page.getByRole("complementary", { name: "Safety phrase", exact: true })).toBeVisible();

    const page = await bob.page.context().newPage();
    await page.goto(new URL("/connection-test", link).href);
    await page.getByRole("combobox", { name: "Language" }).selectOption("de");
    await expect(page.locator("html")).toHaveAttribute("lang", "de");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Verbindungstest");
});
