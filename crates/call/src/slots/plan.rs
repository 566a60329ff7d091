//! What the video slots of a link to a node show: a publication keeps its slot as long as it is seen.

use protocol::limits::MAX_VIDEO_SLOTS;
use protocol::{MediaKey, Subscription, Subscriptions};

/// How many video sections a link has: each step is a negotiation, and each section costs both ends something.
const STEPS: [usize; 3] = [4, 9, MAX_VIDEO_SLOTS];

/// The slots of one link.
#[derive(Debug, Default)]
pub(crate) struct SlotPlan(Vec<Option<Subscription>>);

impl SlotPlan {
    /// Gives each tile a slot, as far as there can be enough. Returns the slots that show something else now.
    pub(crate) fn assign(&mut self, tiles: &[Subscription]) -> Vec<usize> {
        let tiles = &tiles[..tiles.len().min(MAX_VIDEO_SLOTS)];
        let wanted = STEPS.into_iter().find(|step| *step >= tiles.len()).unwrap_or(MAX_VIDEO_SLOTS);
        if self.0.len() < wanted {
            self.0.resize(wanted, None);
        }
        for slot in &mut self.0 {
            *slot = slot.and_then(|shown| tiles.iter().find(|tile| tile.key() == shown.key()).copied());
        }
        let mut changed = Vec::new();
        for tile in tiles {
            if self.slot_of(tile.key()).is_some() {
                continue;
            }
            if let Some(free) = self.0.iter().position(Option::is_none) {
                self.0[free] = Some(*tile);
                changed.push(free);
            }
        }
        changed
    }

    /// How many sections there have to be.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The slot that shows a publication.
    pub(crate) fn slot_of(&self, key: MediaKey) -> Option<usize> {
        self.0.iter().position(|slot| slot.is_some_and(|shown| shown.key() == key))
    }

    /// The publication in each slot.
    pub(crate) fn shown(&self) -> Vec<Option<MediaKey>> {
        self.0.iter().map(|slot| slot.map(|shown| shown.key())).collect()
    }

    /// What the server is told; nothing is subscribed to while nobody looks.
    pub(crate) fn subscriptions(&self, is_watched: bool) -> Subscriptions {
        let slots = if is_watched { self.0.clone() } else { vec![None; self.0.len()] };
        Subscriptions::new(slots).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use protocol::{ParticipantId, Source};
    use uuid::Uuid;

    use super::*;

    fn tile(id: u128) -> Subscription {
        let participant = ParticipantId::new(Uuid::from_u128(id));
        Subscription { participant, source: Source::Camera, height: 200 }
    }

    fn shown(plan: &SlotPlan) -> Vec<u128> {
        let number =
            |shown: Subscription| (1..50).find(|number| tile(*number).participant == shown.participant);
        plan.0.iter().map(|slot| slot.and_then(number).unwrap_or_default()).collect()
    }

    #[test]
    fn who_stays_keeps_the_slot() {
        let mut plan = SlotPlan::default();
        assert_eq!(plan.assign(&[tile(1), tile(2), tile(3)]), [0, 1, 2]);
        assert_eq!(plan.assign(&[tile(3), tile(4), tile(1)]), [1]);
        assert_eq!(shown(&plan), [1, 4, 3, 0]);
        let larger = Subscription { height: 700, ..tile(3) };
        assert!(plan.assign(&[larger]).is_empty());
        assert_eq!(plan.0[2], Some(larger));
    }

    #[test]
    fn slots_grow_in_steps_and_have_an_end() {
        let mut plan = SlotPlan::default();
        for (tiles, slots) in [(1, 4), (5, 9), (2, 9), (10, 16), (40, 16)] {
            plan.assign(&(1..=tiles).map(tile).collect::<Vec<_>>());
            assert_eq!(plan.len(), slots);
        }
        assert_eq!(plan.0.iter().flatten().count(), 16);
    }

    #[test]
    fn nobody_looks_and_nothing_is_wanted() {
        let mut plan = SlotPlan::default();
        plan.assign(&[tile(1)]);
        assert!(plan.subscriptions(false).as_slice().iter().all(Option::is_none));
        assert_eq!(plan.subscriptions(true).as_slice()[0], Some(tile(1)));
    }
}
