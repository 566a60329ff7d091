//! The one place that reads the clocks.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use protocol::Timestamp;

/// Time since the clock was made: what the state machines call `now`; and the time of the world.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

/// This moment, for the forwarding unit, whose transport counts in moments.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub(crate) fn moment() -> Instant {
    Instant::now()
}

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

    /// What the world's clock shows.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn wall(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}
