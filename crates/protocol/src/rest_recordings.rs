//! What REST says of recordings.

use serde::{Deserialize, Serialize};

use crate::{RecordingEnd, RecordingId, RoomCode, RoomName, Timestamp};

/// A recording on the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordingInfo {
    /// Which one.
    pub id: RecordingId,
    /// In which room. It may be gone.
    pub room: RoomCode,
    /// What a host calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<RoomName>,
    /// What its room is called, where that is there and has a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_name: Option<RoomName>,
    /// When it was started.
    pub started: Timestamp,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// Why it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<RecordingEnd>,
    /// Whether it goes on.
    pub state: RecordingProgress,
    /// How much there is of it.
    pub bytes: u64,
    /// Whether only those can play it who have the room's secret.
    pub sealed: bool,
    /// When it is deleted, if the server says when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletes_at: Option<Timestamp>,
}

/// Whether a recording goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RecordingProgress {
    /// It goes on.
    Recording,
    /// Nothing more comes.
    Complete,
}

/// What of a recording can be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordingPatch {
    /// What it is called; `null` takes the name away.
    #[serde(default)]
    pub name: Option<RoomName>,
}

/// The film of everybody that can be made of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordingMix {
    /// How it is.
    pub state: MixProgress,
    /// How much of it there is, from 0 to 100.
    pub percent: u8,
    /// How large it is, once it is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// How a film is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MixProgress {
    /// Nobody has asked for it.
    None,
    /// Others are made before it.
    Waiting,
    /// It is being made.
    Running,
    /// It is there.
    Complete,
    /// It could not be made; it can be asked for again.
    Failed,
}
