//! Chat: its panel, its messages, and what became of them.

use protocol::ErrorCode;
use view::{Addressee, Delivery};

use super::words::chat as words;
pub(crate) use super::words::chat::*;
use crate::state::DraftProblem;

/// For whom alone a message is.
pub(crate) fn private(to: &Addressee) -> String {
    match to {
        Addressee::You => words::PRIVATE_TO_YOU().to_owned(),
        Addressee::Present(name) => words::private_to(name),
        Addressee::Gone => words::PRIVATE_TO_GONE().to_owned(),
    }
}

/// What became of a message. Of those of others there is nothing to say.
pub(crate) fn delivery(delivery: Delivery, is_mine: bool) -> Option<&'static str> {
    match delivery {
        Delivery::Sending => Some(words::SENDING()),
        Delivery::Delivered => is_mine.then(words::DELIVERED),
        Delivery::Kept => is_mine.then(words::SAVED),
        Delivery::Failed(code) => Some(not_sent(code)),
    }
}

fn not_sent(code: Option<ErrorCode>) -> &'static str {
    let Some(code) = code else { return words::NOT_SENT_NOT_SAVED() };
    match code {
        ErrorCode::ChatTooFast | ErrorCode::RateLimited => words::NOT_SENT_TOO_FAST(),
        ErrorCode::ParticipantUnknown | ErrorCode::PeerUnknown => words::NOT_SENT_LEFT(),
        ErrorCode::NotAllowed => words::NOT_SENT_OFF(),
        ErrorCode::ChatFull => words::NOT_SENT_FULL(),
        ErrorCode::TooLarge => words::NOT_SENT_TOO_LONG(),
        ErrorCode::Malformed
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
        | ErrorCode::EncryptionRequired
        | ErrorCode::NotAdmitted
        | ErrorCode::Removed
        | ErrorCode::Blocked
        | ErrorCode::CredentialRefused
        | ErrorCode::SessionUnknown
        | ErrorCode::SessionTakenOver
        | ErrorCode::SettingsInvalid
        | ErrorCode::SettingsTooFast
        | ErrorCode::RecordingUnavailable
        | ErrorCode::StorageUnavailable
        | ErrorCode::PeerIsSelf
        | ErrorCode::TooSlow
        | ErrorCode::Silent
        | ErrorCode::OriginRefused
        | ErrorCode::ServerStopping
        | ErrorCode::NotOffered
        | ErrorCode::CallerBusy
        | ErrorCode::PeerInCall
        | ErrorCode::RingUnknown
        | ErrorCode::Internal => words::NOT_SENT_NOT_SAVED(),
    }
}

/// Why a message is not sent as it is.
pub(crate) fn draft_problem(problem: &DraftProblem) -> String {
    match problem {
        DraftProblem::Gone { name } => words::gone(name),
        DraftProblem::TooLong { characters } => words::too_long(*characters),
    }
}
