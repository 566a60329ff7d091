//! What a participant sends at the moment, as the others see it.

use serde::{Deserialize, Serialize};

/// Whether something is on or off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// It is sent.
    On,
    /// Nothing of it is sent.
    #[default]
    Off,
}

impl Switch {
    /// True when on.
    pub fn is_on(self) -> bool {
        self == Self::On
    }

    /// The other position.
    #[must_use]
    pub fn toggled(self) -> Self {
        if self.is_on() { Self::Off } else { Self::On }
    }
}

impl From<bool> for Switch {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

/// The microphone and the camera of one participant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MediaState {
    /// Whether sound is sent.
    pub microphone: Switch,
    /// Whether video is sent.
    pub camera: Switch,
}
