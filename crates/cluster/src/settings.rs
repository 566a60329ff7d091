//! What a node is told before it begins.

use std::time::Duration;

use crate::{ClusterTag, NodeId, Roles, Versions};

/// Which node it is, and how long things take. Times are by the node's own clock.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The node's id, which no other node of the cluster may have.
    pub node: NodeId,
    /// The cluster that it belongs to.
    pub cluster: ClusterTag,
    /// Where other nodes reach it: host and port.
    pub address: String,
    /// What it may be used for.
    pub roles: Roles,
    /// What it understands.
    pub version: Versions,
    /// For how long Redis keeps a record that is not renewed. Raised, rooms of a node that has died wait longer for another; lowered, a node
    /// that falters is taken for dead. All nodes of a cluster have the same.
    pub lease: Duration,
    /// How often records are renewed: at most a third of [`Self::lease`], so that one that is lost does no harm.
    pub renew_each: Duration,
    /// For how long nobody takes a room after Redis has come back, because it may have forgotten who has it. At least a whole lease and what
    /// clocks differ by: less, and rooms are taken from owners who are there.
    pub quiet: Duration,
    /// The time within which Redis answers; what it says later is not believed. At most [`Self::renew_each`].
    pub redis_timeout: Duration,
    /// The time within which PostgreSQL answers; whether a later answer was a yes is asked again. At most [`Self::lease`].
    pub storage_timeout: Duration,
    /// Within which time a drain ends, whatever is left: at most what an orchestrator waits before it kills, less a second.
    pub drain_within: Duration,
}

impl Settings {
    /// The usual times: leases of 3 s renewed each second, 4 s of quiet, answers within 1 s and 2 s, a drain within a minute.
    pub const fn new(node: NodeId, cluster: ClusterTag, address: String) -> Self {
        Self {
            node,
            cluster,
            address,
            roles: Roles::ALL,
            version: Versions { speaks: 1, oldest: 1 },
            lease: Duration::from_secs(3),
            renew_each: Duration::from_secs(1),
            quiet: Duration::from_secs(4),
            redis_timeout: Duration::from_secs(1),
            storage_timeout: Duration::from_secs(2),
            drain_within: Duration::from_secs(60),
        }
    }
}
