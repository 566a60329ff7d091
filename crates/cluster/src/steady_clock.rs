//! A clock that never goes back, out of one that may.

use std::time::Duration;

/// Counts what passes between two looks at the driver's clock. A clock that goes back has stood still: nothing is lost but that moment.
#[derive(Debug)]
pub(crate) struct SteadyClock {
    shown: Duration,
    passed: Duration,
}

impl SteadyClock {
    /// Begins at what the driver's clock shows.
    pub(crate) const fn new(shown: Duration) -> Self {
        Self { shown, passed: Duration::ZERO }
    }

    /// What the driver's clock shows now, as a time that does not go back.
    pub(crate) fn tell(&mut self, shown: Duration) -> Duration {
        self.passed += shown.saturating_sub(self.shown);
        self.shown = shown;
        self.passed
    }

    /// When the driver's clock shows that moment, if it goes on as it does.
    pub(crate) fn shown_at(&self, moment: Duration) -> Duration {
        self.shown + moment.saturating_sub(self.passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_goes_back_loses_a_moment_and_stops_nothing() {
        let at = Duration::from_secs;
        let mut clock = SteadyClock::new(at(100));
        assert_eq!(clock.tell(at(103)), at(3));
        assert_eq!(clock.tell(at(50)), at(3));
        assert_eq!(clock.shown_at(at(5)), at(52));
        assert_eq!(clock.tell(at(52)), at(5));
        assert_eq!(clock.shown_at(at(1)), at(52), "what is due is due now");
    }
}
