// Pages, WebSocket and TURN over TLS on one port with one certificate, in both browsers.

import { makeAuthority, type Authority } from "../fixtures/certificate.ts";
import { ownAddress } from "../fixtures/coturn.ts";
import { FirefoxCall } from "../fixtures/firefox.ts";
import { startServer, type Server } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

const NAME = "veranda.test";

let authority: Authority;
let server: Server;
let link: string;

test.beforeAll(async () => {
    const address = ownAddress();
    authority = makeAuthority([NAME, address]);
    server = await startServer(authority.environment, { address: `${address}:0` });
    const { host, port } = new URL(server.url);
    link = `https://${NAME}:${port}/r/${authority.newRoom(NAME, host, {})}#key=AAAAAAAAAAAAAAAAAAAAAA`;
});

test.afterAll(() => server.stop());

test("Chromium and Firefox reach pages, the WebSocket and TURN over TLS on one port", async ({ somebody }) => {
    const hosts = { [NAME]: ownAddress() };
    const ada = await somebody("Ada", link, { home: authority.home, hosts, relayOnly: "tls" });
    await ada.join();
    expect(new URL(ada.page.url()).origin).toBe(`https://${NAME}:${new URL(server.url).port}`);
    const firefox = await FirefoxCall.join("Finn", link, { profile: authority.profile, address: ownAddress(), relayOnly: "tls" });
    // To the other one's relay; or to the server, where a slow machine took too long for that.
    const overTls = [expect.stringMatching(/^relay\/udp over (tls|tcp) to (relay|host)$/)];
    await expect.poll(() => ada.paths()).toEqual(overTls);
    await ada.expectToMove("Finn");
    await expect.poll(() => firefox.sound()).toBeGreaterThan(0);
    await expect.poll(() => firefox.paths()).toEqual(overTls);
    await firefox.close();
});

test("the connection test reaches the relay on the port of pages, over TCP and inside TLS", async ({ somebody }) => {
    const ada = await somebody("Ada", link, { home: authority.home, hosts: { [NAME]: ownAddress() } });
    await ada.page.goto(new URL("/connection-test", ada.page.url()).href);
    await expect(ada.page.getByRole("status")).toContainText("Everything works.", { timeout: 15_000 });
    const tried = ada.page.getByRole("list", { name: "What was tried" });
    for (const way of ["TCP", "TLS"]) {
        const hop = tried.getByRole("listitem").filter({ hasText: new RegExp(`over ${way}, port \\d+ \\(same as the website\\)`) });
        await expect(hop).toContainText("OK, ");
    }
});
