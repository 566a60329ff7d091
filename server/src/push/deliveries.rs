//! Takes what is due from the outbox and delivers it, each by itself: one push service that hangs delays none but its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use protocol::{PublicKey, Timestamp};
use storage::{ClaimedEntry, Digest, OutboxEntry, Storage, StorageError, Topic};
use tokio::sync::{Notify, OwnedSemaphorePermit};
use tokio::time::{sleep, timeout};

use super::client::{Answer, PushClient, Pushed, SendError};
use super::endpoint::Endpoint;
use super::in_flight::InFlight;
use super::message::{Kind, Posting};
use super::vapid::Vapid;
use crate::clock::{self, Clock};
use crate::metrics::{Metrics, add};
use crate::tasks;

/// How long a delivery belongs to whoever has taken it: longer than one may take, so that it is not made twice.
const LEASE: Duration = Duration::from_secs(30);

/// How many are taken at once.
const AT_ONCE: u32 = 64;

/// How long storage may take.
const ASKS_WITHIN: Duration = Duration::from_secs(5);

/// After so long a delivery that failed is tried again, and after twice as long each time that it fails again.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// But not after longer: whatever else is for the same browser waits behind it.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// After so long a delivery is tried again whose push service has as many as it may.
const TURN_AFTER: Duration = Duration::from_secs(1);

/// How long a push service that asks for it is left alone at the most.
const LONGEST_REST: Duration = Duration::from_secs(60 * 60);

/// How long a push service keeps what says that a call was missed.
const MISSED_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// Browsers that are remembered because their push service wants to be left alone.
const MOST_RESTING: usize = 10_000;

/// Who delivers.
pub(super) struct Deliveries {
    clock: Clock,
    storage: Arc<dyn Storage>,
    vapid: Vapid,
    client: PushClient,
    metrics: Metrics,
    in_flight: InFlight,
    /// Until when nothing is sent to a browser because its push service has said so.
    resting: Mutex<HashMap<String, Timestamp>>,
    /// Something may have become due.
    due: Notify,
}

/// What comes of a delivery.
enum Verdict {
    /// The push service has it.
    Delivered,
    /// It is of no use any more, or never will be.
    Over,
    /// The browser has no such subscription any more.
    Gone { owner: PublicKey, id: Digest },
    /// It may be tried again then.
    Later(Timestamp),
}

/// What pushes are in the outbox.
pub(super) fn topic() -> Topic {
    Topic("push".to_owned())
}

impl Deliveries {
    pub(super) fn new(
        clock: Clock,
        storage: Arc<dyn Storage>,
        vapid: Vapid,
        client: PushClient,
        metrics: Metrics,
    ) -> Arc<Self> {
        Arc::new(Self {
            clock,
            storage,
            vapid,
            client,
            metrics,
            in_flight: InFlight::new(),
            resting: Mutex::default(),
            due: Notify::new(),
        })
    }

    /// Waits until something may have become due.
    pub(super) async fn due(&self) {
        self.due.notified().await;
    }

    /// Begins what is due, as far as there is room for it.
    pub(super) async fn begin_due(self: &Arc<Self>) {
        loop {
            let free = self.in_flight.free().min(AT_ONCE);
            if free == 0 {
                return;
            }
            let now = self.clock.wall();
            let topic = topic();
            let claiming = self.storage.claim_due(&topic, now, now.after(LEASE), free);
            let claimed = timeout(ASKS_WITHIN, claiming).await.unwrap_or(Err(StorageError::Behind));
            let claimed = match claimed {
                Ok(claimed) => claimed,
                Err(error) => return tracing::error!(%error, "what is to be pushed cannot be read"),
            };
            let is_all = claimed.len() < free as usize;
            for claimed in claimed {
                if let Some(turn) = self.in_flight.begin() {
                    tasks::spawn(Arc::clone(self).deliver(claimed, turn));
                }
            }
            if is_all {
                return;
            }
        }
    }

