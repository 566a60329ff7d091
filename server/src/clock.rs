//! The one place that reads the clock.

use std::time::{Duration, Instant};

/// Time since the clock was made: what the state machines call `now`.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    /// A clock that stands at zero.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since then.
    pub fn now(&self) -> Duration {
        self.0.elapsed()
    }

    /// The moment that a state machine calls `at`.
    pub fn instant(&self, at: Duration) -> Instant {
        self.0 + at
    }
}
