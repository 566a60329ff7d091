//! A room as the destination of a connection: how one gets in, and how messages go back and forth.

use std::net::IpAddr;
use std::time::Instant;

use protocol::{
    CloseCode, ErrorCode, Join, OpeningFrame, ProtocolVersion, Resume, RoomCode, RoomFrame, RoomMessage,
    VERSION,
};
use storage::StorageError;
use tokio::sync::mpsc::error::TrySendError;
use tracing::{Instrument as _, Span, debug_span};

use super::destination::Destination;
use super::end::End;
use crate::connection_queue::{Outgoing, QueueReceiver};
use crate::connections::OpenConnection;
use crate::http_client::HttpClient;
use crate::metrics::{Label, Metrics};
use crate::rooms::{ReceivedMessage, RoomEnvelope, RoomEvent, RoomHandle};
use crate::traces::JoinTrace;
use crate::{AppState, clock, credential_check};

/// How long each step into a room takes.
struct Steps {
    metrics: Metrics,
    since: Instant,
}

impl Steps {
    fn new(metrics: Metrics) -> Self {
        Self { metrics, since: clock::moment() }
    }

    fn done(&mut self, step: Label) {
        let now = clock::moment();
        self.metrics.join_step(step, now.saturating_duration_since(self.since));
        self.since = now;
    }
}

/// A connection that has asked a room to let it in.
pub(super) struct RoomDestination {
    connection: OpenConnection,
    room: RoomHandle,
    state: AppState,
    address: IpAddr,
    queue: QueueReceiver,
    /// Until the page has told how its way in went, where that is traced.
    trace: Option<JoinTrace>,
    /// Whether it has; a page that comes back has done that before.
    has_reported: bool,
}

impl RoomDestination {
    /// Asks a room to let somebody in.
    pub(super) async fn join(state: AppState, caller: &HttpClient, join: Join) -> Result<Self, ErrorCode> {
        let rooms = state.rooms.clone();
        let joined = Self::join_traced(state, caller, join).await;
        if let Err(code) = &joined {
            rooms.usage().refused(*code);
        }
        joined
    }

    async fn join_traced(state: AppState, caller: &HttpClient, join: Join) -> Result<Self, ErrorCode> {
        check_version(join.version)?;
        let mut trace = state.joins.begin();
        let span = trace.as_ref().map_or_else(Span::none, |trace| trace.span().clone());
        let entering = Self::enter(state, caller, join, &mut trace).instrument(span);
        let entered = entering.await?;
        Ok(Self { trace, ..entered })
    }

    async fn enter(
        state: AppState,
        caller: &HttpClient,
        join: Join,
        trace: &mut Option<JoinTrace>,
    ) -> Result<Self, ErrorCode> {
        let mut steps = Steps::new(state.metrics.clone());
        let span = debug_span!(target: "veranda::join", "find");
        let room = find(&state, caller, join.room).instrument(span).await?;
        steps.done("find");
        let span = debug_span!(target: "veranda::join", "check");
        let visitor = credential_check::visitor(&state, &room, caller, join).instrument(span).await?;
        steps.done("check");
        if let Some(trace) = trace {
            trace.is_of(visitor.participant);
        }
        let earlier = visitor.earlier.as_ref().and_then(|claims| claims.credential_claims.credential.clone());
        let credential = visitor.credential_claims.credential.clone().or(earlier);
        let (connection, queue) = state.rooms.connections().open();
        let event = RoomEvent::Enter { connection: connection.id(), visitor: Box::new(visitor) };
        let span = debug_span!(target: "veranda::join", "enter");
        let room = send(&state, room.code(), event, credential).instrument(span).await?;
        steps.done("enter");
        Ok(Self { connection, room, state, address: caller.address, queue, trace: None, has_reported: false })
    }

    /// Asks a room for the seat that somebody had.
    pub(super) async fn resume(
        state: AppState,
        caller: &HttpClient,
        resume: &Resume,
    ) -> Result<Self, ErrorCode> {
        check_version(resume.version)?;
        let resumption = credential_check::resumption(&state, caller, resume).await?;
        let credential = resumption.claims.credential_claims.credential.clone();
        let (connection, queue) = state.rooms.connections().open();
        let event = RoomEvent::Resume { connection: connection.id(), resumption: Box::new(resumption) };
        let room = send(&state, resume.room, event, credential).await?;
        Ok(Self { connection, room, state, address: caller.address, queue, trace: None, has_reported: true })
    }

