//! Storage does not take the row of a ring: it was never there, and everything about the others is as it is.

use protocol::{Outcome, RingEvent};
use ring::{Admission, Relation};

use super::world::{ADA, ADA_2, BOB, CEM, EVE, World, id, incoming, over, ring};

#[test]
fn whoever_gave_way_to_a_ring_that_is_not_kept_is_told_and_so_is_storage() {
    let mut world = World::with([ADA, BOB, CEM, EVE]);
    world.place(EVE, 1, BOB);
    world.forget();
    world.admission = Admission::Rings(Relation::Known);
    world.takes_none_anew = true;
    world.place(ADA, 2, BOB);
    assert_eq!(world.hears(EVE), [over(1, Outcome::Busy)]);
    assert_eq!(world.hears(BOB), [over(1, Outcome::Busy)], "and nothing of the other ring");
    assert_eq!(world.hears(ADA), []);
    assert_eq!((world.outcome(1), &world.missed[..]), (Some(Outcome::Busy), &[(id(BOB), ring(1))][..]));
    assert!(!world.rows.contains_key(&ring(2)));
    world.takes_none_anew = false;
    world.place(CEM, 3, BOB);
    world.place(EVE, 4, BOB);
    assert_eq!(world.outcome(4), Some(Outcome::Busy), "Bob's line is as any");
}

#[test]
fn a_ring_or_a_call_that_its_caller_gave_up_for_one_that_is_not_kept_is_over() {
    let mut world = World::ringing([ADA, ADA_2, BOB, CEM]);
    world.lose(ADA);
    world.takes_none_anew = true;
    world.place(ADA_2, 2, CEM);
    assert_eq!(world.hears(BOB), [over(1, Outcome::Cancelled)]);
    assert_eq!((world.outcome(1), world.hears(CEM)), (Some(Outcome::Cancelled), vec![]));
}

#[test]
fn of_a_ring_that_is_not_kept_nobody_hears_anything() {
    for waking in [ring::Waking::Impossible, ring::Waking::Possible] {
        let mut world = World::with([ADA]);
        world.waking = waking;
        world.takes_none_anew = true;
        for waited in [0, 30_000] {
            world.place_after(ADA, 1, BOB, waited);
            assert_eq!((world.hears(ADA), world.rows.len(), world.rings.len()), (vec![], 0, 0));
            assert!(world.woken.is_empty() && world.missed.is_empty() && world.settled.is_empty());
        }
    }
}

#[test]
fn a_waiting_ring_has_its_turn_after_one_that_went_before_it_and_is_not_kept() {
    let mut world = World::with([ADA, EVE]);
    world.waking = ring::Waking::Possible;
    world.place(EVE, 1, BOB);
    world.admission = Admission::Rings(Relation::Known);
    world.takes_none_anew = true;
    world.place(ADA, 2, BOB);
    world.attach(BOB);
    let heard = world.hears(BOB);
    assert!(matches!(&heard[..], [RingEvent::Welcome { .. }, RingEvent::Incoming(_)]), "{heard:?}");
    assert_eq!(incoming(&heard)[0].ring, ring(1));
}
