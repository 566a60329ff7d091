//! Spans of time as a timeline shows them: so many at the most, however many there were.

use std::time::Duration;

/// A span of the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub from: Duration,
    /// Where it ends; not before.
    pub until: Duration,
}

/// Spans in the order of time. Those that no screen would tell apart are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spans {
    spans: Vec<Span>,
    /// What is closer is one.
    gap: Duration,
}

/// A timeline has so many places, each some two pixels wide.
const PLACES: u32 = 400;

impl Spans {
    /// None yet, of a recording so long.
    #[must_use]
    pub fn new(duration: Duration) -> Self {
        Self { spans: Vec::new(), gap: duration / PLACES }
    }

    /// One more, that begins no earlier than those before.
    pub fn push(&mut self, from: Duration, until: Duration) {
        let until = until.max(from);
        match self.spans.last_mut() {
            Some(last) if from <= last.until + self.gap => last.until = last.until.max(until),
            Some(_) | None => self.spans.push(Span { from, until }),
        }
    }

    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[Span] {
        &self.spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_there_were_a_lane_has_few() {
        let hour = Duration::from_secs(3_600);
        let mut spans = Spans::new(hour);
        for second in 0..3_600_000_u64 {
            spans.push(Duration::from_millis(second), Duration::from_millis(second));
        }
        assert_eq!(
            spans.as_slice(),
            [Span { from: Duration::ZERO, until: Duration::from_millis(3_599_999) }]
        );
        let mut apart = Spans::new(hour);
        for number in 0..100_000_u64 {
            apart.push(Duration::from_millis(number * 36), Duration::from_millis(number * 36 + 1));
        }
        assert!(apart.as_slice().len() <= 401);
        let mut two = Spans::new(hour);
        two.push(Duration::from_secs(10), Duration::from_secs(20));
        two.push(Duration::from_secs(60), Duration::from_secs(70));
        assert_eq!(two.as_slice().len(), 2);
    }
}
