//! What a page seals, and what becomes of it in a recording: kept once its key is, and opened by whoever has that.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../record/tests/record/common.rs"]
#[expect(dead_code, reason = "it is the tests' of the crate, which use all of it")]
mod common;

use common::{Arriving, CAMERA, Driver, millis, picture, told, vp8_packets};
use protocol::{MediaKind, Source};
use record::KeyId;
use record::webm::{Codec, Protection};
use seal::{FrameSealer, SenderKey, Tag};

#[test]
fn the_key_of_a_frame_is_named_as_the_page_that_sealed_it_names_it() {
    let keyframe = [&[0x10, 1, 2, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0][..], &[7; 60]].concat();
    let frames =
        [(Source::Microphone, &[9; 40][..]), (Source::Camera, &keyframe), (Source::Screen, &[0x11; 40])];
    let mut last: Option<KeyId> = None;
    for (tag, epoch, steps) in [(0, 0, 0), (0xff_ffff, 0xffff, 0), (5, 7, 0), (5, 7, 1), (5, 7, 200)] {
        let mut key = SenderKey::new(Tag::new(tag), epoch, [1; 16]);
        for _ in 0..steps {
            key = key.next().unwrap();
        }
        let mut sealer = FrameSealer::default();
        sealer.set_key(&key);
        for (source, frame) in frames {
            let mut sealed = Vec::new();
            assert!(sealer.seal(source, frame, &mut sealed));
            assert_eq!(KeyId::of_frame(source.kind(), &sealed), KeyId::new(key.id()).ok());
        }
        let id = KeyId::new(key.id()).unwrap();
        assert_eq!(last.is_some_and(|last| id.follows(last) && !last.follows(id)), steps > 0);
        last = Some(id);
    }
    assert!(KeyId::new(1 << 48).is_err());
    assert_eq!(KeyId::of_frame(MediaKind::Audio, &[]), None);
    assert_eq!(KeyId::of_frame(MediaKind::Video, &[1, 2, 3, 0xd0, 1]), None);
}

#[test]
fn a_sealed_frame_is_written_once_its_key_is_kept_and_dropped_when_it_never_is() {
    let mut sealer = FrameSealer::default();
    let first = SenderKey::new(Tag::new(5), 1, [1; 16]);
    let mut driver = Driver::new();
    driver.begin(CAMERA, Codec::Vp8, Protection::Sealed);
    let mut sequence = 0;
    let mut send = |driver: &mut Driver, sealer: &mut FrameSealer, number: u32| {
        let at = u64::from(number) * 40;
        let mut sealed = Vec::new();
        assert!(sealer.seal(
            Source::Camera,
            &picture(number.is_multiple_of(50), 640, at, number, 50),
            &mut sealed
        ));
        for packet in vp8_packets(&sealed, number as u16, 1, &mut sequence, number * 3_600) {
            driver.hear(millis(at + 20), &Arriving::Packet(CAMERA, packet));
        }
        driver.advance(millis(at + 39));
    };
    sealer.set_key(&first);
    for number in 0..35 {
        send(&mut driver, &mut sealer, number);
    }
    let id = KeyId::new(first.id()).unwrap();
    assert_eq!(driver.tracks[&CAMERA].wanted_keys, [id]);
    assert!(driver.tracks[&CAMERA].file.is_empty(), "not a byte before the box is kept");
    driver.recorder.handle_key_kept(driver.now, CAMERA.participant, id);
    // A later step opens with the same box; another epoch does not.
    sealer.set_key(&first.next().unwrap());
    for number in 35..75 {
        send(&mut driver, &mut sealer, number);
    }
    sealer.set_key(&SenderKey::new(Tag::new(5), 2, [2; 16]));
    for number in 75..250 {
        send(&mut driver, &mut sealer, number);
    }
    driver.finish();
    let (head, blocks) = driver.blocks(CAMERA);
    assert_eq!(head.format.protection, Protection::Sealed);
    assert_eq!(blocks.len(), 75);
    let summary = driver.tracks[&CAMERA].summary.unwrap();
    assert_eq!(summary.without_key, 175);
    let mut opener = seal::FrameOpener::default();
    opener.add_key(CAMERA.participant, first);
    for (number, block) in blocks.iter().enumerate() {
        let mut opened = Vec::new();
        assert_eq!(opener.open(seal::Expected::Only { key: CAMERA }, &block.bytes, &mut opened), Ok(()));
        assert_eq!(told(&opened, true).1 as usize, number);
    }
}
