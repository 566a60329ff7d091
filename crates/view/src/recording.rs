//! A recording as its page shows it. Times are milliseconds since it began.

use protocol::{Consent, MediaKey, ParticipantId};

/// How far the page of a recording is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum RecordingPhase {
    /// It is being fetched.
    #[default]
    Loading,
    /// It cannot be played.
    Failed(RecordingFault),
    /// It can.
    Ready(Box<RecordedMeeting>),
}

/// Why a recording cannot be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingFault {
    /// There is none, or none for whoever asks.
    NotFound,
    /// It is in the clear, and for those alone who show a credential of its room.
    NeedsCredential,
    /// The server was not reached.
    Unreachable,
    /// It is sealed, and the link has no key.
    NoKey,
    /// It is sealed, and the link has another room's key.
    OtherKey,
    /// Its manifest is none.
    Damaged,
    /// It was made by a later version.
    Newer,
    /// The browser decodes no media for pages (W3C `WebCodecs`).
    NoDecoder,
}

/// Why nothing of somebody is seen or heard that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrackTrouble {
    /// The box with the key is missing, or was changed.
    KeyMissing,
    /// The file, or what is in it, cannot be read.
    Damaged,
    /// The file did not come.
    Unreachable,
}

/// Whether a recording is sealed end to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sealing {
    /// It is.
    Sealed,
    /// It is in the clear.
    #[default]
    Clear,
    /// It is in the clear, although the link carries a key, and so promises that it is sealed.
    ClearDespiteKey,
}

/// What is known before anything is played.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordedMeeting {
    /// The name of the recording, or of its room.
    pub title: String,
    /// When it began, in the language of the page.
    pub began: String,
    /// How long it is.
    pub lasts: u32,
    /// Whether it is sealed end to end.
    pub sealing: Sealing,
    /// Everybody who was there.
    pub people: Vec<RecordedPerson>,
    /// When they spoke.
    pub lanes: Vec<SpeakingLane>,
    /// When anything was shared.
    pub shares: Vec<(u32, u32)>,
    /// When anything was written.
    pub chat_marks: Vec<u32>,
    /// What was written.
    pub chat: Vec<RecordedLine>,
    /// What was said, where captions were on.
    pub transcript: Vec<RecordedLine>,
    /// What can be saved by itself.
    pub tracks: Vec<RecordedTrack>,
}

/// Somebody who was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPerson {
    /// Who.
    pub id: ParticipantId,
    /// Under which name, the last time.
    pub name: String,
    /// What they answered.
    pub consent: Consent,
}

/// When somebody spoke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpeakingLane {
    /// Who.
    pub id: ParticipantId,
    /// Under which name.
    pub name: String,
    /// From when until when.
    pub spans: Vec<(u32, u32)>,
}

/// Something that was written or said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedLine {
    /// When it began.
    pub at: u32,
    /// When it ended, of what was said.
    pub until: u32,
    /// Whose it is.
    pub name: String,
    /// `None` when it cannot be opened.
    pub text: Option<String>,
}

/// A file of one publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedTrack {
    /// Its place among all.
    pub number: usize,
    /// In which part, from 1.
    pub part: usize,
    /// Of whom, and what.
    pub key: MediaKey,
    /// Under which name.
    pub name: String,
}

/// Whether it plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Playing {
    /// It stands.
    #[default]
    Paused,
    /// It goes on.
    Playing,
    /// It is to, and something is missing.
    Waiting,
}

/// Somebody at the moment that is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonPlayed {
    /// Who.
    pub id: ParticipantId,
    /// Under which name.
    pub name: String,
    /// Whether they are heard.
    pub is_muted: bool,
    /// Whether their hand is up.
    pub has_hand: bool,
    /// Whether they speak.
    pub speaks: bool,
    /// Of what there are pictures.
    pub pictures: Vec<MediaKey>,
    /// Whether they are there and not recorded.
    pub is_unrecorded: bool,
}

/// How far saving a track is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrackExport {
    /// Nothing is saved.
    #[default]
    Idle,
    /// So many percent of a track are here.
    Under {
        /// Which.
        track: usize,
        /// 0 to 100.
        percent: u8,
    },
    /// It could not be saved.
    Failed {
        /// Which.
        track: usize,
    },
}
