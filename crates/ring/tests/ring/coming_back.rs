//! A device whose socket breaks: for how long it is waited for, and what it is told when it is back.

use protocol::{ErrorCode, Outcome, Progress, Receipt, RingEvent, RingSide, Standing};

use super::world::{
    ADA, ADA_2, BOB, BOB_2, CEM, Device, World, answered, error, id, incoming, over, progress, ring,
};

fn placing(number: u128) -> Standing {
    Standing::Placing { ring: ring(number) }
}

fn in_call(number: u128, peer: Device, side: RingSide, talked_ms: u32) -> Standing {
    Standing::InCall { ring: ring(number), peer: id(peer), side, talked_ms }
}

#[test]
fn a_caller_has_ten_seconds_to_come_back_while_it_rings() {
    let mut world = World::ringing([ADA, BOB]);
    world.wait_secs(3);
    world.lose(ADA);
    world.wait(std::time::Duration::from_millis(9_999));
    assert_eq!(world.hears(BOB), [], "it goes on");
    world.wait_secs(1);
    assert_eq!(
        (world.hears(BOB), world.outcome(1)),
        (vec![over(1, Outcome::Cancelled)], Some(Outcome::Cancelled))
    );
}

#[test]
fn a_caller_who_is_back_has_the_same_ring_and_hears_how_far_it_is() {
    let mut world = World::ringing([ADA, BOB]);
    world.receipt(BOB, 1, Receipt::Ringing);
    world.lose(ADA);
    world.wait_secs(8);
    world.attach_as(ADA, placing(1));
    world.forget();
    world.place_after(ADA, 1, BOB, 8_000);
    let heard = world.hears(ADA);
    assert!(matches!(heard[0], RingEvent::Placed { .. }));
    assert_eq!(heard[1..], [progress(1, Progress::Ringing)]);
    world.wait_secs(21);
    assert_eq!((world.hears(BOB), world.outcome(1)), (vec![], None));
    world.wait_secs(1);
    assert_eq!(world.outcome(1), Some(Outcome::NoAnswer), "thirty seconds in all");
}

#[test]
fn a_caller_whose_ring_was_answered_or_declined_meanwhile_hears_that() {
    let mut world = World::ringing([ADA, BOB]);
    world.lose(ADA);
    world.answer(BOB, 1);
    assert_eq!(world.hears(BOB), [answered(1)]);
    world.wait_secs(2);
    world.attach_as(ADA, placing(1));
    world.place_after(ADA, 1, BOB, 2_000);
    assert_eq!(world.hears(ADA).last(), Some(&RingEvent::Answered { ring: ring(1), talked_ms: 2_000 }));

    let mut world = World::ringing([ADA, BOB]);
    world.lose(ADA);
    world.decline(BOB, 1);
    world.wait_secs(40);
    world.attach_as(ADA, placing(1));
    world.place_after(ADA, 1, BOB, 40_000);
    assert_eq!(world.hears(ADA).last(), Some(&over(1, Outcome::Declined)), "not that nobody answered");
}

#[test]
fn a_page_that_does_not_name_its_ring_any_more_has_given_it_up() {
    let mut world = World::ringing([ADA, BOB]);
    world.lose(ADA);
    world.attach(ADA);
    assert_eq!(world.hears(BOB), [over(1, Outcome::Cancelled)]);
}

#[test]
fn a_page_that_is_closed_ends_its_ring_at_once_and_its_call_ten_seconds_later() {
    let mut world = World::ringing([ADA, BOB]);
    world.close(ADA);
    assert_eq!(world.hears(BOB), [over(1, Outcome::Cancelled)]);
    for (goes, other) in [(ADA, BOB), (BOB, ADA)] {
        let mut world = World::talking([]);
        world.wait_secs(4);
        world.close(goes);
        world.wait(std::time::Duration::from_millis(9_999));
        assert_eq!((world.hears(other), world.outcome(1)), (vec![], None), "it may be loaded anew");
        world.wait_secs(1);
        let outcome = Outcome::Answered { seconds: 4 };
        assert_eq!((world.hears(other), world.outcome(1)), (vec![over(1, outcome)], Some(outcome)));
    }
}

