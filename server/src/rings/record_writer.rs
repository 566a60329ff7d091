//! Keeps how rings go. A ring begins only when that is kept; what comes later is told in any case, and kept as soon as the database takes
//! it: two who talk do not wait for a disk. What the database takes of a ring that did not begin, because it answered too late, goes again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use protocol::RingId;
use ring::CALLER_GRACE;
use storage::{CallEnd, CallOutcome, CallReaders, CallRecord, Storage, StorageError};
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
    unwritten: BTreeMap<RingId, Unwritten>,
    /// Rows of rings that were refused because the database has not answered in time, and when it is looked whether it has taken them.
    doubtful: VecDeque<(Duration, CallRecord)>,
    /// Rings that have begun, which the database does not know yet.
    unconfirmed: BTreeSet<RingId>,
    /// The database has not answered; until then it is not asked.
    away_until: Option<Duration>,
}

/// A row that waits to be kept.
struct Unwritten {
    call: CallRecord,
    /// From it, or from one whose place it has taken.
    follows: Option<Follows>,
}

/// What came of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is kept; what follows from that has not been done before.
    Yes(Option<Follows>),
    /// It is not, for now.
    Not,
}

/// What follows from a row, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// They have talked.
    Met,
    /// Who was to ask has asked.
    Asked,
}

impl RecordWriter {
    /// With rings that the server before this one has left in doubt: their callers have the usual time to come back.
    pub(super) fn new(storage: Arc<dyn Storage>, clock: Clock, doubtful: Vec<CallRecord>) -> Self {
        let settled_at = clock.now() + CALLER_GRACE;
        let doubtful = doubtful.into_iter().map(|call| (settled_at, call)).collect();
        let (unwritten, unconfirmed) = (BTreeMap::new(), BTreeSet::new());
        Self { storage, clock, unwritten, doubtful, unconfirmed, away_until: None }
    }

    /// Keeps a row, within [`WRITES_WITHIN`] or not at all.
    pub(super) async fn keep(&mut self, call: &CallRecord) -> Kept {
        let now = self.clock.now();
        if self.away_until.is_some_and(|until| now < until) {
            return Kept::Not;
        }
        let is_begun = is_begun_by(call);
        let writing = async {
            // In doubt until this server knows that it was in time: it may die before it could take it back.
            if is_begun {
                self.storage.begin_call(call).await
            } else {
                self.storage.keep_call(call, &[]).await
            }
        };
        let written = timeout(WRITES_WITHIN, writing).await;
        match written.unwrap_or(Err(StorageError::Behind)) {
            Ok(is_new) => {
                self.away_until = None;
                self.doubtful.retain(|(_, doubtful)| doubtful.ring != call.ring);
                if is_begun {
                    self.unconfirmed.insert(call.ring);
                }
                let owed = self.unwritten.remove(&call.ring).and_then(|unwritten| unwritten.follows);
                Kept::Yes(owed.or(what_follows(call).filter(|_| is_new)))
            }
            Err(error) => {
                tracing::error!(%error, "a ring could not be kept");
                if !error.is_final() {
                    let later = self.clock.now() + TRIES_AGAIN_AFTER;
                    self.away_until = Some(later);
                    if is_begun && self.doubtful.len() < MOST_UNWRITTEN {
                        self.doubtful.push_back((later, call.clone()));
                    }
                }
                Kept::Not
            }
        }
    }

    /// Has the database know of rings that have begun. Whoever was to be told of them was told.
    pub(super) async fn confirm(&mut self) {
        if self.away_until.is_some_and(|until| self.clock.now() < until) {
            return;
        }
        while let Some(ring) = self.unconfirmed.first().copied() {
            let confirmed = timeout(WRITES_WITHIN, self.storage.confirm_call(ring)).await;
            match confirmed.unwrap_or(Err(StorageError::Behind)) {
                Err(error) if !error.is_final() => {
                    tracing::error!(%error, "it could not be kept that a ring has begun");
                    self.away_until = Some(self.clock.now() + TRIES_AGAIN_AFTER);
                    return;
                }
                Ok(()) | Err(_) => _ = self.unconfirmed.remove(&ring),
            }
        }
    }

