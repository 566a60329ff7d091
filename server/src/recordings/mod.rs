//! Recordings on this server: what rooms order, what media shards bring, and the files that come of it.
//!
//! ```text
//! room's task ── RecordingEffect ──▶ Recordings ── Consented, NoLonger ──▶ media shards (the sink of crates/sfu)
//!                                        │ orders                               │ packets, never waiting
//!                                        ▼                                      ▼
//!                                      Inbox (one a recording, bounded) ◀───────┘
//!                                        │
//!                       worker.rs: a thread a recording ── part.rs (crates/record) ──▶ files.rs: one folder a recording
//!                                        │ reports
//!                                        ▼
//!                       keeper.rs: a task a recording ──▶ storage, metrics, and the room when it could not go on
//! ```
//!
//! A thread for each recording, because a disk that stands still holds whoever writes to it: nobody else waits. Who is recorded is what the room says;
//! nothing here decides about consent.

mod files;
mod inbox;
mod keeper;
mod mixing;
mod part;
mod shared;
#[cfg(test)]
mod tests;
mod worker;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use protocol::{RecordingId, RecordingMix, RoomCode, Timestamp};
use record::Manifest;
use room::{DrawRecordings, RecordingEffect};
use storage::{Storage, StorageError};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::config::RecordingConfig;
use crate::ids;
use crate::media::Media;
use crate::metrics::Metrics;
use crate::rooms::RoomQueue;
use shared::Shared;

pub(crate) use inbox::Inboxes;
pub(crate) use mixing::MixRefusal;

/// The recorder of this server; a clone is another handle to the same.
#[derive(Clone)]
pub(crate) struct Recordings(Option<Arc<Shared>>);

/// Names recordings.
struct Names;

impl DrawRecordings for Names {
    fn draw(&self) -> RecordingId {
        RecordingId(ids::uuid())
    }
}

