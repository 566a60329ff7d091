//! A ring is answered, declined, cancelled or hung up: by whom, how often, and who is told.

use protocol::{ErrorCode, HangUpReason, Outcome, RingEvent, RingMessage, SealedNote, Standing};

use super::world::{ADA, ADA_2, BOB, BOB_2, BOB_3, CEM, EVE, World, answered, error, over, ring};

#[test]
fn the_first_answer_has_the_call_and_every_other_device_is_told() {
    let mut world = World::ringing([ADA, ADA_2, BOB, BOB_2, BOB_3]);
    world.answer(BOB_2, 1);
    assert_eq!((world.hears(ADA), world.hears(BOB_2)), (vec![answered(1)], vec![answered(1)]));
    for device in [BOB, BOB_3] {
        assert_eq!(world.hears(device), [over(1, Outcome::AnsweredElsewhere)]);
    }
    assert_eq!(world.hears(ADA_2), [RingEvent::Changed], "its history has a call that goes on");
}

#[test]
fn a_second_answer_is_told_who_was_first_and_no_other_device_hears_of_it() {
    let mut world = World::ringing([ADA, BOB, BOB_2]);
    world.answer(BOB, 1);
    world.forget();
    world.answer(BOB_2, 1);
    assert_eq!(world.hears(BOB_2), [over(1, Outcome::AnsweredElsewhere)]);
    assert_eq!((world.hears(ADA), world.hears(BOB), world.states.len()), (vec![], vec![], 0));
}

#[test]
fn an_answer_to_what_is_over_is_told_how_it_ended_and_to_what_is_anothers_or_ones_own_is_an_error() {
    let mut world = World::ringing([ADA, BOB, EVE]);
    for device in [EVE, ADA] {
        world.answer(device, 1);
        assert_eq!(world.hears(device), [error(ErrorCode::RingUnknown)]);
    }
    world.answer(BOB, 7);
    assert_eq!(world.hears(BOB), [error(ErrorCode::RingUnknown)]);
    world.cancel(ADA, 1);
    world.forget();
    world.answer(BOB, 1);
    assert_eq!(world.hears(BOB), [over(1, Outcome::Cancelled)]);
    assert_eq!((world.hears(ADA), world.states.len()), (vec![], 0));
}

#[test]
fn who_answers_on_a_broken_line_is_told_what_became_of_it() {
    let answering = || Standing::Answering { ring: ring(1) };
    let mut world = World::ringing([ADA, BOB]);
    world.lose(BOB);
    world.cancel(ADA, 1);
    world.attach_as(BOB, answering());
    world.answer(BOB, 1);
    assert_eq!(world.hears(BOB).last(), Some(&over(1, Outcome::Cancelled)));

    let mut world = World::ringing([ADA, BOB, BOB_2]);
    world.lose(BOB);
    world.answer(BOB_2, 1);
    world.attach_as(BOB, answering());
    world.answer(BOB, 1);
    assert_eq!(world.hears(BOB).last(), Some(&over(1, Outcome::AnsweredElsewhere)));
    world.lose(BOB);
    world.hang_up(BOB_2, 1);
    world.attach_as(BOB, answering());
    world.answer(BOB, 1);
    assert_eq!(world.hears(BOB).last(), Some(&over(1, Outcome::AnsweredElsewhere)));
}

#[test]
fn who_has_blocked_a_caller_is_told_nothing_of_a_ring_by_answering_or_declining_it() {
    let mut world = World::with([ADA, BOB]);
    world.admission = ring::Admission::Unreachable(ring::Trace::None);
    world.place(ADA, 1, BOB);
    for wait in [0, 2] {
        world.wait_secs(wait);
        world.answer(BOB, 1);
        world.decline(BOB, 1);
        world.hang_up(BOB, 1);
        assert_eq!(
            world.hears(BOB),
            [error(ErrorCode::RingUnknown), error(ErrorCode::RingUnknown), error(ErrorCode::RingUnknown)]
        );
    }
    assert_eq!(world.outcome(1), Some(Outcome::Offline));
}

#[test]
fn an_answer_that_is_said_again_by_its_device_is_answered_as_the_first_was() {
    let mut world = World::talking([]);
    world.answer(BOB, 1);
    assert_eq!((world.hears(BOB), world.hears(ADA)), (vec![answered(1)], vec![]));
    world.wait_secs(8);
    world.hang_up(ADA, 1);
    world.forget();
    world.answer(BOB, 1);
    assert_eq!(world.hears(BOB), [over(1, Outcome::Answered { seconds: 8 })]);
    assert_eq!((world.hears(ADA), world.states.len()), (vec![], 0));
}

