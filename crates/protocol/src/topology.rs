//! How media travels in a room. Decided by the room, followed by everybody in it.
//!
//! A move is made before the old path is broken: while `moving` is set, everybody opens the new path beside the old one and
//! says `topology_ready`; then the room takes the new mode over, or takes `moving` back and stays where it was.

use serde::{Deserialize, Serialize};

/// The path media takes, and where it is about to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Topology {
    /// The number of the decision for this path. Grows with each move; what is said of an older epoch is stale.
    pub epoch: u32,
    /// The path.
    pub mode: Mode,
    /// Why it is this one.
    pub reason: MoveReason,
    /// The move under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving: Option<Move>,
}

/// A move to another path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Move {
    /// The epoch it leads to. Higher than the room's, and than that of any move before.
    pub epoch: u32,
    /// The path it leads to.
    pub mode: Mode,
    /// Why.
    pub reason: MoveReason,
}

/// The two paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Each participant talks to each other directly.
    Mesh,
    /// Everybody talks to the server's selective forwarding unit.
    Sfu,
}

/// Why media takes a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MoveReason {
    /// Few enough people to talk directly, and nothing speaks against it.
    FewPeople,
    /// More people than may talk directly.
    ManyPeople,
    /// Two of them cannot reach each other.
    NoDirectPath,
    /// Somebody cannot send to everybody at once.
    WeakUplink,
    /// Somebody cannot reach the server's forwarding unit.
    NoPathToServer,
}

/// Why a move was called off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallOff {
    /// Somebody could not open the new path.
    NoPath,
    /// Somebody did not get media over the new path in time.
    TooSlow,
    /// What it was for is over.
    NotNeeded,
}

/// Something in the way of direct links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The link to somebody cannot be made.
    NoPathTo(crate::ParticipantId),
    /// What is sent to everybody is more than the uplink, or the processor, carries.
    WeakUplink,
}

impl Topology {
    /// Whether links between people are wanted: they carry media, or are about to.
    pub fn wants_mesh(&self) -> bool {
        self.mode == Mode::Mesh || self.moving.is_some_and(|next| next.mode == Mode::Mesh)
    }

    /// Whether a link to the server is wanted.
    pub fn wants_sfu(&self) -> bool {
        self.mode == Mode::Sfu || self.moving.is_some_and(|next| next.mode == Mode::Sfu)
    }
}
