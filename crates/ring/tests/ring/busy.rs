//! The one line of a person: what a second ring meets, and what ends for the sake of what begins.

use protocol::{Activity, ErrorCode, Manner, Outcome, Progress, Receipt, RingEvent, RingMessage};

use ring::{Admission, Relation};

use super::world::{
    ADA, ADA_2, BOB, BOB_2, CEM, EVE, World, answered, error, id, incoming, over, progress, ring,
};

#[test]
fn a_ring_to_somebody_who_talks_is_shown_quietly_and_its_caller_is_told() {
    let mut world = World::talking([BOB_2, CEM]);
    world.place(CEM, 2, BOB);
    for device in [BOB, BOB_2] {
        assert_eq!(incoming(&world.hears(device))[0].manner, Manner::Quietly);
    }
    world.receipt(BOB, 2, Receipt::Shown);
    world.receipt(BOB_2, 2, Receipt::Ringing);
    assert_eq!(world.hears(CEM)[1..], [progress(2, Progress::InAnotherCall)]);
    assert_eq!((world.hears(ADA), world.outcome(1)), (vec![], None), "the call goes on");
}

#[test]
fn a_quiet_ring_that_is_declined_or_not_taken_finds_them_busy() {
    for declines in [false, true] {
        let mut world = World::talking([CEM]);
        world.place(CEM, 2, BOB);
        world.forget();
        if declines {
            world.decline(BOB, 2);
        } else {
            world.wait_secs(30);
        }
        assert_eq!(
            (world.hears(CEM), world.hears(BOB)),
            (vec![over(2, Outcome::Busy)], vec![over(2, Outcome::Busy)])
        );
        assert_eq!((world.outcome(1), &world.missed[..]), (None, &[(id(BOB), ring(2))][..]));
    }
}

#[test]
fn who_answers_a_second_call_has_hung_up_the_first_for_both() {
    let mut world = World::talking([BOB_2, CEM]);
    world.place(CEM, 2, BOB);
    world.wait_secs(7);
    world.forget();
    world.answer(BOB_2, 2);
    let ended = over(1, Outcome::Answered { seconds: 7 });
    assert_eq!(world.hears(ADA), std::slice::from_ref(&ended));
    assert_eq!(world.hears(BOB), [ended, over(2, Outcome::AnsweredElsewhere)]);
    // It had no part in the one that is over.
    assert_eq!(world.hears(BOB_2), [RingEvent::Changed, answered(2)]);
    assert_eq!(world.hears(CEM), [answered(2)]);
    let kept: Vec<_> = world.states.iter().map(|(ring, _)| *ring).collect();
    assert_eq!(kept, [ring(1), ring(2)], "the one is over before the other begins");
}

#[test]
fn in_a_meeting_a_ring_is_quiet_on_every_device_until_the_meeting_ends() {
    let mut world = World::with([ADA, BOB, BOB_2]);
    world.say(BOB_2, RingMessage::SetActivity { activity: Activity::InMeeting });
    world.place(ADA, 1, BOB);
    assert_eq!(incoming(&world.hears(BOB))[0].manner, Manner::Quietly);
    world.wait_secs(3);
    world.say(BOB_2, RingMessage::SetActivity { activity: Activity::Free });
    let heard = world.hears(BOB);
    assert_eq!((incoming(&heard)[0].manner, incoming(&heard)[0].expires_in_ms), (Manner::Aloud, 27_000));
    world.wait_secs(27);
    assert_eq!(world.outcome(1), Some(Outcome::NoAnswer));
}

#[test]
fn a_second_ring_is_busy_at_once_and_kept_as_missed() {
    for talking in [false, true] {
        let mut world = if talking { World::talking([CEM, EVE]) } else { World::with([ADA, BOB, CEM, EVE]) };
        world.place(CEM, 2, BOB);
        world.forget();
        world.place(EVE, 3, BOB);
        assert_eq!(world.hears(EVE)[1..], [over(3, Outcome::Busy)]);
        assert_eq!((world.hears(BOB), world.hears(CEM)), (vec![], vec![]));
        assert_eq!((world.outcome(3), &world.missed[..]), (Some(Outcome::Busy), &[(id(BOB), ring(3))][..]));
    }
}

