//! The kinds of device that can be chosen.

use protocol::Source;

/// A kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// Records sound.
    Microphone,
    /// Records video.
    Camera,
    /// Plays sound.
    Speaker,
}

impl DeviceKind {
    /// What a source is captured from; a screen is no device.
    pub const fn of(source: Source) -> Option<Self> {
        match source {
            Source::Microphone => Some(Self::Microphone),
            Source::Camera => Some(Self::Camera),
            Source::Screen | Source::ScreenAudio => None,
        }
    }
}
