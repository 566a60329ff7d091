//! Being rung when no page is open: why it is not so, and what can be done.

use view::{PushFault, PushState};

use super::Text;
use super::words::history::NOT_SAVED;
use super::words::push::{self as words};
pub(crate) use super::words::push::{HINT, RING_ME};

/// What is said of it at the moment, besides the switch.
pub(crate) fn said(state: PushState) -> Option<Text> {
    match state {
        PushState::NotOffered | PushState::Off | PushState::On => None,
        PushState::TurningOn => Some(words::TURNING_ON),
        PushState::Unavailable(fault) | PushState::Failed(fault) => Some(remedy(fault)),
    }
}

fn remedy(fault: PushFault) -> Text {
    match fault {
        PushFault::Insecure => words::INSECURE,
        PushFault::NoWorker => words::NO_WORKER,
        PushFault::NotInstalled => words::NOT_INSTALLED,
        PushFault::NoPush => words::NO_PUSH,
        PushFault::Blocked => words::BLOCKED,
        PushFault::Dismissed => words::DISMISSED,
        PushFault::NoService => words::NO_SERVICE,
        PushFault::NotTaken => NOT_SAVED,
    }
}
