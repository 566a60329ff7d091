//! The slots of one link to a node, and what is known to come through them.

use protocol::{MediaKey, Subscription, Subscriptions};

use crate::slots::plan::SlotPlan;

/// The slots of one link.
#[derive(Debug, Default)]
pub(crate) struct LinkSlots {
    plan: SlotPlan,
    /// What the node was told of the plan.
    told: Option<Subscriptions>,
    /// The video sections the driver was asked for.
    sections: usize,
    /// What the audio slots carry.
    audio: Vec<Option<MediaKey>>,
    /// Pictures that the node leaves out for now.
    paused: Vec<MediaKey>,
    /// Keyframes decoded in each video slot.
    keyframes: Vec<u32>,
    /// The same, when the slot was given to what it shows now.
    keyframes_before: Vec<u32>,
}

impl LinkSlots {
    /// Follows what is on the screen. Returns how many video sections there have to be, when that is more than before.
    pub(crate) fn assign(&mut self, tiles: &[Subscription]) -> Option<usize> {
        for slot in self.plan.assign(tiles) {
            if self.keyframes_before.len() <= slot {
                self.keyframes_before.resize(slot + 1, 0);
            }
            self.keyframes_before[slot] = self.keyframes.get(slot).copied().unwrap_or_default();
        }
        (self.plan.len() > self.sections).then(|| {
            self.sections = self.plan.len();
            self.sections
        })
    }

    /// The subscriptions, when the node does not know them.
    pub(crate) fn news(&mut self, is_watched: bool) -> Option<Subscriptions> {
        let subscriptions = self.plan.subscriptions(is_watched);
        if self.told.as_ref() == Some(&subscriptions) {
            return None;
        }
        self.told = Some(subscriptions.clone());
        Some(subscriptions)
    }

    /// What was said of the subscriptions may not have come.
    pub(crate) fn forget_told(&mut self) {
        self.told = None;
    }

    /// The publication in each video slot.
    pub(crate) fn shown(&self) -> Vec<Option<MediaKey>> {
        self.plan.shown()
    }

    pub(crate) fn slot_of(&self, key: MediaKey) -> Option<usize> {
        self.plan.slot_of(key)
    }

    pub(crate) fn set_audio(&mut self, slots: Vec<Option<MediaKey>>) {
        self.audio = slots;
    }

    pub(crate) fn audio(&self) -> &[Option<MediaKey>] {
        &self.audio
    }

    pub(crate) fn set_paused(&mut self, publications: Vec<MediaKey>) {
        self.paused = publications;
    }

    pub(crate) fn is_paused(&self, key: MediaKey) -> bool {
        self.paused.contains(&key)
    }

    pub(crate) fn set_keyframes(&mut self, keyframes: Vec<u32>) {
        self.keyframes = keyframes;
    }

    /// Whether a slot shows pictures of what it was given to.
    pub(crate) fn flows(&self, slot: usize) -> bool {
        let before = self.keyframes_before.get(slot).copied().unwrap_or_default();
        self.keyframes.get(slot).is_some_and(|keyframes| *keyframes > before)
    }
}
