// Real proxies in front of the server, with the files that deploy/ gives to operators.

import { createServer } from "node:http";
import type { Browser } from "@playwright/test";
import { launch, newPage } from "../fixtures/browser.ts";
import { makeAuthority, type Authority } from "../fixtures/certificate.ts";
import { servicesOfCluster, upstreamOf } from "../fixtures/cluster.ts";
import { ownAddress } from "../fixtures/coturn.ts";
import { freePort, startProxy, type Kind, type Proxy } from "../fixtures/proxies.ts";
import { startServer, type Server } from "../fixtures/server.ts";
import { test as base, expect } from "../fixtures/test.ts";
import { CallPage } from "../pages/call.ts";

const NAME = "veranda.test";

/** The proxies come from here. Clients are at other addresses of loopback, and nobody's proxies. */
const PROXIES = "127.0.0.0/30";
const LIMITS = { VERANDA__LIMITS__ROOMS_AT_ONCE: "2", VERANDA__LIMITS__ROOMS_PER_MINUTE: "1" };
const SECRET = "#key=AAAAAAAAAAAAAAAAAAAAAA";
const JSON_BODY = { "content-type": "application/json" };
const UPGRADE = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" };
const FORM = { "content-type": "application/x-www-form-urlencoded" };

let authority: Authority;
let server: Server;
const browsers: Browser[] = [];

/** Two people with browsers that are there already: a proxy more costs no browser more. */
const test = base.extend<{ pair: (link: string) => Promise<[CallPage, CallPage]> }>({
    pair: async ({}, use) => {
        const pages: CallPage[] = [];
        await use(async (link) => {
            for (const [camera, name] of ["Ada", "Bob"].entries()) {
                const call = new CallPage(await newPage(browsers[camera]!), name, camera);
                pages.push(call);
                await call.open(link);
            }
            return [pages[0]!, pages[1]!];
        });
        await Promise.all(pages.map((call) => call.page.context().close()));
    },
});

test.beforeAll(async () => {
    authority = makeAuthority([NAME]);
    const settings = { VERANDA__SERVER__TRUSTED_PROXIES: PROXIES, VERANDA__SERVER__ALLOWED_ORIGINS: "https://shop.example" };
    server = await startServer({ ...LIMITS, ...settings });
    for (const camera of [0, 1]) {
        browsers.push(await launch({ camera, home: authority.home, hosts: { [NAME]: "127.0.0.1" } }));
    }
});

test.afterAll(async () => {
    await Promise.all(browsers.map((browser) => browser.close()));
    await server.stop();
});

/** Makes a room as somebody at this address. */
async function newRoom(proxy: Proxy, from: string, headers: Record<string, string> = {}): Promise<{ status: number; code: string }> {
    const { status, text } = await proxy.ask("/api/v1/rooms", { method: "POST", body: "{}", from, headers: { ...JSON_BODY, ...headers } });
    return { status, code: status === 201 ? (JSON.parse(text) as { code: string }).code : text };
}

