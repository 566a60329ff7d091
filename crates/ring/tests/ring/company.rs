//! Somebody is rung into a call that goes on: who may do that, who hears of it, and who is left when one goes.

use protocol::limits::GRACE_SECONDS;
use protocol::{ErrorCode, Manner, Outcome, Progress, Receipt, RingEvent, RingSide, Standing};
use ring::{Admission, CallState, MOST_IN_CALL, Readers, Relation, Trace, Waking};

use super::world::{
    ADA, ADA_2, BOB, BOB_2, CEM, CEM_2, DAN, Device, EVE, Storage, World, answered, error, id, incoming,
    over, progress, ring,
};

/// Ada and Bob talk by ring 1, and Ada rings Cem into it with ring 2.
fn ringing_cem<const N: usize>(others: [Device; N]) -> World {
    let mut world = World::talking([CEM]);
    others.into_iter().for_each(|device| world.attach(device));
    world.place_into(ADA, 2, CEM, 1);
    world
}

/// Ten seconds after Ada and Bob began to talk Cem has answered.
fn three<const N: usize>(others: [Device; N]) -> World {
    let mut world = World::talking([CEM]);
    world.wait_secs(10);
    others.into_iter().for_each(|device| world.attach(device));
    world.place_into(ADA, 2, CEM, 1);
    world.answer(CEM, 2);
    world.forget();
    world
}

fn in_call(number: u128, peer: Device, side: RingSide) -> Standing {
    Standing::InCall { ring: ring(number), peer: id(peer), side, talked_ms: 1_000 }
}

fn talked(seconds: u32) -> Outcome {
    Outcome::Answered { seconds }
}

#[test]
fn who_is_rung_into_a_call_is_shown_its_room_and_answers() {
    let mut world = ringing_cem([CEM_2]);
    let heard = world.hears(CEM);
    let [shown] = incoming(&heard)[..] else { panic!("{heard:?}") };
    assert_eq!((shown.caller, Some(shown.room)), (id(ADA), world.rows[&ring(1)].room));
    assert!(shown.into_call && shown.manner == Manner::Aloud);
    assert!(matches!(&world.hears(ADA)[..], [RingEvent::Placed { .. }]));
    world.receipt(CEM, 2, Receipt::Ringing);
    assert_eq!(world.hears(ADA), [progress(2, Progress::Ringing)]);
    world.answer(CEM, 2);
    assert_eq!((world.hears(ADA), world.hears(CEM)), (vec![answered(2)], vec![answered(2)]));
    assert_eq!(world.hears(CEM_2).last(), Some(&over(2, Outcome::AnsweredElsewhere)));
    assert_eq!(world.hears(BOB), [], "who is in the call sees who comes in its room");
    assert!([1, 2].iter().all(|number| matches!(world.state(*number), CallState::Answered { .. })));
}

#[test]
fn whoever_goes_while_three_talk_goes_alone_and_the_last_two_end_it_for_both() {
    for (first, second, third) in
        [(ADA, BOB, CEM), (ADA, CEM, BOB), (BOB, ADA, CEM), (CEM, BOB, ADA), (BOB, CEM, ADA)]
    {
        let own = |device| if device == CEM { 2 } else { 1 };
        let mut world = three([]);
        world.wait_secs(20);
        world.hang_up(first, own(first));
        let seconds = if first == CEM { 20 } else { 30 };
        let heard = world.hears(first);
        assert!(heard.contains(&over(own(first), talked(seconds))), "{first:?}: {heard:?}");
        for left in [second, third] {
            assert!(
                !world.hears(left).iter().any(|event| matches!(event, RingEvent::Over { .. })),
                "{first:?}"
            );
        }
        world.wait_secs(5);
        world.hang_up(second, own(second));
        for left in [second, third] {
            let seconds = if left == CEM { 25 } else { 35 };
            let heard = world.hears(left);
            assert!(heard.contains(&over(own(left), talked(seconds))), "{first:?} {left:?}: {heard:?}");
        }
        // What both read: for how long the two of a ring were in the call together.
        let until = |one| if [first, second].contains(&one) && first == one { 0 } else { 5 };
        let pair = |one, other| 20 + until(one).min(until(other));
        assert_eq!(world.outcome(1), Some(talked(10 + pair(ADA, BOB))), "{first:?}");
        assert_eq!(world.outcome(2), Some(talked(pair(ADA, CEM))), "{first:?}");
        assert!(world.rows.values().all(|row| row.stays.is_none()));
        world.wait_secs(100);
        assert!(world.rings.has_no_rings(), "nothing is left of it");
        world.forget();
        for (one, number) in [(ADA, 7), (BOB, 8), (CEM, 9)] {
            world.place(one, number, EVE);
            assert!(matches!(&world.hears(one)[..], [RingEvent::Placed { .. }]), "{one:?} can ring again");
            world.cancel(one, number);
        }
    }
}

