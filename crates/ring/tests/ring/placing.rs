//! A ring is placed: whom it reaches, what its caller learns, and for how long it rings.

use std::time::Duration;

use protocol::{Manner, Outcome, Progress, Receipt, RingEvent};
use ring::{Admission, CallState, Readers, Relation, Trace};

use super::world::{ADA, BOB, BOB_2, BOB_3, CEM, World, answered, id, incoming, key, over, progress, ring};

#[test]
fn a_ring_is_placed_at_once_and_every_device_of_the_person_called_has_it() {
    let mut world = World::with([ADA, BOB, BOB_2]);
    world.place(ADA, 1, BOB);
    assert!(matches!(&world.hears(ADA)[..], [RingEvent::Placed { .. }]));
    for device in [BOB, BOB_2] {
        let heard = world.hears(device);
        let [incoming] = incoming(&heard)[..] else { panic!("{heard:?}") };
        assert_eq!((incoming.ring, incoming.caller, &incoming.caller_key), (ring(1), id(ADA), &key(ADA)));
        assert_eq!((incoming.manner, incoming.expires_in_ms), (Manner::Aloud, 30_000));
    }
    assert_eq!(world.state(1), CallState::Ringing);
}

#[test]
fn a_device_that_comes_while_it_rings_has_what_is_left_of_it() {
    let mut world = World::ringing([ADA, BOB]);
    world.wait_secs(12);
    world.attach(BOB_2);
    let heard = world.hears(BOB_2);
    assert_eq!(incoming(&heard)[0].expires_in_ms, 18_000);
}

#[test]
fn the_caller_hears_the_best_of_all_receipts_and_it_never_goes_back() {
    let mut world = World::ringing([ADA, BOB, BOB_2, BOB_3]);
    assert_eq!(world.hears(ADA), [], "nothing before a device has said so");
    for (device, receipt, told) in [
        (BOB, Receipt::Shown, Some(Progress::Shown)),
        (BOB_2, Receipt::Shown, None),
        (BOB, Receipt::Silent, Some(Progress::Silent)),
        (BOB_3, Receipt::Ringing, Some(Progress::Ringing)),
        (BOB_2, Receipt::Ringing, None),
        (BOB_2, Receipt::Silent, None),
    ] {
        world.receipt(device, 1, receipt);
        let expected: Vec<_> = told.map(|told| progress(1, told)).into_iter().collect();
        assert_eq!(world.hears(ADA), expected);
    }
}

#[test]
fn it_rings_for_thirty_seconds_and_not_a_moment_longer() {
    let mut world = World::ringing([ADA, BOB]);
    world.wait(Duration::from_millis(29_999));
    assert_eq!((world.hears(ADA), world.hears(BOB)), (vec![], vec![]));
    world.wait(Duration::from_millis(1));
    assert_eq!(world.hears(ADA), [over(1, Outcome::NoAnswer)]);
    assert_eq!(world.hears(BOB), [over(1, Outcome::NoAnswer)]);
    assert_eq!((world.outcome(1), &world.missed[..]), (Some(Outcome::NoAnswer), &[(id(BOB), ring(1))][..]));
}

#[test]
fn a_ring_that_was_placed_before_rings_for_what_is_left() {
    let mut world = World::with([ADA, BOB]);
    world.place_after(ADA, 1, BOB, 21_000);
    assert_eq!(incoming(&world.hears(BOB))[0].expires_in_ms, 9_000);
    world.wait_secs(9);
    assert_eq!(world.outcome(1), Some(Outcome::NoAnswer));
}

#[test]
fn a_late_ring_is_a_missed_call_and_never_a_ring() {
    for waited in [30_000, 31_000, u32::MAX] {
        let mut world = World::with([ADA, BOB]);
        world.place_after(ADA, 1, BOB, waited);
        assert_eq!(world.hears(BOB), []);
        let heard = world.hears(ADA);
        assert!(matches!(heard[0], RingEvent::Placed { .. }));
        assert_eq!(heard[1..], [over(1, Outcome::Offline)], "it has reached nobody");
        assert_eq!(world.missed, [(id(BOB), ring(1))]);
    }
}

#[test]
fn nobody_rings_longer_by_saying_again_that_it_has_just_begun() {
    let mut world = World::ringing([ADA, BOB]);
    for _ in 0..6 {
        world.wait_secs(5);
        world.place(ADA, 1, BOB);
    }
    assert_eq!(world.outcome(1), Some(Outcome::NoAnswer));
    assert_eq!(world.hears(ADA).last(), Some(&over(1, Outcome::NoAnswer)));
}

/// What somebody is told, and when, in milliseconds.
type Told = Vec<(u128, RingEvent)>;

/// What the caller of ring 1 is told when they say that they have waited so long.
fn told(admission: Admission, devices: bool, waited_ms: u32) -> Told {
    told_both(admission, devices, waited_ms, None).0
}

/// What the caller of ring 1 is told, and the caller of ring 2, who rings the same person so many milliseconds later.
fn told_both(admission: Admission, devices: bool, waited_ms: u32, second_after: Option<u64>) -> (Told, Told) {
    let mut world = World::with([ADA, CEM]);
    if devices {
        world.attach(BOB);
        world.forget();
    }
    world.admission = admission;
    world.place_after(ADA, 1, BOB, waited_ms);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for millis in 0..40_000 {
        if second_after == Some(millis) {
            world.place(CEM, 2, BOB);
        }
        first.extend(world.hears(ADA).into_iter().map(|event| (world.now.as_millis(), event)));
        second.extend(world.hears(CEM).into_iter().map(|event| (world.now.as_millis(), event)));
        world.wait(Duration::from_millis(1));
    }
    assert_eq!(world.hears(BOB), [], "whoever cannot be reached hears nothing");
    (first, second)
}

