//! What a page's machine wants done.

use protocol::{DisplayName, Source, Switch};
use view::{CaptureFault, Notice};

use crate::Switches;
use crate::page::chooser::Attempt;

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum PageEffect {
    /// Begin with these on.
    Begin(Switches),
    /// Go in under this name.
    Join(DisplayName),
    /// A source is captured.
    Captured(Source),
    /// It is not, or no longer.
    CaptureFailed(Source, CaptureFault),
    /// What was refused may be had: turn it on, as was wanted.
    TryAgain(Source),
    /// Ask the browser for these, with one question.
    Capture(Vec<CaptureRequest>),
    /// What this attempt has brought takes the place of what is in use.
    Use(Source, Attempt),
    /// Nobody waits for what this attempt has brought.
    LetGo(Source, Attempt),
    /// Let go of what is in use.
    Stop(Source),
    /// There may be other devices, or another one may be selected.
    ListDevices,
    /// Remember for other visits which device was chosen, or that none was.
    RememberDevice(Source, Option<String>),
    /// Play everything through the speaker with this id; none is the system's default.
    PlayThrough(Option<String>),
    /// Remember for other visits which speaker was chosen, or that none was.
    RememberSpeaker(Option<String>),
    /// Remember for this tab's stay in the room whether a source is on.
    RememberInTab(Source, Switch),
    /// Remember it for other visits.
    RememberInBrowser(Source, Switch),
    /// The others are to know whether the call is recorded on this device.
    TellRecording(Switch),
    /// Record it.
    StartRecording,
    /// End that, with all that was recorded.
    FinishRecording,
    /// Let the person have a recording as a file of their own.
    SaveRecording {
        /// Which.
        file: String,
        /// Whether its end is missing.
        is_cut: bool,
    },
    /// Nobody wants it any more.
    DeleteRecording {
        /// Which.
        file: String,
    },
    /// Something that can be heard has happened, where that is wanted.
    Sound(Sound),
}

/// What is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// Somebody has come.
    Joined,
    /// Somebody has gone.
    Left,
    /// A recording has begun, or is over.
    Recording,
}

impl Sound {
    /// What is heard of something that has happened.
    pub(super) fn of(notice: &Notice) -> Option<Self> {
        match notice {
            Notice::ParticipantJoined(_) | Notice::ManyJoined { .. } => Some(Self::Joined),
            Notice::ParticipantLeft(_) | Notice::ManyLeft { .. } => Some(Self::Left),
            Notice::RecordingStarted | Notice::RecordingStopped(_) => Some(Self::Recording),
            Notice::SignallingLost
            | Notice::SignallingBack
            | Notice::HandRaised(_)
            | Notice::Reacted { .. }
            | Notice::YouShare
            | Notice::Shares(_)
            | Notice::SharesNoMore(_)
            | Notice::RecordsOnDevice(_)
            | Notice::Wrote(_)
            | Notice::Knocked(_)
            | Notice::TurnedOff(_)
            | Notice::AskedToTurnOn(_)
            | Notice::MigrationAborted { .. }
            | Notice::KeyRefused
            | Notice::KeyGranted
            | Notice::EncryptionChanged(_)
            | Notice::KeyNotShared
            | Notice::KeyChanged(_)
            | Notice::NotSealed { .. }
            | Notice::Refused(_) => None,
        }
    }
}

/// A source that the browser is to be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureRequest {
    /// The source concerned.
    pub source: Source,
    /// What the answer is told with.
    pub attempt: Attempt,
    /// The chosen device.
    pub device: Option<String>,
}
