// A trace of a way into a room, from Join to the first picture, at a receiver that reads it with OpenTelemetry's own definitions.

import { startReceiver, type Span } from "../fixtures/otlp.ts";
import { createRoomWith, startServer } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

test("one trace has the page's way in, the room's, storage's and the node's, and nobody in it", async ({ somebody }) => {
    const receiver = await startReceiver();
    const server = await startServer({ VERANDA__TRACES__ENDPOINT: receiver.endpoint });
    // With the third person the room moves to the server.
    const { link, hostLink, code } = await createRoomWith(server, { mesh_limit: 2 });
    for (const name of ["Zenobia", "Bob", "Cleo"]) {
        // Whoever has a host's key has it looked up.
        const call = await somebody(name, name === "Cleo" ? hostLink : link);
        await call.join();
    }
    const traces = (): Span[][] => {
        const ids = new Set(receiver.spans.map((span) => span.trace));
        return [...ids].map((id) => receiver.spans.filter((span) => span.trace === id));
    };
    const names = (trace: Span[]): Set<string> => new Set(trace.map((span) => span.name));
    const whole = ["join", "find", "check", "enter", "storage", "room: let in", "page: join", "page: let in", "page: connect", "page: first picture", "node: describe", "node: connect"];
    // Cleo is there when the room moves; whoever was there before has told of their way in by then.
    const ofCleo = (): Span[] | undefined => traces().find((trace) => whole.every((name) => names(trace).has(name)));
    await expect.poll(() => ofCleo() !== undefined, { timeout: 60_000, message: "one trace has all of it" }).toBe(true);
    await expect.poll(() => traces().filter((trace) => names(trace).has("page: first picture")).length).toBeGreaterThanOrEqual(2);

    const trace = ofCleo()!;
    expect(new Set(receiver.spans.filter((span) => span.parent === "").map((span) => span.name)), "nothing else is traced").toEqual(new Set(["join"]));
    const byId = new Map(trace.map((span) => [span.id, span]));
    const roots = trace.filter((span) => span.parent === "");
    expect(roots.map((span) => span.name)).toEqual(["join"]);
    for (const span of trace) {
        expect(span.service).toBe("veranda");
        expect(span.path).toBe("/v1/traces");
        expect(span.ended).toBeGreaterThanOrEqual(span.began);
        if (span.parent !== "") expect(byId.has(span.parent), `${span.name} belongs to a span of this trace`).toBe(true);
    }
    const parentOf = (name: string): string | undefined => byId.get(trace.find((span) => span.name === name)!.parent)?.name;
    expect(parentOf("find")).toBe("join");
    expect(parentOf("storage")).toBe("check");
    expect(trace.filter((span) => span.name === "storage").map((span) => span.attributes["operation"])).toContain("held_keys");
    expect(parentOf("room: let in")).toBe("join");
    expect(parentOf("page: connect")).toBe("page: join");
    const page = trace.find((span) => span.name === "page: join")!;
    const picture = trace.find((span) => span.name === "page: first picture")!;
    expect(Math.abs(page.ended - picture.ended)).toBeLessThan(2);
    const letIn = trace.find((span) => span.name === "room: let in")!;
    const joined = trace.find((span) => span.name === "page: let in")!;
    expect(letIn.began, "the room lets in while the page waits for it").toBeLessThanOrEqual(joined.ended + 50);

    const all = JSON.stringify(receiver.spans);
    for (const secret of [code, "Zenobia", "127.0.0.1"]) expect(all.replaceAll(receiver.endpoint, "")).not.toContain(secret);
    await server.stop();
    receiver.stop();
});
