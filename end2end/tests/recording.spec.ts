// A call is recorded by its server: who agreed is played with the room's link on the call's own stage, and of who refused there is nothing.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { quarters } from "../fixtures/camera.ts";
import { film, toneIn } from "../fixtures/film.ts";
import { picturesLike, sealedBytes, unevenness } from "../fixtures/sealed_frames.ts";
import { nameOf, nameOfSent, sentFrames, streamNumbers, watchSentFrames, type SentFrame } from "../fixtures/sent_frames.ts";
import { createRoomWith, startServer } from "../fixtures/server.ts";
import { answer, manifestOf, onlyRecording, recordingFolder, startRecording, tracksOf, type Manifest } from "../fixtures/server_recording.ts";
import { expect, test } from "../fixtures/test.ts";

/** What a canvas shows, as one number. Runs in the page. */
function picture(id: string): number {
    const canvas = document.querySelector<HTMLCanvasElement>(`#picture-camera-${id}`);
    const bytes = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray();
    return bytes.reduce((sum, byte, index) => (sum * 31 + byte * (index % 7)) % 1_000_003, 0);
}

test("who agrees is recorded and played with the link, and nobody without it; of who refuses not a byte is there", async ({ plainPage, somebody }) => {
    const server = await startServer({ VERANDA__RECORDING__ENABLED: "true" });
    const room = await createRoomWith(server, { name: "Tea" });
    const ada = await somebody("Ada", room.hostLink);
    const bob = await somebody("Bob", room.link);
    const cleo = await somebody("Cleo", room.link);
    for (const call of [ada, bob, cleo]) await call.join();
    for (const call of [ada, bob]) await call.expectToSee(cleo);

    await startRecording(ada, [ada, bob, cleo]);
    for (const call of [ada, bob]) await answer(call, "Record me");
    await answer(cleo, "Don't record me");

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
    for (const { file } of await cameras()) await expect.poll(async () => (await bytes(file)).length).toBeGreaterThan(20_000);
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
    for (const { keys } of kept.parts) expect((await bytes(keys!)).toString()).not.toContain(cleoId);

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

test("who is alone in a room is recorded, and goes on being when somebody comes", async ({ somebody }) => {
    const { folder, settings } = recordingFolder();
    const server = await startServer(settings);
    const room = await createRoomWith(server, { name: "Tea" });
    const ada = await somebody("Ada", room.hostLink);
    await ada.join();
    await startRecording(ada, [ada]);
    await answer(ada, "Record me");
    const recording = await onlyRecording(folder);
    const longerThan = (millis: number) => () => {
        const tracks = manifestOf(recording).parts.flatMap((part) => tracksOf(recording, part));
        return tracks.filter(({ length }) => length > millis).map(({ who, source }) => `${who} ${source}`).sort();
    };
    await expect.poll(longerThan(4_000)).toEqual(["Ada camera", "Ada microphone"]);
    const cleo = await somebody("Cleo", room.link);
    await cleo.join();
    await ada.expectToSee(cleo);
    await cleo.expectToSee(ada);
    await answer(cleo, "Record me");
    await expect.poll(longerThan(4_000)).toEqual(["Ada camera", "Ada microphone", "Cleo camera", "Cleo microphone"]);

    // Alone again, which ends nothing.
    await cleo.leave();
    await expect.poll(longerThan(20_000)).toEqual(["Ada camera", "Ada microphone"]);
    await ada.choose("Stop recording");
    await expect.poll(() => manifestOf(recording).parts.map(({ lasted_ms }) => lasted_ms !== null)).toEqual([true]);
    await server.stop();
});

test("of a sealed recording nothing can be decoded, and of who refuses there is no frame and no number of a stream", async ({ somebody }) => {
    const { folder, settings } = recordingFolder();
    const server = await startServer(settings);
    const room = await createRoomWith(server, {});
    const ada = await somebody("Ada", room.hostLink, { hums: 440 });
    const cleo = await somebody("Cleo", room.link, { hums: 880 });
    for (const call of [ada, cleo]) {
        await watchSentFrames(call);
        await call.join();
    }
    await ada.expectToSee(cleo);
    const numbers = { ada: new Set(await streamNumbers(ada)), cleo: new Set(await streamNumbers(cleo)) };
    await startRecording(ada, [ada, cleo]);
    await answer(ada, "Record me");
    await answer(cleo, "Don't record me");
    const recording = await onlyRecording(folder);
    const tracks = () => manifestOf(recording).parts.flatMap((part) => tracksOf(recording, part));
    await expect.poll(() => tracks().filter(({ length }) => length > 5_000).map(({ who, source }) => `${who} ${source}`).sort()).toEqual(["Ada camera", "Ada microphone"]);
    await ada.expectToSee(cleo);
    for (const [name, call] of [["ada", ada], ["cleo", cleo]] as const) (await streamNumbers(call)).forEach((number) => numbers[name].add(number));
    const told = await cleo.page.evaluate(() => (window as unknown as { connections: RTCPeerConnection[] }).connections.map((one) => one.localDescription?.sdp).join("\n"));
    await ada.choose("Stop recording");
    await expect.poll(() => manifestOf(recording).parts[0]!.lasted_ms).not.toBeNull();
    const sent = { ada: await sentFrames(ada), cleo: await sentFrames(cleo) };
    for (const name of ["ada", "cleo"] as const) sent[name].forEach(({ ssrc }) => numbers[name].add(ssrc));

    const kept = tracks();
    expect(new Set(kept.map(({ who, track }) => `${who} ${track.isSealed}`))).toEqual(new Set(["Ada true"]));
    const frames = kept.flatMap(({ source, track }) => track.frames.map(({ bytes }) => ({ bytes, isSound: source === "microphone" })));
    expect(frames.length).toBeGreaterThan(200);

    // Each frame that is there has left Ada's page like this, sealed.
    const [byAda, byCleo] = [new Set(sent.ada.map(nameOfSent)), new Set(sent.cleo.map(nameOfSent))];
    expect(byCleo.size, "Cleo has sent as much").toBeGreaterThan(200);
    expect(frames.filter(({ bytes }) => !byAda.has(nameOf(bytes))).length, "frames of nobody who agreed").toBe(0);
    expect(frames.filter(({ bytes }) => byCleo.has(nameOf(bytes))).length, "frames of who refused").toBe(0);
    const files = readdirSync(recording).map((name) => readFileSync(join(recording, name)));
    const found = (one: SentFrame[]) => one.filter((_, index) => index % 5 === 0).filter(({ end }) => files.some((file) => file.includes(Buffer.from(end, "hex")))).length;
    expect(found(sent.cleo), "ends of frames of who refused, wherever they may be").toBe(0);
    expect(found(sent.ada), "what is searched for is found where it is").toBeGreaterThan(40);

    // What is sealed holds every number by chance: it was looked at above.
    const besides = [...kept.map(({ track }) => track.rest), ...readdirSync(recording).filter((name) => !name.endsWith(".webm")).map((name) => readFileSync(join(recording, name)))];
    expect(streamsIn([...numbers.cleo], besides)).toEqual([]);
    expect(streamsIn([...numbers.cleo], [Buffer.from(told)]).length, "the search finds Cleo's streams in what her page has told the server").toBeGreaterThan(0);
    const [number] = [...numbers.ada];
    const [beside] = besides;
    const planted = Buffer.concat([beside!.subarray(0, 200), bigEndian(number!), beside!.subarray(200)]);
    expect(streamsIn([...numbers.ada], [planted]), "and one that is between other bytes").toEqual([number]);

    // ffmpeg knows no such codec. That the same finds pictures and sound where they are open is shown by recording_kill.spec.ts.
    for (const { path, source, track } of kept) {
        expect(film(path).errors, `ffmpeg says of ${source}`).toContain("no decoder found");
        const made = source === "microphone" ? toneIn(path, 440) : picturesLike(path, quarters(ada.camera)).all;
        console.log(`${source}: of ${track.frames.length} frames ffmpeg makes ${made}`);
        expect(made).toBe(source === "microphone" ? -Infinity : 0);
    }
    const bytes = Buffer.concat(frames.map(({ bytes, isSound }) => sealedBytes(bytes, isSound)));
    const clear = Buffer.concat(frames.filter(({ isSound }) => !isSound).map(({ bytes }) => bytes.subarray(0, 3)));
    console.log(`${frames.length} frames, ${bytes.length} sealed bytes, χ² ${unevenness(bytes).toFixed(0)}; of what stays clear ${unevenness(clear).toFixed(0)}`);
    expect(bytes.length).toBeGreaterThan(20_000);
    expect(unevenness(bytes), "sealed bytes are as even as chance").toBeLessThan(400);
    expect(unevenness(clear), "bytes that are not, are told apart").toBeGreaterThan(400);
    await server.stop();
});

/** The numbers of streams that stand somewhere, as bytes in either order or as digits. */
function streamsIn(numbers: number[], places: Buffer[]): number[] {
    const forms = (number: number) => [bigEndian(number), bigEndian(number).reverse(), Buffer.from(String(number)), Buffer.from(number.toString(16))];
    return numbers.filter((number) => forms(number).some((form) => places.some((place) => place.includes(form))));
}

function bigEndian(number: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(number);
    return bytes;
}
