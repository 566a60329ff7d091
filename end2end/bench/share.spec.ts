// From the press of *Share screen* to the first picture at somebody else, and from *Stop sharing* until it is gone there, directly
// and by way of the server, in browsers of this machine.

import { median, range } from "../fixtures/figures.ts";
import { createRoomWith } from "../fixtures/server.ts";
import { openShared, pressAndSee, stopAndMiss, type Shared } from "../fixtures/shared.ts";
import { test } from "../fixtures/test.ts";

const ROUNDS = 20;
const TAB: Shared = { title: "Red page", colour: "rgb(220, 20, 20)", hertz: 880 };

for (const [path, settings] of [["direct", {}], ["by way of the server", { mesh_limit: 2 }]] as const) {
    test(`sharing a tab, ${path}`, async ({ server, somebody }) => {
        const { link } = await createRoomWith(server, settings);
        const ada = await somebody("Ada", link, { shares: TAB.title });
        const bob = await somebody("Bob", link);
        await ada.join();
        await bob.join();
        if (path !== "direct") {
            await (await somebody("Cleo", link)).join();
            await ada.expectOnServer();
        }
        await openShared(ada, server.url, TAB);
        const seen: number[] = [];
        const gone: number[] = [];
        for (let round = 0; round < ROUNDS + 1; round++) {
            const times = [await pressAndSee(ada, bob, "Ada's screen"), await stopAndMiss(ada, bob, "Ada's screen")] as const;
            // The first negotiates the sections and is not counted.
            if (round === 0) console.log(`\n${path}, the first time: picture after ${times[0]} ms`);
            else seen.push(times[0]), gone.push(times[1]);
        }
        console.log(`press → picture, ${ROUNDS} times ${path}: median ${median(seen).toFixed(0)} ms (${range(seen)}), budget 1000 ms`);
        console.log(`stop → gone: median ${median(gone).toFixed(0)} ms (${range(gone)}), budget 500 ms`);
    });
}
