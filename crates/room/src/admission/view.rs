//! What admission may know of the room: who is inside, and the rules of the door.

use std::time::Duration;

use protocol::{ErrorCode, ParticipantId, RoomCode, RoomSummary, Timestamp};

use super::secret;
use crate::rules::{Rules, refusal};
use crate::seats::Seats;
use crate::{GivenPassword, Visitor};

/// What it may know of the room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AdmissionView<'a> {
    code: RoomCode,
    pub(super) seats: &'a Seats,
    pub(super) rules: &'a Rules,
    pub(super) wall: Timestamp,
}

impl<'a> AdmissionView<'a> {
    pub(crate) fn new(code: RoomCode, seats: &'a Seats, rules: &'a Rules, wall: Timestamp) -> Self {
        Self { code, seats, rules, wall }
    }

    /// The room as its link shows it.
    pub(crate) fn summary(&self) -> RoomSummary {
        let settings = self.rules.settings();
        RoomSummary {
            code: self.code,
            name: settings.name.clone(),
            capacity: settings.capacity,
            present: u16::try_from(self.seats.len()).unwrap_or(u16::MAX),
            room_key: settings.room_key.clone(),
        }
    }

    pub(super) fn lacks_secret(&self, visitor: &Visitor) -> bool {
        let settings = self.rules.settings();
        secret::lacks_secret(visitor, settings)
            && !secret::may_claim(visitor, settings, self.is_empty_but_for(visitor.participant))
    }

    pub(super) fn is_empty_but_for(&self, id: ParticipantId) -> bool {
        self.seats.ids().all(|other| other == id)
    }

    pub(super) fn is_host_inside(&self) -> bool {
        self.seats.iter().any(|seat| seat.connection().is_some() && seat.participant().role.moderates())
    }

    pub(super) fn is_full_for(&self, now: Duration, id: ParticipantId, browser: Option<&str>) -> bool {
        self.seats.seats_taken(now, id, browser) >= usize::from(self.rules.settings().capacity)
    }

    /// Why somebody may not come in by what they show.
    pub(super) fn refusal_of(&self, now: Duration, visitor: &Visitor) -> Option<ErrorCode> {
        if secret::cannot_seal(visitor, self.rules.settings()) {
            return Some(ErrorCode::EncryptionRequired);
        }
        if let Some(code) = refusal(self.rules.standing(self.wall, visitor.verified.role())) {
            return Some(code);
        }
        if self.rules.asks_for_password(visitor.verified) {
            match visitor.password {
                GivenPassword::Missing => return Some(ErrorCode::PasswordNeeded),
                GivenPassword::Wrong => return Some(ErrorCode::PasswordWrong),
                GivenPassword::Right => {}
            }
        }
        self.is_full_for(now, visitor.participant, visitor.browser.as_deref()).then_some(ErrorCode::RoomFull)
    }
}
