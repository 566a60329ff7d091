//! What is told of a room to whoever counts.

use protocol::Timestamp;

/// Who is inside, without names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoomFigures {
    /// How many.
    pub(crate) present: u16,
    /// Whether their media goes through the forwarding unit.
    pub(crate) is_forwarded: bool,
    /// Since when somebody is inside.
    pub(crate) since: Timestamp,
}
