//! A recording of the call that this browser makes for its person, without the server: from the wish to a file that they have.
//!
//! ```text
//!        Begin            Began                Finish, the call ends
//! Off ──────────▶ Starting ──────▶ Running ──────────────────────────▶ Finishing
//!  ▲                 │                │ storage is full, the encoder fails  │
//!  └─────────────────┴────────────────┴─────────────────────────────────────┘ Ended: what was written is kept
//! ```
//!
//! What is kept belongs to the browser until it is saved or deleted, also after a tab that was killed.

use std::collections::VecDeque;
use std::time::Duration;

use protocol::Switch;
use view::{DeviceRecording, DeviceRecordingFault, KeptRecording, KeptState, PageNotice};

use crate::PageEffect;

/// What may happen to a recording.
#[derive(Debug)]
pub enum DeviceRecordingInput {
    /// Somebody wants to record the call that they are in.
    Begin {
        /// Whether this browser can.
        is_supported: bool,
    },
    /// It is recorded from now on.
    Began,
    /// Somebody wants it to end.
    Finish,
    /// They are in the call no longer.
    CallEnded,
    /// It has ended.
    Ended {
        /// What was written, if anything was.
        file: Option<KeptRecording>,
        /// Why, where nobody wanted it to.
        fault: Option<DeviceRecordingFault>,
    },
    /// Earlier visits have left these, and no other tab writes them.
    Found(Vec<KeptRecording>),
    /// Somebody wants to have one as a file of their own.
    Save {
        /// Which.
        file: String,
    },
    /// They have it.
    Saved {
        /// Which.
        file: String,
    },
    /// They do not.
    NotSaved {
        /// Which.
        file: String,
        /// Why, where they did not choose so.
        fault: Option<DeviceRecordingFault>,
    },
    /// Somebody does not want one any more.
    Delete {
        /// Which.
        file: String,
    },
    /// Somebody knows that one is saved.
    Dismiss {
        /// Which.
        file: String,
    },
}

/// The machine.
#[derive(Debug, Default)]
pub(crate) struct Recordings {
    now: DeviceRecording,
    /// It ends because its person wants it to.
    is_finish_wanted: bool,
    kept: Vec<KeptRecording>,
}

impl Recordings {
    pub(crate) fn handle_input(
        &mut self,
        now: Duration,
        input: DeviceRecordingInput,
        effects: &mut VecDeque<PageEffect>,
    ) -> Option<PageNotice> {
        match input {
            DeviceRecordingInput::Begin { is_supported: false } => {
                return Some(PageNotice::RecordingFailed(DeviceRecordingFault::Unsupported));
            }
            DeviceRecordingInput::Begin { is_supported: true } if self.now == DeviceRecording::Off => {
                self.now = DeviceRecording::Starting;
                self.is_finish_wanted = false;
                // The others know before the first picture is kept.
                effects.extend([PageEffect::TellRecording(Switch::On), PageEffect::StartRecording]);
            }
            DeviceRecordingInput::Begin { is_supported: true } => {}
            DeviceRecordingInput::Began => {
                if self.now == DeviceRecording::Starting {
                    self.now = DeviceRecording::Running { since: now };
                }
            }
            DeviceRecordingInput::Finish => self.finish(true, effects),
            DeviceRecordingInput::CallEnded => self.finish(false, effects),
            DeviceRecordingInput::Ended { file, fault } => return self.ended(file, fault, effects),
            DeviceRecordingInput::Found(found) => {
                let is_new = |one: &KeptRecording| self.kept.iter().all(|known| known.file != one.file);
                let found: Vec<_> = found.into_iter().filter(is_new).collect();
                self.kept.extend(found);
            }
            DeviceRecordingInput::Save { file } => {
                if let Some(kept) = self.kept.iter_mut().find(|kept| kept.file == file)
                    && matches!(kept.state, KeptState::Whole | KeptState::Cut)
                {
                    let is_cut = kept.state == KeptState::Cut;
                    kept.state = KeptState::Saving;
                    effects.push_back(PageEffect::SaveRecording { file, is_cut });
                }
            }
            DeviceRecordingInput::Saved { file } => self.set(&file, KeptState::Saved),
            DeviceRecordingInput::NotSaved { file, fault } => {
                // It may have been made whole or not by then, and may be again.
                self.set(&file, KeptState::Cut);
                return fault.map(PageNotice::RecordingFailed);
            }
            DeviceRecordingInput::Delete { file } => {
                self.kept.retain(|kept| kept.file != file);
                effects.push_back(PageEffect::DeleteRecording { file });
            }
            DeviceRecordingInput::Dismiss { file } => self.kept.retain(|kept| kept.file != file),
        }
        None
    }

    /// How far the recording of this tab is.
    pub(crate) fn now(&self) -> DeviceRecording {
        self.now
    }

    /// What is there of recordings that have ended.
    pub(crate) fn kept(&self) -> &[KeptRecording] {
        &self.kept
    }

    fn finish(&mut self, is_wanted: bool, effects: &mut VecDeque<PageEffect>) {
        match self.now {
            DeviceRecording::Off | DeviceRecording::Finishing => {}
            DeviceRecording::Starting | DeviceRecording::Running { .. } => {
                self.now = DeviceRecording::Finishing;
                self.is_finish_wanted = is_wanted;
                effects.push_back(PageEffect::FinishRecording);
            }
        }
    }

    fn ended(
        &mut self,
        file: Option<KeptRecording>,
        fault: Option<DeviceRecordingFault>,
        effects: &mut VecDeque<PageEffect>,
    ) -> Option<PageNotice> {
        if self.now == DeviceRecording::Off {
            return None;
        }
        self.now = DeviceRecording::Off;
        effects.push_back(PageEffect::TellRecording(Switch::Off));
        if let Some(kept) = file {
            // Who has pressed to finish it is asked where to at once; a browser lets nobody be asked who has pressed nothing.
            let (file, is_cut) = (kept.file.clone(), kept.state == KeptState::Cut);
            let is_saved = self.is_finish_wanted && fault.is_none();
            let state = if is_saved { KeptState::Saving } else { kept.state };
            self.kept.push(KeptRecording { state, ..kept });
            if is_saved {
                effects.push_back(PageEffect::SaveRecording { file, is_cut });
            }
        }
        fault.map(PageNotice::RecordingFailed)
    }

    fn set(&mut self, file: &str, state: KeptState) {
        if let Some(kept) = self.kept.iter_mut().find(|kept| kept.file == file) {
            kept.state = state;
        }
    }
}
