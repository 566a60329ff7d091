//! What the operator of a server sees of it.

use protocol::{RoomCode, Timestamp};

/// Which events of the audit log are wanted; what is absent lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// In this room.
    pub room: Option<RoomCode>,
    /// By this one.
    pub actor: Option<String>,
    /// Of this kind, as in `room.deleted`.
    pub action: Option<String>,
    /// Before this one in the order in which they are read.
    pub before: Option<AuditCursor>,
}

/// Where the reading of the audit log goes on: after this event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditCursor {
    /// Its time.
    pub at: Timestamp,
    /// Its id.
    pub id: String,
}

/// Something that was counted in an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRecord {
    /// When the hour began.
    pub hour: Timestamp,
    /// What was counted, as in `joins`. Holds no room and no person.
    pub measure: String,
    /// How much, at most 2⁶³ − 1.
    pub value: u64,
    /// Whether it is the greatest of what was measured; a sum otherwise.
    pub is_peak: bool,
}
