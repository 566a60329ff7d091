// The connection test: what gets through, in plain words, before a call and during one.

import { startServer } from "../fixtures/server.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";

test("the connection test tries every way to the server and says what a call will use", async ({ plainPage, server }) => {
    const page = await plainPage({ context: { permissions: ["clipboard-read", "clipboard-write"] } });
    await page.goto(server.url);
    await page.getByRole("link", { name: "Connection test" }).click();
    await expect(page.getByRole("heading", { name: "Connection test", level: 1 })).toBeVisible();
    const tried = page.getByRole("list", { name: "What was tried" }).getByRole("listitem");
    await expect(page.getByRole("status")).toContainText("Everything works.", { timeout: 15_000 });
    await expect(tried).toHaveText([
        /Website: .*OK, \d+ ms/,
        /Signalling \(WebSocket\): .*OK, \d+ ms/,
        /Audio and video over UDP, port \d+: .*OK, \d+ ms/,
        /Audio and video over TCP, port \d+: .*OK, \d+ ms/,
        /Direct connection: .*Should work/,
    ]);
    await expectAccessible(page);
    await page.getByRole("button", { name: "Copy result" }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain("Everything works.");
    // It may go into a ticket.
    expect(copied).not.toMatch(/\d+\.\d+\.\d+\.\d+|::/);
    await page.getByRole("button", { name: "Test again" }).click();
    await expect(page.getByRole("button", { name: "Test again" })).toBeDisabled();
    await expect(page.getByRole("status")).toContainText("Everything works.", { timeout: 15_000 });
});

test("the connection test says what is missing", async ({ plainPage }) => {
    const server = await startServer({ VERANDA__RELAY__ENABLED: "false" });
    const page = await plainPage();
    await page.goto(`${server.url}/connection-test`);
    await expect(page.getByRole("status")).toContainText("this server has no relay", { timeout: 15_000 });
    await page.routeWebSocket("**/api/v1/ws", (socket) => socket.close());
    await page.getByRole("button", { name: "Test again" }).click();
    await expect(page.getByRole("status")).toContainText("blocks WebSockets", { timeout: 15_000 });
    await expect(page.getByRole("status").getByRole("listitem")).toContainText("WebSocket connections to this server");
    await page.route("**/api/v1/connection-test", (route) => route.abort());
    await page.getByRole("button", { name: "Test again" }).click();
    await expect(page.getByRole("status")).toContainText("Can't reach the server.", { timeout: 15_000 });
    await server.stop();
});

test("during a call, its paths are shown, and what else would get through", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link, { relayOnly: "any" });
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    for (const [call, path] of [[ada, /^Bob: (relayed|direct), (UDP|TCP)$/], [bob, /^Ada: relayed, (UDP|TCP)$/]] as const) {
        await call.choose("Call details");
        const panel = call.panel("Call details");
        await expect(panel.getByRole("list", { name: "Connections in this call" }).getByRole("listitem")).toHaveText([path]);
        await expect(panel.getByRole("status")).toContainText(/Everything works|Calls work/, { timeout: 20_000 });
        await expectAccessible(call.page);
    }
    // The test has not touched the call.
    await ada.expectToSee(bob);
});
