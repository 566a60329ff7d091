//! Somebody who has no device that is there, and can be woken: a ring waits for them for as long as it lasts.

use std::time::Duration;

use protocol::{Outcome, RingEvent};
use ring::{Admission, Relation, Trace, Waking};

use super::world::{ADA, BOB, BOB_2, CEM, EVE, World, answered, id, incoming, over, ring};

/// People who ring Bob, who can be woken and has no device that is there.
fn asleep<const N: usize>(people: [super::world::Device; N]) -> World {
    let mut world = World::with(people);
    world.waking = Waking::Possible;
    world
}

#[test]
fn who_is_woken_after_many_seconds_still_answers() {
    let mut world = asleep([ADA]);
    world.place(ADA, 1, BOB);
    assert_eq!(world.woken, [id(BOB)]);
    world.wait_secs(20);
    assert!(matches!(world.hears(ADA)[..], [RingEvent::Placed { .. }]), "nobody has said that it rings");
    world.attach(BOB);
    assert_eq!(incoming(&world.hears(BOB))[0].expires_in_ms, 10_000);
    world.answer(BOB, 1);
    assert_eq!(world.hears(ADA), [answered(1)]);
    assert_eq!((world.settled, world.missed), (vec![(id(BOB), ring(1))], vec![]));
}

#[test]
fn nobody_is_waited_for_longer_than_a_ring_lasts() {
    for waited_ms in [0, 1, 20_000] {
        let mut world = asleep([ADA]);
        world.place_after(ADA, 1, BOB, waited_ms);
        world.hears(ADA);
        world.wait(Duration::from_millis(u64::from(29_999 - waited_ms)));
        assert_eq!(world.hears(ADA), []);
        world.wait(Duration::from_millis(1));
        assert_eq!(world.hears(ADA), [over(1, Outcome::NoAnswer)], "the ID is somebody's");
        assert_eq!((&world.missed[..], &world.settled[..]), (&[(id(BOB), ring(1))][..], &[][..]));
    }
    let mut late = asleep([ADA]);
    late.place_after(ADA, 1, BOB, 30_000);
    let told = (late.hears(ADA).pop(), late.woken.len());
    assert_eq!(told, (Some(over(1, Outcome::Offline)), 0), "as every ring that comes too late");
}

#[test]
fn whoever_may_not_ring_somebody_who_can_be_woken_is_told_what_everybody_is_who_reaches_nobody() {
    for trace in [Trace::Missed, Trace::None] {
        let told = |waking| {
            let mut world = World::with([ADA]);
            (world.admission, world.waking) = (Admission::Unreachable(trace), waking);
            world.place(ADA, 1, BOB);
            world.wait(Duration::from_millis(799));
            let before = world.hears(ADA);
            world.wait(Duration::from_millis(1));
            assert_eq!(world.woken, []);
            (before, world.hears(ADA))
        };
        assert_eq!(told(Waking::Possible), told(Waking::Impossible));
        assert_eq!(told(Waking::Possible).1, [over(1, Outcome::Offline)]);
    }
}

#[test]
fn what_was_woken_hears_that_it_need_not_ring_when_another_device_declines() {
    let mut world = asleep([ADA]);
    world.place(ADA, 1, BOB);
    world.attach(BOB);
    world.decline(BOB, 1);
    assert_eq!((&world.settled[..], &world.missed[..]), (&[(id(BOB), ring(1))][..], &[][..]));
    // Nothing was woken for a ring that a device had at once.
    world.place(ADA, 2, BOB);
    world.decline(BOB, 2);
    assert_eq!(world.settled.len(), 1);
}

#[test]
fn a_caller_who_gives_up_is_missed_by_whoever_is_being_woken() {
    let mut world = asleep([ADA]);
    world.place(ADA, 1, BOB);
    world.wait_secs(5);
    world.cancel(ADA, 1);
    assert_eq!((&world.missed[..], &world.settled[..]), (&[(id(BOB), ring(1))][..], &[][..]));
    world.attach(BOB);
    assert_eq!(incoming(&world.hears(BOB)), Vec::<&protocol::IncomingRing>::new());
}

#[test]
fn who_rings_while_another_ring_waits_has_their_turn_after_it() {
    let mut world = asleep([ADA, CEM]);
    world.place(ADA, 1, BOB);
    world.wait_secs(2);
    world.place(CEM, 2, BOB);
    world.hears(CEM);
    world.wait_secs(10);
    assert_eq!(world.hears(CEM), [], "they learn nothing of the other one");
    world.cancel(ADA, 1);
    assert_eq!(world.woken, [id(BOB), id(BOB)], "once for each");
    world.attach(BOB);
    let heard = world.hears(BOB);
    let [shown] = incoming(&heard)[..] else { panic!("{heard:?}") };
    assert_eq!((shown.ring, shown.expires_in_ms), (ring(2), 20_000));
    world.answer(BOB, 2);
    assert_eq!(world.hears(CEM), [answered(2)]);
}

