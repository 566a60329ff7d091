//! Recording on the server: who is asked what, and what the marks say.

use protocol::{Consent, RecordingEnd};

use super::Text;
use super::words::recording as words;
pub(crate) use super::words::recording::{
    BEFORE_JOINING, DO_NOT_RECORD_ME, EVERYONE_IS_ASKED, MARK, QUESTION, RECORD_CALL, RECORD_ME, START, STOP,
    STOP_RECORDING_ME, WHO_CAN_PLAY,
};

/// What somebody is asked.
pub(crate) fn wants_to_record(name: &str) -> String {
    words::wants_to_record(&name)
}

/// The mark that stands while the call is recorded, by what the person's page has answered.
pub(crate) fn mark(answer: Consent) -> &'static str {
    match answer {
        Consent::Given => words::MARK(),
        Consent::NotAnswered | Consent::Refused | Consent::TakenBack => words::NOT_RECORDED(),
    }
}

/// What the person is told behind the mark.
pub(crate) fn about_you(answer: Consent) -> &'static str {
    match answer {
        Consent::Given => words::YOU_ARE_RECORDED(),
        Consent::NotAnswered | Consent::Refused | Consent::TakenBack => words::YOU_ARE_NOT_RECORDED(),
    }
}

/// What hosts read beside a name.
pub(crate) fn of_person(answer: Consent) -> Text {
    match answer {
        Consent::Given => words::RECORDED,
        Consent::NotAnswered => words::NOT_ANSWERED,
        Consent::Refused | Consent::TakenBack => words::NOT_RECORDED,
    }
}

/// That it is over, and why, if it was not a host who wanted that.
pub(super) fn stopped(reason: RecordingEnd) -> &'static str {
    match reason {
        RecordingEnd::Stopped | RecordingEnd::RoomEmpty => words::STOPPED(),
        RecordingEnd::DiskFull => words::STOPPED_DISK_FULL(),
        RecordingEnd::Failed => words::STOPPED_FAILED(),
    }
}

/// That it has begun.
pub(super) fn started() -> &'static str {
    words::STARTED()
}