#[test]
fn whoever_is_left_is_in_a_call_and_is_rung_quietly() {
    let mut world = three([DAN]);
    world.hang_up(ADA, 1);
    world.place(BOB, 5, EVE);
    assert_eq!(world.hears(BOB).last(), Some(&error(ErrorCode::CallerBusy)));
    world.forget();
    world.place(DAN, 6, CEM);
    let heard = world.hears(CEM);
    assert_eq!(incoming(&heard)[0].manner, Manner::Quietly);
    world.place(ADA, 7, EVE);
    assert!(matches!(&world.hears(ADA)[..], [RingEvent::Placed { .. }]), "she is free");
}

#[test]
fn everybody_in_the_call_may_ring_somebody_into_it_and_those_who_left_can_be_rung_back() {
    let mut world = three([DAN]);
    world.place_into(CEM, 3, DAN, 2);
    world.answer(DAN, 3);
    assert_eq!(world.hears(DAN).last(), Some(&answered(3)));
    world.hang_up(ADA, 1);
    world.hang_up(BOB, 1);
    world.forget();
    world.place_into(DAN, 4, ADA, 3);
    world.answer(ADA, 4);
    assert_eq!(world.hears(ADA).last(), Some(&answered(4)));
    world.forget();
    world.hang_up(DAN, 3);
    world.hang_up(ADA, 4);
    assert!(world.hears(CEM).contains(&over(2, talked(0))));
    assert!((1..=4).all(|number| world.outcome(number) == Some(talked(if number == 1 { 10 } else { 0 }))));
}

#[test]
fn a_ring_into_a_call_ends_as_every_ring_does() {
    let mut world = ringing_cem([]);
    world.decline(CEM, 2);
    assert_eq!(world.hears(ADA).last(), Some(&over(2, Outcome::Declined)));
    world.place_into(ADA, 3, CEM, 1);
    world.wait_secs(30);
    assert_eq!(world.hears(ADA).last(), Some(&over(3, Outcome::NoAnswer)));
    world.place_into(ADA, 4, CEM, 1);
    world.cancel(ADA, 4);
    assert_eq!(world.hears(CEM).last(), Some(&over(4, Outcome::Cancelled)));
    world.place(CEM, 5, DAN);
    world.place_into(ADA, 6, CEM, 1);
    assert_eq!(world.hears(ADA).last(), Some(&over(6, Outcome::Busy)));
    assert_eq!(world.outcome(1), None, "the call goes on");
}

#[test]
fn who_cannot_be_reached_is_so_at_the_same_time_whatever_the_reason() {
    for admission in [
        Admission::Unreachable(Trace::None),
        Admission::Unreachable(Trace::Missed),
        Admission::Rings(Relation::Stranger),
    ] {
        let mut world = World::talking([]);
        world.admission = admission;
        world.place_into(ADA, 2, EVE, 1);
        world.wait(ring::REACHED_WITHIN - std::time::Duration::from_millis(1));
        assert!(matches!(&world.hears(ADA)[..], [RingEvent::Placed { .. }]));
        world.wait(std::time::Duration::from_millis(1));
        assert_eq!(world.hears(ADA), [over(2, Outcome::Offline)], "{admission:?}");
    }
}

#[test]
fn a_ring_into_a_call_goes_with_whoever_placed_it_and_with_the_call() {
    let mut world = ringing_cem([]);
    world.hang_up(BOB, 1);
    assert_eq!((world.outcome(1), world.outcome(2)), (Some(talked(0)), Some(Outcome::Cancelled)));
    assert_eq!(world.hears(CEM).last(), Some(&over(2, Outcome::Cancelled)));
    assert_eq!(world.missed, [(id(CEM), ring(2))]);
    let mut world = three([DAN]);
    world.place_into(BOB, 3, DAN, 1);
    world.hang_up(CEM, 2);
    assert_eq!(world.outcome(3), None, "two are left, and one of them has placed it");
    world.close(BOB);
    assert_eq!(world.hears(DAN).last(), Some(&over(3, Outcome::Cancelled)));
    let mut world = three([DAN]);
    world.place_into(BOB, 3, DAN, 1);
    world.hang_up(BOB, 1);
    assert_eq!((world.outcome(3), world.outcome(2)), (Some(Outcome::Cancelled), None));
    world.answer(DAN, 3);
    assert_eq!(world.hears(DAN).last(), Some(&over(3, Outcome::Cancelled)));
}

