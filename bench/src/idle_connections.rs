//! What an idle signalling connection costs, its share of a room of four included.

use anyhow::Context;
use futures::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::server::Server;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Connections made before anything is measured, so that what is made once is not counted.
const WARM_UP: usize = 80;

pub(crate) async fn run(count: usize) -> anyhow::Result<()> {
    let server = Server::start().await?;
    let mut sockets = fill_rooms(&server, WARM_UP).await?;
    let before = server.resident()?;
    sockets.extend(fill_rooms(&server, count).await?);
    let after = server.resident()?;
    let each = after.saturating_sub(before) / count as u64;
    report(&format!(
        "{count} idle signalling connections in rooms of four: {each} bytes resident each \
         ({:.1} MiB before, {:.1} MiB after; budget 8192 bytes)",
        before as f64 / f64::from(1 << 20),
        after as f64 / f64::from(1 << 20),
    ));
    Ok(())
}

async fn fill_rooms(server: &Server, count: usize) -> anyhow::Result<Vec<Socket>> {
    let mut sockets = Vec::with_capacity(count);
    while sockets.len() < count {
        let room = server.new_room().await?;
        for person in 0..4.min(count - sockets.len()) {
            sockets.push(join(server, &room, person).await?);
        }
    }
    Ok(sockets)
}

/// Joins and waits for the answer, so that the server has done all it does for a connection.
async fn join(server: &Server, room: &str, person: usize) -> anyhow::Result<Socket> {
    let (mut socket, _) = connect_async(format!("ws://{}/api/v1/ws", server.address)).await?;
    let join = json!({ "type": "join", "version": 1, "room": room, "name": format!("Person {person}") });
    socket.send(Message::text(join.to_string())).await?;
    let answer = socket.next().await.context("closed")??.into_text()?;
    anyhow::ensure!(answer.contains(r#""type":"joined""#), "refused: {answer}");
    Ok(socket)
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figure")]
fn report(line: &str) {
    println!("{line}");
}
