//! What can happen to a room.

use protocol::{
    ChatEntry, ChatId, DisplayName, MediaState, MessageId, NodeId, ParticipantId, PublicKey, RecordingEnd,
    RecordingId, Role, RoomFrame, RoomKeyGrant, RoomKeyId, RoomKeyOrigin, RoomSettings, Sequence,
    ServerMessage, SessionId, Source, Switch,
};

use crate::{CredentialClaims, SessionClaims};

/// One connection. Given by the driver, never twice, by whichever of its servers: whose it is can be told from it, and is none of
/// the room's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u128);

/// One event, in the order in which the driver saw it.
#[derive(Clone, Debug)]
pub enum Input {
    /// A socket asks to enter.
    Enter {
        /// The connection concerned.
        connection: ConnectionId,
        /// For whom.
        visitor: Box<Visitor>,
    },
    /// A socket takes the place of one that broke.
    Resume {
        /// The connection concerned.
        connection: ConnectionId,
        /// For whom.
        resumption: Box<Resumption>,
    },
    /// A message from a socket that asked to enter.
    Message {
        /// The connection concerned.
        connection: ConnectionId,
        /// The message, and the numbers that came with it.
        frame: RoomFrame,
    },
    /// A socket is gone.
    Disconnect {
        /// The connection concerned.
        connection: ConnectionId,
        /// The way in which it ended.
        departure: Departure,
    },
    /// The rules are others now, and are kept.
    SettingsChanged {
        /// How they are.
        settings: RoomSettings,
        /// Whether there is a password.
        password: bool,
        /// Whether it is another one than before, or there was none: nobody has said it yet.
        is_new_password: bool,
    },
    /// A message that is refused before the room looks at it: its sender has said too much, here or elsewhere, or it is none for
    /// a room.
    Refused {
        /// From where.
        connection: ConnectionId,
        /// The message's number.
        id: Option<MessageId>,
        /// How far its sender has read.
        ack: Option<Sequence>,
        /// The reason that the client is told.
        code: protocol::ErrorCode,
    },
    /// Rules that somebody wanted could not be.
    SettingsRefused {
        /// Who wanted them.
        participant: ParticipantId,
        /// The message that said so.
        in_reply_to: Option<MessageId>,
        /// The reason that the client is told.
        code: protocol::ErrorCode,
    },
    /// A chat message is kept.
    ChatKept {
        /// By whom.
        from: ParticipantId,
        /// The id that its author gave the message.
        chat: ChatId,
    },
    /// A chat message could not be kept.
    ChatNotKept {
        /// By whom.
        from: ParticipantId,
        /// The id that its author gave the message.
        chat: ChatId,
    },
    /// Older messages that somebody asked for.
    HistoryRead {
        /// Who asked.
        reader: ParticipantId,
        /// Oldest first.
        entries: Vec<ChatEntry>,
        /// Whether there are older ones.
        more: bool,
    },
    /// Older messages could not be read.
    HistoryNotRead {
        /// Who asked.
        reader: ParticipantId,
    },
    /// The forwarding unit has something to say to a participant.
    Media {
        /// To whom.
        participant: ParticipantId,
        /// The message, as it is told.
        message: Box<ServerMessage>,
    },
    /// Somebody outside turns off what a participant sends, or removes them.
    AdminAction {
        /// Whom.
        participant: ParticipantId,
        /// The action of an operator.
        action: AdminAction,
    },
    /// The forwarding unit to be used is that of this node from now on; the room goes there without a gap.
    UseNode {
        /// The node whose forwarding unit is to be used.
        node: NodeId,
    },
    /// The recorder could not go on: the recording is over.
    RecordingFailed {
        /// Which one.
        recording: RecordingId,
        /// Why.
        reason: RecordingEnd,
    },
    /// Credentials were taken back, and everybody who came with one of them goes.
    Revoke {
        /// Their ids.
        credentials: Vec<String>,
    },
    /// The room was deleted.
    Deleted,
    /// Another server has the room now. Everybody's connection is closed with [`CloseCode::MOVED`](protocol::CloseCode::MOVED), and what
    /// is kept of the room is not touched any more.
    Moved,
    /// The same where this server has handed the room over: it forwards media until everybody has a link to the other one.
    HandedOver,
}

/// Somebody at the door.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The id to have, when they were not here before.
    pub participant: ParticipantId,
    /// The stay to have, likewise.
    pub session: SessionId,
    /// How they are called.
    pub name: DisplayName,
    /// What they send.
    pub media: MediaState,
    /// What they show.
    pub verified: VerifiedCredential,
    /// The password they say.
    pub password: GivenPassword,
    /// The browser they come with, if that is known.
    pub browser: Option<String>,
    /// Tells those who share an address from others, without saying which: what one of them fills is their share.
    pub share: u64,
    /// Their earlier stay, as the server signed it.
    pub earlier: Option<SessionClaims>,
    /// What the access token says that they show.
    pub credential_claims: CredentialClaims,
    /// With which key messages to them are sealed.
    pub key: Option<PublicKey>,
    /// Which secret of the room they have.
    pub room_key: Option<RoomKeyId>,
    /// How they say they came by it.
    pub room_key_origin: Option<RoomKeyOrigin>,
    /// The secret, once somebody has let them in who gave it to them.
    pub grant: Option<RoomKeyGrant>,
}

/// What a visitor shows, checked by the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifiedCredential {
    /// Nothing but the link.
    Link,
    /// A key, an invitation or an access token for this room, and valid now.
    Key(Role),
}

impl VerifiedCredential {
    /// The role that it gives.
    pub(crate) fn role(self) -> Role {
        match self {
            Self::Link => Role::Guest,
            Self::Key(role) => role,
        }
    }
}

/// The password a visitor said, checked by the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenPassword {
    /// None.
    Missing,
    /// Another one than the room's.
    Wrong,
    /// The room's.
    Right,
}

/// Somebody whose connection broke, and who still has their page and their links.
#[derive(Clone, Debug)]
pub struct Resumption {
    /// What the server signed.
    pub claims: SessionClaims,
    /// The last message that came.
    pub last: Sequence,
    /// What they send.
    pub media: MediaState,
    /// Whether their hand is raised.
    pub hand: Switch,
    /// The browser they come with, if that is known.
    pub browser: Option<String>,
    /// With which key messages to them are sealed.
    pub key: Option<PublicKey>,
}

/// What somebody outside may do to a participant, whose right to do so the driver has checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminAction {
    /// Turn off what they send.
    TurnOff(Source),
    /// Remove them.
    Remove,
}

/// How a socket went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// Its page was closed.
    Closed,
    /// It broke, or read too slowly.
    Broken,
    /// It broke the rules of the protocol.
    Offended,
}
