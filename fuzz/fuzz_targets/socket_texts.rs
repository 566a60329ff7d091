//! Whatever somebody writes to a socket of the real server, a line a text, two honest people in the room stay and are served.

#![no_main]

use std::sync::{LazyLock, Mutex};

use futures::{SinkExt, StreamExt};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use veranda_fuzz::World;

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| Mutex::new(World::start()));

fuzz_target!(|data: &[u8]| {
    let mut world = WORLD.lock().unwrap();
    let World { runtime, address, room, .. } = &*world;
    runtime.block_on(async {
        let (socket, _) = connect_async(format!("ws://{address}/api/v1/ws")).await.unwrap();
        let (mut sink, mut stream) = socket.split();
        // An input that begins with a line break has joined; another says its first words itself.
        let joins = data.first() == Some(&b'\n');
        if joins {
            let join = json!({ "type": "join", "version": 1, "room": room, "name": "Eve" });
            _ = sink.send(Message::text(join.to_string())).await;
        }
        let mut gone = false;
        for line in data.split(|byte| *byte == b'\n').skip(usize::from(joins)).take(64) {
            let message = match std::str::from_utf8(line) {
                Ok(text) => Message::text(text.replace("ROOM", room)),
                Err(_) => Message::binary(line.to_vec()),
            };
            gone |= sink.feed(message).await.is_err();
        }
        gone |= sink.feed(Message::Close(None)).await.is_err();
        gone |= sink.flush().await.is_err();
        // The server answers everything that is an error, and closes in the end.
        while let Some(Ok(_)) = stream.next().await {}
        _ = gone;
    });
    world.check();
});
