//! A caller that is no device: a program rings, polls, and gives up.

use protocol::{ErrorCode, Outcome, Progress, Receipt, RingEvent, Standing};
use ring::{Admission, Trace};

use super::world::{
    ADA, ADA_2, BOB, BOB_2, CEM, EVE, Storage, World, answered, error, id, incoming, key, over, progress,
    ring,
};

#[test]
fn a_program_rings_every_device_and_the_first_answer_has_the_call() {
    let mut world = World::with([BOB, BOB_2]);
    let told = world.place_as_program(EVE, 1, BOB);
    assert!(matches!(&told[..], [RingEvent::Placed { .. }]), "{told:?}");
    for device in [BOB, BOB_2] {
        let heard = world.hears(device);
        let [incoming] = incoming(&heard)[..] else { panic!("{heard:?}") };
        assert_eq!((incoming.caller, &incoming.caller_key), (id(EVE), &key(EVE)));
    }
    world.receipt(BOB, 1, Receipt::Ringing);
    world.answer(BOB_2, 1);
    assert_eq!(world.hears(BOB_2), [answered(1)]);
    assert_eq!(world.hears(BOB), [over(1, Outcome::AnsweredElsewhere)]);
    assert_eq!(world.rows[&ring(1)].placed_by.as_deref(), Some("program"));
    // It has no connection that could be missed.
    world.wait_secs(1_000);
    world.hang_up(BOB_2, 1);
    assert_eq!(world.outcome(1), Some(Outcome::Answered { seconds: 1_000 }));
}

#[test]
fn a_ring_of_a_program_ends_as_every_ring_does() {
    for admission in [Admission::Unreachable(Trace::None), Admission::Unreachable(Trace::Missed)] {
        let mut world = World::with([BOB]);
        world.admission = admission;
        let told = world.place_as_program(EVE, 1, BOB);
        assert!(matches!(&told[..], [RingEvent::Placed { .. }]));
        world.wait_secs(1);
        assert_eq!((world.outcome(1), world.hears(BOB)), (Some(Outcome::Offline), vec![]));
    }
    let mut world = World::with([BOB]);
    world.place_as_program(EVE, 1, BOB);
    world.wait_secs(30);
    assert_eq!(world.outcome(1), Some(Outcome::NoAnswer));
    world.place_as_program(EVE, 2, BOB);
    world.decline(BOB, 2);
    assert_eq!(world.outcome(2), Some(Outcome::Declined));
}

#[test]
fn what_a_program_gives_up_is_over_at_once() {
    let mut world = World::with([BOB]);
    world.place_as_program(EVE, 1, BOB);
    world.forget();
    world.withdraw(EVE, 1);
    assert_eq!(
        (world.hears(BOB), world.outcome(1)),
        (vec![over(1, Outcome::Cancelled)], Some(Outcome::Cancelled))
    );
    world.place_as_program(EVE, 2, BOB);
    world.answer(BOB, 2);
    world.forget();
    world.wait_secs(5);
    world.withdraw(EVE, 2);
    let hung_up = Outcome::Answered { seconds: 5 };
    assert_eq!((world.hears(BOB), world.outcome(2)), (vec![over(2, hung_up)], Some(hung_up)));
}

#[test]
fn nobody_gives_up_what_another_has_placed() {
    let mut world = World::ringing([ADA, BOB]);
    world.withdraw(ADA, 1);
    world.withdraw(BOB, 1);
    world.withdraw(CEM, 1);
    assert_eq!((world.hears(BOB), world.outcome(1)), (vec![], None), "a device has placed it, and is there");
}

#[test]
fn the_same_ring_again_is_the_same_and_an_identity_has_one_call() {
    let mut world = World::with([BOB, CEM]);
    world.place_as_program(EVE, 1, BOB);
    world.forget();
    let told = world.place_as_program(EVE, 1, BOB);
    assert!(matches!(&told[..], [RingEvent::Placed { .. }]));
    assert_eq!(world.hears(BOB), [], "it is on the screen");
    assert_eq!(world.place_as_program(EVE, 2, CEM), [error(ErrorCode::CallerBusy)]);
    world.decline(BOB, 1);
    assert_eq!(world.place_as_program(EVE, 1, BOB), [over(1, Outcome::Declined)]);
}

#[test]
fn who_rings_a_program_that_rings_them_is_busy_and_nothing_becomes_one_call() {
    let mut world = World::with([BOB]);
    world.place(BOB, 1, EVE);
    world.forget();
    world.place_as_program(EVE, 2, BOB);
    assert_eq!((world.outcome(2), world.hears(BOB)), (Some(Outcome::Busy), vec![]));
    assert_eq!(world.outcome(1), None, "it waits for a device, as before");
}

#[test]
fn a_page_of_the_same_identity_neither_ends_nor_gets_what_a_program_does() {
    let mut world = World::with([BOB]);
    world.place_as_program(ADA, 1, BOB);
    world.attach(ADA);
    world.attach_as(ADA_2, Standing::Placing { ring: ring(1) });
    world.forget();
    world.close(ADA);
    world.cancel(ADA_2, 1);
    assert_eq!(world.hears(ADA_2), [error(ErrorCode::RingUnknown)]);
    assert_eq!((world.hears(BOB), world.outcome(1)), (vec![], None));
    world.place(ADA_2, 2, CEM);
    assert_eq!(world.hears(ADA_2), [error(ErrorCode::CallerBusy)]);
}

#[test]
fn a_ring_and_a_call_of_a_program_outlive_a_restart() {
    let mut world = World::with([BOB]);
    world.place_as_program(EVE, 1, BOB);
    world.wait_secs(12);
    world.restart(Storage::Kept);
    world.forget();
    // The server places it again by itself.
    world.place_as_program(EVE, 1, BOB);
    world.wait_secs(3);
    world.attach(BOB);
    assert_eq!(incoming(&world.hears(BOB))[0].expires_in_ms, 15_000);
    world.answer(BOB, 1);
    world.wait_secs(100);
    world.restart(Storage::Kept);
    let peer = id(EVE);
    let side = protocol::RingSide::Callee;
    world.attach_as(BOB, Standing::InCall { ring: ring(1), peer, side, talked_ms: 100_000 });
    world.wait_secs(100);
    world.withdraw(EVE, 1);
    assert_eq!(world.outcome(1), Some(Outcome::Answered { seconds: 200 }));
}

#[test]
fn a_program_is_told_nothing_of_progress_and_people_are() {
    let mut world = World::with([ADA, BOB]);
    world.place_as_program(ADA, 1, BOB);
    world.forget();
    world.receipt(BOB, 1, Receipt::Ringing);
    assert_eq!(world.hears(ADA), [], "a page of the same identity is not in this call");
    world.withdraw(ADA, 1);
    world.place(ADA, 2, BOB);
    world.forget();
    world.receipt(BOB, 2, Receipt::Ringing);
    assert_eq!(world.hears(ADA), [progress(2, Progress::Ringing)]);
}
