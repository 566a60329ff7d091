//! Rooms that migrate between direct links and the forwarding units of two nodes, while people come, go, share their screens, lose
//! their sockets and cannot be reached, over many seeds: nobody is ever without a publication that they had, while there is a path.

use std::time::Duration;

use testkit::{World, is_replay, play};

const SEEDS: u64 = 300;

/// Nobody is without a publication for any time at all.
const NO_GAP: Duration = Duration::from_millis(0);

/// How a call ended.
struct End {
    node: Option<usize>,
    is_anybody_blocked: bool,
}

#[test]
fn nobody_loses_anybody_in_a_move_and_all_see_all_in_the_end() {
    let ends = play(SEEDS, |seed| {
        let people = 2 + (seed % 6) as usize;
        let mut world = World::moving(seed, people);
        let report = world.run(Duration::from_secs(190));
        assert!(world.all_see_all(), "seed {seed}, {people} people: {report:?}\n{}", world.describe_media());
        assert_eq!(world.wrongly_opened(), [], "seed {seed}\n{}", world.describe_keys());
        let gap = world.longest_gap();
        assert!(gap <= NO_GAP, "seed {seed}: {gap:?} without somebody\n{}", world.describe_media());
        assert_eq!(report.refusals, 0, "seed {seed}: something was done that a browser refuses");
        let end = End { node: world.node(), is_anybody_blocked: world.is_anybody_blocked() };
        if world.people_inside() > 4 && !end.is_anybody_blocked {
            assert!(end.node.is_some(), "seed {seed}: more than four, and nothing in the way");
        }
        end
    });
    let on = |node| ends.iter().filter(|end| end.node == node).count() as u64;
    let (on_nodes, direct) = ([on(Some(0)), on(Some(1))], on(None));
    let hindered = ends.iter().filter(|end| end.is_anybody_blocked).count() as u64;
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
    play(SEEDS / 2, |seed| {
        let people = 2 + (seed % 6) as usize;
        let mut world = World::moving_with_restarts(seed, people);
        let report = world.run(Duration::from_secs(190));
        assert!(world.all_see_all(), "seed {seed}, {people} people: {report:?}\n{}", world.describe_media());
        assert_eq!(world.wrongly_opened(), [], "seed {seed}\n{}", world.describe_keys());
    });
}
