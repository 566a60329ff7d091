// The page's modules from a content delivery network: one that is as it should be, one that serves an old file, and one that is away.

import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createRoom, startServer, type Server } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

type Behaviour = "right" | "old" | "away" | "without CORS";

/** Asks the server behind it for everything, and keeps to a behaviour. */
class Cdn {
    behind = "";
    behaviour: Behaviour = "right";
    asked: string[] = [];

    private constructor(private readonly http: HttpServer) {}

    static async start(): Promise<Cdn> {
        const http = createServer();
        const cdn = new Cdn(http);
        http.on("request", async (request, response) => {
            cdn.asked.push(request.url!);
            const answer = await fetch(cdn.behind + request.url!, { headers: { "accept-encoding": "identity" } });
            const body = Buffer.from(await answer.arrayBuffer());
            const headers = new Map([...answer.headers].filter(([name]) => /^(content-type|access-control-|cache-control)/.test(name)));
            if (cdn.behaviour === "without CORS") headers.delete("access-control-allow-origin");
            if (cdn.behaviour === "old") body[body.length - 1]! ^= 1;
            response.writeHead(cdn.behaviour === "away" ? 503 : answer.status, Object.fromEntries(headers));
            response.end(body);
        });
        await new Promise<void>((listening) => http.listen(0, "127.0.0.1", listening));
        return cdn;
    }

    get base(): string {
        return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
    }

    stop(): void {
        this.http.close();
        this.http.closeAllConnections();
    }
}

test.describe("a content delivery network", () => {
    let cdn: Cdn, server: Server;

    test.beforeAll(async () => {
        cdn = await Cdn.start();
        server = await startServer({ VERANDA__SERVER__ASSETS: cdn.base });
        cdn.behind = server.url;
    });
    test.afterAll(async () => {
        await server.stop();
        cdn.stop();
    });

    for (const behaviour of ["right", "old", "away", "without CORS"] as const) {
        test(`that is ${behaviour}: the page works, and modules come from where they are as they should be`, async ({ plainPage }) => {
            Object.assign(cdn, { behaviour, asked: [] });
            const page = await plainPage();
            const own: string[] = [];
            const warned: string[] = [];
            page.on("request", (request) => void (request.url().startsWith(server.url) && own.push(new URL(request.url()).pathname)));
            page.on("console", (message) => void (message.type() === "warning" && warned.push(message.text())));
            await page.goto(await createRoom(server));
            await expect(page.locator("html[data-hydrated]")).toBeAttached();
            await page.getByRole("textbox", { name: "Your name" }).fill("Ada");
            await page.getByRole("button", { name: "Join now", exact: true }).click();
            await expect(page.getByRole("button", { name: "Leave", exact: true })).toBeVisible();

            const modules = (paths: string[]) => paths.filter((path) => /\/pkg\/.*\.wasm$/.test(path)).map((path) => path.split("/").at(-1));
            expect(modules(cdn.asked)).toEqual(expect.arrayContaining(["veranda.wasm", "split_session.wasm", "split_call_screen.wasm"]));
            // No script ever comes from there.
            expect(cdn.asked.filter((path) => path.endsWith(".js"))).toEqual([]);
            const complaints = warned.filter((text) => text.startsWith(`${cdn.base} does not serve /builds/`));
            if (behaviour === "right") {
                expect(modules(own)).toEqual([]);
                expect(complaints).toEqual([]);
            } else {
                expect(modules(own)).toEqual(expect.arrayContaining(["veranda.wasm", "split_session.wasm", "split_call_screen.wasm"]));
                expect(complaints.join("\n")).toContain(`/pkg/veranda.wasm as it should`);
            }
        });
    }
});
