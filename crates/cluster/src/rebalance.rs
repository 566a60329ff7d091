//! When a busy node gives a room to one that is not: seldom, one at a time, and none that has only just come.

use std::time::Duration;

use crate::Load;

/// From here on a node would rather carry less. Lowered, rooms move that need not; raised, those who are in them notice first.
const BUSY: Load = Load(700);

/// Another one is that much less loaded before a room goes there, in thousandths: a room that makes the other as busy as this one
/// gains nothing.
const LESS_BY: u16 = 400;

/// A node has been busy for so long without a break before a room goes. A burst of people who join is over by then.
const FOR: Duration = Duration::from_secs(10);

/// Between two rooms: what the first one has changed is seen by then.
const PAUSE: Duration = Duration::from_secs(15);

/// How busy this node is, since when, and when it may give a room away.
#[derive(Debug, Default)]
pub(crate) struct Rebalance {
    load: Load,
    busy_since: Option<Duration>,
    not_before: Duration,
}

impl Rebalance {
    pub(crate) const fn load(&self) -> Load {
        self.load
    }

    pub(crate) fn note(&mut self, now: Duration, load: Load) {
        self.load = load;
        self.busy_since = (load >= BUSY).then(|| self.busy_since.unwrap_or(now));
    }

    /// Whether a room may go. It is looked again after a while, whether or not one did.
    pub(crate) fn is_due(&mut self, now: Duration) -> bool {
        let is_due = self.due_at().is_some_and(|at| at <= now);
        if is_due {
            self.not_before = now + PAUSE;
        }
        is_due
    }

    /// Whether a node with that load is so much better off.
    pub(crate) const fn is_worth(&self, other: Load) -> bool {
        other.0.saturating_add(LESS_BY) <= self.load.0
    }

    fn due_at(&self) -> Option<Duration> {
        self.busy_since.map(|since| (since + FOR).max(self.not_before))
    }

    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        self.due_at()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn only_who_is_busy_for_a_while_gives_rooms_away_and_one_at_a_time() {
        let mut one = Rebalance::default();
        one.note(at(0), Load(699));
        assert!(!one.is_due(at(60)) && one.poll_timeout().is_none());
        one.note(at(60), Load(700));
        assert!(!one.is_due(at(69)));
        one.note(at(69), Load(100));
        one.note(at(70), Load(900));
        assert!(!one.is_due(at(79)), "there was a break");
        assert_eq!(one.poll_timeout(), Some(at(80)));
        assert!(one.is_due(at(80)) && !one.is_due(at(94)));
        assert!(one.is_due(at(95)));
    }

    #[test]
    fn what_makes_another_as_busy_gains_nothing() {
        let mut one = Rebalance::default();
        one.note(at(0), Load(800));
        assert!(one.is_worth(Load(400)) && !one.is_worth(Load(401)));
    }
}
