//! Nodes of a cluster whose Redis, PostgreSQL, links, clocks and processes fail, over many seeds: one owner's writes count, an owner whose write is
//! refused lets go, nobody takes a room from an owner who is there, drains end, and in the end everybody is in their room.

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

use faults::KINDS;
use report::Report;
use seed::{is_replay, play};
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
    worlds.iter().filter(|violations| violations.iter().any(|one| one.contains(said))).count()
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
