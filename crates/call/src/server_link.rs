//! The link to the server's forwarding unit: one more peer connection, with slots.

use std::time::Duration;

use protocol::{IceServer, LinkId, ParticipantId, PeerRef, SlotWish, SlotWishes};

use crate::link::Link;
use crate::negotiation::{Effect, Politeness};
use crate::slots::SlotPlan;
use crate::{LinkCommand, LinkStatus, Publications, Role};

/// The link, and what comes through it.
#[derive(Debug)]
pub(crate) struct ServerLink {
    pub(crate) id: LinkId,
    pub(crate) link: Link,
    plan: SlotPlan,
    /// What the server was told of the plan.
    told: Option<SlotWishes>,
    /// The sections the driver was asked for.
    sections: usize,
    /// Whom the audio slots carry.
    pub(crate) audio: Vec<Option<ParticipantId>>,
    /// Whose pictures the server leaves out for now.
    pub(crate) paused: Vec<ParticipantId>,
    /// Keyframes decoded in each slot.
    frames: Vec<u32>,
    /// The same, when the slot was given to whom it shows now.
    frames_before: Vec<u32>,
    pub(crate) connected_at: Option<Duration>,
}

impl ServerLink {
    pub(crate) fn new(now: Duration, id: LinkId) -> Self {
        Self {
            id,
            link: Link::new(now, PeerRef::Sfu, id, Politeness::Polite),
            plan: SlotPlan::default(),
            told: None,
            sections: 0,
            audio: Vec::new(),
            paused: Vec::new(),
            frames: Vec::new(),
            frames_before: Vec::new(),
            connected_at: None,
        }
    }

    pub(crate) fn open(
        &mut self,
        ice_servers: Vec<IceServer>,
        publications: &Publications,
        tiles: &[SlotWish],
    ) -> Vec<Effect> {
        self.assign(tiles);
        self.sections = self.plan.len();
        let slots = LinkCommand::SetSlots { video: self.sections };
        self.link.open(Role::Initiator, ice_servers, publications, [slots])
    }

    /// Follows what is on the screen. Returns a command, when there have to be more sections.
    pub(crate) fn assign(&mut self, tiles: &[SlotWish]) -> Option<LinkCommand> {
        for slot in self.plan.assign(tiles) {
            if self.frames_before.len() <= slot {
                self.frames_before.resize(slot + 1, 0);
            }
            self.frames_before[slot] = self.frames.get(slot).copied().unwrap_or_default();
        }
        if self.sections == 0 || self.plan.len() <= self.sections {
            return None;
        }
        self.sections = self.plan.len();
        Some(LinkCommand::SetSlots { video: self.sections })
    }

    /// Whom the slots show.
    pub(crate) fn expected(&self) -> Vec<Option<ParticipantId>> {
        let wishes = self.plan.wishes(true);
        wishes.as_slice().iter().map(|wish| wish.map(|wish| wish.participant)).collect()
    }

    /// The wishes, when the server does not know them.
    pub(crate) fn news_of_slots(&mut self, is_seen: bool) -> Option<SlotWishes> {
        let wishes = self.plan.wishes(is_seen);
        if self.told.as_ref() == Some(&wishes) {
            return None;
        }
        self.told = Some(wishes.clone());
        Some(wishes)
    }

    /// What was said of the wishes may not have come.
    pub(crate) fn forget_told(&mut self) {
        self.told = None;
    }

    pub(crate) fn frames_decoded(&mut self, frames: Vec<u32>) {
        self.frames = frames;
    }

    pub(crate) fn slot_of(&self, id: ParticipantId) -> Option<usize> {
        self.plan.slot_of(id)
    }

    /// Whether a slot shows pictures of whom it was given to.
    pub(crate) fn flows(&self, slot: usize) -> bool {
        let before = self.frames_before.get(slot).copied().unwrap_or_default();
        self.frames.get(slot).is_some_and(|frames| *frames > before)
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.link.status() == LinkStatus::Connected
    }
}
