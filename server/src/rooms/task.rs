//! One task a room: a loop over one closed enum of events, driving the state machine of `crates/room`. It decides nothing;
//! media never passes through it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use protocol::{ErrorCode, MediaVia, Role, RoomMessage, ServerMessage, ValidateRoomResponse};
use room::{ConnectionId, Departure, Input, Output, Room};
use storage::{BrowserId, ChatPage, PasswordHash};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};

use super::backpressure::{Backpressure, Batch};
use super::envelope::{ReplyAddress, RoomEnvelope, RoomReply};
use super::event::{ReceivedMessage, RoomEvent};
use super::frame_encoder::FrameEncoder;
use super::meter::RoomMeter;
use super::queue::RoomQueueReceiver;
use super::registry::LoadedRoom;
use super::settings::SettingsChange;
use super::{RoomHandle, Rooms, load};
use crate::connection_queue::QueueSender;
use crate::journal_writer::{RoomWriter, Waiter};
use crate::metrics::Queue;
use crate::nodes::{Cluster, Stay};
use crate::refusals::Refusals;
use crate::{clock, tasks};

/// A room and what its task needs to carry out what it wants.
struct RoomTask {
    room: Room,
    handle: RoomHandle,
    rooms: Rooms,
    room_writer: RoomWriter,
    sockets: HashMap<ConnectionId, QueueSender>,
    /// Told when a queue that was long is short again.
    shortened: Arc<Notify>,
    /// The socket whose message is being dealt with.
    cause: Option<ConnectionId>,
    /// The socket that asks to be let in just now.
    entering: Option<ConnectionId>,
    backpressure: Backpressure,
    refusals: Refusals,
    meter: RoomMeter,
    /// The hash of the room's password, as the room knows of it.
    password: Option<PasswordHash>,
    /// Changes of the rules, made one after another.
    changes: Option<mpsc::Sender<SettingsChange>>,
    /// Once it is deleted, or another server's, nothing of the room is kept any more.
    is_over: bool,
    /// Whoever takes it from now on is whom it is offered to.
    is_offered: bool,
    /// What waits until that has an answer: whoever it is offered to knows what was written before, and would not know of this.
    held: Option<VecDeque<RoomEnvelope>>,
    /// That the room is this node's, until everything of it is written.
    stay: Option<Stay>,
}

/// Changes of the rules that wait for the database. Beyond them a host is told that it does not answer.
const WAITING_CHANGES: usize = 64;

enum Happening {
    Event(Option<Box<RoomEnvelope>>),
    Shortened,
}

/// What happens next; queues that become short are of interest only while there are long ones.
async fn next(events: &mut RoomQueueReceiver, shortened: Option<&Notify>) -> Happening {
    let Some(shortened) = shortened else { return Happening::Event(events.recv().await) };
    tokio::select! {
        event = events.recv() => Happening::Event(event),
        () = shortened.notified() => Happening::Shortened,
    }
}

#[derive(PartialEq, Eq)]
enum Lifecycle {
    Stays,
    Unloads,
}

/// Starts the task of a room.
pub(crate) fn run(loaded: LoadedRoom) {
    let LoadedRoom { room, handle, rooms, room_writer, events, stay } = loaded;
    let password = handle.record().password_hash;
    let task = Box::new(RoomTask {
        meter: RoomMeter::new(rooms.metrics.clone(), room.current_topology()),
        room,
        handle,
        rooms,
        room_writer,
        sockets: HashMap::new(),
        shortened: Arc::default(),
        cause: None,
        entering: None,
        backpressure: Backpressure::default(),
        refusals: Refusals::default(),
        password,
        changes: None,
        is_over: false,
        is_offered: false,
        held: None,
        stay,
    });
    tasks::spawn(task.run(events));
}

