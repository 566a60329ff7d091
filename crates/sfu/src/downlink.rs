//! What one peer's line carries towards it: the transport's estimate, and when not to believe it.

use std::time::{Duration, Instant};

/// Below this, an estimate is doubted at first, in bits per second. The estimator takes delays for congestion, also those of a
/// browser whose processor is busy for some seconds, as when a call moves; at rates as small as these it then
/// falls to next to nothing, and the pacing with it. Higher overloads lines that really are so narrow for longer.
const DOUBTED_BELOW: u64 = 250_000;

/// How often that is done in a row. A line that is narrow is believed to be so after as many tries.
const DOUBTS: u8 = 5;

/// How long after a doubt the next one may come.
const DOUBT_EVERY: Duration = Duration::from_secs(1);

/// After so long without a low estimate everything is as at the beginning.
const CALM: Duration = Duration::from_secs(10);

/// An estimator that says nothing for so long, while more is wanted than it allows, has come to rest: too little is sent to
/// find out that the line carries more again. On a line that is full it has news with every report.
const AT_REST: Duration = Duration::from_secs(5);

/// An estimate, and how often it was doubted.
#[derive(Debug)]
pub(crate) struct Downlink {
    rate: u64,
    doubts: u8,
    doubted: Option<Instant>,
    /// When the last estimate came.
    heard: Option<Instant>,
}

impl Downlink {
    pub(crate) fn new(initial: u64) -> Self {
        Self { rate: initial, doubts: 0, doubted: None, heard: None }
    }

    /// What is taken for the line's rate, in bits per second.
    pub(crate) fn rate(&self) -> u64 {
        self.rate
    }

    /// Hears an estimate. Returns the rate from which the estimator is to begin anew, when this one is not believed.
    pub(crate) fn hear(&mut self, now: Instant, estimate: u64) -> Option<u64> {
        self.heard = Some(now);
        let since = |at: Instant| now.saturating_duration_since(at);
        if estimate >= DOUBTED_BELOW {
            if self.doubted.is_some_and(|at| since(at) >= CALM) {
                (self.doubts, self.doubted) = (0, None);
            }
            self.rate = estimate;
            return None;
        }
        if self.doubted.is_some_and(|at| since(at) < DOUBT_EVERY) {
            return None;
        }
        if self.doubts >= DOUBTS {
            self.rate = estimate;
            return None;
        }
        self.doubts += 1;
        self.doubted = Some(now);
        self.rate = DOUBTED_BELOW;
        Some(DOUBTED_BELOW)
    }

    /// Looks whether the estimator has come to rest, where more is wanted than it allows. Returns the rate from which it is to
    /// begin anew.
    pub(crate) fn wake(&mut self, now: Instant) -> Option<u64> {
        if self.heard.is_none_or(|at| now.saturating_duration_since(at) < AT_REST) {
            return None;
        }
        self.heard = Some(now);
        self.rate = self.rate.saturating_mul(2).max(DOUBTED_BELOW);
        Some(self.rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_estimate_is_doubted_a_few_times_and_then_believed() {
        let start = crate::a_moment();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut downlink = Downlink::new(1_000_000);
        assert_eq!(downlink.hear(start, 800_000), None);
        for second in 1..=5 {
            assert_eq!(downlink.hear(after(second), 40_000), Some(DOUBTED_BELOW));
            assert_eq!((downlink.hear(after(second), 50_000), downlink.rate()), (None, DOUBTED_BELOW));
        }
        assert_eq!((downlink.hear(after(6), 40_000), downlink.rate()), (None, 40_000), "it is narrow");
        assert_eq!((downlink.hear(after(20), 900_000), downlink.rate()), (None, 900_000));
        assert_eq!(downlink.hear(after(21), 40_000), Some(DOUBTED_BELOW), "and was wide again");
    }

    #[test]
    fn an_estimator_at_rest_is_woken() {
        let start = crate::a_moment();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut downlink = Downlink::new(1_000_000);
        assert_eq!(downlink.wake(after(9)), None, "it has not begun");
        downlink.hear(after(10), 400_000);
        assert_eq!(downlink.wake(after(14)), None, "it may have news");
        assert_eq!((downlink.wake(after(15)), downlink.rate()), (Some(800_000), 800_000));
        assert_eq!(downlink.wake(after(16)), None);
    }
}
