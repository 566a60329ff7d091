//! Recordings on the server: who is asked, what they answer, and the keys with which the frames of those who consent can be opened.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits::MAX_RECORDING_KEYS;
use crate::{MediaKind, ParticipantId, RoomKeyId, SealedKey, Timestamp};

/// Names a recording. Its text is that of a UUID, so no path can be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct RecordingId(pub Uuid);

/// It names no recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a recording is named by 36 characters")]
pub struct RecordingIdError;

/// What somebody's own page said about being recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// It did not answer: nothing of it is kept.
    NotAnswered,
    /// It consented.
    Given,
    /// It refused: nothing of it is kept.
    Refused,
    /// It consented first. What was kept until then is there.
    TakenBack,
}

/// A recording that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordingState {
    /// Which recording. A page asks its person once for each.
    pub id: RecordingId,
    /// Who started it.
    pub started_by: ParticipantId,
    /// When it was started.
    pub started: Timestamp,
    /// Names the room's secret, from which the recording's key follows; `None` where nothing is sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<RoomKeyId>,
}

/// Why nothing is recorded any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RecordingEnd {
    /// A host or co-host stopped it.
    Stopped,
    /// The server's disk is full.
    DiskFull,
    /// The server could not go on with it.
    Failed,
    /// Nobody was in the room any more.
    RoomEmpty,
}

/// Names a sender key: 24 bits of tag, drawn by the page; 16 of epoch; 8 of step (RFC 9605 §5.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "u64", extend("maximum" = (1_u64 << 48) - 1)))]
#[serde(try_from = "u64", into = "u64")]
pub struct KeyId(u64);

/// It has more than 48 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no sender key has this identifier")]
pub struct KeyIdError;

/// A sender key, sealed to a recording's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordingKey {
    /// Which of the sender's keys it is. Later steps of its epoch can be derived.
    pub key: KeyId,
    /// The key.
    #[serde(rename = "box")]
    pub sealed: SealedKey,
}

/// Sender keys of one page, at most [`MAX_RECORDING_KEYS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "Vec<RecordingKey>", extend("maxItems" = MAX_RECORDING_KEYS)))]
#[serde(try_from = "Vec<RecordingKey>", into = "Vec<RecordingKey>")]
pub struct RecordingKeys(Vec<RecordingKey>);

/// More keys than one message may bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {MAX_RECORDING_KEYS} keys in one message")]
pub struct TooManyRecordingKeys;

impl std::fmt::Display for RecordingId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl std::str::FromStr for RecordingId {
    type Err = RecordingIdError;

    /// Only as it is written: 36 characters, so that a recording has one address.
    fn from_str(text: &str) -> Result<Self, RecordingIdError> {
        let id = Uuid::try_parse(text).map(Self).map_err(|_| RecordingIdError)?;
        if id.to_string() == text { Ok(id) } else { Err(RecordingIdError) }
    }
}

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

    /// The name of a sealed frame's key, which is clear in it (RFC 9605 §4.3). `None` when it is no sealed frame. `crates/seal` makes them; the
    /// server, which is to keep a frame only once the box with its key is kept, does not know that crate.
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

impl TryFrom<Vec<RecordingKey>> for RecordingKeys {
    type Error = TooManyRecordingKeys;

    fn try_from(keys: Vec<RecordingKey>) -> Result<Self, TooManyRecordingKeys> {
        if keys.len() <= MAX_RECORDING_KEYS { Ok(Self(keys)) } else { Err(TooManyRecordingKeys) }
    }
}

impl From<RecordingKeys> for Vec<RecordingKey> {
    fn from(keys: RecordingKeys) -> Self {
        keys.0
    }
}