    /// Keeps a row later, in place of an older one of its ring.
    pub(super) fn keep_later(&mut self, call: CallRecord) {
        if self.unwritten.len() < MOST_UNWRITTEN || self.unwritten.contains_key(&call.ring) {
            let before = self.unwritten.get(&call.ring).and_then(|before| before.follows);
            let follows = what_follows(&call).or(before);
            self.unwritten.insert(call.ring, Unwritten { call, follows });
        } else {
            tracing::error!("too many rings wait to be kept: the end of one is lost");
        }
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        let away_until = self.away_until.unwrap_or(Duration::ZERO);
        let is_waiting = !self.unwritten.is_empty() || !self.unconfirmed.is_empty();
        let unwritten = is_waiting.then_some(away_until);
        let doubtful = self.doubtful.front().map(|(at, _)| away_until.max(*at));
        unwritten.into_iter().chain(doubtful).min()
    }

    /// Tries some of those that wait. Returns those from which something follows.
    pub(super) async fn handle_timeout(&mut self) -> Vec<(CallRecord, Follows)> {
        let mut kept = Vec::new();
        if self.away_until.is_some_and(|until| self.clock.now() < until) {
            return kept;
        }
        let waiting: Vec<_> =
            self.unwritten.values().take(AT_ONCE).map(|unwritten| unwritten.call.clone()).collect();
        for call in waiting {
            match self.keep(&call).await {
                Kept::Yes(follows) => kept.extend(follows.map(|follows| (call, follows))),
                Kept::Not if self.away_until.is_some() => return kept,
                // The database will never take it.
                Kept::Not => _ = self.unwritten.remove(&call.ring),
            }
        }
        self.confirm().await;
        self.settle_doubts().await;
        kept
    }

    /// Takes away what the database has of rings that never began, before a missed call is made of it.
    async fn settle_doubts(&mut self) {
        let now = self.clock.now();
        for _ in 0..AT_ONCE {
            let Some((_, call)) = self.doubtful.pop_front_if(|(at, _)| *at <= now) else { return };
            let undone = timeout(WRITES_WITHIN, self.undo(&call)).await.unwrap_or(Err(StorageError::Behind));
            if let Err(error) = undone {
                tracing::error!(%error, "it could not be looked whether a ring was kept that never began");
                let later = now + TRIES_AGAIN_AFTER;
                self.away_until = Some(later);
                return self.doubtful.push_back((later, call));
            }
        }
    }

    async fn undo(&self, call: &CallRecord) -> Result<(), StorageError> {
        let Some(mut kept) = self.storage.call(call.ring).await? else { return Ok(()) };
        let is_this = kept.caller.key == call.caller.key && kept.callee.key == call.callee.key;
        if !is_this || !is_begun_by(&kept) {
            return Ok(());
        }
        kept.readers = CallReaders::Caller;
        kept.course.end = Some(CallEnd { at: self.clock.wall(), outcome: CallOutcome::Cancelled });
        self.storage.keep_call(&kept, &[]).await?;
        // In nobody's history, it is gone.
        self.storage.hide_call(&call.caller.key, call.ring).await.map(|_| ())
    }
}

/// Whether a row is the first one of its ring.
fn is_begun_by(call: &CallRecord) -> bool {
    call.course.answered_at.is_none() && call.course.end.is_none()
}

fn what_follows(call: &CallRecord) -> Option<Follows> {
    match (call.course.answered_at, call.course.end) {
        (Some(_), None) => Some(Follows::Met),
        (_, Some(end)) if end.outcome == CallOutcome::Asked => Some(Follows::Asked),
        (_, Some(_)) | (None, None) => None,
    }
}
