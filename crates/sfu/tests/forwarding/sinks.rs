//! A track hands its packets to whatever subscribes to it: a sink that counts is no peer connection, and is served like one.

use std::time::Duration;

use protocol::Source;
use testkit::media::{World, on, who};

const SENDER: u8 = 2;

fn select(world: &mut World, sink: usize, layer: Option<usize>) {
    let (now, sender) = (world.instant(), who(SENDER));
    let key = sender.participant.publication(Source::Camera);
    world.sfu.select_for_counting(now, (sink, 0), (sender.room, key), layer);
    world.read_unit();
}

#[test]
fn a_sink_gets_the_layer_that_it_selects_and_whoever_speaks() {
    let mut world = World::meeting(2, 150);
    world.run(Duration::from_secs(2));
    let sink = world.sfu.add_counting_sink(who(SENDER).room);
    world.run(Duration::from_secs(1));
    let heard = world.sfu.counted(sink);
    assert_eq!((heard.video, heard.switches), (0, 0), "nothing is selected");
    assert!(heard.audio >= 90, "two people speak, 50 packets a second: {heard:?}");

    select(&mut world, sink, Some(0));
    world.run(Duration::from_secs(2));
    let small = world.sfu.counted(sink);
    assert!(small.video > 0 && small.switches == 1, "{small:?}");
    select(&mut world, sink, Some(2));
    world.run(Duration::from_secs(6));
    let large = world.sfu.counted(sink);
    assert_eq!(large.switches, 2, "from its next keyframe on: {large:?}");
    assert!(large.video - small.video > 3 * small.video, "a larger layer: {small:?} {large:?}");
}

#[test]
fn what_a_sink_takes_the_sender_is_asked_for_until_it_takes_nothing() {
    let mut world = World::meeting(3, 150);
    world.run(Duration::from_secs(2));
    let sink = world.sfu.add_counting_sink(who(SENDER).room);
    for number in [1, 3] {
        world.watch(number, &[], 0);
    }
    select(&mut world, sink, Some(1));
    world.run(Duration::from_secs(9));
    assert_eq!(world.client(SENDER).wanted, 2, "for the sink alone");
    select(&mut world, sink, None);
    world.run(Duration::from_secs(9));
    assert_eq!(world.client(SENDER).wanted, 0);
    let before = world.sfu.counted(sink).video;
    world.run(Duration::from_secs(1));
    assert_eq!(world.sfu.counted(sink).video, before);
}

#[test]
fn a_sender_that_leaves_or_is_off_brings_nothing_more() {
    let mut world = World::meeting(3, 150);
    world.run(Duration::from_secs(2));
    let sink = world.sfu.add_counting_sink(who(SENDER).room);
    select(&mut world, sink, Some(0));
    world.run(Duration::from_secs(2));
    world.media(SENDER, protocol::MediaState { camera: protocol::Switch::Off, ..on() });
    let before = world.sfu.counted(sink);
    world.run(Duration::from_secs(1));
    assert_eq!(world.sfu.counted(sink).video, before.video, "off");
    world.media(SENDER, on());
    world.run(Duration::from_secs(1));
    assert!(world.sfu.counted(sink).video > before.video, "and on again");
    world.leave(SENDER);
    let before = world.sfu.counted(sink);
    world.run(Duration::from_secs(1));
    let after = world.sfu.counted(sink);
    assert_eq!(after.video, before.video, "gone");
    assert!(after.audio > before.audio, "the others go on");
}
