//! Keeps how rings go. A ring begins only when that is kept; what comes later is told in any case, and kept as soon as the database takes
//! it: two who talk do not wait for a disk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use protocol::RingId;
use storage::{CallRecord, Storage, StorageError};
use tokio::time::timeout;

use crate::clock::Clock;

/// How long a ring may be waited for. All others wait as long.
const WRITES_WITHIN: Duration = Duration::from_secs(1);

/// For so long nothing is tried after the database has not answered: a ring is refused at once then, and delays nobody.
const TRIES_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// Rows that wait to be kept. Raising it lets a database that is away for long take more of the server's memory.
const MOST_UNWRITTEN: usize = 10_000;

/// How many of those are written before others have their turn.
const AT_ONCE: usize = 16;

/// Writes rows, one after the other.
pub(super) struct RecordWriter {
    storage: Arc<dyn Storage>,
    clock: Clock,
    unwritten: BTreeMap<RingId, CallRecord>,
    /// The database has not answered; until then it is not asked.
    away_until: Option<Duration>,
}

/// What came of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is kept, and the call has gone on by it.
    New,
    /// It is kept, and was before.
    Known,
    /// It is not, for now.
    Not,
}

impl RecordWriter {
    pub(super) fn new(storage: Arc<dyn Storage>, clock: Clock) -> Self {
        Self { storage, clock, unwritten: BTreeMap::new(), away_until: None }
    }

    /// Keeps a row, within [`WRITES_WITHIN`] or not at all.
    pub(super) async fn keep(&mut self, call: &CallRecord) -> Kept {
        let now = self.clock.now();
        if self.away_until.is_some_and(|until| now < until) {
            return Kept::Not;
        }
        let written = timeout(WRITES_WITHIN, self.storage.keep_call(call, &[])).await;
        match written.unwrap_or(Err(StorageError::Behind)) {
            Ok(is_new) => {
                self.away_until = None;
                self.unwritten.remove(&call.ring);
                if is_new { Kept::New } else { Kept::Known }
            }
            Err(error) => {
                tracing::error!(%error, "a ring could not be kept");
                if !error.is_final() {
                    self.away_until = Some(self.clock.now() + TRIES_AGAIN_AFTER);
                }
                Kept::Not
            }
        }
    }

    /// Keeps a row later, in place of an older one of its ring.
    pub(super) fn keep_later(&mut self, call: CallRecord) {
        if self.unwritten.len() < MOST_UNWRITTEN || self.unwritten.contains_key(&call.ring) {
            self.unwritten.insert(call.ring, call);
        } else {
            tracing::error!("too many rings wait to be kept: the end of one is lost");
        }
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        (!self.unwritten.is_empty()).then(|| self.away_until.unwrap_or(Duration::ZERO))
    }

    /// Tries some of those that wait. Returns those by which their calls have gone on.
    pub(super) async fn handle_timeout(&mut self) -> Vec<CallRecord> {
        let mut kept = Vec::new();
        if self.away_until.is_some_and(|until| self.clock.now() < until) {
            return kept;
        }
        let waiting: Vec<_> = self.unwritten.values().take(AT_ONCE).cloned().collect();
        for call in waiting {
            match self.keep(&call).await {
                Kept::New => kept.push(call),
                Kept::Known => {}
                Kept::Not if self.away_until.is_some() => break,
                // The database will never take it.
                Kept::Not => _ = self.unwritten.remove(&call.ring),
            }
        }
        kept
    }
}
