//! A model of Redis: records that run out, a replica that is behind, starts that forget everything.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use cluster::{
    Claim, ClusterTag, Fence, Incarnation, LeaseFound, Load, NodeAt, NodeId, NodeRecord, OwnKey,
    RedisIdentity, Renewal, Renewed, Roles, RoomKey, RoomLease, Taking, Versions,
};

/// The keys of another cluster, which has the same ids and rooms.
pub(crate) const FOREIGN: ClusterTag = ClusterTag([66; 16]);

/// The replica is behind by so much.
const BEHIND: Duration = Duration::from_millis(900);

#[derive(Clone)]
enum Change {
    Node(NodeRecord, Duration),
    NodeGone(NodeId),
    Lease(RoomLease, Duration),
    LeaseGone(RoomKey),
}

#[derive(Clone, Default)]
struct Keys {
    nodes: BTreeMap<NodeId, (NodeRecord, Duration)>,
    leases: BTreeMap<RoomKey, (RoomLease, Duration)>,
}

impl Keys {
    fn apply(&mut self, change: Change) {
        match change {
            Change::Node(record, until) => _ = self.nodes.insert(record.at.node, (record, until)),
            Change::NodeGone(node) => _ = self.nodes.remove(&node),
            Change::Lease(lease, until) => _ = self.leases.insert(lease.room, (lease, until)),
            Change::LeaseGone(room) => _ = self.leases.remove(&room),
        }
    }

    fn expire(&mut self, now: Duration) {
        self.nodes.retain(|_, (_, until)| *until > now);
        self.leases.retain(|_, (_, until)| *until > now);
    }
}

pub(crate) struct Redis {
    pub(crate) is_up: bool,
    /// The longest time that a message to or from it takes.
    pub(crate) slow: Duration,
    /// Whether keys of another cluster are in it.
    pub(crate) has_foreign: bool,
    identity: u64,
    keys: Keys,
    replica: Keys,
    behind: VecDeque<(Duration, Change)>,
}

impl Redis {
    pub(crate) fn new() -> Self {
        Self {
            is_up: true,
            slow: Duration::from_millis(8),
            has_foreign: false,
            identity: 1,
            keys: Keys::default(),
            replica: Keys::default(),
            behind: VecDeque::new(),
        }
    }

    /// Starts anew with nothing in it.
    pub(crate) fn restart_empty(&mut self) {
        self.identity += 1;
        self.keys = Keys::default();
        self.replica = Keys::default();
        self.behind.clear();
    }

    /// The replica takes over. What it had not heard of is lost: so many keys.
    pub(crate) fn fail_over(&mut self, now: Duration) -> usize {
        self.replicate(now);
        self.identity += 1;
        let lost = self.behind.len();
        self.behind.clear();
        self.keys = self.replica.clone();
        lost
    }

    fn replicate(&mut self, now: Duration) {
        while self.behind.front().is_some_and(|(at, _)| *at + BEHIND <= now) {
            if let Some((_, change)) = self.behind.pop_front() {
                self.replica.apply(change);
            }
        }
    }

    fn change(&mut self, now: Duration, change: Change) {
        self.replicate(now);
        self.keys.apply(change.clone());
        self.behind.push_back((now, change));
    }

    /// The script of a renewal.
    pub(crate) fn renew(&mut self, now: Duration, renewal: &Renewal) -> Renewed {
        self.keys.expire(now);
        let until = now + renewal.lease;
        let me = &renewal.record.at;
        let there = self.keys.nodes.get(&me.node).map(|(record, _)| (record.at.incarnation, record.beat));
        let is_other = there.filter(|(incarnation, _)| *incarnation != me.incarnation);
        let writes = match (renewal.claim, is_other) {
            (Claim::Look, _) => false,
            (Claim::IfFree, other) => other.is_none(),
            (Claim::Overwrite, other) => other.is_none_or(|(incarnation, _)| incarnation < me.incarnation),
        };
        let own = match (writes, there) {
            (true, _) => OwnKey::Written,
            (false, Some((by, beat))) => OwnKey::Occupied { by, beat },
            (false, None) => OwnKey::Free,
        };
        if writes {
            self.change(now, Change::Node(renewal.record.clone(), until));
        }
        let mut newer = Vec::new();
        for lease in &renewal.rooms {
            match self.keys.leases.get(&lease.room) {
                Some((there, _)) if there.fence > lease.fence => newer.push(there.clone()),
                Some(_) | None => self.change(now, Change::Lease(lease.clone(), until)),
            }
        }
        let mut nodes: Vec<_> = self.keys.nodes.values().map(|(record, _)| record.clone()).collect();
        if self.has_foreign {
            nodes.extend([me.node, NodeId(77)].map(foreign_node));
            newer.extend(renewal.rooms.first().map(|lease| foreign_lease(lease.room)));
        }
        Renewed { identity: RedisIdentity(self.identity), own, nodes, newer }
    }

    pub(crate) fn announce(&mut self, now: Duration, lease: &RoomLease, keep: Duration) {
        self.keys.expire(now);
        let there = self.keys.leases.get(&lease.room);
        if there.is_none_or(|(there, _)| there.fence <= lease.fence) {
            self.change(now, Change::Lease(lease.clone(), now + keep));
        }
    }

    pub(crate) fn withdraw_lease(&mut self, now: Duration, lease: &RoomLease) {
        if self.keys.leases.get(&lease.room).is_some_and(|(there, _)| there == lease) {
            self.change(now, Change::LeaseGone(lease.room));
        }
    }

    pub(crate) fn withdraw_node(&mut self, now: Duration, at: &NodeAt) {
        if self.keys.nodes.get(&at.node).is_some_and(|(there, _)| there.at == *at) {
            self.change(now, Change::NodeGone(at.node));
        }
    }

    pub(crate) fn find(&mut self, now: Duration, room: RoomKey, owner: Option<NodeId>) -> LeaseFound {
        self.keys.expire(now);
        let lease = self.keys.leases.get(&room).map(|(lease, _)| lease.clone());
        let owner = owner.and_then(|owner| self.keys.nodes.get(&owner)).map(|(record, _)| record.clone());
        let lease = lease.or_else(|| self.has_foreign.then(|| foreign_lease(room)));
        LeaseFound { identity: RedisIdentity(self.identity), lease, owner }
    }
}

/// A node of the other cluster.
pub(crate) fn foreign_node(node: NodeId) -> NodeRecord {
    NodeRecord {
        cluster: FOREIGN,
        at: NodeAt { node, incarnation: Incarnation(999), address: "elsewhere".to_owned() },
        roles: Roles::ALL,
        version: Versions { speaks: 1, oldest: 1 },
        load: Load(0),
        taking: Taking::Rooms,
        beat: 1,
    }
}

fn foreign_lease(room: RoomKey) -> RoomLease {
    RoomLease { cluster: FOREIGN, room, owner: foreign_node(NodeId(77)).at, fence: Fence(1_000_000) }
}
