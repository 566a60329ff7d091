//! What a page decides of which nobody else hears: what is said once and for how long, how many messages are unread, which device a
//! source is captured from and what follows when it does not deliver, through which speaker everything is played, and whether somebody goes
//! back in by themselves.
//!
//! ```text
//! of each source:  is to be captured              delivers
//!            Off ────────────────────▶ Asked for ───────────▶ In use ◀──┐
//!             ▲                         │                      │        │ another device is chosen, and delivers or not;
//!             └─────────────────────────┴──────────────────────┴────────┘ this one vanishes and another takes its place
//!                  is not to be captured, or does not deliver
//! ```
//!
//! | timer | what is due |
//! | --- | --- |
//! | `reactions` | a reaction has been shown long enough |
//! | `joins`, `leaves` | those who came or went shortly after one another are told of |

mod chooser;
mod device_recording;
mod devices;
mod effect;
mod in_use;
mod loss;
mod muted_talk;
mod named_device;
mod notices;
mod permissions;
mod silence;
mod speaker;

use std::collections::VecDeque;
use std::time::Duration;

use protocol::{DisplayName, Source, Switch};
use view::{AnyNotice, CaptureFault, DeviceRecording, KeptRecording, Notice, Numbered, PageNotice, Refusal};

use crate::page::device_recording::Recordings;
use crate::page::devices::Devices;
use crate::page::muted_talk::MutedTalk;
use crate::page::notices::Notices;
use crate::page::silence::Silence;
use crate::page::speaker::Speaker;
use crate::{Level, SwitchedBy, Switches};

pub use chooser::Attempt;
pub use device_recording::DeviceRecordingInput;
pub use effect::{CaptureRequest, PageEffect, Sound};
pub use named_device::NamedDevice;
pub use notices::ShownReaction;
pub use permissions::Permission;

/// How long after the page went its owner is taken back into the call without being asked.
const REJOIN_WITHIN: Duration = Duration::from_secs(20);

/// How often it is looked which devices there are when the microphone has only just fallen silent; and after that, as while one is in use or
/// missed.
/// A switch on a headset makes it silent for as long as somebody likes.
const LOOKS_AT_FIRST: Duration = Duration::from_millis(500);
const LOOKS_LATER: Duration = Duration::from_secs(2);
const FIRST_SILENCE: Duration = Duration::from_secs(10);

/// The machine. It drives a [`Call`](crate::Call) beside which it stands: what the call is to hear is among its effects.
#[derive(Debug, Default)]
pub struct Page {
    notices: Notices,
    devices: Devices,
    speaker: Speaker,
    muted_talk: MutedTalk,
    silence: Silence,
    recordings: Recordings,
    is_chat_open: bool,
    unread: u32,
    effects: VecDeque<PageEffect>,
}

/// What may happen to it.
#[derive(Debug)]
pub enum PageInput {
    /// The page was loaded.
    Loaded {
        /// How long ago this tab's page went in the middle of a call in this room, if it did.
        parted: Option<Duration>,
        /// Whether it is the same page, loaded anew.
        was_reloaded: bool,
        /// What its owner was called.
        name: Option<DisplayName>,
    },
    /// Something about a recording on this device.
    Recording(DeviceRecordingInput),
    /// Somebody gets ready to enter, with what was on when.
    Prepare(Switches),
    /// Somebody chose a device of a source in an earlier visit.
    ChosenBefore {
        /// What is captured from it.
        source: Source,
        /// The browser's id of it.
        device: String,
    },
    /// The call says something once.
    Notify(Notice),
    /// The page says something once.
    Say(PageNotice),
    /// Something that was wanted is not so.
    Refuse(Refusal),
    /// Somebody looks at the chat, or no longer.
    LookAtChat {
        /// Whether they do.
        open: bool,
    },
    /// The call wants a source to be captured. Devices are asked for together, at [`PageInput::AskForDevices`].
    Capture(Source),
    /// Everything that has happened was told: ask for what is to be captured, with one question.
    AskForDevices,
    /// The call does not want it any more.
    StopCapture(Source),
    /// A source was turned on or off.
    Switched {
        /// The source concerned.
        source: Source,
        /// What it is now.
        to: Switch,
        /// By whom.
        by: SwitchedBy,
    },
    /// Somebody chooses a device.
    Choose {
        /// What is to be captured from it.
        source: Source,
        /// The browser's id of it.
        device: String,
    },
    /// So loud is the microphone, of which nothing is sent.
    MutedLevel(Level),
    /// So loud is the microphone that is on, as far as that is measured.
    Level(Level),
    /// Nobody listens any more to the microphone, of which nothing is sent.
    ListeningEnded,
    /// Somebody knows that they are muted.
    StayMuted,
    /// A device delivers.
    Captured {
        /// The source concerned.
        source: Source,
        /// To which request.
        attempt: Attempt,
        /// Which device it is, where the browser says so.
        device: Option<NamedDevice>,
    },
    /// These devices of a source are there.
    Listed {
        /// What is captured from them.
        source: Source,
        /// All of them.
        devices: Vec<NamedDevice>,
    },
    /// Somebody chose a speaker in an earlier visit.
    SpeakerChosenBefore {
        /// The browser's id of it.
        device: String,
    },
    /// Somebody chooses a speaker.
    ChooseSpeaker {
        /// The browser's id of it.
        device: String,
    },
    /// These speakers are there.
    SpeakersListed(Vec<NamedDevice>),
    /// The browser plays through the speaker with this id.
    SpeakerPlays(String),
    /// It does not.
    SpeakerRefused(String),
    /// A device does not deliver.
    CaptureFailed {
        /// The source concerned.
        source: Source,
        /// To which request.
        attempt: Attempt,
        /// Why not.
        fault: CaptureFault,
    },
    /// What this attempt has brought has stopped to deliver.
    CaptureEnded(Source, Attempt),
    /// The browser says something else of what a source is captured from.
    PermissionChanged {
        /// The source concerned.
        source: Source,
        /// What it says now.
        to: Permission,
        /// Whether others hear and see what is turned on.
        is_inside: bool,
    },
}

