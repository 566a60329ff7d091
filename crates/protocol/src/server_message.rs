//! What the server says to a client.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::tagged::{Tagged, tagged};
use crate::{
    AbortReason, ChatEntry, ChatId, ChatNumber, Credential, KeyMessage, LeaveReason, LinkId, MediaKey,
    MediaVia, MessageId, NodeId, Participant, ParticipantId, PeerRef, ProtocolError, Reaction, RecordingEnd,
    RecordingState, RoomKeyGrant, RoomSettings, RoomSummary, Sequence, SessionToken, Signal, SignalNumber,
    Source, Topology, WaitingPerson,
};

/// One text frame from the server: a message, its place among those to this client, and how far the server has read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServerFrame {
    /// Its place, when it is one that is repeated after the connection broke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Sequence>,
    /// The highest id of the client's messages that the server has taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<MessageId>,
    /// The message.
    #[serde(flatten)]
    pub message: ServerMessage,
}

impl ServerFrame {
    /// Reads a frame.
    ///
    /// # Errors
    ///
    /// When the text is none.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let Head { kind, seq, received } = serde_json::from_str(text)?;
        let message = ServerForm::deserialize(Tagged::new(&kind, text)?)?;
        Ok(Self { seq, received, message })
    }
}

/// What every frame has.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    seq: Option<Sequence>,
    #[serde(default)]
    received: Option<MessageId>,
}

tagged! {
/// A message from the server.
pub enum ServerMessage as "ServerMessage", read by ServerForm {
    /// The client is inside: the answer to `join`, also after waiting, and to a `resume` that could not be one.
    Joined(Box<Joined>),
    /// The client waits until a host lets it in. `joined` or an error follows.
    Waiting {
        /// The room.
        room: RoomSummary,
        /// The client waits because it has not the room's secret.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        lacks_secret: bool,
        /// Somebody is inside who can let the client in. Said again when that changes.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        host_inside: bool,
    },
    /// The answer to `resume`: nothing was lost, and what was missed follows.
    Resumed {
        /// The token for the next time.
        session: SessionToken,
    },
    /// Somebody entered, or came back as a stranger. Where links between people are wanted, the one of two with the lower id
    /// offers.
    ParticipantJoined {
        /// The newcomer.
        participant: Participant,
    },
    /// Somebody is gone; their links end.
    ParticipantLeft {
        /// The participant concerned.
        id: ParticipantId,
        /// The reason that others are told.
        reason: LeaveReason,
    },
    /// Something about somebody has changed, also about the client itself.
    ParticipantUpdated {
        /// How they are now.
        participant: Participant,
    },
    /// A host, or the rules, turned off what the client sends.
    TurnedOff {
        /// The source concerned.
        source: Source,
    },
    /// A host asks to turn something on.
    AskedToTurnOn {
        /// The source concerned.
        source: Source,
    },
    /// To hosts and co-hosts: who waits to be let in, in the order in which they came.
    WaitingRoom {
        /// Everybody who waits.
        people: Vec<WaitingPerson>,
    },
    /// The rules have changed.
    RoomUpdated {
        /// How they are now.
        settings: RoomSettings,
        /// Whether there is a password.
        password: bool,
    },
    /// Somebody wrote.
    Chat {
        /// The entry of the log.
        entry: ChatEntry,
    },
    /// The client's message is kept, and would survive a crash of the server.
    ChatKept {
        /// The id that its author gave the message.
        chat: ChatId,
        /// Its place in the room.
        number: ChatNumber,
    },
    /// The client's message could not be kept. It may be sent again, with the same id.
    ChatNotKept {
        /// The id that its author gave the message.
        chat: ChatId,
    },
    /// The answer to `read_chat`: messages the client may read, oldest first.
    ChatHistory {
        /// The messages.
        entries: Vec<ChatEntry>,
        /// Whether there are older ones.
        more: bool,
    },
    /// A key message from somebody in the room.
    KeyMessage {
        /// From whom.
        from: ParticipantId,
        /// The key message.
        key_message: KeyMessage,
    },
    /// Somebody shows a reaction.
    Reacted {
        /// The participant who sent it.
        from: ParticipantId,
        /// The reaction that is shown.
        reaction: Reaction,
    },
    /// A recording goes on, or is over.
    Recording {
        /// The one that goes on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recording: Option<RecordingState>,
        /// Why the last one is over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended: Option<RecordingEnd>,
    },
    /// A signal from a peer.
    Signal {
        /// The other end of the link.
        from: PeerRef,
        /// Which of the links to that peer.
        #[serde(default)]
        link: LinkId,
        /// Its place among the signals from that peer to this client.
        number: SignalNumber,
        /// The next number that peer expects from this client: everything before has come.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expects: Option<SignalNumber>,
        /// The signal.
        signal: Signal,
    },
    /// How media travels now, and where it is about to move.
    Topology {
        /// The whole of it.
        topology: Topology,
    },
    /// To hosts and co-hosts: a migration was aborted.
    MigrationAborted {
        /// Where it would have led.
        via: MediaVia,
        /// Why it was aborted.
        reason: AbortReason,
    },
    /// What the audio slots of the link to the server carry, in the order of the receiving audio sections.
    AudioSlots {
        /// The node that the link leads to.
        node: NodeId,
        /// The link.
        link: LinkId,
        /// The publication in each, if there is one.
        slots: Vec<Option<MediaKey>>,
    },
    /// The pictures that the link to the server leaves out for now, because this participant's connection does not carry them.
    PausedVideo {
        /// The node that the link leads to.
        node: NodeId,
        /// The link.
        link: LinkId,
        /// The publications.
        publications: Vec<MediaKey>,
    },
    /// How many simulcast layers of a source anybody takes, from the smallest on; the others need not be sent.
    WantedLayers {
        /// The node that the link leads to.
        node: NodeId,
        /// The link.
        link: LinkId,
        /// The source.
        source: Source,
        /// How many, from 0 to 3.
        layers: u8,
    },
    /// The link to the server is over; another may be opened.
    SfuLinkClosed {
        /// The node that the link led to.
        node: NodeId,
        /// The link.
        link: LinkId,
    },
    /// The answer to `renew_ice_servers`.
    IceServers(IceServers),
    /// The answer to `ping`.
    Pong,
    /// A message was refused. The connection goes on, unless a close frame follows.
    Error(ProtocolError),
}
}

