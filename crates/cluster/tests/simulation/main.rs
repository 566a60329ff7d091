//! Nodes of a cluster whose Redis, PostgreSQL, links, clocks and processes fail, over many seeds: one owner's writes count, an owner whose write is
//! refused lets go, nobody takes a room from an owner who is there, drains end, and in the end everybody is in their room.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]
#![expect(
    clippy::print_stdout,
    reason = "what happened is printed, and everything where a seed is played again"
)]

mod clients;
mod faults;
mod links;
mod outputs;
mod process;
mod redis;
mod report;
#[path = "../../../testkit/src/seed.rs"]
#[expect(unreachable_pub, reason = "the file is testkit's, which would bring transports of media with it")]
mod seed;
mod storage;
mod witness;
mod world;

use std::time::Duration;

use faults::{Fault, KINDS};
use report::Report;
use seed::{Seed, is_replay, play};
use world::{Flaw, World};

/// Simulations. `CLUSTER_SEEDS=100000` plays as many.
fn count() -> u64 {
    std::env::var("CLUSTER_SEEDS").ok().and_then(|number| number.parse().ok()).unwrap_or(2_000)
}

#[test]
fn whatever_breaks_one_owners_writes_count_and_everybody_is_back() {
    let reports = play(count(), |seed| {
        let (report, violations) = World::new(seed, Flaw::None).run();
        assert!(violations.is_empty(), "seed {seed}: {violations:#?}");
        report
    });
    let mut total = Report::default();
    reports.iter().for_each(|report| total.add(report));
    println!("{} simulations: {total:#?}", count());
    if is_replay() {
        return;
    }
    // A simulation in which nothing goes wrong shows nothing.
    assert_eq!(total.faults.len(), KINDS, "{:?}", total.faults);
    assert!(total.faults.values().all(|times| *times > count() / 50), "{:?}", total.faults);
    for (name, times) in total.happened() {
        assert!(times > count() / 500, "{name} happened {times} times");
    }
}

/// Of so many worlds with a flaw, in how many it was found, by what the witness said.
fn found(flaw: Flaw, said: &str) -> usize {
    let worlds = play(1_000, |seed| World::new(seed, flaw).run().1);
    let found = worlds.iter().filter(|violations| violations.iter().any(|one| one.contains(said))).count();
    println!("{flaw:?} was found in {found} of {} worlds", worlds.len());
    found
}

#[test]
fn a_database_that_takes_old_tokens_is_found_out() {
    let found = found(Flaw::UncheckedFences, "was written with");
    assert!(is_replay() || found > 20, "found in {found} of 1,000 worlds");
}

#[test]
fn rooms_that_are_taken_without_a_quiet_time_are_found_out() {
    let found = found(Flaw::NoQuiet, "who is there");
    assert!(is_replay() || found > 5, "found in {found} of 1,000 worlds");
}

/// What happened in worlds in which one thing goes wrong.
fn with_one(out_at_most: Duration, fault: impl Fn(&mut Seed, usize) -> Fault + Sync) -> Report {
    let mut total = Report::default();
    for report in play(100, |seed| {
        let (report, violations) = World::with(seed, &fault).run();
        assert!(violations.is_empty(), "seed {seed}: {violations:#?}");
        let out = report.longest_out;
        assert!(out <= out_at_most, "seed {seed}: somebody was out of their room for {out:?}");
        report
    }) {
        total.add(&report);
    }
    println!("{total:#?}");
    total
}

fn any_host(seed: &mut Seed, nodes: usize) -> usize {
    usize::try_from(seed.number(0..nodes as u64)).unwrap()
}

#[test]
fn who_was_on_a_process_that_has_died_is_back_at_once() {
    let total = with_one(Duration::from_secs(3), |seed, nodes| Fault::Death(any_host(seed, nodes)));
    assert!(is_replay() || total.cut_off > 100);
}

#[test]
fn who_was_on_a_machine_that_has_vanished_is_back_when_its_lease_has_run_out() {
    let total = with_one(Duration::from_secs(8), |seed, nodes| Fault::Vanished(any_host(seed, nodes)));
    assert!(is_replay() || total.cut_off > 100);
}

#[test]
fn a_drain_moves_every_room_and_closes_none() {
    let total = with_one(Duration::from_secs(2), |seed, nodes| Fault::Drain(any_host(seed, nodes)));
    assert!(is_replay() || total.moved > 50);
    assert_eq!(
        (total.drained, total.closed_by_drains, total.fenced),
        (if is_replay() { 1 } else { 100 }, 0, 0)
    );
}

#[test]
fn redis_away_or_postgresql_away_changes_no_room() {
    for fault in [Fault::RedisAway, Fault::RedisEmpty, Fault::StorageAway, Fault::StorageReadOnly] {
        let total = with_one(Duration::ZERO, |_, _| fault);
        assert_eq!((total.cut_off, total.fenced, total.moved), (0, 0, 0), "{fault:?}");
    }
}
