//! What can happen to a room's task. Each event could cross a wire.

use protocol::{
    ChatId, ErrorCode, MessageId, ParticipantId, RecordingEnd, RecordingId, Role, RoomFrame, Sequence,
    ServerMessage,
};
use room::{AdminAction, ConnectionId, Departure, Resumption, Visitor};
use storage::{BrowserId, ChatPage, Fence, RoomRecord};

/// What can happen to a room's task.
#[derive(Clone, Debug)]
pub(crate) enum RoomEvent {
    /// A connection asks to enter. Where its messages go is found by its id.
    Enter { connection: ConnectionId, visitor: Box<Visitor> },
    /// A connection takes the place of one that broke.
    Resume { connection: ConnectionId, resumption: Box<Resumption> },
    /// Messages from a socket that asked to enter, in their order.
    Messages { connection: ConnectionId, messages: Vec<ReceivedMessage> },
    /// A socket is gone.
    Disconnected { connection: ConnectionId, departure: Departure },
    /// Somebody outside, with a role inside, asks about the room.
    Validate { role: Role, browser: Option<BrowserId> },
    /// The rules are others now, and kept.
    SettingsChanged { record: Box<RoomRecord> },
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
    AdminAction { participant: ParticipantId, action: AdminAction },
    /// Credentials were taken back.
    Revoked { credentials: Vec<String> },
    /// Somebody outside asks who is inside.
    Participants,
    /// The recorder could not go on.
    RecordingFailed { recording: RecordingId, reason: RecordingEnd },
    /// The room was deleted.
    Deleted,
    /// A write of the room with this token was refused: another server owns it now.
    Fenced { fence: Fence },
    /// The room is offered to another server: what people say waits from now on, or that server would not know of it. Answered.
    Offered { fence: Fence },
    /// That server does not take it: the room goes on.
    OfferRefused { fence: Fence },
    /// Another server has taken the room over from this one.
    HandedOver { fence: Fence },
}

/// What somebody said.
#[derive(Clone, Debug)]
pub(crate) enum ReceivedMessage {
    /// A message for the room.
    Message(RoomFrame),
    /// One that is refused before the room looks at it, with its number and how far its sender has read.
    Refused { id: Option<MessageId>, ack: Option<Sequence>, code: ErrorCode },
}
