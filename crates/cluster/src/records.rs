//! What stands in Redis and in PostgreSQL. The driver encodes it; a field that it does not know it leaves out.

use serde::{Deserialize, Serialize};

use crate::{ClusterTag, Fence, Incarnation, NodeId, RoomKey};

/// One start of a node, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeAt {
    /// Which node.
    pub node: NodeId,
    /// Which start of it.
    pub incarnation: Incarnation,
    /// Where other nodes reach it: host and port.
    pub address: String,
}

impl NodeAt {
    /// Which start of which node, without the address.
    pub const fn key(&self) -> (NodeId, Incarnation) {
        (self.node, self.incarnation)
    }
}

/// What a node says of itself in Redis, where it is kept for one lease and renewed long before that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// The cluster that it belongs to.
    pub cluster: ClusterTag,
    /// Which start of which node, and where.
    pub at: NodeAt,
    /// What it can be used for.
    pub roles: Roles,
    /// What it understands.
    pub version: Versions,
    /// How busy it is.
    pub load: Load,
    /// Whether it takes rooms.
    pub taking: Taking,
    /// Grows by one with each renewal: who sees two of one record knows that its node was there in between.
    pub beat: u64,
}

/// What a node can be used for: any combination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles(u8);

impl Roles {
    /// Serves pages and REST.
    pub const PAGES: Self = Self(1);
    /// Owns rooms.
    pub const SIGNALLING: Self = Self(2);
    /// Forwards media.
    pub const MEDIA: Self = Self(4);
    /// Relays for those who find no direct way.
    pub const RELAY: Self = Self(8);
    /// Everything, as a node does that was told nothing.
    pub const ALL: Self = Self(15);

    /// These and those.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether all of these are among them.
    pub const fn include(self, needed: Self) -> bool {
        self.0 & needed.0 == needed.0
    }
}

/// Which versions of the words between nodes a node understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The version that it speaks.
    pub speaks: u16,
    /// The oldest that it understands; at most [`Self::speaks`].
    pub oldest: u16,
}

impl Versions {
    /// Whether each understands the other, as a version and its successor do.
    pub const fn is_compatible(self, other: Self) -> bool {
        self.speaks >= other.oldest && other.speaks >= self.oldest
    }
}

/// How busy a node is, in thousandths of what it can carry: 0 is idle, 1,000 is full, and takes no more rooms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Load(pub u16);

/// Whether a node takes rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Taking {
    /// It does.
    Rooms,
    /// It drains, and takes none.
    Nothing,
}

/// Where to ask for a room. Redis keeps it for one lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomLease {
    /// The cluster whose room it is.
    pub cluster: ClusterTag,
    /// The room.
    pub room: RoomKey,
    /// Its owner.
    pub owner: NodeAt,
    /// The owner's token. A lease with a higher one goes before one with a lower one.
    pub fence: Fence,
}

/// Who owns a room: PostgreSQL's word, which is the only one that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRow {
    /// Its owner. Of a room that was let go of there is none.
    pub owner: Option<NodeAt>,
    /// The last token.
    pub fence: Fence,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_the_next_version_is_read() {
        let lease = RoomLease {
            cluster: ClusterTag([7; 16]),
            room: RoomKey(u64::MAX),
            owner: NodeAt { node: NodeId(3), incarnation: Incarnation(2), address: "[::1]:9000".to_owned() },
            fence: Fence(9),
        };
        let written = serde_json::to_string(&lease).unwrap();
        let later = written.replacen('{', "{\"colour\":\"green\",", 1);
        assert_eq!(serde_json::from_str::<RoomLease>(&later).unwrap(), lease);
    }

    #[test]
    fn roles_are_any_combination() {
        let roles = Roles::PAGES.and(Roles::MEDIA);
        assert!(roles.include(Roles::MEDIA) && !roles.include(Roles::MEDIA.and(Roles::RELAY)));
        assert!(Roles::ALL.include(Roles::PAGES.and(Roles::SIGNALLING).and(Roles::MEDIA).and(Roles::RELAY)));
        assert!(Roles::default().include(Roles::default()) && !Roles::default().include(Roles::PAGES));
    }
}
