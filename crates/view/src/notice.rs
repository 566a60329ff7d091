//! What has happened and is said once, also to a person who cannot see the screen.

use protocol::{
    AbortReason, DisplayName, ErrorCode, MediaVia, ParticipantId, Reaction, RecordingEnd, RoomEncryption,
    Source,
};

use crate::{DeviceKind, DeviceRecordingFault, ScheduleError};

/// Something that has happened in the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Somebody entered.
    ParticipantJoined(DisplayName),
    /// Several people entered shortly after one another.
    ManyJoined {
        /// The first of them.
        name: DisplayName,
        /// How many came after, from one.
        others: usize,
    },
    /// Somebody is gone.
    ParticipantLeft(DisplayName),
    /// Several people left shortly after one another.
    ManyLeft {
        /// The first of them.
        name: DisplayName,
        /// How many went after, from one.
        others: usize,
    },
    /// The server is out of reach; people who are connected stay connected.
    SignallingLost,
    /// It is in reach again.
    SignallingBack,
    /// Somebody raised their hand.
    HandRaised(DisplayName),
    /// Somebody shows a reaction.
    Reacted {
        /// Who: `None` is the person at this browser.
        from: Option<ParticipantId>,
        /// What they are called.
        name: DisplayName,
        /// The reaction that is shown.
        reaction: Reaction,
    },
    /// The person at this browser shares their screen: so that nobody does without knowing.
    YouShare,
    /// Somebody shares their screen.
    Shares(DisplayName),
    /// They do no longer.
    SharesNoMore(DisplayName),
    /// Somebody records the call on their device.
    RecordsOnDevice(DisplayName),
    /// Somebody wrote.
    Wrote(DisplayName),
    /// Somebody asks to be let in.
    Knocked(DisplayName),
    /// A host turned off what was sent.
    TurnedOff(Source),
    /// A host asks to turn something on.
    AskedToTurnOn(Source),
    /// The room could not move to another path, for which this person, as its host, may want to know why.
    MigrationAborted {
        /// Where it would have led.
        via: MediaVia,
        /// Why it was aborted.
        reason: AbortReason,
    },
    /// The call is recorded on the server from now on: of each who agrees.
    RecordingStarted,
    /// It is no longer.
    RecordingStopped(RecordingEnd),
    /// Another secret was offered to this page, which has one from a link.
    KeyRefused,
    /// This page was given the room's secret through the server.
    KeyGranted,
    /// A host has turned end-to-end encryption off or on.
    EncryptionChanged(RoomEncryption),
    /// The secret cannot be passed on to more people.
    KeyNotShared,
    /// Somebody has another key than before, and nothing shows that it is theirs.
    KeyChanged(DisplayName),
    /// What was written is too long, or for somebody who is gone or could not open it. It goes back to who wrote it.
    NotSealed {
        /// What was written.
        text: String,
    },
    /// Something was not allowed, or did not work.
    Refused(ErrorCode),
}

/// Something that has happened on the page, of which the call knows nothing. Devices are called as the browser calls them; by their
/// kind, where it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageNotice {
    /// Something is on the clipboard.
    Copied(Copied),
    /// The browser does not let the page use the clipboard.
    NotCopied,
    /// Another device was chosen and did not deliver; the one before goes on.
    DeviceNotSwitched,
    /// A device is gone, and another one has taken its place.
    DeviceReplaced {
        /// Of which kind they are.
        kind: DeviceKind,
        /// What the one that is gone is called.
        lost: Option<String>,
        /// What the other one is called.
        now: Option<String>,
    },
    /// A device that was gone is there again, and in use.
    DeviceIsBack {
        /// Of which kind it is.
        kind: DeviceKind,
        /// What it is called.
        device: Option<String>,
    },
    /// Nobody chose a device, and the system's default, which is used, is another one now.
    DefaultDeviceChanged {
        /// Of which kind it is.
        kind: DeviceKind,
        /// What the new one is called.
        now: Option<String>,
    },
    /// The browser allows a device that it has refused.
    DeviceAllowed(Source),
    /// A microphone that is on brings no sound at all.
    MicrophoneIsSilent,
    /// The system, or a switch of the device, keeps the microphone from being heard.
    MicrophoneMutedBySystem,
    /// The file for a calendar could not be made.
    CalendarFailed,
    /// The link for another host could not be made.
    HostLinkFailed,
    /// The words of the safety phrase could not be fetched.
    PhraseFailed,
    /// What is shared has no sound, or none that could be shared alone: that of the system carries the call back.
    SharedWithoutSound,
    /// The sound of the tab that is shared is the call itself.
    SharedSoundIsTheCall,
    /// What is shared sends no pictures any more: a window that is minimised or hidden.
    ShareIsStill,
    /// What was shared is shared no more, by the browser's own bar or because its tab or window is closed.
    ShareEnded,
    /// What seals and opens media did not start: nothing is sent.
    SealingFailed,
    /// The browser gives no random numbers, of which keys are made.
    NoRandomness,
    /// The call is not recorded on this device, or no longer, or what was is not saved.
    RecordingFailed(DeviceRecordingFault),
}

/// What is on the clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    /// The room's link.
    Link,
    /// A sentence with the room's link in it.
    Invitation,
    /// A link that makes its bearer a host.
    HostLink,
    /// What the call takes.
    Statistics,
}

/// Either of them, as a page says one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnyNotice {
    /// Of the call.
    Call(Notice),
    /// Of the page.
    Page(PageNotice),
}

/// Why something that was wanted is not so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The server says so.
    Server(ErrorCode),
    /// It cannot be a moment of this room.
    Schedule(ScheduleError),
}

/// Something that has happened, with a number that tells it from an equal one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered<T> {
    /// Grows with each.
    pub number: u32,
    /// What has happened.
    pub what: T,
}
