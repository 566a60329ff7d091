// The pages around a call: with and without script, wide and narrow, and when something is not there.

import { createRoomWith, startServer } from "../fixtures/server.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";

for (const javaScriptEnabled of [true, false]) {
    const script = javaScriptEnabled ? "with script" : "without script";

    test(`the landing page makes a room, ${script}`, async ({ plainPage, server }) => {
        const page = await plainPage({ context: { javaScriptEnabled } });
        const requested: string[] = [];
        page.on("request", (request) => requested.push(request.url()));
        await page.goto(server.url);

        expect(requested.filter((url) => /\.(js|wasm)\b/.test(url))).toEqual([]);
        expect(requested.filter((url) => !url.startsWith(`${server.url}/`))).toEqual([]);
        await expect(page.locator("script")).toHaveCount(0);
        if (javaScriptEnabled) await expectAccessible(page);

        await page.getByRole("textbox", { name: "Room name" }).fill("Monday tea");
        await page.getByRole("button", { name: "New room" }).click();
        // With a script the page makes the room's secret, and the link carries it from the beginning.
        const secret = javaScriptEnabled ? "#key=[\\w-]{22}" : "";
        await expect(page).toHaveURL(new RegExp(`/r/[0-9a-z]{3}-[0-9a-z]{4}-[0-9a-z]{3}${secret}$`));
        await expect(page.getByRole("heading", { name: "Monday tea" })).toBeVisible();
    });

    test(`a code or a link leads to its room, and anything else is told apart, ${script}`, async ({ plainPage, server, newRoom }) => {
        const page = await plainPage({ context: { javaScriptEnabled } });
        const whole = await newRoom();
        const link = whole.split("#")[0]!;
        for (const text of [link, link.split("/r/")[1]!.toUpperCase().replaceAll("-", " ")]) {
            await page.goto(server.url);
            await page.getByRole("textbox", { name: "Room code or link" }).fill(text);
            await page.getByRole("button", { name: "Join" }).click();
            await expect(page).toHaveURL((url) => url.href.split("#")[0] === link);
        }
        // What is sent from here reaches the server, which the key in a link must not.
        const sent: string[] = [];
        page.on("request", (request) => sent.push(request.url() + (request.postData() ?? "")));
        await page.goto(server.url);
        await page.getByRole("textbox", { name: "Room code or link" }).fill(whole);
        await page.getByRole("button", { name: "Join" }).click();
        await expect(page.getByRole("textbox", { name: "Room code or link" })).toHaveJSProperty("validity.valid", false);
        expect(sent.filter((request) => request.includes(whole.split("=")[1]!))).toEqual([]);
        await page.goto(server.url);
        await page.getByRole("textbox", { name: "Room code or link" }).fill("tea at five");
        await page.getByRole("button", { name: "Join" }).click();
        await expect(page.getByRole("alert")).toContainText("doesn't look like a room code");
        if (javaScriptEnabled) await expectAccessible(page);
    });
}

test("an unknown room says so, ships no script, and offers a new one", async ({ plainPage, server }) => {
    const page = await plainPage();
    const response = await page.goto(`${server.url}/r/kfm-pqxz-wtr`);
    expect(response!.status()).toBe(404);
    await expect(page.getByRole("heading", { name: "Room not found" })).toBeVisible();
    await expect(page.locator("script[type=module]")).toHaveCount(0);
    await expectAccessible(page);
    await page.getByRole("button", { name: "New room" }).click();
    await expect(page).toHaveURL(/\/r\//);
});

test("a path that leads nowhere is a page", async ({ plainPage, server }) => {
    const page = await plainPage();
    const response = await page.goto(`${server.url}/nothing/here`);
    expect(response!.status()).toBe(404);
    await expect(page.getByRole("heading", { name: "Page not found" })).toBeVisible();
    await expectAccessible(page);
});

test("pages fit a width of 320 pixels", async ({ plainPage, server, newRoom }) => {
    const page = await plainPage({ context: { viewport: { width: 320, height: 640 } } });
    for (const url of [server.url, `${server.url}/new`, `${server.url}/rooms`, `${server.url}/api/docs`, await newRoom("A room with quite a long name for a small screen"), `${server.url}/r/kfm-pqxz-wtr`]) {
        await page.goto(url);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(overflow, url).toBeLessThanOrEqual(0);
    }
});

test("the keyboard alone joins and leaves a call, and focus is visible", async ({ plainPage, newRoom }) => {
    const page = await plainPage();
    await page.goto(await newRoom());
    await expect(page.getByRole("button", { name: "Join now" })).toBeEnabled();
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.id ?? "");
    for (let presses = 0; (await focused()) !== "your-name" && presses < 12; presses++) await page.keyboard.press("Tab");
    expect(await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)).toBe("solid");
    await page.keyboard.type("Ada");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("toolbar")).toBeVisible();
    for (let presses = 0; (await focused()) !== "Leave" && presses < 12; presses++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "You left" })).toBeVisible();
});

test("a name that cannot be is refused before joining", async ({ plainPage, newRoom }) => {
    const page = await plainPage();
    await page.goto(await newRoom());
    await page.getByRole("textbox", { name: "Your name" }).fill("<b>Ada</b>");
    await page.getByRole("button", { name: "Join now" }).click();
    await expect(page.getByRole("alert").filter({ hasText: "Remove “<” from the name." })).toBeVisible();
});