    /// A message, unless its address has said too much, in whichever rooms: then the room does not even look at it.
    fn limited(&self, frame: RoomFrame) -> ReceivedMessage {
        if let RoomMessage::Chat { envelope, .. } = &frame.message
            && !self.state.chat_rate.allows(self.address, envelope.body().len())
        {
            return ReceivedMessage::Refused { id: frame.id, ack: frame.ack, code: ErrorCode::ChatTooFast };
        }
        ReceivedMessage::Message(frame)
    }

    /// What a page tells of its way in is counted, and ends what was traced.
    fn note_report(&mut self, message: &ReceivedMessage) {
        if let ReceivedMessage::Message(RoomFrame { message: RoomMessage::ReportJoin { steps }, .. }) =
            message
        {
            if !std::mem::replace(&mut self.has_reported, true) {
                self.state.metrics.told(*steps);
            }
            if let Some(trace) = self.trace.take() {
                trace.told(*steps);
            }
        }
        self.trace.take_if(|trace| trace.is_overdue());
    }

    /// Passes an event to the room, also when another task runs it now.
    async fn pass_on(&mut self, event: RoomEvent) -> Result<(), End> {
        match self.room.queue.try_tell(event) {
            Ok(()) => Ok(()),
            // Boxed, because it is rare, and a connection would keep the room for it.
            Err(TrySendError::Full(envelope) | TrySendError::Closed(envelope)) => {
                Box::pin(self.pass_on_when_possible(envelope)).await
            }
        }
    }

    async fn pass_on_when_possible(&mut self, envelope: Box<RoomEnvelope>) -> Result<(), End> {
        let Err(envelope) = self.room.queue.send(envelope).await else { return Ok(()) };
        let found = self.state.rooms.send(envelope).await;
        // Where another node has it, whoever comes back is led there.
        let is_elsewhere = matches!(found, Err(StorageError::Fenced));
        let found = found.map_err(|error| {
            if is_elsewhere { End::Closed(CloseCode::MOVED) } else { End::refused(unavailable(&error)) }
        })?;
        self.room = found.ok_or_else(|| End::refused(ErrorCode::RoomUnknown))?;
        Ok(())
    }
}

impl Destination for RoomDestination {
    type Message = ReceivedMessage;

    /// A second first message is answered and changes nothing.
    fn read(&self, text: &str) -> Result<ReceivedMessage, End> {
        let frame = RoomFrame::parse(text).inspect(|frame| {
            self.state.metrics.received("room", (&frame.message).into());
        });
        frame.map(|frame| self.limited(frame)).or_else(|error| {
            let opening = OpeningFrame::parse(text).map_err(|_| End::malformed(text, &error))?;
            Ok(ReceivedMessage::Refused { id: opening.id, ack: None, code: ErrorCode::AlreadyJoined })
        })
    }

    fn is_ready(&self) -> bool {
        self.queue.may_speak()
    }

    fn take(&mut self, messages: Vec<ReceivedMessage>) -> impl Future<Output = Result<(), End>> + Send {
        messages.iter().for_each(|message| self.note_report(message));
        self.queue.speak();
        self.pass_on(RoomEvent::Messages { connection: self.connection.id(), messages })
    }

    fn next(&mut self) -> impl Future<Output = Option<Vec<Outgoing>>> + Send {
        self.queue.next()
    }

    async fn part(&mut self, end: &End) {
        if let Some(departure) = end.departure() {
            _ = self.pass_on(RoomEvent::Disconnected { connection: self.connection.id(), departure }).await;
        }
    }
}

pub(super) fn check_version(version: ProtocolVersion) -> Result<(), ErrorCode> {
    if version == VERSION { Ok(()) } else { Err(ErrorCode::UnsupportedVersion) }
}

async fn find(state: &AppState, caller: &HttpClient, code: RoomCode) -> Result<RoomHandle, ErrorCode> {
    let room = state.rooms.find(code).await.map_err(|error| unavailable(&error))?;
    // Guessing codes is limited, whichever way it is tried.
    match room {
        Some(room) => Ok(room),
        None if state.lookups.guess(caller.address).await.is_ok() => Err(ErrorCode::RoomUnknown),
        None => Err(ErrorCode::RateLimited),
    }
}

/// Tells a room that somebody wants to be in it, and looks once more whether what they have shown still counts.
async fn send(
    state: &AppState,
    code: RoomCode,
    event: RoomEvent,
    credential: Option<String>,
) -> Result<RoomHandle, ErrorCode> {
    let room = state.rooms.send(RoomEnvelope::new(code, event)).await.map_err(|error| unavailable(&error))?;
    let room = room.ok_or(ErrorCode::RoomUnknown)?;
    credential_check::look_again(state, code, credential).await;
    Ok(room)
}

fn unavailable(error: &StorageError) -> ErrorCode {
    tracing::error!(%error, "a room could not be read");
    ErrorCode::StorageUnavailable
}
