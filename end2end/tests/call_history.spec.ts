// What is kept of direct calls: the histories of both ends, missed calls, who is blocked, who may call and when.

import { readFileSync } from "node:fs";
import { test } from "../fixtures/callers.ts";
import { decoded } from "../fixtures/qr.ts";
import { expect, expectAccessible } from "../fixtures/test.ts";
import { DirectPage } from "../pages/direct.ts";

test("both ends have every call in their history, and call back from there", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    await expect(ada.page.getByText("No calls yet.")).toBeVisible();
    const idOfBob = await bob.ownId();
    await ada.calls(idOfBob);
    await bob.ring("Ada").getByRole("button", { name: "Decline", exact: true }).click();
    await ada.expectRing("declined");
    // Ada has never talked with Bob, so she knows no name of his.
    await expect.poll(() => ada.history()).toEqual([`${idOfBob}: Declined`]);
    await expect.poll(() => bob.history()).toEqual(["Ada: Declined"]);
    await bob.past("Ada").getByRole("button", { name: "Call Ada", exact: true }).click();
    await ada.ring("Bob").getByRole("button", { name: "Answer", exact: true }).click();
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
    await ada.button("Hang up").click();
    await expect.poll(() => ada.history()).toEqual([expect.stringMatching(/^Bob: Incoming, \d+ s$/), "Bob: Declined"]);
    await expect.poll(() => bob.history()).toEqual([expect.stringMatching(/^Ada: Outgoing, \d+ s$/), "Ada: Declined"]);
    await expectAccessible(ada.page);

    // The rest is Ada's alone, and stays away.
    await ada.choosesFor("Bob", "Delete from history");
    await expect.poll(() => ada.history()).toEqual(["Bob: Declined"]);
    await ada.open(`${server.url}/call`);
    await expect.poll(() => ada.history()).toEqual(["Bob: Declined"]);
    await ada.button("Delete all").click();
    const asks = ada.page.getByRole("dialog", { name: "Delete your call history?", exact: true });
    await asks.getByRole("button", { name: "Delete all", exact: true }).click();
    await expect(ada.page.getByText("No calls yet.")).toBeVisible();
    expect(await bob.history()).toHaveLength(2);
});

test("a call that was missed while no page was open is shown at the next visit, new once", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const idOfBob = await bob.ownId();
    await bob.page.goto("about:blank");
    await ada.calls(idOfBob);
    await ada.expectRing("offline");
    await expect.poll(() => ada.history()).toEqual([`${idOfBob}: Not reachable`]);
    await bob.open(`${server.url}/call`);
    await expect.poll(() => bob.history()).toEqual(["Ada: Missed"]);
    const isNew = bob.past("Ada").getByText("New", { exact: true });
    await expect(isNew).toBeVisible();
    await bob.page.waitForTimeout(500);
    await expect(isNew).toBeVisible();
    await bob.open(`${server.url}/call`);
    await expect.poll(() => bob.history()).toEqual(["Ada: Missed"]);
    await expect(isNew).toBeHidden();
});

test("who is blocked reaches nobody and is not told, in every tab, until they are not", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const tab = new DirectPage(await bob.page.context().newPage(), "Bob", bob.camera);
    await tab.open(`${server.url}/call`);
    await ada.calls(await bob.ownId());
    await bob.ring("Ada").getByRole("button", { name: "Decline", exact: true }).click();
    await bob.choosesFor("Ada", "Block");
    const asks = bob.page.getByRole("dialog", { name: "Block Ada?", exact: true });
    await expect(asks.getByText("They can't call you and won't be told.")).toBeVisible();
    await expectAccessible(bob.page);
    await asks.getByRole("button", { name: "Block", exact: true }).click();
    for (const one of [bob, tab]) {
        await expect(one.past("Ada").getByText("Blocked", { exact: true })).toBeVisible();
        await expect(one.page.getByRole("list", { name: "Blocked people" }).getByText("Ada", { exact: true })).toBeVisible();
    }
    await ada.button("Call again").click();
    await ada.expectRing("offline");
    await expect(bob.ring("Ada")).toBeHidden();
    expect(await bob.history()).toEqual(["Ada: Declined"]);
    await tab.choosesFor("Ada", "Unblock");
    await expect(bob.past("Ada").getByText("Blocked", { exact: true })).toBeHidden();
    await ada.button("Call again").click();
    await expect(bob.ring("Ada")).toBeVisible();
});

