//! What the person who made a room decided about it.

use std::time::Duration;

use protocol::RoomName;
use protocol::limits::MESH_LIMIT;

/// The rules of one room.
#[derive(Clone, Debug)]
pub struct RoomSettings {
    /// Its name, when it has one.
    pub name: Option<RoomName>,
    /// How many people it takes, at least 1.
    pub capacity: u16,
    /// How long an empty room is kept.
    pub kept_when_empty: Duration,
}

impl Default for RoomSettings {
    fn default() -> Self {
        Self { name: None, capacity: MESH_LIMIT, kept_when_empty: Duration::from_secs(24 * 60 * 60) }
    }
}
