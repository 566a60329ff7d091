//! Keeps what happens in rooms: one task that writes everything that has come since its last write in one transaction, so
//! that a lively room does not wait for the disk, and that answers once it is there.
//!
//! Every room has a [`RoomWriter`] with bounds of its own. Seats, blocks and roles are never dropped: a room that has reached
//! them waits, and nobody waits for it but those inside. Chat is refused before that, and its sender is told. Reading has
//! queues of its own ([`HistoryReader`]).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use protocol::{ChatId, ChatNumber, ParticipantId};
use storage::{Change, ChatQuota, ChatRepository, Fence, FencedChange, Journal, RefusalReason};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc, watch};

use crate::history_reader::HistoryReader;
use crate::rooms::{RoomEvent, RoomQueue};
use crate::{clock, tasks};

/// Changes of one room, chat aside, that may wait before the room waits too.
const ROOM_WAITING: usize = 256;

/// Messages of one room that may wait; the next one is refused.
const ROOM_CHAT_WAITING: usize = 128;

/// Messages of all rooms that may wait. Beyond, each room has only [`RESERVED`].
const CHAT_WAITING: usize = 10_000;

/// What a room may let wait however much others do.
const RESERVED: usize = 8;

/// Changes that are taken into a transaction at once.
const TOGETHER: usize = 500;

/// How often a write that failed is tried again before chat is told that it was not kept. The database itself waits for
/// some seconds each time when it is locked.
const TRIES: u32 = 2;

/// The first wait before another try, and the longest.
const TRY_AGAIN: Duration = Duration::from_millis(200);
const TRY_AGAIN_AT_LAST: Duration = Duration::from_secs(5);

/// A room that had no room for a message is asked again after so long: old chat may have been deleted.
const FULL_FOR: Duration = Duration::from_secs(60);

/// A way to the task.
#[derive(Clone)]
pub(crate) struct JournalWriter(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    written: watch::Receiver<u64>,
    /// Whether something waits that could not be written.
    behind: Arc<AtomicBool>,
    /// Messages of all rooms that wait.
    chat: Arc<AtomicUsize>,
    reader: HistoryReader,
}

struct Queue {
    work: mpsc::UnboundedSender<Work>,
    /// How much was ever queued.
    count: u64,
}

/// One room's way to the task: it lets only so many changes wait.
pub(crate) struct RoomWriter {
    journal_writer: JournalWriter,
    state: Arc<RoomWriterState>,
}

struct RoomWriterState {
    /// Where answers go.
    room: RoomQueue,
    /// Under which token the room is written to.
    fence: Fence,
    /// Whether that is an old one: another server owns the room now.
    is_fenced: AtomicBool,
    changes: AtomicUsize,
    chat: AtomicUsize,
    changed: Notify,
    full_since: Mutex<Option<Instant>>,
}

/// Who is told what became of a message.
#[derive(Debug)]
pub(crate) struct Waiter {
    pub(crate) from: ParticipantId,
    pub(crate) chat: ChatId,
}

struct Work {
    change: Box<Change>,
    pending: PendingWrite,
}

struct PendingWrite {
    permit: WritePermit,
    waiter: Option<Waiter>,
}

/// Permission to let one change wait, given back when this is dropped.
struct WritePermit {
    room_writer: Arc<RoomWriterState>,
    /// Of messages: the count of all rooms.
    chat: Option<Arc<AtomicUsize>>,
}

impl JournalWriter {
    pub(crate) fn start<S>(storage: Arc<S>, quota: ChatQuota) -> Self
    where
        S: Journal + ChatRepository + Send + Sync + ?Sized + 'static,
    {
        let (work, received) = mpsc::unbounded_channel();
        let (writes, written) = watch::channel(0);
        let reader = HistoryReader::start(Arc::clone(&storage));
        let behind = Arc::<AtomicBool>::default();
        tasks::spawn(run(storage, quota, received, writes, Arc::clone(&behind)));
        let queue = Mutex::new(Queue { work, count: 0 });
        Self(Arc::new(Shared { queue, written, behind, chat: Arc::default(), reader }))
    }

    /// The way of a room that is written to under a token.
    pub(crate) fn room_writer(&self, room: RoomQueue, fence: Fence) -> RoomWriter {
        let state = RoomWriterState {
            room,
            fence,
            is_fenced: AtomicBool::new(false),
            changes: AtomicUsize::new(0),
            chat: AtomicUsize::new(0),
            changed: Notify::new(),
            full_since: Mutex::new(None),
        };
        RoomWriter { journal_writer: self.clone(), state: Arc::new(state) }
    }