test("strangers ask first where somebody wants that, and whoever was allowed rings", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    await bob.rule("Who can call you").selectOption("Only people you know; others ask first");
    await ada.calls(await bob.ownId());
    await expect(ada.page.getByText(`${await bob.ownId()} takes calls only from people they know. Your request was sent.`)).toBeVisible();
    await expect(bob.page.getByText("Ada would like to call you.")).toBeVisible();
    await expect(bob.ring("Ada")).toBeHidden();
    await expectAccessible(bob.page);
    await bob.button("Allow").click();
    await expect(bob.page.getByText("Ada would like to call you.")).toBeHidden();
    await ada.calls(await bob.ownId());
    await expect(bob.ring("Ada")).toBeVisible();
    await bob.ring("Ada").getByRole("button", { name: "Decline", exact: true }).click();
    // What was chosen is chosen at the next visit, too.
    await bob.open(`${server.url}/call`);
    await expect(bob.rule("Who can call you")).toHaveValue("known");
});

test("who is not to be disturbed is not, now or at every day's hours, and finds missed calls", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server, { context: { timezoneId: "Asia/Kolkata" } });
    const idOfBob = await bob.ownId();
    await bob.rule("Do not disturb").selectOption("For 1 hour");
    await expect(bob.page.getByText(/^Nobody can call you until \d\d:\d\d/)).toBeVisible();
    await ada.calls(idOfBob);
    await ada.expectRing("offline");
    await expect.poll(() => bob.history()).toEqual(["Ada: Missed"]);
    await bob.rule("Do not disturb").selectOption("Off");

    await bob.page.getByRole("checkbox", { name: "Quiet hours every day" }).check();
    const now = new Date(Date.now() + 5.5 * 3_600_000);
    const clock = (at: Date) => at.toISOString().slice(11, 16);
    await bob.page.getByLabel("Quiet from").fill(clock(new Date(now.getTime() - 600_000)));
    await bob.page.getByLabel("Quiet until").fill(clock(new Date(now.getTime() + 600_000)));
    await bob.page.getByLabel("Quiet until").blur();
    await bob.open(`${server.url}/call`);
    await expect(bob.page.getByLabel("Quiet from")).toHaveValue(clock(new Date(now.getTime() - 600_000)));
    await ada.calls(idOfBob);
    await ada.expectRing("offline");
    await expect.poll(() => bob.history()).toEqual(["Ada: Missed", "Ada: Missed"]);
    await bob.page.getByRole("checkbox", { name: "Quiet hours every day" }).uncheck();
    await ada.calls(idOfBob);
    await expect(bob.ring("Ada")).toBeVisible();
});

test("whoever declines with a few words is read by the caller alone", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);


    await ada.calls(await bob.ownId());
    const ring = bob.ring("Ada");
    await ring.getByText("Decline with a message").click();
    await ring.getByRole("textbox", { name: "Your message" }).fill("In ten minutes? <b>أهلا</b>");
    await expectAccessible(bob.page);
    await ring.getByRole("button", { name: "Send", exact: true }).click();
    await ada.expectRing("declined");
    await expect(ada.page.locator("blockquote")).toHaveText("In ten minutes? <b>أهلا</b>");
    await ada.button("Call again").click();
    await ring.getByText("Decline with a message").click();
    await ring.getByRole("button", { name: "I'll call you back.", exact: true }).click();
    await expect(ada.page.locator("blockquote")).toHaveText("I'll call you back.");
});

