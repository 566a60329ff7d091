//! How media travels in a room. Decided by the room, followed by everybody in it.

use serde::{Deserialize, Serialize};

/// The path media takes, and the number of the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Topology {
    /// Grows by one with each move; a message about an older epoch is stale.
    pub epoch: u32,
    /// The path.
    pub mode: Mode,
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
