//! Reads older chat: a few at a time, one room after another, so that a room in which everybody reads holds up no other one.
//! What comes too often is refused.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::{ChatNumber, ParticipantId, RoomCode};
use storage::ChatRepository;
use tokio::sync::{Semaphore, mpsc, watch};

use crate::rooms::{RoomEvent, RoomQueue};
use crate::tasks;

/// Reads at once. More would take the connections that SQLite's writer and those who join need.
const AT_ONCE: usize = 2;

/// Reads that wait, or whose answer does: of one person, of one room, and of all.
const OF_READER: usize = 4;
const OF_ROOM: usize = 64;
const OF_ALL: usize = 4_000;

/// What a room may read however much others do.
const RESERVED: usize = 2;

/// How long a read waits for what is to be kept before it.
const KEPT_WITHIN: Duration = Duration::from_secs(5);

/// A way to what reads. A clone is another way to the same.
#[derive(Clone)]
pub(crate) struct HistoryReader {
    waiting: Arc<Mutex<Waiting>>,
    /// One for each read that waits.
    come: mpsc::UnboundedSender<()>,
}

/// Until when a read waits: the count of what was written, and what it has to reach.
type After = (watch::Receiver<u64>, u64);

struct Read {
    room: RoomCode,
    reader: ParticipantId,
    before: Option<ChatNumber>,
    after: After,
    answer: RoomQueue,
}

#[derive(Default)]
struct Waiting {
    rooms: HashMap<RoomCode, OfRoom>,
    /// Rooms in which somebody waits, the next one first.
    turns: VecDeque<RoomCode>,
    all: usize,
}

#[derive(Default)]
struct OfRoom {
    queue: VecDeque<Read>,
    /// Whose reads are not answered yet, once for each.
    readers: Vec<ParticipantId>,
}

impl HistoryReader {
    pub(crate) fn start<S: ChatRepository + Send + Sync + ?Sized + 'static>(storage: Arc<S>) -> Self {
        let (come, received) = mpsc::unbounded_channel();
        let waiting = Arc::default();
        tasks::spawn(run(storage, Arc::clone(&waiting), received));
        Self { waiting, come }
    }

    /// Reads chat after what was to be kept before. False when too many reads wait.
    pub(crate) fn read(
        &self,
        reader: ParticipantId,
        before: Option<ChatNumber>,
        after: After,
        answer: RoomQueue,
    ) -> bool {
        let room = answer.room();
        let is_taken = lock(&self.waiting).push(Read { room, reader, before, after, answer });
        if is_taken {
            _ = self.come.send(());
        }
        is_taken
    }
}

impl Waiting {
    fn push(&mut self, read: Read) -> bool {
        let room = self.rooms.entry(read.room).or_default();
        let here = room.readers.len();
        let of_reader = room.readers.iter().filter(|one| **one == read.reader).count();
        if of_reader >= OF_READER || here >= OF_ROOM || (self.all >= OF_ALL && here >= RESERVED) {
            return false;
        }
        self.all += 1;
        room.readers.push(read.reader);
        if room.queue.is_empty() {
            self.turns.push_back(read.room);
        }
        room.queue.push_back(read);
        true
    }

    fn next(&mut self) -> Option<Read> {
        let code = self.turns.pop_front()?;
        let room = self.rooms.get_mut(&code)?;
        let read = room.queue.pop_front();
        if !room.queue.is_empty() {
            self.turns.push_back(code);
        }
        read
    }

    fn answered(&mut self, code: RoomCode, reader: ParticipantId) {
        self.all = self.all.saturating_sub(1);
        let Some(room) = self.rooms.get_mut(&code) else { return };
        if let Some(index) = room.readers.iter().position(|one| *one == reader) {
            room.readers.swap_remove(index);
        }
        if room.readers.is_empty() {
            self.rooms.remove(&code);
        }
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn run<S: ChatRepository + Send + Sync + ?Sized + 'static>(
    storage: Arc<S>,
    waiting: Arc<Mutex<Waiting>>,
    mut come: mpsc::UnboundedReceiver<()>,
) {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    while come.recv().await.is_some() {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        let Some(read) = lock(&waiting).next() else { continue };
        let (storage, waiting) = (Arc::clone(&storage), Arc::clone(&waiting));
        tasks::spawn(async move {
            let event = perform(&*storage, &read).await;
            // A room that is slow holds up no other one.
            drop(permit);
            read.answer.tell(event).await;
            lock(&waiting).answered(read.room, read.reader);
        });
    }
}

async fn perform<S: ChatRepository + ?Sized>(storage: &S, read: &Read) -> RoomEvent {
    let Read { room, reader, before, .. } = *read;
    let (mut written, count) = read.after.clone();
    let writing = async { written.wait_for(|written| *written >= count).await.is_ok() };
    if tokio::time::timeout(KEPT_WITHIN, writing).await != Ok(true) {
        return RoomEvent::HistoryNotRead { reader };
    }
    let limit = u32::try_from(protocol::limits::CHAT_PAGE).unwrap_or(u32::MAX);
    match storage.chat(room, reader, before, limit).await {
        Ok(page) => RoomEvent::HistoryRead { reader, page },
        Err(error) => {
            tracing::error!(%error, "chat could not be read");
            RoomEvent::HistoryNotRead { reader }
        }
    }
}
