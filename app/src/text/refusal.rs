//! Why somebody is not, or no longer, in a room, and why something was not done.

use protocol::ErrorCode;
use view::{Refusal, ScheduleError};

use super::Text;
use super::words::{recording, refusal as words};

/// What a page says that says no.
#[derive(Clone, Copy)]
pub(super) struct Words {
    pub(super) heading: Text,
    pub(super) text: Text,
}

pub(super) const ROOM_UNKNOWN: Words = Words { heading: words::ROOM_UNKNOWN, text: words::ROOM_UNKNOWN_TEXT };
pub(super) const ROOM_FULL: Words = Words { heading: words::ROOM_FULL, text: words::ROOM_FULL_TEXT };
pub(super) const ROOM_LOCKED: Words = Words { heading: words::ROOM_LOCKED, text: words::ROOM_LOCKED_TEXT };
pub(super) const NOT_STARTED: Words = Words { heading: words::NOT_STARTED, text: words::NOT_STARTED_TEXT };
pub(super) const ENDED: Words = Words { heading: words::ENDED, text: words::ENDED_TEXT };

/// A page that says no: what it says, and what can be tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) heading: Text,
    pub(crate) text: Text,
    /// The button that tries again, where that can help.
    pub(crate) again: Option<Text>,
}

/// After a refusal by the server. Codes that only a broken client meets share the last page.
pub(crate) fn of_call(code: ErrorCode) -> Page {
    let Words { heading, text } = words_for(code);
    Page { heading, text, again: again(code) }
}

/// The heading after a refusal that has one of its own.
#[cfg(feature = "ssr")]
pub(crate) fn of_its_own(code: ErrorCode) -> Option<&'static str> {
    let heading = (words_for(code).heading)();
    (heading != words::COULD_NOT_JOIN()).then_some(heading)
}

fn words_for(code: ErrorCode) -> Words {
    let (heading, text) = match code {
        ErrorCode::RoomFull => return ROOM_FULL,
        ErrorCode::RoomUnknown => return ROOM_UNKNOWN,
        ErrorCode::RoomLocked => return ROOM_LOCKED,
        ErrorCode::RoomNotStarted => return NOT_STARTED,
        ErrorCode::RoomEnded => return ENDED,
        ErrorCode::EncryptionRequired => (words::ENCRYPTION_REQUIRED, words::ENCRYPTION_REQUIRED_TEXT),
        ErrorCode::NotAdmitted => (words::NOT_ADMITTED, words::NOT_ADMITTED_TEXT),
        ErrorCode::Removed => (words::REMOVED, words::REMOVED_TEXT),
        ErrorCode::Blocked => (words::BLOCKED, words::BLOCKED_TEXT),
        ErrorCode::SessionTakenOver => (words::TAKEN_OVER, words::TAKEN_OVER_TEXT),
        ErrorCode::RateLimited => (words::RATE_LIMITED, words::RATE_LIMITED_TEXT),
        ErrorCode::UnsupportedVersion => (words::VERSION, words::VERSION_TEXT),
        ErrorCode::CredentialRefused => (words::CREDENTIAL, words::CREDENTIAL_TEXT),
        ErrorCode::ServerStopping => (words::COULD_NOT_JOIN, words::SERVER_UPDATES_TEXT),
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
        | ErrorCode::RecordingUnavailable
        | ErrorCode::PeerUnknown
        | ErrorCode::PeerIsSelf
        | ErrorCode::NotOffered
        | ErrorCode::CallerBusy
        | ErrorCode::PeerInCall
        | ErrorCode::RingUnknown
        | ErrorCode::Internal => (words::COULD_NOT_JOIN, words::WENT_WRONG),
    };
    Words { heading, text }
}

/// The button that tries again. Where nothing changes by that there is none.
fn again(code: ErrorCode) -> Option<Text> {
    if code == ErrorCode::SessionTakenOver {
        return Some(words::USE_THIS_TAB);
    }
    let is_final = matches!(code, ErrorCode::Blocked | ErrorCode::RoomUnknown | ErrorCode::RoomEnded);
    (!is_final).then_some(super::TRY_AGAIN)
}

/// Why something that was wanted is not so.
pub(crate) fn of_change(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Server(code) => of_request(code),
        Refusal::Schedule(ScheduleError::Unreadable) => words::ENTER_DATE(),
        Refusal::Schedule(ScheduleError::EndInThePast) => words::END_IN_PAST(),
        Refusal::Schedule(ScheduleError::EndBeforeStart) => words::END_BEFORE_START(),
    }
}

/// Why the server did not do something for somebody who stays inside.
pub(crate) fn of_request(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::NotAllowed => words::NOT_ALLOWED(),
        ErrorCode::SettingsTooFast | ErrorCode::RateLimited => words::TOO_MANY_CHANGES(),
        ErrorCode::ParticipantUnknown | ErrorCode::PeerUnknown => words::THEY_LEFT(),
        ErrorCode::SettingsInvalid => words::SETTINGS_INVALID(),
        ErrorCode::StorageUnavailable => words::CANNOT_SAVE(),
        ErrorCode::ChatTooFast => words::SENDING_TOO_FAST(),
        ErrorCode::RoomFull => words::NO_ROOM_LEFT(),
        ErrorCode::ChatFull => words::CHAT_FULL(),
        ErrorCode::EncryptionRequired => words::ENCRYPTION_REQUIRED(),
        ErrorCode::RecordingUnavailable => recording::UNAVAILABLE(),
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
        | ErrorCode::NotOffered
        | ErrorCode::CallerBusy
        | ErrorCode::PeerInCall
        | ErrorCode::RingUnknown
        | ErrorCode::Internal => words::WENT_WRONG(),
    }
}
