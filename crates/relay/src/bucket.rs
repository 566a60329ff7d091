//! A token bucket: so much at once, and so much per second after that.

use std::time::Instant;

/// What is left of an allowance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    left: f64,
    at: Instant,
}

/// How much at once, and per second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    pub(crate) burst: f64,
    pub(crate) per_second: f64,
}

impl Allowance {
    /// So much per second, and what a second gives at once.
    pub(crate) fn of_a_second(per_second: u64) -> Self {
        let per_second = per_second as f64;
        Self { burst: per_second, per_second }
    }
}

impl Bucket {
    pub(crate) fn full(now: Instant, allowance: Allowance) -> Self {
        Self { left: allowance.burst, at: now }
    }

    /// Takes so much, or nothing when there is less.
    pub(crate) fn take(&mut self, now: Instant, allowance: Allowance, amount: usize) -> bool {
        self.take_above(now, allowance, amount, 0.0)
    }

    /// Takes so much, or nothing when there would be less than `reserve` afterwards.
    pub(crate) fn take_above(
        &mut self,
        now: Instant,
        allowance: Allowance,
        amount: usize,
        reserve: f64,
    ) -> bool {
        self.refill(now, allowance);
        let amount = amount as f64;
        let is_enough = self.left >= amount + reserve;
        if is_enough {
            self.left -= amount;
        }
        is_enough
    }

    /// Whether it is as good as new.
    pub(crate) fn is_full(&mut self, now: Instant, allowance: Allowance) -> bool {
        self.refill(now, allowance);
        self.left >= allowance.burst
    }

    fn refill(&mut self, now: Instant, allowance: Allowance) {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + since * allowance.per_second).min(allowance.burst);
        self.at = now;
    }
}
