//! How the shards are: for whoever asks whether this server takes traffic.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::clock;

/// A shard turns every two seconds when there is nothing to do. One that did not for so long hangs.
const HANGS_AFTER: Duration = Duration::from_secs(10);

/// All shards.
pub(crate) struct Health {
    began: Instant,
    shards: Vec<OfShard>,
}

#[derive(Default)]
struct OfShard {
    /// Milliseconds from the beginning to when it last turned; 0 while it does not live. One that has not begun yet has as long as
    /// others may hang.
    beat: AtomicU64,
    restarts: AtomicU64,
}

impl Health {
    pub(super) fn new(shards: usize) -> Self {
        let beginning = || OfShard { beat: AtomicU64::new(1), ..OfShard::default() };
        Self { began: clock::moment(), shards: (0..shards).map(|_| beginning()).collect() }
    }

    /// A shard takes datagrams, orders and time.
    pub(super) fn beats(&self, shard: u16, now: Instant) {
        if let Some(of) = self.shards.get(usize::from(shard)) {
            of.beat.store(self.milliseconds(now), Ordering::Relaxed);
        }
    }

    /// A shard has ended, and is to be started again.
    pub(super) fn ended(&self, shard: u16) {
        if let Some(of) = self.shards.get(usize::from(shard)) {
            of.beat.store(0, Ordering::Relaxed);
            of.restarts.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many shards there are, and how many of them take no datagrams now.
    pub(crate) fn down(&self) -> (usize, usize) {
        (self.shards.len(), self.down_at(clock::moment()))
    }

    /// How often shards had to be started again.
    pub(crate) fn restarts(&self) -> u64 {
        self.shards.iter().map(|of| of.restarts.load(Ordering::Relaxed)).sum()
    }

    fn down_at(&self, now: Instant) -> usize {
        let least = self.milliseconds(now).saturating_sub(HANGS_AFTER.as_millis() as u64).max(1);
        self.shards.iter().filter(|of| of.beat.load(Ordering::Relaxed) < least).count()
    }

    fn milliseconds(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.began).as_millis() as u64 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_down_when_it_does_not_begin_when_it_ended_and_when_it_hangs() {
        let health = Health::new(2);
        let at = |seconds| health.began + Duration::from_secs(seconds);
        assert_eq!((health.down_at(at(0)), health.down_at(at(9)), health.down_at(at(11))), (0, 0, 2));
        health.beats(0, at(0));
        health.beats(1, at(0));
        assert_eq!(health.down_at(at(0)), 0);
        health.beats(1, at(8));
        assert_eq!((health.down_at(at(9)), health.down_at(at(11)), health.down_at(at(19))), (0, 1, 2));
        health.beats(0, at(20));
        health.ended(1);
        assert_eq!((health.down_at(at(20)), health.restarts()), (1, 1));
    }
}
