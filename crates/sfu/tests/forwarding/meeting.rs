//! Everybody sees and hears everybody; coming, going, muting.

use std::time::Duration;

use protocol::limits::{AUDIO_SLOTS, VOICE_SLOTS};
use protocol::{MediaState, Source, Switch};
use sfu::Event;

use testkit::media::{World, on};

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

#[test]
fn everybody_sees_and_hears_everybody_without_a_break() {
    let mut world = World::meeting(4, 300);
    world.run(seconds(6));
    for client in &world.clients {
        let mut seen: Vec<_> =
            client.video.iter().filter_map(|heard| heard.last).map(|(_, who)| who).collect();
        seen.sort_unstable();
        let others: Vec<_> = (1..=4).filter(|other| *other != client.number).collect();
        assert_eq!(seen, others, "{} sees", client.number);
        for heard in &client.video {
            assert!(heard.frames > 90, "{} of {:?}", heard.frames, heard.last);
            assert_eq!((heard.breaks, heard.missing()), (0, 0), "{} sees {:?}", client.number, heard.last);
        }
        let heard: u64 = client.audio.iter().flat_map(|heard| heard.from.values()).sum();
        assert!(heard > 3 * 150, "{} hears {heard} packets", client.number);
        assert!(
            client.audio.iter().all(|heard| heard.missing() == 0 && !heard.from.contains_key(&client.number))
        );
    }
}

#[test]
fn another_sender_takes_a_slot_without_a_break() {
    let mut world = World::meeting(3, 300);
    world.run(seconds(4));
    world.watch(1, &[3, 2], 300);
    world.run(seconds(4));
    let client = world.client(1);
    let shown: Vec<_> = client.video.iter().map(|heard| heard.last.unwrap().1).collect();
    assert_eq!(shown, [3, 2]);
    for heard in &client.video {
        assert_eq!(heard.from.len(), 2);
        assert_eq!((heard.breaks, heard.missing()), (0, 0));
    }
}

#[test]
fn who_changes_the_network_goes_on_after_a_restart_of_ice() {
    let mut world = World::meeting(3, 300);
    world.run(seconds(4));
    for address in ["10.9.0.1:6000", "10.8.0.1:7000"] {
        world.client(1).move_to(address.parse().unwrap());
        world.wake(1);
        world.run(Duration::from_millis(500));
        let frames = |world: &mut World, of: u8, from: u8| -> u64 {
            world.client(of).video.iter().filter_map(|heard| heard.from.get(&from)).sum()
        };
        let before = (frames(&mut world, 1, 2), frames(&mut world, 2, 1));
        world.run(seconds(1));
        let after = (frames(&mut world, 1, 2), frames(&mut world, 2, 1));
        assert!(after.0 > before.0 + 20, "sees others: {before:?} {after:?}");
        assert!(after.1 > before.1 + 20, "is seen: {before:?} {after:?}");
    }
}

#[test]
fn what_is_off_is_not_forwarded_whatever_comes() {
    let mut world = World::meeting(2, 300);
    world.run(seconds(3));
    world.media(2, MediaState::default());
    world.run(seconds(1));
    let counted = |world: &mut World| {
        let client = world.client(1);
        let audio: u64 = client.audio.iter().flat_map(|heard| heard.from.values()).sum();
        (client.video[0].frames, audio)
    };
    let before = counted(&mut world);
    world.run(seconds(2));
    assert_eq!(counted(&mut world), before, "the client goes on sending");
    world.media(2, on());
    world.run(seconds(2));
    let after = counted(&mut world);
    assert!(after.0 > before.0 + 40 && after.1 > before.1 + 80);
}

#[test]
fn of_many_speakers_the_loudest_are_heard_and_everybody_is_told_who_they_are() {
    let mut world = World::new();
    for number in 1..=8 {
        world.join(number, 1);
        let client = world.client(number);
        client.sends_video = false;
        client.loudness = Some(if number <= 5 { -80 } else { -25 });
    }
    world.run(seconds(5));
    let heard_of = |world: &mut World, number: u8| {
        let client = world.client(1);
        let recently = client.audio.iter().filter_map(|heard| heard.last).filter(|(_, who)| *who == number);
        recently.map(|(at, _)| at).max()
    };
    for loud in 6..=8 {
        let at = heard_of(&mut world, loud).unwrap();
        assert!(at + seconds(1) > world.now, "{loud} was heard last at {at:?}");
    }
    let client = world.client(1);
    let told = client.events.iter().rev().find_map(|event| match event {
        Event::AudioSlots(slots) => Some(slots.clone()),
        Event::Signal { .. } | Event::PausedVideo(_) | Event::WantedLayers { .. } | Event::Closed => None,
    });
    let told = told.unwrap();
    assert_eq!(told.len(), AUDIO_SLOTS);
    for (slot, heard) in client.audio.iter().enumerate() {
        let Some((_, number)) = heard.last.filter(|(at, _)| *at + seconds(1) > Duration::from_secs(5)) else {
            continue;
        };
        let voice = testkit::media::who(number).participant.publication(Source::Microphone);
        assert_eq!(told[slot], Some(voice), "slot {slot}");
    }
    let total: u64 = client.audio.iter().flat_map(|heard| heard.from.values()).sum();
    assert!(total < (VOICE_SLOTS as u64 + 1) * 5 * 50, "{total} packets are more than the slots carry");
}

#[test]
fn who_leaves_is_no_longer_sent_and_their_slot_is_free() {
    let mut world = World::meeting(3, 300);
    world.run(seconds(3));
    world.leave(3);
    world.run(seconds(2));
    assert_eq!(world.sfu.len(), 2);
    let client = world.client(1);
    assert!(client.video[1].last.unwrap().0 < Duration::from_millis(3_200));
    assert!(client.video[0].last.unwrap().0 > Duration::from_millis(4_800));
}

#[test]
fn a_muted_camera_leaves_sound_as_it_is() {
    let mut world = World::meeting(2, 300);
    world.run(seconds(3));
    world.media(2, MediaState { camera: Switch::Off, ..on() });
    world.run(seconds(2));
    let client = world.client(1);
    assert!(client.video[0].last.unwrap().0 < Duration::from_millis(3_200));
    let audio = client.audio.iter().filter_map(|heard| heard.last).map(|(at, _)| at).max();
    assert!(audio.unwrap() > Duration::from_millis(4_900));
}
