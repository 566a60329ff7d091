// `veranda serve --lan` in one network, two browsers in another that a wire connects with it. scripts/test-lan makes them.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { trust } from "../fixtures/certificate.ts";
import { decodedFromTerminal } from "../fixtures/qr.ts";
import { startServer } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

const SPACES = process.env.VERANDA_LAN;
test.skip(!SPACES, "scripts/test-lan makes the networks");

const inSpace = (space: string, ...words: string[]) => execFileSync("ip", ["netns", "exec", `${SPACES}-${space}`, ...words], { encoding: "utf8" });

/** Both ends of the wire get addresses of another network. */
function move(network: string): void {
    for (const [space, number] of [["host", 1], ["guest", 2]]) {
        inSpace(`${space}`, "ip", "address", "flush", "dev", "wire");
        inSpace(`${space}`, "ip", "address", "add", `${network}.${number}/24`, "dev", "wire");
    }
}

test("two people join from another device, and are not asked again when the address changes", async ({ somebody }) => {
    const data = mkdtempSync(join(tmpdir(), "veranda-lan-data-"));
    const home = mkdtempSync(join(tmpdir(), "veranda-lan-home-"));
    const authority = join(home, "authority.crt");
    const start = () => startServer({ VERANDA__STORAGE__DATA: data }, { address: "[::]:3000", namespace: `${SPACES}-host` });
    const newRoom = (url: string) => {
        const answer = inSpace("guest", "curl", "-sS", "--cacert", authority, "-H", "content-type: application/json", "-d", "{}", `${url}/api/v1/rooms`);
        return `${url}/r/${(JSON.parse(answer) as { code: string }).code}#key=AAAAAAAAAAAAAAAAAAAAAA`;
    };
    const guest = { home, namespace: `${SPACES}-guest` };

    move("192.168.77");
    let server = await start();
    try {
        expect(server.url).toBe("https://192.168.77.1:3000");
        await expect.poll(() => decodedFromTerminal(server.log)).toBe(server.url);
        // As a phone does that opens the address in spite of the warning.
        writeFileSync(authority, inSpace("guest", "curl", "-sSk", `${server.url}/authority.crt`));
        trust(join(home, ".pki/nssdb"), authority);
        const link = newRoom(server.url);
        const ada = await somebody("Ada", link, guest);
        const bob = await somebody("Bob", link, guest);
        await ada.join();
        await bob.join();
        await ada.expectToSee(bob);
        await bob.expectToSee(ada);
        await server.kill();

        move("10.77.0");
        server = await start();
        expect(server.url).toBe("https://10.77.0.1:3000");
        const cleo = await somebody("Cleo", newRoom(server.url), guest);
        await cleo.join();
    } finally {
        await server.kill();
        for (const folder of [data, home]) rmSync(folder, { recursive: true, force: true });
    }
});
