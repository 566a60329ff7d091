// Every page of the admin, with some rooms in use, into docs/images.

import { picture } from "../fixtures/picture.ts";
import { PlainClient } from "../fixtures/plain_client.ts";
import { createRoomWith, startServer } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

test("what an operator sees", async ({ plainPage }) => {
    test.setTimeout(120_000);
    const server = await startServer();
    for (const [name, people, turnedAway] of [["Autumn programme", 4, 3], ["Monday tea", 3, 0], ["Tea for two", 2, 0]] as const) {
        const { code } = await createRoomWith(server, { name, capacity: people });
        for (let number = 0; number < people; number++) await PlainClient.join(server.url, code, `Guest ${number + 1}`);
        for (let number = 0; number < turnedAway; number++) {
            const client = await PlainClient.connect(server.url);
            client.say({ type: "join", version: 1, room: code, name: "Guest" });
            await client.hearEnd();
        }
    }
    server.apiKey(["rooms:read", "rooms:write", "tokens:write"]);
    const page = await plainPage();
    await page.goto(server.adminLink());
    await picture(page, "admin-sign-in", "few");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    // It is looked every ten seconds who is inside.
    await expect(async () => {
        await page.reload();
        await expect(page.getByRole("heading", { name: "How calls connect" })).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 30_000 });
    await picture(page, "admin-overview");
    for (const [path, name] of [["/admin/rooms", "rooms"], ["/admin/api-keys", "api-keys"], ["/admin/audit-log", "audit-log"], ["/admin/server", "server"]]) {
        await page.goto(server.url + path);
        await picture(page, `admin-${name}`, "few");
    }
    await page.goto(`${server.url}/admin/rooms`);
    await page.getByRole("link", { name: "Monday tea" }).click();
    await page.getByText("End for everyone").click();
    await picture(page, "admin-room", "few");
    await page.goto(`${server.url}/admin?language=ar`);
    await picture(page, "admin-arabic", "few");
    await page.goto(`${server.url}/admin?language=en`);
    await page.getByRole("button", { name: "Sign out" }).click();
    await picture(page, "admin-signed-out", "few");
    await server.stop();
});
