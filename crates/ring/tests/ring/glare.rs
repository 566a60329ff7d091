//! Two people ring each other: one call.

use protocol::{ErrorCode, Outcome, RingEvent, RingMessage, Standing};

use super::world::{ADA, ADA_2, BOB, BOB_2, CEM, World, answered, error, incoming, over, ring};

/// Ada's ring 1 to Bob was first; Bob has placed ring 2 to her.
fn glare() -> World {
    let mut world = World::ringing([ADA, ADA_2, BOB, BOB_2]);
    world.place(BOB, 2, ADA);
    world
}

#[test]
fn the_ring_that_was_first_is_answered_by_whoever_placed_the_second() {
    let mut world = glare();
    assert_eq!(world.hears(ADA), [answered(1)]);
    let heard = world.hears(BOB);
    assert!(
        matches!(&heard[..], [RingEvent::Merged { ring: second, into }] if *second == ring(2) && into.ring == ring(1)),
        "{heard:?}"
    );
    assert_eq!(world.hears(BOB_2), [over(1, Outcome::AnsweredElsewhere)]);
    assert_eq!(world.hears(ADA_2), [RingEvent::Changed], "nothing of the second ring is shown");
}

#[test]
fn there_is_one_row_and_nothing_of_the_second_ring() {
    let mut world = glare();
    world.wait_secs(20);
    world.hang_up(BOB, 1);
    assert_eq!(world.rows.len(), 1);
    assert_eq!(world.outcome(1), Some(Outcome::Answered { seconds: 20 }));
    assert_eq!(world.missed, []);
}

#[test]
fn who_did_not_hear_of_the_merger_hears_it_when_they_ask_again() {
    let mut world = glare();
    world.lose(BOB);
    world.wait_secs(5);
    world.attach_as(BOB, Standing::Placing { ring: ring(2) });
    world.forget();
    world.place_after(BOB, 2, ADA, 5_000);
    assert!(matches!(&world.hears(BOB)[..], [RingEvent::Merged { .. }]));
    world.wait_secs(31);
    assert_eq!(world.outcome(1), None, "they talk");
    world.hang_up(ADA, 1);
    world.forget();
    world.place_after(BOB, 2, ADA, 30_000);
    let heard = world.hears(BOB);
    assert!(matches!(&heard[..], [RingEvent::Merged { .. }, RingEvent::Over { .. }]), "{heard:?}");
}

#[test]
fn who_gives_up_a_ring_that_was_merged_hangs_up() {
    let mut world = glare();
    world.forget();
    world.say(BOB, RingMessage::Cancel { ring: ring(2) });
    assert_eq!(world.hears(ADA), [over(1, Outcome::Answered { seconds: 0 })]);
    assert!(world.hears(BOB).contains(&over(2, Outcome::Cancelled)));
}

#[test]
fn a_ring_whose_caller_was_not_to_disturb_is_merged_too() {
    let mut world = World::with([ADA, BOB]);
    world.admission = ring::Admission::Unreachable(ring::Trace::None);
    world.place(ADA, 1, BOB);
    world.admission = ring::Admission::Rings(ring::Relation::Stranger);
    world.forget();
    world.place(BOB, 2, ADA);
    assert_eq!(world.hears(ADA), [answered(1)]);
    assert_eq!(world.rows[&ring(1)].readers, ring::Readers::Both);
    assert!(incoming(&world.hears(ADA)).is_empty());
}

#[test]
fn whoever_rings_somebody_who_rings_them_into_a_call_sees_first_that_others_are_there() {
    for admission in [
        ring::Admission::Rings(ring::Relation::Stranger),
        ring::Admission::AsksFirst,
        ring::Admission::Unreachable(ring::Trace::None),
    ] {
        let mut world = World::talking([CEM]);
        world.admission = admission;
        world.place_into(ADA, 2, CEM, 1);
        world.forget();
        world.place(CEM, 3, ADA);
        let heard = world.hears(CEM);
        assert_eq!(heard[0], error(ErrorCode::CallerBusy), "{admission:?}");
        let [shown] = incoming(&heard)[..] else { panic!("{heard:?}") };
        assert!(shown.ring == ring(2) && shown.into_call);
        assert_eq!((world.hears(ADA), world.rows.get(&ring(3))), (vec![], None), "nobody is in it yet");
        world.answer(CEM, 2);
        assert_eq!((world.hears(CEM), world.hears(ADA)), (vec![answered(2)], vec![answered(2)]));
    }
}

#[test]
fn whoever_rings_somebody_who_rings_them_into_a_call_on_a_server_that_began_anew_sees_it_too() {
    let mut world = World::talking([CEM]);
    world.place_into(ADA, 2, CEM, 1);
    world.restart(super::world::Storage::Kept);
    world.attach(CEM);
    world.forget();
    world.place(CEM, 3, ADA);
    let heard = world.hears(CEM);
    assert_eq!(heard[0], error(ErrorCode::CallerBusy));
    assert!(incoming(&heard)[0].into_call);
}
