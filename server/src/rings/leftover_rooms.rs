//! Rooms of rings that are over, or that were not placed after all: they are deleted when nobody is inside. A room that somebody has entered and
//! is still in deletes itself when they leave.

use std::collections::VecDeque;
use std::time::Duration;

use protocol::RoomCode;

use crate::rooms::Rooms;
use crate::tasks;

/// So long after a ring is over its room goes. Its caller may still be in it, or on the way out.
const STAYS_FOR: Duration = Duration::from_secs(60);

/// The rooms, in the order in which they go.
#[derive(Default)]
pub(super) struct LeftoverRooms(VecDeque<(Duration, RoomCode)>);

impl LeftoverRooms {
    /// The room is of no use from now on.
    pub(super) fn add(&mut self, now: Duration, room: RoomCode) {
        self.0.push_back((now + STAYS_FOR, room));
    }

    /// When the next one goes.
    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        self.0.front().map(|(at, _)| *at)
    }

    /// Deletes those whose time has come, while others ring on.
    pub(super) fn handle_timeout(&mut self, now: Duration, rooms: &Rooms) {
        let due = self.0.iter().take_while(|(at, _)| *at <= now).count();
        if due == 0 {
            return;
        }
        let due: Vec<_> = self.0.drain(..due).map(|(_, room)| room).collect();
        let rooms = rooms.clone();
        tasks::spawn(async move {
            for room in due {
                if matches!(rooms.present(room).await, Ok(0))
                    && let Err(error) = rooms.delete(room).await
                {
                    tracing::warn!(%error, "the room of a ring that is over could not be deleted");
                }
            }
        });
    }
}