for (const [index, kind] of (["nginx", "haproxy", "caddy"] as Kind[]).entries()) {
    test.describe(`behind ${kind}`, () => {
        let proxy: Proxy;
        /** Whoever makes a room for a test that is not about limits. */
        const host = `127.0.${index + 1}.1`;

        test.beforeAll(async () => {
            proxy = await startProxy(kind, { name: NAME, authority, upstream: new URL(server.url).host });
        });
        test.afterAll(() => proxy.stop());

        test("pages travel over HTTP/2, and two people see and hear each other", async ({ pair }) => {
            const { code } = await newRoom(proxy, host);
            const [ada, bob] = await pair(`https://${NAME}:${proxy.port}/r/${code}${SECRET}`);
            const protocols = await ada.page.evaluate(() =>
                [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
                    .map((entry) => (entry as PerformanceResourceTiming).nextHopProtocol)
                    // What the page made itself was fetched from nobody.
                    .filter((protocol) => protocol !== ""),
            );
            expect(new Set(protocols)).toEqual(new Set(["h2"]));
            const handshakes = await watchHandshakes(ada);
            await ada.join();
            // HAProxy takes a WebSocket as a stream of HTTP/2 (RFC 8441), which is answered with 200; the others as a connection of its own.
            expect(handshakes).toEqual([kind === "haproxy" ? 200 : 101]);
            await bob.join();
            await ada.expectToSee(bob);
            await bob.expectToSee(ada);
            await ada.expectToHear(1);
            await ada.write("through a proxy");
            await bob.openPanel("Chat");
            await expect(bob.chat()).toHaveText(["through a proxy"]);
        });

        test("limits count people and not the proxy, and nobody says that they are somebody else", async () => {
            const [one, other] = [`127.0.${index + 1}.9`, `127.0.${index + 1}.10`];
            const lies = { "x-forwarded-for": "198.51.100.7", forwarded: "for=198.51.100.7" };
            for (const status of [201, 201, 429]) expect((await newRoom(proxy, one)).status).toBe(status);
            expect((await newRoom(proxy, one, lies)).status, "who lies is still the same").toBe(429);
            for (const status of [201, 201, 429]) expect((await newRoom(proxy, other, lies)).status).toBe(status);
        });

        test("links have the name that browsers know, whatever a client says it is", async () => {
            const { code } = await newRoom(proxy, host);
            const lies = { "x-forwarded-host": "evil.example", "x-forwarded-proto": "http", forwarded: "host=evil.example;proto=http" };
            for (const headers of [{}, lies]) {
                const calendar = (await proxy.ask(`/r/${code}/calendar.ics`, { headers })).text.replaceAll("\r\n ", "");
                expect(calendar).toContain(`URL:https://${NAME}:${proxy.port}/r/${code}`);
                const page = await proxy.ask(`/r/${code}`, { headers });
                expect(page.headers["strict-transport-security"]).toBe("max-age=31536000");
                expect(page.headers["set-cookie"]?.join()).toMatch(/^__Host-veranda=.*Secure/);
            }
            await expectHostLink(proxy, `127.0.${index + 1}.2`);
        });

        test("forms and programs of other sites are told apart, however the name is written", async () => {
            let asked = 0;
            const status = async (host: string, origin: string) => {
                const from = `127.0.${index + 1}.${20 + asked++}`;
                return (await proxy.ask("/rooms", { method: "POST", from, headers: { ...FORM, host, origin }, body: "name=" })).status;
            };
            const own = `https://${NAME}`;
            expect(await status(`${NAME}:443`, own)).toBe(303);
            expect(await status(NAME, own)).toBe(303);
            expect(await status(`${NAME}:${proxy.port}`, `${own}:${proxy.port}`)).toBe(303);
            expect(await status(`${NAME}:443`, "https://evil.example")).toBe(403);
            expect(await status(`${NAME}:443`, `http://${NAME}`), "in the clear it is somebody else's page").toBe(403);
            const allowed = async (origin: string) =>
                (await proxy.ask("/api/v1/rooms/kfm-pqxz-wtr/validate", { method: "POST", headers: { ...JSON_BODY, origin }, body: "{}" })).headers[
                    "access-control-allow-origin"
                ];
            expect(await allowed("https://shop.example")).toBe("https://shop.example");
            expect(await allowed("https://evil.example")).toBeUndefined();
            const joins = async (host: string, origin: string) => (await proxy.ask("/api/v1/ws", { headers: { ...UPGRADE, host, origin } })).status;
            for (const origin of [own, "https://shop.example"]) expect(await joins(`${NAME}:443`, origin), origin).toBe(101);
            expect(await joins(`${NAME}:443`, "https://evil.example")).toBe(403);
        });

        // Caddy redirects at port 80, which a test does not have.
        if (kind === "caddy") return;
        test("whoever comes in the clear is sent on", async () => {
            const { status, headers } = await proxy.ask("/connection-test?x=1", { plain: true, headers: { host: NAME } });
            expect([status, headers.location]).toEqual([308, `https://${NAME}/connection-test?x=1`]);
        });
    });
}

const REWRITING: [Kind, (file: string) => string][] = [
    ["nginx", (file) => replaced(file, "proxy_set_header Host $http_host;", "")],
    ["haproxy", (file) => replaced(file, "del-header Forwarded\n", "del-header Forwarded\n    http-request set-header Host inner.example\n")],
];
for (const [index, [kind, change]] of REWRITING.entries()) {
    test(`${kind} that writes the name of the server anew is no different, as long as it says what it was`, async () => {
        const proxy = await startProxy(kind, { name: NAME, authority, upstream: new URL(server.url).host, change });
        const { code } = await newRoom(proxy, `127.0.8.${10 + index}`);
        const calendar = (await proxy.ask(`/r/${code}/calendar.ics`)).text.replaceAll("\r\n ", "");
        expect(calendar).toContain(`URL:https://${NAME}:${proxy.port}/r/${code}`);
        await expectHostLink(proxy, `127.0.8.${20 + index}`);
        const origin = `https://${NAME}:${proxy.port}`;
        expect((await proxy.ask("/api/v1/ws", { headers: { ...UPGRADE, origin } })).status).toBe(101);
        await proxy.stop();
    });
}

for (const kind of ["nginx", "haproxy"] as const) test(`of several nodes ${kind} asks whichever is there, also one that was away a moment ago`, async () => {
    const names = ["veranda-one", "veranda-two", "veranda-three"];
    const nodes = await Promise.all(names.map(async (name) => ({ name, port: await freePort(), status: 200 })));
    const start = ({ name, port, status }: (typeof nodes)[number]) => {
        const http = createServer((_, response) => response.writeHead(status).end(name));
        return new Promise<typeof http>((listening) => http.listen(port, "127.0.0.1", () => listening(http)));
    };
    const end = async (http: Awaited<ReturnType<typeof start>>) => {
        const ended = new Promise((done) => http.close(done));
        http.closeAllConnections();
        await ended;
    };
    const running = await Promise.all(nodes.map(start));
    const [first, ...others] = nodes.map(({ port }) => `127.0.0.1:${port}`);
    const all = upstreamOf(servicesOfCluster(), Object.fromEntries(nodes.map(({ name, port }) => [name, `127.0.0.1:${port}`])));
    const upstreams = { nginx: { upstream: all }, haproxy: { upstream: first!, others } };
    const proxy = await startProxy(kind, { name: NAME, authority, ...upstreams[kind] });
    const answers = async () => {
        const some = [];
        for (let asked = 0; asked < 6; asked++) some.push(await proxy.ask("/"));
        return [...new Set(some.map(({ status, text }) => `${status} ${text}`))].toSorted();
    };
    expect(await answers()).toEqual(["200 veranda-one", "200 veranda-three", "200 veranda-two"]);
    await end(running[0]!);
    await end(running[1]!);
    expect(await answers()).toEqual(["200 veranda-three"]);
    running[0] = await start(nodes[0]!);
    await end(running[2]!);
    expect(await answers()).toEqual(["200 veranda-one"]);
    // One that starts or ends says so, and the next one is asked.
    running[1] = await start({ ...nodes[1]!, status: 503 });
    expect(await answers()).toEqual(["200 veranda-one"]);
    await end(running[0]!);
    await end(running[1]!);
    await proxy.stop();
});

test("behind a proxy that lets no WebSocket through, the page says so and what to do", async ({ pair }) => {
    const change = (file: string) => replaced(file, "proxy_set_header Upgrade $http_upgrade;", 'proxy_set_header Upgrade "";');
    const proxy = await startProxy("nginx", { name: NAME, authority, upstream: new URL(server.url).host, change });
    const { code } = await newRoom(proxy, "127.0.8.2");
    const [ada] = await pair(`https://${NAME}:${proxy.port}/r/${code}${SECRET}`);
    await ada.page.getByRole("textbox", { name: "Your name" }).fill("Ada");
    await ada.button("Join now").click();
    await expect(ada.page.getByRole("alert")).toContainText("Can't reach the server.");
    await ada.page.goto(`https://${NAME}:${proxy.port}/connection-test`);
    await expect(ada.page.getByRole("status")).toContainText("Calls can't start: a proxy or security software blocks WebSockets.");
    await expect(ada.page.getByRole("main")).toContainText("WebSocket connections to this server, in the proxy or security software");
    await proxy.stop();
});

test("a proxy that passes TLS on brings the relay through as well, and says who is there", async ({ somebody }) => {
    const port = await freePort();
    const own = await startServer({
        ...authority.environment,
        ...LIMITS,
        VERANDA__SERVER__TRUSTED_PROXIES: PROXIES,
        VERANDA__SERVER__PROXY_PROTOCOL: "true",
        VERANDA__SERVER__PUBLIC_PORT: String(port),
    });
    // A browser reaches no relay at an address of loopback.
    const address = ownAddress();
    const proxy = await startProxy("haproxy-passthrough", { name: NAME, authority, upstream: new URL(own.url).host, address, port });
    const { code } = await newRoom(proxy, "127.0.8.3");
    for (const status of [201, 201, 429]) expect((await newRoom(proxy, "127.0.8.4")).status).toBe(status);
    const link = `https://${NAME}:${port}/r/${code}${SECRET}`;
    const who = { home: authority.home, hosts: { [NAME]: address }, relayOnly: "tls" } as const;
    const [ada, bob] = [await somebody("Ada", link, who), await somebody("Bob", link, who)];
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    // To the other one's relay; or to the server, where a slow machine took too long for that.
    const overTls = [expect.stringMatching(/^relay\/udp over tls to (relay|host)$/)];
    for (const call of [ada, bob]) await expect.poll(() => call.paths()).toEqual(overTls);
    await proxy.stop();
    await own.stop();
});

/** Makes a room by the form, and reads the link for its hosts on the page that follows. */
async function expectHostLink(proxy: Proxy, from: string): Promise<void> {
    const site = `https://${NAME}:${proxy.port}`;
    const made = await proxy.ask("/rooms", { method: "POST", from, headers: { ...FORM, origin: site }, body: "name=" });
    expect(made.status).toBe(303);
    const cookie = made.headers["set-cookie"]!.map((one) => one.split(";")[0]).join("; ");
    const page = await proxy.ask(made.headers.location!, { from, headers: { cookie } });
    expect(page.text).toContain(`${site}${made.headers.location}?key=`);
}

/** The statuses with which WebSockets of the page are answered from now on. */
async function watchHandshakes({ page }: CallPage): Promise<number[]> {
    const statuses: number[] = [];
    const session = await page.context().newCDPSession(page);
    session.on("Network.webSocketHandshakeResponseReceived", ({ response }) => void statuses.push(response.status));
    await session.send("Network.enable");
    return statuses;
}

function replaced(file: string, what: string, by: string): string {
    if (!file.includes(what)) throw new Error(`${what} is not in the file`);
    return file.replace(what, by);
}
