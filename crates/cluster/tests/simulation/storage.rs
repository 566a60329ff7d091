//! A model of PostgreSQL: compare-and-swap, fenced writes, starts that are counted.

use std::collections::BTreeMap;

use cluster::{ClusterTag, Fence, Incarnation, NodeAt, NodeId, OwnerRow, RoomKey, TakeResult};

/// Whether it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Up,
    ReadOnly,
    Away,
}

pub(crate) struct Storage {
    pub(crate) access: Access,
    /// False, and it takes any write, as no database may.
    pub(crate) checks_fences: bool,
    cluster: Option<ClusterTag>,
    starts: BTreeMap<NodeId, u64>,
    rows: BTreeMap<RoomKey, OwnerRow>,
}

impl Storage {
    pub(crate) fn new(checks_fences: bool) -> Self {
        Self {
            access: Access::Up,
            checks_fences,
            cluster: None,
            starts: BTreeMap::new(),
            rows: BTreeMap::new(),
        }
    }

    /// Counts a start; nothing of another cluster's node.
    pub(crate) fn register(&mut self, node: NodeId, cluster: ClusterTag) -> Option<Incarnation> {
        if *self.cluster.get_or_insert(cluster) != cluster {
            return None;
        }
        let starts = self.starts.entry(node).or_default();
        *starts += 1;
        Some(Incarnation(*starts))
    }

    pub(crate) fn row(&self, room: RoomKey) -> Option<OwnerRow> {
        self.rows.get(&room).cloned()
    }

    pub(crate) fn take(&mut self, room: RoomKey, expected: Fence, owner: NodeAt) -> TakeResult {
        let row = self.row(room);
        if row.as_ref().map_or(Fence(0), |row| row.fence) != expected {
            return TakeResult::Lost { row };
        }
        let fence = expected.next();
        self.rows.insert(room, OwnerRow { owner: Some(owner), fence });
        TakeResult::Taken { fence }
    }

    pub(crate) fn release(&mut self, room: RoomKey, fence: Fence) {
        if let Some(row) = self.rows.get_mut(&room).filter(|row| row.fence == fence) {
            *row = OwnerRow { owner: None, fence: fence.next() };
        }
    }

    /// Whether a write is taken.
    pub(crate) fn write(&self, room: RoomKey, fence: Fence) -> bool {
        !self.checks_fences || self.rows.get(&room).is_some_and(|row| row.fence == fence)
    }
}
