// Everything that a hostile client may send, while two honest people are in a call: it gets an error or a close code, and
// their call goes on.

import { PlainClient, PUBLIC_KEY, type End, type Message } from "../fixtures/plain_client.ts";
import { createRoom, type Server } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

interface Attack {
    what: string;
    run: (server: Server, room: string, ada: string) => Promise<End>;
    expected: End;
}

const MALFORMED: End = { error: "malformed", close: 1008 };
const STAYS_OPEN = 0;

const ATTACKS: Attack[] = [
    { what: "not JSON", run: raw("hello"), expected: MALFORMED },
    { what: "no message of the protocol", run: raw('{"type":"reboot"}'), expected: MALFORMED },
    { what: "a binary message", run: raw(Buffer.from([1, 2, 3])), expected: MALFORMED },
    { what: "nested a thousand levels deep", run: raw('{"type":' + "[".repeat(1000)), expected: MALFORMED },
    { what: "a name of 10,000 characters", run: joining({ name: "x".repeat(10_000) }), expected: MALFORMED },
    { what: "a name with control characters", run: joining({ name: "E\u0007ve" }), expected: MALFORMED },
    { what: "a name of nothing that can be seen", run: joining({ name: "\u202e\u3164\u200d" }), expected: MALFORMED },
    { what: "a name with markup", run: joining({ name: "<script>alert(1)</script>" }), expected: MALFORMED },
    { what: "an unknown room", run: joining({ room: "kfm-pqxz-wtr" }), expected: { error: "room_unknown", close: 4403 } },
    { what: "another version", run: joining({ version: 77 }), expected: { error: "unsupported_version", close: 1008 } },
    { what: "a signal before joining", run: raw('{"type":"ping"}'), expected: { error: "not_joined", close: 1008 } },
    { what: "an oversized message", run: inside((ada) => offer(ada, "x".repeat(70_000))), expected: { error: "too_large", close: 1009 } },
    { what: "an oversized description", run: inside((ada) => offer(ada, "x".repeat(50_000))), expected: MALFORMED },
    { what: "a second join", run: inside((_, room) => ({ type: "join", version: 1, room, name: "Eve" })), expected: { error: "already_joined", close: STAYS_OPEN } },
    { what: "a signal to oneself", run: inside((_, __, eve) => offer(eve, "v=0")), expected: { error: "peer_is_self", close: STAYS_OPEN } },
    { what: "a signal to nobody", run: inside(() => offer("00000000-0000-4000-8000-000000000000", "v=0")), expected: { error: "peer_unknown", close: STAYS_OPEN } },
    { what: "a signal into another room", run: fromAnotherRoom, expected: { error: "peer_unknown", close: STAYS_OPEN } },
    { what: "a flood", run: flood, expected: { error: "rate_limited", close: 4429 } },
];

/** A picture that stands longer than this is frozen for whoever looks at it. */
const FROZEN_MILLIS = 1_500;

