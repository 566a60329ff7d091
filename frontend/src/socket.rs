//! The signalling socket: text frames in and out. It closes when it is dropped.

use futures::channel::mpsc;
use futures::stream::SplitStream;
use futures::{SinkExt, StreamExt};
use gloo_net::websocket::Message;
use gloo_net::websocket::futures::WebSocket;
use protocol::{ClientFrame, ServerMessage};
use wasm_bindgen_futures::spawn_local;

use crate::event::{Event, Events, SocketNumber};

/// An open, or opening, socket.
pub(crate) struct Socket {
    number: SocketNumber,
    outgoing: mpsc::UnboundedSender<String>,
}

impl Socket {
    /// Opens a socket to the page's own server. `None` when the address cannot be one.
    pub(crate) fn open(number: SocketNumber, events: &Events) -> Option<Self> {
        let (write, read) = WebSocket::open(&address()?).ok()?.split();
        let (outgoing, to_send) = mpsc::unbounded();
        spawn_local(send_all(write, to_send));
        spawn_local(receive_all(read, number, events.clone()));
        Some(Self { number, outgoing })
    }

    pub(crate) fn number(&self) -> SocketNumber {
        self.number
    }

    /// Queues a message; it goes out once the socket is open.
    pub(crate) fn send(&self, frame: &ClientFrame) {
        if let Ok(text) = serde_json::to_string(frame) {
            _ = self.outgoing.unbounded_send(text);
        }
    }
}

/// Sends until the socket's owner drops it, then closes it.
async fn send_all(
    mut write: futures::stream::SplitSink<WebSocket, Message>,
    mut to_send: mpsc::UnboundedReceiver<String>,
) {
    while let Some(text) = to_send.next().await {
        if write.send(Message::Text(text)).await.is_err() {
            return;
        }
    }
    _ = write.close().await;
}

async fn receive_all(mut read: SplitStream<WebSocket>, socket: SocketNumber, events: Events) {
    while let Some(Ok(message)) = read.next().await {
        let Message::Text(text) = message else { continue };
        if let Ok(message) = serde_json::from_str::<ServerMessage>(&text) {
            _ = events.unbounded_send(Event::Server { socket, message: Box::new(message) });
        }
    }
    _ = events.unbounded_send(Event::SocketClosed { socket });
}

fn address() -> Option<String> {
    let location = crate::web::window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}/api/v1/ws", location.host().ok()?))
}
