//! What the history of both ends is made of: one row for each ring, which both read. So two histories cannot disagree.

use protocol::{
    CallId, DeviceId, Invitation, Outcome, PublicKey, RingId, RingSide, RoomCode, SealedNote, Timestamp,
};

/// A ring as it is kept. The newest row of a ring takes the place of those before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// The ring. Another person's ring of the same id is refused, so a row stays whose it is.
    pub ring: RingId,
    /// Who called.
    pub caller: CallId,
    /// Who was called.
    pub callee: CallId,
    /// The public key of the caller's identity.
    pub caller_key: PublicKey,
    /// That of the person called. `None` for a call of which this server had lost everything, until the person called has said so, too.
    pub callee_key: Option<PublicKey>,
    /// Where the call is, or would have been: the room that was made for this ring, and never one that a device names. `None` for a call of
    /// which this server had lost all but what its two ends said.
    pub room: Option<RoomCode>,
    /// The caller's name is in it, for the person called. `None` for a call of which this server had lost all but what its two ends said.
    pub invitation: Option<Invitation>,
    /// For the caller: whom they called.
    pub note: Option<SealedNote>,
    /// Whose histories it is in.
    pub readers: Readers,
    /// The API key with which a program has placed it; `None` for a ring of a device.
    pub placed_by: Option<String>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Which device of the person called has answered; the others are told that it was not them, also by a server that has started anew.
    pub answered_by: Option<DeviceId>,
    /// When it was answered, also once it is over.
    pub answered_at: Option<Timestamp>,
    /// How far it is.
    pub state: CallState,
    /// Who of the two is still in the call, with others, though it is over between the two. It is their way into that call, also on a server
    /// that starts anew.
    pub stays: Option<RingSide>,
}

impl CallRecord {
    /// Since when somebody is in a call by it, if somebody is.
    pub(crate) fn talking_since(&self) -> Option<Timestamp> {
        match self.state {
            CallState::Answered { at } => Some(at),
            CallState::Over { .. } => self.answered_at.filter(|_| self.stays.is_some()),
            CallState::Ringing => None,
        }
    }

    /// How it ended, as one device of the person called sees it.
    pub(crate) fn outcome_for_callee(&self, outcome: Outcome, device: DeviceId) -> Outcome {
        let is_elsewhere = outcome.was_answered() && self.answered_by.is_some_and(|by| by != device);
        if is_elsewhere { Outcome::AnsweredElsewhere } else { outcome }
    }
}

/// Whose histories a ring is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// In those of both.
    Both,
    /// In the caller's alone: there is nobody with that ID, or they have blocked the caller.
    Caller,
}

/// How far a ring is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// Nobody has answered yet.
    Ringing,
    /// They talk.
    Answered {
        /// Since then.
        at: Timestamp,
    },
    /// It has ended, and stays as it is.
    Over {
        /// How. Never [`Outcome::AnsweredElsewhere`], which is no end of a ring but what a device sees of it.
        outcome: Outcome,
    },
}
