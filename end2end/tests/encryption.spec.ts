// End-to-end encryption: what the server forwards is closed to everybody without the secret in the link.

import { Eavesdropper } from "../fixtures/eavesdropper.ts";
import { quarters, SMALL } from "../fixtures/camera.ts";
import { createRoomWith } from "../fixtures/server.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";
import type { CallPage } from "../pages/call.ts";

const SMALL_PAGE = { picture: SMALL, context: { viewport: { width: 480, height: 320 } } };

test("what the server forwards is decoded by those with the link and by nobody else", async ({ server, somebody, plainPage }) => {
    test.setTimeout(300_000);
    const room = await createRoomWith(server, { mesh_limit: 2 });
    const secret = new URL(room.link).hash.slice("#key=".length);
    const calls: CallPage[] = [];
    const sent: string[] = [];
    for (const name of ["Ada", "Bob", "Cleo"]) {
        const call = await somebody(name, room.link, SMALL_PAGE);
        call.page.on("request", (request) => sent.push(request.url() + (request.postData() ?? "")));
        call.page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => sent.push(payload.toString())));
        await call.join();
        calls.push(call);
    }
    const [ada, bob] = [calls[0]!, calls[1]!];
    for (const call of calls) await call.expectOnServer();
    await ada.expectToSee(bob);
    await expect(ada.tile("Bob")).toHaveAttribute("data-secrecy", "sealed");

    // Two who have the server forward to them without the secret, and with a key that nobody has. One of them sends, in the clear, so that it can be told
    // whether the other would see what can be seen.
    const adaId = (await bob.tile("Ada").getAttribute("data-participant"))!;
    const clear = await Eavesdropper.join(server.url, room.code, "Mal", await plainPage(), { sends: true, watches: [] });
    const tap = await Eavesdropper.join(server.url, room.code, "Eve", await plainPage(), { sends: false, watches: [adaId, clear.id] });
    await expect.poll(() => tap.colours(1), { message: "the tap shows what is in the clear", timeout: 30_000 }).toEqual(quarters(0));
    await expect.poll(async () => (await tap.tapped())[0]!.packets, { message: "the tap gets Ada's packets" }).toBeGreaterThan(50);
    const [ofAda, ofMal] = await tap.tapped();
    console.log(`tapped: of Ada ${ofAda!.packets} packets, ${ofAda!.decoded} pictures; in the clear ${ofMal!.packets} packets, ${ofMal!.decoded} pictures`);
    await bob.expectToSee(ada);
    // A decoder makes noise of noise, now and then, but no picture.
    for (let look = 0; look < 10; look++) {
        expect(await tap.colours(0), "the tap shows nothing of Ada").not.toEqual(quarters(ada.camera));
        await ada.page.waitForTimeout(300);
    }
    await expect(ada.tile("Eve")).toContainText("Not using end-to-end encryption");
    // Mal has named a key, and whoever sends in the clear is waited for.
    await expect(ada.tile("Mal")).toHaveAttribute("data-secrecy", "waiting");

    await ada.write("the pineapple is ripe");
    await bob.openPanel("Chat");
    await expect(bob.chat()).toHaveText(["the pineapple is ripe"]);
    for (const text of [secret, "pineapple"]) expect(sent.filter((one) => one.includes(text)), text).toEqual([]);
    tap.close();
    clear.close();
});