    async fn deliver(self: Arc<Self>, claimed: ClaimedEntry, turn: OwnedSemaphorePermit) {
        let verdict = self.attempt(&claimed).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a push could not be looked up");
            self.later(claimed.attempts)
        });
        let again_at = match &verdict {
            Verdict::Later(at) if !is_over(&claimed.entry, *at) => Some(*at),
            Verdict::Later(_) | Verdict::Delivered | Verdict::Over | Verdict::Gone { .. } => None,
        };
        self.count(&verdict, again_at);
        if let Err(error) = self.settle(&claimed, &verdict, again_at).await {
            tracing::error!(%error, "what became of a push could not be kept");
        }
        drop(turn);
        self.due.notify_one();
        if let Some(at) = again_at {
            // What is tried again much later is found when it is looked for.
            sleep(self.clock.wall().until(at).min(LONGEST_PAUSE)).await;
            self.due.notify_one();
        }
    }

    fn count(&self, verdict: &Verdict, again_at: Option<Timestamp>) {
        let outcome = match verdict {
            Verdict::Delivered => "delivered",
            Verdict::Later(_) if again_at.is_some() => "retried",
            Verdict::Later(_) | Verdict::Over => "given_up",
            Verdict::Gone { .. } => "gone",
        };
        add(&self.metrics.pushes, [("outcome", outcome)], 1);
    }

    async fn settle(
        &self,
        claimed: &ClaimedEntry,
        verdict: &Verdict,
        again_at: Option<Timestamp>,
    ) -> Result<(), StorageError> {
        if let Verdict::Gone { owner, id } = verdict {
            self.storage.forget_push(owner, id).await?;
        }
        match again_at {
            Some(at) => self.storage.fail_delivery(claimed.claim, at).await?,
            None => self.storage.finish_delivery(claimed.claim).await?,
        };
        Ok(())
    }

    async fn attempt(&self, claimed: &ClaimedEntry) -> Result<Verdict, StorageError> {
        let ClaimedEntry { entry, attempts, .. } = claimed;
        let now = self.clock.wall();
        let Ok(Posting { subscription, owner, message }) = serde_json::from_str(entry.payload.as_str())
        else {
            tracing::error!("a push that waits cannot be read");
            return Ok(Verdict::Over);
        };
        let id = Digest(subscription);
        let record = self.storage.push(&id).await?.filter(|record| record.owner == owner);
        let Some(record) = record.filter(|_| !is_over(entry, now)) else { return Ok(Verdict::Over) };
        if let Some(until) = self.rests_until(&id, now) {
            return Ok(Verdict::Later(until));
        }
        let endpoint = Endpoint::parse(record.subscription.endpoint.expose(), self.client.allows_private());
        let Ok(endpoint) = endpoint else { return Ok(Verdict::Gone { owner, id }) };
        let Some(_turn) = self.in_flight.turn(&endpoint.host) else {
            return Ok(Verdict::Later(now.after(TURN_AFTER)));
        };
        let body = message.encrypted(&record.subscription);
        let authorization = self.vapid.authorization(&endpoint.origin(), now);
        let Some((body, authorization)) = body.zip(authorization) else {
            tracing::error!("a push could not be encrypted or signed");
            return Ok(Verdict::Over);
        };
        let ttl = match message.kind {
            Kind::Ring | Kind::Over => entry.expires_at.map_or(Duration::ZERO, |at| now.until(at)),
            Kind::Missed => MISSED_TTL,
        };
        let pushed = Pushed { authorization, ttl: ttl.as_secs(), topic: message.topic(&id), body };
        let sent = self.client.send(&endpoint, pushed).await;
        Ok(self.judge(sent, owner, id, *attempts))
    }

    /// What follows from what a push service says (RFC 8030 §5 and §7.3).
    fn judge(&self, sent: Result<Answer, SendError>, owner: PublicKey, id: Digest, attempts: u64) -> Verdict {
        let answer = match sent {
            Ok(answer) => answer,
            Err(error @ SendError::Forbidden) => {
                tracing::warn!(%error, "a browser is not pushed to any more");
                return Verdict::Gone { owner, id };
            }
            Err(error @ (SendError::Unreachable | SendError::Silent | SendError::Broken(_))) => {
                tracing::warn!(%error, attempts, "a push did not get through");
                return self.later(attempts);
            }
        };
        let status = answer.status;
        if status.is_success() {
            return Verdict::Delivered;
        }
        if matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Verdict::Gone { owner, id };
        }
        tracing::warn!(status = status.as_u16(), attempts, "a push service has refused a push");
        if status != StatusCode::TOO_MANY_REQUESTS && !status.is_server_error() {
            return Verdict::Over;
        }
        match answer.retry_after.as_deref().and_then(pause_of) {
            Some(pause) => self.rest(&id, pause),
            None => self.later(attempts),
        }
    }

    fn later(&self, attempts: u64) -> Verdict {
        let factor = 1_u32.checked_shl(u32::try_from(attempts).unwrap_or(u32::MAX)).unwrap_or(u32::MAX);
        Verdict::Later(self.clock.wall().after(FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE)))
    }

    /// Leaves a push service alone about a browser, also with whatever takes the place of what it has refused.
    fn rest(&self, id: &Digest, pause: Duration) -> Verdict {
        let now = self.clock.wall();
        let until = now.after(pause.min(LONGEST_REST));
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        resting.retain(|_, until| *until > now);
        if resting.len() < MOST_RESTING {
            resting.insert(id.0.clone(), until);
        }
        Verdict::Later(until)
    }

    fn rests_until(&self, id: &Digest, now: Timestamp) -> Option<Timestamp> {
        let resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        resting.get(&id.0).copied().filter(|until| *until > now)
    }
}

/// Whether an entry is of no use any more at a moment.
fn is_over(entry: &OutboxEntry, at: Timestamp) -> bool {
    entry.expires_at.is_some_and(|expires_at| expires_at <= at)
}

/// How long somebody wants to be left alone (RFC 9110 §10.2.3): seconds, or a date.
fn pause_of(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(clock::system_time()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_said_in_seconds_or_as_a_date() {
        assert_eq!(pause_of(" 120"), Some(Duration::from_secs(120)));
        assert_eq!(pause_of("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO), "it is over");
        let later = httpdate::fmt_http_date(clock::system_time() + Duration::from_secs(100));
        assert!((98..=100).contains(&pause_of(&later).unwrap().as_secs()));
        assert_eq!(pause_of("soon"), None);
    }
}
