//! Calls over a server that lies, over many seeds. With the link, no server reads or forges anything, or the page says so.

#![expect(clippy::print_stdout, reason = "seeds and lies are printed")]

use std::collections::BTreeMap;
use std::time::Duration;

use testkit::{LyingWorld, People, is_replay};

/// Calls of each kind. `LYING_SEEDS=300` plays as many.
fn count() -> u64 {
    std::env::var("LYING_SEEDS").ok().and_then(|number| number.parse().ok()).unwrap_or(100)
}

#[test]
fn with_the_link_no_server_reads_or_forges_anything() {
    let told = promise(People::WithLink);
    for lie in LIES {
        assert!(is_replay() || told.contains_key(lie), "a simulation without this lie shows nothing: {lie}");
    }
}

#[test]
fn with_the_link_nothing_leaves_unsealed_because_the_server_says_so() {
    let told = promise(People::ToldTransport);
    for lie in ["room said to be transport", "room said to be transport in joined"] {
        assert!(is_replay() || told.contains_key(lie), "a simulation without this lie shows nothing: {lie}");
    }
}

#[test]
fn who_came_with_the_code_says_so_whatever_the_server_does() {
    _ = promise(People::OneWithCode);
}

#[test]
fn a_host_who_passes_the_key_on_is_told_that_it_may_have_been_to_anybody() {
    _ = promise(People::Trusting);
}

fn promise(people: People) -> BTreeMap<&'static str, u64> {
    let mut told: BTreeMap<&'static str, u64> = BTreeMap::new();
    let (mut written, mut said_so, mut given_away) = (0, 0, 0);
    let (mut recorded, mut not_recorded) = (0, 0);
    let games = testkit::play(count(), |seed| {
        let mut world = LyingWorld::new(seed, people);
        let wrong = world.run(Duration::from_secs(20));
        assert!(wrong.is_empty(), "seed {seed}, {people:?}: {wrong:?}");
        let frames = (world.let_out(), world.recorded());
        (world.told().clone(), world.written(), (world.said_so(), world.given_away()), frames)
    });
    let mut let_out = (0, 0);
    for (lies, messages, (warnings, secrets), (plain, (opened, closed))) in games {
        recorded += opened;
        not_recorded += closed;
        for (lie, times) in lies {
            *told.entry(lie).or_default() += times;
        }
        written += messages;
        said_so += warnings;
        given_away += usize::from(secrets > 0);
        let_out = (let_out.0 + plain.0, let_out.1 + plain.1);
    }
    println!(
        "{} calls, {people:?}: {written} messages, {said_so} warnings, {given_away} times the secret was given away",
        count()
    );
    println!("lies: {told:?}; let out unsealed by people: {} messages, {} frames", let_out.0, let_out.1);
    let is_let_out = let_out.0 > 0 && let_out.1 > 0;
    assert!(is_replay() || is_let_out == (people == People::ToldTransport), "{let_out:?}");
    println!("lies: {told:?}; {recorded} frames were recorded, {not_recorded} not of people who were asked");
    assert!(is_replay() || recorded > count() && not_recorded > count(), "a simulation without recordings");
    assert!(is_replay() || written > count() as usize && said_so > count());
    assert!(is_replay() || (given_away > 0) == (people == People::Trusting));
    told
}

const LIES: [&str; 36] = [
    "chat forged",
    "chat said to be another's",
    "consent claimed",
    "history changed",
    "joined said to be continued",
    "key of newcomer swapped",
    "key of somebody swapped",
    "keys swapped in joined",
    "keys swapped to and fro",
    "key message dropped",
    "key message instead of another",
    "key message said to be another's",
    "key message twice",
    "media forged",
    "media played again",
    "message delayed",
    "message dropped",
    "message repeated",
    "old key message",
    "old message",
    "one key for two people",
    "own grant as a key message",
    "own grant beside true keys",
    "own grant in joined",
    "own key message",
    "participants left out",
    "recording claimed",
    "recording said to be over",
    "resumed without a word before",
    "room key changed",
    "room key of joined changed",
    "session of another",
    "somebody invented",
    "somebody invented who waits",
    "somebody said to be gone",
    "something turned off or asked for",
];
