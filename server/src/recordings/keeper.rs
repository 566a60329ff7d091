//! The task of one recording: what becomes of it is kept, counted, and told to its room when the room does not know.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use protocol::{MediaKey, RecordingEnd, RecordingState, RoomCode};
use storage::{RecordingRecord, StorageError};
use tokio::sync::mpsc::{self, UnboundedReceiver};

use super::inbox::Inbox;
use super::part::Counts;
use super::shared::{Hold, Running, Shared};
use super::worker::{Limits, Over, Report, Worker};
use crate::metrics::{Label, add};
use crate::rooms::{RoomEvent, RoomQueue};
use crate::tasks;

/// A thread that has taken nothing for so long is stuck, as on a disk that does not answer. It is left to itself, and its room is told.
const STUCK_AFTER: Duration = Duration::from_secs(20);

/// How often it is looked whether it is.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long a recording that goes on waits for the part before to be finished.
const FREE_WITHIN: Duration = Duration::from_secs(30);

/// How much was written is kept so often.
const KEEP_EVERY: u32 = 10;

/// What a recording needs that begins.
struct Beginning {
    shared: Arc<Shared>,
    room: RoomCode,
    queue: RoomQueue,
    state: RecordingState,
    inbox: Arc<Inbox>,
    /// How many bytes it may have in all.
    most_bytes: Arc<AtomicU64>,
}

/// Begins a recording, or another part of one. What comes until its thread runs waits.
pub(super) fn start(shared: &Arc<Shared>, room: RoomCode, queue: RoomQueue, state: RecordingState) {
    shared.detach(room, None);
    let inbox = Arc::new(Inbox::new());
    let running = Running { inbox: Arc::clone(&inbox), id: state.id, consenting: BTreeSet::new() };
    shared.running().insert(room, running);
    shared.inboxes.insert(room, Arc::clone(&inbox));
    let most_bytes = Arc::new(AtomicU64::new(0));
    let beginning = Beginning { shared: Arc::clone(shared), room, queue, state, inbox, most_bytes };
    tasks::spawn(beginning.run());
}

impl Beginning {
    async fn run(self) {
        self.shared.count.fetch_add(1, Ordering::Relaxed);
        let ended = match self.begin().await {
            Ok((reports, hold)) => self.attend(reports, hold).await,
            Err(reason) => Some(reason),
        };
        self.shared.count.fetch_sub(1, Ordering::Relaxed);
        self.shared.detach(self.room, Some(&self.inbox));
        if let Some(reason) = ended {
            let event = RoomEvent::RecordingFailed { recording: self.state.id, reason };
            self.queue.tell(event).await;
        }
    }

    /// Starts the thread, once the files are nobody else's.
    async fn begin(&self) -> Result<(UnboundedReceiver<Report>, Arc<Hold>), RecordingEnd> {
        let failed = |error: StorageError| {
            tracing::error!(%error, "a recording could not begin");
            RecordingEnd::Failed
        };
        let hold = tokio::time::timeout(FREE_WITHIN, self.hold()).await.map_err(|_| RecordingEnd::Failed)?;
        let hold = Arc::new(hold);
        if self.shared.running().len() > self.shared.config.at_once {
            tracing::warn!("a recording could not begin: there are as many as can be at once");
            return Err(RecordingEnd::Failed);
        }
        self.look_at_quota().await.map_err(failed)?;
        let record = RecordingRecord {
            id: self.state.id,
            room: self.room,
            name: None,
            started_at: self.state.started,
            ended_at: None,
            end: None,
            bytes: 0,
            is_sealed: self.state.key.is_some(),
        };
        self.shared.storage.begin_recording(&record).await.map_err(failed)?;
        let (reports, received) = mpsc::unbounded_channel();
        let (media, room) = (self.shared.media.clone(), self.room);
        let worker = Worker {
            recordings: self.shared.folder.clone(),
            room,
            state: self.state.clone(),
            began: self.shared.clock.wall(),
            inbox: Arc::clone(&self.inbox),
            limits: Limits { free_bytes: self.shared.config.free_bytes, bytes: Arc::clone(&self.most_bytes) },
            ask: Box::new(move |key: MediaKey| media.recording_wants_keyframe(room, key)),
            reports,
            hold: Some(Arc::clone(&hold)),
        };
        // Until now it was others who were waited for.
        self.inbox.beats();
        let thread = std::thread::Builder::new().name("recording".to_owned()).spawn(move || worker.run());
        match thread {
            Ok(_) => Ok((received, hold)),
            Err(error) => {
                tracing::error!(%error, "a recording could not begin");
                Err(RecordingEnd::Failed)
            }
        }
    }

