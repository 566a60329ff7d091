//! Calls of two to four over a network that delays, reorders and duplicates, over many seeds.

use std::time::Duration;

use testkit::{Report, World, is_replay, play};

const SEEDS: u64 = 1_200;

#[test]
fn every_pair_connects_whatever_the_network_does() {
    let reports = play(SEEDS, |seed| {
        let people = 2 + (seed % 3) as usize;
        let mut world = World::new(seed, people);
        let report = world.run(Duration::from_secs(60));
        assert!(world.all_connected(), "seed {seed}, {people} people: {report:?}\n{}", world.describe());
        assert_eq!(report.refusals, 0, "seed {seed}: something was done that a browser refuses");
        assert_eq!(report.stray_candidates, 0, "seed {seed}: a candidate came to the wrong description");
        report
    });
    let mut total = Report::default();
    for report in reports {
        add(&mut total, report);
    }
    println!(
        "{SEEDS} calls, all connected: {} signals reordered, {} duplicated, {} offers taken back after glare, {} links cut",
        total.faults.reordered, total.faults.duplicated, total.glare, total.cuts
    );
    // A simulation in which nothing goes wrong shows nothing.
    assert!(is_replay() || total.faults.reordered > SEEDS && total.faults.duplicated > SEEDS);
    assert!(is_replay() || total.glare > SEEDS / 4 && total.cuts > SEEDS / 4);
}

fn add(total: &mut Report, report: Report) {
    total.faults.reordered += report.faults.reordered;
    total.faults.duplicated += report.faults.duplicated;
    total.glare += report.glare;
    total.cuts += report.cuts;
}
