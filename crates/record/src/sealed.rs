//! What of a sealed frame is clear: by which key it was sealed (RFC 9605 §4.3). `crates/seal` makes them; the server, which is to keep a frame only
//! once the box with its key is kept, does not know that crate.

use protocol::MediaKind;
use serde::{Deserialize, Serialize};

/// Names a sender key: 24 bits of tag, drawn by the page; 16 of epoch; 8 of step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct KeyId(u64);

/// It has more than 48 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no sender key has this identifier")]
pub struct KeyIdError;

impl KeyId {
    /// Wraps what the header of a frame says.
    ///
    /// # Errors
    ///
    /// When it has more than 48 bits.
    pub fn new(id: u64) -> Result<Self, KeyIdError> {
        if id >> 48 == 0 { Ok(Self(id)) } else { Err(KeyIdError) }
    }

    /// Whether this key can be derived from another: it is the same, or a later step of the same epoch (RFC 9605 §5.1).
    #[must_use]
    pub fn follows(self, other: Self) -> bool {
        self.0 >> 8 == other.0 >> 8 && self.0 >= other.0
    }

    /// The name of a sealed frame's key. `None` when it is no sealed frame.
    #[must_use]
    pub fn of_frame(kind: MediaKind, frame: &[u8]) -> Option<Self> {
        // What `crates/seal` leaves clear in front: nothing of sound, and of VP8 the tag, in keyframes with the size (RFC 6386 §9.1).
        let clear = match kind {
            MediaKind::Audio => 0,
            MediaKind::Video if frame.first()? & 1 == 0 => 10,
            MediaKind::Video => 3,
        };
        let (config, rest) = frame.get(clear..)?.split_first()?;
        let key = config >> 4 & 0x07;
        if config & 0x80 == 0 {
            return Self::new(u64::from(key)).ok();
        }
        let bytes = rest.get(..usize::from(key) + 1)?;
        Self::new(bytes.iter().fold(0, |id, byte| id << 8 | u64::from(*byte))).ok()
    }
}

impl TryFrom<u64> for KeyId {
    type Error = KeyIdError;

    fn try_from(id: u64) -> Result<Self, KeyIdError> {
        Self::new(id)
    }
}

impl From<KeyId> for u64 {
    fn from(id: KeyId) -> Self {
        id.0
    }
}

impl std::fmt::Debug for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyId({:06x}, epoch {}, step {})", self.0 >> 24, self.0 >> 8 & 0xffff, self.0 & 0xff)
    }
}
