//! The manifest of a recording: who published what and when, in which files, and who consented. One JSON text, written anew as a whole when anything of
//! it changes. Times of parts are of the world's clock; all others count from the beginning of their part.

use std::collections::BTreeSet;

use protocol::limits::MAX_NUMBER;
use protocol::{Consent, DisplayName, ParticipantId, RecordingId, RoomCode, RoomKeyId, Source, Timestamp};
use serde::{Deserialize, Serialize};

use crate::webm::{Codec, Protection};

/// A file beside the manifest: 1 to 80 of lower-case letters, digits, `-` and `.`, no two dots together and none at either end. It names no folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileName(String);

/// The recording of one meeting. What [`Manifest::read`] returns keeps to what its fields say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of this format: [`Manifest::VERSION`].
    pub version: u16,
    /// Which recording.
    pub recording: RecordingId,
    /// In which room.
    pub room: RoomCode,
    /// Names the secret that opens it, where it is sealed.
    pub key: Option<RoomKeyId>,
    /// Whoever was in the room, at the most [`Manifest::MOST_PEOPLE`], each once.
    pub people: Vec<Person>,
    /// Numbered from 1 on without a gap: another one begins after a crash, and on another node. At the most [`Manifest::MOST_PARTS`].
    pub parts: Vec<Part>,
}

/// Somebody who was in the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    pub id: ParticipantId,
    /// Under which name, the last time.
    pub name: DisplayName,
    /// Whether they are recorded.
    pub consent: Consent,
}

/// What was recorded without interruption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its place, from 1.
    pub number: u32,
    /// When it began: the zero of all its times.
    pub began: Timestamp,
    /// How long it lasted, in milliseconds. `None` while it goes on, or after a crash.
    pub lasted_ms: Option<u64>,
    /// Its event log.
    pub events: FileName,
    /// Its key boxes, where it is sealed.
    pub keys: Option<FileName>,
    /// Its tracks, in the order in which they began; at the most [`Manifest::MOST_TRACKS`] in all parts.
    pub tracks: Vec<TrackFile>,
}

/// One publication, for as long as it went on in one codec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackFile {
    /// Where it is: no other track has the same.
    pub file: FileName,
    /// Whose: one of the people.
    pub participant: ParticipantId,
    /// Of what.
    pub source: Source,
    /// Of its frames.
    pub codec: Codec,
    /// Whether they are sealed.
    pub protection: Protection,
    /// When its first frame is played, in milliseconds since the part began: the zero of the file's own times.
    pub began_ms: u64,
    /// When its last one ended. `None` while it goes on, or after a crash.
    pub ended_ms: Option<u64>,
}

/// Why a text is no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is longer than any.
    #[error("the manifest is longer than {} bytes", Manifest::MOST_BYTES)]
    TooLong,
    /// It is not JSON, or says other things.
    #[error("the manifest cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// It was written by a later version.
    #[error("the manifest is of version {0}, which this program does not know")]
    Version(u16),
    /// What it says cannot be.
    #[error("the manifest contradicts itself: {0}")]
    Contradiction(&'static str),
}

/// It cannot be the name of a file of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no file of a recording has this name")]
pub struct FileNameError;

impl Manifest {
    /// The version that is written.
    pub const VERSION: u16 = 1;

    /// The longest text, in bytes. Ten thousand tracks have some three million.
    pub const MOST_BYTES: usize = 4 << 20;

    /// A room takes 500; whoever comes again is somebody else.
    pub const MOST_PEOPLE: usize = 5_000;

    /// One for each crash and each move.
    pub const MOST_PARTS: usize = 1_000;

    /// In all parts.
    pub const MOST_TRACKS: usize = 10_000;

    /// Reads what anybody may have written.
    ///
    /// # Errors
    ///
    /// When it is too long, of another version, no manifest, or contradicts itself.
    pub fn read(text: &[u8]) -> Result<Self, ManifestError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u16,
        }
        if text.len() > Self::MOST_BYTES {
            return Err(ManifestError::TooLong);
        }
        let Versioned { version } = serde_json::from_slice(text)?;
        if version != Self::VERSION {
            return Err(ManifestError::Version(version));
        }
        let manifest: Self = serde_json::from_slice(text)?;
        manifest.check().map_err(ManifestError::Contradiction)?;
        Ok(manifest)
    }

    /// As it is written.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        crate::lines::line(self)
    }

    fn check(&self) -> Result<(), &'static str> {
        let people: BTreeSet<_> = self.people.iter().map(|person| person.id).collect();
        if people.len() != self.people.len() || people.len() > Self::MOST_PEOPLE {
            return Err("people");
        }
        let is_next = |(index, part): (usize, &Part)| usize::try_from(part.number) == Ok(index + 1);
        if self.parts.len() > Self::MOST_PARTS || !self.parts.iter().enumerate().all(is_next) {
            return Err("the numbers of parts");
        }
        let mut names = BTreeSet::new();
        for part in &self.parts {
            self.check_part(part, &people)?;
            let tracks = part.tracks.iter().map(|track| &track.file);
            for name in tracks.chain([&part.events]).chain(&part.keys) {
                if !names.insert(name) {
                    return Err("a file is named twice");
                }
            }
        }
        if names.len() > Self::MOST_TRACKS + 2 * Self::MOST_PARTS { Err("too many tracks") } else { Ok(()) }
    }

    fn check_part(&self, part: &Part, people: &BTreeSet<ParticipantId>) -> Result<(), &'static str> {
        if part.began.0 > MAX_NUMBER || part.lasted_ms.is_some_and(|lasted| lasted > MAX_NUMBER) {
            return Err("the time of a part");
        }
        for track in &part.tracks {
            let ended = track.ended_ms.unwrap_or(track.began_ms);
            if !people.contains(&track.participant) {
                return Err("a track is of nobody");
            }
            if ended < track.began_ms || ended > MAX_NUMBER {
                return Err("the time of a track");
            }
            if track.codec.kind() != track.source.kind() {
                return Err("the codec of a track");
            }
        }
        Ok(())
    }
}

impl FileName {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// When it has other characters, or the form of a path.
    pub fn new(name: String) -> Result<Self, FileNameError> {
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        let has_form = !name.starts_with('.') && !name.ends_with('.') && !name.contains("..");
        if (1..=80).contains(&name.len()) && name.chars().all(is_allowed) && has_form {
            Ok(Self(name))
        } else {
            Err(FileNameError)
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for FileName {
    type Error = FileNameError;

    fn try_from(name: String) -> Result<Self, FileNameError> {
        Self::new(name)
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}
