// What two browsers do while it rings. People who have talked before are connected by then; nobody can see that, and nothing is sent. And
// time passes also for a page whose timers rest.

import { test } from "../fixtures/callers.ts";
import { startServer } from "../fixtures/server.ts";
import { expect } from "../fixtures/test.ts";
import type { DirectPage } from "../pages/direct.ts";

test("who is known is connected while it rings, unseen and unheard, and strangers are not", async ({ server, caller }) => {
    test.setTimeout(90_000);
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    const both = [ada, bob] as const;
    await ada.calls(await bob.ownId());
    await expect(bob.ring("Ada")).toBeVisible();
    await ada.expectRing("ringing");
    for (const one of both) expect(await connections(one), "strangers learn no addresses of each other").toEqual([]);
    await bob.ring("Ada").getByRole("button", { name: "Answer", exact: true }).click();
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
    await ada.button("Hang up").click();
    await expect(bob.page.getByText(/^Call ended after/)).toBeVisible();

    // They know each other now.
    await ada.button("Call again").click();
    await expect(bob.ring("Ada")).toBeVisible();
    for (const one of both) await expect.poll(() => connections(one)).toContain("connected");
    await ada.expectRing("ringing");
    const before = await Promise.all(both.map((one) => one.sent()));
    const tracks = await captured(bob);
    await ada.page.waitForTimeout(1_500);
    expect(await Promise.all(both.map((one) => one.sent())), "nothing is sent before the answer").toEqual(before);
    expect(await captured(bob), "no device is opened before the answer").toBe(tracks);
    await expect(ada.tile("Bob")).toHaveCount(0);
    await bob.ring("Ada").getByRole("button", { name: "Decline", exact: true }).click();
    await ada.expectRing("declined");
    for (const one of both) await expect.poll(() => connections(one)).not.toContain("connected");

    await ada.button("Call again").click();
    await expect(bob.ring("Ada")).toBeVisible();
    for (const one of both) await expect.poll(() => connections(one)).toContain("connected");
    const made = (await connections(bob)).length;
    await bob.ring("Ada").getByRole("button", { name: "Answer without video", exact: true }).click();
    await bob.expectToSee(ada);
    await expect(ada.tile("Bob")).toBeVisible();
    for (const one of both) await one.expectToHear(1);
    expect((await connections(bob)).length, "the connection is the one that was there").toBe(made);
    await bob.button("Hang up").click();
    for (const one of both) await expect.poll(() => one.hasReleasedEverything()).toBe(true);
});

test("devices open with the press of Answer, and send once the server has confirmed it", async ({ caller }) => {
    const server = await startServer();
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    await ada.calls(await bob.ownId());
    await bob.ring("Ada").getByRole("button", { name: "Answer", exact: true }).click();
    await ada.expectToSee(bob);
    await ada.button("Hang up").click();
    await ada.button("Call again").click();
    await expect(bob.ring("Ada")).toBeVisible();
    for (const one of [ada, bob]) await expect.poll(() => connections(one)).toContain("connected");
    const [tracks, sent] = [await captured(bob), await bob.sent()];
    server.rest();
    await bob.ring("Ada").getByRole("button", { name: "Answer", exact: true }).click();
    await expect.poll(() => captured(bob)).toBe(tracks + 2);
    await bob.page.waitForTimeout(500);
    expect(await bob.sent(), "it may have been cancelled").toEqual(sent);
    server.goOn();
    await ada.expectToSee(bob);
    await server.stop();
});

// The timers of a page that nobody looks at ring once a minute: here, never.
test("a page whose timers rest comes back to a server that was killed while it rang", async ({ caller }) => {
    const server = await startServer();
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server, { rests: true });
    await ada.calls(await bob.ownId());
    await expect(bob.ring("Ada")).toBeVisible();
    await ada.expectRing("ringing");
    await bob.page.evaluate(() => Object.assign(window, { timersRest: true }));
    await server.kill();
    await server.start();
    await ada.expectRing("ringing");
    await ada.button("Hang up").click();
    await expect(bob.ring("Ada"), "Bob's page has heard that it was given up").toBeHidden({ timeout: 12_000 });
    await expect(bob.page.getByText("Missed call from Ada.")).toBeVisible();
    await server.stop();
});

test("devices that open once the call is given up are let go of", async ({ server, caller }) => {
    const ada = await caller("Ada", server);
    const bob = await caller("Bob", server);
    await ada.page.evaluate(() => {
        const capture = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (constraints) => {
            const stream = await capture(constraints);
            await new Promise((later) => setTimeout(later, 1_500));
            return stream;
        };
    });
    await ada.calls(await bob.ownId());
    await expect.poll(() => captured(ada)).toBeGreaterThan(0);
    await ada.button("Hang up").click();
    await ada.expectRing("cancelled");
    await expect.poll(() => ada.hasReleasedEverything()).toBe(true);
});

/** The states of every connection that the page has made, oldest first. */
async function connections(of: DirectPage): Promise<string[]> {
    return of.page.evaluate(() => (window as unknown as { connections: RTCPeerConnection[] }).connections.map((one) => one.connectionState));
}

/** How many tracks were captured so far. */
async function captured(of: DirectPage): Promise<number> {
    return of.page.evaluate(() => (window as unknown as { tracks: MediaStreamTrack[] }).tracks.length);
}

test("a camera begins with small pictures, and they are whole once the line is known", async ({ server, caller }) => {
    const [ada, bob] = await Promise.all([
        caller("Ada", server, { alone: true, camera: 0, picture: { width: 640, height: 360, rate: 15 } }),
        caller("Bob", server, { alone: true, camera: 1, picture: { width: 640, height: 360, rate: 15 } }),
    ]);
    await ada.calls(await bob.ownId());
    const first = Promise.all([ada, bob].map((one) => one.page.evaluate(firstWidth)));
    await bob.ring("Ada").getByRole("button", { name: "Answer", exact: true }).click();
    expect(await first).toEqual([320, 320]);
    for (const [one, other] of [[ada, bob], [bob, ada]] as const) {
        await expect.poll(() => one.lines(other.name), { timeout: 15_000 }).toBe(360);
    }
});

/** How wide the first picture of somebody else is. Runs in the page. */
async function firstWidth(): Promise<number> {
    const find = () => document.querySelector<HTMLVideoElement>("article:not(.own) video");
    while (!find()) await new Promise(requestAnimationFrame);
    return new Promise((seen) => find()!.requestVideoFrameCallback((_, { width }) => seen(width)));
}