#[test]
fn whoever_is_not_in_the_call_rings_nobody_into_it() {
    let mut world = World::talking([ADA_2, BOB_2, CEM, DAN]);
    // Another device of hers, somebody who is in no call, and a call that there is not.
    for (device, into) in [(ADA_2, 1), (CEM, 1), (ADA, 9)] {
        world.place_into(device, 2, DAN, into);
        assert_eq!(world.hears(device), [error(ErrorCode::NotAllowed)], "{device:?} {into}");
    }
    // Those who ring each other talk to nobody yet, and who has left does so no longer.
    world.place(CEM, 3, DAN);
    world.forget();
    world.place_into(CEM, 4, BOB, 3);
    assert_eq!(world.hears(CEM), [error(ErrorCode::NotAllowed)]);
    world.hang_up(ADA, 1);
    world.forget();
    world.place_into(ADA, 5, EVE, 1);
    assert_eq!(world.hears(ADA), [error(ErrorCode::NotAllowed)]);
    assert_eq!(world.rows.len(), 2, "nothing is kept of what was refused");
}

#[test]
fn the_room_is_that_of_the_call_or_nothing_rings() {
    let mut world = World::talking([CEM]);
    world.place_as_program(EVE, 2, CEM);
    world.answer(CEM, 2);
    world.forget();
    world.place_into(CEM, 3, DAN, 2);
    assert_eq!(world.hears(CEM), [error(ErrorCode::NotAllowed)], "a program's call is between the two");
    let other = world.rows[&ring(2)].room;
    world.rows.get_mut(&ring(1)).unwrap().room = other;
    world.place_into(ADA, 4, DAN, 1);
    assert_eq!(world.hears(ADA), [error(ErrorCode::NotAllowed)], "another room than the call's");
}

#[test]
fn who_is_in_the_call_oneself_and_a_second_one_at_a_time_are_refused() {
    let mut world = three([DAN]);
    for (caller, callee, own) in [(ADA, BOB, 1), (ADA, CEM, 1), (BOB, ADA, 1), (CEM, BOB, 2)] {
        world.place_into(caller, 3, callee, own);
        assert_eq!(world.hears(caller), [error(ErrorCode::PeerInCall)], "{caller:?} {callee:?}");
    }
    world.place_into(ADA, 3, ADA, 1);
    assert_eq!(world.hears(ADA), [error(ErrorCode::PeerIsSelf)]);
    world.place_into(ADA, 3, DAN, 1);
    world.place_into(ADA, 4, EVE, 1);
    assert_eq!(world.hears(ADA).last(), Some(&error(ErrorCode::CallerBusy)));
}

#[test]
fn who_calls_somebody_in_a_call_is_not_rung_into_it_by_them() {
    let mut world = World::talking([CEM]);
    world.place(CEM, 2, ADA);
    world.forget();
    world.place_into(ADA, 3, CEM, 1);
    assert_eq!(world.hears(ADA), [error(ErrorCode::CallerBusy)]);
    assert_eq!((world.outcome(1), world.outcome(2)), (None, None));
}

#[test]
fn answering_another_call_leaves_this_one_to_the_others() {
    let mut world = three([DAN]);
    world.place(DAN, 3, ADA);
    world.forget();
    world.answer(ADA, 3);
    assert!(world.hears(ADA).contains(&over(1, talked(10))));
    assert_eq!(world.outcome(3), None);
    world.wait_secs(5);
    world.hang_up(BOB, 1);
    assert!(world.hears(CEM).contains(&over(2, talked(5))), "Bob and Cem were left");
    assert_eq!(world.outcome(3), None, "Ada talks with Dan");
}

#[test]
fn a_late_cancel_takes_back_who_has_answered_and_nobody_who_has_left_takes_anybody_out() {
    let mut world = three([]);
    world.cancel(ADA, 2);
    assert!(world.hears(CEM).contains(&over(2, talked(0))));
    assert_eq!((world.outcome(1), world.outcome(2)), (None, Some(talked(0))));
    let mut world = three([]);
    world.hang_up(ADA, 1);
    world.forget();
    world.cancel(ADA, 2);
    world.hang_up(ADA, 2);
    world.hang_up(ADA, 1);
    assert_eq!(world.hears(ADA), [over(2, talked(0)), over(2, talked(0)), over(1, talked(10))]);
    assert_eq!((world.hears(BOB), world.hears(CEM)), (vec![], vec![]));
    // Nor does whoever is in the call, or in none, by a ring that is not theirs.
    world.attach(DAN);
    world.forget();
    for (device, number) in [(BOB, 2), (DAN, 1), (DAN, 2)] {
        world.hang_up(device, number);
        world.cancel(device, number);
        assert_eq!(world.hears(device), [error(ErrorCode::RingUnknown), error(ErrorCode::RingUnknown)]);
    }
}