impl RoomTask {
    /// Runs a room until nobody needs it in memory. Boxed, because a future keeps what it is given twice.
    async fn run(mut self: Box<Self>, mut events: RoomQueueReceiver) {
        let clock = self.rooms.clock;
        loop {
            let now = clock.now();
            let due = [self.room.poll_timeout(now), self.backpressure.poll_timeout(now)];
            let shortened = self.backpressure.has_long_queues().then(|| Arc::clone(&self.shortened));
            let happening = match due.into_iter().flatten().min() {
                Some(due) => {
                    let next = next(&mut events, shortened.as_deref());
                    tokio::time::timeout_at(clock.instant(due).into(), next).await
                }
                None => Ok(next(&mut events, shortened.as_deref()).await),
            };
            let mut unheard = None;
            let lifecycle = match happening {
                // What is said to a room that is another server's is not for this one.
                Ok(Happening::Event(envelope)) if self.room_writer.is_fenced() => {
                    unheard = envelope;
                    self.let_go()
                }
                Ok(Happening::Event(Some(envelope))) => self.hear(*envelope),
                Ok(Happening::Event(None)) => return,
                Ok(Happening::Shortened) => Lifecycle::Stays,
                Err(_) => {
                    self.room.handle_timeout(clock.now());
                    self.carry_out()
                }
            };
            let unloads = lifecycle == Lifecycle::Unloads || self.release() == Lifecycle::Unloads;
            if unloads || self.is_over || self.is_waited_for_in_vain() {
                return self.end(unheard, events).await;
            }
            // When what must not be lost cannot be written, the room waits, and those who write to it.
            self.room_writer.ready().await;
        }
    }

    /// Whether nobody is in it and its node leaves, which would wait for it.
    fn is_waited_for_in_vain(&self) -> bool {
        let leaves = self.rooms.cluster.as_ref().is_some_and(Cluster::is_leaving);
        leaves && self.room.participants().next().is_none()
    }

    /// Whatever comes from now on finds another task; so does what has come in this moment.
    async fn end(mut self: Box<Self>, unheard: Option<Box<RoomEnvelope>>, mut events: RoomQueueReceiver) {
        let held = self.held.take().unwrap_or_default();
        events.close();
        self.rooms.forget(&self.handle);
        if let Some(stay) = self.stay.take() {
            let rooms = self.rooms.clone();
            // Another node may have it once everything is written; whoever is to be heard meanwhile keeps it here.
            tasks::spawn(async move {
                rooms.flush().await;
                drop(stay);
            });
        }
        for envelope in held.into_iter().map(Box::new).chain(unheard) {
            self.rooms.send_on(envelope).await;
        }
        while let Some(envelope) = events.recv().await {
            self.rooms.send_on(envelope).await;
        }
    }

    /// Lets go of everything of the room, because another server owns it now.
    fn let_go(&mut self) -> Lifecycle {
        tracing::warn!("another server owns a room; everybody's connection to it is closed");
        if let Some(stay) = &self.stay {
            stay.was_fenced();
        }
        self.is_over = true;
        self.input(if self.is_offered { Input::HandedOver } else { Input::Moved })
    }

    /// Does what has waited long enough for the queues of others.
    fn release(&mut self) -> Lifecycle {
        if !self.backpressure.has_long_queues() || self.held.is_some() {
            return Lifecycle::Stays;
        }
        let sockets = &self.sockets;
        self.backpressure.forget(|target| sockets.get(&target).is_none_or(QueueSender::is_short));
        for batch in self.backpressure.released(self.rooms.clock.now()) {
            if self.take(batch) == Lifecycle::Unloads {
                return Lifecycle::Unloads;
            }
        }
        Lifecycle::Stays
    }

    /// Deals with what a socket said, as far as it need not wait for those who are told of it.
    fn take(&mut self, mut batch: Batch) -> Lifecycle {
        let connection = batch.connection;
        while let Some(said) = batch.messages.pop_front() {
            let now = self.rooms.clock.now();
            if self.backpressure.holds(now, connection) {
                batch.messages.push_front(said);
                self.backpressure.hold(batch);
                return Lifecycle::Stays;
            }
            self.cause = Some(connection);
            let input = self.said(connection, said);
            self.room.handle_input(now, input);
            let lifecycle = self.carry_out();
            self.cause = None;
            if lifecycle == Lifecycle::Unloads {
                return lifecycle;
            }
        }
        if let Some(socket) = self.sockets.get(&connection) {
            socket.heard(batch.batches);
        }
        batch.departure.map_or(Lifecycle::Stays, |departure| self.depart(connection, departure))
    }