impl Page {
    /// Tells it what has happened.
    pub fn handle_input(&mut self, now: Duration, input: PageInput) {
        match input {
            PageInput::Loaded { parted, was_reloaded, name } => {
                let comes_back = was_reloaded && parted.is_some_and(|ago| ago < REJOIN_WITHIN);
                if let Some(name) = name.filter(|_| comes_back) {
                    self.effects.push_back(PageEffect::Join(name));
                }
            }
            PageInput::Prepare(switches) => {
                self.muted_talk.reset();
                self.effects.push_back(PageEffect::Begin(switches));
            }
            PageInput::Recording(input) => {
                let notice = self.recordings.handle_input(now, input, &mut self.effects);
                self.say(notice);
            }
            PageInput::Notify(notice) => self.notify(now, notice),
            PageInput::Say(notice) => self.notices.say(AnyNotice::Page(notice)),
            PageInput::Refuse(refusal) => self.notices.refuse(refusal),
            PageInput::LookAtChat { open } => (self.is_chat_open, self.unread) = (open, 0),
            PageInput::MutedLevel(level) => self.muted_talk.hear(now, level),
            PageInput::ListeningEnded => self.muted_talk.stop(),
            PageInput::StayMuted => self.muted_talk.settle(),
            PageInput::Switched { source, to, by } => self.switched(source, to, by),
            PageInput::ChosenBefore { source, device } => self.devices.chosen_before(source, device),
            PageInput::Capture(source) => self.devices.want(source),
            PageInput::AskForDevices => self.devices.ask(&mut self.effects),
            PageInput::StopCapture(source) => {
                if source == Source::Microphone {
                    self.silence.begin();
                }
                self.devices.stop(source, &mut self.effects);
            }
            PageInput::Choose { source, device } => self.devices.choose(source, device, &mut self.effects),
            PageInput::Captured { source, attempt, device } => {
                if source == Source::Microphone {
                    self.silence.begin();
                }
                let notice = self.devices.captured(source, attempt, device, &mut self.effects);
                self.say(notice);
            }
            PageInput::Listed { source, devices } => {
                self.devices.listed(source, &devices, &mut self.effects);
            }
            PageInput::Level(level) => {
                if self.silence.hear(now, level) {
                    self.notices.say(AnyNotice::Page(PageNotice::MicrophoneIsSilent));
                }
            }
            PageInput::CaptureFailed { source, attempt, fault } => {
                if self.devices.failed(source, attempt, fault, &mut self.effects) {
                    self.notices.say(AnyNotice::Page(PageNotice::DeviceNotSwitched));
                }
            }
            PageInput::SpeakerChosenBefore { device } => {
                self.speaker.chosen_before(device, &mut self.effects);
            }
            PageInput::ChooseSpeaker { device } => self.speaker.choose(device, &mut self.effects),
            PageInput::SpeakersListed(devices) => {
                let notice = self.speaker.listed(devices, &mut self.effects);
                self.say(notice);
            }
            PageInput::SpeakerPlays(device) => self.speaker.plays(&device),
            PageInput::SpeakerRefused(device) => {
                let notice = self.speaker.refused(&device, &mut self.effects);
                self.say(notice);
            }
            PageInput::CaptureEnded(source, attempt) => {
                if self.devices.ended(source, attempt, &mut self.effects) {
                    self.notices.say(AnyNotice::Page(PageNotice::ShareEnded));
                }
            }
            PageInput::PermissionChanged { source, to, is_inside } => {
                self.permission_changed(source, to, is_inside);
            }
        }
    }

