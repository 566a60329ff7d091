//! Machines with too much to do. Whatever the load, what is on the screen gets a picture every second that its receiver and its
//! sender have the processor in; and five seconds after the load everything is as before it.

#![expect(clippy::print_stdout, reason = "the figures of a minute are what to look at when it fails")]

use std::time::Duration;

use testkit::media::{Busy, Line, World};

const PEOPLE: u8 = 4;

/// The height of the tiles: the middle layer suits it.
const TILE: u16 = 340;

/// How long the load lasts.
const LOAD: Duration = Duration::from_secs(60);

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

fn millis(number: u64) -> Duration {
    Duration::from_millis(number)
}

/// The longest time without a picture, and the pictures shown, of all slots; and forgets them.
fn gaps(world: &mut World) -> (Duration, u64) {
    let now = world.now;
    let mut gaps = (Duration::ZERO, u64::MAX);
    for client in &mut world.clients {
        for decoder in &mut client.decoders {
            let since = now.saturating_sub(decoder.last.unwrap_or_default());
            gaps.0 = gaps.0.max(decoder.longest_gap).max(since);
            gaps.1 = gaps.1.min(decoder.shown);
            (decoder.longest_gap, decoder.shown) = (Duration::ZERO, 0);
        }
    }
    gaps
}

/// Loads a meeting for a minute, and says how long no picture was shown under the load and from five seconds after it on.
fn a_minute_of(
    name: &str,
    load: impl Fn(&mut World, u64),
    relief: impl Fn(&mut World),
) -> (Duration, Duration) {
    let mut world = World::meeting(PEOPLE, TILE);
    world.run(seconds(10));
    gaps(&mut world);
    let mut worst = Duration::ZERO;
    for second in 0..LOAD.as_secs() {
        load(&mut world, second);
        world.run(seconds(1));
        let (gap, shown) = gaps(&mut world);
        worst = worst.max(gap);
        if second % 10 == 9 || gap > seconds(3) {
            println!("{name}: {second:2} s: longest {gap:?}, least pictures {shown}; {}", figures(&world));
        }
    }
    relief(&mut world);
    world.run(seconds(5));
    println!("{name}: 5 s after: {}", figures(&world));
    gaps(&mut world);
    world.run(seconds(3));
    let (after, _) = gaps(&mut world);
    let heights: Vec<_> = world
        .clients
        .iter()
        .map(|one| one.decoders.iter().map(|one| one.height).collect::<Vec<_>>())
        .collect();
    assert!(heights.iter().flatten().all(|height| *height == 360), "{name}: {heights:?}");
    println!(
        "{name}: longest under load {worst:?}, after {after:?}, heights {heights:?}, {} overflowed",
        world.overflowed
    );
    (worst, after)
}

fn figures(world: &World) -> String {
    let of = |number: u8| world.sfu.figures(world.instant(), testkit::media::who(number));
    let links = (1..=PEOPLE).filter_map(of).map(|figures| {
        let slots: Vec<_> =
            figures.slots.iter().map(|slot| (slot.current, slot.target, slot.temporal)).collect();
        let layers: Vec<_> = figures
            .tracks
            .iter()
            .filter(|one| one.source != protocol::Source::Microphone)
            .map(|track| {
                let layers = track.layers.map(|one| {
                    let millis = |time: Option<Duration>| time.map(|time| time.as_millis());
                    (one.rate / 1000, millis(one.silent_for), millis(one.keyframe_asked), one.subscribers)
                });
                (track.told, layers)
            })
            .collect();
        format!("\n    {} kbit/s {slots:?} sends {layers:?}", figures.downlink / 1000)
    });
    links.collect()
}

fn busy(numbers: impl Iterator<Item = u8>, world: &mut World, busy: Busy) {
    for number in numbers {
        world.busy.insert(number, busy);
    }
}

fn idle(world: &mut World) {
    world.busy.clear();
}