#[test]
fn a_page_that_is_loaded_anew_is_in_its_call_and_is_told_so() {
    for (device, peer, side) in [(ADA, BOB, RingSide::Caller), (BOB, ADA, RingSide::Callee)] {
        let mut world = World::talking([]);
        world.wait_secs(4);
        for _ in 0..2 {
            world.close(device);
            world.wait_secs(9);
            world.attach_as(device, in_call(1, peer, side, 13_000));
            assert!(matches!(
                world.hears(device)[..],
                [RingEvent::Welcome { .. }, RingEvent::Answered { .. }]
            ));
        }
        world.wait_secs(60);
        assert_eq!((world.hears(peer), world.outcome(1)), (vec![], None));
        world.hang_up(device, 1);
        assert_eq!(world.hears(peer), [over(1, Outcome::Answered { seconds: 82 })]);
    }
}

#[test]
fn a_page_that_is_loaded_anew_too_late_hears_how_its_call_ended() {
    let mut world = World::talking([]);
    world.wait_secs(4);
    world.close(BOB);
    world.wait_secs(11);
    world.attach_as(BOB, in_call(1, ADA, RingSide::Callee, 15_000));
    assert_eq!(world.hears(BOB)[1..], [over(1, Outcome::Answered { seconds: 4 })]);
}

#[test]
fn the_line_of_one_and_the_page_of_the_other_have_each_their_own_time() {
    let mut world = World::talking([]);
    world.wait_secs(2);
    world.lose(ADA);
    world.wait_secs(3);
    world.close(BOB);
    world.wait_secs(9);
    assert_eq!(world.outcome(1), None);
    world.wait_secs(1);
    assert_eq!(world.outcome(1), Some(Outcome::Answered { seconds: 2 }), "both were in it until then");
    let mut world = World::talking([]);
    world.lose(ADA);
    world.wait_secs(25);
    world.close(BOB);
    world.wait_secs(5);
    assert_eq!(world.outcome(1), Some(Outcome::Lost { seconds: 0 }));
}

#[test]
fn while_a_page_is_loaded_anew_another_page_of_its_person_may_take_another_call() {
    let mut world = World::talking([BOB_2, CEM]);
    world.close(BOB);
    world.place(CEM, 2, BOB);
    world.answer(BOB_2, 2);
    assert_eq!(world.outcome(1), Some(Outcome::Answered { seconds: 0 }));
    assert!(world.hears(CEM).contains(&answered(2)));
    world.attach_as(BOB, in_call(1, ADA, RingSide::Callee, 1_000));
    assert!(world.hears(BOB).contains(&over(1, Outcome::Answered { seconds: 0 })));
}

#[test]
fn it_goes_on_ringing_while_nobody_is_there_and_whoever_comes_back_has_it_again() {
    let mut world = World::ringing([ADA, BOB, BOB_2]);
    world.lose(BOB);
    world.lose(BOB_2);
    world.wait_secs(20);
    assert_eq!(world.hears(ADA), []);
    world.attach(BOB_2);
    assert_eq!(incoming(&world.hears(BOB_2))[0].expires_in_ms, 10_000);
    world.answer(BOB_2, 1);
    assert_eq!(world.hears(ADA), [answered(1)]);
}

#[test]
fn a_call_waits_thirty_seconds_for_one_who_is_away_and_is_then_lost_for_both() {
    for away in [ADA, BOB] {
        let mut world = World::talking([]);
        world.wait_secs(11);
        world.lose(away);
        world.wait(std::time::Duration::from_millis(29_999));
        assert_eq!(world.outcome(1), None);
        world.wait_secs(1);
        let other = if away == ADA { BOB } else { ADA };
        let outcome = Outcome::Lost { seconds: 11 };
        assert_eq!((world.hears(other), world.outcome(1)), (vec![over(1, outcome)], Some(outcome)));
    }
}

