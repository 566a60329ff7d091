//! Recording on the server: who is asked what, and what the marks say.

use protocol::{Consent, RecordingEnd};

use super::words::recording as words;
pub(crate) use super::words::recording::{
    BEFORE_JOINING, DO_NOT_RECORD_ME, EVERYONE_IS_ASKED, MARK, QUESTION, RECORD_ME, START, STOP,
    STOP_RECORDING_ME, WHO_CAN_PLAY,
};
use super::{Text, sentences};

/// What everybody is asked, by whoever started it; their name, if they are still here.
pub(crate) fn asked(name: Option<&str>) -> String {
    let unnamed = || sentences([words::QUESTION(), words::EVERYONE_IS_ASKED()]);
    name.map_or_else(unnamed, |name| words::wants_to_record(&name))
}

/// The entry of a menu, for hosts.
pub(crate) fn entry(is_recorded: bool) -> &'static str {
    if is_recorded { words::STOP() } else { words::RECORD_CALL() }
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
