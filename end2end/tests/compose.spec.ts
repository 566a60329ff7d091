// The parts of deploy/compose.yaml beside each other without containers: with its settings and the files that it names. What differs is where each
// part listens, because the tests' machine has other things on the same ports.

import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parse } from "yaml";
import { makeAuthority, type Authority } from "../fixtures/certificate.ts";
import { answers, ownAddress } from "../fixtures/coturn.ts";
import { freePort, startProxy } from "../fixtures/proxies.ts";
import { startServer } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const NAME = "veranda.test";

interface Running {
    stop(): Promise<void>;
}

type Service = Record<string, string>;

test("the parts of compose.yaml work together, and everybody may only use its coturn", async ({ somebody }) => {
    const address = ownAddress();
    const authority = makeAuthority([NAME, address]);
    const folder = mkdtempSync(join(tmpdir(), "veranda-deploy-"));
    cpSync(join(ROOT, "deploy"), folder, { recursive: true });
    const services = configured(folder, address);
    const database = await startPostgres();
    const coturn = await startCoturn(folder, services.coturn!, authority, address);
    const veranda: Service = {
        ...services.veranda!,
        VERANDA__STORAGE__POSTGRES: database.url,
        VERANDA__TURN__COTURN__URLS: coturn.moved(services.veranda!.VERANDA__TURN__COTURN__URLS!),
        VERANDA__METRICS__ADDRESS: "127.0.0.1:0",
    };
    const server = await startServer(veranda);
    expect(server.log.join("\n")).toContain(`"relays":false`);
    const nginx = await startProxy("nginx", { name: NAME, authority, upstream: new URL(server.url).host });

    const made = await nginx.ask("/api/v1/rooms", { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
    const link = `https://${NAME}:${nginx.port}/r/${(JSON.parse(made.text) as { code: string }).code}#key=AAAAAAAAAAAAAAAAAAAAAA`;
    const who = { home: authority.home, hosts: { [NAME]: "127.0.0.1" }, relayOnly: "tls" } as const;
    const [ada, bob] = [await somebody("Ada", link, who), await somebody("Bob", link, who)];
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
    for (const call of [ada, bob]) await expect.poll(() => call.paths()).toEqual([expect.stringMatching(/^relay\/udp over tls to (relay|host)$/)]);

    for (const part of [nginx, server, coturn, database]) await part.stop();
    rmSync(folder, { recursive: true, force: true });
});

test("configure draws secrets once, keeps them to whoever ran it, and takes no nonsense", () => {
    const folder = mkdtempSync(join(tmpdir(), "veranda-deploy-"));
    cpSync(join(ROOT, "deploy"), folder, { recursive: true });
    const run = (environment: Service) => execFileSync(join(folder, "configure"), { env: { PATH: process.env.PATH, ...environment }, stdio: "pipe" });
    for (const wrong of [{}, { VERANDA_NAME: "meet" }, { VERANDA_NAME: "a b.example" }, { VERANDA_NAME: NAME, VERANDA_ADDRESS: "here" }]) {
        expect(() => run(wrong as Service), JSON.stringify(wrong)).toThrow();
    }
    run({ VERANDA_NAME: NAME, VERANDA_ADDRESS: "203.0.113.7" });
    const first = readFileSync(join(folder, ".env"), "utf8");
    expect(first.match(/^VERANDA_(POSTGRES_PASSWORD|TURN_SECRET)=[0-9a-f]{64}$/gm)).toHaveLength(2);
    expect(statSync(join(folder, ".env")).mode & 0o777).toBe(0o600);
    run({ VERANDA_NAME: "other.test", VERANDA_ADDRESS: "203.0.113.8" });
    expect(readFileSync(join(folder, ".env"), "utf8")).toBe(first);
    rmSync(folder, { recursive: true, force: true });
});

/** The environment of each service, as compose would fill it in after `configure`. */
function configured(folder: string, address: string): Record<string, Service> {
    // What is known already is kept: here the network that is believed, nginx being on this machine.
    writeFileSync(join(folder, ".env"), "VERANDA_FRONT=127.0.0.0/30\n");
    execFileSync(join(folder, "configure"), { env: { ...process.env, VERANDA_NAME: NAME, VERANDA_ADDRESS: address }, stdio: "pipe" });
    const known = Object.fromEntries(
        readFileSync(join(folder, ".env"), "utf8")
            .split("\n")
            .filter((line) => line.includes("=") && !line.startsWith("#"))
            .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
    const filledIn = (value: string) =>
        value.replaceAll(/\$\{(\w+)(:\?[^}]*)?\}/g, (_, name: string) => {
            if (!known[name]) throw new Error(`configure does not say what ${name} is`);
            return known[name];
        });
    const file = parse(readFileSync(join(folder, "compose.yaml"), "utf8")) as { services: Record<string, { environment?: Service }> };
    const services = Object.entries(file.services);
    return Object.fromEntries(
        services.map(([name, { environment = {} }]) => [name, Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, filledIn(value)]))]),
    );
}

/** A PostgreSQL that encrypts, which compose's own network does not need. */
async function startPostgres(): Promise<Running & { url: string }> {
    // It is there as long as the command that it runs reads.
    const child = spawn(join(ROOT, "scripts/with-postgres"), ["sh", "-c", 'echo "$VERANDA_TEST_POSTGRES"; exec cat'], { stdio: ["pipe", "pipe", "ignore"] });
    process.on("exit", () => child.kill("SIGTERM"));
    const ended = new Promise<void>((done) => child.once("exit", () => done()));
    const url = await new Promise<string>((started, failed) => {
        createInterface({ input: child.stdout }).once("line", started);
        void ended.then(() => failed(new Error("PostgreSQL could not be started: make setup")));
    });
    return {
        url: `${url}/postgres?sslmode=require`,
        stop: async () => {
            child.stdin.end();
            await ended;
        },
    };
}

/** coturn as the container starts it. */
async function startCoturn(folder: string, environment: Service, authority: Authority, address: string): Promise<Running & { moved(urls: string): string }> {
    const [plain, tls] = [await freePort(), await freePort()];
    const path = join(folder, "coturn/turnserver.conf");
    const file = readFileSync(path, "utf8");
    const moves: [string, string][] = [
        ["listening-port=3479", `listening-port=${plain}\nlistening-ip=${address}\nrelay-ip=${address}`],
        ["tls-listening-port=5349", `tls-listening-port=${tls}`],
        ["/certificates/fullchain.pem", authority.environment.VERANDA__TLS__CERTIFICATE!],
        ["/certificates/privkey.pem", authority.environment.VERANDA__TLS__KEY!],
    ];
    for (const [from] of moves) expect(file).toContain(from);
    writeFileSync(path, moves.reduce((text, [from, to]) => text.replace(from, to), file));
    const child = spawn("/bin/sh", [join(folder, "coturn/start")], {
        env: { PATH: process.env.PATH, TMPDIR: folder, VERANDA_COTURN: join(folder, "coturn"), ...environment },
        stdio: "ignore",
    });
    process.on("exit", () => child.kill("SIGKILL"));
    const ended = new Promise<void>((done) => child.once("exit", () => done()));
    await answers(address, plain, ended);
    return {
        // Nobody resolves the test's name but its browsers.
        moved: (urls) => urls.replaceAll(`${NAME}:3479`, `${address}:${plain}`).replaceAll(`${NAME}:5349`, `${address}:${tls}`),
        stop: async () => {
            child.kill("SIGTERM");
            await ended;
        },
    };
}
