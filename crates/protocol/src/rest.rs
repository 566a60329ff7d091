//! The bodies of the REST interface under `/api/v1`.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};
use strum::EnumCount;

#[cfg(feature = "schema")]
use crate::limits::MAX_LISTED_ROOMS;
use crate::{
    Credential, DisplayName, Role, RoomCode, RoomEncryption, RoomKeyId, RoomName, RoomSettings, Source,
    Timestamp,
};

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
    /// Which secret its links carry, once somebody has entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_key: Option<RoomKeyId>,
}

/// A room as its host, or a program that may read it, sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomResource {
    /// Its address.
    pub code: RoomCode,
    /// Its rules.
    pub settings: RoomSettings,
    /// Whether it has a password.
    pub password: bool,
    /// How many are inside; null where the server that has the room does not answer just now.
    pub present: Option<u16>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The answer to `POST /api/v1/rooms`, whose body is a [`RoomSettingsPatch`](crate::RoomSettingsPatch).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CreatedRoom {
    /// The room.
    #[serde(flatten)]
    pub room: RoomResource,
    /// Makes whoever has it a host. Told this once.
    pub host_key: Credential,
}

/// The answer to `GET /api/v1/rooms`: rooms by code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomList {
    /// At most as many as were asked for.
    pub rooms: Vec<RoomResource>,
    /// Ask with `after` set to this for those that follow; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<RoomCode>,
}

/// The answer to `GET /api/v1/rooms?listed`: those with most people first, then by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListedRooms {
    /// The rooms, at most 50.
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_LISTED_ROOMS)))]
    pub rooms: Vec<ListedRoom>,
}

/// A room as those see it who do not have its link. Who is inside is not theirs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListedRoom {
    /// Its address.
    pub code: RoomCode,
    /// Its name, when it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<RoomName>,
    /// How many are inside; null where the server that has the room does not answer just now.
    pub present: Option<u16>,
    /// What stands between them and the room.
    pub entry: RoomEntry,
}

/// How a room can be entered by somebody who has found it in the list; of several obstacles the first in this order: locked, full,
/// password, waiting room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoomEntry {
    /// By everybody. Who comes without the key of its encryption is given it by somebody inside.
    Open,
    /// With a password.
    Password,
    /// When a host lets them in.
    WaitingRoom,
    /// By nobody new.
    Locked,
    /// By nobody before somebody leaves.
    Full,
}

/// What an API key may do with the rooms and calls that it has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumCount)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Scope {
    /// Read and list them.
    #[serde(rename = "rooms:read")]
    RoomsRead,
    /// Make, change and delete them.
    #[serde(rename = "rooms:write")]
    RoomsWrite,
    /// Hand out invitations and access tokens.
    #[serde(rename = "tokens:write")]
    TokensWrite,
    /// Read who is inside.
    #[serde(rename = "participants:read")]
    ParticipantsRead,
    /// Turn off what they send, and remove them.
    #[serde(rename = "participants:write")]
    ParticipantsWrite,
    /// Ask how the direct calls go that it has placed.
    #[serde(rename = "calls:read")]
    CallsRead,
    /// Ring people, and give that up.
    #[serde(rename = "calls:write")]
    CallsWrite,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; Self::COUNT] = [
        Self::RoomsRead,
        Self::RoomsWrite,
        Self::TokensWrite,
        Self::ParticipantsRead,
        Self::ParticipantsWrite,
        Self::CallsRead,
        Self::CallsWrite,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RoomsRead => "rooms:read",
            Self::RoomsWrite => "rooms:write",
            Self::TokensWrite => "tokens:write",
            Self::ParticipantsRead => "participants:read",
            Self::ParticipantsWrite => "participants:write",
            Self::CallsRead => "calls:read",
            Self::CallsWrite => "calls:write",
        }
    }
}

/// `POST /api/v1/rooms/{code}/participants/{id}/turn-off`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TurnOffRequest {
    /// What is turned off; nobody can turn it on for them.
    pub source: Source,
}

/// What kind of token a host hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// For a link: can be counted.
    Invitation,
    /// A signed token (JWT, RFC 7519) that a program gives to its own users.
    Access,
}

/// `POST /api/v1/rooms/{code}/tokens`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateTokenRequest {
    /// Which kind.
    pub kind: TokenKind,
    /// The role it gives.
    #[serde(default)]
    pub role: Role,
    /// What its bearer is called; of an invitation, a note for whom it is.
    #[serde(default)]
    pub name: Option<DisplayName>,
    /// From when it counts.
    #[serde(default)]
    pub not_before: Option<Timestamp>,
    /// Until when it counts: without, an invitation for ever and an access token for 24 hours; never longer than what it is
    /// made with.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// How many people an invitation lets in; without, any number.
    #[serde(default)]
    pub uses: Option<NonZeroU64>,
}

/// The answer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CreatedToken {
    /// The token, told this once.
    pub token: Credential,
    /// By which it is listed and taken back. It opens nothing.
    pub id: String,
    /// Until when it counts, if it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The path of its link, of an invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What something is that opens a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// The key of a host, as it stands in a host link.
    HostKey,
    /// For a link: can be counted.
    Invitation,
    /// A signed token (JWT, RFC 7519) that a program gives to its own users.
    AccessToken,
}

/// Something that opens a room, in the answer to `GET /api/v1/rooms/{code}/credentials`. Without its secret, which is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CredentialResource {
    /// By which it is taken back. It opens nothing.
    pub id: String,
    /// The kind of credential.
    pub kind: CredentialKind,
    /// The role it gives.
    pub role: Role,
    /// What its maker calls it, or its bearer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it was made with, and ends with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Until when it counts, if it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// How many people it still lets in, if they are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_left: Option<u64>,
}

/// The answer to `POST /r/{code}/host-link`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HostLink {
    /// The path of the link, with its key.
    pub path: String,
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
    /// Nobody new may enter.
    Locked,
    /// Guests may not enter yet.
    NotStarted,
    /// It is over.
    Ended,
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
    /// Who is inside, in the order in which they came; nobody where strangers may not know.
    pub people: Vec<DisplayName>,
    /// Whether guests need a password.
    pub password: bool,
    /// Whether guests wait to be let in.
    pub waiting_room: bool,
    /// Who can open what is said inside.
    #[serde(default)]
    pub encryption: RoomEncryption,
    /// When it starts, if it has not started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// Whether it is recorded. Whoever enters is asked before they are.
    #[serde(default)]
    pub recording: bool,
    /// What whoever asks would be inside.
    pub role: Role,
}

impl ValidateRoomResponse {
    /// The answer about a room that does not exist.
    pub const UNKNOWN: Self = Self {
        standing: RoomStanding::Unknown,
        room: None,
        people: Vec::new(),
        password: false,
        waiting_room: false,
        encryption: RoomEncryption::EndToEnd,
        starts_at: None,
        recording: false,
        role: Role::Guest,
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_scopes_are_among_all_of_them_by_their_names() {
        // A new one does not compile here until it has a place.
        let index = |scope: Scope| match scope {
            Scope::RoomsRead => 0,
            Scope::RoomsWrite => 1,
            Scope::TokensWrite => 2,
            Scope::ParticipantsRead => 3,
            Scope::ParticipantsWrite => 4,
            Scope::CallsRead => 5,
            Scope::CallsWrite => 6,
        };
        assert_eq!(Scope::ALL.map(index), std::array::from_fn(|at| at));
        for scope in Scope::ALL {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
        }
    }
}
