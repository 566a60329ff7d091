// Every page of Veranda that is open is a device of its browser's call identity: a ring is shown over a room, the landing page and the list of rooms.

import type { Page } from "@playwright/test";
import { test } from "../fixtures/callers.ts";
import { expect, expectAccessible } from "../fixtures/test.ts";
import type { DirectPage } from "../pages/direct.ts";
import { visit } from "../pages/call.ts";

const icon = (page: Page) => page.locator("link[rel=icon]");

/** Presses one of the answers of a ring. */
async function press(who: DirectPage, caller: string, answer: string): Promise<void> {
    await who.ring(caller).getByRole("button", { name: answer, exact: true }).click();
}

test("a ring comes over a room's page before joining: declined there, or answered on the page of direct calls", async ({ server, caller, newRoom }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const id = await bob.ownId();
    await bob.open(await newRoom("Tea"));
    const name = bob.page.getByRole("textbox", { name: "Your name" });
    await name.focus();
    await ada.calls(id);
    const ring = bob.ring("Ada");
    await expect(ring).toBeVisible();
    await expect(ring.getByRole("button", { name: "Answer", exact: true })).toBeFocused();
    await ada.expectRing("ringing");
    await expect(bob.page).toHaveTitle(/^Ada is calling/);
    await expect(icon(bob.page)).toHaveAttribute("href", "/icons/ringing.svg");
    await expectAccessible(bob.page);
    await press(bob, "Ada", "Decline");
    await ada.expectRing("declined");
    await expect(ring).toBeHidden();
    await expect(name).toBeFocused();
    await expect(bob.page).toHaveTitle(/^Tea/);
    await expect(icon(bob.page)).toHaveAttribute("href", "/favicon.svg");

    await ada.button("Call again").click();
    await press(bob, "Ada", "Answer");
    await expect(bob.page).toHaveURL(`${server.url}/call`);
    for (const [one, other] of [[ada, bob], [bob, ada]] as const) {
        await one.expectRing("answered");
        await one.expectToSee(other);
    }
    await bob.button("Hang up").click();
    for (const one of [ada, bob]) await expect(one.page.getByText(/^Call ended after/)).toBeVisible();
    // Loaded again, it answers nothing.
    await bob.page.reload();
    await bob.ownId();
    await ada.calls(id);
    await expect(bob.ring("Ada")).toBeVisible();
});

test("in a meeting a ring is quiet: declined, the meeting goes on; answered, it is left as by Leave", async ({ server, caller, newRoom, somebody }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const id = await bob.ownId();
    const room = await newRoom("Tea");
    const cleo = await somebody("Cleo", room, { camera: 2 });
    await cleo.join();
    await bob.open(room);
    await bob.join();
    await bob.expectToSee(cleo);
    await bob.toolbarButton("Chat").focus();

    await ada.calls(id);
    const ring = bob.ring("Ada");
    await expect(ring.getByRole("button", { name: "End and answer", exact: true })).toBeFocused();
    await expect(ada.page.getByText(`${id} is in another call and can see that you're calling.`)).toBeVisible();
    await expectAccessible(bob.page);
    // The keys of the room are silent, wherever the focus is: on an answer, and nowhere after a press beside them.
    await bob.page.keyboard.press("p");
    await bob.page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await bob.page.keyboard.press("p");
    await expect(bob.panel("People")).toHaveCount(0);
    await press(bob, "Ada", "Decline");
    await ada.expectRing("busy");
    await expect(ring).toBeHidden();
    await expect(bob.toolbarButton("Chat")).toBeFocused();
    await bob.page.keyboard.press("p");
    await expect(bob.panel("People")).toBeVisible();
    await bob.expectToSee(cleo);
    await cleo.expectToSee(bob);

    await ada.button("Call again").click();
    await press(bob, "Ada", "End and answer");
    // At once, and not when a seat that nobody has left is given up.
    await expect(cleo.tile("Bob")).toHaveCount(0, { timeout: 10_000 });
    await expect(bob.page).toHaveURL(`${server.url}/call`);
    for (const [one, other] of [[ada, bob], [bob, ada]] as const) {
        await one.expectRing("answered");
        await one.expectToSee(other);
    }
    // The tab has left the room for good.
    await bob.button("Hang up").click();
    await expect(bob.page.getByText(/^Call ended after/)).toBeVisible();
    await bob.open(room);
    await expect(bob.button("Join now")).toBeVisible();
});

