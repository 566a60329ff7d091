//! What the recorder of this server is made of: which recordings go on, and whose files are being written.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::{ParticipantId, RecordingId, RoomCode};
use room::RecordingEffect;
use storage::Storage;
use tokio::sync::Notify;

use super::inbox::{Inbox, Inboxes};
use crate::clock::Clock;
use crate::config::RecordingConfig;
use crate::media::Media;
use crate::metrics::Metrics;

/// Recordings at once. Raising it lets more threads wait for one disk.
pub(super) const MOST_AT_ONCE: usize = 64;

/// The parts of it.
pub(super) struct Shared {
    pub(super) config: RecordingConfig,
    pub(super) folder: PathBuf,
    pub(super) clock: Clock,
    pub(super) storage: Arc<dyn Storage>,
    pub(super) media: Media,
    pub(super) inboxes: Inboxes,
    pub(super) metrics: Metrics,
    pub(super) running: Mutex<HashMap<RoomCode, Running>>,
    /// Recordings whose files are being written.
    pub(super) busy: Mutex<HashSet<RecordingId>>,
    /// Told when one is not any more.
    pub(super) freed: Notify,
    pub(super) count: AtomicU64,
}

/// A recording that goes on.
pub(super) struct Running {
    pub(super) inbox: Arc<Inbox>,
    pub(super) id: RecordingId,
    pub(super) consenting: BTreeSet<ParticipantId>,
}

/// Keeps the files of a recording as they are for as long as it is held: one writes them at a time.
pub(super) struct Hold {
    shared: Arc<Shared>,
    id: RecordingId,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.shared.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        self.shared.freed.notify_waiters();
    }
}

impl Shared {
    pub(super) fn running(&self) -> MutexGuard<'_, HashMap<RoomCode, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn busy(&self) -> MutexGuard<'_, HashSet<RecordingId>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` while somebody else writes its files.
    pub(super) fn try_hold(self: &Arc<Self>, id: RecordingId) -> Option<Hold> {
        self.busy().insert(id).then(|| Hold { shared: Arc::clone(self), id })
    }

    /// Waits until nobody writes the files of a recording.
    pub(super) async fn free(&self, id: RecordingId) {
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            // What happens from now on is heard.
            freed.as_mut().enable();
            if !self.busy().contains(&id) {
                return;
            }
            freed.await;
        }
    }

    pub(super) fn order(&self, room: RoomCode, order: RecordingEffect) {
        let inbox = self.running().get(&room).map(|running| Arc::clone(&running.inbox));
        if let Some(inbox) = inbox
            && !inbox.order(order)
        {
            // Its task finds that nobody takes anything, and tells the room.
            tracing::error!("a recording could not go on: more was said than can wait");
            inbox.abandon();
        }
    }

    /// Not one more packet of a room is taken, where `of` is the recording that goes on in it, or whichever does.
    pub(super) fn detach(&self, room: RoomCode, of: Option<&Arc<Inbox>>) {
        let mut all = self.running();
        if !all.get(&room).is_some_and(|running| of.is_none_or(|of| Arc::ptr_eq(&running.inbox, of))) {
            return;
        }
        let Some(running) = all.remove(&room) else { return };
        drop(all);
        for participant in running.consenting {
            self.media.stop_recording(room, participant);
        }
        self.inboxes.remove(room, &running.inbox);
        tracing::info!(recording = %running.id, "a recording takes nothing more");
    }
}
