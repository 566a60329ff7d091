//! Whom the video slots of the link to the server show: people keep their slot as long as they are seen.

use protocol::limits::MAX_VIDEO_SLOTS;
use protocol::{ParticipantId, SlotWish, SlotWishes};

/// How many video sections a link has: each step is a negotiation, and each section costs both ends something.
const STEPS: [usize; 3] = [4, 9, MAX_VIDEO_SLOTS];

/// The slots of one link.
#[derive(Debug, Default)]
pub(crate) struct SlotPlan {
    slots: Vec<Option<SlotWish>>,
}

impl SlotPlan {
    /// Gives each tile a slot, as far as there can be enough. Returns the slots that show somebody else now.
    pub(crate) fn assign(&mut self, tiles: &[SlotWish]) -> Vec<usize> {
        let tiles = &tiles[..tiles.len().min(MAX_VIDEO_SLOTS)];
        let wanted = STEPS.into_iter().find(|step| *step >= tiles.len()).unwrap_or(MAX_VIDEO_SLOTS);
        if self.slots.len() < wanted {
            self.slots.resize(wanted, None);
        }
        for slot in &mut self.slots {
            *slot = slot.and_then(|wish| tiles.iter().find(|tile| is_same(tile, &wish)).copied());
        }
        let mut changed = Vec::new();
        for tile in tiles {
            if self.slots.iter().flatten().any(|wish| is_same(wish, tile)) {
                continue;
            }
            if let Some(free) = self.slots.iter().position(Option::is_none) {
                self.slots[free] = Some(*tile);
                changed.push(free);
            }
        }
        changed
    }

    /// How many sections there have to be.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The slot that shows somebody's camera.
    pub(crate) fn slot_of(&self, id: ParticipantId) -> Option<usize> {
        self.slots.iter().position(|slot| slot.is_some_and(|wish| wish.participant == id))
    }

    /// What the server is told; nothing is wanted while nobody looks.
    pub(crate) fn wishes(&self, is_seen: bool) -> SlotWishes {
        let wishes = if is_seen { self.slots.clone() } else { vec![None; self.slots.len()] };
        SlotWishes::new(wishes).unwrap_or_default()
    }
}

fn is_same(one: &SlotWish, other: &SlotWish) -> bool {
    one.participant == other.participant && one.source == other.source
}

#[cfg(test)]
mod tests {
    use protocol::Source;
    use uuid::Uuid;

    use super::*;

    fn tile(id: u128) -> SlotWish {
        let participant = ParticipantId::new(Uuid::from_u128(id));
        SlotWish { participant, source: Source::Camera, height: 200 }
    }

    fn shown(plan: &SlotPlan) -> Vec<u128> {
        let number = |wish: SlotWish| (1..50).find(|number| tile(*number).participant == wish.participant);
        plan.slots.iter().map(|slot| slot.and_then(number).unwrap_or_default()).collect()
    }

    #[test]
    fn who_stays_keeps_the_slot() {
        let mut plan = SlotPlan::default();
        assert_eq!(plan.assign(&[tile(1), tile(2), tile(3)]), [0, 1, 2]);
        assert_eq!(plan.assign(&[tile(3), tile(4), tile(1)]), [1]);
        assert_eq!(shown(&plan), [1, 4, 3, 0]);
        let larger = SlotWish { height: 700, ..tile(3) };
        assert!(plan.assign(&[larger]).is_empty());
        assert_eq!(plan.slots[2], Some(larger));
    }

    #[test]
    fn slots_grow_in_steps_and_have_an_end() {
        let mut plan = SlotPlan::default();
        for (tiles, slots) in [(1, 4), (5, 9), (2, 9), (10, 16), (40, 16)] {
            plan.assign(&(1..=tiles).map(tile).collect::<Vec<_>>());
            assert_eq!(plan.len(), slots);
        }
        assert_eq!(plan.slots.iter().flatten().count(), 16);
    }

    #[test]
    fn nobody_looks_and_nothing_is_wanted() {
        let mut plan = SlotPlan::default();
        plan.assign(&[tile(1)]);
        assert!(plan.wishes(false).as_slice().iter().all(Option::is_none));
        assert_eq!(plan.wishes(true).as_slice()[0], Some(tile(1)));
    }
}
