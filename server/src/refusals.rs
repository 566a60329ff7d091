//! What was refused: counted, and written to the log once in a while, whoever asks how often.

use std::time::Duration;

/// How long the log says nothing more of refusals of one kind.
const QUIET_FOR: Duration = Duration::from_secs(10);

/// Refusals of one kind.
#[derive(Default)]
pub(crate) struct Refusals {
    unsaid: u64,
    quiet_until: Duration,
}

impl Refusals {
    /// One more. How many there were since the log said so last, when it shall say so now.
    #[must_use]
    pub(crate) fn note(&mut self, now: Duration) -> Option<u64> {
        self.unsaid += 1;
        if now < self.quiet_until {
            return None;
        }
        self.quiet_until = now + QUIET_FOR;
        Some(std::mem::take(&mut self.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_are_refused_the_log_has_a_line_in_ten_seconds() {
        let mut refusals = Refusals::default();
        let lines: Vec<_> =
            (0..30_000).filter_map(|millis| refusals.note(Duration::from_millis(millis))).collect();
        assert_eq!(lines, [1, 10_000, 10_000]);
    }
}