#[test]
fn whose_connection_does_not_come_back_is_out_and_the_others_go_on() {
    let mut world = three([]);
    world.wait_secs(5);
    world.lose(ADA);
    world.wait(ring::CALL_GRACE);
    assert_eq!(world.outcome(1), Some(Outcome::Lost { seconds: 15 }));
    assert_eq!(world.outcome(2), Some(Outcome::Lost { seconds: 5 }));
    world.attach_as(ADA, in_call(1, BOB, RingSide::Caller));
    assert!(world.hears(ADA).contains(&over(1, Outcome::Lost { seconds: 15 })));
    world.forget();
    world.hang_up(CEM, 2);
    assert!(world.hears(BOB).contains(&over(1, talked(15 + u32::try_from(GRACE_SECONDS).unwrap()))));
}

#[test]
fn who_is_left_alone_by_somebody_who_was_lost_before_another_left_has_talked_until_that() {
    let mut world = three([]);
    world.wait_secs(5);
    world.lose(BOB);
    world.wait_secs(10);
    world.hang_up(ADA, 1);
    world.forget();
    world.wait_secs(GRACE_SECONDS);
    assert!(world.hears(CEM).contains(&over(2, Outcome::Lost { seconds: 15 })));
    assert_eq!((world.outcome(1), world.outcome(2)), (Some(talked(25)), Some(talked(15))));
}

#[test]
fn a_call_of_three_and_one_that_the_first_has_left_outlive_a_restart() {
    let mut world = three([]);
    world.restart(Storage::Kept);
    world.attach_as(ADA, in_call(1, BOB, RingSide::Caller));
    world.attach_as(BOB, in_call(1, ADA, RingSide::Callee));
    world.attach_as(CEM, in_call(2, ADA, RingSide::Callee));
    world.forget();
    world.wait_secs(100);
    world.hang_up(ADA, 1);
    assert!(world.hears(ADA).contains(&over(1, talked(110))));
    world.restart(Storage::Kept);
    world.attach(ADA);
    world.attach_as(BOB, in_call(1, ADA, RingSide::Callee));
    world.attach_as(CEM, in_call(2, ADA, RingSide::Callee));
    world.place(ADA, 5, EVE);
    assert!(
        matches!(&world.hears(ADA)[..], [RingEvent::Welcome { .. }, RingEvent::Placed { .. }]),
        "she has left"
    );
    world.wait_secs(100);
    assert_eq!(world.rows[&ring(1)].stays, Some(RingSide::Callee));
    world.hang_up(CEM, 2);
    assert!(world.hears(BOB).contains(&over(1, talked(210))));
    assert_eq!((world.outcome(1), world.outcome(2)), (Some(talked(110)), Some(talked(100))));
}

#[test]
fn a_ring_into_a_call_goes_on_when_its_caller_or_the_server_comes_back() {
    let mut world = ringing_cem([]);
    world.lose(ADA);
    world.wait_secs(5);
    world.attach_as(ADA, in_call(1, BOB, RingSide::Caller));
    assert_eq!(world.outcome(2), None, "she is in the call, and so it rings");
    world.restart(Storage::Kept);
    world.attach_as(ADA, in_call(1, BOB, RingSide::Caller));
    world.attach_as(BOB, in_call(1, ADA, RingSide::Callee));
    world.attach(CEM);
    world.forget();
    world.place_into_after(ADA, 2, CEM, (1, 5_000));
    assert_eq!(incoming(&world.hears(CEM))[0].expires_in_ms, 25_000);
    world.wait_secs(25);
    assert_eq!(world.hears(ADA).last(), Some(&over(2, Outcome::NoAnswer)));
    assert_eq!(world.outcome(1), None);
}

#[test]
fn who_says_that_somebody_is_in_a_call_with_them_ends_no_ring_into_the_one_that_they_are_in() {
    let mut world = ringing_cem([]);
    world.attach_as(EVE, in_call(9, ADA, RingSide::Caller));
    world.forget();
    world.hang_up(EVE, 9);
    assert_eq!((world.hears(ADA), world.hears(CEM), world.outcome(2)), (vec![], vec![], None));
}