test("an identity goes to another browser as a file, and both ring and have one history", async ({ server, caller }) => {
    test.setTimeout(180_000);
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const phone = await caller("Phone", server);
    const id = await bob.ownId();
    await ada.calls(id);
    await bob.ring("Ada").getByRole("button", { name: "Decline", exact: true }).click();

    await bob.page.getByText("Other devices and a new ID").click();
    const passphrase = bob.page.getByLabel("New passphrase (10 characters or more)");
    await passphrase.fill("short");
    await bob.button("Save file").click();
    await expect(bob.page.getByText("Use at least 10 characters.")).toBeVisible();
    await passphrase.fill("correct horse battery");
    await expectAccessible(bob.page);
    const [download] = await Promise.all([bob.page.waitForEvent("download"), bob.button("Save file").click()]);
    expect(download.suggestedFilename()).toBe(`veranda-${id}.json`);
    const file = await download.path();
    expect(readFileSync(file, "utf8")).not.toContain("Bob");
    await expect(bob.page.getByText("Saved. Keep the file and the passphrase apart.")).toBeVisible();

    await phone.page.getByText("Other devices and a new ID").click();
    const uses = async (content: string | { name: string; mimeType: string; buffer: Buffer }, passphrase: string) => {
        await phone.page.getByLabel("Saved file").setInputFiles(content);
        await phone.page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
        await phone.button("Use this file").click();
    };
    await uses(file, "correct horse batterx");
    await expect(phone.page.getByText("Wrong passphrase, or the file was changed.")).toBeVisible();
    await uses({ name: "x.json", mimeType: "application/json", buffer: Buffer.from("{}") }, "correct horse battery");
    await expect(phone.page.getByText("That's not a saved call ID.")).toBeVisible();
    expect(await phone.ownId()).not.toBe(id);
    await uses(file, "correct horse battery");
    await expect(phone.page.locator("output.my-id")).toHaveText(id);
    await expect.poll(() => phone.history()).toEqual(["Ada: Declined"]);
    await expect(phone.page.getByRole("textbox", { name: "Your name", exact: true })).toHaveValue("Bob");

    await ada.button("Call again").click();
    for (const one of [bob, phone]) await expect(one.ring("Ada")).toBeVisible();
    await phone.ring("Ada").getByRole("button", { name: "Decline", exact: true }).click();
    await expect(bob.ring("Ada")).toBeHidden();
    for (const one of [bob, phone]) await expect.poll(() => one.history()).toEqual(["Ada: Declined", "Ada: Declined"]);
});

test("a new ID takes the place of the old one, which leads to nobody", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const old = await bob.ownId();
    await bob.page.getByText("Other devices and a new ID").click();
    await bob.button("Get a new ID").click();
    const asks = bob.page.getByRole("dialog", { name: "Get a new ID?", exact: true });
    await asks.getByRole("button", { name: "Get a new ID", exact: true }).click();
    await expect(bob.page.locator("output.my-id")).not.toHaveText(old);
    const id = await bob.ownId();
    await ada.calls(old);
    await ada.expectRing("offline");
    await ada.calls(id);
    await expect(bob.ring("Ada")).toBeVisible();
});

test("the ID and its link are copied and said so, and the link is a QR code, too", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const id = await ada.ownId();
    const copied = () => ada.page.evaluate(() => navigator.clipboard.readText());
    await ada.button("Copy ID").click();
    await expect(ada.page.getByText("ID copied.")).toBeVisible();
    expect(await copied()).toBe(id);
    await ada.button("Copy link").click();
    await expect(ada.page.getByText("Link copied.")).toBeVisible();
    const link = await copied();
    expect(link).toMatch(new RegExp(`^${server.url}/call/${id}#id=[A-Za-z0-9_-]+$`));
    await ada.page.getByText("Show QR code").click();
    expect(await decoded(ada.page.getByRole("img", { name: "QR code of the link that calls you" }))).toBe(link);
    await expectAccessible(ada.page);
});
