//! The one place that reads the clocks.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use protocol::Timestamp;

/// How long something that the system has noted waits at the most.
const NOTED_WITHIN: Duration = Duration::from_secs(1);

/// Time since the clock was made: what the state machines call `now`; and the time of the world.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

/// This moment, for the forwarding unit, whose transport counts in moments.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub(crate) fn moment() -> Instant {
    Instant::now()
}

/// What the world's clock shows, for what is written into certificates and compared with files.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub(crate) fn system_time() -> SystemTime {
    SystemTime::now()
}

/// This moment on both clocks, for the relay, whose credentials expire by the time of the world.
pub(crate) fn now_on_both() -> relay::Now {
    let Moments { moment, wall } = Moments::now();
    relay::Now { moment, unix: wall.as_secs() }
}

/// The same moment on both clocks, to tell when something was that the system has noted by the time of the world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments {
    moment: Instant,
    wall: Duration,
}

impl Moments {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub(crate) fn now() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { moment: Instant::now(), wall }
    }

    /// When that was, which is never later than now. What is long ago was noted before the time of the world was set anew.
    pub(crate) fn of(&self, noted: Option<Duration>) -> Instant {
        let ago = self.wall.saturating_sub(noted.unwrap_or(self.wall));
        if ago > NOTED_WITHIN { self.moment } else { self.moment.checked_sub(ago).unwrap_or(self.moment) }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noted_time_is_a_moment_ago_and_never_later() {
        let moments =
            Moments { moment: moment() + Duration::from_secs(100), wall: Duration::from_secs(1_000) };
        let ago = |wall: Option<u64>| {
            let at = moments.of(wall.map(Duration::from_millis));
            moments.moment.checked_duration_since(at).expect("a moment that is over").as_millis()
        };
        assert_eq!(ago(Some(999_970)), 30);
        assert_eq!(ago(None), 0, "the system notes nothing");
        assert_eq!(ago(Some(1_000_500)), 0, "the clock was set back");
        assert_eq!(ago(Some(500_000)), 0, "the clock was set forward");
    }
}
