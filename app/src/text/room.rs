//! The options of a room.

use protocol::limits::MAX_CAPACITY;

use super::words::room as words;
pub(crate) use super::words::room::*;

/// How many people a room can take.
pub(crate) fn capacity_problem() -> String {
    words::capacity_problem(usize::from(MAX_CAPACITY))
}