test("after somebody was removed, the others use a key they were never told", async ({ server, somebody }) => {
    const room = await createRoomWith(server, {});
    const ada = await somebody("Ada", room.hostLink);
    const bob = await somebody("Bob", room.link);
    const eve = await somebody("Eve", room.link);
    for (const call of [ada, bob, eve]) {
        await call.page.addInitScript(recordOrders);
        await call.page.reload();
        await call.join();
    }
    await eve.expectToSee(ada);
    const keyOf = (call: CallPage) => call.page.evaluate(() => (window as unknown as Recorded).orders.filter((order) => order.SetOwnKey).at(-1)!.SetOwnKey!.key);
    const told = () => eve.page.evaluate(() => (window as unknown as Recorded).orders.flatMap((order) => order.SetKeyOf?.key ?? []).join());
    // Four bytes of the sender, two of the epoch, one of the step, then the key.
    const epoch = (key: number[]) => key.slice(0, 6).join();
    const before = [epoch(await keyOf(ada)), epoch(await keyOf(bob))];
    for (const one of before) expect(await told()).toContain(one);

    await ada.decide("Remove from call", "Eve");
    await expect(eve.heading("You were removed")).toBeVisible();
    for (const [place, call] of [ada, bob].entries()) {
        await expect.poll(async () => epoch(await keyOf(call)), { message: `${call.name} begins a new epoch` }).not.toBe(before[place]);
        expect(await told()).not.toContain(epoch(await keyOf(call)));
        expect(await told()).not.toContain((await keyOf(call)).slice(7).join());
    }
    await bob.expectToSee(ada);
    await ada.expectToSee(bob);
});

test("who comes by code alone knocks, is given the secret, and is unverified until the words were compared", async ({ server, somebody }) => {
    const room = await createRoomWith(server, {});
    const ada = await somebody("Ada", room.hostLink);
    await ada.join();
    await ada.write("before you came");
    const bob = await somebody("Bob", room.link.split("#")[0]!);
    await bob.page.getByRole("textbox", { name: "Your name" }).fill("Bob");
    await bob.button("Join now").click();
    await expect(bob.page.getByRole("heading", { name: "Waiting to be let in" })).toBeVisible();
    await expect(bob.page.getByText("missing the room's encryption key")).toBeVisible();
    await expectAccessible(bob.page);

    await expect(ada.page.getByRole("group", { name: "Waiting room" })).toContainText("don't have the room's key");
    await ada.button("Admit Bob").click();
    await bob.expectToSee(ada);
    await ada.expectToSee(bob);
    await expect(bob.page).toHaveURL(`${room.link}&unverified`);
    await expect(bob.page.getByTestId("key-hint")).toContainText("Compare the safety phrase");
    await bob.openPanel("Chat");
    await expect(bob.chat()).toHaveText(["before you came"]);

    const people = await ada.openPanel("People");
    await expect(people.getByText("Not verified")).toBeVisible();
    const phrase = async (call: CallPage) => {
        await call.choose("Safety phrase");
        const words = call.page.getByTestId("safety-phrase");
        await expect(words).toHaveText(/^[a-z]+( [a-z]+){5}$/);
        return words.textContent();
    };
    expect(await phrase(ada)).toBe(await phrase(bob));
    await expectAccessible(ada.page);
    // A page that was loaded again knows how it came by the key.
    await bob.page.reload();
    await expect(bob.page.getByTestId("key-hint")).toBeVisible();
    await ada.expectToSee(bob);
    for (const [call, other] of [[ada, "Bob"], [bob, "Ada"]] as const) {
        const people = await call.openPanel("People");
        await people.getByRole("button", { name: `Mark as verified: ${other}` }).click();
        await expect(people.getByText("Not verified")).toBeHidden();
        await expect(call.page.getByTestId("key-hint")).toBeHidden();
    }
    await expect(bob.page).toHaveURL(room.link);
});

