// The usual Node signalling server: rooms over Socket.IO, with the messages that the load generator sends. Prints its
// address, and an answer once it has collected its garbage when asked.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
io.on("connection", (socket) => {
    socket.on("join", (room, name, joined) => {
        socket.data.name = name;
        socket.data.room = room;
        socket.join(room);
        socket.to(room).emit("participant_joined", socket.id, name);
        joined(socket.id, [...io.sockets.adapter.rooms.get(room)]);
    });
    socket.on("signal", (to, payload) => io.to(to).emit("signal", socket.id, payload));
    socket.on("chat", (text) => io.to(socket.data.room).emit("chat", socket.id, text));
});
http.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(`http://127.0.0.1:${http.address().port}`));
process.stdin.on("data", () => {
    globalThis.gc?.();
    console.log("collected");
});
