//! How often something may be done: a bucket that fills at a steady rate.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// A bucket, full at first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rate {
    /// When the bucket would be full if nothing more were taken.
    full_at: Duration,
}

impl Rate {
    /// Takes one out of a bucket of `burst`, at least 1, that fills by `per_second`, at least 1.
    pub(crate) fn allows(&mut self, now: Duration, burst: u32, per_second: u32) -> bool {
        self.allows_each(now, burst, Duration::from_secs(1) / per_second)
    }

    /// The same of a bucket into which one comes after each `one`.
    pub(crate) fn allows_each(&mut self, now: Duration, burst: u32, one: Duration) -> bool {
        let full_at = self.full_at.max(now) + one;
        if full_at > now + one * burst {
            return false;
        }
        self.full_at = full_at;
        true
    }
}

/// A bucket for each key. Those that are full are forgotten when there are many.
#[derive(Debug)]
pub(crate) struct Rates<K> {
    buckets: HashMap<K, Rate>,
}

/// So many buckets are kept before full ones are looked for.
const MANY_BUCKETS: usize = 64;

impl<K> Default for Rates<K> {
    fn default() -> Self {
        Self { buckets: HashMap::new() }
    }
}

impl<K: Hash + Eq> Rates<K> {
    /// The same as [`Rate::allows`], for a key.
    pub(crate) fn allows(&mut self, now: Duration, key: K, burst: u32, per_second: u32) -> bool {
        if self.buckets.len() >= MANY_BUCKETS {
            self.buckets.retain(|_, rate| rate.full_at > now);
        }
        self.buckets.entry(key).or_default().allows(now, burst, per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_a_bucket_and_full_ones_are_forgotten() {
        let mut rates = Rates::default();
        let mut take = |second: u64, key: u32| rates.allows(Duration::from_secs(second), key, 2, 1);
        assert_eq!(
            [take(0, 1), take(0, 1), take(0, 1), take(0, 2), take(1, 1)],
            [true, true, false, true, true]
        );
        for key in 0..1_000 {
            take(100 + u64::from(key), key);
        }
        assert!(rates.buckets.len() <= MANY_BUCKETS + 1);
    }
}
