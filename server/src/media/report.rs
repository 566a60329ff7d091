//! What a shard has done, in the log, once a minute while there is anything.

use std::time::{Duration, Instant};

use sfu::Sfu;

use super::relay::Relaying;

/// How often.
const EVERY: Duration = Duration::from_secs(60);

/// What is still to be told of one shard.
#[derive(Debug)]
pub(super) struct Report {
    shard: u16,
    since: Instant,
    told: sfu::Counters,
    told_of_relay: relay::Counters,
    longest: Duration,
}

impl Report {
    pub(super) fn new(shard: u16, now: Instant) -> Self {
        Self {
            shard,
            since: now,
            told: sfu::Counters::default(),
            told_of_relay: relay::Counters::default(),
            longest: Duration::ZERO,
        }
    }

    /// What came at `came` has gone out, as far as it goes anywhere.
    pub(super) fn note(&mut self, came: Instant, now: Instant) {
        self.longest = self.longest.max(now.saturating_duration_since(came));
    }

    /// Tells it, when it is time.
    pub(super) fn tell(&mut self, now: Instant, sfu: &Sfu, relaying: Option<&Relaying>) {
        let since = now.saturating_duration_since(self.since);
        if since < EVERY {
            return;
        }
        let counters = sfu.counters();
        self.tell_forwarded(since, sfu, &counters);
        let of_relay = relaying.map(Relaying::counters).unwrap_or_default();
        self.tell_relayed(since, &of_relay);
        *self = Self { told: counters, told_of_relay: of_relay, ..Self::new(self.shard, now) };
    }

    fn tell_forwarded(&self, since: Duration, sfu: &Sfu, counters: &sfu::Counters) {
        let of = |count: fn(&sfu::Counters) -> u64| count(counters) - count(&self.told);
        if of(|counters| counters.packets_in) == 0 {
            return;
        }
        tracing::info!(
            shard = self.shard,
            links = sfu.len(),
            seconds = since.as_secs(),
            packets_in = of(|counters| counters.packets_in),
            packets_forwarded = of(|counters| counters.packets_forwarded),
            packets_retransmitted = of(|counters| counters.packets_retransmitted),
            datagrams_dropped = of(|counters| counters.datagrams_dropped),
            datagrams_misrouted = of(|counters| counters.datagrams_misrouted),
            bytes_in = of(|counters| counters.bytes_in),
            bytes_out = of(|counters| counters.bytes_out),
            keyframes_requested = of(|counters| counters.keyframes_requested),
            longest_delay_ms = self.longest.as_millis(),
            "media was forwarded"
        );
    }

    fn tell_relayed(&self, since: Duration, counters: &relay::Counters) {
        let of = |count: fn(&relay::Counters) -> u64| count(counters) - count(&self.told_of_relay);
        let refused = of(|counters| counters.over_quota + counters.unauthorized + counters.forbidden);
        if counters.allocations + of(|counters| counters.allocated) + refused == 0 {
            return;
        }
        tracing::info!(
            shard = self.shard,
            allocations = counters.allocations,
            seconds = since.as_secs(),
            allocated = of(|counters| counters.allocated),
            packets_to_peers = of(|counters| counters.packets_to_peers),
            packets_to_clients = of(|counters| counters.packets_to_clients),
            bytes_to_peers = of(|counters| counters.bytes_to_peers),
            bytes_to_clients = of(|counters| counters.bytes_to_clients),
            over_quota = of(|counters| counters.over_quota),
            over_rate = of(|counters| counters.over_rate),
            over_rate_of_user = of(|counters| counters.over_rate_of_user),
            unauthorized = of(|counters| counters.unauthorized),
            withheld = of(|counters| counters.withheld),
            forbidden = of(|counters| counters.forbidden),
            dropped = of(|counters| counters.dropped),
            "media was relayed"
        );
    }
}
