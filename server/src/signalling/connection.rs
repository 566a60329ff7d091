//! One connection: limits of size, rate and silence, reading and writing, and the closing handshake. It knows nothing of where it
//! leads, and holds no state of a room.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures::{FutureExt, SinkExt};
use protocol::limits::SILENCE_LIMIT_SECONDS;
use protocol::{CloseCode, ErrorCode, ServerMessage};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::destination::Destination;
use super::end::End;
use crate::connection_queue::Outgoing;
use crate::rate_limit::SocketRate;

/// How long a client may take to say where it wants to go, and to prove who it is.
const OPENS_WITHIN: Duration = Duration::from_secs(10);

/// Silence after which a connection is given up.
const SILENCE_LIMIT: Duration = Duration::from_secs(SILENCE_LIMIT_SECONDS);

/// How often the server itself says something. Below the 60 s after which many proxies drop a silent connection: the timers
/// of a page that nobody looks at run once a minute.
const SPEAKS_EVERY: Duration = Duration::from_secs(25);

/// How long one write may take before the reader counts as gone.
const WRITE_WITHIN: Duration = Duration::from_secs(10);

/// Messages that are passed on together.
const MOST_AT_ONCE: usize = 32;

/// How long a peer may take to answer a close frame.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// A socket, and how much may still come from it.
pub(super) struct Connection {
    socket: WebSocket,
    rate: SocketRate,
}

/// What can happen to a connection.
enum Event {
    Received(Received),
    Outgoing(Option<Vec<Outgoing>>),
    Quiet,
    Stopping,
}

type Received = Option<Result<Message, axum::Error>>;

impl Connection {
    pub(super) fn new(socket: WebSocket) -> Self {
        Self { socket, rate: SocketRate::new() }
    }

    /// The next text of a client that has yet to say where the connection leads, or who it is.
    pub(super) async fn next_text(&mut self) -> Result<Utf8Bytes, End> {
        let next = async {
            loop {
                let received = self.socket.recv().await;
                if let Some(text) = self.checked(received)? {
                    return Ok(text);
                }
            }
        };
        timeout(OPENS_WITHIN, next).await.unwrap_or_else(|_| Err(End::refused(ErrorCode::Silent)))
    }

    /// Asks the client something before it is attached, and returns what it says next.
    pub(super) async fn ask(&mut self, question: String) -> Result<Utf8Bytes, End> {
        self.write(Message::Text(question.into())).await?;
        self.next_text().await
    }

