//! Why somebody is not, or no longer, in a room, and why something was not done.

use protocol::ErrorCode;
use view::{Refusal, ScheduleError};

/// What a page says that says no.
pub(super) type Words = (&'static str, &'static str);

pub(super) const ROOM_UNKNOWN: Words = (
    "Room not found",
    "The link may have a typo, or the room was deleted. Ask for a new link, or create your own room.",
);
pub(super) const ROOM_FULL: Words = ("This room is full", "Try again when someone leaves.");
pub(super) const ROOM_LOCKED: Words =
    ("This room is locked", "No one else can join right now. Ask someone inside to unlock it.");
pub(super) const NOT_STARTED: Words = ("This call hasn't started yet", "Only hosts can join before then.");
pub(super) const ENDED: Words = ("This call has ended", "A host can reopen the room.");

/// A page that says no: what it says, and what can be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) heading: &'static str,
    pub(crate) text: &'static str,
    /// The button that tries again, where that can help.
    pub(crate) again: Option<&'static str>,
}

/// After a refusal by the server. Codes that only a broken client meets share the last page.
pub(crate) fn of_call(code: ErrorCode) -> Page {
    let (heading, text) = words(code);
    Page { heading, text, again: again(code) }
}

fn words(code: ErrorCode) -> Words {
    match code {
        ErrorCode::RoomFull => ROOM_FULL,
        ErrorCode::RoomUnknown => ROOM_UNKNOWN,
        ErrorCode::RoomLocked => ROOM_LOCKED,
        ErrorCode::RoomNotStarted => NOT_STARTED,
        ErrorCode::RoomEnded => ENDED,
        ErrorCode::NotAdmitted => ("You were not let in", "A host has declined. You can ask again."),
        ErrorCode::Removed => ("You were removed", "A host has removed you from the room."),
        ErrorCode::Blocked => {
            ("You were removed and blocked", "You can't rejoin this room from this browser.")
        }
        ErrorCode::SessionTakenOver => {
            ("You're in this call in another tab", "This tab left so that you don't appear twice.")
        }
        ErrorCode::RateLimited => ("Too many attempts", "Wait a minute, then try again."),
        ErrorCode::UnsupportedVersion => ("This page is out of date", "Reload it, and join again."),
        ErrorCode::CredentialRefused => {
            ("This link isn't valid", "It may be out of date, or belong to another room.")
        }
        ErrorCode::ServerStopping => {
            ("Couldn't join", "This server is being updated. Try again in a minute.")
        }
        ErrorCode::StorageUnavailable
        | ErrorCode::SessionUnknown
        | ErrorCode::TooSlow
        | ErrorCode::Silent
        | ErrorCode::OriginRefused
        | ErrorCode::PasswordNeeded
        | ErrorCode::PasswordWrong
        | ErrorCode::Malformed
        | ErrorCode::TooLarge
        | ErrorCode::NotJoined
        | ErrorCode::AlreadyJoined
        | ErrorCode::NotAllowed
        | ErrorCode::ParticipantUnknown
        | ErrorCode::SettingsInvalid
        | ErrorCode::SettingsTooFast
        | ErrorCode::ChatTooFast
        | ErrorCode::ChatFull
        | ErrorCode::PeerUnknown
        | ErrorCode::PeerIsSelf
        | ErrorCode::Internal => ("Couldn't join", "Something went wrong. Try again."),
    }
}

/// The button that tries again. Where nothing changes by that there is none.
fn again(code: ErrorCode) -> Option<&'static str> {
    if code == ErrorCode::SessionTakenOver {
        return Some("Use this tab");
    }
    let is_final = matches!(code, ErrorCode::Blocked | ErrorCode::RoomUnknown | ErrorCode::RoomEnded);
    (!is_final).then(super::try_again)
}

/// Why something that was wanted is not so.
pub(crate) fn of_change(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Server(code) => of_request(code),
        Refusal::Schedule(ScheduleError::Unreadable) => "Enter a date and a time.",
        Refusal::Schedule(ScheduleError::EndInThePast) => "Choose an end in the future.",
        Refusal::Schedule(ScheduleError::EndBeforeStart) => "Choose an end after the start.",
    }
}

/// Why the server did not do something for somebody who stays inside.
pub(crate) fn of_request(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::NotAllowed => "You can't do that in this room",
        ErrorCode::SettingsTooFast | ErrorCode::RateLimited => "Too many changes. Try again in a moment.",
        ErrorCode::ParticipantUnknown | ErrorCode::PeerUnknown => "They've left.",
        ErrorCode::SettingsInvalid => "Those settings don't work together.",
        ErrorCode::StorageUnavailable => "Can't save right now. Try again in a minute.",
        ErrorCode::ChatTooFast => "You're sending too fast.",
        ErrorCode::RoomFull => "The room is full. Someone has to leave first.",
        ErrorCode::ChatFull => "This room can't hold more messages.",
        ErrorCode::Malformed
        | ErrorCode::TooLarge
        | ErrorCode::UnsupportedVersion
        | ErrorCode::NotJoined
        | ErrorCode::AlreadyJoined
        | ErrorCode::RoomUnknown
        | ErrorCode::RoomLocked
        | ErrorCode::RoomNotStarted
        | ErrorCode::RoomEnded
        | ErrorCode::PasswordNeeded
        | ErrorCode::PasswordWrong
        | ErrorCode::NotAdmitted
        | ErrorCode::Removed
        | ErrorCode::Blocked
        | ErrorCode::CredentialRefused
        | ErrorCode::SessionUnknown
        | ErrorCode::SessionTakenOver
        | ErrorCode::PeerIsSelf
        | ErrorCode::TooSlow
        | ErrorCode::Silent
        | ErrorCode::OriginRefused
        | ErrorCode::ServerStopping
        | ErrorCode::Internal => "Something went wrong. Try again.",
    }
}