#[test]
fn a_decline_by_one_device_ends_it_for_all_and_the_caller_reads_declined() {
    let mut world = World::ringing([ADA, BOB, BOB_2, BOB_3]);
    let note = SealedNote::new("later".to_owned()).unwrap();
    world.say(BOB_3, RingMessage::Decline { ring: ring(1), message: Some(note.clone()) });
    let outcome = Outcome::Declined;
    assert_eq!(world.hears(ADA), [RingEvent::Over { ring: ring(1), outcome, message: Some(note) }]);
    for device in [BOB, BOB_2, BOB_3] {
        assert_eq!(world.hears(device), [over(1, Outcome::Declined)]);
    }
    assert_eq!((world.outcome(1), world.missed.len()), (Some(Outcome::Declined), 0));
}

#[test]
fn who_declines_what_another_device_has_answered_is_told_so() {
    let mut world = World::ringing([ADA, BOB, BOB_2]);
    world.answer(BOB, 1);
    world.forget();
    world.decline(BOB_2, 1);
    assert_eq!(world.hears(BOB_2), [over(1, Outcome::AnsweredElsewhere)]);
    assert_eq!((world.hears(ADA), world.hears(BOB)), (vec![], vec![]));
}

#[test]
fn a_cancelled_ring_is_over_for_all_and_was_missed() {
    let mut world = World::ringing([ADA, BOB, BOB_2]);
    world.cancel(ADA, 1);
    for device in [ADA, BOB, BOB_2] {
        assert_eq!(world.hears(device), [over(1, Outcome::Cancelled)]);
    }
    assert_eq!((world.outcome(1), world.missed.len()), (Some(Outcome::Cancelled), 1));
    world.cancel(ADA, 1);
    assert_eq!(world.hears(ADA), [over(1, Outcome::Cancelled)], "said again, it is the same");
    assert_eq!(world.hears(BOB), []);
}

#[test]
fn only_the_device_that_placed_a_ring_cancels_it() {
    let mut world = World::ringing([ADA, ADA_2, BOB, EVE]);
    for device in [ADA_2, BOB, EVE] {
        world.cancel(device, 1);
        assert_eq!(world.hears(device), [error(ErrorCode::RingUnknown)]);
    }
    assert_eq!(world.outcome(1), None);
}

#[test]
fn either_hangs_up_for_both_and_both_are_told_for_how_long_they_talked() {
    for device in [ADA, BOB] {
        let mut world = World::talking([BOB_2]);
        world.wait_secs(42);
        world.hang_up(device, 1);
        let outcome = Outcome::Answered { seconds: 42 };
        assert_eq!((world.hears(ADA), world.hears(BOB)), (vec![over(1, outcome)], vec![over(1, outcome)]));
        assert_eq!((world.hears(BOB_2), world.outcome(1)), (vec![RingEvent::Changed], Some(outcome)));
        world.hang_up(device, 1);
        assert_eq!(world.hears(device), [over(1, outcome)], "said again, it is the same");
    }
}

#[test]
fn a_call_whose_media_never_came_about_was_answered_and_is_lost() {
    let mut world = World::talking([]);
    world.wait_secs(15);
    world.say(ADA, RingMessage::HangUp { ring: ring(1), reason: HangUpReason::Lost });
    let outcome = Outcome::Lost { seconds: 15 };
    assert_eq!((world.hears(BOB), world.outcome(1)), (vec![over(1, outcome)], Some(outcome)));
}

#[test]
fn nobody_else_hangs_up() {
    let mut world = World::talking([ADA_2, BOB_2, CEM, EVE]);
    for device in [ADA_2, BOB_2, CEM, EVE] {
        world.hang_up(device, 1);
        world.cancel(device, 1);
        assert!(world.hears(device).iter().all(|event| *event == error(ErrorCode::RingUnknown)));
    }
    assert_eq!(world.outcome(1), None);
    assert_eq!((world.hears(ADA), world.hears(BOB)), (vec![], vec![]));
}

#[test]
fn who_cancels_a_ring_that_was_answered_meanwhile_hangs_up() {
    let mut world = World::talking([]);
    world.cancel(ADA, 1);
    assert_eq!(world.hears(BOB), [over(1, Outcome::Answered { seconds: 0 })]);
}

#[test]
fn devices_that_had_no_part_in_a_call_read_their_history_again_when_it_is_over() {
    let mut world = World::ringing([ADA, ADA_2, BOB, BOB_2]);
    world.answer(BOB, 1);
    world.forget();
    world.hang_up(ADA, 1);
    for device in [ADA_2, BOB_2] {
        assert_eq!(world.hears(device), [RingEvent::Changed]);
    }
    let mut world = World::ringing([ADA, ADA_2, BOB, BOB_2]);
    world.forget();
    world.cancel(ADA, 1);
    assert_eq!(world.hears(ADA_2), [RingEvent::Changed]);
    assert_eq!(world.hears(BOB_2), [over(1, Outcome::Cancelled)]);
}
