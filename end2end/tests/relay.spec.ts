// Those who find no direct way: by way of the relay inside, and of a real coturn.

import { startCoturn } from "../fixtures/coturn.ts";
import { createRoom, createRoomWith, startServer } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

const RELAYED = { relayOnly: "any" } as const;
// Which of the ways to the relay is quicker is for the browser to say.
const BOTH_RELAYED = [expect.stringMatching(/^relay\/udp over (udp|tcp) to relay$/)];

test("two browsers that may only use the relay see and hear each other", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link, RELAYED);
    const bob = await somebody("Bob", link, RELAYED);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
    await ada.expectToHear(1);
    for (const call of [ada, bob]) await expect.poll(() => call.paths()).toEqual(BOTH_RELAYED);
});

test("by way of the relay, the forwarding unit is reached too", async ({ server, somebody }) => {
    const { link } = await createRoomWith(server, { mesh_limit: 2 });
    const calls = [await somebody("Ada", link, RELAYED), await somebody("Bob", link), await somebody("Cleo", link)];
    for (const call of calls) await call.join();
    for (const call of calls) await call.expectOnServer();
    for (const call of calls) await call.expectToSeeAll(calls);
    await expect.poll(() => calls[0]!.paths()).toEqual([expect.stringMatching(/^relay\/udp over tcp to host$/)]);
    // The others reach it as it is, over UDP, although the relay has the same port.
    for (const call of calls.slice(1)) await expect.poll(() => call.paths()).toEqual([expect.stringMatching(/^(host|srflx|prflx)\/udp to host$/)]);
});

test("two browsers talk by way of a coturn that the operator has", async ({ somebody }) => {
    const coturn = await startCoturn();
    const server = await startServer({ ...coturn.environment, VERANDA__RELAY__ENABLED: "false" });
    const link = await createRoom(server);
    const ada = await somebody("Ada", link, RELAYED);
    const bob = await somebody("Bob", link, RELAYED);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    await bob.expectToSee(ada);
    for (const call of [ada, bob]) await expect.poll(() => call.paths()).toEqual(BOTH_RELAYED);
    await server.stop();
    await coturn.stop();
});
