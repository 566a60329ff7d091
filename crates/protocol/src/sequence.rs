//! Numbers by which nothing is missed and nothing comes twice when a connection breaks and a session is resumed.

use serde::{Deserialize, Serialize};

/// The place of a server's message among those to one participant, from 1. A message that needs no repetition has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Sequence(pub u64);

impl Sequence {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
