//! Which ports are relayed from now, on any shard: those of our own addresses that a client may reach by way of another.

use std::sync::atomic::{AtomicU64, Ordering};

/// A bit for each port.
pub struct LivePorts([AtomicU64; 1024]);

impl Default for LivePorts {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl LivePorts {
    /// Whether a port is relayed from.
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        let (word, bit) = place(port);
        self.0[word].load(Ordering::Relaxed) & bit != 0
    }

    pub(crate) fn insert(&self, port: u16) {
        let (word, bit) = place(port);
        self.0[word].fetch_or(bit, Ordering::Relaxed);
    }

    pub(crate) fn remove(&self, port: u16) {
        let (word, bit) = place(port);
        self.0[word].fetch_and(!bit, Ordering::Relaxed);
    }
}

fn place(port: u16) -> (usize, u64) {
    (usize::from(port / 64), 1 << (port % 64))
}
