//! Rooms of rings that are over, or that were not placed after all: they are deleted as soon as nobody is inside, whatever their host has set
//! meanwhile. So a ring is no way to a room that stays, and rings need not count against the limit of rooms.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use protocol::RoomCode;
use storage::Storage;
use tokio::sync::{mpsc, oneshot};

use super::event::RingsEvent;
use crate::rooms::Rooms;
use crate::tasks;

/// So long after a ring is over its room goes. Its caller may still be in it, or on the way out; then it is looked at again after as long.
const STAYS_FOR: Duration = Duration::from_secs(60);

/// The rooms, in the order in which they go.
pub(super) struct LeftoverRooms(VecDeque<(Duration, RoomCode)>);

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
        Self(rooms.into_iter().map(|room| (now + STAYS_FOR, room)).collect())
    }

    /// The room is of no use from now on.
    pub(super) fn add(&mut self, now: Duration, room: RoomCode) {
        self.0.push_back((now + STAYS_FOR, room));
    }

    /// When the next one goes.
    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        self.0.front().map(|(at, _)| *at)
    }

    /// Deletes those whose time has come, while others ring on. Of one that somebody is in the task is told.
    pub(super) fn handle_timeout(&mut self, now: Duration, rooms: &Rooms, tell: Tell) {
        let due = self.0.iter().take_while(|(at, _)| *at <= now).count();
        if due == 0 {
            return;
        }
        let due: Vec<_> = self.0.drain(..due).map(|(_, room)| room).collect();
        let rooms = rooms.clone();
        tasks::spawn(async move {
            for room in due {
                if !is_done_with(&*tell.storage, &rooms, room).await
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
async fn is_done_with(storage: &dyn Storage, rooms: &Rooms, room: RoomCode) -> bool {
    match storage.room(room).await {
        Ok(Some(record)) if record.made_for.is_some() => {}
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
