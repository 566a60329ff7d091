//! What the server says to a device of a call identity.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::tagged::{Tagged, tagged};
use crate::{
    BlockedPerson, CallId, CallRules, ChallengeNonce, Credential, IncomingRing, Outcome, PastCall, Progress,
    ProtocolError, PublicKey, PushKey, RingId, RoomCode, SealedNote,
};

/// What every event has.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
}

tagged! {
/// One text frame to a device. None of them is repeated by number: a device that comes back is told how everything stands.
pub enum RingEvent as "RingEvent", read by EventForm {
    /// Asks for a proof: the answer to `ring`, the first message.
    Challenge {
        /// Drawn for this connection.
        nonce: ChallengeNonce,
        /// The server's public key, drawn for this connection.
        key: PublicKey,
    },
    /// The device is one of its identity's. Rings that are for it follow, and what has ended of late.
    Welcome {
        /// The identity's ID.
        call_id: CallId,
    },
    /// The answer to `look_up`. Of an ID that is nobody's the key is one that opens nothing.
    KeyOf {
        /// Whose.
        callee: CallId,
        /// With which invitations to them are sealed.
        key: PublicKey,
    },
    /// The answer to `place`, whether or not anybody can be reached.
    Placed {
        /// The ring.
        ring: RingId,
        /// Where the call will be.
        room: RoomCode,
        /// The caller's key of that room.
        credential: Credential,
    },
    /// How far a ring has got that the device has placed.
    Progress {
        /// The ring.
        ring: RingId,
        /// The best that any device of the person called has said.
        progress: Progress,
    },
    /// Somebody rings. Said again when the device comes back or the manner changes; it is the same ring then.
    Incoming(Box<IncomingRing>),
    /// The device is in the call: to the one that placed the ring, and to the one that answered it, and to no other.
    Answered {
        /// The ring.
        ring: RingId,
        /// How many milliseconds ago; more than none for a device that comes back.
        talked_ms: u32,
    },
    /// The ring that the device has placed is over without a trace, because the person called was ringing it already. The device has
    /// answered that ring by this, and is in its call.
    Merged {
        /// The ring that the device has placed.
        ring: RingId,
        /// The one that it has answered.
        into: Box<IncomingRing>,
    },
    /// A ring or a call has ended for this device.
    Over {
        /// The ring.
        ring: RingId,
        /// How.
        outcome: Outcome,
        /// What the person called wrote who declined.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<SealedNote>,
    },
    /// The answer to `read_history`.
    History {
        /// Newest first.
        calls: Vec<PastCall>,
        /// Whether there are older ones.
        more: bool,
        /// How many missed calls were not shown yet, those on other pages too.
        unseen: u32,
    },
    /// The answer to `read_blocked`.
    Blocked {
        /// The last first.
        people: Vec<BlockedPerson>,
        /// Whether there are more.
        more: bool,
    },
    /// The answer to `read_rules`.
    Rules {
        /// Who may ring.
        rules: CallRules,
    },
    /// The answer to `read_push`, `subscribe_push` and `unsubscribe_push`.
    Push {
        /// The key that a browser subscribes with: a push service takes messages from nobody else then. Without, this server does not push.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<PushKey>,
        /// How many browsers of the identity are pushed to.
        subscriptions: u16,
    },
    /// What is kept for the identity has changed, by this device or by another one of its: what is shown of it is to be read again.
    Changed,
    /// The answer to `ping`.
    Pong,
    /// A message was refused.
    Error(ProtocolError),
}
}

impl RingEvent {
    /// Reads a frame.
    ///
    /// # Errors
    ///
    /// When the text is none.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let Head { kind } = serde_json::from_str(text)?;
        EventForm::deserialize(Tagged::new(&kind, text)?)
    }

    /// The ring that it is about, if it is about one.
    pub fn ring(&self) -> Option<RingId> {
        match self {
            Self::Placed { ring, .. }
            | Self::Progress { ring, .. }
            | Self::Answered { ring, .. }
            | Self::Merged { ring, .. }
            | Self::Over { ring, .. } => Some(*ring),
            Self::Incoming(incoming) => Some(incoming.ring),
            Self::Challenge { .. }
            | Self::Welcome { .. }
            | Self::KeyOf { .. }
            | Self::History { .. }
            | Self::Blocked { .. }
            | Self::Rules { .. }
            | Self::Push { .. }
            | Self::Changed
            | Self::Pong
            | Self::Error(_) => None,
        }
    }
}
