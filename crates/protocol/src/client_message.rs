//! What a client says to the server.

use serde::{Deserialize, Serialize};

use crate::{DisplayName, MediaState, MessageId, PeerRef, ProtocolVersion, RoomCode, Signal, SignalNumber};

/// One text frame from a client: a message, and a number by which an error can name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClientFrame {
    /// Returned as `in_reply_to` by an error about this message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<MessageId>,
    /// The message.
    #[serde(flatten)]
    pub message: ClientMessage,
}

/// A message from a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Enters a room. The first message on a socket, and the only one of its kind on it.
    Join {
        /// The version the client speaks.
        version: ProtocolVersion,
        /// The room to enter.
        room: RoomCode,
        /// How the person is called.
        name: DisplayName,
        /// What the person sends.
        #[serde(default)]
        media: MediaState,
    },
    /// Passes a signal to exactly one peer in the same room.
    Signal {
        /// The other end of the link.
        to: PeerRef,
        /// Its place among the signals from this client to that peer.
        number: SignalNumber,
        /// The signal.
        signal: Signal,
    },
    /// Tells the others what is sent from now on.
    SetMedia {
        /// The new state.
        media: MediaState,
    },
    /// Asks for a `pong`; keeps the connection alive.
    Ping,
    /// Leaves the room; the server closes the socket.
    Leave,
}

/// The kind of a client's message, for counting and logging without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientMessageKind {
    /// [`ClientMessage::Join`]
    Join,
    /// [`ClientMessage::Signal`]
    Signal,
    /// [`ClientMessage::SetMedia`]
    SetMedia,
    /// [`ClientMessage::Ping`]
    Ping,
    /// [`ClientMessage::Leave`]
    Leave,
}

impl ClientMessage {
    /// Which of the messages this is.
    pub fn kind(&self) -> ClientMessageKind {
        match self {
            Self::Join { .. } => ClientMessageKind::Join,
            Self::Signal { .. } => ClientMessageKind::Signal,
            Self::SetMedia { .. } => ClientMessageKind::SetMedia,
            Self::Ping => ClientMessageKind::Ping,
            Self::Leave => ClientMessageKind::Leave,
        }
    }
}

impl From<ClientMessage> for ClientFrame {
    fn from(message: ClientMessage) -> Self {
        Self { id: None, message }
    }
}
