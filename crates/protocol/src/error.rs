//! What the server refuses, and why. One code a reason, for programs; one sentence, for people.

use serde::{Deserialize, Serialize};

use crate::MessageId;

/// A message was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[error("{message}")]
pub struct ProtocolError {
    /// The reason, from which the sentence and the close code follow.
    pub code: ErrorCode,
    /// The same in words, in English.
    pub message: String,
    /// The message it is about, when that had an id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<MessageId>,
}

impl ProtocolError {
    /// The usual sentence for a code.
    pub fn new(code: ErrorCode, in_reply_to: Option<MessageId>) -> Self {
        Self { code, message: code.sentence().to_owned(), in_reply_to }
    }
}

/// Why a message was refused.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ErrorCode {
    /// Not JSON, or no message of this protocol.
    Malformed,
    /// Larger than a message may be.
    TooLarge,
    /// A version the server does not speak.
    UnsupportedVersion,
    /// The first message was no `join`.
    NotJoined,
    /// A second `join` on one socket.
    AlreadyJoined,
    /// There is no such room.
    RoomUnknown,
    /// The room has as many people as it takes.
    RoomFull,
    /// Nobody new may enter.
    RoomLocked,
    /// Guests may not enter yet.
    RoomNotStarted,
    /// The room has ended.
    RoomEnded,
    /// The room has a password, and none was given.
    PasswordNeeded,
    /// The password is not that of the room.
    PasswordWrong,
    /// The room is end-to-end encrypted, and the client, or what it asks for, cannot seal and open.
    EncryptionRequired,
    /// A host did not let the person in.
    NotAdmitted,
    /// A host removed the person.
    Removed,
    /// A host blocked the person's browser.
    Blocked,
    /// The key, invitation or access token gives no entrance: unknown, not yet valid, expired, used up, or for another
    /// room.
    CredentialRefused,
    /// The session token is not valid, or another took its place.
    SessionUnknown,
    /// The same seat was taken from another tab or connection.
    SessionTakenOver,
    /// The rules of the room, or a host, do not let the client do that.
    NotAllowed,
    /// There is nobody with that id to decide about.
    ParticipantUnknown,
    /// The rules would not make sense.
    SettingsInvalid,
    /// Too many changes of the rules in a short time.
    SettingsTooFast,
    /// Too many chat messages in a short time.
    ChatTooFast,
    /// The room has as much chat as the server keeps of one.
    ChatFull,
    /// The server has no recorder, or the room no forwarding unit from which it could record.
    RecordingUnavailable,
    /// The server cannot keep anything at the moment.
    StorageUnavailable,
    /// The target of a signal is not in the room.
    PeerUnknown,
    /// The target of a signal is its sender.
    PeerIsSelf,
    /// The server does not offer that destination.
    NotOffered,
    /// Whoever rings is in a call already, or rings somebody.
    CallerBusy,
    /// The person called is in this call already.
    PeerInCall,
    /// There is no such ring, or it is over, or it is none of the client's business.
    RingUnknown,
    /// Too many messages, or too many attempts to join.
    RateLimited,
    /// The client reads too slowly.
    TooSlow,
    /// The client was silent for too long.
    Silent,
    /// The page does not belong to this server.
    OriginRefused,
    /// The server stops.
    ServerStopping,
    /// The server failed; the client did nothing wrong.
    Internal,
}

