//! One connection of the load generator.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::dialect::{Dialect, Heard};

type Socket = WebSocketStream<TcpStream>;

/// A client in a room.
pub(crate) struct Client {
    pub(crate) dialect: Dialect,
    /// What others call it.
    pub(crate) id: String,
    pub(crate) room: String,
    /// What it can come back with.
    pub(crate) session: Option<String>,
    pub(crate) sink: SplitSink<Socket, Message>,
    pub(crate) stream: SplitStream<Socket>,
}

impl Client {
    /// Connects, joins, and waits for the answer, so that the server has done all it does for a connection.
    pub(crate) async fn join(
        dialect: Dialect,
        address: SocketAddr,
        room: &str,
        name: &str,
        session: Option<&str>,
    ) -> anyhow::Result<Self> {
        let stream = connect_from_elsewhere(address).await?;
        stream.set_nodelay(true)?;
        let (mut socket, _) = client_async(format!("ws://{address}{}", dialect.path()), stream).await?;
        if dialect == Dialect::SocketIo {
            socket.send(Message::text("40")).await?;
            while next(&mut socket, dialect).await?.0 != Heard::Connected {}
        }
        socket.send(Message::text(dialect.join(room, name, session))).await?;
        loop {
            if let (Heard::Joined { id, session }, _) = next(&mut socket, dialect).await? {
                let (sink, stream) = socket.split();
                return Ok(Self { dialect, id, room: room.to_owned(), session, sink, stream });
            }
        }
    }
}

/// Connects from an address of one's own, as people do: servers limit what comes from one.
async fn connect_from_elsewhere(address: SocketAddr) -> std::io::Result<TcpStream> {
    static CLIENTS: AtomicU32 = AtomicU32::new(0);
    let number = CLIENTS.fetch_add(1, Ordering::Relaxed);
    let socket = TcpSocket::new_v4()?;
    // On Linux all of 127.0.0.0/8 is this machine.
    socket.bind(SocketAddr::from((Ipv4Addr::from(0x7f01_0000 + number % 0x1_0000), 0)))?;
    socket.connect(address).await
}

/// What comes next, and the number to acknowledge.
pub(crate) async fn next(
    stream: &mut (impl StreamExt<Item = Result<Message, tokio_tungstenite::tungstenite::Error>> + Unpin),
    dialect: Dialect,
) -> anyhow::Result<(Heard, Option<u64>)> {
    loop {
        let message = stream.next().await.context("the server closed a connection")??;
        if let Message::Text(text) = message {
            return dialect.hear(&text);
        }
        anyhow::ensure!(!message.is_close(), "the server closed a connection: {message}");
    }
}
