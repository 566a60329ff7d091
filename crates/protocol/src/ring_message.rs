//! What a device of a call identity says.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::tagged::{Tagged, tagged};
use crate::{
    Activity, BlockedPerson, CallId, CallRules, ContactRule, HangUpReason, HistoryChange, HistoryCursor,
    IdentityProof, MessageId, PlaceRing, PublicKey, PushEndpoint, PushSubscription, Receipt, RingId,
    SealedNote, Standing,
};

/// One text frame after the first: a message, and a number by which an error can name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RingFrame {
    /// Returned as `in_reply_to` by an error about this message. Unlike those of a room, no message is kept from being taken twice by its
    /// number: each may be said again and means the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<MessageId>,
    /// The message.
    #[serde(flatten)]
    pub message: RingMessage,
}

impl RingFrame {
    /// Reads a frame.
    ///
    /// # Errors
    ///
    /// When the text is none.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let Head { kind, id } = serde_json::from_str(text)?;
        let message = RingForm::deserialize(Tagged::new(&kind, text)?)?;
        Ok(Self { id, message })
    }
}

/// What every frame has.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    id: Option<MessageId>,
}

tagged! {
/// A message of a device. The first is `prove`; see [`OpeningMessage::Ring`](crate::OpeningMessage::Ring) for what comes before.
pub enum RingMessage as "RingMessage", read by RingForm {
    /// Shows that the device has the identity's private key. Answered by `welcome`.
    Prove {
        /// The answer to the challenge.
        proof: IdentityProof,
        /// What the device is in the middle of.
        #[serde(default)]
        standing: Standing,
    },
    /// Asks for the key that an invitation is sealed to. Answered by `key_of`, whether or not there is such an ID.
    LookUp {
        /// Whose.
        callee: CallId,
    },
    /// Rings somebody. Answered by `placed`, or an error.
    Place(Box<PlaceRing>),
    /// Says what became of a ring that came.
    Receipt {
        /// The ring.
        ring: RingId,
        /// What the device did.
        receipt: Receipt,
    },
    /// Answers a ring. The first of all devices has it: `answered`, or `over`.
    Answer {
        /// The ring.
        ring: RingId,
    },
    /// Declines a ring, on all devices.
    Decline {
        /// The ring.
        ring: RingId,
        /// A few words to the caller, sealed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<SealedNote>,
    },
    /// Gives up a ring that the device has placed.
    Cancel {
        /// The ring.
        ring: RingId,
    },
    /// Ends a call, for both. Of more than two who are in it, whoever says this leaves alone.
    HangUp {
        /// The ring that the call began with.
        ring: RingId,
        /// The reason, from which the outcome follows.
        reason: HangUpReason,
    },
    /// Says what else the person does.
    SetActivity {
        /// From now on.
        activity: Activity,
    },
    /// Asks for the identity's past calls, newest first. Answered by `history`.
    ReadHistory {
        /// Older ones than this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<HistoryCursor>,
    },
    /// Changes the identity's history. Answered by `changed`, like every change of what is kept.
    ChangeHistory {
        /// What.
        change: HistoryChange,
    },
    /// Says what somebody is to the identity.
    SetContact {
        /// Who it is.
        peer: PublicKey,
        /// From now on.
        rule: ContactRule,
    },
    /// Asks whom the identity has blocked, the last first. Answered by `blocked`.
    ReadBlocked {
        /// Those before this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<BlockedPerson>,
    },
    /// Asks who may ring. Answered by `rules`.
    ReadRules,
    /// Says who may ring.
    SetRules {
        /// From now on.
        rules: CallRules,
    },
    /// Asks whether the server pushes, and with which key. Answered by `push`.
    ReadPush,
    /// Has the server push to this browser when the identity is rung and no device of it is there. The same endpoint again takes the place of
    /// what was kept of it. Answered by `push`.
    SubscribePush(Box<PushSubscription>),
    /// Has the server push to a browser no more. Answered by `push`.
    UnsubscribePush {
        /// Which.
        endpoint: PushEndpoint,
    },
    /// Gives the identity another ID. The one before leads to nobody, for ever. Every device of it is disconnected, and hears the new one when
    /// it comes back. Refused while the identity is in a call.
    ReplaceCallId,
    /// Asks for a `pong`; keeps the connection alive.
    Ping,
}
}

impl From<RingMessage> for RingFrame {
    fn from(message: RingMessage) -> Self {
        Self { id: None, message }
    }
}
