//! When each ring is to be looked at: of many rings the next is found without asking all.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use protocol::RingId;

/// One moment for each ring, at the most.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    of: BTreeMap<RingId, Duration>,
    in_order: BTreeSet<(Duration, RingId)>,
}

impl Deadlines {
    /// The ring is to be looked at then, and no longer at another time.
    pub(crate) fn set(&mut self, ring: RingId, at: Option<Duration>) {
        let before = match at {
            Some(at) => self.of.insert(ring, at),
            None => self.of.remove(&ring),
        };
        if let Some(before) = before {
            self.in_order.remove(&(before, ring));
        }
        self.in_order.extend(at.map(|at| (at, ring)));
    }

    /// The ring whose moment is first.
    pub(crate) fn next(&self) -> Option<(Duration, RingId)> {
        self.in_order.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_has_one_moment_and_the_first_is_found() {
        let ring = |number: u128| RingId::new(uuid::Uuid::from_u128(number));
        let at = Duration::from_secs;
        let mut deadlines = Deadlines::default();
        deadlines.set(ring(1), Some(at(5)));
        deadlines.set(ring(2), Some(at(4)));
        deadlines.set(ring(2), Some(at(6)));
        assert_eq!(deadlines.next(), Some((at(5), ring(1))));
        deadlines.set(ring(1), None);
        assert_eq!(deadlines.next(), Some((at(6), ring(2))));
        deadlines.set(ring(2), None);
        assert_eq!((deadlines.next(), deadlines.of.len()), (None, 0));
    }
}
