//! In which order and how fast rooms are taken: a thousand rooms of a node that has died are not asked for at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::ids::mix;
use crate::{NodeId, RoomKey};

/// Compare-and-swaps that are on their way at a time. Raised, rooms are back sooner and PostgreSQL has more to do at once.
const AT_ONCE: usize = 32;

/// Between two compare-and-swaps: 250 a second at the most.
const APART: Duration = Duration::from_millis(4);

/// After a death each room has its own moment within this time, by room and node: nodes that disagree about who takes it are unlikely to
/// try together.
const SPREAD: Duration = Duration::from_millis(400);

/// Rooms that wait for their turn, and those whose turn it is.
#[derive(Debug, Default)]
pub(crate) struct TakeQueue {
    waiting: BTreeSet<(Duration, RoomKey)>,
    not_before: BTreeMap<RoomKey, Duration>,
    active: BTreeSet<RoomKey>,
    next_at: Duration,
}

/// The moment of a room after a death.
pub(crate) fn spread(now: Duration, room: RoomKey, node: NodeId) -> Duration {
    let most = u64::try_from(SPREAD.as_millis()).unwrap_or(u64::MAX);
    now + Duration::from_millis(1 + mix(node.0, room.0) % most)
}

impl TakeQueue {
    /// The room waits, and not before that moment is its turn.
    pub(crate) fn push(&mut self, room: RoomKey, not_before: Duration) {
        self.remove(room);
        self.waiting.insert((not_before, room));
        self.not_before.insert(room, not_before);
    }

    /// The next room whose turn it is now.
    pub(crate) fn pop(&mut self, now: Duration) -> Option<RoomKey> {
        let (at, room) = self.waiting.first().copied()?;
        if at > now || self.next_at > now || self.active.len() >= AT_ONCE {
            return None;
        }
        self.waiting.pop_first();
        self.not_before.remove(&room);
        self.active.insert(room);
        self.next_at = now + APART;
        Some(room)
    }

    /// It neither waits nor is it taken any more.
    pub(crate) fn remove(&mut self, room: RoomKey) {
        self.active.remove(&room);
        if let Some(at) = self.not_before.remove(&room) {
            self.waiting.remove(&(at, room));
        }
    }

    /// When [`Self::pop`] has something. While too many are on their way an answer makes place, or its lack.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let (at, _) = self.waiting.first().filter(|_| self.active.len() < AT_ONCE)?;
        Some((*at).max(self.next_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_rooms_after_a_death_are_spread_and_none_is_forgotten() {
        let start = Duration::from_secs(9);
        let mut queue = TakeQueue::default();
        for room in 0..1_000 {
            queue.push(RoomKey(room), spread(start, RoomKey(room), NodeId(2)));
        }
        let mut taken = Vec::new();
        while let Some(at) = queue.poll_timeout() {
            let room = queue.pop(at).unwrap();
            assert_eq!(queue.pop(at), None, "one at a time");
            taken.push((at, room));
            queue.remove(room);
        }
        assert_eq!(taken.len(), 1_000);
        let last = taken.last().unwrap().0;
        assert!(last >= start + Duration::from_millis(3_996) && last <= start + Duration::from_millis(4_400));
        assert!(taken.iter().any(|(at, _)| *at > start), "not all at the first moment");
        for window in taken.windows(2) {
            assert!(window[1].0 - window[0].0 >= APART);
        }
    }

    #[test]
    fn two_nodes_have_different_moments_for_a_room_and_each_always_the_same() {
        let at = |node, room| spread(Duration::ZERO, RoomKey(room), NodeId(node));
        let differ = (0..100).filter(|room| at(1, *room).abs_diff(at(2, *room)) > Duration::from_millis(10));
        assert!(differ.count() > 80);
        assert_eq!(at(1, 5), at(1, 5));
        assert!((0..1_000).all(|room| at(3, room) <= SPREAD));
    }

    #[test]
    fn no_more_are_on_their_way_than_may_be() {
        let mut queue = TakeQueue::default();
        (0..40).for_each(|room| queue.push(RoomKey(room), Duration::ZERO));
        let mut now = Duration::ZERO;
        while let Some(at) = queue.poll_timeout() {
            now = at;
            queue.pop(now).unwrap();
        }
        assert_eq!((queue.active.len(), queue.waiting.len()), (AT_ONCE, 8));
        queue.remove(RoomKey(0));
        assert!(queue.pop(now + APART).is_some());
    }
}
