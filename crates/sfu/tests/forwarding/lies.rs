//! Peers that hold valid keys and lie about numbers, times and levels. Whoever lies may lose their own sound and pictures;
//! nobody else loses anything, and the unit lives.

use std::time::Duration;

use protocol::{MediaState, Switch};
use testkit::media::{Lie, Line, World, lie_to_a_meeting};

const SECOND: Duration = Duration::from_secs(1);

/// What the others have heard of somebody so far.
fn heard_of(world: &mut World, listener: u8, speaker: u8) -> u64 {
    let slots = world.client(listener).audio.iter();
    slots.map(|heard| heard.from.get(&speaker).copied().unwrap_or_default()).sum()
}

fn mute(world: &mut World, number: u8) {
    world.client(number).loudness = None;
    let media = MediaState { microphone: Switch::Off, camera: Switch::On, ..MediaState::default() };
    world.media(number, media);
}

/// Three people, of whom the first lies and then is silent; the second, who was silent before, is to be heard by the third in the
/// place that the first had.
fn after_a_liar(lies: impl IntoIterator<Item = Lie>, line: Option<Line>) -> World {
    let mut world = World::meeting(3, 300);
    for silent in [2, 3] {
        mute(&mut world, silent);
    }
    if let Some(line) = line {
        world.lines.insert(2, line);
    }
    world.run(SECOND);
    world.client(1).lies_of_sound.extend(lies);
    world.run(Duration::from_millis(20 * 300));
    mute(&mut world, 1);
    world.run(SECOND / 2);
    world.client(2).loudness = Some(-20);
    world.media(2, MediaState { microphone: Switch::On, camera: Switch::On, ..MediaState::default() });
    world
}

fn numbers(numbers: impl IntoIterator<Item = u64>) -> impl Iterator<Item = Lie> {
    numbers.into_iter().map(|sequence| Lie { sequence: Some(sequence), ..Lie::default() })
}

#[test]
fn number_one_and_then_the_last_of_all_numbers_mutes_nobodys_slot() {
    // The receiver extends 65,535 after 1 to the number before zero, and this is how it was sealed.
    let lies = numbers([u64::MAX - 1, u64::MAX]);
    let mut world = World::meeting(3, 300);
    for silent in [2, 3] {
        mute(&mut world, silent);
    }
    world.client(1).lies_of_sound.extend(numbers([1]).chain(lies));
    world.run(SECOND * 2);
    mute(&mut world, 1);
    world.run(SECOND / 2);
    world.client(2).loudness = Some(-20);
    world.media(2, MediaState { microphone: Switch::On, camera: Switch::On, ..MediaState::default() });
    world.run(SECOND * 2);
    for listener in [1, 3] {
        let heard = heard_of(&mut world, listener, 2);
        assert!(heard > 80, "{listener} heard {heard} packets of the next speaker");
    }
}

#[test]
fn jumps_forward_with_loss_mute_nobodys_slot() {
    let jumps = (1..=300).map(|jump| 100 + jump * 30_000);
    let line = Line { loses_one_of: Some(20), ..Line::default() };
    let mut world = after_a_liar(numbers(jumps), Some(line));
    world.run(SECOND * 2);
    let heard = heard_of(&mut world, 3, 2);
    assert!(heard > 80, "{heard} packets of the next speaker");
}

#[test]
fn timestamps_that_jump_leave_the_next_speaker_in_time() {
    let times =
        (0_u32..300).map(|packet| Lie { time: Some(packet.wrapping_mul(0x6fff_ffff)), ..Lie::default() });
    let mut world = after_a_liar(times, None);
    world.run(SECOND * 2);
    assert!(heard_of(&mut world, 3, 2) > 80);
}

#[test]
fn pictures_whose_numbers_jump_leave_slots_that_show_the_next() {
    let mut world = World::meeting(3, 300);
    world.run(SECOND * 2);
    let lies = (1..=400_u64).map(|jump| Lie {
        sequence: Some(2_000 + jump * 30_000),
        time: Some((jump as u32).wrapping_mul(0x7000_0000)),
        picture: Some((jump as u16).wrapping_mul(0x3fff) & 0x7fff),
        temporal: Some(((jump as u8).wrapping_mul(99), (jump % 3) as u8)),
        ..Lie::default()
    });
    world.client(1).video_lies.extend(lies);
    world.run(SECOND * 2);
    // The slot that showed the liar shows the third.
    world.watch(2, &[3], 300);
    world.run(SECOND);
    let before: u64 =
        world.client(2).video.iter().map(|heard| heard.from.get(&3).copied().unwrap_or_default()).sum();
    world.run(SECOND);
    let after: u64 =
        world.client(2).video.iter().map(|heard| heard.from.get(&3).copied().unwrap_or_default()).sum();
    assert!(after > before + 25, "{before} packets, then {after}");
}

/// A few of the meetings that `fuzz/fuzz_targets/media_lies.rs` plays. `SFU_LIES` says how many.
#[test]
fn whatever_somebody_lies_about_the_others_lose_nothing() {
    let many = std::env::var("SFU_LIES").ok().and_then(|many| many.parse().ok()).unwrap_or(24_u64);
    for seed in 1..=many {
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut draw = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random
        };
        assert_eq!(lie_to_a_meeting(&mut draw), Ok(()), "with seed {seed}");
    }
}

#[test]
fn who_may_send_video_alone_is_not_heard_by_way_of_the_camera() {
    let mut world = World::meeting(3, 300);
    world.run(SECOND);
    let muted = MediaState { microphone: Switch::Off, camera: Switch::On, ..MediaState::default() };
    world.media(1, muted);
    world.run(SECOND);
    let before = heard_of(&mut world, 2, 1);
    world.client(1).lies_of_sound.extend([Lie { elsewhere: true, ..Lie::default() }; 100]);
    world.run(SECOND * 2);
    assert_eq!(heard_of(&mut world, 2, 1), before);
}
