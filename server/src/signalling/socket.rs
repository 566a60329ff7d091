//! One socket: reads, checks, forwards, and writes what the room says. Holds no state of the room.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures::{FutureExt, SinkExt};
use protocol::limits::SILENCE_LIMIT_SECONDS;
use protocol::{
    ClientFrame, ClientMessage, CloseCode, ErrorCode, MessageId, ProtocolError, ProtocolVersion, RoomCode,
    ServerMessage, VERSION,
};
use room::{ConnectionId, Departure};
use serde::Deserialize;
use storage::StorageError;
use tokio::sync::mpsc::error::{SendError, TrySendError};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::caller::Caller;
use crate::entrance;
use crate::rate_limit::SocketRate;
use crate::rooms::{Outgoing, RoomEvent, RoomHandle, outgoing};
use crate::{AppState, ids};

/// How long a socket may take to say where it wants to go.
const JOIN_WITHIN: Duration = Duration::from_secs(10);

/// Silence after which a connection is given up.
const SILENCE_LIMIT: Duration = Duration::from_secs(SILENCE_LIMIT_SECONDS);

/// How often the server itself says something. Below the 60 s after which many proxies drop a silent connection: the timers
/// of a page that nobody looks at run once a minute.
const SPEAKS_EVERY: Duration = Duration::from_secs(25);

/// How long one write may take before the reader counts as gone.
const WRITE_WITHIN: Duration = Duration::from_secs(10);

/// Messages that are passed to the room together.
const MOST_AT_ONCE: usize = 32;

/// How long a peer may take to answer a close frame.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// Runs one connection from its first message to its close frame.
#[expect(
    clippy::manual_async_fn,
    reason = "an async fn would keep every argument twice, for as long as the connection is there"
)]
pub(super) fn run(
    mut socket: WebSocket,
    state: AppState,
    caller: Box<Caller>,
) -> impl Future<Output = ()> + Send {
    async move {
        let mut stopping = state.stopping.subscribe();
        let rate = SocketRate::new();
        let joined = tokio::select! {
            // Boxed, so that a connection does not keep the room that joining needs.
            joined = Box::pin(join(&mut socket, state, caller, &rate)) => joined,
            () = stop_asked(&mut stopping) => Err(End::refused(ErrorCode::ServerStopping)),
        };
        let end = match joined {
            Ok(mut member) => {
                let end = member.converse(&mut socket, &rate, &mut stopping).await;
                member.part(&end).await;
                end
            }
            Err(end) => end,
        };
        Box::pin(finish(&mut socket, end)).await;
    }
}

/// A socket that has asked a room to let it in.
struct Member {
    connection: ConnectionId,
    room: RoomHandle,
    state: AppState,
    address: IpAddr,
    incoming: outgoing::Incoming,
}

/// What can happen to a socket in a room.
enum Event {
    Received(Option<Result<Message, axum::Error>>),
    Outgoing(Option<Vec<Outgoing>>),
    Quiet,
    Stopping,
}

/// Why a connection ends.
enum End {
    /// The connection broke.
    Gone,
    /// The client has closed it.
    Left,
    /// The client did something that ends it.
    Refused(ProtocolError),
    /// The room ends it, and has said why.
    Closed(CloseCode),
}

impl End {
    fn refused(code: ErrorCode) -> Self {
        Self::Refused(ProtocolError::new(code, None))
    }
}

/// What a socket said.
enum Heard {
    Frame(ClientFrame),
    /// A ping or pong of the WebSocket itself.
    Nothing,
}

async fn join(
    socket: &mut WebSocket,
    state: AppState,
    caller: Box<Caller>,
    rate: &SocketRate,
) -> Result<Member, End> {
    let frame = timeout(JOIN_WITHIN, first_frame(socket, rate))
        .await
        .map_err(|_| End::refused(ErrorCode::Silent))??;
    let ClientFrame { id, message, .. } = frame;
    let refused = |code| End::Refused(ProtocolError::new(code, id));
    let connection = ids::connection();
    let (outgoing, incoming) = outgoing::queue();
    let (code, credential, event) = match message {
        ClientMessage::Join(join) => {
            check_version(join.version).map_err(refused)?;
            let code = join.room;
            let room = find(&state, &caller, code).await.map_err(refused)?;
            let visitor = entrance::visitor(&state, &room, &caller, *join).await.map_err(refused)?;
            let earlier = visitor.earlier.as_ref().and_then(|claims| claims.terms.credential.clone());
            let credential = visitor.terms.credential.clone().or(earlier);
            (code, credential, RoomEvent::Enter { connection, visitor: Box::new(visitor), outgoing })
        }
        ClientMessage::Resume(resume) => {
            check_version(resume.version).map_err(refused)?;
            let resumption = entrance::resumption(&state, &caller, &resume).await.map_err(refused)?;
            let credential = resumption.claims.terms.credential.clone();
            (
                resume.room,
                credential,
                RoomEvent::Resume { connection, resumption: Box::new(resumption), outgoing },
            )
        }
        ClientMessage::Signal { .. }
        | ClientMessage::SetMedia { .. }
        | ClientMessage::SetHand { .. }
        | ClientMessage::React { .. }
        | ClientMessage::Chat { .. }
        | ClientMessage::ReadChat { .. }
        | ClientMessage::SendLetters { .. }
        | ClientMessage::Moderate { .. }
        | ClientMessage::TopologyReady { .. }
        | ClientMessage::TopologyFailed { .. }
        | ClientMessage::ReportTrouble { .. }
        | ClientMessage::SetSlots { .. }
        | ClientMessage::RenewIceServers
        | ClientMessage::Ping
        | ClientMessage::Leave => return Err(refused(ErrorCode::NotJoined)),
    };
    let room = state.rooms.send(code, event).await.map_err(|error| refused(unavailable(&error)))?;
    let room = room.ok_or_else(|| refused(ErrorCode::RoomUnknown))?;
    entrance::look_again(&state, code, credential).await;
    Ok(Member { connection, room, state, address: caller.address, incoming })
}