    async fn hold(&self) -> Hold {
        loop {
            if let Some(hold) = self.shared.try_hold(self.state.id) {
                return hold;
            }
            self.shared.free(self.state.id).await;
        }
    }

    /// How many bytes the recording may have in all, by what others have now.
    async fn look_at_quota(&self) -> Result<(), StorageError> {
        let storage = &self.shared.storage;
        let own = storage.recording(self.state.id).await?.map_or(0, |recording| recording.bytes);
        let mut most = u64::MAX;
        for (quota, room) in
            [(self.shared.config.quota_room_bytes, Some(self.room)), (self.shared.config.quota_bytes, None)]
        {
            if quota > 0 {
                let others = storage.recorded_bytes(room).await?.saturating_sub(own);
                most = most.min(quota.saturating_sub(others));
            }
        }
        self.most_bytes.store(most, Ordering::Relaxed);
        Ok(())
    }

    /// Until it is over. Returns what the room does not know.
    async fn attend(&self, mut reports: UnboundedReceiver<Report>, _hold: Arc<Hold>) -> Option<RecordingEnd> {
        let (mut counted, mut told) = (Counts::default(), 0_u32);
        let mut look = tokio::time::interval(LOOK_EVERY);
        let (over, counts) = loop {
            tokio::select! {
                report = reports.recv() => match report {
                    Some(Report::Written(counts)) => {
                        self.count(&mut counted, counts);
                        told = told.wrapping_add(1);
                        if told.is_multiple_of(KEEP_EVERY) {
                            self.note(counts, None).await;
                            if let Err(error) = self.look_at_quota().await {
                                tracing::warn!(%error, "how much may be recorded is not known anew");
                            }
                        }
                    }
                    Some(Report::Over(over, counts)) => break (over, counts),
                    // It panicked.
                    None => break (Over::Failed(RecordingEnd::Failed), counted),
                },
                _ = look.tick() => {
                    if self.queue.is_closed() {
                        self.shared.detach(self.room, Some(&self.inbox));
                    }
                    if self.inbox.stuck_for() >= STUCK_AFTER {
                        tracing::error!(recording = %self.state.id, "a recording could not go on: its disk does not answer");
                        self.inbox.abandon();
                        // Its files are still that thread's, until it ends.
                        self.over(RecordingEnd::Failed, counted).await;
                        return Some(RecordingEnd::Failed);
                    }
                }
            }
        };
        self.count(&mut counted, counts);
        match over {
            Over::Stopped(reason) => {
                self.over(reason, counts).await;
                None
            }
            Over::LetGo => {
                self.note(counts, None).await;
                None
            }
            Over::Failed(reason) => {
                self.over(reason, counts).await;
                Some(reason)
            }
            Over::Abandoned => {
                self.over(RecordingEnd::Failed, counts).await;
                Some(RecordingEnd::Failed)
            }
        }
    }

    fn count(&self, counted: &mut Counts, counts: Counts) {
        let metrics = &self.shared.metrics;
        metrics.recorded_bytes.inc_by(counts.bytes.saturating_sub(counted.bytes));
        let left_out = counts.frames_left_out.saturating_sub(counted.frames_left_out);
        metrics.frames_not_recorded.inc_by(left_out);
        *counted = counts;
    }

    async fn over(&self, reason: RecordingEnd, counts: Counts) {
        add(&self.shared.metrics.recording_ends, [("reason", label(reason))], 1);
        self.note(counts, Some(reason)).await;
    }

    async fn note(&self, counts: Counts, reason: Option<RecordingEnd>) {
        let ended = reason.map(|reason| (self.shared.clock.wall(), reason));
        let noted = self.shared.storage.note_recording(self.state.id, counts.bytes, ended).await;
        if let Err(error) = noted {
            tracing::error!(%error, recording = %self.state.id, "how a recording goes could not be kept");
        }
    }
}

/// As a label.
pub(super) const fn label(reason: RecordingEnd) -> Label {
    match reason {
        RecordingEnd::Stopped => "stopped",
        RecordingEnd::DiskFull => "disk_full",
        RecordingEnd::Failed => "failed",
        RecordingEnd::RoomEmpty => "room_empty",
    }
}
