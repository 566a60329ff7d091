//! Why a moment cannot be the start or the end of a room.

/// Why what was typed cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleError {
    /// It is no moment.
    Unreadable,
    /// The room would end at once.
    EndInThePast,
    /// It would end before it starts.
    EndBeforeStart,
}
