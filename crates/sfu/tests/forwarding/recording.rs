//! A recording is given what those send who consented, and of nobody else a byte.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use protocol::{MediaState, Source, Switch};
use sfu::{Input, RecordedCodec, RecordedPacket};
use testkit::media::{World, on, who};

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

fn record(world: &mut World, number: u8) {
    let now = world.instant();
    world.sfu.handle_input(now, Input::Record { who: who(number) });
    world.read_unit();
}

fn stop(world: &mut World, number: u8) {
    let now = world.instant();
    world.sfu.handle_input(now, Input::StopRecording { who: who(number) });
    world.read_unit();
}

fn of(packets: &[RecordedPacket], number: u8, source: Source) -> Vec<&RecordedPacket> {
    let is_of = |packet: &&RecordedPacket| packet.who == who(number) && packet.source == source;
    packets.iter().filter(is_of).collect()
}

fn height(packet: &RecordedPacket) -> Option<u16> {
    let bytes = packet.payload.get(6..16)?;
    (packet.payload[0] == 0x90 && bytes[0] & 1 == 0).then(|| u16::from_le_bytes([bytes[8], bytes[9]]))
}

#[test]
fn whoever_consented_is_recorded_as_a_whole_in_the_largest_size_and_nobody_else_is() {
    let mut world = World::meeting(3, 150);
    world.run(seconds(2));
    record(&mut world, 2);
    world.run(seconds(8));
    let packets = std::mem::take(&mut world.recorded);
    let whose: BTreeSet<_> = packets.iter().map(|packet| packet.who).collect();
    assert_eq!(whose, BTreeSet::from([who(2)]));
    let sound = of(&packets, 2, Source::Microphone);
    assert!((380..=420).contains(&sound.len()), "50 a second: {}", sound.len());
    assert!(sound.iter().all(|packet| packet.codec == RecordedCodec::Opus));
    assert!(sound.windows(2).all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1)));
    let pictures = of(&packets, 2, Source::Camera);
    assert_eq!(
        pictures.iter().filter_map(|packet| height(packet)).max(),
        Some(720),
        "though tiles are small"
    );
    let reports = packets.iter().filter(|packet| packet.report.is_some()).count();
    assert!(reports >= 2, "{reports} reports tell of clocks");
    let mut numbers: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for packet in pictures {
        numbers.entry(packet.ssrc).or_default().push(packet.sequence);
    }
    for run in numbers.values() {
        let is_next = |pair: &[u16]| pair[1] == pair[0].wrapping_add(1);
        assert!(run.windows(2).all(is_next), "nothing is missing of a layer while it is taken");
    }
}

#[test]
fn who_takes_consent_back_is_not_recorded_from_that_moment_on() {
    let mut world = World::meeting(2, 300);
    record(&mut world, 1);
    record(&mut world, 2);
    world.run(seconds(4));
    assert!(!of(&world.recorded, 1, Source::Camera).is_empty());
    stop(&mut world, 1);
    world.recorded.clear();
    world.run(seconds(2));
    assert!(world.recorded.iter().all(|packet| packet.who == who(2)));
    assert!(of(&world.recorded, 2, Source::Camera).len() > 40, "the other goes on");
    stop(&mut world, 2);
    world.recorded.clear();
    world.run(seconds(1));
    assert!(world.recorded.is_empty());
}

#[test]
fn what_is_off_is_not_recorded_and_a_layer_that_stops_is_left_for_a_smaller_one() {
    let mut world = World::meeting(2, 300);
    record(&mut world, 2);
    world.run(seconds(4));
    world.media(2, MediaState { camera: Switch::Off, ..on() });
    world.recorded.clear();
    world.run(seconds(2));
    assert!(of(&world.recorded, 2, Source::Camera).is_empty());
    assert!(of(&world.recorded, 2, Source::Microphone).len() > 80);
    world.media(2, on());
    world.run(seconds(4));
    let largest =
        |world: &World| of(&world.recorded, 2, Source::Camera).into_iter().filter_map(height).next_back();
    assert_eq!(largest(&world), Some(720));
    world.client(2).uplink_layers = 1;
    world.run(seconds(4));
    world.recorded.clear();
    world.run(seconds(4));
    assert!(of(&world.recorded, 2, Source::Camera).len() > 60, "the smaller one is taken");
    assert_ne!(largest(&world), Some(720));
}

#[test]
fn a_recording_hears_whom_nobody_hears_and_goes_on_when_somebody_connects_anew() {
    let mut world = World::new();
    for number in 1..=8 {
        world.join(number, 1);
        let client = world.client(number);
        client.sends_video = false;
        client.loudness = Some(if number == 1 { -80 } else { -25 });
    }
    record(&mut world, 1);
    world.run(seconds(4));
    assert!(of(&world.recorded, 1, Source::Microphone).len() > 150, "they are not among the speakers");
    assert!(world.recorded.iter().all(|packet| packet.who == who(1)));
}

#[test]
fn a_keyframe_that_a_recording_wants_is_asked_for() {
    let mut world = World::meeting(2, 300);
    record(&mut world, 2);
    world.run(seconds(6));
    let now = world.instant();
    world.recorded.clear();
    let before = world.client(2).keyframes_sent;
    let input = Input::RecorderWantsKeyframe { who: who(2), source: Source::Camera };
    world.sfu.handle_input(now, input);
    world.read_unit();
    world.run(seconds(1));
    assert_eq!(world.client(2).keyframes_sent, before + 1);
    assert!(of(&world.recorded, 2, Source::Camera).into_iter().filter_map(height).count() == 1);
}

#[test]
fn after_a_panic_those_who_are_left_are_recorded_on() {
    let mut world = World::meeting(3, 300);
    for number in 1..=3 {
        record(&mut world, number);
    }
    world.run(seconds(3));
    world.sfu.panic_soon();
    world.run(seconds(2));
    assert_eq!(world.sfu.len(), 2, "one link ended");
    world.recorded.clear();
    world.run(seconds(2));
    let recorded = |number| {
        let of = |source| of(&world.recorded, number, source).len();
        of(Source::Camera) > 40 && of(Source::Microphone) > 80
    };
    assert_eq!((1..=3).filter(|number| recorded(*number)).count(), 2);
}
