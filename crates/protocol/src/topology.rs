//! How media travels in a room. Decided by the room, followed by everybody in it.
//!
//! A migration is made before the old path is broken: while `migration` is set, everybody opens the new path beside the old one and
//! says `topology_ready`; then the room takes the new one over, or takes `migration` back and stays where it was.

use serde::{Deserialize, Serialize};

use crate::NodeId;

/// The path media takes, and where it is about to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Topology {
    /// The number of the decision for this path. Grows with each migration; what is said of an older epoch is stale.
    pub epoch: u32,
    /// The path.
    pub via: MediaVia,
    /// Why it is this one.
    pub reason: TopologyReason,
    /// The migration under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migration: Option<Migration>,
}

/// A migration to another path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Migration {
    /// The epoch it leads to. Higher than the room's, and than that of any migration before.
    pub epoch: u32,
    /// The path it leads to.
    pub via: MediaVia,
    /// The reason of the migration.
    pub reason: TopologyReason,
}

/// The paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MediaVia {
    /// Each participant talks to each other directly.
    Mesh,
    /// Everybody talks to the selective forwarding unit of this node.
    Sfu(NodeId),
}

/// Why media takes a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TopologyReason {
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
    /// What is recorded has to come to the server.
    Recording,
}

/// Why a migration was aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AbortReason {
    /// Somebody could not open the new path.
    NoPath,
    /// Somebody did not get media over the new path in time.
    TooSlow,
    /// What it was for is over.
    NotNeeded,
}

/// Something in the way of direct links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The link to somebody cannot be made.
    NoPathTo(crate::ParticipantId),
    /// What is sent to everybody is more than the uplink carries.
    WeakUplink,
}

impl Default for Topology {
    /// That of a room in which nobody is yet.
    fn default() -> Self {
        Self { epoch: 0, via: MediaVia::Mesh, reason: TopologyReason::FewPeople, migration: None }
    }
}

impl Topology {
    /// Whether links between people are wanted: they carry media, or are about to.
    pub fn wants_mesh(&self) -> bool {
        self.vias().any(|via| via == MediaVia::Mesh)
    }

    /// The nodes to which a link is wanted: none, one or two.
    pub fn wanted_nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        self.vias().filter_map(MediaVia::node)
    }

    /// Whether a link to any node is wanted.
    pub fn wants_sfu(&self) -> bool {
        self.wanted_nodes().next().is_some()
    }

    /// The path that carries media, then the one that is about to.
    pub fn vias(&self) -> impl Iterator<Item = MediaVia> + use<> {
        [Some(self.via), self.migration.map(|next| next.via)].into_iter().flatten()
    }
}

impl MediaVia {
    /// The node whose forwarding unit carries media.
    pub const fn node(self) -> Option<NodeId> {
        match self {
            Self::Mesh => None,
            Self::Sfu(node) => Some(node),
        }
    }

    /// Whether a forwarding unit carries media.
    pub const fn is_sfu(self) -> bool {
        matches!(self, Self::Sfu(_))
    }
}
