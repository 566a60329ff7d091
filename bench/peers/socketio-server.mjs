// The usual Node signalling server: rooms of four over Socket.IO. Prints its port, and its resident memory when asked.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
io.on("connection", (socket) => {
    socket.on("join", (room, name, joined) => {
        socket.data.name = name;
        socket.join(room);
        socket.to(room).emit("participant_joined", socket.id, name);
        joined([...io.sockets.adapter.rooms.get(room)]);
    });
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
process.stdin.on("data", () => {
    globalThis.gc?.();
    console.log(process.memoryUsage.rss());
});
