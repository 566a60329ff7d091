//! The one clock of the load: the kernel stamps what comes with the time of day, so that is what goes into packets too.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The time of day, in nanoseconds.
#[expect(clippy::disallowed_methods, reason = "what is measured is time")]
pub(crate) fn wall() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// The time that never goes back, for timers.
#[expect(clippy::disallowed_methods, reason = "what is measured is time")]
pub(crate) fn moment() -> Instant {
    Instant::now()
}