    /// What is to be remembered of a source that was turned on or off.
    fn switched(&mut self, source: Source, to: Switch, by: SwitchedBy) {
        if source == Source::Microphone && to.is_on() {
            self.muted_talk.reset();
        }
        // No page begins with a screen.
        if source.is_shared() {
            return;
        }
        match by {
            SwitchedBy::Person => {
                self.effects.push_back(PageEffect::RememberInTab(source, to));
                self.effects.push_back(PageEffect::RememberInBrowser(source, to));
            }
            SwitchedBy::Host => self.effects.push_back(PageEffect::RememberInTab(source, to)),
            SwitchedBy::HeldKey => {}
        }
    }

    fn permission_changed(&mut self, source: Source, to: Permission, is_inside: bool) {
        if !self.devices.permission_changed(source, to, &mut self.effects) {
            return;
        }
        // Where others hear it, nothing goes on by itself.
        if is_inside {
            self.notices.say(AnyNotice::Page(PageNotice::DeviceAllowed(source)));
        } else {
            self.effects.push_back(PageEffect::TryAgain(source));
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.notices.handle_timeout(now);
    }

    /// When a timer is due; the table of them is at the top of the file.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.notices.poll_timeout()
    }

    /// What is to be done next.
    pub fn poll_effect(&mut self) -> Option<PageEffect> {
        self.effects.pop_front()
    }

    /// The last few things that are said once, oldest first.
    pub fn notices(&self) -> &[Numbered<AnyNotice>] {
        self.notices.said()
    }

    /// The reactions that are shown now, oldest first.
    pub fn reactions(&self) -> impl Iterator<Item = &Numbered<ShownReaction>> {
        self.notices.reactions()
    }

    /// What was refused last, and why: what a page shows of it is to be what is so.
    pub fn refusal(&self) -> Option<&Numbered<Refusal>> {
        self.notices.refusal()
    }

    /// What was written last that could not be sent.
    pub fn unsent(&self) -> Option<&Numbered<String>> {
        self.notices.unsent()
    }

    /// How often it is to be looked which devices there are: browsers do not always say when one comes or goes.
    pub fn looks_for_devices_every(&self, now: Duration) -> Option<Duration> {
        match self.silence.lasts(now) {
            Some(lasts) if lasts < FIRST_SILENCE => Some(LOOKS_AT_FIRST),
            Some(_) => Some(LOOKS_LATER),
            None => (self.devices.watches_any() || self.speaker.is_watched()).then_some(LOOKS_LATER),
        }
    }

    /// Whether there is a reason to listen to somebody who is muted.
    pub fn listens_while_muted(&self) -> bool {
        !self.muted_talk.is_settled()
    }

    /// Whether somebody talks and is muted, and has not done anything about it.
    pub fn talks_while_muted(&self) -> bool {
        self.muted_talk.is_noticed()
    }

    /// How far the recording on this device is.
    pub fn device_recording(&self) -> DeviceRecording {
        self.recordings.now()
    }

    /// What is on this device of recordings that have ended.
    pub fn kept_recordings(&self) -> &[KeptRecording] {
        self.recordings.kept()
    }

    /// How many messages came since somebody looked at the chat.
    pub fn unread(&self) -> u32 {
        self.unread
    }

    /// The device that a list is to show as selected: the one in use, or else the one that will be asked for.
    pub fn selected_device(&self, source: Source) -> Option<&str> {
        self.devices.selected(source)
    }

    /// The id of the speaker that a list is to show as selected: what everything is played through.
    pub fn selected_speaker(&self) -> Option<&str> {
        self.speaker.selected()
    }

    fn say(&mut self, notice: Option<PageNotice>) {
        if let Some(notice) = notice {
            self.notices.say(AnyNotice::Page(notice));
        }
    }

    fn notify(&mut self, now: Duration, notice: Notice) {
        if matches!(notice, Notice::Wrote(_)) {
            if self.is_chat_open {
                return; // The open chat is read aloud itself.
            }
            self.unread += 1;
        }
        if let Some(sound) = Sound::of(&notice) {
            self.effects.push_back(PageEffect::Sound(sound));
        }
        self.notices.notify(now, notice);
    }
}