for (const javaScriptEnabled of [true, false]) {
    test(`a room with rules is made, found again and deleted, ${javaScriptEnabled ? "with" : "without"} script`, async ({ server, plainPage }) => {
        const page = await plainPage({ context: { javaScriptEnabled } });
        await page.goto(server.url);
        await page.getByRole("link", { name: "New room with options" }).click();
        if (javaScriptEnabled) await expectAccessible(page);
        await page.getByRole("textbox", { name: "Room name" }).fill("Book club");
        await page.getByLabel("Password").fill("sesame");
        await page.getByRole("checkbox", { name: "Guests wait" }).check();
        await page.getByRole("button", { name: "New room" }).click();
        await expect(page).toHaveURL(/\/r\/[0-9a-z-]+(#key=[\w-]+)?$/);
        await expect(page.getByRole("heading", { name: "Book club" })).toBeVisible();

        await page.goto(`${server.url}/rooms`);
        const room = page.getByRole("listitem").filter({ hasText: "Book club" });
        await expect(room.getByRole("link", { name: "Book club", exact: true })).toBeVisible();
        if (javaScriptEnabled) await expectAccessible(page);
        await room.getByText("Delete", { exact: true }).click();
        await room.getByRole("button", { name: "Delete permanently: Book club" }).click();
        await expect(page).toHaveURL(`${server.url}/rooms`);
        await expect(room).toHaveCount(0);
    });
}

test("a server that keeps the making of rooms to programs says so, and still leads to rooms", async ({ plainPage }) => {
    const server = await startServer({ VERANDA__ROOMS__ANYONE_CREATES: "false" });
    const page = await plainPage();
    await page.goto(server.url);
    await expect(page.getByText("Only this server's administrator can create rooms")).toBeVisible();
    await expect(page.getByRole("button", { name: "New room" })).toHaveCount(0);
    await expectAccessible(page);
    const key = server.apiKey(["rooms:write"]);
    const made = await fetch(`${server.url}/api/v1/rooms`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        body: "{}",
    });
    const { code } = (await made.json()) as { code: string };
    await page.getByRole("textbox", { name: "Room code or link" }).fill(code);
    await page.getByRole("button", { name: "Join" }).click();
    await expect(page.getByRole("textbox", { name: "Your name" })).toBeVisible();
    await server.stop();
});

test("the page can be installed, and crawlers are told what is nobody's business", async ({ server, plainPage }) => {
    const page = await plainPage();
    await page.goto(server.url);
    const address = await page.locator("link[rel=manifest]").getAttribute("href");
    const answer = await page.request.get(new URL(address!, server.url).href);
    expect(answer.headers()["content-type"]).toContain("application/manifest+json");
    const manifest = (await answer.json()) as { start_url: string; icons: { src: string; type: string }[] };
    expect(manifest.start_url).toBe("/");
    for (const { src, type } of [...manifest.icons, { src: "/icons/touch.png", type: "image/png" }, { src: "/icons/preview.png", type: "image/png" }]) {
        const icon = await page.request.get(new URL(src, server.url).href);
        expect([icon.status(), icon.headers()["content-type"]]).toEqual([200, type]);
    }
    // A crawler that asks a thousand times is answered a thousand times, and nobody else waits for it.
    const many = await Promise.all(Array.from({ length: 1_000 }, () => fetch(new URL(address!, server.url))));
    expect(many.every((one) => one.status === 200)).toBe(true);
    const robots = await (await page.request.get(new URL("/robots.txt", server.url).href)).text();
    expect(robots).toMatch(/^User-agent: \*\n/);
    expect(robots).toContain("Disallow: /r/\n");
});

test("a room that its host lists is found on the landing page, and one with a password is not called open", async ({ plainPage, server, somebody }) => {
    const markup = "Tea & 'scones' \"fresh\"";
    const open = await createRoomWith(server, { name: markup });
    await createRoomWith(server, { name: "Bookbinders", listed: "on", password: "glue" });
    const ada = await somebody("Ada Lovelace", open.hostLink);
    await ada.join();
    const page = await plainPage({ context: { javaScriptEnabled: false } });
    await page.goto(server.url);
    await expect(page.getByRole("link", { name: markup })).toHaveCount(0);

    await ada.choose("Room settings");
    await ada.panel("Room settings").getByRole("checkbox", { name: "List this room on the home page" }).check();
    await expect(async () => {
        await page.goto(server.url);
        await expect(page.getByRole("region", { name: "Open rooms" })).toContainText("1 person", { timeout: 200 });
    }).toPass();
    const rooms = page.getByRole("region", { name: "Open rooms" });
    await expect(rooms.getByRole("link")).toHaveText([markup]);
    await expect(page.getByRole("region", { name: "Other rooms" })).toContainText("Password");
    await expect(page.getByRole("main"), "never who is inside").not.toContainText("Ada");
    await rooms.getByRole("link").click();
    await expect(page).toHaveURL(new RegExp(`${new URL(open.link).pathname}$`));
    // axe needs a script.
    const seeing = await plainPage();
    await seeing.goto(server.url);
    await expectAccessible(seeing);
});
