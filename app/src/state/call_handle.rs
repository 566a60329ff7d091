//! The seam to the call engine: commands out, state in. The browser's side is made in `frontend`; without it, on the
//! server and before hydration, the page shows its idle state and commands go nowhere.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::{
    ChatId, ChatTarget, DisplayName, MediaKey, Moderation, ParticipantId, Password, Reaction, Source,
};
use reactive_stores::Store;
use stage::StageInput;
use view::{Copied, DeviceKind, Preference};

use super::CallView;

/// What a component asks of the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum CallCommand {
    /// Turn the microphone or the camera on or off.
    Switch {
        /// The source concerned.
        source: Source,
        /// On or off.
        on: bool,
    },
    /// Enter the room.
    Join {
        /// Under this name.
        name: DisplayName,
        /// With this password, if the room wants one.
        password: Option<Password>,
    },
    /// Open these: the person answers the ring that led here. Nothing is sent yet.
    Begin {
        /// The microphone.
        microphone: bool,
        /// The camera.
        camera: bool,
    },
    /// Send what is on: the ring that led here was answered.
    GoAhead {
        /// Turn the microphone on besides.
        microphone: bool,
        /// Turn the camera on besides.
        camera: bool,
    },
    /// Raise or lower one's own hand.
    SetHand {
        /// Raise.
        up: bool,
    },
    /// Show a reaction.
    React {
        /// The reaction that is shown.
        reaction: Reaction,
    },
    /// Write.
    Write {
        /// For whom.
        to: ChatTarget,
        /// The text, as it is written.
        text: String,
    },
    /// Send a message again that failed.
    WriteAgain {
        /// The id that its author gave the message.
        id: ChatId,
    },
    /// Read older chat.
    ReadOlderChat,
    /// The chat is open, or no longer.
    LookAtChat {
        /// Whether it is.
        open: bool,
    },
    /// Decide something as a host.
    Moderate {
        /// The decision of a host.
        moderation: Moderation,
    },
    /// Let the room start at a moment; whenever, when the text is empty.
    SetStart {
        /// As a field for a date and a time has it; `None` when that is no moment.
        typed: Option<String>,
    },
    /// Let the room end at a moment.
    SetEnd {
        /// As a field for a date and a time has it; `None` when that is no moment.
        typed: Option<String>,
    },
    /// Make a link that makes whoever opens it a host.
    MakeHostLink,
    /// Do not turn on what a host asks for.
    DeclineAsking,
    /// Continue without end-to-end encryption, having been asked.
    AcceptTransport,
    /// Record the call on the server.
    StartRecording,
    /// Stop that.
    StopRecording,
    /// Answer whether one is recorded, or take the answer back.
    BeRecorded {
        /// Whether one is.
        recorded: bool,
    },
    /// Save the room as a file for a calendar.
    SaveCalendar,
    /// Put a text on the clipboard.
    CopyText {
        /// The text, as it is written.
        text: String,
        /// The kind of text that is copied, for the notice about it.
        what: Copied,
    },
    /// The safety phrase is looked at, or no longer.
    LookAtPhrase {
        /// Whether it is.
        open: bool,
    },
    /// What the call takes, and by which paths, is looked at, or no longer.
    LookAtStatistics {
        /// Whether they are.
        open: bool,
    },
    /// The person has made sure that somebody is who they say.
    Verify {
        /// The participant concerned.
        participant: ParticipantId,
    },
    /// Pass the room's key on to somebody who lacks it.
    ShareKey {
        /// To whom.
        participant: ParticipantId,
    },
    /// The element with this id is the stage: its size is the layout's.
    ShowStage {
        /// The element.
        element: String,
    },
    /// Change what is shown where.
    Arrange(StageInput),
    /// Want something of every call in this browser, or not.
    Prefer {
        /// What.
        what: Preference,
        /// Whether it is wanted.
        on: bool,
    },
    /// Turn the microphone on for as long as a key is held, or off again.
    Talk {
        /// Whether it is held.
        on: bool,
    },
    /// The person knows that they talk and are muted.
    StayMuted,
    /// Play what is heard of somebody more softly, for this person alone.
    SetVolume {
        /// The publication concerned.
        key: MediaKey,
        /// From 0 to 100.
        percent: u8,
    },
    /// Something about recordings on this device.
    Record(DeviceRecordingCommand),
    /// Leave, and let go of the devices.
    Leave,
    /// Go back to the choice of devices, after leaving.
    Prepare,
    /// Use another device.
    SelectDevice {
        /// Of which kind.
        kind: DeviceKind,
        /// Its id, as listed.
        id: String,
    },
    /// Play a sound through the chosen speaker.
    TestSpeaker,
    /// Put the room's link on the clipboard.
    CopyLink,
    /// Play somebody's pictures in the `<video>` element with this id, and what is heard with them.
    ShowVideo {
        /// The element.
        element: String,
        /// Whose: `None` is the person at this browser.
        participant: Option<ParticipantId>,
        /// Of which source.
        source: Source,
    },
}

/// What a component asks of the engine about recordings on this device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceRecordingCommand {
    /// Record the call.
    Begin,
    /// Finish that.
    Finish,
    /// Have a recording as a file of one's own.
    Save {
        /// Which.
        file: String,
    },
    /// Delete one that is not saved.
    Delete {
        /// Which.
        file: String,
    },
    /// Show one no longer that is saved.
    Dismiss {
        /// Which.
        file: String,
    },
    /// Play one that is saved.
    Open {
        /// Which.
        file: String,
    },
}

/// A way to the call engine. Holds no JavaScript object, so it may live anywhere.
#[derive(Clone)]
pub struct CallHandle {
    /// What the call shows.
    pub view: Store<CallView>,
    send: Arc<dyn Fn(CallCommand) + Send + Sync>,
}

impl CallHandle {
    /// A handle whose commands go to `send`.
    pub fn new(view: Store<CallView>, send: impl Fn(CallCommand) + Send + Sync + 'static) -> Self {
        Self { view, send: Arc::new(send) }
    }

    /// Asks something of the engine.
    pub fn send(&self, command: CallCommand) {
        (self.send)(command);
    }

    fn inert() -> Self {
        Self::new(Store::new(CallView::default()), |_| {})
    }
}

/// Gives the handle to every component below.
pub fn provide_call_handle(handle: CallHandle) {
    provide_context(handle);
}

/// The handle, or an inert one.
pub fn use_call_handle() -> CallHandle {
    use_context::<CallHandle>().unwrap_or_else(|| {
        let handle = CallHandle::inert();
        provide_context(handle.clone());
        handle
    })
}
