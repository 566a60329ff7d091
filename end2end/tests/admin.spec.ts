// The admin page: what an operator does there, in browsers without script and with it, in every language.

import type { Page } from "@playwright/test";
import { PlainClient } from "../fixtures/plain_client.ts";
import { createRoomWith, startServer, type Server } from "../fixtures/server.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";

const PAGES = ["/admin", "/admin/rooms", "/admin/api-keys", "/admin/audit-log", "/admin/server"];

async function signIn(page: Page, server: Server): Promise<void> {
    await page.goto(server.adminLink());
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
}

for (const script of [false, true]) {
    test(`an operator ends a call, makes a key and finds both in the log, ${script ? "with" : "without"} script`, async ({ plainBrowser }) => {
        const server = await startServer();
        const { code } = await createRoomWith(server, { name: "Tea for two" });
        const { client } = await PlainClient.join(server.url, code, "Ada");
        const context = await plainBrowser.newContext({ javaScriptEnabled: script });
        const page = await context.newPage();
        await signIn(page, server);
        await expect(page.getByRole("table").getByRole("row", { name: /Tea for two/ })).toContainText("1");
        await page.getByRole("link", { name: "Rooms", exact: true }).click();
        await page.getByRole("searchbox", { name: "Search rooms" }).fill("tea");
        await page.getByRole("button", { name: "Search" }).click();
        await page.getByRole("link", { name: "Tea for two" }).click();
        await page.getByRole("button", { name: "Lock room" }).click();
        await expect(page.getByText("Locked: no one else can join")).toBeVisible();
        await expect(page.getByRole("button", { name: "Unlock room" })).toBeVisible();
        await page.getByText("End for everyone").click();
        await page.getByRole("button", { name: "End Tea for two for everyone" }).click();
        await expect(page.getByText("Ended", { exact: true })).toBeVisible();
        expect(await client.hearEnd()).toMatchObject({ error: "room_ended" });

        await page.getByRole("link", { name: "API keys", exact: true }).click();
        await page.getByRole("textbox", { name: "Name" }).fill("Calendar");
        await page.getByRole("checkbox", { name: "rooms:read" }).check();
        await page.getByRole("button", { name: "Create key" }).click();
        const secret = await page.getByRole("status").locator("code").innerText();
        const ask = () => fetch(`${server.url}/api/v1/rooms`, { headers: { authorization: `Bearer ${secret}` } });
        expect((await ask()).status).toBe(200);
        await page.getByRole("button", { name: "Revoke Calendar" }).click();
        await expect(page.getByRole("row", { name: /Calendar/ })).toContainText("Revoked");
        expect((await ask()).status).toBe(401);

        await page.getByRole("link", { name: "Audit log", exact: true }).click();
        const actions = page.getByRole("row").locator("td:nth-child(2)");
        const done = ["api_key.revoked", "api_key.created", "room.ended", "room.locked", "admin.signed_in", "admin_link.created", "room.created"];
        await expect(actions).toHaveText(done);
        await page.getByRole("combobox", { name: "Action" }).selectOption("room.ended");
        await page.getByRole("button", { name: "Filter" }).click();
        await expect(actions).toHaveText(["room.ended"]);
        await page.getByRole("button", { name: "Sign out" }).click();
        await expect(page.getByRole("heading", { name: "You're not signed in" })).toBeVisible();
        await page.goBack();
        await expect(page.getByText("room.ended")).toHaveCount(0);
        await context.close();
        await server.stop();
    });
}

test("the admin page speaks every language, fits, and is clean for axe", async ({ plainBrowser }) => {
    test.setTimeout(120_000);
    const server = await startServer();
    const { code } = await createRoomWith(server, { name: "8".repeat(60) });
    await PlainClient.join(server.url, code, "Ada");
    server.apiKey(["rooms:read"]);
    const context = await plainBrowser.newContext();
    const page = await context.newPage();
    await signIn(page, server);
    const room = await page.getByRole("table").getByRole("link").first().getAttribute("href");
    for (const language of ["en", "fr", "de", "es", "pt", "ar", "ja", "zh"]) {
        for (const path of [...PAGES, "/admin?period=week", "/admin?period=month&update=on", room!]) {
            const address = new URL(path, server.url);
            address.searchParams.set("language", language);
            await page.goto(address.href);
            await expect(page.locator("html")).toHaveAttribute("lang", language);
            for (const width of [320, 1280]) {
                await page.setViewportSize({ width, height: 800 });
                const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
                expect(tooWide, `${language} ${path} at ${width}`).toBeLessThanOrEqual(0);
            }
            if (language !== "en") await expect(page.locator("main")).not.toContainText(/\b(the|your|you|of|and)\b/i);
            if (language === "en" || language === "ar") await expectAccessible(page);
        }
    }
    const updates = page.waitForResponse((response) => response.url().endsWith("&update=on"), { timeout: 20_000 });
    await page.goto(new URL("/admin?language=en", server.url).href);
    await page.getByRole("link", { name: "Update every 10 seconds" }).click();
    await updates;
    await page.waitForResponse((response) => response.url().endsWith("&update=on"), { timeout: 20_000 });
    await page.getByRole("link", { name: "Stop updating" }).click();
    await page.emulateMedia({ colorScheme: "dark" });
    await page.goto(new URL("/admin?language=en", server.url).href);
    await expectAccessible(page);
    await expect(page.getByRole("img", { name: /at the same time: at most \u2068?1\u2069? in this period/ })).toBeVisible();
    await context.close();
    await server.stop();
});
