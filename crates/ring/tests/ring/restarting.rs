//! A server that starts anew, with its storage and without.

use protocol::{Outcome, RingEvent, RingMessage, RingSide, Standing};

use super::world::{ADA, ADA_2, BOB, BOB_2, CEM, Device, Storage, World, answered, id, incoming, over, ring};

fn in_call(peer: Device, side: RingSide, talked_ms: u32) -> Standing {
    Standing::InCall { ring: ring(1), peer: id(peer), side, talked_ms }
}

#[test]
fn a_ring_comes_back_for_what_is_left_of_it() {
    for storage in [Storage::Kept, Storage::Lost] {
        let mut world = World::ringing([ADA, BOB]);
        world.wait_secs(12);
        world.restart(storage);
        world.attach(BOB);
        assert_eq!(world.hears(BOB).len(), 1, "nothing before its caller is back");
        world.wait_secs(2);
        world.attach_as(ADA, Standing::Placing { ring: ring(1) });
        world.place_after(ADA, 1, BOB, 14_000);
        assert_eq!(incoming(&world.hears(BOB))[0].expires_in_ms, 16_000);
        world.answer(BOB, 1);
        assert_eq!(world.hears(ADA).last(), Some(&answered(1)));
    }
}

#[test]
fn nobody_rings_longer_because_the_server_has_started_anew() {
    let mut world = World::ringing([ADA, BOB]);
    world.wait_secs(25);
    world.restart(Storage::Kept);
    world.attach_as(ADA, Standing::Placing { ring: ring(1) });
    world.attach(BOB);
    world.place_after(ADA, 1, BOB, 0);
    assert_eq!(incoming(&world.hears(BOB))[0].expires_in_ms, 5_000);
}

#[test]
fn a_caller_who_comes_back_first_waits_for_those_who_have_to_come_back_too() {
    let mut world = World::ringing([ADA, BOB]);
    world.wait_secs(3);
    world.restart(Storage::Kept);
    world.attach_as(ADA, Standing::Placing { ring: ring(1) });
    world.place_after(ADA, 1, BOB, 3_000);
    world.wait_secs(7);
    world.attach(BOB);
    assert_eq!(incoming(&world.hears(BOB)).len(), 1);
}

#[test]
fn a_ring_whose_caller_does_not_come_back_is_over_and_so_is_its_row() {
    let mut world = World::ringing([ADA, BOB]);
    world.restart(Storage::Kept);
    world.attach(BOB);
    world.forget();
    world.wait_secs(10);
    assert_eq!((world.outcome(1), world.missed.len()), (Some(Outcome::Cancelled), 1));
    assert_eq!(world.hears(BOB), [over(1, Outcome::Cancelled)], "it may be on its screen");
}

#[test]
fn what_was_over_before_stays_as_it_was() {
    let mut world = World::ringing([ADA, BOB]);
    world.lose(ADA);
    world.decline(BOB, 1);
    world.restart(Storage::Kept);
    world.attach(BOB);
    world.attach_as(ADA, Standing::Placing { ring: ring(1) });
    world.forget();
    world.place_after(ADA, 1, BOB, 4_000);
    assert_eq!((world.hears(ADA), world.hears(BOB)), (vec![over(1, Outcome::Declined)], vec![]));
    assert_eq!(world.states.len(), 0);
}

#[test]
fn a_call_of_which_the_server_knows_nothing_is_taken_up_with_both_who_say_so() {
    for storage in [Storage::Kept, Storage::Lost] {
        let mut world = World::talking([]);
        world.wait_secs(100);
        world.restart(storage);
        world.attach_as(ADA, in_call(BOB, RingSide::Caller, 100_000));
        world.wait_secs(29);
        world.attach_as(BOB, in_call(ADA, RingSide::Callee, 129_000));
        world.forget();
        world.wait_secs(71);
        assert_eq!((world.hears(ADA), world.hears(BOB)), (vec![], vec![]));
        world.hang_up(BOB, 1);
        let outcome = Outcome::Answered { seconds: 200 };
        assert_eq!((world.hears(ADA), world.outcome(1)), (vec![over(1, outcome)], Some(outcome)));
    }
}

