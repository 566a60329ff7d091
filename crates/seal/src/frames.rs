//! Media frames of the own side: sealed in the SFrame format (RFC 9605), behind the bytes that stay clear.

use serde::{Deserialize, Serialize};
use sframe::frame::{MediaFrameView, MonotonicCounter};

use crate::SenderKey;
use crate::suite::{SUITE, SealingKey};

/// What a frame is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Media {
    /// Opus.
    Audio,
    /// VP8.
    Video,
}

impl Media {
    /// How many bytes at the front stay clear, though nobody can change them. Those of VP8 say whether the frame is a keyframe
    /// and how large the picture is (RFC 6386 §9.1), which browsers read from the packets. `None` when the frame is too short.
    pub(crate) fn clear_bytes(self, frame: &[u8]) -> Option<usize> {
        let clear = match self {
            Self::Audio => 0,
            Self::Video if frame.first()? & 1 == 0 => KEYFRAME_CLEAR,
            Self::Video => DELTA_CLEAR,
        };
        (clear <= frame.len()).then_some(clear)
    }
}

/// The uncompressed data chunk of a keyframe of VP8.
const KEYFRAME_CLEAR: usize = 10;

/// That of any other frame: its tag.
const DELTA_CLEAR: usize = 3;

impl std::fmt::Debug for FrameSealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FrameSealer({:?})", self.key.as_ref().map(SealingKey::key_id))
    }
}

/// Seals the frames of one page, whatever link they go over. The counter is one for all, so that no nonce is used twice.
#[derive(Default)]
pub struct FrameSealer {
    key: Option<SealingKey>,
    counter: MonotonicCounter,
}

impl FrameSealer {
    /// Seals with this key from now on.
    pub fn set_key(&mut self, key: &SenderKey) {
        self.key = SealingKey::derive_from(SUITE, key.id(), key.base()).ok();
    }

    /// Seals a frame into `sealed`, which is overwritten. False when there is no key yet, or the frame is none; it must not be
    /// sent then.
    pub fn seal(&mut self, media: Media, frame: &[u8], sealed: &mut Vec<u8>) -> bool {
        let (Some(key), Some(clear)) = (&self.key, media.clear_bytes(frame)) else { return false };
        let (clear, rest) = frame.split_at(clear);
        sealed.clear();
        let view = MediaFrameView::try_with_meta_data(&mut self.counter, rest, clear);
        view.is_ok_and(|view| view.encrypt_into(key, sealed).is_ok())
    }
}