#[test]
fn who_was_rung_in_is_taken_out_again_by_nobody_who_only_says_that_they_cancel() {
    let mut world = three([DAN]);
    world.place_into(CEM, 3, DAN, 2);
    world.answer(DAN, 3);
    world.wait_secs(60);
    world.forget();
    world.cancel(CEM, 3);
    assert_eq!(world.hears(CEM), [error(ErrorCode::RingUnknown)]);
    assert_eq!(world.hears(DAN), []);
    assert!(matches!(world.state(3), CallState::Answered { .. }));
}

#[test]
fn two_may_ring_the_same_person_into_their_call_who_comes_once() {
    let mut world = World::talking([]);
    world.waking = Waking::Possible;
    world.place_into(BOB, 2, CEM, 1);
    world.place_into(ADA, 3, CEM, 1);
    world.wait_secs(2);
    world.attach(CEM);
    world.forget();
    world.answer(CEM, 2);
    assert_eq!(world.hears(CEM), [answered(2)], "she is not rung into the call that she is in");
    assert!(world.hears(ADA).contains(&over(3, Outcome::Cancelled)));
    assert_eq!(world.outcome(3), Some(Outcome::Cancelled));
    assert_eq!(world.missed, [], "she has missed nothing");
    assert_eq!(world.rows[&ring(3)].readers, Readers::Caller, "nor is it in her history");
    world.hang_up(BOB, 1);
    world.place(ADA, 4, EVE);
    assert_eq!(world.hears(ADA).last(), Some(&error(ErrorCode::CallerBusy)), "she is in the call with Cem");
    world.hang_up(ADA, 1);
    world.wait_secs(100);
    assert!(world.rings.has_no_rings(), "nothing is left of it");
}

#[test]
fn a_call_takes_as_many_as_its_room() {
    let mut world = World::talking([]);
    for number in 2..MOST_IN_CALL as u32 {
        let (device, number) = ((100 + number, 1), u128::from(number));
        world.attach(device);
        world.place_into(ADA, number, device, 1);
        world.answer(device, number);
    }
    world.attach(CEM);
    world.forget();
    world.place_into(ADA, 50, CEM, 1);
    assert_eq!(world.hears(ADA), [error(ErrorCode::RoomFull)]);
    assert_eq!(world.hears(CEM), []);
}

#[test]
fn whoever_is_away_while_they_ring_somebody_in_is_as_unreachable_as_anybody_who_is_away() {
    let mut world = ringing_cem([DAN]);
    world.lose(ADA);
    world.place(DAN, 5, ADA);
    assert!(
        !world.hears(DAN).iter().any(|event| matches!(event, RingEvent::Over { .. })),
        "not busy at once"
    );
}

#[test]
fn who_is_being_rung_into_the_call_does_not_miss_a_second_ring_into_it() {
    for relation in [Relation::Stranger, Relation::Known] {
        let mut world = ringing_cem([]);
        world.admission = Admission::Rings(relation);
        world.place_into(BOB, 3, CEM, 1);
        let (over, rings) = if relation == Relation::Known { (2, 3) } else { (3, 2) };
        assert_eq!((world.outcome(over), world.outcome(rings)), (Some(Outcome::Busy), None));
        assert_eq!((&world.missed[..], world.rows[&ring(over)].readers), (&[][..], Readers::Caller));
        world.decline(CEM, rings);
        assert_eq!(world.rows[&ring(rings)].readers, Readers::Both, "one of them she knows of");
    }
    // Into another call it is another ring.
    let mut world = ringing_cem([DAN, EVE]);
    world.place(DAN, 4, EVE);
    world.answer(EVE, 4);
    world.place_into(DAN, 5, CEM, 4);
    assert_eq!((world.outcome(5), &world.missed[..]), (Some(Outcome::Busy), &[(id(CEM), ring(5))][..]));
}

#[test]
fn who_comes_into_the_call_of_somebody_whom_they_ring_was_not_missed_there() {
    for (callee, missed) in [(BOB, vec![]), (DAN, vec![(id(DAN), ring(3))])] {
        let mut world = ringing_cem([CEM_2, DAN]);
        world.place(CEM_2, 3, callee);
        world.answer(CEM, 2);
        assert_eq!((world.outcome(3), &world.missed), (Some(Outcome::Cancelled), &missed));
    }
}