#[test]
fn a_stranger_who_rings_keeps_nobody_out_whom_the_person_knows() {
    let mut world = World::with([ADA, BOB, CEM, EVE]);
    world.admission = Admission::Rings(Relation::Stranger);
    world.place(EVE, 1, BOB);
    world.place(CEM, 2, BOB);
    assert_eq!(world.hears(CEM)[1..], [over(2, Outcome::Busy)], "one stranger is as good as another");
    world.forget();
    world.admission = Admission::Rings(Relation::Known);
    world.place(ADA, 3, BOB);
    assert_eq!(world.hears(EVE), [over(1, Outcome::Busy)]);
    let heard = world.hears(BOB);
    assert_eq!((&heard[0], incoming(&heard)[0].ring), (&over(1, Outcome::Busy), ring(3)));
    assert_eq!(world.missed.last(), Some(&(id(BOB), ring(1))));
    for relation in [Relation::Stranger, Relation::Known] {
        world.admission = Admission::Rings(relation);
        world.place(EVE, 4, BOB);
        world.place(CEM, 5, BOB);
        assert_eq!((world.outcome(4), world.outcome(5)), (Some(Outcome::Busy), Some(Outcome::Busy)));
    }
    assert_eq!(world.outcome(3), None, "whom they know, nobody keeps out");
}

#[test]
fn a_stranger_who_was_answered_is_not_put_out_by_anybody() {
    let mut world = World::with([ADA, BOB, EVE]);
    world.admission = Admission::Rings(Relation::Stranger);
    world.place(EVE, 1, BOB);
    world.answer(BOB, 1);
    world.admission = Admission::Rings(Relation::Known);
    world.forget();
    world.place(ADA, 2, BOB);
    assert_eq!(incoming(&world.hears(BOB))[0].manner, Manner::Quietly);
    assert_eq!(world.outcome(1), None);
}

#[test]
fn who_rings_somebody_else_is_busy() {
    let mut world = World::with([ADA, BOB, CEM]);
    world.place(BOB, 1, CEM);
    world.place(ADA, 2, BOB);
    assert_eq!(world.hears(ADA)[1..], [over(2, Outcome::Busy)]);
    assert_eq!(world.hears(BOB).len(), 1, "of its own ring alone");
}

#[test]
fn who_talks_or_rings_already_cannot_ring_from_any_device() {
    let mut world = World::talking([ADA_2, CEM]);
    for device in [ADA, ADA_2] {
        world.place(device, 2, CEM);
        assert_eq!(world.hears(device), [error(ErrorCode::CallerBusy)]);
    }
    let mut world = World::ringing([ADA, ADA_2, BOB, CEM]);
    for device in [ADA, ADA_2] {
        world.place(device, 2, CEM);
        assert_eq!(world.hears(device), [error(ErrorCode::CallerBusy)]);
    }
    assert_eq!((world.hears(CEM), world.hears(BOB)), (vec![], vec![]));
}

#[test]
fn nobody_rings_themselves() {
    let mut world = World::with([ADA, ADA_2]);
    world.place(ADA, 1, ADA_2);
    assert_eq!((world.hears(ADA), world.hears(ADA_2)), (vec![error(ErrorCode::PeerIsSelf)], vec![]));
}

#[test]
fn who_answers_gives_up_what_they_were_placing() {
    let mut world = World::with([ADA, BOB, CEM]);
    world.place(CEM, 1, ADA);
    world.place(ADA, 2, BOB);
    world.forget();
    world.answer(ADA, 1);
    assert_eq!(world.hears(BOB), [over(2, Outcome::Cancelled)]);
    assert_eq!(world.hears(ADA), [over(2, Outcome::Cancelled), answered(1)]);
    assert_eq!(world.hears(CEM), [answered(1)]);
}

#[test]
fn a_ring_on_the_screen_becomes_quiet_when_its_person_begins_to_talk_and_loud_when_they_are_free() {
    let mut world = World::with([ADA, BOB, CEM]);
    world.place(CEM, 1, ADA);
    world.place(ADA, 2, BOB);
    world.forget();
    world.answer(BOB, 2);
    assert_eq!(incoming(&world.hears(ADA))[0].manner, Manner::Quietly);
    world.hang_up(BOB, 2);
    assert_eq!(incoming(&world.hears(ADA))[0].manner, Manner::Aloud);
    assert_eq!(world.outcome(1), None);
}

#[test]
fn the_line_is_free_again_when_a_call_is_over() {
    let mut world = World::talking([]);
    world.hang_up(BOB, 1);
    world.forget();
    world.place(BOB, 2, ADA);
    assert_eq!(incoming(&world.hears(ADA))[0].manner, Manner::Aloud);
}
