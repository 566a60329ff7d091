// What an idle Socket.IO connection costs its server, in rooms of four: the peer of `bench idle-connections`.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const COUNT = Number(process.argv[2] ?? 2000);
const WARM_UP = 80;

const server = spawn(process.execPath, ["--expose-gc", new URL("socketio-server.mjs", import.meta.url).pathname], { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
const port = (await lines.next()).value;
const resident = async () => {
    server.stdin.write("?\n");
    return Number((await lines.next()).value);
};
const sockets = [];
const fill = async (count) => {
    for (const until = sockets.length + count; sockets.length < until; ) {
        const socket = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
        sockets.push(socket);
        await new Promise((joined) => socket.emit("join", `room ${Math.floor(sockets.length / 4)}`, `Person ${sockets.length}`, joined));
    }
};
await fill(WARM_UP);
const before = await resident();
await fill(COUNT);
const after = await resident();
console.log(`Socket.IO on Node ${process.version}, same run: ${Math.round((after - before) / COUNT)} bytes resident each`);
sockets.forEach((socket) => socket.close());
server.kill();
