//! Whatever the server sends in place of a sealed frame or a key message, nothing opens that was not sealed so, and nothing panics.

#![no_main]

use std::hash::{DefaultHasher, Hash, Hasher};

use libfuzzer_sys::fuzz_target;
use protocol::{KeyMessage, ParticipantId, RoomCode, Source};
use seal::{Context, Expected, FrameOpener, FrameSealer, KeyPair, Purpose, RoomSecret, SenderKey, Tag};

fuzz_target!(|data: &[u8]| {
    // Another key for each input: the fuzzer sees what tags are compared with, and would write the right one into the input.
    let mut hasher = DefaultHasher::new();
    data.hash(&mut hasher);
    let dice = hasher.finish().to_le_bytes();
    let key = SenderKey::new(Tag::new(5), 1, [dice, dice].concat().try_into().unwrap_or([7; 16]));
    let (mut sealer, mut opener) = (FrameSealer::default(), FrameOpener::default());
    sealer.set_key(&key);
    opener.add_key(ParticipantId::NIL, key);
    let mut opened = Vec::new();
    let keyframe = [&[0x10, 1, 2, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0][..], &[7; 60]].concat();
    for (source, frame) in [(Source::Microphone, &[9; 40][..]), (Source::Camera, &keyframe)] {
        let expected = Expected::Only { key: ParticipantId::NIL.publication(source) };
        assert!(opener.open(expected, data, &mut opened).is_err(), "nobody sealed it");
        let mut honest = Vec::new();
        assert!(sealer.seal(source, frame, &mut honest));
        let mut bent = honest.clone();
        for (byte, change) in bent.iter_mut().zip(data) {
            *byte ^= change;
        }
        bent.truncate(bent.len() - data.len().saturating_sub(honest.len()).min(bent.len()));
        if bent != honest {
            assert!(opener.open(expected, &bent, &mut opened).is_err(), "it was changed");
        }
        assert!(opener.open(expected, &honest, &mut opened).is_ok(), "the honest one still opens");
    }
    _ = SenderKey::from_bytes(data);
    if let Ok(key_message) = KeyMessage::new(String::from_utf8_lossy(data).into_owned()) {
        let (me, other) = (KeyPair::new([dice[0]; 32]), KeyPair::new([2; 32]));
        let (room, secret) = (RoomCode::from_random(1), RoomSecret::new([dice[1]; 16]));
        let context = Context { room: &room, secret: Some(&secret), purpose: Purpose::SenderKey };
        assert!(me.open(other.public(), context, &key_message).is_err());
    }
});
