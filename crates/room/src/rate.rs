//! How often something may be done: a bucket that fills at a steady rate.

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
        let one = Duration::from_secs(1) / per_second;
        let full_at = self.full_at.max(now) + one;
        if full_at > now + one * burst {
            return false;
        }
        self.full_at = full_at;
        true
    }
}