#[test]
fn receivers_that_read_late_go_on_seeing() {
    for (every, turn) in [(700, 100), (2_500, 200)] {
        let name = format!("a turn of {turn} ms every {every}");
        let load = Busy { every: millis(every), turn: millis(turn), socket: 200_000 };
        let (worst, after) = a_minute_of(&name, |world, _| busy(1..=2, world, load), idle);
        // Of two such people one sees the other when both have had a turn, and their keyframes another.
        assert!(worst < millis(every * 3) + seconds(1), "{name}: {worst:?}");
        assert!(after < millis(250), "{name}: {after:?}");
    }
}

/// Linux gives 212 kilobytes, and counts twice what comes.
#[test]
fn sockets_that_overflow_do_not_stop_video() {
    let load = Busy { every: millis(1_500), turn: millis(100), socket: 106_000 };
    let (worst, after) = a_minute_of("small sockets", |world, _| busy(1..=2, world, load), idle);
    // It takes some turns until what is sent fits, and a keyframe that finds no room costs two more.
    assert!(worst < seconds(12), "{worst:?}");
    assert!(after < millis(250), "{after:?}");
}

#[test]
fn everybody_on_one_machine_that_is_too_small_goes_on_seeing() {
    let load = Busy { every: millis(1_200), turn: millis(60), socket: 200_000 };
    let (worst, after) = a_minute_of("all late", |world, _| busy(1..=PEOPLE, world, load), idle);
    assert!(worst < load.every * 3 + seconds(1), "{worst:?}");
    assert!(after < millis(250), "{after:?}");
}

#[test]
fn senders_who_stop_all_layers_but_the_lowest_are_seen_in_it() {
    let load = |world: &mut World, second: u64| {
        for client in &mut world.clients {
            client.uplink_layers = [1, 3, 2, 1, 1, 2][(second / 2 % 6) as usize];
            client.keyframe_takes = millis(300);
        }
    };
    let relief = |world: &mut World| {
        for client in &mut world.clients {
            (client.uplink_layers, client.keyframe_takes) = (3, Duration::ZERO);
        }
    };
    let (worst, after) = a_minute_of("layers stop", load, relief);
    assert!(worst < millis(1_000), "{worst:?}");
    assert!(after < millis(250), "{after:?}");
}

#[test]
fn a_camera_of_a_frame_every_four_seconds_is_shown() {
    let load = |world: &mut World, _| world.client(2).frame_every = millis(4_000);
    let relief = |world: &mut World| world.client(2).frame_every = millis(33);
    let (worst, after) = a_minute_of("four seconds a picture", load, relief);
    assert!(worst < millis(9_000), "{worst:?}");
    assert!(after < millis(250), "{after:?}");
}

#[test]
fn requests_for_keyframes_that_are_lost_are_repeated() {
    let load = |world: &mut World, second: u64| {
        for client in &mut world.clients {
            client.is_deaf = second % 3 != 2;
        }
        // A second without anything: no packet can be had again, and the line is not taken for a narrow one.
        let loses_one_of = Some(if second % 12 == 3 { 1 } else { 40 });
        world.lines.insert(0, Line { loses_one_of, ..Line::default() });
    };
    let relief = |world: &mut World| {
        world.lines.clear();
        for client in &mut world.clients {
            client.is_deaf = false;
        }
    };
    let (worst, after) = a_minute_of("lost requests", load, relief);
    // Three seconds in which browsers wait for a picture before they ask, two in which what they ask for is lost, and less than
    // one until it is asked for again and comes.
    assert!(worst < millis(6_000), "{worst:?}");
    assert!(after < millis(250), "{after:?}");
}

#[test]
fn who_comes_back_under_load_sees_and_is_seen() {
    let load = Busy { every: millis(900), turn: millis(80), socket: 200_000 };
    let mut world = World::meeting(PEOPLE, TILE);
    world.run(seconds(5));
    busy(1..=PEOPLE, &mut world, load);
    world.run(seconds(20));
    for _ in 0..3 {
        world.leave(PEOPLE);
        world.run(seconds(2));
        world.join(PEOPLE, usize::from(PEOPLE) - 1);
        world.watch(PEOPLE, &[1, 2, 3], TILE);
        world.run(seconds(12));
        gaps(&mut world);
        world.run(seconds(8));
        let (gap, shown) = gaps(&mut world);
        println!("back: longest {gap:?}, least pictures {shown}; {}", figures(&world));
        assert!(gap < seconds(4), "{gap:?}");
    }
}
