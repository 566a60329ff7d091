//! Which answered rings are in one room. Those of one room are one call: the ring that it began with, and those by which others came.

use std::collections::BTreeMap;

use protocol::{RingId, RoomCode};

/// The rings by which people are in calls, by the room of the call.
#[derive(Debug, Default)]
pub(crate) struct Calls(BTreeMap<RoomCode, Vec<RingId>>);

impl Calls {
    /// Somebody is in the room by this ring from now on.
    pub(crate) fn add(&mut self, room: RoomCode, ring: RingId) {
        let rings = self.0.entry(room).or_default();
        if !rings.contains(&ring) {
            rings.push(ring);
        }
    }

    /// Nobody is any more.
    pub(crate) fn remove(&mut self, room: RoomCode, ring: RingId) {
        if let Some(rings) = self.0.get_mut(&room) {
            rings.retain(|one| *one != ring);
            if rings.is_empty() {
                self.0.remove(&room);
            }
        }
    }

    /// Those of one room, in the order in which they were answered.
    pub(crate) fn of(&self, room: RoomCode) -> &[RingId] {
        self.0.get(&room).map(Vec::as_slice).unwrap_or_default()
    }

    /// How many calls there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
