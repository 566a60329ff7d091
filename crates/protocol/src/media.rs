//! What a participant sends at the moment, as the others see it.

use serde::{Deserialize, Serialize};
use strum::EnumCount;

use crate::ParticipantId;

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

    // By reference, as serde asks whether a field is left out.
    fn is_off(&self) -> bool {
        !self.is_on()
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

/// What a publication is of. Each participant has at the most one publication of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, EnumCount)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Sound of a microphone.
    Microphone,
    /// Video of a camera.
    Camera,
    /// Video of a screen, a window or a tab.
    Screen,
    /// The sound that is shared with a screen, a window or a tab.
    ScreenAudio,
}

/// Sound or pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
}

/// One publication in a room: what somebody sends from one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MediaKey {
    /// Who sends it.
    pub participant: ParticipantId,
    /// What it is of.
    pub source: Source,
}

/// Which of their publications a participant sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct MediaState {
    /// Whether the microphone is sent.
    pub microphone: Switch,
    /// Whether the camera is sent.
    pub camera: Switch,
    /// Whether a screen is sent.
    pub screen: Switch,
    /// Whether the sound of what is shared is sent.
    pub screen_audio: Switch,
    /// Whether the call is recorded on their device: nothing is sent for it, and what others send is kept.
    #[serde(skip_serializing_if = "Switch::is_off")]
    pub recording: Switch,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; Self::COUNT] = [Self::Microphone, Self::Camera, Self::Screen, Self::ScreenAudio];

    /// Whether it gives sound or pictures.
    pub const fn kind(self) -> MediaKind {
        match self {
            Self::Microphone | Self::ScreenAudio => MediaKind::Audio,
            Self::Camera | Self::Screen => MediaKind::Video,
        }
    }

    /// The sources of one kind.
    pub fn of_kind(kind: MediaKind) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |source| source.kind() == kind)
    }

    /// The source that is seen when this one is heard, and the other way round, where there is one. What belongs together is played in
    /// step, and changes its path together.
    #[must_use]
    pub const fn companion(self) -> Option<Self> {
        match self {
            Self::Microphone => Some(Self::Camera),
            Self::Camera => Some(Self::Microphone),
            Self::Screen => Some(Self::ScreenAudio),
            Self::ScreenAudio => Some(Self::Screen),
        }
    }

    /// Whether it belongs to a screen that is shared, and not to the person who shares it. A section for it is negotiated when it is
    /// first sent.
    pub const fn is_shared(self) -> bool {
        match self {
            Self::Microphone | Self::Camera => false,
            Self::Screen | Self::ScreenAudio => true,
        }
    }
}

impl ParticipantId {
    /// Their publication of a source.
    pub const fn publication(self, source: Source) -> MediaKey {
        MediaKey { participant: self, source }
    }
}

impl MediaKey {
    /// Of the same person, what is heard when this is seen, or seen when this is heard, where there is such a thing.
    #[must_use]
    pub const fn companion(self) -> Option<Self> {
        match self.source.companion() {
            Some(source) => Some(Self { source, ..self }),
            None => None,
        }
    }

    /// What of the same person is seen when this is: itself, or the companion of what is heard. `None` for sound alone.
    #[must_use]
    pub const fn seen(self) -> Option<Self> {
        match self.source.kind() {
            MediaKind::Video => Some(self),
            MediaKind::Audio => self.companion(),
        }
    }
}

impl MediaState {
    /// Whether a source is sent.
    pub fn of(&self, source: Source) -> Switch {
        match source {
            Source::Microphone => self.microphone,
            Source::Camera => self.camera,
            Source::Screen => self.screen,
            Source::ScreenAudio => self.screen_audio,
        }
    }

    /// Says whether a source is sent.
    pub fn set(&mut self, source: Source, switch: Switch) {
        match source {
            Source::Microphone => self.microphone = switch,
            Source::Camera => self.camera = switch,
            Source::Screen => self.screen = switch,
            Source::ScreenAudio => self.screen_audio = switch,
        }
    }

    /// Turns a source off.
    pub fn turn_off(&mut self, source: Source) {
        self.set(source, Switch::Off);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_somebody_records_is_told_and_who_does_not_say_so_does_not() {
        let media = MediaState { recording: Switch::On, ..MediaState::default() };
        let told = serde_json::to_string(&media).unwrap();
        assert_eq!(serde_json::from_str::<MediaState>(&told).unwrap(), media);
        let before = r#"{"microphone":"off","camera":"off","screen":"off","screen_audio":"off"}"#;
        assert_eq!(serde_json::from_str::<MediaState>(before).unwrap(), MediaState::default());
        assert_eq!(serde_json::to_string(&MediaState::default()).unwrap(), before);
    }

    #[test]
    fn all_sources_are_among_all_of_them_in_their_order() {
        // A new one does not compile here until it has a place, nor in `ALL` until it is there.
        let index = |source: Source| match source {
            Source::Microphone => 0,
            Source::Camera => 1,
            Source::Screen => 2,
            Source::ScreenAudio => 3,
        };
        let indices = Source::ALL.map(|source| (index(source), source as usize));
        assert_eq!(indices, std::array::from_fn(|at| (at, at)));
    }
}
