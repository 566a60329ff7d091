//! On which page a device of a call identity is.

/// Where rings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RingPlace {
    /// The page of direct calls, where they are answered.
    Own,
    /// Over the page of a room.
    OverRoom,
    /// Over a page without script of its own.
    OverPage,
}