test("no bad input disturbs an honest call", async ({ server, newRoom, somebody }) => {
    test.setTimeout(180_000);
    const link = await newRoom();
    const room = codeOf(link);
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
    const adaId = await bob.tile("Ada").getAttribute("data-participant");
    const linesBefore = server.log.length;
    await ada.watchGaps(bob);

    for (const { what, run, expected } of ATTACKS) {
        await test.step(what, async () => {
            expect(await run(server, room, adaId!), what).toEqual(expected);
            await expect(ada.page.getByRole("article")).toHaveCount(2);
            expect(await ada.longestGap(bob), what).toBeLessThan(FROZEN_MILLIS);
        });
    }
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
    expect(await ada.page.evaluate(() => (window as unknown as { connections: RTCPeerConnection[] }).connections.filter((one) => one.connectionState === "connected").length)).toBe(1);

    const logged = server.log.slice(linesBefore);
    // Those who are in the call may be refused too: a signal to somebody who has just been thrown out comes too late.
    const refused = logged.flatMap((line) => /(?:refused|ended) code=(\w+)/.exec(line)?.slice(1) ?? []);
    const expected = ATTACKS.map(({ expected }) => nameOf(expected.error!));
    // Each end of a connection is a line; what is refused inside is counted, one line for ten seconds of a room.
    const ends = ATTACKS.filter(({ expected }) => expected.close !== STAYS_OPEN).map(({ expected }) => nameOf(expected.error!));
    const unexpected = without(refused, expected);
    expect(without(ends, refused)).toEqual([]);
    const counted = logged.map((line) => Number(/messages were refused .*count=(\d+)/.exec(line)?.[1] ?? 0));
    expect(counted.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    expect(unexpected.filter((code) => code !== "PeerUnknown")).toEqual([]);
    for (const line of logged) expect(line).not.toMatch(/Eve|xxx|script|127\.0\.0\.1|v=0/);
});

test("a stranger's descriptions end their own link and no other", async ({ server, newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    const { client, joined } = await PlainClient.join(server.url, codeOf(link), "Eve");
    const adaId = (joined.participants as { id: string }[])[0]!.id;

    client.say(offer(adaId, "this is no description", joined));

    await expect(ada.tile("Eve")).toHaveAttribute("data-link", "failed");
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
    client.leave();
    await expect(ada.tile("Eve")).toBeHidden();
});

test("a stranger who takes a section back freezes nobody", async ({ server, newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    await ada.join();
    const { client, joined } = await PlainClient.join(server.url, codeOf(link), "Eve");
    const adaId = (joined.participants as { id: string }[])[0]!.id;
    for (const [number, audioPort] of [9, 0].entries()) {
        client.say({ ...offer(adaId, description(audioPort), joined), number });
        await expect(async () => expect(await nextSignalKind(client)).toBe("answer")).toPass();
    }

    await ada.button("Turn off camera").click();
    await expect(ada.button("Turn on camera")).toBeVisible();
    await ada.leave();
    client.close();
});

test("a page of another site may not connect", async ({ server }) => {
    const refused = PlainClient.connect(server.url, { origin: "https://evil.example" });
    await expect(refused).rejects.toThrow("403");
});

/** The name of an error in the log. */
function nameOf(code: string): string {
    return code.split("_").map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
}

/** What is left of a list when each of the others has taken one of its kind away. */
function without(list: string[], others: string[]): string[] {
    const left = [...list];
    for (const other of others) {
        const at = left.indexOf(other);
        if (at >= 0) left.splice(at, 1);
    }
    return left;
}

function codeOf(link: string): string {
    return new URL(link).pathname.split("/r/")[1]!;
}

function offer(to: string, sdp: string, joined?: Message): Message {
    const link = (joined?.topology as { epoch: number } | undefined)?.epoch;
    return { type: "signal", to: { participant: to }, link, number: 0, signal: { kind: "offer", sdp } };
}

/** A description that a browser takes, of somebody who is not there. Port 0 takes the section for sound back. */
function description(audioPort: number): string {
    const fingerprint = Array.from({ length: 32 }, () => "AB").join(":");
    const transport = ["c=IN IP4 0.0.0.0", "a=rtcp-mux", "a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuvwx", `a=fingerprint:sha-256 ${fingerprint}`, "a=setup:actpass", "a=sendrecv"];
    return [
        "v=0",
        `o=- 1 ${2 - audioPort / 9} IN IP4 127.0.0.1`,
        "s=-",
        "t=0 0",
        // A page takes one transport for all (JSEP §4.1.1, max-bundle).
        `a=group:BUNDLE ${audioPort === 0 ? "" : "0 "}1`,
        `m=audio ${audioPort} UDP/TLS/RTP/SAVPF 111`,
        "a=mid:0",
        "a=rtpmap:111 opus/48000/2",
        ...transport,
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "a=mid:1",
        "a=rtpmap:96 VP8/90000",
        ...transport,
        "",
    ].join("\r\n");
}

/** Passes over candidates. */
async function nextSignalKind(client: PlainClient): Promise<string | undefined> {
    for (let message = await client.hear(); message; message = await client.hear()) {
        const kind = (message.signal as { kind?: string } | undefined)?.kind;
        if (kind === "offer" || kind === "answer") return kind;
    }
    return undefined;
}

function raw(data: string | Buffer): Attack["run"] {
    return async (server) => {
        const client = await PlainClient.connect(server.url);
        client.sayRaw(data);
        return client.hearEnd();
    };
}

function joining(fields: Message): Attack["run"] {
    return async (server, room) => {
        const client = await PlainClient.connect(server.url);
        client.say({ type: "join", version: 1, room, name: "Eve", key: PUBLIC_KEY, ...fields });
        return client.hearEnd();
    };
}

/** Joins the honest people's room, says one thing, and leaves. */
function inside(message: (ada: string, room: string, eve: string) => Message): Attack["run"] {
    return async (server, room, ada) => {
        const { client, joined } = await PlainClient.join(server.url, room, "Eve");
        const said = message(ada, room, (joined.you as { id: string }).id);
        client.say(said);
        return endOrError(client);
    };
}

async function fromAnotherRoom(server: Server, _: string, ada: string): Promise<End> {
    const code = codeOf(await createRoom(server));
    const { client } = await PlainClient.join(server.url, code, "Eve");
    client.say(offer(ada, "v=0"));
    return endOrError(client);
}

async function flood(server: Server, room: string): Promise<End> {
    const { client } = await PlainClient.join(server.url, room, "Eve");
    for (let n = 0; n < 400; n++) client.say({ type: "ping" });
    return client.hearEnd();
}

/** The error, and the close code if one follows; a socket that answers a ping is open. */
async function endOrError(client: PlainClient): Promise<End> {
    const error = await client.hearError();
    try {
        client.say({ type: "ping" });
    } catch {
        return client.hearEnd();
    }
    for (let message = await client.hear(); message; message = await client.hear()) {
        if (message.type === "pong") {
            client.leave();
            return { error, close: STAYS_OPEN };
        }
    }
    return { error, close: (await client.hearEnd()).close };
}
