//! Somebody who says anything about any ring, at any time.

use protocol::{
    Activity, HangUpReason, Invitation, PlaceRing, Receipt, RingId, RingMessage, RingSide, Standing,
};
use uuid::Uuid;

use super::page::id_of;
use crate::Seed;

/// One message, about one of these rings or one that there never was.
pub(super) fn message(seed: &mut Seed, rings: &[RingId], people: usize) -> RingMessage {
    let ring = any(seed, rings);
    let reason = HangUpReason::HungUp;
    match seed.number(0..10) {
        0 => RingMessage::Receipt { ring, receipt: Receipt::Ringing },
        1 => RingMessage::Answer { ring },
        2 => RingMessage::Decline { ring, message: None },
        3 => RingMessage::Cancel { ring },
        4 => RingMessage::HangUp { ring, reason },
        5 => RingMessage::HangUp { ring, reason: HangUpReason::Lost },
        6 => RingMessage::SetActivity { activity: Activity::InMeeting },
        7 => RingMessage::Ping,
        _ => {
            let into = if seed.chance(0.3) { Some(any(seed, rings)) } else { None };
            let callee = id_of(person(seed, people));
            let waited_ms = u32::try_from(seed.number(0..40_000)).unwrap_or_default();
            let invitation = Invitation::new("stranger".to_owned()).expect("base64url");
            RingMessage::Place(Box::new(PlaceRing { ring, callee, waited_ms, into, invitation, note: None }))
        }
    }
}

/// What the stranger claims to be in the middle of.
pub(super) fn standing(seed: &mut Seed, rings: &[RingId], people: usize) -> Standing {
    let ring = any(seed, rings);
    match seed.number(0..4) {
        0 => Standing::Idle,
        1 => Standing::Placing { ring },
        2 => Standing::Answering { ring },
        _ => Standing::InCall {
            ring,
            peer: id_of(person(seed, people)),
            side: if seed.chance(0.5) { RingSide::Caller } else { RingSide::Callee },
            talked_ms: 1_000,
        },
    }
}

fn any(seed: &mut Seed, rings: &[RingId]) -> RingId {
    if rings.is_empty() || seed.chance(0.1) {
        return RingId::new(Uuid::from_u128(seed.number(1_000_000..2_000_000).into()));
    }
    let index = usize::try_from(seed.number(0..rings.len() as u64)).unwrap_or_default();
    rings[index]
}

fn person(seed: &mut Seed, people: usize) -> usize {
    usize::try_from(seed.number(0..people as u64)).unwrap_or_default()
}
