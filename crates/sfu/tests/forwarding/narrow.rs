//! Lines that lose and lines that are too narrow: pictures get worse in a stated order, sound stays.

use std::time::Duration;

use testkit::media::{LAYERS, Line, World};

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

fn sound_of(world: &mut World) -> u64 {
    world.client(1).audio.iter().flat_map(|heard| heard.from.values()).sum()
}

#[test]
fn lost_packets_are_sent_again() {
    for (one_of, percent) in [(50, 2), (20, 5), (10, 10)] {
        let mut world = World::meeting(3, 300);
        world.lines.insert(0, Line { loses_one_of: Some(one_of), ..Line::default() });
        world.run(seconds(10));
        let client = world.client(1);
        for heard in &client.video {
            println!(
                "{percent} %: {} frames, {} packets missing, height {}",
                heard.frames,
                heard.missing(),
                heard.height
            );
            assert!(heard.frames > 150, "{percent} %: {} frames in ten seconds", heard.frames);
            assert!(heard.missing() < 10, "{percent} %: {} packets never came", heard.missing());
        }
        let counters = world.sfu.counters();
        // One of three receivers misses them, and about half of what it gets are pictures.
        let lost = counters.packets_forwarded / (3 * 2 * one_of);
        assert!(counters.packets_retransmitted > lost / 2, "{counters:?}");
        let sound = sound_of(&mut world);
        assert!(
            sound as f64 > 2.0 * 500.0 * 0.85 * (1.0 - f64::from(percent) / 100.0),
            "{percent} %: {sound}"
        );
    }
}

#[test]
fn a_narrow_line_lowers_video_and_keeps_sound_and_a_wide_one_brings_it_back() {
    let mut world = World::meeting(4, 700);
    world.run(seconds(12));
    let heights =
        |world: &mut World| -> Vec<u16> { world.client(1).video.iter().map(|one| one.height).collect() };
    assert_eq!(heights(&mut world), [720; 3], "enough for all");
    for (rate, name) in [(1_500_000, "1.5 Mbit/s"), (300_000, "300 kbit/s"), (20_000_000, "20 Mbit/s")] {
        world.lines.insert(0, Line { rate: Some(rate), burst: 16_000, ..Line::default() });
        world.run(seconds(15));
        let before = (frames_of(&mut world), sound_of(&mut world));
        let bytes_before = bytes_of(&mut world);
        world.run(seconds(5));
        let after = (frames_of(&mut world), sound_of(&mut world));
        let frames: Vec<_> =
            after.0.iter().zip(&before.0).map(|(after, before)| (after - before) / 5).collect();
        let sound = after.1 - before.1;
        let bytes = bytes_of(&mut world).into_iter().zip(bytes_before);
        let bits: Vec<_> = bytes.map(|(after, before)| (after - before) * 8 / 5).collect();
        println!(
            "{name}: heights {:?}, frames a second {frames:?}, bit/s {bits:?}, {sound} packets of sound in 5 s",
            heights(&mut world)
        );
        assert!(sound > 3 * 250 * 8 / 10, "{name}: {sound} packets of sound");
        match rate {
            1_500_000 => {
                assert!(frames.iter().all(|rate| *rate > 10), "{frames:?}");
                // By their bits, and not by the height of the last keyframe that came: it may have been lost. A larger layer
                // may be tried for a moment.
                let largest = LAYERS[2].2;
                assert!(bits.iter().all(|bits| *bits < largest * 2 / 3), "nobody in the largest: {bits:?}");
                assert!(bits.iter().sum::<u64>() < rate, "{bits:?}");
            }
            300_000 => {
                // Three of the smallest layer do not fit beside the sound.
                let full = frames.iter().filter(|rate| **rate > 20).count();
                assert!(full < 3, "{frames:?}");
            }
            _ => {
                assert!(frames.iter().all(|rate| *rate > 20), "{frames:?}");
                assert_eq!(heights(&mut world), [720; 3]);
            }
        }
    }
}

#[test]
fn a_sender_whose_uplink_gets_weak_is_seen_in_a_smaller_layer_within_a_second() {
    let mut world = World::meeting(2, 300);
    world.run(seconds(5));
    assert_eq!(world.client(1).video[0].height, 360);
    world.client(2).uplink_layers = 1;
    world.run(seconds(1));
    let before = world.client(1).video[0].frames;
    world.run(seconds(1));
    let heard = &world.client(1).video[0];
    assert_eq!(heard.height, 180);
    assert!(heard.frames > before + 25, "{} frames in a second", heard.frames - before);
    assert_eq!((heard.breaks, heard.missing()), (0, 0));
    world.client(2).uplink_layers = 3;
    world.run(seconds(15));
    assert_eq!(world.client(1).video[0].height, 360, "and in the larger one when it can send that again");
}

fn bytes_of(world: &mut World) -> Vec<u64> {
    world.client(1).video.iter().map(|heard| heard.bytes).collect()
}

fn frames_of(world: &mut World) -> Vec<u64> {
    world.client(1).video.iter().map(|heard| heard.frames).collect()
}

#[test]
fn a_sender_does_not_take_a_busy_server_for_a_narrow_line() {
    let mut world = World::meeting(2, 700);
    // Later and later for a second, by a quarter of one, and all at once again.
    world.late = |at| Duration::from_millis(u64::from(at.subsec_millis()) / 4);
    let mut least = u64::MAX;
    for _ in 0..20 {
        world.run(seconds(1));
        least = least.min(world.client(1).uplink);
    }
    let sent: u64 = LAYERS.iter().map(|(.., rate)| rate).sum();
    println!("an uplink without limits is taken for {least} bits per second at the least; {sent} are sent");
    assert!(least > sent, "{least}");
}

#[test]
fn who_is_not_shown_for_want_of_bandwidth_is_said_to_be_paused() {
    let mut world = World::meeting(4, 150);
    world.run(seconds(5));
    assert!(world.client(1).paused.is_empty());
    world.lines.insert(0, Line { rate: Some(150_000), burst: 8_000, ..Line::default() });
    let mut seconds_paused = 0;
    for _ in 0..40 {
        let before = frames_of(&mut world);
        world.run(seconds(1));
        let shown =
            frames_of(&mut world).iter().zip(before).filter(|(after, before)| **after > *before).count();
        let paused = world.client(1).paused.len();
        seconds_paused += usize::from(paused > 0);
        println!("{shown} shown, {paused} paused");
    }
    assert!(seconds_paused > 20, "three do not fit beside the sound: {seconds_paused}");
    let sound = sound_of(&mut world);
    world.run(seconds(5));
    println!("{} packets of sound in 5 s", sound_of(&mut world) - sound);
    world.lines.clear();
    world.run(seconds(10));
    assert!(world.client(1).paused.is_empty());
}
