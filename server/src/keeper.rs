//! Keeps what happens in rooms: one task that writes everything that has come since its last write in one transaction, so
//! that a lively room does not wait for the disk, and that answers once it is there.

use std::sync::Arc;
use std::time::Duration;

use protocol::{ChatId, ChatNumber, ParticipantId, RoomCode};
use storage::{Change, Storage};
use tokio::sync::{mpsc, oneshot};

use crate::rooms::RoomEvent;
use crate::tasks;

/// Changes that may wait to be kept. When the database stands still, what comes beyond is refused.
const WAITING: usize = 10_000;

/// Changes in one transaction.
const TOGETHER: usize = 500;

/// How often a write that failed is tried again before chat is told that it was not kept. The database itself waits for
/// some seconds each time when it is locked.
const TRIES: u32 = 2;

/// A way to the task.
#[derive(Clone)]
pub(crate) struct Keeper {
    work: mpsc::Sender<Work>,
}

/// Who is told what became of a change.
#[derive(Debug)]
pub(crate) struct Asker {
    pub(crate) room: mpsc::Sender<Box<RoomEvent>>,
    pub(crate) from: ParticipantId,
    pub(crate) chat: ChatId,
}

enum Work {
    Keep(Box<Change>, Option<Asker>),
    Read {
        room: RoomCode,
        reader: ParticipantId,
        before: Option<ChatNumber>,
        answer: mpsc::Sender<Box<RoomEvent>>,
    },
    Flush(oneshot::Sender<()>),
}

impl Keeper {
    pub(crate) fn start(storage: Arc<dyn Storage>) -> Self {
        let (work, received) = mpsc::channel(WAITING);
        tasks::spawn(run(storage, received));
        Self { work }
    }

    /// Keeps a change soon. False when too many wait.
    pub(crate) fn keep(&self, change: Change, asker: Option<Asker>) -> Result<(), Option<Asker>> {
        self.work.try_send(Work::Keep(Box::new(change), asker)).map_err(|refused| {
            let (mpsc::error::TrySendError::Full(work) | mpsc::error::TrySendError::Closed(work)) = refused;
            if let Work::Keep(_, asker) = work { asker } else { None }
        })
    }

    /// Reads chat after everything that was to be kept before.
    pub(crate) fn read_chat(
        &self,
        room: RoomCode,
        reader: ParticipantId,
        before: Option<ChatNumber>,
        answer: mpsc::Sender<Box<RoomEvent>>,
    ) {
        _ = self.work.try_send(Work::Read { room, reader, before, answer });
    }

    /// Waits until everything that was to be kept before is kept, or given up.
    pub(crate) async fn flush(&self) {
        let (flushed, waiting) = oneshot::channel();
        if self.work.send(Work::Flush(flushed)).await.is_ok() {
            _ = waiting.await;
        }
    }
}

async fn run(storage: Arc<dyn Storage>, mut received: mpsc::Receiver<Work>) {
    let mut work = Vec::new();
    // What could not be written, and nobody waits for: it goes with the next batch.
    let mut overdue = Vec::new();
    while received.recv_many(&mut work, TOGETHER).await > 0 {
        let mut batch = Batch { changes: std::mem::take(&mut overdue), askers: Vec::new() };
        let mut after = Vec::new();
        for one in work.drain(..) {
            match one {
                Work::Keep(change, asker) => {
                    batch.changes.push(*change);
                    batch.askers.extend(asker);
                }
                Work::Read { .. } | Work::Flush(_) => after.push(one),
            }
        }
        overdue = batch.write(&*storage).await;
        for one in after {
            match one {
                Work::Read { room, reader, before, answer } => {
                    tasks::spawn(read(Arc::clone(&storage), room, reader, before, answer));
                }
                Work::Flush(flushed) => _ = flushed.send(()),
                Work::Keep(..) => {}
            }
        }
    }
}

struct Batch {
    changes: Vec<Change>,
    askers: Vec<Asker>,
}

impl Batch {
    /// Writes everything, tells those who asked, and returns what is to be tried again.
    async fn write(self, storage: &dyn Storage) -> Vec<Change> {
        if self.changes.is_empty() {
            return Vec::new();
        }
        let mut tries = 0;
        let kept = loop {
            match storage.keep(&self.changes).await {
                Ok(()) => break true,
                Err(error) => {
                    tracing::error!(%error, changes = self.changes.len(), "nothing could be kept");
                    tries += 1;
                    if tries >= TRIES {
                        break false;
                    }
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        };
        for Asker { room, from, chat } in self.askers {
            let event =
                if kept { RoomEvent::ChatKept { from, chat } } else { RoomEvent::ChatNotKept { from, chat } };
            _ = room.send(event.into()).await;
        }
        if kept { Vec::new() } else { worth_another_try(self.changes) }
    }
}

/// Whoever wrote is told to send again; seats and blocks are nobody's to send again.
fn worth_another_try(mut changes: Vec<Change>) -> Vec<Change> {
    changes.retain(|change| !matches!(change, Change::Chat(..)));
    changes.truncate(WAITING);
    changes
}

async fn read(
    storage: Arc<dyn Storage>,
    room: RoomCode,
    reader: ParticipantId,
    before: Option<ChatNumber>,
    answer: mpsc::Sender<Box<RoomEvent>>,
) {
    let limit = u32::try_from(protocol::limits::CHAT_PAGE).unwrap_or(u32::MAX);
    let event = match storage.chat(room, reader, before, limit).await {
        Ok(page) => RoomEvent::HistoryRead { reader, page },
        Err(error) => {
            tracing::error!(%error, "chat could not be read");
            RoomEvent::HistoryNotRead { reader }
        }
    };
    _ = answer.send(event.into()).await;
}
