//! Rooms that migrate between direct links and the forwarding units of two nodes, while people come, go, share their screens, lose
//! their sockets and cannot be reached, over many seeds: nobody is ever without a publication that they had, while there is a path.

use std::time::Duration;

use testkit::{World, is_replay, seeds};

const SEEDS: u64 = 300;

/// What the model takes from one link's connecting to the next look at frames, and no more.
const NO_GAP: Duration = Duration::from_millis(0);

#[test]
fn nobody_loses_anybody_in_a_move_and_all_see_all_in_the_end() {
    let (mut on_nodes, mut direct, mut hindered) = ([0, 0], 0, 0);
    for seed in seeds(SEEDS) {
        let people = 2 + (seed % 6) as usize;
        let mut world = World::moving(seed, people);
        let report = world.run(Duration::from_secs(190));
        assert!(world.all_see_all(), "seed {seed}, {people} people: {report:?}\n{}", world.describe_media());
        assert_eq!(world.wrongly_opened(), [], "seed {seed}\n{}", world.describe_keys());
        let gap = world.longest_gap();
        assert!(gap <= NO_GAP, "seed {seed}: {gap:?} without somebody\n{}", world.describe_media());
        assert_eq!(report.refusals, 0, "seed {seed}: something was done that a browser refuses");
        hindered += u64::from(world.is_anybody_blocked());
        match world.node() {
            Some(node) => on_nodes[node] += 1,
            None => direct += 1,
        }
        if world.people_inside() > 4 && !world.is_anybody_blocked() {
            assert!(world.node().is_some(), "seed {seed}: more than four, and nothing in the way");
        }
    }
    println!(
        "{SEEDS} calls: {on_nodes:?} end on the two nodes, {direct} direct, {hindered} with somebody they cannot reach"
    );
    // A simulation in which nothing moves shows nothing.
    let moves =
        on_nodes.iter().all(|count| *count > SEEDS / 10) && direct > SEEDS / 10 && hindered > SEEDS / 20;
    assert!(moves || is_replay());
}

#[test]
fn after_a_restart_of_the_server_all_see_all_again() {
    for seed in seeds(SEEDS / 2) {
        let people = 2 + (seed % 6) as usize;
        let mut world = World::moving_with_restarts(seed, people);
        let report = world.run(Duration::from_secs(190));
        assert!(world.all_see_all(), "seed {seed}, {people} people: {report:?}\n{}", world.describe_media());
        assert_eq!(world.wrongly_opened(), [], "seed {seed}\n{}", world.describe_keys());
    }
}
