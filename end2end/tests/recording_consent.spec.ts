// Recording on the server: who may start it, who is asked, and what a page hands in. What a recorder keeps is tested where there is one.

import type { Page } from "@playwright/test";
import { createRoomWith, startServer } from "../fixtures/server.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";
import type { CallPage } from "../pages/call.ts";

type Json = Record<string, unknown>;

/** Stands between a page and its server, and says to the page that the call is recorded: to this page, a server with a recorder. */
class Announcer {
    /** What the page has said. */
    readonly said: Json[] = [];
    private tell: (message: Json) => void = () => {};
    private key = "";

    async sitBetween(page: Page): Promise<void> {
        await page.routeWebSocket(/\/api\/v1\/ws/, (socket) => {
            const server = socket.connectToServer();
            socket.onMessage((text) => {
                const said = JSON.parse(text.toString()) as Json;
                if (said.type === "join") this.key = said.room_key as string;
                this.said.push(said);
                server.send(text);
            });
            server.onMessage((text) => socket.send(text));
            this.tell = (message) => socket.send(JSON.stringify(message));
        });
        await page.reload();
    }

    begins(id: string, by: string): void {
        this.tell({ type: "recording", recording: { id, started_by: by, started: Date.now(), key: this.key } });
    }

    ends(reason: string): void {
        this.tell({ type: "recording", ended: reason });
    }

    consents(): unknown[] {
        return this.said.filter((one) => one.type === "answer_recording").map((one) => one.consent);
    }

    /** The names of keys that were handed in: tag and epoch. */
    epochs(): number[] {
        const keys = this.said.filter((one) => one.type === "keep_recording_keys").flatMap((one) => one.keys as { key: number }[]);
        return keys.map(({ key }) => Math.floor(key / 256));
    }
}

const RECORDING = "0190a3c4-5b6d-4e7f-8a9b-0c1d2e3f4a5b";

const idOf = async (from: CallPage, whom: CallPage) => (await from.tile(whom.name).getAttribute("data-participant"))!;

test("a host is asked before everybody is, and told where the server cannot record", async ({ somebody }) => {
    const server = await startServer({ VERANDA__RECORDING__ENABLED: "false" });
    const room = await createRoomWith(server, {});
    const ada = await somebody("Ada", room.hostLink);
    await ada.join();
    const bob = await somebody("Bob", room.link);
    await bob.join();
    await bob.openMore();
    await expect(bob.entry("Record this call…")).toBeHidden();

    await ada.choose("Record this call…");
    const question = ada.page.getByRole("dialog", { name: "Record this call?" });
    await expect(question).toContainText("Everyone is asked; only people who agree are recorded.");
    await expect(question).toContainText("Anyone who has this room's full link can play the recording");
    await expectAccessible(ada.page);
    await question.getByRole("button", { name: "Cancel", exact: true }).click();
    await expect(question).toBeHidden();

    await ada.choose("Record this call…");
    await question.getByRole("button", { name: "Start recording", exact: true }).click();
    await expect(ada.page.getByRole("status")).toContainText("This server can't record calls.");
    await expect(ada.screen()).not.toHaveAttribute("data-recording", "");
    await ada.openMore();
    await expect(ada.entry("Record this call…")).toBeVisible();
    await server.stop();
});

test("each is asked, hands in keys only after yes, and takes it back with another key", async ({ server, somebody }) => {
    const room = await createRoomWith(server, {});
    const ada = await somebody("Ada", room.hostLink);
    await ada.join();
    const bob = await somebody("Bob", room.link);
    const announcer = new Announcer();
    await announcer.sitBetween(bob.page);
    await bob.join();
    await bob.expectToSee(ada);

    announcer.begins(RECORDING, await idOf(bob, ada));
    const request = bob.page.getByRole("group", { name: "Recording", exact: true });
    await expect(request).toContainText("Ada wants to record this call. If you say no, you stay in the call and aren't recorded.");
    await expect(bob.page.getByRole("status")).toContainText("Recording started");
    await expect(bob.screen()).toHaveAttribute("data-recording", "");
    await expect(bob.button("Not recorded")).toBeVisible();
    await expectAccessible(bob.page);
    expect(announcer.epochs()).toEqual([]);

    await request.getByRole("button", { name: "Don't record me", exact: true }).click();
    await expect(request).toBeHidden();
    await expect.poll(() => announcer.consents()).toEqual(["refused"]);
    await expect(bob.button("Not recorded")).toBeVisible();
    expect(announcer.epochs()).toEqual([]);

    await bob.button("Not recorded").click();
    await expect(bob.page.getByText("You aren't being recorded.")).toBeVisible();
    await expectAccessible(bob.page);
    await bob.button("Record me").click();
    await expect(bob.button("Recording")).toBeVisible();
    await expect(bob.tile("Bob").getByText("Recorded", { exact: true })).toBeVisible();
    await expect.poll(() => announcer.consents()).toEqual(["refused", "given"]);
    await expect.poll(() => announcer.epochs().length).toBe(1);

    await bob.button("Recording").click();
    await bob.button("Stop recording me").click();
    await expect(bob.button("Not recorded")).toBeVisible();
    await expect.poll(() => announcer.consents()).toEqual(["refused", "given", "taken_back"]);
    // They are still seen and heard, by a key that nobody has handed in.
    await ada.expectToSee(bob);
    expect(announcer.epochs().length).toBe(1);

    announcer.ends("disk_full");
    await expect(bob.page.getByRole("status")).toContainText("Recording stopped: the server's disk is full.");
    await expect(bob.button("Not recorded")).toBeHidden();
    await expect(bob.screen()).not.toHaveAttribute("data-recording", "");
});
