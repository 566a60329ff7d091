//! What a participant sends at the moment, as the others see it.

use serde::{Deserialize, Serialize};

/// Whether something is on or off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// It is on.
    On,
    /// It is off.
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

/// Something that a participant sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Sound of a microphone.
    Microphone,
    /// Video of a camera.
    Camera,
    /// Video, and perhaps sound, of a screen, a window or a tab.
    Screen,
}

/// The microphone, the camera and the screen of one participant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct MediaState {
    /// Whether sound is sent.
    pub microphone: Switch,
    /// Whether video is sent.
    pub camera: Switch,
    /// Whether a screen is shared.
    pub screen: Switch,
}

impl MediaState {
    /// Whether something is sent.
    pub fn of(&self, source: Source) -> Switch {
        match source {
            Source::Microphone => self.microphone,
            Source::Camera => self.camera,
            Source::Screen => self.screen,
        }
    }

    /// Turns something off.
    pub fn turn_off(&mut self, source: Source) {
        match source {
            Source::Microphone => self.microphone = Switch::Off,
            Source::Camera => self.camera = Switch::Off,
            Source::Screen => self.screen = Switch::Off,
        }
    }
}
