//! What a client says to the room that its connection is attached to.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::tagged::{Tagged, tagged};
use crate::{
    ChatId, ChatNumber, ChatTarget, Consent, Envelope, JoinSteps, KeyMessages, LinkId, MediaState, MessageId,
    Moderation, NodeId, PeerRef, Reaction, RecordingId, RecordingKeys, Sequence, Signal, SignalNumber,
    Subscriptions, Switch, Trouble,
};

/// One text frame after the first: a message, a number by which it can be named, and how far the client has read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomFrame {
    /// Returned as `in_reply_to` by an error about this message. Ids that grow let a client repeat what may have got lost: the
    /// server takes each id once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<MessageId>,
    /// Every message of the server up to this number has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ack: Option<Sequence>,
    /// The message.
    #[serde(flatten)]
    pub message: RoomMessage,
}

impl RoomFrame {
    /// Reads a frame.
    ///
    /// # Errors
    ///
    /// When the text is none.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let Head { kind, id, ack } = serde_json::from_str(text)?;
        let message = RoomForm::deserialize(Tagged::new(&kind, text)?)?;
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
/// A message to the room. None of them is the first on a connection; see [`OpeningMessage`](crate::OpeningMessage).
pub enum RoomMessage as "RoomMessage", read by RoomForm {
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
    /// Shows everybody a reaction.
    React {
        /// The reaction that is shown.
        reaction: Reaction,
    },
    /// Writes to the room or to one person. Answered by `chat_kept` once it would survive a crash of the server.
    Chat {
        /// The message's id.
        chat: ChatId,
        /// For whom.
        to: ChatTarget,
        /// The sealed text.
        envelope: Envelope,
    },
    /// Asks for older messages. Answered by `chat_history`.
    ReadChat {
        /// Only those before this one; the newest without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<ChatNumber>,
    },
    /// Passes key messages to other people in the room: what they need to open one's media.
    SendKeyMessages {
        /// The key messages.
        key_messages: KeyMessages,
    },
    /// Decides something as a host or co-host.
    Moderate {
        /// The decision of a host.
        moderation: Moderation,
    },
    /// Starts to record the call on the server, as a host or co-host. Everybody is told by `recording`; where a recording goes on already, nothing
    /// happens.
    StartRecording,
    /// Stops a recording, as a host or co-host.
    StopRecording {
        /// Which one.
        recording: RecordingId,
    },
    /// Says whether one is recorded, which may be said again. Nothing of anybody is kept who has not consented.
    AnswerRecording {
        /// By which recording.
        recording: RecordingId,
        /// What the client's person says.
        consent: Consent,
    },
    /// Brings the client's own sender keys, sealed to the recording's key, once it has consented. Said again for each new epoch of its key.
    KeepRecordingKeys {
        /// For which recording.
        recording: RecordingId,
        /// The keys.
        keys: RecordingKeys,
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
        /// The trouble that a page has with its path.
        trouble: Trouble,
    },
    /// Says how long it took to get in, once, for whoever runs the server. Nobody else in the room hears of it.
    ReportJoin {
        /// When each step was done.
        steps: JoinSteps,
    },
    /// Says what the video slots of the link to the server shall show.
    SetSlots {
        /// The node that the link leads to.
        node: NodeId,
        /// The link.
        link: LinkId,
        /// All slots.
        slots: Subscriptions,
    },
    /// Asks for servers that help to get through whose credentials are fresh. Answered by `ice_servers`.
    RenewIceServers,
    /// Asks for a `pong`; keeps the connection alive.
    Ping,
    /// Leaves the room; the server closes the socket.
    Leave,
}
}

impl From<RoomMessage> for RoomFrame {
    fn from(message: RoomMessage) -> Self {
        Self { id: None, ack: None, message }
    }
}
