//! What a client says to the server.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::tagged::{Tagged, tagged};
use crate::{
    ChatId, ChatNumber, ChatTarget, Credential, DisplayName, Envelope, Letters, LinkId, MediaState,
    MessageId, Moderation, Password, PeerRef, ProtocolVersion, PublicKey, Reaction, RoomCode, RoomKeyId,
    RoomKeyOrigin, Sequence, SessionToken, Signal, SignalNumber, SlotWishes, Switch, Trouble,
};

/// One text frame from a client: a message, a number by which it can be named, and how far the client has read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClientFrame {
    /// Returned as `in_reply_to` by an error about this message. After joining, ids that grow let a client repeat what
    /// may have got lost: the server takes each id once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<MessageId>,
    /// Every message of the server up to this number has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ack: Option<Sequence>,
    /// The message.
    #[serde(flatten)]
    pub message: ClientMessage,
}

impl ClientFrame {
    /// Reads a frame.
    ///
    /// # Errors
    ///
    /// When the text is none.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let Head { kind, id, ack } = serde_json::from_str(text)?;
        let message = ClientForm::deserialize(Tagged::new(&kind, text)?)?;
        Ok(Self { id, ack, message })
    }
}

/// What every frame has.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    id: Option<MessageId>,
    #[serde(default)]
    ack: Option<Sequence>,
}

tagged! {
/// A message from a client.
pub enum ClientMessage as "ClientMessage", read by ClientForm {
    /// Enters a room. The first message on a socket, and the only one of its kind on it.
    Join(Box<Join>),
    /// Takes one's seat again after the connection broke. A first message, too.
    Resume(Box<Resume>),
    /// Passes a signal to exactly one peer in the same room.
    Signal {
        /// The other end of the link.
        to: PeerRef,
        /// Which of the links to that peer.
        #[serde(default)]
        link: LinkId,
        /// Its place among the signals from this client to that peer.
        number: SignalNumber,
        /// The next number expected from that peer: everything before has come.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expects: Option<SignalNumber>,
        /// The signal.
        signal: Signal,
    },
    /// Tells the others what is sent from now on.
    SetMedia {
        /// The new state.
        media: MediaState,
    },
    /// Raises or lowers one's own hand.
    SetHand {
        /// `on` raises it.
        hand: Switch,
    },
    /// Shows everybody a sign.
    React {
        /// Which.
        reaction: Reaction,
    },
    /// Writes to the room or to one person. Answered by `chat_kept` once it would survive a crash of the server.
    Chat {
        /// The message's id.
        chat: ChatId,
        /// For whom.
        to: ChatTarget,
        /// What.
        envelope: Envelope,
    },
    /// Asks for older messages. Answered by `chat_history`.
    ReadChat {
        /// Only those before this one; the newest without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<ChatNumber>,
    },
    /// Passes letters to other people in the room: what they need to open one's media.
    SendLetters {
        /// The letters.
        letters: Letters,
    },
    /// Decides something as a host or co-host.
    Moderate {
        /// What.
        moderation: Moderation,
    },
    /// The new path of a move carries media, as far as this client can tell.
    TopologyReady {
        /// The epoch of the move.
        epoch: u32,
    },
    /// The path of an epoch cannot be opened, or is lost for good.
    TopologyFailed {
        /// The epoch.
        epoch: u32,
    },
    /// Something is in the way of direct links.
    ReportTrouble {
        /// What.
        trouble: Trouble,
    },
    /// Says whom the video slots of the link to the server shall show.
    SetSlots {
        /// The link.
        link: LinkId,
        /// All slots.
        slots: SlotWishes,
    },
    /// Asks for servers that help to get through whose credentials are fresh. Answered by `ice_servers`.
    RenewIceServers,
    /// Asks for a `pong`; keeps the connection alive.
    Ping,
    /// Leaves the room; the server closes the socket.
    Leave,
}
}

/// What somebody says who wants to enter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Join {
    /// The version the client speaks.
    pub version: ProtocolVersion,
    /// The room to enter.
    pub room: RoomCode,
    /// How the person is called.
    pub name: DisplayName,
    /// What the person sends.
    #[serde(default)]
    pub media: MediaState,
    /// The room's password, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// What gives a role. A browser has its keys in a cookie and needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
    /// The token of an earlier stay, to have the same id and role again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionToken>,
    /// With which letters to them are sealed, when they take part in end-to-end encryption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PublicKey>,
    /// Which secret they have. The first to enter gives the room its secret; a host's from a link takes the place of one
    /// that was drawn; who has another one waits to be given it, but for hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_key: Option<RoomKeyId>,
    /// How they came by it. Without it, a host's counts as one from a link, and anybody else's as drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_key_origin: Option<RoomKeyOrigin>,
}

/// What somebody says whose connection broke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resume {
    /// The version the client speaks.
    pub version: ProtocolVersion,
    /// The room.
    pub room: RoomCode,
    /// The token of the last `joined` or `resumed`.
    pub session: SessionToken,
    /// The last message of the server that came.
    pub last: Sequence,
    /// What the person sends.
    #[serde(default)]
    pub media: MediaState,
    /// Whether their hand is raised, for a server that has lost that.
    #[serde(default)]
    pub hand: Switch,
    /// With which letters to them are sealed, for a server that has lost that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PublicKey>,
}

impl From<ClientMessage> for ClientFrame {
    fn from(message: ClientMessage) -> Self {
        Self { id: None, ack: None, message }
    }
}
