//! The bodies of the REST interface under `/api/v1`.

use serde::{Deserialize, Serialize};

use crate::{DisplayName, RoomCode, RoomName};

/// A room as its link shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomSummary {
    /// Its address.
    pub code: RoomCode,
    /// Its name, when it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<RoomName>,
    /// How many people it takes.
    pub capacity: u16,
    /// How many are inside.
    pub present: u16,
}

/// `POST /api/v1/rooms`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateRoomRequest {
    /// The name of the room, if it shall have one.
    #[serde(default)]
    pub name: Option<RoomName>,
}

/// Whether a room can be entered now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoomStanding {
    /// It can.
    Open,
    /// It has as many people as it takes.
    Full,
    /// There is no such room.
    Unknown,
}

/// `POST /api/v1/rooms/{code}/validate`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ValidateRoomResponse {
    /// Whether it can be entered.
    pub standing: RoomStanding,
    /// The room, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomSummary>,
    /// Who is inside, in the order in which they came.
    pub people: Vec<DisplayName>,
}

impl ValidateRoomResponse {
    /// The answer about a room that does not exist.
    pub const UNKNOWN: Self = Self { standing: RoomStanding::Unknown, room: None, people: Vec::new() };
}

/// A refusal of the REST interface (problem details, RFC 9457), sent as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// What kind of problem, as a URI reference below this server.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
