//! One task a room: a loop over one closed enum of events, driving the state machine of `crates/room`. It decides nothing;
//! media never passes through it.

use std::collections::HashMap;

use axum::extract::ws::Utf8Bytes;
use protocol::{
    ChatId, ClientFrame, ClientMessage, ErrorCode, MessageId, ParticipantId, Role, RoomSettingsPatch,
    ServerMessage, ValidateRoomResponse,
};
use room::{ConnectionId, Decree, Departure, Input, Output, Resumption, Room, Visitor};
use storage::{BrowserId, ChatPage};
use tokio::sync::{mpsc, oneshot};

use super::outgoing::Outlet;
use super::words::Words;
use super::{RoomHandle, Rooms, load};
use crate::keeper::{Asker, Lane};
use crate::tasks;

/// What can happen to a room's task.
pub(crate) enum RoomEvent {
    /// A socket asks to enter.
    Enter {
        connection: ConnectionId,
        visitor: Box<Visitor>,
        /// Where its messages go. The room drops it when the socket is to be closed for reading too slowly.
        outgoing: Outlet,
    },
    /// A socket takes the place of one that broke.
    Resume { connection: ConnectionId, resumption: Box<Resumption>, outgoing: Outlet },
    /// Messages from a socket that asked to enter, in their order.
    Messages {
        connection: ConnectionId,
        /// With why they are refused, where they are.
        frames: Vec<(ClientFrame, Option<ErrorCode>)>,
    },
    /// A socket is gone.
    Disconnected { connection: ConnectionId, departure: Departure },
    /// Somebody outside, with a role inside, asks about the room.
    Validate { role: Role, browser: Option<BrowserId>, answer: oneshot::Sender<ValidateRoomResponse> },
    /// The rules are others now, and kept.
    SettingsChanged,
    /// Rules could not be changed.
    SettingsRefused { participant: ParticipantId, in_reply_to: Option<MessageId>, code: ErrorCode },
    /// A chat message is kept.
    ChatKept { from: ParticipantId, chat: ChatId },
    /// A chat message could not be kept.
    ChatNotKept { from: ParticipantId, chat: ChatId },
    /// Chat that somebody asked for.
    HistoryRead { reader: ParticipantId, page: ChatPage },
    /// Chat could not be read.
    HistoryNotRead { reader: ParticipantId },
    /// The forwarding unit has something to say to a participant.
    Media { participant: ParticipantId, message: Box<ServerMessage> },
    /// A program does something to a participant.
    Decree { participant: ParticipantId, decree: Decree },
    /// A program asks who is inside.
    Participants { answer: oneshot::Sender<Vec<protocol::Participant>> },
    /// The room was deleted.
    Deleted,
}

/// A room and what its task needs to carry out what it wants.
pub(super) struct RoomTask {
    pub(super) room: Room,
    pub(super) handle: RoomHandle,
    pub(super) rooms: Rooms,
    pub(super) lane: Lane,
    pub(super) sockets: HashMap<ConnectionId, Outlet>,
    /// Changes of the rules, made one after another.
    pub(super) changes: Option<mpsc::UnboundedSender<SettingsChange>>,
    /// Once deleted, nothing of the room is kept any more.
    pub(super) deleted: bool,
}

/// A change of the rules that a host wants.
pub(super) struct SettingsChange {
    participant: ParticipantId,
    in_reply_to: Option<MessageId>,
    patch: Box<RoomSettingsPatch>,
}

#[derive(PartialEq, Eq)]
enum Fate {
    Goes,
    Unloads,
}

impl RoomTask {
    /// Runs a room until nobody needs it in memory. Boxed, because a future keeps what it is given twice.
    pub(super) async fn run(mut self: Box<Self>, mut events: mpsc::Receiver<Box<RoomEvent>>) {
        let clock = self.rooms.clock;
        loop {
            let event = match self.room.poll_timeout(clock.now()) {
                Some(due) => tokio::time::timeout_at(clock.instant(due).into(), events.recv()).await,
                None => Ok(events.recv().await),
            };
            match event {
                Ok(Some(event)) => self.handle(*event),
                Ok(None) => return,
                Err(_) => self.room.handle_timeout(clock.now()),
            }
            if self.carry_out() == Fate::Unloads || self.deleted {
                // Whatever comes from now on finds another task; so does what has come in this moment.
                events.close();
                self.rooms.forget(&self.handle);
                while let Some(event) = events.recv().await {
                    self.rooms.send_on(self.handle.code, event).await;
                }
                return;
            }
            // When what must not be lost cannot be written, the room waits, and those who write to it.
            self.lane.ready().await;
        }
    }

