//! A recording of the call that this browser makes.

use std::time::Duration;

/// How far the recording of this tab is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceRecording {
    /// There is none.
    #[default]
    Off,
    /// It is about to begin.
    Starting,
    /// It goes on.
    Running {
        /// Since then, by the page's clock.
        since: Duration,
    },
    /// What is left of it is written.
    Finishing,
}

impl DeviceRecording {
    /// Whether something is recorded, or about to be.
    pub fn is_on(self) -> bool {
        match self {
            Self::Off | Self::Finishing => false,
            Self::Starting | Self::Running { .. } => true,
        }
    }
}

/// Why there is no recording, or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceRecordingFault {
    /// This browser cannot record what is on a page.
    Unsupported,
    /// There is no room for more.
    StorageFull,
    /// The browser failed to encode or to write.
    Failed,
    /// It could not be put where it was to be.
    NotSaved,
}

/// A recording that has ended and is in the browser's own storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRecording {
    /// Its name there.
    pub file: String,
    /// When it began, in milliseconds since 1970.
    pub began_millis: u64,
    /// In bytes.
    pub length: u64,
    /// What has become of it.
    pub state: KeptState,
}

/// What has become of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptState {
    /// Its end is missing, as after a tab that was killed; it is repaired before it is saved.
    Cut,
    /// It is whole.
    Whole,
    /// It is being saved.
    Saving,
    /// Its person has it.
    Saved,
}