    /// Chat for which there is no place any more is refused before anybody sees it.
    fn said(&self, connection: ConnectionId, said: ReceivedMessage) -> Input {
        match said {
            ReceivedMessage::Message(frame) => {
                let is_chat = matches!(frame.message, RoomMessage::Chat { .. });
                if is_chat && self.room_writer.is_full() {
                    let (id, ack) = (frame.id, frame.ack);
                    return Input::Refused { connection, id, ack, code: ErrorCode::ChatFull };
                }
                Input::Message { connection, frame }
            }
            ReceivedMessage::Refused { id, ack, code } => Input::Refused { connection, id, ack, code },
        }
    }

    fn depart(&mut self, connection: ConnectionId, departure: Departure) -> Lifecycle {
        self.input(Input::Disconnect { connection, departure })
    }

    /// Deals with what has come, unless it has to wait.
    fn hear(&mut self, envelope: RoomEnvelope) -> Lifecycle {
        let is_said = matches!(
            envelope.event,
            RoomEvent::Enter { .. }
                | RoomEvent::Resume { .. }
                | RoomEvent::Messages { .. }
                | RoomEvent::Disconnected { .. }
        );
        match &mut self.held {
            Some(held) if is_said => {
                held.push_back(envelope);
                Lifecycle::Stays
            }
            Some(_) | None => self.handle(envelope),
        }
    }

    /// What has waited is dealt with: the room is not taken.
    fn go_on(&mut self) -> Lifecycle {
        let mut held = self.held.take().unwrap_or_default();
        while let Some(envelope) = held.pop_front() {
            if self.handle(envelope) == Lifecycle::Unloads {
                self.held = Some(held);
                return Lifecycle::Unloads;
            }
        }
        Lifecycle::Stays
    }

    fn take_messages(&mut self, connection: ConnectionId, messages: Vec<ReceivedMessage>) -> Lifecycle {
        if let Some(batch) = self.backpressure.held_of(connection) {
            batch.messages.extend(messages);
            batch.batches += 1;
            return Lifecycle::Stays;
        }
        self.take(Batch { connection, messages: messages.into(), batches: 1, departure: None })
    }

    fn handle(&mut self, RoomEnvelope { event, reply_to, .. }: RoomEnvelope) -> Lifecycle {
        let input = match event {
            RoomEvent::Enter { connection, visitor } => {
                let (participant, began) = (visitor.participant, clock::system_time());
                let lifecycle = self.connect(connection, Input::Enter { connection, visitor });
                self.rooms.joins.add(participant, "room: let in", began);
                return lifecycle;
            }
            RoomEvent::Resume { connection, resumption } => {
                return self.connect(connection, Input::Resume { connection, resumption });
            }
            RoomEvent::Messages { connection, messages } => return self.take_messages(connection, messages),
            RoomEvent::Disconnected { connection, departure } => {
                self.sockets.remove(&connection);
                if let Some(batch) = self.backpressure.held_of(connection) {
                    // What it said before comes first.
                    batch.departure = Some(departure);
                    return Lifecycle::Stays;
                }
                Input::Disconnect { connection, departure }
            }
            RoomEvent::Validate { role, browser } => {
                let answer = Box::new(self.validate(role, browser.as_ref()));
                return self.reply(reply_to, RoomReply::Validated(answer));
            }
            RoomEvent::Participants => {
                let people = self.room.participants().cloned().collect();
                return self.reply(reply_to, RoomReply::Participants(people));
            }
            RoomEvent::SettingsChanged { record } => {
                self.handle.set_record(*record);
                let record = self.handle.record();
                let before = std::mem::replace(&mut self.password, record.password_hash);
                let password = self.password.is_some();
                let is_new_password = password && self.password != before;
                Input::SettingsChanged { settings: record.settings, password, is_new_password }
            }
            RoomEvent::SettingsRefused { participant, in_reply_to, code } => {
                Input::SettingsRefused { participant, in_reply_to, code }
            }
            RoomEvent::ChatKept { from, chat } => Input::ChatKept { from, chat },
            RoomEvent::ChatNotKept { from, chat } => Input::ChatNotKept { from, chat },
            RoomEvent::HistoryRead { reader, page: ChatPage { entries, more } } => {
                Input::HistoryRead { reader, entries, more }
            }
            RoomEvent::HistoryNotRead { reader } => Input::HistoryNotRead { reader },
            RoomEvent::AdminAction { participant, action } => {
                self.reply(reply_to, RoomReply::Found(self.room.finds(participant, action)));
                Input::AdminAction { participant, action }
            }
            RoomEvent::Revoked { credentials } => Input::Revoke { credentials },
            RoomEvent::Media { participant, message } => Input::Media { participant, message },
            RoomEvent::RecordingFailed { recording, reason } => Input::RecordingFailed { recording, reason },
            RoomEvent::Deleted => {
                self.is_over = true;
                Input::Deleted
            }
            // Of a task before this one, which has taken the room again since.
            RoomEvent::Fenced { fence }
            | RoomEvent::HandedOver { fence }
            | RoomEvent::Offered { fence }
            | RoomEvent::OfferRefused { fence }
                if fence < self.handle.record().fence =>
            {
                return self.reply(reply_to, RoomReply::Waits);
            }
            RoomEvent::Fenced { .. } => return self.let_go(),
            RoomEvent::Offered { .. } => {
                self.is_offered = true;
                self.held.get_or_insert_default();
                return self.reply(reply_to, RoomReply::Waits);
            }
            RoomEvent::OfferRefused { .. } => return self.go_on(),
            RoomEvent::HandedOver { .. } => {
                self.is_over = true;
                Input::HandedOver
            }
        };
        self.input(input)
    }