    /// Waits until everything that was to be kept before is kept, or refused. False when that takes longer.
    pub(crate) async fn flush(&self, within: Duration) -> bool {
        let mut written = self.0.written.clone();
        let count = self.count();
        let writing = async { written.wait_for(|written| *written >= count).await.is_ok() };
        tokio::time::timeout(within, writing).await == Ok(true)
    }

    /// Whether something waits that the database did not take.
    pub(crate) fn is_behind(&self) -> bool {
        self.0.behind.load(Ordering::Relaxed)
    }

    /// How many changes wait.
    pub(crate) fn waiting(&self) -> u64 {
        self.count().saturating_sub(*self.0.written.borrow())
    }

    fn count(&self) -> u64 {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner).count
    }

    fn queue(&self, work: Work) {
        let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.count += 1;
        _ = queue.work.send(work);
    }
}

impl RoomWriter {
    /// Keeps a change soon. A message for which there is no permit is returned with who is to be told.
    pub(crate) fn keep(&self, change: Change, waiter: Option<Waiter>) -> Result<(), Option<Waiter>> {
        let chat = if matches!(change, Change::Chat(..)) {
            if !self.takes_chat() {
                return Err(waiter);
            }
            self.state.chat.fetch_add(1, Ordering::Relaxed);
            self.journal_writer.0.chat.fetch_add(1, Ordering::Relaxed);
            Some(Arc::clone(&self.journal_writer.0.chat))
        } else {
            self.state.changes.fetch_add(1, Ordering::Relaxed);
            None
        };
        let permit = WritePermit { room_writer: Arc::clone(&self.state), chat };
        self.journal_writer
            .queue(Work { change: Box::new(change), pending: PendingWrite { permit, waiter } });
        Ok(())
    }

    fn takes_chat(&self) -> bool {
        let here = self.state.chat.load(Ordering::Relaxed);
        let everywhere = self.journal_writer.0.chat.load(Ordering::Relaxed);
        here < RESERVED || (here < ROOM_CHAT_WAITING && everywhere < CHAT_WAITING)
    }

    /// Waits for a permit for what must not be lost.
    pub(crate) async fn ready(&self) {
        loop {
            let changed = self.state.changed.notified();
            if self.state.changes.load(Ordering::Relaxed) < ROOM_WAITING {
                return;
            }
            changed.await;
        }
    }

    /// Whether a write was refused because another server owns the room now. The room is told as well.
    pub(crate) fn is_fenced(&self) -> bool {
        self.state.is_fenced.load(Ordering::Relaxed)
    }

    /// Whether the room has lately been found to have as much chat as it may keep.
    pub(crate) fn is_full(&self) -> bool {
        let full = *self.state.full_since.lock().unwrap_or_else(PoisonError::into_inner);
        full.is_some_and(|since| clock::moment().saturating_duration_since(since) < FULL_FOR)
    }

    /// Reads chat after everything that was to be kept before. False when too much is being read.
    pub(crate) fn read_chat(&self, reader: ParticipantId, before: Option<ChatNumber>) -> bool {
        let journal_writer = &self.journal_writer;
        let after = (journal_writer.0.written.clone(), journal_writer.count());
        journal_writer.0.reader.read(reader, before, after, self.state.room.clone())
    }
}

impl RoomWriterState {
    fn set_full(&self, since: Option<Instant>) {
        *self.full_since.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }
}

impl Drop for WritePermit {
    fn drop(&mut self) {
        if let Some(everywhere) = &self.chat {
            self.room_writer.chat.fetch_sub(1, Ordering::Relaxed);
            everywhere.fetch_sub(1, Ordering::Relaxed);
        } else {
            self.room_writer.changes.fetch_sub(1, Ordering::Relaxed);
            self.room_writer.changed.notify_one();
        }
    }
}

async fn run<S: Journal + ?Sized>(
    storage: Arc<S>,
    quota: ChatQuota,
    mut received: mpsc::UnboundedReceiver<Work>,
    written: watch::Sender<u64>,
    behind: Arc<AtomicBool>,
) {
    let mut taken = 0;
    let mut wait = TRY_AGAIN;
    // What could not be written, and is nobody's to send again: it goes with the next batch, until it is there.
    let mut overdue = Batch::default();
    loop {
        let mut work = Vec::new();
        if overdue.changes.is_empty() {
            if received.recv_many(&mut work, TOGETHER).await == 0 {
                return;
            }
        } else {
            work.extend(std::iter::from_fn(|| received.try_recv().ok()).take(TOGETHER));
        }
        taken += work.len() as u64;
        for Work { change, pending } in work {
            overdue.changes.push(FencedChange { fence: pending.permit.room_writer.fence, change: *change });
            overdue.pending.push(pending);
        }
        overdue = write(&*storage, quota, std::mem::take(&mut overdue), &behind).await;
        behind.store(!overdue.changes.is_empty(), Ordering::Relaxed);
        if overdue.changes.is_empty() {
            wait = TRY_AGAIN;
            written.send_replace(taken);
        } else {
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(TRY_AGAIN_AT_LAST);
        }
    }
}

