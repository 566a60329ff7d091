//! What a server that leaves its cluster notes in its data folder, and `veranda drain` reads there.

/// It has been told to leave.
pub const BEGUN: &str = "drains";

/// There is no other node that could take its rooms.
pub const ALONE: &str = "alone";

/// What stands before how many rooms nobody has taken.
const CLOSED: &str = "closed ";

/// It has let go of everything; so many rooms nobody else has taken.
pub(crate) fn closed(rooms: usize) -> String {
    format!("{CLOSED}{rooms}")
}

/// How many rooms nobody has taken, once it is over.
pub fn closed_of<'a>(notes: impl IntoIterator<Item = &'a String>) -> Option<usize> {
    notes.into_iter().find_map(|note| note.strip_prefix(CLOSED)?.parse().ok())
}
