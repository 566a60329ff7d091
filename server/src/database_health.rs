//! What is known of the database: whether it answers, and whether it is still locked for this server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use protocol::RoomCode;
use storage::Storage;
use tokio::sync::Mutex;

use crate::{clock, tasks};

/// How long the database may take to answer, and how long an answer is good for, however many ask.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
const GOOD_FOR: Duration = Duration::from_secs(1);

/// The last answer of the database, and the last look at its lock.
#[derive(Default)]
pub(crate) struct DatabaseHealth {
    answered: Arc<Mutex<Option<(Instant, bool)>>>,
    lock_lost: AtomicBool,
}

impl DatabaseHealth {
    /// Whether no other server may have the database.
    pub(crate) fn is_locked(&self) -> bool {
        !self.lock_lost.load(Ordering::Relaxed)
    }

    /// Notes whether the database is locked for this server.
    pub(crate) fn note_lock(&self, is_locked: bool) {
        self.lock_lost.store(!is_locked, Ordering::Relaxed);
    }

    /// Whether the database answers, or did within the last second. One asks for all, and to the end, also when whoever wanted to
    /// know hangs up.
    pub(crate) async fn answers(&self, storage: &Arc<dyn Storage>) -> bool {
        let (storage, known) = (Arc::clone(storage), Arc::clone(&self.answered));
        let asking = tasks::spawn(async move {
            let mut known = known.lock().await;
            let now = clock::moment();
            if let Some((at, answers)) = *known
                && now.saturating_duration_since(at) < GOOD_FOR
            {
                return answers;
            }
            // Any room does: that there is none is an answer.
            let asking = storage.room(RoomCode::from_random(0));
            let answers = matches!(tokio::time::timeout(ANSWERS_WITHIN, asking).await, Ok(Ok(_)));
            *known = Some((clock::moment(), answers));
            answers
        });
        asking.await.unwrap_or(false)
    }
}