/// What a newcomer is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Joined {
    /// The newcomer.
    pub you: Participant,
    /// Opens the seat again after the connection broke.
    pub session: SessionToken,
    /// Whether the seat was kept, so that the others still have their ends of the links. Otherwise, links start anew.
    pub continued: bool,
    /// The room.
    pub room: RoomSummary,
    /// Its rules.
    pub settings: RoomSettings,
    /// Everybody else, in the order in which they came. Where links between people are wanted, the one of two with the lower
    /// id offers.
    pub participants: Vec<Participant>,
    /// How media travels.
    pub topology: Topology,
    /// Servers that help to get through.
    pub ice_servers: IceServers,
    /// The recording that goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<RecordingState>,
    /// The room's secret, for a newcomer who came without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<RoomKeyGrant>,
    /// For how many seconds somebody has been inside without a break, as far as this server knows.
    #[serde(default)]
    pub running: u32,
}

/// Servers that help to get through, and for how long what opens them is good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IceServers {
    /// In the order in which they shall be tried.
    pub servers: Vec<IceServer>,
    /// For so many seconds; the client asks for new ones before. `None`: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub good_for: Option<u32>,
}

/// A STUN or TURN server (`RTCIceServer`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IceServer {
    /// Its addresses, as URLs of the schemes `stun`, `turn` or `turns` (RFC 7064, RFC 7065).
    pub urls: Vec<String>,
    /// The name that it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The password that it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
    /// Whether it has the UDP port of the forwarding unit. A link to that one has no use for it, since whoever reaches the one
    /// reaches the other; and Chromium takes whatever comes from a STUN server for its answers, media too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_sfu_port: bool,
}

impl From<ServerMessage> for ServerFrame {
    fn from(message: ServerMessage) -> Self {
        Self { seq: None, received: None, message }
    }
}
