//! What can be pressed on the notification of a ring, besides the notification itself.

/// It comes from outside of the page, and counts only for a ring that still waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pressed {
    Answer,
    Decline,
}