    fn input(&mut self, input: Input) -> Lifecycle {
        self.room.handle_input(self.rooms.clock.now(), input);
        self.carry_out()
    }

    /// Takes the queue of a connection that asks to be let in. One that is gone already enters nothing: nobody would ever say that it
    /// has left.
    fn connect(&mut self, connection: ConnectionId, input: Input) -> Lifecycle {
        let Some(socket) = self.rooms.connections.take(connection) else { return Lifecycle::Stays };
        self.sockets.insert(connection, socket);
        // Whoever has been away for too long is refused, and then comes in anew.
        self.entering = matches!(input, Input::Enter { .. }).then_some(connection);
        let lifecycle = self.input(input);
        self.entering = None;
        lifecycle
    }

    fn reply(&self, to: Option<ReplyAddress>, reply: RoomReply) -> Lifecycle {
        if let Some(to) = to {
            self.rooms.replies.deliver(to, reply);
        }
        Lifecycle::Stays
    }

    fn carry_out(&mut self) -> Lifecycle {
        let topology = self.room.current_topology();
        let is_forwarded = topology.via != MediaVia::Mesh;
        self.handle.set_figures(self.room.present(), is_forwarded, self.rooms.clock.wall());
        let lifecycle = self.carry_out_all();
        self.meter.carried_out(self.room.current_topology());
        lifecycle
    }

    fn carry_out_all(&mut self) -> Lifecycle {
        let mut encoder = FrameEncoder::default();
        while let Some(output) = self.room.poll_output() {
            match output {
                Output::Send { to, seq, received, message } => {
                    if matches!(&*message, ServerMessage::Joined(joined) if !joined.continued) {
                        self.rooms.usage().joined();
                    }
                    self.meter.sent(&message);
                    if let ServerMessage::Error(error) = &*message {
                        if self.entering == Some(to) {
                            self.rooms.usage().refused(error.code);
                        }
                        let now = self.rooms.clock.now();
                        if let Some(count) = self.refusals.note(now) {
                            tracing::info!(code = ?error.code, count, "messages were refused");
                        }
                    }
                    if let Some(text) = encoder.text(seq, received, &message) {
                        self.send(to, text);
                    }
                }
                Output::Close { connection, code } => {
                    if let Some(socket) = self.sockets.remove(&connection) {
                        socket.close(code);
                    }
                }
                Output::Keep(change) => self.keep(change),
                Output::ReadHistory { reader, before } => {
                    if !self.room_writer.read_chat(reader, before) {
                        self.meter.queue_refused(Queue::History);
                        self.room.handle_input(self.rooms.clock.now(), Input::HistoryNotRead { reader });
                    }
                }
                Output::ChangeSettings { participant, in_reply_to, patch, action } => {
                    self.change_settings(SettingsChange { participant, in_reply_to, patch, action });
                }
                Output::Media { node, participant, order } => {
                    self.rooms.media.tell(node, self.handle.code(), participant, order);
                }
                Output::Recording(effect) => {
                    self.rooms.recordings.tell(self.handle.code(), &self.handle.queue, effect);
                }
                Output::Unload => return Lifecycle::Unloads,
                Output::Delete => {
                    let (rooms, code, stay) = (self.rooms.clone(), self.handle.code(), self.stay.take());
                    tasks::spawn(async move {
                        if let Err(error) = rooms.delete(code).await {
                            tracing::error!(%error, "a room that was left could not be deleted");
                        }
                        drop(stay);
                    });
                    return Lifecycle::Unloads;
                }
            }
        }
        Lifecycle::Stays
    }