/// Why a recording was not deleted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeletionError {
    #[error("the recording goes on")]
    GoesOn,
    #[error("its files could not be deleted: {0}")]
    Files(#[from] io::Error),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Recordings {
    /// The recorder, where it is on, media comes to this server, and its folder can be written.
    pub(crate) fn open(
        (config, data, is_node): (&RecordingConfig, &Path, bool),
        clock: Clock,
        storage: Arc<dyn Storage>,
        (media, inboxes): (&Media, Inboxes),
        metrics: &Metrics,
    ) -> Self {
        if !config.enabled || media.forwarding_node().is_none() {
            return Self(None);
        }
        if is_node {
            tracing::warn!(
                "nothing can be recorded on a node of a cluster yet: which node writes a recording is not fenced"
            );
            return Self(None);
        }
        let folder = config.folder_in(data);
        if let Err(error) = try_folder(&folder) {
            tracing::warn!(%error, folder = %folder.display(), "nothing can be recorded: the folder cannot be written");
            return Self(None);
        }
        Self(Some(Arc::new(Shared {
            mixes: Arc::new(mixing::Mixes::new(&config.ffmpeg, config.films_at_once, config.free_bytes)),
            config: config.clone(),
            folder,
            clock,
            storage,
            media: media.clone(),
            inboxes,
            metrics: metrics.clone(),
            running: Mutex::default(),
            busy: Mutex::default(),
            freed: Notify::new(),
            count: AtomicU64::new(0),
        })))
    }

    /// What names recordings, where there is a recorder.
    pub(crate) fn names(&self) -> Option<Box<dyn DrawRecordings>> {
        self.0.is_some().then(|| Box::new(Names) as _)
    }

    /// Makes whole what a server before this one has left, and keeps that nothing comes any more. A room that goes on with one says so itself.
    pub(crate) async fn clean_up(&self) {
        let Some(shared) = &self.0 else { return };
        for entry in std::fs::read_dir(&shared.folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with("deleted-") {
                _ = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(entry.path())).await;
            }
        }
        let open = match shared.storage.open_recordings().await {
            Ok(open) => open,
            Err(error) => return tracing::error!(%error, "what was recorded before could not be made whole"),
        };
        for recording in open {
            if let Err(error) = shared.make_whole(recording.id).await {
                tracing::error!(%error, recording = %recording.id, "a recording could not be made whole");
            }
        }
    }

    /// Carries out what a room wants. Never waits.
    pub(crate) fn tell(&self, room: RoomCode, queue: &RoomQueue, effect: RecordingEffect) {
        let Some(shared) = &self.0 else { return };
        match effect {
            RecordingEffect::Start(state) => keeper::start(shared, room, queue.clone(), state),
            RecordingEffect::Consented { participant } => {
                if let Some(running) = shared.running().get_mut(&room) {
                    running.consenting.insert(participant);
                    shared.media.record(room, participant);
                }
                shared.order(room, RecordingEffect::Consented { participant });
            }
            RecordingEffect::NoLonger { participant } => {
                if let Some(running) = shared.running().get_mut(&room) {
                    running.consenting.remove(&participant);
                }
                shared.media.stop_recording(room, participant);
                shared.order(room, RecordingEffect::NoLonger { participant });
            }
            RecordingEffect::Keys { .. } | RecordingEffect::Log(_) => shared.order(room, effect),
            RecordingEffect::Stop { .. } | RecordingEffect::LetGo => {
                shared.order(room, effect);
                shared.detach(room, None);
            }
        }
    }

    /// Finishes what goes on, as the server stops; rooms go on with it when it is back.
    pub(crate) async fn stop(&self) {
        let Some(shared) = &self.0 else { return };
        let rooms: Vec<_> = shared.running().keys().copied().collect();
        for room in rooms {
            shared.order(room, RecordingEffect::LetGo);
            shared.detach(room, None);
        }
        let all: Vec<_> = shared.busy().iter().copied().collect();
        for recording in all {
            shared.free(recording).await;
        }
    }

    /// How many go on.
    pub(crate) fn count(&self) -> u64 {
        self.0.as_ref().map_or(0, |shared| shared.count.load(Ordering::Relaxed))
    }

    /// The manifest of a recording.
    pub(crate) async fn manifest(&self, id: RecordingId) -> io::Result<Option<Manifest>> {
        let Some(shared) = &self.0 else { return Ok(None) };
        let folder = files::folder_of(&shared.folder, id);
        tokio::task::spawn_blocking(move || files::read_manifest(&folder)).await.map_err(io::Error::other)?
    }

    /// Where a file of a recording is, if it has one of this name.
    pub(crate) async fn file(&self, id: RecordingId, name: &str) -> io::Result<Option<PathBuf>> {
        let Some(shared) = self.0.as_ref().filter(|_| files::is_of_part(name)) else { return Ok(None) };
        let path = files::folder_of(&shared.folder, id).join(name);
        match tokio::fs::metadata(&path).await {
            Ok(found) => Ok(found.is_file().then_some(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How far the film of a recording is.
    pub(crate) async fn look_at_mix(&self, id: RecordingId) -> Option<RecordingMix> {
        let shared = Arc::clone(self.0.as_ref()?);
        let folder = files::folder_of(&shared.folder, id);
        tokio::task::spawn_blocking(move || shared.mixes.look(&folder, id)).await.ok()
    }

    /// Has a film made of a recording that is over, unless there is one.
    ///
    /// # Errors
    ///
    /// When there can be none, or too many wait.
    pub(crate) async fn mix(&self, id: RecordingId) -> Result<(), MixRefusal> {
        let Some(shared) = self.0.clone() else { return Err(MixRefusal::Off) };
        let folder = files::folder_of(&shared.folder, id);
        tokio::task::spawn_blocking(move || shared.mixes.begin(folder, id)).await.map_err(io::Error::other)?
    }

    /// Takes the film away, also one that is being made.
    pub(crate) async fn end_mix(&self, id: RecordingId) -> io::Result<()> {
        let Some(shared) = self.0.clone() else { return Ok(()) };
        let folder = files::folder_of(&shared.folder, id);
        tokio::task::spawn_blocking(move || shared.mixes.end(&folder, id)).await.map_err(io::Error::other)?
    }

    /// Deletes a recording, its files first. False when there is none.
    pub(crate) async fn delete(&self, id: RecordingId) -> Result<bool, DeletionError> {
        let Some(shared) = &self.0 else { return Ok(false) };
        let _hold = shared.try_hold(id).ok_or(DeletionError::GoesOn)?;
        self.end_mix(id).await?;
        let folder = shared.folder.clone();
        let deleted = tokio::task::spawn_blocking(move || files::delete(&folder, id)).await;
        deleted.map_err(io::Error::other)??;
        Ok(shared.storage.delete_recording(id).await?)
    }

    /// Deletes those of a room that somebody has deleted; one that goes on ends with its room. What could not be deleted now is left to
    /// [`Self::delete_old`]; the first reason is told.
    pub(crate) async fn delete_of(&self, room: RoomCode) -> Result<(), DeletionError> {
        let Some(shared) = &self.0 else { return Ok(()) };
        let mut told = Ok(());
        for recording in shared.storage.recordings_of(room, MOST_DELETED_AT_ONCE).await? {
            let freed = tokio::time::timeout(ENDS_WITHIN, shared.free(recording.id)).await;
            let deleted = match freed {
                Ok(()) => self.delete(recording.id).await.map(|_| ()),
                Err(_) => Err(DeletionError::GoesOn),
            };
            if let Err(error) = &deleted {
                tracing::error!(%error, recording = %recording.id, "a recording of a room that was deleted could not be deleted");
            }
            told = told.and(deleted);
        }
        told
    }

    /// Deletes those that ended before a moment, and those whose room has been gone for a while. What fails is tried again the next time. Returns how
    /// many.
    pub(crate) async fn delete_old(&self, today: Timestamp) -> Result<u64, StorageError> {
        let Some(shared) = &self.0 else { return Ok(0) };
        let before = |age: Duration| {
            Timestamp(today.0.saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX)))
        };
        let days = shared.config.keep_days;
        let old = if days > 0 {
            let age = Duration::from_secs(days.saturating_mul(24 * 60 * 60));
            shared.storage.old_recordings(before(age), MOST_DELETED_AT_ONCE).await
        } else {
            Ok(Vec::new())
        };
        let without_room =
            shared.storage.recordings_without_room(before(WITHOUT_ROOM_FOR), MOST_DELETED_AT_ONCE).await;
        let mut deleted = 0;
        for recording in old.iter().flatten().chain(without_room.iter().flatten()) {
            match self.delete(recording.id).await {
                Ok(is_deleted) => deleted += u64::from(is_deleted),
                Err(error) => {
                    tracing::error!(%error, recording = %recording.id, "an old recording could not be deleted");
                }
            }
        }
        old.and(without_room).map(|_| deleted)
    }

    /// When a recording that ended then is deleted.
    pub(crate) fn deletes_at(&self, ended: Timestamp) -> Option<Timestamp> {
        let days = self.0.as_ref()?.config.keep_days;
        let age = days.saturating_mul(24 * 60 * 60 * 1_000);
        (days > 0).then(|| Timestamp(ended.0.saturating_add(age)))
    }
}

/// How long a recording of a room that was deleted may take to end.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// How long after its end a recording stays whose room is no more, as that of a direct call: long enough to fetch it.
const WITHOUT_ROOM_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Old recordings that are deleted each hour at the most.
const MOST_DELETED_AT_ONCE: u32 = 1_000;

/// Whether something can be written there.
fn try_folder(folder: &Path) -> io::Result<()> {
    files::make_folder(folder)?;
    let probe = folder.join(format!("probe-{}", std::process::id()));
    std::fs::write(&probe, b"")?;
    std::fs::remove_file(probe)
}