#[test]
fn a_page_that_is_loaded_anew_beside_a_server_that_starts_anew_is_in_its_call() {
    for storage in [Storage::Kept, Storage::Lost] {
        let mut world = World::talking([]);
        world.wait_secs(100);
        world.close(BOB);
        world.wait_secs(3);
        world.restart(storage);
        world.attach_as(ADA, in_call(BOB, RingSide::Caller, 103_000));
        world.wait_secs(20);
        world.attach_as(BOB, in_call(ADA, RingSide::Callee, 123_000));
        let talked_ms = 123_000;
        assert_eq!(world.hears(BOB)[1..], [RingEvent::Answered { ring: ring(1), talked_ms }]);
        world.forget();
        world.wait_secs(60);
        assert_eq!((world.hears(ADA), world.hears(BOB)), (vec![], vec![]));
    }
}

#[test]
fn a_call_of_which_one_alone_says_so_is_lost() {
    for storage in [Storage::Kept, Storage::Lost] {
        let mut world = World::talking([]);
        world.wait_secs(100);
        world.restart(storage);
        world.attach_as(ADA, in_call(BOB, RingSide::Caller, 100_000));
        world.forget();
        world.wait_secs(30);
        let outcome = Outcome::Lost { seconds: 100 };
        assert_eq!(world.hears(ADA), [over(1, outcome)]);
        let expected = if storage == Storage::Kept { Some(outcome) } else { None };
        assert_eq!(world.rows.contains_key(&ring(1)).then(|| world.outcome(1)).flatten(), expected);
    }
}

#[test]
fn who_says_that_they_are_in_a_call_makes_nobody_else_busy_and_writes_nothing() {
    let mut world = World::with([BOB, CEM]);
    world.attach_as(ADA, in_call(BOB, RingSide::Caller, 5_000));
    world.place(CEM, 2, BOB);
    assert_eq!(incoming(&world.hears(BOB))[0].manner, protocol::Manner::Aloud);
    world.wait_secs(60);
    assert!(!world.rows.contains_key(&ring(1)));
    assert_eq!(world.hears(BOB), [over(2, Outcome::NoAnswer)]);
}

#[test]
fn the_device_that_answered_is_known_after_a_restart_and_no_other_takes_its_place() {
    let mut world = World::ringing([ADA, BOB, BOB_2]);
    world.answer(BOB, 1);
    world.restart(Storage::Kept);
    world.attach_as(BOB_2, Standing::Answering { ring: ring(1) });
    world.forget();
    world.answer(BOB_2, 1);
    assert_eq!(world.hears(BOB_2), [over(1, Outcome::AnsweredElsewhere)]);
    world.attach_as(BOB, Standing::Answering { ring: ring(1) });
    world.forget();
    world.answer(BOB, 1);
    assert!(matches!(&world.hears(BOB)[..], [RingEvent::Answered { .. }]));
}

#[test]
fn an_answer_a_decline_and_a_cancel_are_taken_before_the_caller_is_back() {
    let mut world = World::ringing([ADA, BOB]);
    world.restart(Storage::Kept);
    world.attach_as(BOB, Standing::Answering { ring: ring(1) });
    world.answer(BOB, 1);
    world.attach_as(ADA, Standing::Placing { ring: ring(1) });
    world.place_after(ADA, 1, BOB, 1_000);
    assert_eq!((world.hears(BOB).last(), world.hears(ADA).last()), (Some(&answered(1)), Some(&answered(1))));

    let mut world = World::ringing([ADA, BOB]);
    world.restart(Storage::Kept);
    world.attach(BOB);
    world.decline(BOB, 1);
    assert_eq!(world.outcome(1), Some(Outcome::Declined));

    let mut world = World::ringing([ADA, BOB]);
    world.restart(Storage::Kept);
    world.attach_as(ADA, Standing::Placing { ring: ring(1) });
    world.say(ADA, RingMessage::Cancel { ring: ring(1) });
    assert_eq!(world.outcome(1), Some(Outcome::Cancelled));
}

