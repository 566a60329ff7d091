//! What this device has decided and the server has not confirmed: it is said again on each socket until the server has said how the ring ended.

use std::collections::VecDeque;

use protocol::{MessageId, RingId, RingMessage, Standing};

/// Decisions that are kept. The oldest are given up beyond this number; the server's timers end what they were about.
const MAX_KEPT: usize = 8;

/// Messages whose refusal is still recognised.
const MAX_NUMBERED: usize = 16;

/// The decisions.
#[derive(Debug, Default)]
pub(super) struct Kept {
    decisions: VecDeque<Decision>,
    numbered: VecDeque<(MessageId, RingId)>,
    last_id: u64,
}

#[derive(Debug)]
struct Decision {
    ring: RingId,
    message: RingMessage,
    /// What the device says of itself until the server knows.
    standing: Standing,
}

impl Kept {
    /// Keeps a decision. `standing` is what the device was in the middle of when it was made.
    pub(super) fn keep(&mut self, ring: RingId, message: RingMessage, standing: Standing) {
        if self.decisions.len() >= MAX_KEPT {
            self.decisions.pop_front();
        }
        self.decisions.push_back(Decision { ring, message, standing });
    }

    /// Whether something was decided about a ring.
    pub(super) fn has(&self, ring: RingId) -> bool {
        self.decisions.iter().any(|decision| decision.ring == ring)
    }

    /// The server knows how the ring ended, or that there is none.
    pub(super) fn confirm(&mut self, ring: RingId) {
        self.decisions.retain(|decision| decision.ring != ring);
    }

    /// What is to be said again.
    pub(super) fn messages(&self) -> Vec<(RingId, RingMessage)> {
        self.decisions.iter().map(|decision| (decision.ring, decision.message.clone())).collect()
    }

    /// What was decided about one ring.
    pub(super) fn message(&self, ring: RingId) -> Option<RingMessage> {
        self.decisions.iter().find(|decision| decision.ring == ring).map(|decision| decision.message.clone())
    }

    /// What the device is still in the middle of for the server.
    pub(super) fn standing(&self) -> Standing {
        let standings = self.decisions.iter().map(|decision| decision.standing);
        standings.rev().find(|standing| *standing != Standing::Idle).unwrap_or_default()
    }

    /// A number for a message about a ring.
    pub(super) fn number(&mut self, ring: RingId) -> MessageId {
        self.last_id += 1;
        let id = MessageId(self.last_id);
        if self.numbered.len() >= MAX_NUMBERED {
            self.numbered.pop_front();
        }
        self.numbered.push_back((id, ring));
        id
    }

    /// What a refused message was about.
    pub(super) fn about(&self, id: Option<MessageId>) -> Option<RingId> {
        let id = id?;
        self.numbered.iter().find(|(numbered, _)| *numbered == id).map(|(_, ring)| *ring)
    }
}