#[test]
fn who_comes_back_to_a_call_is_in_it() {
    for (device, peer, side) in [(ADA, BOB, RingSide::Caller), (BOB, ADA, RingSide::Callee)] {
        let mut world = World::talking([]);
        world.lose(device);
        world.wait_secs(29);
        world.attach_as(device, in_call(1, peer, side, 29_000));
        world.wait_secs(60);
        assert_eq!(world.outcome(1), None);
        world.hang_up(peer, 1);
        assert_eq!(world.hears(device).last(), Some(&over(1, Outcome::Answered { seconds: 89 })));
    }
}

#[test]
fn who_answered_and_heard_nothing_says_so_again() {
    let mut world = World::ringing([ADA, BOB]);
    world.answer(BOB, 1);
    world.lose(BOB);
    world.attach_as(BOB, Standing::Answering { ring: ring(1) });
    world.forget();
    world.answer(BOB, 1);
    assert_eq!(world.hears(BOB), [answered(1)]);
    world.wait_secs(60);
    assert_eq!(world.outcome(1), None);
}

#[test]
fn a_page_that_does_not_name_its_call_any_more_has_lost_it() {
    let mut world = World::talking([]);
    world.wait_secs(6);
    world.lose(BOB);
    world.attach(BOB);
    let outcome = Outcome::Lost { seconds: 6 };
    assert_eq!((world.hears(ADA), world.outcome(1)), (vec![over(1, outcome)], Some(outcome)));
}

#[test]
fn a_device_that_was_away_hears_what_has_ended_meanwhile() {
    let mut world = World::ringing([ADA, BOB, BOB_2]);
    world.lose(BOB_2);
    world.answer(BOB, 1);
    world.attach(BOB_2);
    assert_eq!(world.hears(BOB_2)[1..], [over(1, Outcome::AnsweredElsewhere)]);
    world.lose(BOB_2);
    world.hang_up(BOB, 1);
    world.wait_secs(30);
    world.attach(BOB_2);
    assert_eq!(world.hears(BOB_2)[1..], [over(1, Outcome::AnsweredElsewhere)]);
    world.wait_secs(31);
    world.attach(BOB_2);
    assert_eq!(world.hears(BOB_2).len(), 1, "after a minute it is forgotten");
}

#[test]
fn who_rings_anew_from_another_page_has_given_up_what_the_old_one_did() {
    let mut world = World::talking([CEM]);
    world.lose(ADA);
    world.wait_secs(2);
    world.attach(ADA_2);
    world.place(ADA_2, 2, CEM);
    assert_eq!(world.hears(BOB), [over(1, Outcome::Answered { seconds: 0 })]);
    assert_eq!(incoming(&world.hears(CEM)).len(), 1);
}

#[test]
fn a_second_socket_of_a_device_takes_the_place_of_the_first_and_nothing_is_lost() {
    let mut world = World::talking([]);
    let first = world.sockets[&BOB];
    world.attach_as(BOB, in_call(1, ADA, RingSide::Callee, 0));
    assert_eq!(world.closed, [(first, protocol::CloseCode::TAKEN_OVER)]);
    world.input(ring::Input::Disconnect { connection: first, departure: ring::Departure::Broken });
    world.wait_secs(60);
    assert_eq!(world.outcome(1), None);
}

#[test]
fn a_device_that_is_not_in_the_call_does_not_get_into_it_by_saying_so() {
    let mut world = World::talking([BOB_2]);
    world.attach_as(BOB_2, in_call(1, ADA, RingSide::Callee, 0));
    assert!(world.hears(BOB_2).contains(&over(1, Outcome::Lost { seconds: 0 })));
    world.hang_up(BOB_2, 1);
    assert_eq!(world.hears(BOB_2), [error(ErrorCode::RingUnknown)]);
    assert_eq!(world.outcome(1), None);
}
