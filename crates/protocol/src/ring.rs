//! What the messages of direct calls are about: a ring, how far it is, how it ended, and what a device says of itself. The messages are in
//! `ring_message.rs` and `ring_event.rs`.

use serde::{Deserialize, Serialize};

use crate::{CallId, Invitation, PublicKey, RingId, RoomCode, SealedNote};

/// Rings somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlaceRing {
    /// The ring, drawn at random. The same one again is the same ring.
    pub ring: RingId,
    /// Whom.
    pub callee: CallId,
    /// How many milliseconds ago it was first placed. It rings for what is left of
    /// [`RING_SECONDS`](crate::limits::RING_SECONDS); with nothing left it is a missed call at once.
    #[serde(default)]
    pub waited_ms: u32,
    /// The ring that the device's own call began with: the person called is rung into that call, and no room is made. The device has to be in
    /// it, and it must not be one of a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<RingId>,
    /// For the person called alone.
    pub invitation: Invitation,
    /// For the caller's own history: the name of the person called, sealed by the caller for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<SealedNote>,
}

/// A ring as it reaches the devices of the person called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IncomingRing {
    /// The ring.
    pub ring: RingId,
    /// Who calls.
    pub caller: CallId,
    /// The public key of the caller, with which the invitation opens.
    pub caller_key: PublicKey,
    /// Where the call will be.
    pub room: RoomCode,
    /// The room's secret and the caller's name, sealed.
    pub invitation: Invitation,
    /// Whether others are in that call already. Whoever enters the room is seen by them, so nobody does before the answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub into_call: bool,
    /// Whether it may sound.
    pub manner: Manner,
    /// For how many milliseconds it still rings.
    pub expires_in_ms: u32,
}

/// How a ring is shown to the person called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// With its sound.
    Aloud,
    /// Without a sound, because they are in a call or in a meeting.
    Quietly,
}

/// What a device did with a ring that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// It is on the screen.
    Shown,
    /// It is on the screen, and the browser does not let the page sound.
    Silent,
    /// It sounds.
    Ringing,
}

/// How far a ring has got, as its caller is told: the best of all devices, in this order; it never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// It is on a screen.
    Shown,
    /// It is on a screen without a sound, because the person is in another call or in a meeting.
    InAnotherCall,
    /// It is on a screen that cannot sound.
    Silent,
    /// It sounds.
    Ringing,
}

/// How a ring ended. Both ends are told the same, but for [`Self::AnsweredElsewhere`], which the other devices of the person called see of a
/// ring that was answered.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// They talked, and one of the two hung up.
    Answered {
        /// For so long.
        seconds: u32,
    },
    /// The person called does not want to talk.
    Declined,
    /// The person called is in another call, and did not take this one.
    Busy,
    /// It rang until its end.
    NoAnswer,
    /// The caller gave it up.
    Cancelled,
    /// It reached nobody: there is no such ID, or no device, or no wish to be reached. Which of them is not said.
    Offline,
    /// It was answered, and the connection between the two never came about or broke for good.
    Lost {
        /// They talked for so long, as far as the server knows.
        seconds: u32,
    },
    /// Another device answered.
    AnsweredElsewhere,
    /// The person called takes calls only from people they know: it became a request.
    Asked,
}

impl Outcome {
    /// For how many seconds they talked; `None` of a ring that was not answered, or by another device.
    pub fn seconds(self) -> Option<u32> {
        match self {
            Self::Answered { seconds } | Self::Lost { seconds } => Some(seconds),
            Self::Declined
            | Self::Busy
            | Self::NoAnswer
            | Self::Cancelled
            | Self::Offline
            | Self::AnsweredElsewhere
            | Self::Asked => None,
        }
    }

    /// Whether it is the end of a call, and not of a ring alone.
    pub fn was_answered(self) -> bool {
        self.seconds().is_some()
    }

    /// The same end after they have talked for so long, where they talked at all.
    #[must_use]
    pub fn after(self, seconds: u32) -> Self {
        match self {
            Self::Answered { .. } => Self::Answered { seconds },
            Self::Lost { .. } => Self::Lost { seconds },
            Self::Declined
            | Self::Busy
            | Self::NoAnswer
            | Self::Cancelled
            | Self::Offline
            | Self::AnsweredElsewhere
            | Self::Asked => self,
        }
    }
}

/// Why a call ends that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HangUpReason {
    /// The person wants it to end.
    HungUp,
    /// No connection between the two came about, or it broke for good.
    Lost,
}

/// What else the person at a device does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// Nothing that a ring would disturb.
    #[default]
    Free,
    /// They are in a meeting: rings are shown quietly on all of their devices.
    InMeeting,
}

/// Which end of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RingSide {
    /// Who placed it.
    Caller,
    /// Who was called.
    Callee,
}

/// What a device that attaches is in the middle of. What the server has of it otherwise is over: a ring that its device does not name any
/// more was given up. A server that has lost everything goes on from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing; rings may be on its screen.
    #[default]
    Idle,
    /// It rings somebody. `place` or `cancel` follows.
    Placing {
        /// The ring.
        ring: RingId,
    },
    /// It has answered a ring and does not know yet whether it was first. `answer` or `hang_up` follows.
    Answering {
        /// The ring.
        ring: RingId,
    },
    /// It is in a call.
    InCall {
        /// The ring that the call began with.
        ring: RingId,
        /// The other one.
        peer: CallId,
        /// Which end this device is.
        side: RingSide,
        /// How many milliseconds ago it was answered.
        talked_ms: u32,
    },
}

impl Standing {
    /// The ring that it is about.
    pub fn ring(self) -> Option<RingId> {
        match self {
            Self::Idle => None,
            Self::Placing { ring } | Self::Answering { ring } | Self::InCall { ring, .. } => Some(ring),
        }
    }
}
