//! Numbers that must not be taken for each other.

use serde::{Deserialize, Serialize};

/// A room. The driver makes it of the room's code, and the code of it; ten letters and digits fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RoomKey(pub u64);

/// A node, by the number that its operator or its driver has given it. It stays when the node is started anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u64);

/// The how-manieth start of a node with this id it is, from 1. PostgreSQL counts; of two nodes with one id the older one has the smaller number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Incarnation(pub u64);

/// A fencing token: it grows by one with each change of a room's owner, and a write with an older one is refused. 0, which nobody owns
/// with, is that of a room that had no owner yet; at most 2⁶³ − 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fence(pub u64);

impl Fence {
    /// The token of the next owner.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Tells clusters apart that share a Redis or a PostgreSQL: a digest of the cluster's name and of a key derived from its secret, made by the
/// driver. It keeps apart and proves nothing; the proof is the mutual TLS of the links between nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClusterTag(pub [u8; 16]);

/// Somebody who wants to get into a room. Given by the driver, never twice; what was passed on and came back may keep its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// The number of a question to Redis or PostgreSQL, which comes back with the answer. It is never given twice by one [`ClusterNode`](crate::ClusterNode).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question(pub u64);

/// Which Redis answers, as a digest of its run id (`INFO server`, which is another after a start and after a failover) and of a marker that
/// whoever finds none writes into it (`SET … NX`; it is gone after `FLUSHALL`). Another identity is a Redis that may have forgotten leases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RedisIdentity(pub u64);

/// A number that depends on both and looks random. The same on every node and in every version: placement and staggering rest on it.
pub(crate) const fn mix(one: u64, other: u64) -> u64 {
    // The finaliser of SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014).
    let mut mixed = one.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ other.wrapping_add(0xD1B5_4A32_D192_ED03);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
