//! A person sends up to four publications, and each is told from the others: by its section, never by its place.

use std::time::Duration;

use protocol::{MediaState, Source, Switch};
use sfu::Event;
use testkit::media::{Line, SHARED, World, on, who};

const SHARER: u8 = 1;
const VIEWER: u8 = 2;
const NOBODY: u8 = 3;

fn everything() -> MediaState {
    MediaState { screen: Switch::On, screen_audio: Switch::On, ..on() }
}

/// Three people, one of whom shares a screen with its sound beside camera and microphone.
fn sharing() -> World {
    let mut world = World::meeting(3, 300);
    world.media(SHARER, everything());
    let now = world.instant();
    world.client(SHARER).share(Some(now));
    world
}

fn seen_in(world: &mut World, slot: usize) -> Option<u8> {
    world.client(VIEWER).video[slot].last.map(|(_, number)| number)
}

#[test]
fn four_sources_of_one_person_come_each_in_a_slot_of_its_own() {
    let mut world = sharing();
    world.subscribe(VIEWER, &[(SHARER, Source::Screen), (SHARER, Source::Camera)], 300);
    world.run(Duration::from_secs(5));

    assert_eq!((seen_in(&mut world, 0), seen_in(&mut world, 1)), (Some(SHARER | SHARED), Some(SHARER)));
    let client = world.client(VIEWER);
    assert_eq!((client.video[0].height, client.video[1].height), (1080, 360), "a screen has one size");
    assert_eq!((client.video[0].missing(), client.video[1].missing()), (0, 0));
    let voices = client.audio.iter().filter_map(|heard| heard.last).map(|(_, number)| number);
    let mut voices: Vec<_> = voices.collect();
    voices.sort_unstable();
    assert_eq!(voices, [SHARER, NOBODY, SHARER | SHARED], "a person is heard twice, once by the microphone");

    let of_sharer = |source| who(SHARER).participant.publication(source);
    let told = client.events.iter().rev().find_map(|event| match event {
        Event::AudioSlots(slots) => Some(slots.clone()),
        Event::Signal { .. } | Event::PausedVideo(_) | Event::WantedLayers { .. } | Event::Closed => None,
    });
    let told = told.unwrap();
    for source in [Source::Microphone, Source::ScreenAudio] {
        assert!(told.contains(&Some(of_sharer(source))), "{source:?} in {told:?}");
    }
}

#[test]
fn a_slot_goes_from_a_persons_camera_to_their_screen_and_back_without_a_gap() {
    let mut world = sharing();
    for (round, source) in [Source::Camera, Source::Screen].into_iter().cycle().take(6).enumerate() {
        world.subscribe(VIEWER, &[(SHARER, source)], 300);
        world.run(Duration::from_secs(2));
        let expected = if source == Source::Screen { SHARER | SHARED } else { SHARER };
        assert_eq!(seen_in(&mut world, 0), Some(expected), "round {round}");
    }
    let slot = &world.client(VIEWER).video[0];
    assert_eq!((slot.missing(), slot.breaks), (0, 0));
}

#[test]
fn what_is_off_is_not_passed_on_and_the_rest_of_the_person_is() {
    let mut world = sharing();
    world.subscribe(VIEWER, &[(SHARER, Source::Screen), (SHARER, Source::Camera)], 300);
    world.run(Duration::from_secs(4));
    world.media(SHARER, MediaState { screen: Switch::Off, microphone: Switch::Off, ..everything() });
    world.run(Duration::from_secs(1));
    let count = |world: &mut World| {
        let client = world.client(VIEWER);
        let of = |heard: &[testkit::media::Heard], number: u8| {
            heard.iter().filter_map(|one| one.from.get(&number)).sum::<u64>()
        };
        [
            of(&client.video, SHARER | SHARED),
            of(&client.audio, SHARER),
            of(&client.video, SHARER),
            of(&client.audio, SHARER | SHARED),
        ]
    };
    let before = count(&mut world);
    world.run(Duration::from_secs(2));
    let after = count(&mut world);
    assert_eq!(before[..2], after[..2], "neither screen nor voice, though the page goes on sending");
    assert!(after[2] > before[2] + 20 && after[3] > before[3] + 80, "{before:?} {after:?}");
}

#[test]
fn a_section_that_the_offer_does_not_name_carries_nothing() {
    let mut world = World::new();
    world.unnamed = Some(Source::Camera);
    world.join(SHARER, 1);
    world.unnamed = None;
    world.join(VIEWER, 1);
    world.watch(VIEWER, &[SHARER], 300);
    world.run(Duration::from_secs(3));
    let client = world.client(VIEWER);
    assert_eq!(client.video[0].frames, 0);
    assert!(client.audio.iter().any(|heard| heard.from.contains_key(&SHARER)));
}

#[test]
fn on_a_narrow_line_a_screen_is_as_large_with_fewer_pictures_and_on_a_wide_one_whole_again() {
    let mut world = sharing();
    // A small tile gets the same: letters cannot be read in half the size.
    world.subscribe(VIEWER, &[(SHARER, Source::Screen)], 120);
    world.run(Duration::from_secs(8));
    for (rate, expected) in [(20_000_000, 14..=15), (600_000, 4..=5), (20_000_000, 14..=15)] {
        world
            .lines
            .insert(usize::from(VIEWER) - 1, Line { rate: Some(rate), burst: 16_000, ..Line::default() });
        world.run(Duration::from_secs(15));
        let before = world.client(VIEWER).video[0].frames;
        world.run(Duration::from_secs(5));
        let slot = &world.client(VIEWER).video[0];
        let frames = (slot.frames - before) / 5;
        println!("{rate} bit/s: {frames} pictures a second, {} high", slot.height);
        assert!(expected.contains(&frames), "{rate} bit/s: {frames} pictures a second");
        assert_eq!(slot.height, 1080);
    }
}
