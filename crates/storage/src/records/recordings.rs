//! Recordings as they are kept.

use protocol::{RecordingEnd, RecordingId, RoomCode, RoomName, Timestamp};

/// What is kept of a recording beside its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingRecord {
    /// Which one.
    pub id: RecordingId,
    /// In which room. It may be gone.
    pub room: RoomCode,
    /// What a host calls it.
    pub name: Option<RoomName>,
    /// When it was started.
    pub started_at: Timestamp,
    /// Since when nothing comes any more. `None` while it goes on.
    pub ended_at: Option<Timestamp>,
    /// Why it is over.
    pub end: Option<RecordingEnd>,
    /// How much there is of it.
    pub bytes: u64,
    /// Whether only those can open it who have the room's secret.
    pub is_sealed: bool,
}
