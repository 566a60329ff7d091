//! The room's key, the safety phrase, and who is verified.

use view::KeyWarnings;

use super::words::key as words;
pub(crate) use super::words::key::*;

/// Something is wrong.
pub(crate) fn alerts(warnings: KeyWarnings, takes_another: bool) -> impl Iterator<Item = &'static str> {
    let KeyWarnings { was_granted: _, was_passed_on: _, refused_another, room_has_another } = warnings;
    let other = match (room_has_another, takes_another) {
        (false, _) => None,
        (true, true) => Some(words::LACKS_KEY()),
        (true, false) => Some(words::OTHER_KEY()),
    };
    refused_another.then(words::REFUSED_ANOTHER).into_iter().chain(other)
}

/// Something is to be done.
pub(crate) fn hints(warnings: KeyWarnings) -> impl Iterator<Item = &'static str> {
    let KeyWarnings { was_granted, was_passed_on, refused_another: _, room_has_another: _ } = warnings;
    let granted = was_granted.then(words::GOT_THROUGH_SERVER);
    granted.into_iter().chain(was_passed_on.then(words::PASSED_ON))
}
