//! What the recorder of this server is made of: which recordings go on, and whose files are being written.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::{ParticipantId, RecordingEnd, RecordingId, RoomCode, Timestamp};
use record::Manifest;
use room::RecordingEffect;
use storage::Storage;
use tokio::sync::Notify;

use super::files;
use super::inbox::{Inbox, Inboxes};
use super::mixing::Mixes;
use crate::clock::Clock;
use crate::config::RecordingConfig;
use crate::media::Media;
use crate::metrics::Metrics;

/// The parts of it.
pub(super) struct Shared {
    pub(super) config: RecordingConfig,
    pub(super) mixes: Arc<Mixes>,
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

    /// Makes whole what of a recording a crash has left, and keeps that it is over, unless somebody goes on with it.
    pub(super) async fn make_whole(self: &Arc<Self>, id: RecordingId) -> io::Result<()> {
        let Some(_hold) = self.try_hold(id) else { return Ok(()) };
        // By now it may have ended otherwise.
        let found = self.storage.recording(id).await.map_err(io::Error::other)?;
        let Some(recording) = found.filter(|recording| recording.ended_at.is_none()) else { return Ok(()) };
        let folder = files::folder_of(&self.folder, id);
        let repaired = tokio::task::spawn_blocking(move || {
            let manifest = files::repair(&folder, &|| ())?;
            Ok::<_, io::Error>((manifest, files::size(&folder)))
        });
        let repaired = repaired.await.map_err(io::Error::other)?;
        // It is over also where its files are what they are.
        let (ended, bytes) = match &repaired {
            Ok((manifest, bytes)) => (manifest.as_ref().and_then(end_of), *bytes),
            Err(_) => (None, recording.bytes),
        };
        let ended = (ended.unwrap_or(recording.started_at), RecordingEnd::Failed);
        self.storage.note_recording(id, bytes, Some(ended)).await.map_err(io::Error::other)?;
        repaired.map(|_| ())
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

    /// Not one more packet of a room is taken, where `of` is the recording that goes on in it, or whichever does. Its thread ends, also where its room
    /// has not said so, as a room does not that has panicked.
    pub(super) fn detach(&self, room: RoomCode, of: Option<&Arc<Inbox>>) {
        let mut all = self.running();
        if !all.get(&room).is_some_and(|running| of.is_none_or(|of| Arc::ptr_eq(&running.inbox, of))) {
            return;
        }
        let Some(running) = all.remove(&room) else { return };
        drop(all);
        if !running.inbox.order(RecordingEffect::LetGo) {
            running.inbox.abandon();
        }
        for participant in running.consenting {
            self.media.stop_recording(room, participant);
        }
        self.inboxes.remove(room, &running.inbox);
        tracing::info!(recording = %running.id, "a recording takes nothing more");
    }
}

/// When the last part ended.
fn end_of(manifest: &Manifest) -> Option<Timestamp> {
    let part = manifest.parts.last()?;
    Some(part.began.after(Duration::from_millis(part.lasted_ms?)))
}
