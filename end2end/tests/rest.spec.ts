// The REST interface through a client that was generated from its description, and the page that explains it.

import { Api } from "../.cache/client/veranda.ts";
import { startServer } from "../fixtures/server.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";

test("a generated client makes, reads, changes, lists and deletes a room", async ({ somebody }) => {
    const server = await startServer();
    const key = server.apiKey(["rooms:read", "rooms:write", "participants:read", "participants:write", "tokens:write"]);
    const { api } = new Api({ baseUrl: server.url, baseApiParams: { headers: { Authorization: `Bearer ${key}` }, format: "json" } });

    const made = await api.createRoom({ name: "Tea", waiting_room: "off" });
    expect(made.status).toBe(201);
    const { code } = made.data;
    const tag = made.headers.get("etag")!;
    expect((await api.readRoom(code)).data.settings.name).toBe("Tea");

    const changed = await api.changeRoom(code, { name: "Coffee" }, { headers: { Authorization: `Bearer ${key}`, "If-Match": tag } });
    expect(changed.data.settings.name).toBe("Coffee");
    const late = api.changeRoom(code, { name: "Milk" }, { headers: { Authorization: `Bearer ${key}`, "If-Match": tag } });
    await expect(late).rejects.toMatchObject({ status: 412, error: { type: "/problems/changed" } });

    const ada = await somebody("Ada", `${server.url}/r/${code}`);
    await ada.join();
    await expect(ada.page).toHaveTitle("Coffee · Veranda");
    const [seated] = (await api.listParticipants(code)).data;
    expect(seated).toMatchObject({ name: "Ada", role: "guest" });
    await api.turnOff(code, seated!.id, { source: "camera" });
    await expect(ada.toolbarButton("Turn on camera")).toBeVisible();
    expect((await api.listRooms()).data.rooms.map((room) => [room.code, room.present])).toEqual([[code, 1]]);

    const { data: token } = await api.createToken(code, { kind: "access", role: "co_host", name: "Bob" });
    expect(token.token.split(".")).toHaveLength(3);
    await api.removeParticipant(code, seated!.id);
    await expect(ada.page.getByRole("heading", { name: "You were removed" })).toBeVisible();
    expect((await api.deleteRoom(code)).status).toBe(204);
    await expect(api.readRoom(code)).rejects.toMatchObject({ status: 404 });
    await server.stop();
});

test("the page about the interface needs nothing from elsewhere, and no script", async ({ plainPage, server }) => {
    const page = await plainPage();
    const hosts = new Set<string>();
    page.on("request", (request) => hosts.add(new URL(request.url()).host));
    await page.goto(`${server.url}/api/docs`);
    await expect(page.getByRole("heading", { name: "REST API" })).toBeVisible();
    await page.getByRole("link", { name: "PATCH /api/v1/rooms/{code}", exact: true }).click();
    await expect(page.getByRole("region", { name: "PATCH /api/v1/rooms/{code}", exact: true })).toContainText("scope rooms:write");
    expect([...hosts]).toEqual([new URL(server.url).host]);
    expect(await page.locator("script").count()).toBe(0);
    await expectAccessible(page);
});
