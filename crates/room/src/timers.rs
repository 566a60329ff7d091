//! What happens by itself: seats that are given up, rooms that end, rooms that nobody needs.

use std::time::Duration;

use protocol::limits::GRACE_SECONDS;
use protocol::{ErrorCode, LeaveReason, WhenEmpty};

use crate::admission::AdmissionInput;
use crate::{Output, Room};

/// How long the seat of somebody whose connection broke is kept.
const GRACE: Duration = Duration::from_secs(GRACE_SECONDS);

/// How long an empty room stays in memory. Loading it again costs a few reads.
const LOADED_FOR: Duration = Duration::from_secs(60);

impl Room {
    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.give_up_seats(now);
        self.topology_timeout(now);
        if self.ends_in(now) == Some(Duration::ZERO) {
            self.end_for_all(now, ErrorCode::RoomEnded);
        }
        self.admission(now, AdmissionInput::Review);
        self.note_emptiness(now);
        if self.empty_since.is_some_and(|since| now >= since + LOADED_FOR) {
            let delete = self.was_used && self.rules.settings().when_empty == WhenEmpty::Delete;
            self.outputs.push_back(if delete { Output::Delete } else { Output::Unload });
        }
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub fn poll_timeout(&self, now: Duration) -> Option<Duration> {
        let grace = self.seats.away().map(|(_, since)| since + GRACE).min();
        let end = self.ends_in(now).map(|wait| now + wait);
        let unload = self.empty_since.map(|since| since + LOADED_FOR);
        [grace, end, unload, self.topology.poll_timeout()].into_iter().flatten().min()
    }

    fn give_up_seats(&mut self, now: Duration) {
        let gone = self.seats.away().filter(|(_, since)| now >= *since + GRACE);
        for id in gone.map(|(id, _)| id).collect::<Vec<_>>() {
            _ = self.remove_seat(now, id, LeaveReason::Disconnected, None);
        }
    }

    /// How long until the room ends, while somebody is in it.
    fn ends_in(&self, now: Duration) -> Option<Duration> {
        let end = self.rules.settings().ends_at?;
        (!self.seats.is_empty() || !self.admission.is_empty()).then(|| self.wall(now).until(end))
    }
}
