//! The signalling socket: text frames in and out. It closes when it is dropped.

use futures::channel::{mpsc, oneshot};
use futures::future::{Either, select};
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use gloo_net::websocket::Message;
use gloo_net::websocket::futures::WebSocket;
use protocol::{OpeningFrame, RoomFrame, ServerFrame};
use wasm_bindgen_futures::spawn_local;

use crate::event::{Event, Events, SocketNumber};

/// An open, or opening, socket.
pub(crate) struct Socket {
    number: SocketNumber,
    outgoing: mpsc::UnboundedSender<String>,
    /// Dropped with the socket, which ends what still waits for a connection.
    _open: oneshot::Sender<()>,
}

impl Socket {
    /// Opens a socket to the page's own server. `None` when the address cannot be one.
    pub(crate) fn open(number: SocketNumber, events: &Events) -> Option<Self> {
        let websocket = WebSocket::open(&address()?).ok()?;
        let (outgoing, to_send) = mpsc::unbounded();
        let (open, dropped) = oneshot::channel();
        spawn_local(run(websocket, number, to_send, dropped, events.clone()));
        Some(Self { number, outgoing, _open: open })
    }

    pub(crate) fn number(&self) -> SocketNumber {
        self.number
    }

    /// Queues the first message; it goes out once the socket is open.
    pub(crate) fn send_opening(&self, frame: &OpeningFrame) {
        self.queue(serde_json::to_string(frame));
    }

    /// Queues a message after the first.
    pub(crate) fn send(&self, frame: &RoomFrame) {
        self.queue(serde_json::to_string(frame));
    }

    fn queue(&self, text: serde_json::Result<String>) {
        if let Ok(text) = text {
            _ = self.outgoing.unbounded_send(text);
        }
    }
}

/// Runs until one side ends. Both halves are dropped then, and that closes the browser's socket.
async fn run(
    websocket: WebSocket,
    number: SocketNumber,
    to_send: mpsc::UnboundedReceiver<String>,
    dropped: oneshot::Receiver<()>,
    events: Events,
) {
    let (write, read) = websocket.split();
    let sending = Box::pin(send_all(write, to_send, dropped));
    let receiving = Box::pin(receive_all(read, number, &events));
    select(sending, receiving).await;
    _ = events.unbounded_send(Event::SocketClosed { socket: number });
}

/// Sends what is queued, also what was queued just before the owner dropped the socket, unless it is not even open.
async fn send_all(
    mut write: SplitSink<WebSocket, Message>,
    mut to_send: mpsc::UnboundedReceiver<String>,
    mut dropped: oneshot::Receiver<()>,
) {
    while let Some(text) = to_send.next().await {
        match select(write.send(Message::Text(text)), &mut dropped).await {
            Either::Left((Ok(()), _)) => {}
            Either::Left((Err(_), _)) | Either::Right(_) => return,
        }
    }
}

async fn receive_all(mut read: SplitStream<WebSocket>, socket: SocketNumber, events: &Events) {
    while let Some(Ok(message)) = read.next().await {
        let Message::Text(text) = message else { continue };
        if let Ok(frame) = ServerFrame::parse(&text) {
            _ = events.unbounded_send(Event::Server { socket, frame: Box::new(frame) });
        }
    }
}

/// Where the server's sockets are.
pub(crate) fn address() -> Option<String> {
    let location = crate::web::window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}/api/v1/ws", location.host().ok()?))
}
