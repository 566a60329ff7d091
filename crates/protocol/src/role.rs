//! What a person is in a room.

use serde::{Deserialize, Serialize};

/// A rank, from a key in the link, an invitation, or a host's decision; never from who came first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes part.
    #[default]
    Guest,
    /// Helps the host: admits, mutes, removes guests.
    CoHost,
    /// Decides about the room.
    Host,
}

impl Role {
    /// Whether this role admits, mutes and removes others.
    pub fn moderates(self) -> bool {
        self >= Self::CoHost
    }

    /// Whether this role may do something to a person of another role: only to a lower one.
    pub fn outranks(self, other: Self) -> bool {
        self > other
    }
}
