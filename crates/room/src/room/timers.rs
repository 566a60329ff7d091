//! What happens by itself: seats that are given up, rooms that end, rooms that nobody needs.

use std::time::Duration;

use protocol::limits::GRACE_SECONDS;
use protocol::{ErrorCode, LeaveReason, WhenEmpty};

use super::Room;
use crate::Output;
use crate::admission::AdmissionInput;
use crate::recording::RecordingInput;

/// How long the seat of somebody whose connection broke is kept.
const GRACE: Duration = Duration::from_secs(GRACE_SECONDS);

/// How long an empty room stays in memory. Loading it again costs a few reads.
const LOADED_FOR: Duration = Duration::from_secs(60);

/// Why a room is woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timer {
    /// Somebody's connection has been broken for [`GRACE`].
    SeatGivenUp,
    /// The time that its rules say has come, and somebody is in.
    RoomEnds,
    /// Nobody has been in for [`LOADED_FOR`].
    Unload,
    /// A migration's deadline, or a reason against one that has passed.
    Topology,
    /// Nobody has been in for long who may stop the recording.
    Recording,
}

impl Room {
    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.give_up_seats(now);
        self.topology_timeout(now);
        if self.ends_in(now) == Some(Duration::ZERO) {
            self.end_for_all(now, ErrorCode::RoomEnded);
        }
        self.admission(now, AdmissionInput::Review);
        self.record_call(now, RecordingInput::Review);
        self.note_emptiness(now);
        if self.empty_since.is_some_and(|since| now >= since + LOADED_FOR) {
            let delete = self.was_used && self.rules.settings().when_empty == WhenEmpty::Delete;
            self.outputs.push_back(if delete { Output::Delete } else { Output::Unload });
        }
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub fn poll_timeout(&self, now: Duration) -> Option<Duration> {
        self.timers(now).into_iter().filter_map(|(_, at)| at).min()
    }

    /// What the room waits for, and until when.
    fn timers(&self, now: Duration) -> [(Timer, Option<Duration>); 5] {
        [
            (Timer::SeatGivenUp, self.seats.away().map(|(_, since)| since + GRACE).min()),
            (Timer::RoomEnds, self.ends_in(now).map(|wait| now + wait)),
            (Timer::Unload, self.empty_since.map(|since| since + LOADED_FOR)),
            (Timer::Topology, self.topology.poll_timeout()),
            (Timer::Recording, self.recording.poll_timeout()),
        ]
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
