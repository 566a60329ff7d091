//! How a node leaves: its rooms go one by one, evenly spread over the time that there is, and whatever comes it ends in time.

use std::time::Duration;

use crate::Settings;

/// Two rooms go no further apart than this.
const AT_MOST_APART: Duration = Duration::from_millis(250);

/// Offers that are on their way at a time.
const AT_ONCE: usize = 32;

/// Every room has been offered once within this share of the time, in hundredths; the rest is for those that are refused.
const SHARE: u32 = 60;

/// After this time an offer that nobody has answered is given up.
pub(crate) const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// A room that was refused is offered again after this time.
pub(crate) const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A drain that goes on.
#[derive(Debug)]
pub(crate) struct Drain {
    ends_at: Duration,
    offered_by: Duration,
    next_at: Duration,
    was_alone: bool,
}

impl Drain {
    pub(crate) fn new(now: Duration, settings: &Settings) -> Self {
        let within = settings.drain_within;
        let offered_by = now + within * SHARE / 100;
        Self { ends_at: now + within, offered_by, next_at: now, was_alone: false }
    }

    /// Whether its time is up.
    pub(crate) fn is_over(&self, now: Duration) -> bool {
        now >= self.ends_at
    }

    /// Whether a room may be offered now.
    pub(crate) fn may_offer(&self, now: Duration, on_offer: usize) -> bool {
        now >= self.next_at && on_offer < AT_ONCE
    }

    /// A room is offered now; so many are left besides.
    pub(crate) fn offered(&mut self, now: Duration, left: usize) {
        let time = self.offered_by.saturating_sub(now);
        let rooms = u32::try_from(left).unwrap_or(u32::MAX).max(1);
        self.next_at = now + (time / rooms).min(AT_MOST_APART);
    }

    /// There is nobody to offer a room to. True the first time.
    pub(crate) fn is_alone(&mut self, now: Duration) -> bool {
        self.next_at = now + AGAIN_AFTER;
        !std::mem::replace(&mut self.was_alone, true)
    }

    /// When it is to be looked at, given when the first room may be offered and how many are on offer.
    pub(crate) fn poll_timeout(&self, first_offer_at: Option<Duration>, on_offer: usize) -> Duration {
        let offer = first_offer_at.filter(|_| on_offer < AT_ONCE).map(|at| at.max(self.next_at));
        offer.map_or(self.ends_at, |at| at.min(self.ends_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClusterTag, NodeId};

    fn last_offer(rooms: usize, within: u64) -> Duration {
        let mut settings = Settings::new(NodeId(1), ClusterTag([0; 16]), String::new());
        settings.drain_within = Duration::from_secs(within);
        let mut drain = Drain::new(Duration::ZERO, &settings);
        let mut now = Duration::ZERO;
        for left in (0..rooms).rev() {
            now = drain.poll_timeout(Some(Duration::ZERO), 0);
            assert!(drain.may_offer(now, 0) && !drain.may_offer(now, AT_ONCE) && !drain.is_over(now));
            drain.offered(now, left);
            assert!(left == 0 || !drain.may_offer(now, 0), "one by one");
        }
        now
    }

    #[test]
    fn however_many_rooms_there_are_they_go_within_the_time() {
        assert_eq!(last_offer(1, 60), Duration::ZERO);
        assert_eq!(last_offer(6, 60), Duration::from_millis(1_250), "few go soon");
        for rooms in [250, 1_000, 5_000] {
            let last = last_offer(rooms, 60);
            assert!(last > Duration::from_secs(35) && last <= Duration::from_secs(36), "{rooms}: {last:?}");
        }
        assert!(last_offer(1_000, 10) < Duration::from_secs(10));
    }

    #[test]
    fn a_drain_without_another_node_says_so_once_and_ends_by_its_time() {
        let settings = Settings::new(NodeId(1), ClusterTag([0; 16]), String::new());
        let mut drain = Drain::new(Duration::ZERO, &settings);
        assert!(drain.is_alone(Duration::ZERO) && !drain.is_alone(Duration::from_secs(1)));
        assert_eq!(drain.poll_timeout(None, 0), Duration::from_secs(60));
        assert!(!drain.is_over(Duration::from_millis(59_999)) && drain.is_over(Duration::from_secs(60)));
    }
}
