//! The signalling socket: text frames in and out. It closes when it is dropped.

use std::cell::Cell;
use std::rc::Rc;

use futures::channel::{mpsc, oneshot};
use futures::future::{Either, select};
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use gloo_net::websocket::Message;
use gloo_net::websocket::futures::WebSocket;
use protocol::CloseCode;
use serde::Serialize;
use wasm_bindgen_futures::spawn_local;

use crate::event::SocketNumber;

/// What happens to a socket.
pub(crate) enum SocketNews {
    /// A text came.
    Text(String),
    /// It is gone. Nothing follows.
    Closed,
}

/// An open, or opening, socket.
pub(crate) struct Socket {
    number: SocketNumber,
    outgoing: mpsc::UnboundedSender<String>,
    /// Dropped with the socket, which ends what still waits for a connection.
    _open: oneshot::Sender<()>,
    /// Whether the page goes away: the server is told so.
    is_for_good: Rc<Cell<bool>>,
}

impl Socket {
    /// Opens a socket to the page's own server, which tells what happens to it. `None` when the address cannot be one.
    pub(crate) fn open(number: SocketNumber, tell: impl Fn(SocketNews) + 'static) -> Option<Self> {
        let websocket = WebSocket::open(&address()?).ok()?;
        let (outgoing, to_send) = mpsc::unbounded();
        let (open, dropped) = oneshot::channel();
        let is_for_good = Rc::<Cell<bool>>::default();
        spawn_local(run(websocket, to_send, dropped, Rc::clone(&is_for_good), tell));
        Some(Self { number, outgoing, _open: open, is_for_good })
    }

    /// Closes it because the page goes away.
    pub(crate) fn leave(self) {
        self.is_for_good.set(true);
    }

    pub(crate) fn number(&self) -> SocketNumber {
        self.number
    }

    /// Queues a message; it goes out once the socket is open.
    pub(crate) fn send(&self, message: &impl Serialize) {
        if let Ok(text) = serde_json::to_string(message) {
            _ = self.outgoing.unbounded_send(text);
        }
    }
}

/// Runs until one side ends. Both halves are dropped then, and that closes the browser's socket.
async fn run(
    websocket: WebSocket,
    to_send: mpsc::UnboundedReceiver<String>,
    dropped: oneshot::Receiver<()>,
    is_for_good: Rc<Cell<bool>>,
    tell: impl Fn(SocketNews),
) {
    let (mut write, mut read) = websocket.split();
    {
        let sending = Box::pin(send_all(&mut write, to_send, dropped));
        let receiving = Box::pin(receive_all(&mut read, &tell));
        select(sending, receiving).await;
    }
    if is_for_good.get()
        && let Ok(websocket) = write.reunite(read)
    {
        _ = websocket.close(Some(CloseCode::PAGE_GONE.0), None);
    }
    tell(SocketNews::Closed);
}

/// Sends what is queued, also what was queued just before the owner dropped the socket, unless it is not even open.
async fn send_all(
    write: &mut SplitSink<WebSocket, Message>,
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

async fn receive_all(read: &mut SplitStream<WebSocket>, tell: &impl Fn(SocketNews)) {
    while let Some(Ok(message)) = read.next().await {
        if let Message::Text(text) = message {
            tell(SocketNews::Text(text));
        }
    }
}

/// Where the server's sockets are.
pub(crate) fn address() -> Option<String> {
    let location = crate::web::window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}/api/v1/ws", location.host().ok()?))
}
