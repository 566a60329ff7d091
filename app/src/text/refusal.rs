//! Why somebody is not, or no longer, in a room, and why something was not done.

use protocol::{ErrorCode, RoomStanding, Timestamp};
use view::{Refusal, ScheduleError};

use super::moment::in_words;

texts! {
    reopen_room => "Reopen room";
}

/// A page that says no: what it says, and what can be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) heading: &'static str,
    pub(crate) text: String,
    /// The button that tries again, where that can help.
    pub(crate) again: Option<&'static str>,
}

fn page(heading: &'static str, text: impl Into<String>, again: Option<&'static str>) -> Page {
    Page { heading, text: text.into(), again }
}

const TRY_AGAIN: Option<&str> = Some("Try again");
const ROOM_UNKNOWN: (&str, &str) = (
    "Room not found",
    "The link may have a typo, or the room was deleted. Ask for a new link, or create your own room.",
);
const ROOM_FULL: (&str, &str) = ("This room is full", "Try again when someone leaves.");
const ROOM_LOCKED: (&str, &str) =
    ("This room is locked", "No one else can join right now. Ask someone inside to unlock it.");
const NOT_STARTED: (&str, &str) = ("This call hasn't started yet", "Only hosts can join before then.");
const ENDED: (&str, &str) = ("This call has ended", "A host can reopen the room.");
const FAILED: (&str, &str) = ("Couldn't join", "Something went wrong. Try again.");

/// After a refusal by the server. Codes that only a broken client meets share the last page.
pub(crate) fn of_call(code: ErrorCode) -> Page {
    let of = |(heading, text), again| page(heading, text, again);
    match code {
        ErrorCode::RoomFull => of(ROOM_FULL, TRY_AGAIN),
        ErrorCode::RoomUnknown => of(ROOM_UNKNOWN, None),
        ErrorCode::RoomLocked => of(ROOM_LOCKED, TRY_AGAIN),
        ErrorCode::RoomNotStarted => of(NOT_STARTED, TRY_AGAIN),
        ErrorCode::RoomEnded => of(ENDED, None),
        ErrorCode::NotAdmitted => {
            page("You were not let in", "A host has declined. You can ask again.", TRY_AGAIN)
        }
        ErrorCode::Removed => page("You were removed", "A host has removed you from the room.", TRY_AGAIN),
        ErrorCode::Blocked => {
            page("You were removed and blocked", "You can't rejoin this room from this browser.", None)
        }
        ErrorCode::SessionTakenOver => page(
            "You're in this call in another tab",
            "This tab left so that you don't appear twice.",
            Some("Use this tab"),
        ),
        ErrorCode::RateLimited => page("Too many attempts", "Wait a minute, then try again.", TRY_AGAIN),
        ErrorCode::UnsupportedVersion => {
            page("This page is out of date", "Reload it, and join again.", TRY_AGAIN)
        }
        ErrorCode::CredentialRefused => {
            page("This link isn't valid", "It may be out of date, or belong to another room.", TRY_AGAIN)
        }
        ErrorCode::SessionUnknown => {
            page("Couldn't join", "You were away for too long. Join again.", TRY_AGAIN)
        }
        ErrorCode::ServerStopping => {
            page("Couldn't join", "This server is being updated. Try again in a minute.", TRY_AGAIN)
        }
        ErrorCode::StorageUnavailable => page(
            "Couldn't join",
            "The server can't save anything right now. Try again in a minute.",
            TRY_AGAIN,
        ),
        ErrorCode::TooSlow | ErrorCode::Silent => {
            page("Couldn't join", "Your connection is too slow. Check it and try again.", TRY_AGAIN)
        }
        ErrorCode::OriginRefused => {
            page("Couldn't join", "This page belongs to another site. Open the room's own link.", TRY_AGAIN)
        }
        ErrorCode::PasswordNeeded
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
        | ErrorCode::Internal => of(FAILED, TRY_AGAIN),
    }
}

/// In place of a room that cannot be entered; `None` for one that can.
pub(crate) fn of_room(standing: RoomStanding, starts_at: Option<Timestamp>, is_host: bool) -> Option<Page> {
    let of = |(heading, text), again| page(heading, text, again);
    Some(match standing {
        RoomStanding::Open => return None,
        RoomStanding::Full => of(ROOM_FULL, TRY_AGAIN),
        RoomStanding::Locked => of(ROOM_LOCKED, TRY_AGAIN),
        RoomStanding::NotStarted => match starts_at {
            Some(start) => {
                let text = format!("It starts on {}. Only hosts can join before then.", in_words(start));
                page(NOT_STARTED.0, text, TRY_AGAIN)
            }
            None => of(NOT_STARTED, TRY_AGAIN),
        },
        RoomStanding::Ended if is_host => page(ENDED.0, "You're a host, so you can reopen the room.", None),
        RoomStanding::Ended => of(ENDED, None),
        RoomStanding::Unknown => of(ROOM_UNKNOWN, None),
    })
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
        ErrorCode::ChatFull => "This room can't hold more messages.",
        ErrorCode::Malformed
        | ErrorCode::TooLarge
        | ErrorCode::UnsupportedVersion
        | ErrorCode::NotJoined
        | ErrorCode::AlreadyJoined
        | ErrorCode::RoomUnknown
        | ErrorCode::RoomFull
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