impl ErrorCode {
    /// The reason in words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Malformed => "the message is not valid",
            Self::TooLarge => "the message is too large",
            Self::UnsupportedVersion => "page and server versions differ; reload the page",
            Self::NotJoined => "the first message must be a join",
            Self::AlreadyJoined => "this connection has joined already",
            Self::RoomUnknown => "room not found",
            Self::RoomFull => "the room is full",
            Self::RoomLocked => "the room is locked",
            Self::RoomNotStarted => "the call has not started yet",
            Self::RoomEnded => "the call has ended",
            Self::PasswordNeeded => "password required",
            Self::PasswordWrong => "wrong password",
            Self::EncryptionRequired => "not available in an end-to-end encrypted room",
            Self::NotAdmitted => "a host did not let you in",
            Self::Removed => "a host removed you from the room",
            Self::Blocked => "a host blocked you from the room",
            Self::CredentialRefused => "the key, invitation or token does not open this room",
            Self::SessionUnknown => "session expired; join again",
            Self::SessionTakenOver => "you joined from another tab",
            Self::NotAllowed => "you cannot do that in this room",
            Self::ParticipantUnknown => "participant not found",
            Self::SettingsInvalid => "invalid room settings",
            Self::SettingsTooFast => "too many settings changes",
            Self::ChatTooFast => "too many chat messages in a short time",
            Self::ChatFull => "the chat of this room is full",
            Self::RecordingUnavailable => "this server cannot record calls",
            Self::StorageUnavailable => "the server cannot save anything right now",
            Self::PeerUnknown => "the target is not in this room",
            Self::PeerIsSelf => "a signal cannot go to its sender",
            Self::NotOffered => "this server does not offer that",
            Self::CallerBusy => "you are already calling or in a call",
            Self::PeerInCall => "they are in this call already",
            Self::RingUnknown => "call not found, or already over",
            Self::RateLimited => "too many requests",
            Self::TooSlow => "the connection reads too slowly",
            Self::Silent => "connection timed out",
            Self::OriginRefused => "pages of other sites may not connect",
            Self::ServerStopping => "server is shutting down",
            Self::Internal => "internal server error",
        }
    }

    /// How the socket is closed for this reason, or `None` when the connection goes on.
    pub const fn closes_with(self) -> Option<CloseCode> {
        match self {
            Self::PeerUnknown
            | Self::PeerIsSelf
            | Self::AlreadyJoined
            | Self::NotAllowed
            | Self::ParticipantUnknown
            | Self::SettingsInvalid
            | Self::SettingsTooFast
            | Self::ChatTooFast
            | Self::ChatFull
            | Self::RecordingUnavailable
            | Self::StorageUnavailable
            | Self::CallerBusy
            | Self::PeerInCall
            | Self::RingUnknown => None,
            Self::Malformed | Self::UnsupportedVersion | Self::NotJoined | Self::OriginRefused => {
                Some(CloseCode::POLICY)
            }
            Self::TooLarge => Some(CloseCode::TOO_BIG),
            Self::RoomUnknown
            | Self::RoomFull
            | Self::RoomLocked
            | Self::RoomNotStarted
            | Self::RoomEnded
            | Self::PasswordNeeded
            | Self::PasswordWrong
            | Self::EncryptionRequired
            | Self::NotAdmitted
            | Self::Removed
            | Self::Blocked
            | Self::CredentialRefused
            | Self::NotOffered => Some(CloseCode::REFUSED),
            Self::SessionUnknown => Some(CloseCode::SESSION_OVER),
            Self::SessionTakenOver => Some(CloseCode::TAKEN_OVER),
            Self::RateLimited => Some(CloseCode::RATE_LIMITED),
            Self::TooSlow => Some(CloseCode::TOO_SLOW),
            Self::Silent => Some(CloseCode::SILENT),
            Self::ServerStopping => Some(CloseCode::GOING_AWAY),
            Self::Internal => Some(CloseCode::INTERNAL),
        }
    }
}

/// A WebSocket close code (RFC 6455 §7.4; 4000 to 4999 are the application's).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The participant left.
    pub const NORMAL: Self = Self(1000);
    /// The server stops; or the page is closed or loaded anew: a browser closes its sockets with this, and a script cannot.
    pub const GOING_AWAY: Self = Self(1001);
    /// The client broke a rule of the protocol.
    pub const POLICY: Self = Self(1008);
    /// The message was too large.
    pub const TOO_BIG: Self = Self(1009);
    /// The server failed.
    pub const INTERNAL: Self = Self(1011);
    /// The room cannot be entered; trying again at once does not help.
    pub const REFUSED: Self = Self(4403);
    /// The session cannot be resumed; joining anew helps.
    pub const SESSION_OVER: Self = Self(4404);
    /// The page is closed or loaded anew, as its script says it, which may not say [`Self::GOING_AWAY`].
    pub const PAGE_GONE: Self = Self(4410);
    /// The same seat was taken from another connection; coming back would only take it away again.
    pub const TAKEN_OVER: Self = Self(4409);
    /// Nothing was heard for too long.
    pub const SILENT: Self = Self(4408);
    /// Another server has the room now; whoever comes back is led there. 4000 and HTTP's 421, Misdirected Request (RFC 9110 §15.5.20).
    pub const MOVED: Self = Self(4421);
    /// Too many messages or joins.
    pub const RATE_LIMITED: Self = Self(4429);
    /// The client reads too slowly.
    pub const TOO_SLOW: Self = Self(4430);

    /// Whether a client that closes its socket with this code, or without one, does not come back. Only a page that goes away says so (RFC 6455
    /// §7.4.1; HTML, "make disappear"). One whose line has stalled closes its socket, too, to open another, and is waited for.
    pub fn is_for_good(code: Option<Self>) -> bool {
        matches!(code, Some(Self::GOING_AWAY | Self::PAGE_GONE))
    }
}