test("the landing page and the list of rooms ring, and work without script as before", async ({ server, caller, plainPage }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const id = await bob.ownId();
    await bob.page.goto(`${server.url}/rooms`);
    await ada.calls(id);
    await expect(bob.ring("Ada")).toBeVisible();
    await expect(bob.page).toHaveTitle(/^Ada is calling/);
    await expectAccessible(bob.page);
    await press(bob, "Ada", "Decline");
    await ada.expectRing("declined");
    await expect(bob.page).toHaveTitle(/^My rooms/);

    const landing = (await visit(bob.page, server.url))!;
    expect(landing.headers()["cache-control"]).toBe("no-store");
    expect(landing.headers()["vary"]).toContain("cookie");
    await ada.button("Call again").click();
    await press(bob, "Ada", "Answer without video");
    await expect(bob.page).toHaveURL(`${server.url}/call`);
    await bob.expectRing("answered");
    await bob.expectToSee(ada);
    await expect(bob.button("Turn on camera")).toBeVisible();

    const without = await plainPage({ context: { javaScriptEnabled: false } });
    const plain = (await without.goto(server.url))!;
    expect(plain.headers()["cache-control"]).toBe("no-cache");
    await expect(without.locator("script")).toHaveCount(0);
    await without.context().addCookies([{ name: "rings", value: "1", url: server.url }]);
    await without.goto(server.url);
    await expect(without.locator("script[type=module]")).toHaveCount(1);
    await without.getByRole("combobox", { name: "Language" }).selectOption("de");
    await without.getByRole("button", { name: "Change language" }).click();
    await expect(without.locator("html")).toHaveAttribute("lang", "de");
    await without.getByRole("button", { name: "Neuer Raum" }).click();
    await expect(without).toHaveURL(/\/r\//);
});

test("a browser without an identity fetches nothing for rings, and one that has lost it gets no script any more", async ({ server, caller, newRoom }) => {
    const room = await newRoom();
    const bob = await caller("Bob", server);
    const requested: string[] = [];
    bob.page.on("request", (request) => requested.push(new URL(request.url()).pathname));
    const ringing = () => requested.filter((path) => /ringing/.test(path));
    await bob.open(room);
    await expect.poll(ringing).toHaveLength(1);
    const session = requested.findIndex((path) => /session/.test(path));
    expect(requested.indexOf(ringing()[0]!)).toBeGreaterThan(session);

    await bob.page.evaluate(() => localStorage.removeItem("veranda.call-identity"));
    requested.length = 0;
    await bob.open(room);
    await expect(bob.button("Join now")).toBeEnabled();
    await bob.page.goto(server.url);
    await expect(bob.page.locator("html[data-hydrated]")).toBeAttached();
    await bob.page.goto(server.url);
    await expect(bob.page.locator("script")).toHaveCount(0);
    expect(ringing()).toEqual([]);
});

test("a ring that is over before the page of direct calls is there says how it ended", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const id = await bob.ownId();
    const elsewhere = await bob.page.context().newPage();
    for (const [end, said] of [
        [async () => ada.button("Hang up").click(), "Missed call from Ada."],
        [async () => elsewhere.getByRole("button", { name: "Answer", exact: true }).click(), "Answered in another tab or on another device."],
    ] as const) {
        await elsewhere.goto(`${server.url}/call`);
        await expect(elsewhere.locator("output")).toHaveText(/^\d{3}/);
        await bob.page.goto(server.url);
        await expect(bob.page.locator("html[data-hydrated]")).toBeAttached();
        let open = () => {};
        let ask = () => {};
        const opened = new Promise<void>((done) => (open = done));
        const asked = new Promise<void>((done) => (ask = done));
        await bob.page.route(`${server.url}/call`, async (route) => {
            ask();
            await opened;
            await route.continue();
        });
        await ada.calls(id);
        await expect(elsewhere.getByRole("alertdialog")).toBeVisible();
        // The press is done when the page that it leads to is there.
        const pressed = press(bob, "Ada", "Answer");
        await asked;
        await end();
        await expect(elsewhere.getByRole("alertdialog")).toBeHidden();
        open();
        await pressed;
        await expect(bob.page.getByText(said)).toBeVisible();
        await bob.page.unroute(`${server.url}/call`);
        await bob.button("Close").click();
        await bob.ownId();
    }
});