fn check_version(version: ProtocolVersion) -> Result<(), ErrorCode> {
    if version == VERSION { Ok(()) } else { Err(ErrorCode::UnsupportedVersion) }
}

async fn find(state: &AppState, caller: &Caller, code: RoomCode) -> Result<RoomHandle, ErrorCode> {
    let room = state.rooms.find(code).await.map_err(|error| unavailable(&error))?;
    // Guessing codes is limited, whichever way it is tried.
    room.ok_or_else(|| match state.lookups.guess(caller.address) {
        Ok(()) => ErrorCode::RoomUnknown,
        Err(_) => ErrorCode::RateLimited,
    })
}

fn unavailable(error: &StorageError) -> ErrorCode {
    tracing::error!(%error, "a room could not be read");
    ErrorCode::StorageUnavailable
}

async fn first_frame(socket: &mut WebSocket, rate: &SocketRate) -> Result<ClientFrame, End> {
    loop {
        if let Heard::Frame(frame) = understand(socket.recv().await, rate)? {
            return Ok(frame);
        }
    }
}

impl Member {
    /// Passes messages both ways until one side ends it.
    async fn converse(
        &mut self,
        socket: &mut WebSocket,
        rate: &SocketRate,
        stopping: &mut watch::Receiver<bool>,
    ) -> End {
        let mut heard = Instant::now();
        let quiet = tokio::time::sleep(SPEAKS_EVERY);
        tokio::pin!(quiet);
        loop {
            let may_speak = self.incoming.may_speak();
            let event = tokio::select! {
                biased;
                () = stop_asked(stopping) => Event::Stopping,
                // Who floods a room is read as fast as the room, and those who are told, take it.
                received = socket.recv(), if may_speak => Event::Received(received),
                outgoing = self.incoming.next() => Event::Outgoing(outgoing),
                () = &mut quiet => Event::Quiet,
            };
            let step = match event {
                Event::Received(received) => {
                    heard = Instant::now();
                    self.hear(received, socket, rate).await
                }
                Event::Outgoing(outgoing) => self.tell(socket, outgoing).await,
                Event::Quiet if heard.elapsed() >= SILENCE_LIMIT => Err(End::refused(ErrorCode::Silent)),
                // The answer of the other end's WebSocket is something that is heard, also of a page that is asleep.
                Event::Quiet => {
                    let next = Instant::now() + SPEAKS_EVERY;
                    quiet.as_mut().reset(next.min(heard + SILENCE_LIMIT));
                    write(socket, Message::Ping(Bytes::new())).await
                }
                Event::Stopping => Err(End::refused(ErrorCode::ServerStopping)),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Passes on what came, and what has come with it.
    async fn hear(
        &mut self,
        received: Option<Result<Message, axum::Error>>,
        socket: &mut WebSocket,
        rate: &SocketRate,
    ) -> Result<(), End> {
        let mut frames = Vec::new();
        let mut next = Some(received);
        let end = loop {
            let Some(received) = next else { break Ok(()) };
            match understand(received, rate) {
                Ok(Heard::Frame(frame)) => {
                    let refused = self.refusal(&frame);
                    frames.push((frame, refused));
                }
                Ok(Heard::Nothing) => {}
                Err(end) => break Err(end),
            }
            next = if frames.len() < MOST_AT_ONCE { socket.recv().now_or_never() } else { None };
        };
        if !frames.is_empty() {
            self.incoming.speak();
            self.pass_on(RoomEvent::Messages { connection: self.connection, frames }).await?;
        }
        end
    }

    /// Why a message is not even looked at: its address has said too much, in whichever rooms.
    fn refusal(&self, frame: &ClientFrame) -> Option<ErrorCode> {
        let ClientMessage::Chat { envelope, .. } = &frame.message else { return None };
        let is_allowed = self.state.chat_rate.allows(self.address, envelope.body().len());
        (!is_allowed).then_some(ErrorCode::ChatTooFast)
    }

    /// Writes what the room says, as much as there is. A room that says nothing more has dropped a client that reads too
    /// slowly.
    async fn tell(&mut self, socket: &mut WebSocket, outgoing: Option<Vec<Outgoing>>) -> Result<(), End> {
        let outgoing = outgoing.ok_or_else(|| End::refused(ErrorCode::TooSlow))?;
        if outgoing.is_empty() {
            return Ok(());
        }
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

    /// Tells the room, unless the room knows.
    async fn part(&mut self, end: &End) {
        let departure = match end {
            End::Gone => Departure::Broken,
            End::Left => Departure::Closed,
            // Everybody is told by their own socket, and whoever is connected to whom stays so.
            End::Refused(error) if error.code == ErrorCode::ServerStopping => return,
            End::Refused(error) if matches!(error.code, ErrorCode::TooSlow | ErrorCode::Silent) => {
                Departure::Broken
            }
            End::Refused(_) => Departure::Offended,
            End::Closed(_) => return,
        };
        _ = self.pass_on(RoomEvent::Disconnected { connection: self.connection, departure }).await;
    }

    /// Passes an event to the room, also when another task runs it now.
    async fn pass_on(&mut self, event: RoomEvent) -> Result<(), End> {
        match self.room.events.try_send(Box::new(event)) {
            Ok(()) => Ok(()),
            // Boxed, because it is rare, and a connection would keep the room for it.
            Err(TrySendError::Full(event) | TrySendError::Closed(event)) => {
                Box::pin(self.pass_on_when_possible(event)).await
            }
        }
    }

    async fn pass_on_when_possible(&mut self, event: Box<RoomEvent>) -> Result<(), End> {
        let Err(SendError(event)) = self.room.events.send(event).await else { return Ok(()) };
        let found = self
            .state
            .rooms
            .send(self.room.code, event)
            .await
            .map_err(|error| End::refused(unavailable(&error)))?;
        self.room = found.ok_or_else(|| End::refused(ErrorCode::RoomUnknown))?;
        Ok(())
    }
}

/// Checks size, rate and form of what came.
fn understand(received: Option<Result<Message, axum::Error>>, rate: &SocketRate) -> Result<Heard, End> {
    let message = match received {
        None => return Err(End::Gone),
        Some(Ok(Message::Close(_))) => return Err(End::Left),
        Some(Err(error)) => return Err(reading_failed(&error)),
        Some(Ok(message)) => message,
    };
    if !rate.allows(&message) {
        return Err(End::refused(ErrorCode::RateLimited));
    }
    match message {
        Message::Text(text) => parse(&text).map(Heard::Frame),
        Message::Ping(_) | Message::Pong(_) => Ok(Heard::Nothing),
        Message::Binary(_) => Err(End::refused(ErrorCode::Malformed)),
        Message::Close(_) => Err(End::Left),
    }
}

fn parse(text: &str) -> Result<ClientFrame, End> {
    ClientFrame::parse(text).map_err(|error| {
        // What is wrong with the message is told to its sender, and to nobody else: it may hold a name.
        let mut refusal = ProtocolError::new(ErrorCode::Malformed, message_id(text));
        refusal.message = format!("{}: {error}", refusal.message);
        End::Refused(refusal)
    })
}

/// The id of a message that is otherwise not understood.
fn message_id(text: &str) -> Option<MessageId> {
    #[derive(Deserialize)]
    struct OnlyId {
        id: Option<MessageId>,
    }
    serde_json::from_str::<OnlyId>(text).ok().and_then(|message| message.id)
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

async fn write(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    match timeout(WRITE_WITHIN, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Gone),
    }
}

async fn stop_asked(stopping: &mut watch::Receiver<bool>) {
    _ = stopping.wait_for(|stopping| *stopping).await;
}

/// Says why, closes, and waits a moment for the other side to close too.
async fn finish(socket: &mut WebSocket, end: End) {
    let (code, reason) = match end {
        End::Gone | End::Left => return,
        End::Closed(code) => (code, ""),
        End::Refused(error) => {
            tracing::info!(code = ?error.code, "a connection was ended");
            let sentence = error.code.sentence();
            let code = error.code.closes_with().unwrap_or(CloseCode::INTERNAL);
            if let Ok(text) = serde_json::to_string(&ServerMessage::Error(error)) {
                _ = write(socket, Message::Text(text.into())).await;
            }
            (code, sentence)
        }
    };
    let frame = CloseFrame { code: code.0, reason: Utf8Bytes::from_static(reason) };
    if write(socket, Message::Close(Some(frame))).await.is_err() {
        return;
    }
    // A socket that is dropped with something unread is reset, and the other side loses the close frame. So what is still
    // on its way is read and dropped; what cannot be read any more at least gets a moment.
    _ = timeout(CLOSE_WITHIN, async {
        while let Some(Ok(_)) = socket.recv().await {}
        if code == CloseCode::TOO_BIG {
            std::future::pending::<()>().await;
        }
    })
    .await;
}
