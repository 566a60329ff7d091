//! A person in a room, as everybody in the room knows them.

use serde::{Deserialize, Serialize};

use crate::{DisplayName, MediaState, ParticipantId};

/// One person in the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Participant {
    /// Unique in the room.
    pub id: ParticipantId,
    /// What to show.
    pub name: DisplayName,
    /// What they send.
    pub media: MediaState,
}

/// Why somebody is no longer in the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// They left.
    Left,
    /// Their connection ended without a word.
    Disconnected,
    /// They broke the rules of the protocol, or read too slowly.
    Removed,
}
