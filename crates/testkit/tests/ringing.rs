//! People who ring each other over sockets that break and a server that forgets everything, over many seeds: nobody is in two calls, nothing rings
//! past its time, every end is shown what the history says, and everything comes to rest.

use std::time::Duration;

use testkit::ringing::{Line, Report, RingWorld};
use testkit::{is_replay, play};

/// Simulations of each kind. `RINGING_SEEDS=10000` plays as many.
fn count() -> u64 {
    std::env::var("RINGING_SEEDS").ok().and_then(|number| number.parse().ok()).unwrap_or(1_000)
}

#[test]
fn whatever_breaks_both_ends_agree_and_nothing_rings_on() {
    let total = sum(play(count(), |seed| RingWorld::new(seed, Line::Bad).run()));
    println!("{} simulations: {total:?}", count());
    // A simulation in which nothing goes wrong shows nothing.
    let seeds = count();
    assert!(is_replay() || total.drops > seeds && total.restarts > seeds / 2 && total.strange > seeds);
    assert!(is_replay() || total.lost > seeds && total.closed > seeds / 4 && total.races > seeds / 4);
    assert!(is_replay() || total.rings > seeds && total.answered > seeds / 2 && total.merged > seeds / 10);
    assert!(is_replay() || total.own_clock > seeds / 100 && total.compared > seeds);
    assert!(is_replay() || total.declined > seeds / 4 && total.reloaded > seeds / 10);
    assert!(is_replay() || total.added > seeds / 10 && total.left_alone > seeds / 20);
}

#[test]
fn on_good_lines_every_screen_shows_what_the_history_says() {
    let total = sum(play(count(), |seed| RingWorld::new(seed, Line::Good).run()));
    println!("{} simulations: {total:?}", count());
    assert!(is_replay() || total.compared > count() && total.merged > count() / 10);
    assert_eq!(total.drops + total.lost + total.restarts + total.strange, 0);
}

#[test]
fn two_who_call_each_other_at_once_have_one_call() {
    play(count(), |seed| {
        let mut world = RingWorld::glare(seed);
        world.run_until(Duration::from_secs(10));
        assert_eq!(world.calls(), (1, 2), "seed {seed}: calls, and pages that are in one");
        assert_eq!(world.rows(), 1, "seed {seed}: nothing of the second ring is kept");
        let report = world.run();
        assert_eq!((report.merged, report.answered), (1, 1));
    });
}

#[test]
fn three_talk_and_one_after_the_other_leaves_whatever_breaks() {
    let total = sum(play(count(), |seed| {
        let mut world = RingWorld::company(seed);
        world.run_until(Duration::from_secs(49));
        assert_eq!(world.calls(), (2, 3), "seed {seed}: rings that go on, and pages that are in a call");
        world.run_until(Duration::from_secs(89));
        assert_eq!(world.calls().1, 2, "seed {seed}: pages that are in a call");
        world.run_until(Duration::from_secs(95));
        assert_eq!(world.calls(), (0, 0), "seed {seed}: rings that go on, and pages that are in a call");
        world.run()
    }));
    println!("{} simulations: {total:?}", count());
    assert!(is_replay() || total.restarts > count() / 4 && total.drops > count() / 4);
    assert!(
        is_replay()
            || (total.answered, total.added) == (2 * count(), count()) && total.left_alone > count() / 2
    );
}

#[test]
fn a_line_that_stalls_ends_no_call() {
    let back = play(count(), |seed| {
        let mut world = RingWorld::stalling(seed);
        world.run_until(Duration::from_secs(80));
        assert_eq!(world.calls(), (1, 2), "seed {seed}: calls, and pages that are in one");
        let report = world.run();
        assert_eq!((report.answered, report.drops), (1, 1), "seed {seed}");
        report.lost
    });
    assert!(is_replay() || back.iter().sum::<u64>() >= count(), "lines stalled while something was said");
}

#[test]
fn a_page_that_is_loaded_anew_ends_no_call() {
    let total = sum(play(count(), |seed| {
        let mut world = RingWorld::reloading(seed);
        world.run_until(Duration::from_secs(80));
        assert_eq!(world.calls(), (1, 2), "seed {seed}: calls, and pages that are in one");
        let report = world.run();
        assert_eq!(report.answered, 1, "seed {seed}");
        report
    }));
    println!("{} simulations: {total:?}", count());
    assert!(is_replay() || total.reloaded > count() && total.restarts > count() / 5);
}

fn sum(reports: Vec<Report>) -> Report {
    let mut total = Report::default();
    for report in reports {
        total.rings += report.rings;
        total.answered += report.answered;
        total.merged += report.merged;
        total.drops += report.drops;
        total.lost += report.lost;
        total.restarts += report.restarts;
        total.strange += report.strange;
        total.closed += report.closed;
        total.reloaded += report.reloaded;
        total.own_clock += report.own_clock;
        total.races += report.races;
        total.added += report.added;
        total.left_alone += report.left_alone;
        total.compared += report.compared;
        total.declined += report.declined;
    }
    total
}
