//! What of all this a client can make grow, and where it stops.

use protocol::{CloseCode, Outcome, RingEvent};

use super::world::{ADA, BOB, World, incoming, over, ring};

#[test]
fn of_more_devices_than_sixteen_the_oldest_goes() {
    let mut world = World::new();
    (1..=17).for_each(|number| world.attach((2, number)));
    let oldest = world.sockets[&(2, 1)];
    assert_eq!(world.closed, [(oldest, CloseCode::TAKEN_OVER)]);
    world.forget();
    world.attach(ADA);
    world.place(ADA, 1, BOB);
    let shown = (1..=17).filter(|number| !incoming(&world.hears((2, *number))).is_empty()).count();
    assert_eq!((shown, incoming(&world.hears((2, 1))).len()), (16, 0));
}

#[test]
fn a_device_that_talks_or_rings_somebody_does_not_give_way() {
    let mut world = World::talking([]);
    (2..=20).for_each(|number| world.attach((2, number)));
    let gone: Vec<_> = (2..=5).map(|number| (world.sockets[&(2, number)], CloseCode::TAKEN_OVER)).collect();
    assert_eq!(world.closed, gone, "the oldest of those that do nothing");
    world.wait_secs(60);
    assert_eq!(world.outcome(1), None);

    let mut world = World::ringing([ADA, BOB]);
    (2..=20).for_each(|number| world.attach((1, number)));
    assert!(!world.closed.iter().any(|(connection, _)| *connection == world.sockets[&ADA]));
    world.wait_secs(11);
    assert_eq!(world.outcome(1), None);
}

#[test]
fn of_a_thousand_rings_that_are_over_few_are_remembered_and_after_a_minute_none() {
    let mut world = World::with([ADA]);
    for number in 0..1_000 {
        world.place_after(ADA, number, BOB, 30_000);
    }
    assert!(world.rings.len() <= 32, "{}", world.rings.len());
    world.forget();
    world.place_after(ADA, 999, BOB, 0);
    assert_eq!(world.hears(ADA), [over(999, Outcome::Offline)], "the newest is known");
    world.place_after(ADA, 3, BOB, 0);
    assert_eq!(world.hears(ADA), [over(3, Outcome::Offline)], "of the others storage knows");
    world.wait_secs(60);
    assert_eq!(world.rings.len(), 0);
}

#[test]
fn nothing_is_left_of_people_who_have_gone() {
    let mut world = World::talking([]);
    world.hang_up(ADA, 1);
    world.close(ADA);
    world.close(BOB);
    world.wait_secs(60);
    assert!(world.rings.is_empty());
    assert_eq!(world.rings.poll_timeout(), None);
}

#[test]
fn one_who_cannot_be_reached_is_not_remembered_for_those_who_called() {
    let mut world = World::with([ADA]);
    world.admission = ring::Admission::Unreachable(ring::Trace::None);
    world.place(ADA, 1, BOB);
    world.wait_secs(1);
    world.attach(BOB);
    let heard = world.hears(BOB);
    assert!(matches!(&heard[..], [RingEvent::Welcome { .. }]), "{heard:?} of {:?}", ring(1));
}
