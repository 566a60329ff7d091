//! Media frames of the own side: sealed in the SFrame format (RFC 9605), behind the bytes that stay clear.

use protocol::{MediaKind, Source};
use sframe::frame::{MediaFrameView, MonotonicCounter};

use crate::suite::{SUITE, SealingKey};
use crate::{Protection, SenderKey};

/// How many bytes at the front of a frame stay clear, though nobody can change them: none of Opus; those of VP8 say whether the
/// frame is a keyframe and how large the picture is (RFC 6386 §9.1), which browsers read from the packets. `None` when the frame
/// is too short.
pub(crate) fn clear_bytes(kind: MediaKind, frame: &[u8]) -> Option<usize> {
    let clear = match kind {
        MediaKind::Audio => 0,
        MediaKind::Video if frame.first()? & 1 == 0 => KEYFRAME_CLEAR,
        MediaKind::Video => DELTA_CLEAR,
    };
    (clear <= frame.len()).then_some(clear)
}

/// The uncompressed data chunk of a keyframe of VP8.
const KEYFRAME_CLEAR: usize = 10;

/// That of any other frame: its tag.
const DELTA_CLEAR: usize = 3;

impl std::fmt::Debug for FrameSealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FrameSealer({:?})", self.key)
    }
}

/// Seals the frames of one page, whatever link they go over. The counter is one for all, so that no nonce is used twice. Each
/// source has a key of its own, derived from the sender key: nobody in between can play a screen where a camera is expected.
#[derive(Default)]
pub struct FrameSealer {
    protection: Protection,
    key: Option<SenderKey>,
    /// What was derived from it for each source of which something was sealed, in the order of [`Source::ALL`].
    derived: [Option<SealingKey>; Source::ALL.len()],
    counter: MonotonicCounter,
}

impl FrameSealer {
    /// What may leave from now on.
    pub fn protect(&mut self, protection: Protection) {
        self.protection = protection;
    }

    /// Seals with this key from now on.
    pub fn set_key(&mut self, key: &SenderKey) {
        (self.key, self.derived) = (Some(key.clone()), Default::default());
    }

    /// Writes into `sealed`, which is overwritten, what of a frame may leave: the frame sealed, or as it is where plaintext may. False
    /// when there is no key yet, the frame is none, or nothing may leave; it must not be sent then.
    pub fn seal(&mut self, source: Source, frame: &[u8], sealed: &mut Vec<u8>) -> bool {
        match self.protection {
            Protection::Sealed => {}
            Protection::Withheld => return false,
            Protection::Plaintext => {
                sealed.clear();
                sealed.extend_from_slice(frame);
                return true;
            }
        }
        let (Some(key), Some(clear)) = (&self.key, clear_bytes(source.kind(), frame)) else { return false };
        let derived = &mut self.derived[source as usize];
        if derived.is_none() {
            *derived = SealingKey::derive_from(SUITE, key.id(), key.base_of(source)).ok();
        }
        let Some(key) = derived else { return false };
        let (clear, rest) = frame.split_at(clear);
        sealed.clear();
        let view = MediaFrameView::try_with_meta_data(&mut self.counter, rest, clear);
        view.is_ok_and(|view| view.encrypt_into(key, sealed).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
    use sframe::frame::EncryptedFrameView;

    use super::*;
    use crate::Tag;

    #[test]
    fn plaintext_leaves_after_an_order_alone_and_nothing_while_it_is_withheld() {
        let (mut sealer, mut sealed, frame) = (FrameSealer::default(), Vec::new(), [0x11; 64]);
        assert!(
            !sealer.seal(Source::Microphone, &frame, &mut sealed),
            "without a key nothing is sent, least of all as it is"
        );
        sealer.set_key(&SenderKey::new(Tag::new(7), 0, [1; 16]));
        assert!(sealer.seal(Source::Microphone, &frame, &mut sealed) && sealed != frame);
        sealer.protect(Protection::Withheld);
        assert!(!sealer.seal(Source::Microphone, &frame, &mut sealed));
        sealer.protect(Protection::Plaintext);
        assert!(sealer.seal(Source::Microphone, &frame, &mut sealed) && sealed == frame);
        sealer.protect(Protection::Sealed);
        assert!(sealer.seal(Source::Microphone, &frame, &mut sealed) && sealed != frame);
    }

    #[test]
    fn no_key_and_counter_are_used_for_two_frames_however_keys_and_sources_change() {
        let frame = [0x11; 64];
        for seed in 0..50 {
            let mut dice = ChaCha20Rng::seed_from_u64(seed);
            let keys = [1, 2, 3].map(|epoch| SenderKey::new(Tag::new(7), epoch, [epoch as u8; 16]));
            let (mut sealer, mut sealed) = (FrameSealer::default(), Vec::new());
            let mut used = HashSet::new();
            let mut last = None;
            for step in 0..400 {
                // A key that was set before may be set again: a page that is told the same once more.
                if step == 0 || dice.next_u32() % 5 == 0 {
                    sealer.set_key(&keys[dice.next_u32() as usize % keys.len()]);
                }
                let source = Source::ALL[dice.next_u32() as usize % Source::ALL.len()];
                assert!(sealer.seal(source, &frame, &mut sealed));
                let (clear, rest) = sealed.split_at(clear_bytes(source.kind(), &sealed).unwrap());
                let view = EncryptedFrameView::try_with_meta_data(rest, clear).unwrap();
                let (key, counter) = (view.header().key_id(), view.header().counter());
                // Sources have keys of their own; the counter is one for all of them all the same.
                assert!(used.insert((key, counter)), "seed {seed}, step {step}");
                assert!(last < Some(counter), "seed {seed}, step {step}: the counter went back");
                last = Some(counter);
            }
        }
    }
}