    fn send(&mut self, to: ConnectionId, message: Utf8Bytes) {
        let Some(socket) = self.sockets.get(&to) else { return };
        let bytes = message.len();
        if let Ok(level) = socket.send(message, &self.shortened) {
            if let Some(cause) = self.cause {
                self.backpressure.note(self.rooms.clock.now(), cause, to, level, bytes);
            }
            return;
        }
        if let Some(socket) = self.sockets.remove(&to) {
            tracing::info!(code = ?ErrorCode::TooSlow, "a connection was cut off");
            self.meter.cut_off();
            socket.cut_off();
        }
        let gone = Input::Disconnect { connection: to, departure: Departure::Broken };
        self.room.handle_input(self.rooms.clock.now(), gone);
    }

    fn keep(&mut self, change: room::Change) {
        if self.is_over {
            return;
        }
        let waiter = match &change {
            room::Change::Chat(entry) => Some(Waiter { from: entry.from, chat: entry.id }),
            room::Change::Seat(_)
            | room::Change::Blocked(_)
            | room::Change::Used(_)
            | room::Change::Recording(_)
            | room::Change::Done { .. } => None,
        };
        let change = load::to_storage(self.handle.code(), change, self.rooms.clock.wall());
        if let Err(Some(Waiter { from, chat, .. })) = self.room_writer.keep(change, waiter) {
            self.meter.queue_refused(Queue::Journal);
            self.room.handle_input(self.rooms.clock.now(), Input::ChatNotKept { from, chat });
        }
    }

    /// The room lets only so many through, so that few wait unless the database stands still.
    fn change_settings(&mut self, change: SettingsChange) {
        let changes = self.changes.get_or_insert_with(|| {
            let (changes, mut received) = mpsc::channel::<SettingsChange>(WAITING_CHANGES);
            let (rooms, handle) = (self.rooms.clone(), self.handle.clone());
            tasks::spawn(async move {
                while let Some(change) = received.recv().await {
                    if let Some(refusal) = rooms.change_by_participant(handle.code(), change).await {
                        handle.queue.tell(refusal).await;
                    }
                }
            });
            changes
        });
        if let Err(TrySendError::Full(refused)) = changes.try_send(change) {
            self.meter.queue_refused(Queue::Settings);
            let SettingsChange { participant, in_reply_to, .. } = refused;
            let code = ErrorCode::StorageUnavailable;
            let input = Input::SettingsRefused { participant, in_reply_to, code };
            self.room.handle_input(self.rooms.clock.now(), input);
        }
    }

    fn validate(&self, role: Role, browser: Option<&BrowserId>) -> ValidateRoomResponse {
        let browser = browser.map(|browser| &*browser.0.0);
        let settings = self.room.settings();
        // Where not everybody may enter, not everybody may know who is inside; nor does whoever is rung, before they answer.
        let is_private = self.room.has_password()
            || settings.waiting_room.is_on()
            || settings.locked.is_on()
            || self.handle.is_of_call();
        let people = if is_private && !role.moderates() {
            Vec::new()
        } else {
            self.room.participants().map(|participant| participant.name.clone()).collect()
        };
        ValidateRoomResponse {
            standing: self.room.standing(self.rooms.clock.now(), role, browser),
            room: Some(self.room.summary()),
            people,
            password: self.room.has_password(),
            waiting_room: settings.waiting_room.is_on(),
            encryption: settings.encryption,
            starts_at: settings.starts_at,
            recording: self.room.recording().is_some(),
            role,
        }
    }
}