    /// Passes messages between the client and its destination until one of them ends it.
    pub(super) async fn converse<D: Destination>(
        &mut self,
        destination: &mut D,
        stopping: &mut watch::Receiver<bool>,
    ) -> End {
        let mut heard = Instant::now();
        let quiet = tokio::time::sleep(SPEAKS_EVERY);
        tokio::pin!(quiet);
        loop {
            let is_ready = destination.is_ready();
            let event = tokio::select! {
                biased;
                () = stop_asked(stopping) => Event::Stopping,
                // Who floods a room is read as fast as the room, and those who are told, take it.
                received = self.socket.recv(), if is_ready => Event::Received(received),
                outgoing = destination.next() => Event::Outgoing(outgoing),
                () = &mut quiet => Event::Quiet,
            };
            let step = match event {
                Event::Received(received) => {
                    heard = Instant::now();
                    self.hear(received, destination).await
                }
                Event::Outgoing(outgoing) => self.tell(outgoing).await,
                Event::Quiet if heard.elapsed() >= SILENCE_LIMIT => Err(End::refused(ErrorCode::Silent)),
                // The answer of the other end's WebSocket is something that is heard, also of a page that is asleep.
                Event::Quiet => {
                    let next = Instant::now() + SPEAKS_EVERY;
                    quiet.as_mut().reset(next.min(heard + SILENCE_LIMIT));
                    self.write(Message::Ping(Bytes::new())).await
                }
                Event::Stopping => Err(End::refused(ErrorCode::ServerStopping)),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Passes on what came, and what has come with it.
    async fn hear<D: Destination>(&mut self, received: Received, destination: &mut D) -> Result<(), End> {
        let mut messages = Vec::new();
        let mut next = Some(received);
        let end = loop {
            let Some(received) = next else { break Ok(()) };
            let text = self.checked(received);
            match text.and_then(|text| text.map(|text| destination.read(&text)).transpose()) {
                Ok(message) => messages.extend(message),
                Err(end) => break Err(end),
            }
            next = if messages.len() < MOST_AT_ONCE { self.socket.recv().now_or_never() } else { None };
        };
        if !messages.is_empty() {
            destination.take(messages).await?;
        }
        end
    }

    /// Writes what the destination says, as much as there is. One that says nothing more has dropped a client that reads too
    /// slowly.
    async fn tell(&mut self, outgoing: Option<Vec<Outgoing>>) -> Result<(), End> {
        let outgoing = outgoing.ok_or_else(|| End::refused(ErrorCode::TooSlow))?;
        if outgoing.is_empty() {
            return Ok(());
        }
        let socket = &mut self.socket;
        let writing = async {
            for one in outgoing {
                match one {
                    Outgoing::Message(text) => {
                        socket.feed(Message::Text(text)).await.map_err(|_| End::Gone)?;
                    }
                    Outgoing::Close(code) => {
                        socket.flush().await.map_err(|_| End::Gone)?;
                        return Err(End::Closed(code));
                    }
                }
            }
            socket.flush().await.map_err(|_| End::Gone)
        };
        timeout(WRITE_WITHIN, writing).await.unwrap_or(Err(End::Gone))
    }

    /// The text that came, within the limits of size and rate. `None` for a ping or pong of the WebSocket itself.
    fn checked(&self, received: Received) -> Result<Option<Utf8Bytes>, End> {
        let message = match received {
            None => return Err(End::Gone),
            Some(Err(error)) => return Err(reading_failed(&error)),
            Some(Ok(message)) => message,
        };
        if !matches!(message, Message::Close(_)) && !self.rate.allows(&message) {
            return Err(End::refused(ErrorCode::RateLimited));
        }
        match message {
            Message::Text(text) => Ok(Some(text)),
            Message::Ping(_) | Message::Pong(_) => Ok(None),
            Message::Binary(_) => Err(End::refused(ErrorCode::Malformed)),
            Message::Close(frame) => Err(End::closed_by_client(frame.as_ref())),
        }
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        match timeout(WRITE_WITHIN, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// Says why, closes, and waits a moment for the other side to close too.
    pub(super) async fn close(&mut self, end: End) {
        let (code, reason) = match end {
            End::Gone | End::Left => return,
            End::Closed(code) => (code, ""),
            End::Refused(error) => {
                tracing::info!(code = ?error.code, "a connection was ended");
                let sentence = error.code.sentence();
                let code = error.code.closes_with().unwrap_or(CloseCode::INTERNAL);
                if let Ok(text) = serde_json::to_string(&ServerMessage::Error(error)) {
                    _ = self.write(Message::Text(text.into())).await;
                }
                (code, sentence)
            }
        };
        let frame = CloseFrame { code: code.0, reason: Utf8Bytes::from_static(reason) };
        if self.write(Message::Close(Some(frame))).await.is_err() {
            return;
        }
        // A socket that is dropped with something unread is reset, and the other side loses the close frame. So what is still
        // on its way is read and dropped; what cannot be read any more at least gets a moment.
        _ = timeout(CLOSE_WITHIN, async {
            while let Some(Ok(_)) = self.socket.recv().await {}
            if code == CloseCode::TOO_BIG {
                std::future::pending::<()>().await;
            }
        })
        .await;
    }
}

/// Waits until the server stops.
pub(super) async fn stop_asked(stopping: &mut watch::Receiver<bool>) {
    _ = stopping.wait_for(|stopping| *stopping).await;
}

fn reading_failed(error: &axum::Error) -> End {
    use std::error::Error as _;

    let source = error.source().and_then(|source| source.downcast_ref::<tungstenite::Error>());
    if matches!(source, Some(tungstenite::Error::Capacity(_))) {
        End::refused(ErrorCode::TooLarge)
    } else {
        End::Gone
    }
}