/// Changes, and who waits for each.
#[derive(Default)]
struct Batch {
    changes: Vec<FencedChange>,
    pending: Vec<PendingWrite>,
}

/// Writes everything, tells those who asked, and returns what is to be tried again. Something that the database will never
/// take is searched for by halves, so that it costs nobody else anything.
async fn write<S: Journal + ?Sized>(
    storage: &S,
    quota: ChatQuota,
    batch: Batch,
    behind: &AtomicBool,
) -> Batch {
    let mut overdue = Batch::default();
    let mut rest = vec![batch];
    while let Some(mut batch) = rest.pop() {
        match try_to_keep(storage, quota, &batch.changes, behind).await {
            Ok(refusals) => {
                let mut refusals = refusals.into_iter().peekable();
                for (index, pending) in batch.pending.into_iter().enumerate() {
                    let refusal = refusals.next_if(|refusal| refusal.change == index);
                    pending.settle(refusal.map_or(Ok(()), |refusal| Err(Some(refusal.reason))));
                }
            }
            Err(Failure::Final) if batch.changes.len() > 1 => {
                let middle = batch.changes.len() / 2;
                let changes = batch.changes.split_off(middle);
                let pending = batch.pending.split_off(middle);
                rest.push(Batch { changes, pending });
                rest.push(batch);
            }
            Err(Failure::Final) => batch.pending.into_iter().for_each(|pending| pending.settle(Err(None))),
            Err(Failure::Passing) => {
                for (change, pending) in batch.changes.into_iter().zip(batch.pending) {
                    // Whoever wrote is told to send again; seats and blocks are nobody's to send again.
                    if matches!(change.change, Change::Chat(..)) {
                        pending.settle(Err(None));
                    } else {
                        overdue.changes.push(change);
                        overdue.pending.push(pending);
                    }
                }
            }
        }
    }
    overdue
}

enum Failure {
    /// Trying again may help.
    Passing,
    /// Trying again cannot help.
    Final,
}

async fn try_to_keep<S: Journal + ?Sized>(
    storage: &S,
    quota: ChatQuota,
    changes: &[FencedChange],
    behind: &AtomicBool,
) -> Result<Vec<storage::Refusal>, Failure> {
    let mut tries = 0;
    loop {
        let error = match storage.keep_within(quota, changes).await {
            Ok(refusals) => return Ok(refusals),
            Err(error) => error,
        };
        tracing::error!(%error, changes = changes.len(), "nothing could be kept");
        if error.is_final() {
            return Err(Failure::Final);
        }
        behind.store(true, Ordering::Relaxed);
        tries += 1;
        if tries >= TRIES {
            return Err(Failure::Passing);
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

impl PendingWrite {
    /// Tells who asked, and frees the permit once they know. Of what is fenced the room is told, once.
    fn settle(self, kept: Result<(), Option<RefusalReason>>) {
        let Self { permit, waiter } = self;
        let room_writer = Arc::clone(&permit.room_writer);
        if kept == Err(Some(RefusalReason::Fenced)) {
            if !room_writer.is_fenced.swap(true, Ordering::Relaxed) {
                tell(&room_writer.room, RoomEvent::Fenced { fence: room_writer.fence }, permit);
            }
            return;
        }
        let Some(Waiter { from, chat }) = waiter else { return };
        let event = match kept {
            Ok(()) => {
                room_writer.set_full(None);
                RoomEvent::ChatKept { from, chat }
            }
            Err(reason) => {
                if reason == Some(RefusalReason::RoomIsFull) {
                    room_writer.set_full(Some(clock::moment()));
                }
                RoomEvent::ChatNotKept { from, chat }
            }
        };
        tell(&room_writer.room, event, permit);
    }
}

/// Tells a room something, and frees a permit then. A room that is slow keeps nobody else from being told.
fn tell(room: &RoomQueue, event: RoomEvent, permit: WritePermit) {
    match room.try_tell(event) {
        Ok(()) | Err(TrySendError::Closed(_)) => {}
        Err(TrySendError::Full(envelope)) => {
            let room = room.clone();
            tasks::spawn(async move {
                _ = room.send(envelope).await;
                drop(permit);
            });
        }
    }
}

#[cfg(test)]
#[path = "journal_writer_tests.rs"]
mod tests;
