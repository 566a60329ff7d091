//! Rings that were counted, for as long as they may ring: one that its caller says again is the same, and does not count a second time.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use protocol::{PublicKey, RingId};
use ring::RING_FOR;

/// How often a ring is said again by a page whose socket breaks, at the most. Whatever is said more often counts like a ring of its own; raising
/// it lets one ring ask storage more.
const REPEATS: u32 = 32;

/// Rings that are remembered. Of more the oldest count again. Raising it takes more of the server's memory.
const MOST: usize = 10_000;

/// A ring is said again while it rings, and once more to learn how it ended.
const REMEMBERED_FOR: Duration = RING_FOR.saturating_mul(2);

/// The rings.
#[derive(Default)]
pub(super) struct CountedRings {
    by_id: HashMap<RingId, Counted>,
    in_order: VecDeque<(Instant, RingId)>,
}

struct Counted {
    caller: PublicKey,
    repeats: u32,
}

impl CountedRings {
    /// Whether a ring is one that this caller was counted for.
    pub(super) fn is_repeated(&mut self, now: Instant, ring: RingId, caller: &PublicKey) -> bool {
        while let Some((_, old)) =
            self.in_order.pop_front_if(|(at, _)| now.duration_since(*at) > REMEMBERED_FOR)
        {
            self.by_id.remove(&old);
        }
        let Some(counted) = self.by_id.get_mut(&ring).filter(|counted| counted.caller == *caller) else {
            return false;
        };
        counted.repeats += 1;
        counted.repeats <= REPEATS
    }

    /// A ring was counted. One that another caller was counted for stays theirs.
    pub(super) fn note(&mut self, now: Instant, ring: RingId, caller: &PublicKey) {
        if self.by_id.contains_key(&ring) {
            return;
        }
        if self.by_id.len() >= MOST
            && let Some((_, oldest)) = self.in_order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
        self.by_id.insert(ring, Counted { caller: caller.clone(), repeats: 0 });
        self.in_order.push_back((now, ring));
    }
}
