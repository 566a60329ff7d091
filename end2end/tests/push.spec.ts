// Rings where no page is open: the browser subscribes, the server pushes, the worker shows what rings and what was missed, and a press answers.

import type { CDPSession } from "@playwright/test";
import { launch as launchFirefox, type Page as FirefoxPage } from "puppeteer-core";
import { test } from "../fixtures/callers.ts";
import { newFirefoxPage, ownIdIn } from "../fixtures/firefox.ts";
import { PushService, subscribesHere, type Pushed } from "../fixtures/push_service.ts";
import { startServer, type Server } from "../fixtures/server.ts";
import { expect, expectAccessible } from "../fixtures/test.ts";
import type { DirectPage } from "../pages/direct.ts";

const PUSHES = {
    VERANDA__PUSH__ENABLED: "true",
    VERANDA__PUSH__SUBJECT: "mailto:admin@example.org",
    // The push service is on this machine.
    VERANDA__PUSH__ALLOW_PRIVATE: "true",
};

const RING_ME = "Ring me when no page is open";

interface Shown {
    tag: string;
    title: string;
    actions: string[];
    stays: boolean;
}

let service: PushService;
let server: Server;

test.beforeAll(async () => {
    service = await PushService.start();
    server = await startServer(PUSHES);
});

test.afterAll(async () => {
    await server.stop();
    await service.stop();
});

