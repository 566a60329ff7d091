//! What can happen to a room's task.

use protocol::{
    ChatId, ErrorCode, MessageId, ParticipantId, Role, RoomFrame, Sequence, ServerMessage,
    ValidateRoomResponse,
};
use room::{ConnectionId, Decree, Departure, Resumption, Visitor};
use storage::{BrowserId, ChatPage};
use tokio::sync::oneshot;

use super::outgoing::Outlet;

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
    Messages { connection: ConnectionId, messages: Vec<Said> },
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
    /// Credentials were taken back.
    Revoked { credentials: Vec<String> },
    /// A program asks who is inside.
    Participants { answer: oneshot::Sender<Vec<protocol::Participant>> },
    /// The room was deleted.
    Deleted,
}

/// What somebody said.
pub(crate) enum Said {
    /// A message for the room.
    Message(RoomFrame),
    /// One that is refused before the room looks at it, with its number and how far its sender has read.
    Refused { id: Option<MessageId>, ack: Option<Sequence>, code: ErrorCode },
}