#[test]
fn unknown_blocked_not_to_be_disturbed_and_no_device_are_one_answer_at_one_time() {
    for (waited_ms, over_at) in
        [(0, 800), (1, 10_000), (20_000, 10_000), (25_000, 5_000), (29_999, 1), (30_000, 0), (u32::MAX, 0)]
    {
        let nobody_there = told(Admission::Rings(Relation::Stranger), false, waited_ms);
        assert_eq!(nobody_there.len(), 2, "{waited_ms}");
        assert!(matches!(nobody_there[0], (0, RingEvent::Placed { .. })));
        assert_eq!(nobody_there[1], (over_at, over(1, Outcome::Offline)), "{waited_ms}");
        for trace in [Trace::Missed, Trace::None] {
            for devices in [false, true] {
                let told = told(Admission::Unreachable(trace), devices, waited_ms);
                assert_eq!(told, nobody_there, "{trace:?} {devices} {waited_ms}");
            }
        }
    }
}

#[test]
fn two_who_ring_the_same_person_at_once_learn_no_more_of_them_than_one() {
    for after in [0, 1, 400, 799] {
        let (first, second) = told_both(Admission::Rings(Relation::Stranger), false, 0, Some(after));
        assert_eq!(first[1..], [(800, over(1, Outcome::Offline))]);
        assert_eq!(second[1..], [(u128::from(after) + 800, over(2, Outcome::Offline))]);
        for trace in [Trace::Missed, Trace::None] {
            for devices in [false, true] {
                let told = told_both(Admission::Unreachable(trace), devices, 0, Some(after));
                assert_eq!(told, (first.clone(), second.clone()), "{trace:?} {devices} {after}");
            }
        }
    }
}

#[test]
fn of_two_rings_that_wait_for_a_device_the_first_is_shown() {
    let mut world = World::with([ADA, CEM]);
    world.place(ADA, 1, BOB);
    world.place(CEM, 2, BOB);
    world.wait(Duration::from_millis(300));
    world.attach(BOB);
    let heard = world.hears(BOB);
    let [shown] = incoming(&heard)[..] else { panic!("{heard:?}") };
    assert_eq!(shown.ring, ring(1));
    world.wait_secs(1);
    assert_eq!((world.outcome(1), world.outcome(2)), (None, Some(Outcome::Offline)));
    assert_eq!(world.missed, [(id(BOB), ring(2))]);
}

#[test]
fn somebody_whose_page_has_gone_while_they_ring_another_is_nobody_who_is_busy() {
    let mut world = World::with([ADA, BOB, CEM]);
    world.place(BOB, 1, CEM);
    world.lose(BOB);
    world.place(ADA, 2, BOB);
    world.wait(Duration::from_millis(799));
    assert_eq!(world.hears(ADA).len(), 1);
    world.wait(Duration::from_millis(1));
    assert_eq!(world.hears(ADA), [over(2, Outcome::Offline)]);
}

#[test]
fn what_cannot_be_reached_leaves_the_trace_that_the_rules_say() {
    for (admission, readers, is_missed) in [
        (Admission::Rings(Relation::Stranger), Readers::Both, true),
        (Admission::Unreachable(Trace::Missed), Readers::Both, true),
        (Admission::Unreachable(Trace::None), Readers::Caller, false),
    ] {
        let mut world = World::with([ADA]);
        world.admission = admission;
        world.place(ADA, 1, BOB);
        world.wait_secs(1);
        assert_eq!(world.rows[&ring(1)].readers, readers);
        assert_eq!(world.missed.len(), usize::from(is_missed), "{admission:?}");
        assert_eq!(world.woken, [], "nothing can wake anybody");
    }
}

#[test]
fn a_device_that_comes_in_time_has_the_ring() {
    let mut world = World::with([ADA]);
    world.place(ADA, 1, BOB);
    world.wait(Duration::from_millis(700));
    world.attach(BOB);
    assert_eq!(incoming(&world.hears(BOB))[0].expires_in_ms, 29_300);
    world.wait_secs(10);
    world.answer(BOB, 1);
    assert_eq!(world.hears(ADA).last(), Some(&answered(1)));
}

#[test]
fn a_stranger_leaves_a_request_with_people_who_want_to_be_asked_first() {
    let mut world = World::with([ADA, BOB]);
    world.admission = Admission::AsksFirst;
    world.place(ADA, 1, BOB);
    world.wait_secs(1);
    assert_eq!(world.hears(ADA).last(), Some(&over(1, Outcome::Asked)));
    assert_eq!((world.hears(BOB), world.outcome(1)), (vec![], Some(Outcome::Asked)));
    assert_eq!((world.rows[&ring(1)].readers, world.missed.len()), (Readers::Both, 0));
}

#[test]
fn a_row_is_kept_when_it_begins_when_it_is_answered_and_when_it_is_over() {
    let mut world = World::with([ADA, BOB]);
    world.place(ADA, 1, BOB);
    world.wait_secs(5);
    world.answer(BOB, 1);
    world.wait_secs(61);
    world.hang_up(ADA, 1);
    let placed_at = world.rows[&ring(1)].placed_at;
    let answered_at = protocol::Timestamp(placed_at.0 + 5_000);
    let states: Vec<_> = world.states.iter().map(|(_, state)| *state).collect();
    assert_eq!(
        states,
        [
            CallState::Ringing,
            CallState::Answered { at: answered_at },
            CallState::Over { outcome: Outcome::Answered { seconds: 61 } },
        ]
    );
}
