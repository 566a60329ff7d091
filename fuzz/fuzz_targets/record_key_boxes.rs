//! Whatever a file of key boxes says after it, the box that the server kept first is the one that is found.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::ParticipantId;
use record::webm::MAX_FRAME_BYTES;
use record::{KeyBox, KeyBoxes, KeyId, SealedKey};

fuzz_target!(|data: &[u8]| {
    let key = KeyId::new(5 << 24 | 1 << 8 | 3).unwrap();
    let honest =
        KeyBox { participant: ParticipantId::NIL, key, sealed: SealedKey::new("honest".to_owned()).unwrap() };
    let mut boxes = KeyBoxes::new();
    assert!(boxes.push(&honest.to_line()).is_empty());
    for piece in data.chunks(1 + data.len() / 3) {
        assert!(boxes.push(piece).len() <= 100);
    }
    assert_eq!(boxes.find(ParticipantId::NIL, key), Some((key, &honest.sealed)));
    assert!(boxes.len() <= 1 + data.len() / 20);
    // Headers of frames are an enemy's too.
    assert!(data.len() < MAX_FRAME_BYTES);
    for kind in [protocol::MediaKind::Audio, protocol::MediaKind::Video] {
        if let Some(of_frame) = KeyId::of_frame(kind, data) {
            _ = boxes.find(ParticipantId::NIL, of_frame);
        }
    }
});
