//! People who say what they like about rings that are none of theirs.

use protocol::{Activity, ErrorCode, HangUpReason, Outcome, Receipt, RingMessage, RingSide, Standing};

use super::world::{ADA, BOB, EVE, World, answered, error, id, over, ring};

#[test]
fn a_ring_of_anothers_id_is_refused_whether_it_lasts_is_over_or_is_long_past() {
    let mut world = World::ringing([ADA, BOB, EVE]);
    for wait in [0, 31, 100] {
        world.wait_secs(wait);
        world.forget();
        world.place(EVE, 1, BOB);
        assert_eq!(world.hears(EVE), [error(ErrorCode::RingUnknown)]);
        assert_eq!((world.hears(BOB), world.states.len()), (vec![], 0));
    }
    assert_eq!(world.rows[&ring(1)].caller, id(ADA));
}

#[test]
fn one_cannot_lead_a_ring_to_somebody_else() {
    let mut world = World::ringing([ADA, BOB, EVE]);
    world.place(ADA, 1, EVE);
    assert_eq!((world.hears(ADA), world.hears(EVE)), (vec![error(ErrorCode::RingUnknown)], vec![]));
}

#[test]
fn nothing_that_a_stranger_says_of_a_ring_changes_it() {
    let everything = || {
        let ring = ring(1);
        [
            RingMessage::Receipt { ring, receipt: Receipt::Ringing },
            RingMessage::Answer { ring },
            RingMessage::Decline { ring, message: None },
            RingMessage::Cancel { ring },
            RingMessage::HangUp { ring, reason: HangUpReason::Lost },
            RingMessage::SetActivity { activity: Activity::InMeeting },
            RingMessage::LookUp { callee: id(ADA) },
        ]
    };
    let mut world = World::ringing([ADA, BOB, EVE]);
    everything().into_iter().for_each(|message| world.say(EVE, message));
    assert_eq!((world.hears(ADA), world.hears(BOB)), (vec![], vec![]));
    world.answer(BOB, 1);
    assert_eq!((world.hears(ADA), world.hears(BOB)), (vec![answered(1)], vec![answered(1)]));
    everything().into_iter().for_each(|message| world.say(EVE, message));
    assert_eq!((world.hears(ADA), world.hears(BOB)), (vec![], vec![]));
    assert_eq!(world.outcome(1), None);
}

#[test]
fn a_stranger_who_says_that_they_are_in_somebodys_call_is_told_that_they_are_not() {
    for (peer, side) in [(BOB, RingSide::Caller), (ADA, RingSide::Callee), (EVE, RingSide::Caller)] {
        let mut world = World::talking([]);
        let standing = Standing::InCall { ring: ring(1), peer: id(peer), side, talked_ms: 0 };
        world.attach_as(EVE, standing);
        assert_eq!(world.hears(EVE)[1..], [over(1, Outcome::Lost { seconds: 0 })]);
        assert_eq!((world.hears(ADA), world.hears(BOB), world.outcome(1)), (vec![], vec![], None));
    }
}

#[test]
fn a_receipt_of_whoever_never_had_the_ring_is_nothing() {
    let mut world = World::with([ADA]);
    world.place(ADA, 1, BOB);
    world.forget();
    world.receipt(ADA, 1, Receipt::Ringing);
    assert_eq!(world.hears(ADA), []);
}