test("a hidden page shows a ring as a notification: closed when it is answered elsewhere, said to be missed, and pressed", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const id = await bob.ownId();
    const context = bob.page.context();
    expect(await registrations(bob.page)).toBe(0);
    const worker = await bob.page.request.get(`${server.url}/sw.js`);
    expect(worker.headers()["cache-control"]).toBe("no-cache");
    expect(await worker.text()).not.toMatch(/"fetch"|caches/);
    await context.grantPermissions(["notifications", "microphone", "camera"]);
    await bob.button("Turn on notifications").click();
    await expect(bob.button("Turn off notifications")).toBeVisible();
    await expectAccessible(bob.page);
    await expect.poll(() => registrations(bob.page)).toBe(1);

    // Whoever looks at the page is shown nothing besides.
    await ada.calls(id);
    await expect(bob.ring("Ada")).toBeVisible();
    expect(await shown(bob.page)).toEqual([]);
    await bob.hide(true);
    await expect.poll(() => shown(bob.page)).toEqual([{ title: "Ada is calling", actions: ["Answer", "Decline"], stays: true }]);
    await ada.button("Hang up").click();
    await expect.poll(() => shown(bob.page)).toEqual([{ title: "Missed call from Ada.", actions: [], stays: false }]);
    await forget(bob.page);

    // Pressed: in the room where he is by now, and for a ring that waits alone.
    await bob.page.goto(server.url);
    await expect(bob.page.locator("html[data-hydrated]")).toBeAttached();
    await bob.hide(true);
    await ada.button("Call again").click();
    await expect.poll(() => shown(bob.page)).toHaveLength(1);
    const press = (action: string) =>
        context.serviceWorkers()[0]!.evaluate(async (action) => {
            const scope = globalThis as unknown as { registration: ServiceWorkerRegistration; dispatchEvent: (event: Event) => void };
            const [notification] = await scope.registration.getNotifications();
            const Pressed = (globalThis as unknown as { NotificationEvent: new (type: string, init: object) => Event }).NotificationEvent;
            scope.dispatchEvent(new Pressed("notificationclick", { notification, action }));
        }, action);
    await press("decline");
    await ada.expectRing("declined");
    await expect.poll(() => shown(bob.page)).toEqual([]);
    await ada.button("Call again").click();
    await expect.poll(() => shown(bob.page)).toHaveLength(1);
    await press("answer");
    await expect(bob.page).toHaveURL(`${server.url}/call`);
    await bob.expectRing("answered");
    await bob.expectToSee(ada);
    await expect.poll(() => shown(bob.page)).toEqual([]);
    await bob.button("Hang up").click();

    // Answered on another device of the same identity.
    await bob.button("Close").click();
    const tablet = await anotherDevice(bob, `${server.url}/call`);
    await bob.hide(true);
    await ada.calls(id);
    await expect.poll(() => shown(bob.page)).toHaveLength(1);
    await tablet.getByRole("button", { name: "Answer", exact: true }).click();
    await expect(bob.page.getByText("Answered in another tab or on another device.")).toBeVisible();
    await expect.poll(() => shown(bob.page)).toEqual([]);

    await bob.hide(false);
    await bob.button("Turn off notifications").click();
    await expect(bob.button("Turn on notifications")).toBeVisible();
    await expect.poll(() => registrations(bob.page)).toBe(0);
});

/** The notifications that the browser shows of this site. */
async function shown(page: Page): Promise<unknown[]> {
    return page.evaluate(async () => {
        const registration = await navigator.serviceWorker.getRegistration();
        const all = (await registration?.getNotifications()) ?? [];
        return all.map((one) => {
            const { title, requireInteraction: stays } = one;
            const { actions } = one as unknown as { actions: { title: string }[] };
            return { title, actions: actions.map((action) => action.title), stays };
        });
    });
}

/** The person puts them away. */
async function forget(page: Page): Promise<void> {
    await page.evaluate(async () => {
        const registration = await navigator.serviceWorker.getRegistration();
        for (const one of (await registration?.getNotifications()) ?? []) one.close();
    });
    await expect.poll(() => shown(page)).toEqual([]);
}

async function registrations(page: Page): Promise<number> {
    return page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);
}

/** A page in a browser that has the same identity. */
async function anotherDevice(of: DirectPage, address: string): Promise<Page> {
    const key = "veranda.call-identity";
    const identity = await of.page.evaluate((key) => localStorage.getItem(key)!, key);
    const context = await of.page.context().browser()!.newContext({ permissions: ["microphone", "camera"] });
    const page = await context.newPage();
    await page.addInitScript(([key, identity]) => localStorage.setItem(key!, identity!), [key, identity]);
    await page.goto(address);
    await expect(page.locator("output")).toHaveText(await of.ownId());
    return page;
}