    fn handle(&mut self, event: RoomEvent) {
        let input = match event {
            RoomEvent::Enter { connection, visitor, outgoing } => {
                self.sockets.insert(connection, outgoing);
                Input::Enter { connection, visitor }
            }
            RoomEvent::Resume { connection, resumption, outgoing } => {
                self.sockets.insert(connection, outgoing);
                Input::Resume { connection, resumption }
            }
            RoomEvent::Messages { connection, frames } => {
                let now = self.rooms.clock.now();
                for (frame, refused) in frames {
                    let is_chat = matches!(frame.message, ClientMessage::Chat { .. });
                    let full = (is_chat && self.lane.is_full()).then_some(ErrorCode::ChatFull);
                    let input = match full.or(refused) {
                        Some(code) => Input::Refused { connection, frame, code },
                        None => Input::Message { connection, frame },
                    };
                    self.room.handle_input(now, input);
                }
                return;
            }
            RoomEvent::Disconnected { connection, departure } => {
                self.sockets.remove(&connection);
                Input::Disconnect { connection, departure }
            }
            RoomEvent::Validate { role, browser, answer } => {
                _ = answer.send(self.validate(role, browser.as_ref()));
                return;
            }
            RoomEvent::Participants { answer } => {
                _ = answer.send(self.room.participants().cloned().collect());
                return;
            }
            RoomEvent::SettingsChanged => {
                let record = self.handle.record();
                Input::SettingsChanged { settings: record.settings, password: record.password_hash.is_some() }
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
            RoomEvent::Decree { participant, decree } => Input::Decree { participant, decree },
            RoomEvent::Media { participant, message } => Input::Media { participant, message },
            RoomEvent::Deleted => {
                self.deleted = true;
                Input::Deleted
            }
        };
        self.room.handle_input(self.rooms.clock.now(), input);
    }

    fn carry_out(&mut self) -> Fate {
        let mut words = Words::default();
        while let Some(output) = self.room.poll_output() {
            match output {
                Output::Send { to, seq, received, message } => {
                    if let ServerMessage::Error(error) = &*message {
                        tracing::info!(code = ?error.code, "a message was refused");
                    }
                    if let Some(text) = words.text(seq, received, &message) {
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
                    let answer = self.handle.events.clone();
                    if !self.lane.read_chat(reader, before, answer) {
                        self.room.handle_input(self.rooms.clock.now(), Input::HistoryNotRead { reader });
                    }
                }
                Output::ChangeSettings { participant, in_reply_to, patch } => {
                    self.change_settings(SettingsChange { participant, in_reply_to, patch });
                }
                Output::Media { participant, order } => {
                    self.rooms.media.tell(self.handle.code, participant, order);
                }
                Output::Unload => return Fate::Unloads,
                Output::Delete => {
                    let (rooms, code) = (self.rooms.clone(), self.handle.code);
                    tasks::spawn(async move { _ = rooms.delete(code).await });
                    return Fate::Unloads;
                }
            }
        }
        Fate::Goes
    }

    fn send(&mut self, to: ConnectionId, message: Utf8Bytes) {
        let is_full = self.sockets.get(&to).is_some_and(|socket| socket.send(message).is_err());
        if !is_full {
            return;
        }
        if let Some(socket) = self.sockets.remove(&to) {
            tracing::info!(code = ?ErrorCode::TooSlow, "a connection was cut off");
            socket.cut_off();
        }
        let gone = Input::Disconnect { connection: to, departure: Departure::Broken };
        self.room.handle_input(self.rooms.clock.now(), gone);
    }

    fn keep(&mut self, change: room::Change) {
        if self.deleted {
            return;
        }
        let asker = match &change {
            room::Change::Chat(entry) => {
                Some(Asker { room: self.handle.events.clone(), from: entry.from, chat: entry.id })
            }
            room::Change::Seat(_)
            | room::Change::Blocked(_)
            | room::Change::Used(_)
            | room::Change::Done { .. } => None,
        };
        let change = load::to_storage(self.handle.code, change, self.rooms.clock.wall());
        if let Err(Some(Asker { from, chat, .. })) = self.lane.keep(change, asker) {
            self.room.handle_input(self.rooms.clock.now(), Input::ChatNotKept { from, chat });
        }
    }

    /// The room lets only so many through, so that few wait.
    fn change_settings(&mut self, change: SettingsChange) {
        let changes = self.changes.get_or_insert_with(|| {
            let (changes, mut received) = mpsc::unbounded_channel::<SettingsChange>();
            let (rooms, handle) = (self.rooms.clone(), self.handle.clone());
            tasks::spawn(async move {
                while let Some(SettingsChange { participant, in_reply_to, patch }) = received.recv().await {
                    if let Err(error) = rooms.change(handle.code, &patch, super::Precondition::None).await {
                        let code = error.code();
                        let event = RoomEvent::SettingsRefused { participant, in_reply_to, code };
                        _ = handle.events.send(Box::new(event)).await;
                    }
                }
            });
            changes
        });
        _ = changes.send(change);
    }

    fn validate(&self, role: Role, browser: Option<&BrowserId>) -> ValidateRoomResponse {
        let browser = browser.map(|browser| &*browser.0.0);
        let settings = self.room.settings();
        // Where not everybody may enter, not everybody may know who is inside.
        let is_private = self.room.has_password() || settings.waiting_room.is_on() || settings.locked.is_on();
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
            starts_at: settings.starts_at,
            role,
        }
    }
}