#[test]
fn a_ring_that_waits_behind_one_that_is_answered_is_shown_quietly() {
    let mut world = asleep([ADA, CEM]);
    world.place(ADA, 1, BOB);
    world.place(CEM, 2, BOB);
    world.attach(BOB);
    world.hears(BOB);
    world.answer(BOB, 1);
    let heard = world.hears(BOB);
    let [shown] = incoming(&heard)[..] else { panic!("{heard:?}") };
    assert_eq!((shown.ring, shown.manner), (ring(2), protocol::Manner::Quietly));
    world.wait_secs(30);
    assert_eq!(world.hears(CEM).pop(), Some(over(2, Outcome::Busy)));
}

#[test]
fn a_stranger_who_rings_all_the_time_keeps_nobody_out_whom_the_person_knows() {
    let mut world = asleep([ADA, CEM, EVE]);
    world.place(EVE, 1, BOB);
    world.wait_secs(1);
    world.admission = Admission::Rings(Relation::Known);
    world.place(ADA, 2, BOB);
    assert_eq!(world.woken.len(), 2);
    world.attach(BOB);
    let heard = world.hears(BOB);
    let [shown] = incoming(&heard)[..] else { panic!("{heard:?}") };
    assert_eq!(shown.ring, ring(2));
    assert_eq!(world.hears(EVE).len(), 1, "and learns nothing of it");
    world.decline(BOB, 2);
    assert_eq!(incoming(&world.hears(BOB))[0].ring, ring(1));
    // Of two strangers, and of two who are known, the first is first.
    for relation in [Relation::Stranger, Relation::Known] {
        let mut world = asleep([ADA, EVE]);
        world.admission = Admission::Rings(relation);
        world.place(EVE, 1, BOB);
        world.place(ADA, 2, BOB);
        world.attach(BOB_2);
        assert_eq!(incoming(&world.hears(BOB_2))[0].ring, ring(1), "{relation:?}");
    }
}

#[test]
fn who_waits_behind_a_ring_that_could_not_be_kept_has_their_turn() {
    let mut world = asleep([ADA, CEM]);
    world.place(ADA, 1, BOB);
    world.place(CEM, 2, BOB);
    world.input(ring::Input::Unkept { ring: ring(1) });
    world.attach(BOB);
    assert_eq!(incoming(&world.hears(BOB))[0].ring, ring(2));
}

#[test]
fn after_a_restart_the_ring_waits_again_for_whoever_is_woken() {
    let mut world = asleep([ADA]);
    world.place(ADA, 1, BOB);
    world.wait_secs(3);
    world.restart(super::world::Storage::Kept);
    world.attach_as(ADA, protocol::Standing::Placing { ring: ring(1) });
    world.place_after(ADA, 1, BOB, 3_000);
    assert_eq!(world.woken, [id(BOB), id(BOB)]);
    world.wait_secs(20);
    world.attach(BOB);
    assert_eq!(incoming(&world.hears(BOB))[0].expires_in_ms, 7_000);
}

#[test]
fn who_has_pages_that_sleep_or_go_while_it_rings_is_woken_once() {
    // No page says that it has the ring.
    let mut world = asleep([ADA, BOB]);
    world.place(ADA, 1, BOB);
    world.wait(Duration::from_millis(2_999));
    assert_eq!(world.woken, []);
    world.wait(Duration::from_millis(1));
    assert_eq!(world.woken, [id(BOB)]);
    world.lose(BOB);
    world.wait_secs(10);
    assert_eq!(world.woken.len(), 1);

    // One says so, and the last one goes.
    for goes in [World::close, World::lose] {
        let mut world = asleep([ADA, BOB, BOB_2]);
        world.place(ADA, 1, BOB);
        world.receipt(BOB, 1, protocol::Receipt::Ringing);
        goes(&mut world, BOB);
        world.wait_secs(5);
        assert_eq!(world.woken, []);
        goes(&mut world, BOB_2);
        assert_eq!(world.woken, [id(BOB)]);
        world.attach(BOB);
        world.answer(BOB, 1);
        assert_eq!(world.settled, [(id(BOB), ring(1))]);
    }

    // Nothing can wake them.
    let mut world = World::with([ADA, BOB]);
    world.place(ADA, 1, BOB);
    world.wait_secs(5);
    world.close(BOB);
    assert_eq!(world.woken, []);
}
