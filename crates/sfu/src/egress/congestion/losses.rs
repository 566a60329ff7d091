//! Whether a line carries the least there is of every picture, whatever the controller takes it for: an estimate can be wrong, and
//! what is lost cannot.

use std::time::{Duration, Instant};

/// Over how long losses are counted, and of how many packets at the least.
const WINDOW: Duration = Duration::from_secs(2);
const PACKETS: u64 = 30;

/// A line that loses more than so many packets of a hundred does not carry what is sent.
const TOO_MANY_PERCENT: u64 = 20;

/// How long it is believed that it does not, at first and at the most. To find out costs sound.
const REST: Duration = Duration::from_secs(10);
const LONGEST_REST: Duration = Duration::from_secs(80);

/// Losses of a line.
#[derive(Debug)]
pub(super) struct Losses {
    window: Instant,
    lost: u64,
    all: u64,
    rests_until: Option<Instant>,
    rest: Duration,
}

impl Losses {
    pub(super) fn new(now: Instant) -> Self {
        Self { window: now, lost: 0, all: 0, rests_until: None, rest: REST }
    }

    pub(super) fn count(&mut self, now: Instant, lost: usize, all: usize) {
        self.lost += lost as u64;
        self.all += all as u64;
        if now.saturating_duration_since(self.window) < WINDOW || self.all < PACKETS {
            return;
        }
        let is_lossy = self.lost * 100 > self.all * TOO_MANY_PERCENT;
        (self.window, self.lost, self.all) = (now, 0, 0);
        let is_calm = self.rests_until.is_none_or(|until| now >= until + self.rest);
        if is_lossy && self.may_exceed_estimate(now) {
            self.rest = if is_calm { REST } else { LONGEST_REST.min(self.rest * 2) };
            self.rests_until = Some(now + self.rest);
        }
    }

    /// Whether a little may be sent although the controller allows less: `false` while the line rests from losses.
    pub(super) fn may_exceed_estimate(&self, now: Instant) -> bool {
        self.rests_until.is_none_or(|until| now >= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_loses_much_is_left_alone_for_longer_and_longer() {
        let start = crate::a_moment();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut losses = Losses::new(start);
        losses.count(after(2), 10, 100);
        assert!(losses.may_exceed_estimate(after(2)));
        losses.count(after(4), 40, 100);
        assert!(!losses.may_exceed_estimate(after(13)));
        assert!(losses.may_exceed_estimate(after(14)));
        losses.count(after(16), 40, 100);
        assert!(!losses.may_exceed_estimate(after(35)));
        assert!(losses.may_exceed_estimate(after(36)));
        losses.count(after(200), 40, 100);
        assert!(losses.may_exceed_estimate(after(210)), "after a calm it begins anew");
    }
}