#[test]
fn a_caller_who_was_told_nothing_of_an_answer_hears_it_from_the_next_server() {
    let mut world = World::ringing([ADA, BOB]);
    world.lose(ADA);
    world.answer(BOB, 1);
    world.restart(Storage::Kept);
    world.attach_as(BOB, in_call(ADA, RingSide::Callee, 3_000));
    world.attach_as(ADA, Standing::Placing { ring: ring(1) });
    world.forget();
    world.place_after(ADA, 1, BOB, 5_000);
    let heard = world.hears(ADA);
    assert!(matches!(&heard[..], [RingEvent::Placed { .. }, RingEvent::Answered { .. }]), "{heard:?}");
}

#[test]
fn a_ring_that_storage_has_does_not_make_two_of_one_line() {
    let mut world = World::ringing([ADA, BOB, CEM]);
    world.restart(Storage::Kept);
    world.attach(ADA_2);
    world.attach(CEM);
    world.place(ADA_2, 2, CEM);
    assert_eq!(world.outcome(1), Some(Outcome::Cancelled), "its page is away, and another rings");
    world.attach_as(ADA, Standing::Placing { ring: ring(1) });
    world.forget();
    world.place_after(ADA, 1, BOB, 1_000);
    assert_eq!(world.hears(ADA), [over(1, Outcome::Cancelled)]);
}

#[test]
fn a_ring_of_before_that_cannot_be_kept_is_over_for_those_who_have_it_on_their_screens() {
    let mut world = World::ringing([ADA, BOB]);
    world.restart(Storage::Kept);
    world.attach(BOB);
    world.attach_as(ADA, Standing::Placing { ring: ring(1) });
    world.place_after(ADA, 1, BOB, 1_000);
    world.forget();
    world.input(ring::Input::Unkept { ring: ring(1) });
    assert_eq!(world.hears(BOB), [over(1, Outcome::Cancelled)]);
    assert_eq!(world.hears(ADA), [over(1, Outcome::Cancelled)]);
    assert_eq!(world.outcome(1), Some(Outcome::Cancelled), "its row is not left to ring");

    let mut world = World::ringing([ADA, BOB]);
    world.input(ring::Input::Unkept { ring: ring(1) });
    assert_eq!((world.hears(ADA), world.hears(BOB)), (vec![], vec![]), "one that is new was never there");
    assert_eq!(world.rings.len(), 0);
}

#[test]
fn a_call_that_nobody_takes_up_did_not_go_on_while_the_server_was_away() {
    let mut world = World::talking([]);
    world.wait_secs(100);
    let began = protocol::Timestamp(match world.state(1) {
        ring::CallState::Answered { at } => at.0,
        ring::CallState::Ringing | ring::CallState::Over { .. } => panic!("they talk"),
    });
    world.seen_at = Some(protocol::Timestamp(began.0 + 95_000));
    world.wait_without_a_server(600);
    world.restart(Storage::Kept);
    world.wait_secs(30);
    assert_eq!(world.outcome(1), Some(Outcome::Lost { seconds: 95 }));

    // Whoever comes back has talked all the time: the call does not need a server.
    let mut world = World::talking([]);
    world.seen_at = Some(began);
    world.wait_without_a_server(600);
    world.restart(Storage::Kept);
    world.attach_as(ADA, in_call(BOB, RingSide::Caller, 600_000));
    world.attach_as(BOB, in_call(ADA, RingSide::Callee, 600_000));
    world.hang_up(ADA, 1);
    assert_eq!(world.outcome(1), Some(Outcome::Answered { seconds: 600 }));
}
