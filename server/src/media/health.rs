//! How the shards are: for whoever asks whether this server takes traffic.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// All shards.
#[derive(Default)]
pub(crate) struct Health(Vec<OfShard>);

#[derive(Default)]
struct OfShard {
    serves: AtomicBool,
    restarts: AtomicU64,
}

impl Health {
    pub(super) fn new(shards: usize) -> Self {
        Self((0..shards).map(|_| OfShard::default()).collect())
    }

    /// A shard takes datagrams.
    pub(super) fn serves(&self, shard: u16) {
        if let Some(of) = self.0.get(usize::from(shard)) {
            of.serves.store(true, Ordering::Relaxed);
        }
    }

    /// A shard has ended, and is to be started again.
    pub(super) fn ended(&self, shard: u16) {
        if let Some(of) = self.0.get(usize::from(shard)) {
            of.serves.store(false, Ordering::Relaxed);
            of.restarts.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many shards there are, and how many of them take no datagrams now.
    pub(crate) fn down(&self) -> (usize, usize) {
        (self.0.len(), self.0.iter().filter(|of| !of.serves.load(Ordering::Relaxed)).count())
    }

    /// How often shards had to be started again.
    pub(crate) fn restarts(&self) -> u64 {
        self.0.iter().map(|of| of.restarts.load(Ordering::Relaxed)).sum()
    }
}