test("a ring comes to a browser without a page, is missed, and is answered from its notification", async ({ caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const [idOfAda, idOfBob] = [await ada.ownId(), await bob.ownId()];
    const context = bob.page.context();
    await context.grantPermissions(["notifications", "microphone", "camera"]);
    await context.addInitScript(subscribesHere, service.subscription("bob"));
    await bob.page.reload();
    const ringMe = bob.page.getByRole("checkbox", { name: RING_ME });
    await expect(ringMe).not.toBeChecked();
    await ringMe.focus();
    await bob.page.keyboard.press("Space");
    await expect(ringMe).toBeChecked();
    await expect(bob.page.locator(".push-choice [role=status]")).toBeEmpty();
    await expectAccessible(bob.page);

    const worker = await Worker.of(bob, server.url);
    await bob.page.goto("about:blank");
    await ada.calls(idOfBob);
    const ring = await worker.delivers(0);
    expect(ring).toEqual({ kind: "ring", ring: ring.ring, caller: idOfAda });
    expect(await worker.shown()).toEqual([{ tag: ring.ring, title: `${idOfAda} is calling`, actions: ["Answer", "Decline"], stays: true }]);
    // Nobody has heard anything yet, and the caller is told no more than that.
    await ada.expectRing("calling");
    await ada.button("Hang up").click();
    expect((await worker.delivers(1)).kind).toBe("missed");
    expect(await worker.shown()).toEqual([{ tag: ring.ring, title: `Missed call from ${idOfAda}.`, actions: [], stays: false }]);
    expect(await worker.press("")).toEqual(["/call"]);
    expect(await worker.shown()).toEqual([]);

    // Answered from the notification, seconds after a ring would be over that waits for nobody.
    await ada.button("Call again").click();
    await worker.delivers(2);
    expect(await worker.press("answer")).toEqual(["/call"]);
    await expect.poll(() => ada.page.locator("[data-ring]").first().getAttribute("data-ring")).toBe("calling");
    await bob.page.goto(`${server.url}/call`);
    for (const [one, other] of [[ada, bob], [bob, ada]] as const) {
        await one.expectRing("answered");
        await one.expectToSee(other);
    }
    await expect.poll(() => service.pushed[3]?.kind).toBe("over");
    await bob.button("Hang up").click();
    await expect(ada.page.getByText(/^Call ended after/)).toBeVisible();
    await bob.page.reload();
    await bob.ownId();
    await expect(bob.page.locator("[data-ring=answered]")).toHaveCount(0);

    // Declined from it; and in the language of the page that was there last.
    await context.addCookies([{ name: "language", value: "de", url: server.url }]);
    await bob.page.reload();
    await expect(bob.page.getByRole("checkbox", { name: "Klingeln, auch wenn keine Seite offen ist" })).toBeChecked();
    await expect(bob.page.locator(".push-choice [role=status]")).toBeEmpty();
    await bob.page.goto("about:blank");
    await ada.button("Call again").click();
    await worker.delivers(4);
    expect(await worker.shown()).toMatchObject([{ title: `${idOfAda} ruft an`, actions: ["Annehmen", "Ablehnen"] }]);
    expect(await worker.press("decline")).toEqual(["/call"]);
    await bob.page.goto(`${server.url}/call`);
    await ada.expectRing("declined");

    // Turned off, nobody is pushed to and nobody waits.
    await bob.page.getByRole("checkbox", { name: "Klingeln, auch wenn keine Seite offen ist" }).uncheck();
    await expect.poll(() => bob.page.evaluate(() => localStorage.getItem("test.push"))).toBeNull();
    await expect.poll(async () => (await bob.page.evaluate(() => navigator.serviceWorker.getRegistrations())).length).toBe(0);
    await bob.page.goto("about:blank");
    const pushed = service.pushed.length;
    await ada.button("Call again").click();
    await ada.expectRing("offline");
    expect(service.pushed.length).toBe(pushed);
});

test("a browser that may show nothing, and one that has no pushes, say what can be done", async ({ caller }) => {
    const bob = await caller("Bob", server);
    const ringMe = bob.page.getByRole("checkbox", { name: RING_ME });
    await ringMe.click();
    // A window of a test is a private one: whoever is asked there has said no.
    await expect(bob.page.getByText("Notifications are blocked. Allow them in site settings. Private windows don't allow them.")).toBeVisible();
    await expect(ringMe).not.toBeChecked();
    await expectAccessible(bob.page);
    for (const [lacks, says] of [
        [() => Reflect.deleteProperty(window, "PushManager"), "This browser can't ring without an open page. Keep a page open, or use another browser."],
        [() => Object.assign(navigator, { standalone: false }), /^Add this page to your Home Screen, open it there and turn this on\./],
    ] as const) {
        await bob.page.addInitScript(lacks);
        await bob.page.reload();
        await expect(bob.page.getByText(says)).toBeVisible();
        await expect(ringMe).toBeDisabled();
    }
    await expectAccessible(bob.page);
});

test("a real Firefox subscribes at a push service, and its worker shows what the server has pushed", async ({ caller }) => {
    const ada = await caller("Ada", server);
    const idOfAda = await ada.ownId();
    const firefox = await launchFirefox({
        browser: "firefox",
        executablePath: process.env.VERANDA_FIREFOX!,
        headless: true,
        extraPrefsFirefox: {
            "dom.push.enabled": true,
            "dom.push.connection.enabled": true,
            "dom.push.serverURL": `ws://${service.address}/`,
            "dom.push.testing.allowInsecureServerURL": true,
            "dom.push.testing.ignorePermission": true,
            "permissions.default.desktop-notification": 1,
            // There is no desktop here that shows notifications; Firefox does it by itself.
            "alerts.useSystemBackend": false,
        },
    });
    try {
        const page = await newFirefoxPage(firefox);
        await page.goto(`${server.url}/call`);
        const idOfBob = await ownIdIn(page);
        await page.locator(`::-p-aria([name="${RING_ME}"][role="checkbox"])`).click();
        await page.waitForFunction(() => {
            const choice = document.querySelector(".push-choice")!;
            return choice.querySelector("input")!.checked && choice.querySelector("[role=status]")!.textContent === "";
        });
        expect(service.registered.size).toBe(1);
        // A page of the site that is no device, and that nobody looks at.
        await page.goto(`${server.url}/robots.txt`);
        await (await firefox.newPage()).bringToFront();
        await ada.calls(idOfBob);
        await expect.poll(() => service.taken, "the server has pushed").toBe(1);
        await expect.poll(() => titles(page), "and the worker has shown it").toEqual([`${idOfAda} is calling`]);
        await ada.button("Hang up").click();
        await expect.poll(() => service.taken).toBe(2);
        await expect.poll(() => titles(page)).toEqual([`Missed call from ${idOfAda}.`]);
    } finally {
        await firefox.close();
    }
});

async function titles(page: FirefoxPage): Promise<string[]> {
    return page.evaluate(async () => {
        const registration = await navigator.serviceWorker.getRegistration();
        return ((await registration?.getNotifications()) ?? []).map((one) => one.title);
    });
}

interface WorkerScope {
    registration: ServiceWorkerRegistration;
    dispatchEvent(event: Event): void;
    clients: { openWindow: (address: string) => Promise<void> };
    NotificationEvent: new (type: string, init: object) => Event & { waitUntil: (done: Promise<unknown>) => void };
}

/** The worker of somebody's browser, as the driver reaches it. */
class Worker {
    private constructor(
        private readonly bob: DirectPage,
        private readonly driver: CDPSession,
        private readonly origin: string,
        private readonly registrationId: string,
    ) {}

    static async of(bob: DirectPage, origin: string): Promise<Worker> {
        const driver = await bob.page.context().newCDPSession(bob.page);
        const registered = new Promise<string>((done) => {
            driver.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
                const found = registrations.find((one) => one.scopeURL.startsWith(origin) && !one.isDeleted);
                if (found) done(found.registrationId);
            });
        });
        await driver.send("ServiceWorker.enable");
        return new Worker(bob, driver, origin, await registered);
    }

    /** Hands it what the push service was sent, which is opened there. */
    async delivers(index: number): Promise<Pushed> {
        await expect.poll(() => service.pushed.length).toBeGreaterThan(index);
        const pushed = service.pushed[index]!;
        const before = await this.shown();
        const { origin, registrationId } = this;
        await this.driver.send("ServiceWorker.deliverPushMessage", { origin, registrationId, data: JSON.stringify(pushed) });
        await expect.poll(() => this.shown()).not.toEqual(before);
        return pushed;
    }

    async shown(): Promise<Shown[]> {
        return this.inWorker(async () => {
            const scope = globalThis as unknown as WorkerScope;
            const all = await scope.registration.getNotifications();
            return all.map((one) => {
                const { tag, title, requireInteraction: stays } = one;
                const { actions } = one as unknown as { actions: { title: string }[] };
                return { tag, title, actions: actions.map((action) => action.title), stays };
            });
        }, undefined);
    }

    /** Presses the notification, or something on it. Returns which pages it has opened: no browser lets a test's press do that. */
    async press(action: string): Promise<string[]> {
        return this.inWorker(async (action) => {
            const scope = globalThis as unknown as WorkerScope;
            const opened: string[] = [];
            scope.clients.openWindow = async (address) => void opened.push(address);
            const [notification] = await scope.registration.getNotifications();
            const pressed = new scope.NotificationEvent("notificationclick", { notification, action });
            const done: Promise<unknown>[] = [];
            pressed.waitUntil = (one) => void done.push(one);
            scope.dispatchEvent(pressed);
            await Promise.all(done);
            return opened;
        }, action);
    }

    private async inWorker<Result, Argument>(act: (argument: Argument) => Promise<Result>, argument: Argument): Promise<Result> {
        const worker = this.bob.page.context().serviceWorkers().at(-1)!;
        return worker.evaluate(act as never, argument) as Promise<Result>;
    }
}
