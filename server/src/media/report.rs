//! What a shard has done, in the log, once a minute while there is anything.

use std::time::{Duration, Instant};

use sfu::{Counters, Sfu};

/// How often.
const EVERY: Duration = Duration::from_secs(60);

/// What is still to be told of one shard.
#[derive(Debug)]
pub(super) struct Report {
    shard: u16,
    since: Instant,
    told: Counters,
    longest: Duration,
}

impl Report {
    pub(super) fn new(shard: u16, now: Instant) -> Self {
        Self { shard, since: now, told: Counters::default(), longest: Duration::ZERO }
    }

    /// What came at `came` has gone out, as far as it goes anywhere.
    pub(super) fn note(&mut self, came: Instant, now: Instant) {
        self.longest = self.longest.max(now.saturating_duration_since(came));
    }

    /// Tells it, when it is time.
    pub(super) fn tell(&mut self, now: Instant, sfu: &Sfu) {
        let counters = sfu.counters();
        if now.saturating_duration_since(self.since) < EVERY {
            return;
        }
        let of = |count: fn(&Counters) -> u64| count(&counters) - count(&self.told);
        if of(|counters| counters.packets_in) > 0 {
            tracing::info!(
                shard = self.shard,
                links = sfu.len(),
                seconds = now.saturating_duration_since(self.since).as_secs(),
                packets_in = of(|counters| counters.packets_in),
                packets_forwarded = of(|counters| counters.packets_forwarded),
                packets_repeated = of(|counters| counters.packets_repeated),
                datagrams_dropped = of(|counters| counters.datagrams_dropped),
                bytes_in = of(|counters| counters.bytes_in),
                bytes_out = of(|counters| counters.bytes_out),
                keyframes_requested = of(|counters| counters.keyframes_requested),
                longest_delay_ms = self.longest.as_millis(),
                "media was forwarded"
            );
        }
        *self = Self { told: counters, ..Self::new(self.shard, now) };
    }
}
