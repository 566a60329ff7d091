//! The task that pushes: notices become entries of the outbox, one for each browser of the person called, and what is due is begun.

use std::sync::Arc;
use std::time::Duration;

use protocol::Timestamp;
use ring::{Admission, Relation};
use storage::{OutboxEntry, Payload, PushRecord, Standing, Storage, StorageError};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::deliveries::{Deliveries, topic};
use super::message::{Kind, Message, Posting};
use super::notices::{Notice, NoticeKind};
use crate::call_rules::admission_of;
use crate::clock::Clock;

/// How long storage may take for one notice.
const WRITES_WITHIN: Duration = Duration::from_secs(5);

/// How many notices are written before it is looked what is due.
const NOTICES_AT_ONCE: usize = 16;

/// How often it is looked what is due without anything having happened: what a server left that died, and what is tried again much later.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How often what is of no use any more is removed, and how much of it.
const CLEAN_EVERY: Duration = Duration::from_secs(30);
const CLEANED: u32 = 1_000;

/// How long it is tried to say that a call was missed. Raising it has a push service that is gone asked for longer.
const MISSED_FOR: Duration = Duration::from_secs(60 * 60);

/// How long it is tried to say that a call was answered or declined. A browser that hears of it later shows that it rings until somebody looks.
const SETTLED_FOR: Duration = Duration::from_secs(60);

/// The task's state.
pub(super) struct PushTask {
    clock: Clock,
    storage: Arc<dyn Storage>,
    deliveries: Arc<Deliveries>,
    cleaned_at: Duration,
}

impl PushTask {
    pub(super) fn new(clock: Clock, storage: Arc<dyn Storage>, deliveries: Arc<Deliveries>) -> Self {
        Self { clock, storage, deliveries, cleaned_at: clock.now() }
    }

    /// Runs as long as there is a way for notices.
    pub(super) async fn run(mut self, mut waiting: mpsc::Receiver<Notice>) {
        loop {
            self.deliveries.begin_due().await;
            self.clean().await;
            tokio::select! {
                notice = waiting.recv() => {
                    let Some(notice) = notice else { return };
                    self.write(notice).await;
                    for _ in 1..NOTICES_AT_ONCE {
                        let Ok(notice) = waiting.try_recv() else { break };
                        self.write(notice).await;
                    }
                }
                () = self.deliveries.due() => {}
                () = sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn write(&self, notice: Notice) {
        let written = timeout(WRITES_WITHIN, self.try_write(notice)).await;
        if let Err(error) = written.unwrap_or(Err(StorageError::Behind)) {
            tracing::error!(%error, "a push could not be written down");
        }
    }

    async fn try_write(&self, notice: Notice) -> Result<(), StorageError> {
        let now = self.clock.wall();
        let Some(identity) = self.storage.identity_of(notice.callee).await? else { return Ok(()) };
        // A call is missed also while somebody does not want to be disturbed; they read of it when they look.
        if admission_of(Some(&identity), Some(Standing::Known), now) != Admission::Rings(Relation::Known) {
            return Ok(());
        }
        let pushes = self.storage.pushes(&identity.key).await?;
        let entries: Vec<_> = pushes.iter().filter_map(|push| entry(push, notice, now)).collect();
        if entries.is_empty() { Ok(()) } else { self.storage.add_to_outbox(&entries).await }
    }

    async fn clean(&mut self) {
        let now = self.clock.now();
        if now < self.cleaned_at + CLEAN_EVERY {
            return;
        }
        self.cleaned_at = now;
        let cleaning = self.storage.expire_outbox(self.clock.wall(), CLEANED);
        if let Err(error) = timeout(WRITES_WITHIN, cleaning).await.unwrap_or(Err(StorageError::Behind)) {
            tracing::error!(%error, "what cannot be delivered any more could not be removed");
        }
    }
}

/// What is delivered to one browser. What is said later of the same ring takes its place.
fn entry(push: &PushRecord, notice: Notice, now: Timestamp) -> Option<OutboxEntry> {
    let Notice { kind, ring, caller, .. } = notice;
    let (kind, expires_at) = match kind {
        NoticeKind::Rings { until } => (Kind::Ring, until),
        NoticeKind::Missed => (Kind::Missed, now.after(MISSED_FOR)),
        NoticeKind::Settled => (Kind::Over, now.after(SETTLED_FOR)),
    };
    let message = Message { kind, ring, caller };
    let posting = Posting { subscription: push.id.0.clone(), owner: push.owner.clone(), message };
    Some(OutboxEntry {
        topic: topic(),
        ordering_key: push.id.0.clone(),
        tag: Some(ring.to_string()),
        payload: Payload::parse(serde_json::to_string(&posting).ok()?).ok()?,
        created_at: now,
        not_before: now,
        expires_at: Some(expires_at),
    })
}