test("whoever makes a room has its key at once, in the address and in the host link", async ({ server, plainPage }) => {
    const page = await plainPage();
    await page.goto(server.url);
    await page.getByRole("button", { name: "New room" }).click();
    await expect(page).toHaveURL(/#key=[\w-]{22}$/);
    const { hash } = new URL(page.url());
    await expect(page.getByRole("textbox", { name: "Host link" })).toHaveValue(new RegExp(`\\?key=k_\\w+${hash}$`));
    await page.reload();
    await expect(page).toHaveURL(new RegExp(`${hash}$`));
});

test("a host whom a guest with the bare code has forestalled is inside, and the link's key wins", async ({ server, somebody }) => {
    const room = await createRoomWith(server, {});
    const bob = await somebody("Bob", room.link.split("#")[0]!);
    await bob.join();
    await bob.write("is anybody here?");
    const ada = await somebody("Ada", room.hostLink);
    await ada.join();
    await expect(ada.tile("Bob")).toHaveAttribute("data-secrecy", "other-secret");
    await expect(bob.page.getByRole("alert").filter({ hasText: "don't have this room's encryption key" })).toBeVisible();
    await (await ada.openPanel("People")).getByRole("button", { name: "Share key: Bob" }).click();
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
    await ada.openPanel("Chat");
    await expect(ada.chat().filter({ hasText: "is anybody here?" })).toHaveCount(1);
    await expect((await ada.openPanel("People")).getByText("Not verified")).toBeVisible();
});

test("words of the safety phrase that do not arrive can be asked for again", async ({ newRoom, somebody }) => {
    const ada = await somebody("Ada", await newRoom());
    await ada.join();
    await ada.page.route("**/pkg/split_safety_phrase.wasm", (route) => route.abort());
    await ada.choose("Safety phrase");
    await expect(ada.page.getByText("Couldn't load the safety phrase")).toBeVisible();
    await ada.page.unroute("**/pkg/split_safety_phrase.wasm");
    await ada.panel("Safety phrase").getByRole("button", { name: "Close panel" }).click();
    await ada.choose("Safety phrase");
    await expect(ada.page.getByTestId("safety-phrase")).toHaveText(/^[a-z]+( [a-z]+){5}$/);
});

test("what a call takes is fetched again where a server was away for a moment", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    await ada.join();
    const bob = await somebody("Bob", await newRoom());
    const missed: string[] = [];
    // A new browser has nothing of it yet.
    await bob.page.context().clearCookies();
    const session = await bob.page.context().newCDPSession(bob.page);
    await session.send("Network.clearBrowserCache");
    for (const file of ["worker/start.js", "worker/worker.js", "worker/worker_bg.wasm", "pkg/split_session.wasm"]) {
        await bob.page.route(`**/${file}`, async (route) => {
            if (missed.includes(file)) return route.continue();
            missed.push(file);
            await route.abort();
        });
    }
    await bob.open(link);
    await bob.join();
    for (const [one, other] of [[ada, bob], [bob, ada]] as const) await one.expectToSee(other);
    expect(missed.toSorted()).toEqual(["pkg/split_session.wasm", "worker/start.js", "worker/worker.js", "worker/worker_bg.wasm"]);
});

test("where the worker that seals media does not arrive, the page says so", async ({ newRoom, plainPage }) => {
    const page = await plainPage();
    await page.route("**/worker/worker_bg.wasm", (route) => route.abort());
    await page.goto(await newRoom());
    await expect(page.getByText("Encryption didn't start")).toBeVisible();
});

test("a browser that cannot encrypt is told so before joining", async ({ newRoom, plainPage }) => {
    const page = await plainPage();
    await page.addInitScript(() => delete (window as { RTCRtpScriptTransform?: unknown }).RTCRtpScriptTransform);
    await page.goto(await newRoom());
    await expect(page.getByRole("alert").filter({ hasText: "doesn't support end-to-end encrypted calls" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Join now" })).toBeHidden();
    await expectAccessible(page);
});

interface Order {
    SetOwnKey?: { key: number[] };
    SetKeyOf?: { key: number[] };
}

interface Recorded {
    orders: Order[];
}

/** Notes what the page tells its worker. */
function recordOrders() {
    const recorded = window as unknown as Recorded;
    recorded.orders = [];
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (this: Worker, ...args: Parameters<Worker["postMessage"]>) {
        if (typeof args[0] === "string") recorded.orders.push(JSON.parse(args[0]) as Order);
        post.apply(this, args);
    } as Worker["postMessage"];
}
