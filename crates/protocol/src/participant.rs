//! A person in a room, as everybody in the room knows them.

use serde::{Deserialize, Serialize};

use crate::{Consent, DisplayName, MediaState, ParticipantId, PublicKey, Right, Role, Source, Switch};

/// One person in the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Participant {
    /// Unique in the room.
    pub id: ParticipantId,
    /// What to show.
    pub name: DisplayName,
    /// What they are in the room.
    pub role: Role,
    /// What they send.
    pub media: MediaState,
    /// Their place among the raised hands, lower first, when theirs is raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand: Option<HandNumber>,
    /// Whether the server reaches them.
    pub presence: Presence,
    /// What a host has forbidden them.
    #[serde(default)]
    pub forbidden: Forbidden,
    /// With which key messages to them are sealed; a client without one takes no part in end-to-end encryption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PublicKey>,
    /// Whether their page consented to the recording that goes on. `None` while nothing is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Consent>,
}

/// The place of a raised hand: hands raised later have higher numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct HandNumber(#[serde(deserialize_with = "crate::sequence::counted")] pub u64);

/// Whether the server reaches a participant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It does.
    #[default]
    Here,
    /// Their connection broke; their seat is kept for a while. A direct link to them may well go on.
    Away,
}

/// What one participant may not do, beside what the rules of the room forbid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Forbidden {
    /// To turn the microphone on.
    pub microphone: Switch,
    /// To turn the camera on.
    pub camera: Switch,
    /// To share a screen, and its sound.
    pub screen: Switch,
    /// To write to the room.
    pub chat: Switch,
}

impl Forbidden {
    /// Whether sending from a source is forbidden.
    pub fn source(&self, source: Source) -> Switch {
        match source {
            Source::Microphone => self.microphone,
            Source::Camera => self.camera,
            Source::Screen | Source::ScreenAudio => self.screen,
        }
    }

    /// Forbids or allows something.
    pub fn set(&mut self, right: Right, forbidden: Switch) {
        match right {
            Right::Microphone => self.microphone = forbidden,
            Right::Camera => self.camera = forbidden,
            Right::Screen => self.screen = forbidden,
            Right::Chat => self.chat = forbidden,
        }
    }
}

/// Somebody in the waiting room, as hosts see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WaitingPerson {
    /// The id they will have when they are let in.
    pub id: ParticipantId,
    /// What they call themselves.
    pub name: DisplayName,
    /// With which key messages to them are sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PublicKey>,
    /// They have come without the room's secret, which whoever lets them in has to give them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lacks_secret: bool,
}

/// Why somebody is no longer in the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// They left, or closed the page.
    Left,
    /// Their connection broke and did not come back.
    Disconnected,
    /// A host removed them, or they broke the rules of the protocol.
    Removed,
}
