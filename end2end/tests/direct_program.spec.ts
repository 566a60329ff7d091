// A program that rings: the example of the documentation, as it stands there.

import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { test } from "../fixtures/callers.ts";
import { startServer } from "../fixtures/server.ts";
import { expect } from "../fixtures/test.ts";

const EXAMPLE = resolve(import.meta.dirname, "../../docs/examples/ring.py");

test("the example rings somebody, who talks with whoever its link leads to, and it says how the call went", async ({ caller, somebody }) => {
    const server = await startServer();
    const ada = await caller("Ada", server);
    const key = server.apiKey(["calls:read", "calls:write"]);
    const program = spawn(process.env.VERANDA_PYTHON ?? "python3", [EXAMPLE, server.url, await ada.ownId(), "The doorbell"], {
        env: { ...process.env, VERANDA_API_KEY: key },
        stdio: ["ignore", "pipe", "inherit"],
    });
    const said: string[] = [];
    createInterface({ input: program.stdout }).on("line", (line) => said.push(line));
    const ended = new Promise((end) => program.once("exit", end));
    await ada.ring("The doorbell").waitFor();
    await expect.poll(() => said.length).toBeGreaterThan(1);
    const link = said[0]!.replace("rings; join at ", "");
    const door = await somebody("Door", link, { camera: 1 });
    await door.join();
    await ada.ring("The doorbell").getByRole("button", { name: "Answer", exact: true }).click();
    await ada.expectToSee(door);
    // They are called as the ring was, whatever whoever came by the link calls themselves.
    await expect(ada.page.getByRole("heading", { name: "Call with The doorbell", exact: true })).toBeVisible();
    await door.expectToSee(ada);
    await expect.poll(() => said.at(-1)).toBe("answered");
    await ada.button("Hang up").click();
    await expect(ada.page.getByText(/^Call ended after \d+:\d\d\.$/)).toBeVisible();
    expect(await ended).toBe(0);
    expect(said.slice(1)).toEqual(expect.arrayContaining(["ringing", "answered"]));
    expect(await ada.history()).toEqual([expect.stringMatching(/^The doorbell: Incoming/)]);
    await server.stop();
});
