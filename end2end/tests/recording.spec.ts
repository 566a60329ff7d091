// A call is recorded by its server: who agreed is played with the room's link on the call's own stage, and of who refused there is nothing.

import { createRoomWith, startServer } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";
import type { CallPage } from "../pages/call.ts";

interface Manifest {
    key: string | null;
    people: { id: string; name: string; consent: string }[];
    parts: { events: string; keys: string; tracks: { file: string; participant: string; source: string; protection: string }[] }[];
}

/** What a canvas shows, as one number. Runs in the page. */
function picture(id: string): number {
    const canvas = document.querySelector<HTMLCanvasElement>(`#picture-camera-${id}`);
    const bytes = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray();
    return bytes.reduce((sum, byte, index) => (sum * 31 + byte * (index % 7)) % 1_000_003, 0);
}

const answers = (call: CallPage, word: string) => call.page.getByRole("group", { name: "Recording", exact: true }).getByRole("button", { name: word, exact: true }).click();

test("who agrees is recorded and played with the link, and nobody without it; of who refuses not a byte is there", async ({ plainPage, somebody }) => {
    const server = await startServer({ VERANDA__RECORDING__ENABLED: "true" });
    const room = await createRoomWith(server, { name: "Tea" });
    const ada = await somebody("Ada", room.hostLink);
    const bob = await somebody("Bob", room.link);
    const cleo = await somebody("Cleo", room.link);
    for (const call of [ada, bob, cleo]) await call.join();
    for (const call of [ada, bob]) await call.expectToSee(cleo);

    await ada.choose("Record this call…");
    await ada.page.getByRole("dialog", { name: "Record this call?" }).getByRole("button", { name: "Start recording", exact: true }).click();
    for (const call of [ada, bob, cleo]) await expect(call.screen()).toHaveAttribute("data-recording", "");
    for (const call of [ada, bob]) await answers(call, "Record me");
    await answers(cleo, "Don't record me");
    for (const call of [ada, bob]) await expect(call.button("Recording")).toBeVisible();
    await expect(cleo.button("Not recorded")).toBeVisible();

    const api = (path: string) => fetch(`${server.url}/api/v1/${path}`, { headers: { authorization: `Bearer ${room.hostKey}` } });
    const listed = async () => (await (await api(`rooms/${room.code}/recordings`)).json()) as { id: string; state: string }[];
    const { id } = (await listed())[0]!;
    const manifest = async () => (await (await api(`recordings/${id}/manifest`)).json()) as Manifest;
    const bytes = async (file: string) => Buffer.from(await (await api(`recordings/${id}/files/${file}`)).arrayBuffer());
    const consents = async () => (await manifest()).people.map(({ name, consent }) => `${name}: ${consent}`).sort();
    await expect.poll(consents).toEqual(["Ada: given", "Bob: given", "Cleo: refused"]);
    const cameras = async () => (await manifest()).parts.flatMap(({ tracks }) => tracks).filter(({ source }) => source === "camera");
    await expect.poll(async () => (await cameras()).length).toBe(2);
    // Some seconds of both.
    for (const { file } of await cameras()) await expect.poll(async () => (await bytes(file)).length).toBeGreaterThan(60_000);
    for (const call of [ada, bob]) await call.expectToSee(cleo);

    await ada.choose("Stop recording");
    for (const call of [ada, bob, cleo]) await expect(call.screen()).not.toHaveAttribute("data-recording", "");
    await expect.poll(async () => (await listed())[0]!.state).toBe("complete");
    const key = new URL(room.link).hash;
    const open = ada.page.getByRole("group", { name: "Recording saved", exact: true }).getByRole("link", { name: "Open", exact: true });
    await expect(open).toHaveAttribute("href", `/recordings/${id}${key}`);

    const kept = await manifest();
    const cleoId = kept.people.find(({ name }) => name === "Cleo")!.id;
    const adaId = kept.people.find(({ name }) => name === "Ada")!.id;
    const tracks = kept.parts.flatMap(({ tracks }) => tracks);
    expect(kept.key).not.toBeNull();
    expect(tracks.filter(({ participant }) => participant === cleoId)).toEqual([]);
    expect(new Set(tracks.map(({ protection }) => protection))).toEqual(new Set(["sealed"]));
    for (const { keys } of kept.parts) expect((await bytes(keys)).toString()).not.toContain(cleoId);

    const page = await plainPage();
    await page.goto(`${server.url}/recordings/${id}`);
    await expect(page.getByRole("alert")).toContainText("the link has no key");
    await page.goto("about:blank");
    await page.goto(`${server.url}/recordings/${id}${key}`);
    await expect(page.getByText("Not in this recording: Cleo")).toBeVisible();
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await expect(page.getByRole("article", { name: "Cleo" })).toContainText("Not recorded");
    const seen = new Set<number>();
    await expect.poll(async () => seen.add(await page.evaluate(picture, adaId)).size, { timeout: 30_000 }).toBeGreaterThan(5);
    await server.stop();
});
