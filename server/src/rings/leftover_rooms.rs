//! Rooms of rings that are over, or that were not placed after all: they are deleted as soon as nobody is inside, whatever their host has set
//! meanwhile. So a ring is no way to a room that stays, and rings need not count against the limit of rooms.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use protocol::{RingId, RoomCode};
use storage::Storage;
use tokio::sync::{mpsc, oneshot};

use super::event::RingsEvent;
use crate::rooms::Rooms;
use crate::tasks;

/// So long after a ring is over its room goes. Its caller may still be in it, or on the way out; then it is looked at again after as long.
const STAYS_FOR: Duration = Duration::from_secs(60);

/// The rooms, in the order in which they go. Each is there once, however many rings into it are over.
pub(super) struct LeftoverRooms {
    queue: VecDeque<(Duration, RoomCode)>,
    /// Those of the queue, with the rings because of which they are looked at. A room that was made for none of them is that of a call which may go
    /// on. `None` is of a room of which that is known.
    because_of: HashMap<RoomCode, Option<Vec<RingId>>>,
}

/// Where it is read what rooms they are, and who is told of what was found out about them.
pub(super) struct Tell {
    pub(super) storage: Arc<dyn Storage>,
    /// Whether somebody is still inside.
    pub(super) back: mpsc::WeakSender<RingsEvent>,
    /// That all were looked at.
    pub(super) done: Option<oneshot::Sender<()>>,
}

impl LeftoverRooms {
    /// Those that a server before this one has left.
    pub(super) fn new(now: Duration, rooms: Vec<RoomCode>) -> Self {
        let mut leftover = Self { queue: VecDeque::new(), because_of: HashMap::new() };
        for room in rooms {
            leftover.add(now, room, None);
        }
        leftover
    }

    /// The room is of no use from now on; where a ring is named, if the room was made for that.
    pub(super) fn add(&mut self, now: Duration, room: RoomCode, ring: Option<RingId>) {
        match self.because_of.entry(room) {
            Entry::Vacant(entry) => {
                entry.insert(ring.map(|ring| vec![ring]));
                self.queue.push_back((now + STAYS_FOR, room));
            }
            Entry::Occupied(mut entry) => match ring {
                None => _ = entry.insert(None),
                Some(ring) => entry.get_mut().iter_mut().for_each(|rings| rings.push(ring)),
            },
        }
    }

    /// When the next one goes.
    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        self.queue.front().map(|(at, _)| *at)
    }

    /// Deletes those whose time has come, while others ring on. Of one that somebody is in the task is told.
    pub(super) fn handle_timeout(&mut self, now: Duration, rooms: &Rooms, tell: Tell) {
        let due = self.queue.iter().take_while(|(at, _)| *at <= now).count();
        if due == 0 {
            return;
        }
        let due: Vec<_> = self.queue.drain(..due).map(|(_, room)| room).collect();
        let due = due.into_iter().map(|room| (room, self.because_of.remove(&room).flatten()));
        let due: Vec<_> = due.collect();
        let rooms = rooms.clone();
        tasks::spawn(async move {
            for (room, because_of) in due {
                if !is_done_with(&*tell.storage, &rooms, room, because_of).await
                    && let Some(back) = tell.back.upgrade()
                {
                    _ = back.send(RingsEvent::RoomInUse(room)).await;
                }
            }
            if let Some(done) = tell.done {
                _ = done.send(());
            }
        });
    }
}

/// Deletes a room unless somebody is inside. One that was there before its ring stays.
async fn is_done_with(
    storage: &dyn Storage,
    rooms: &Rooms,
    room: RoomCode,
    because_of: Option<Vec<RingId>>,
) -> bool {
    let is_one_of = |made_for| because_of.is_none_or(|rings| rings.contains(&made_for));
    match storage.room(room).await {
        Ok(Some(record)) if record.made_for.is_some_and(is_one_of) => {}
        Ok(Some(_) | None) => return true,
        Err(error) => {
            tracing::warn!(%error, "it could not be read what the room of a ring is that is over");
            return false;
        }
    }
    if !matches!(rooms.present(room).await, Ok(0)) {
        return false;
    }
    match rooms.delete(room).await {
        Ok(_) => true,
        Err(error) => {
            tracing::warn!(%error, "the room of a ring that is over could not be deleted");
            false
        }
    }
}
