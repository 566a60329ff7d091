//! How the node is, for those who look: links that say who it is, readiness, metrics, the admin page.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use cluster::{Health, NodeAt, NodeRecord};
use protocol::Timestamp;

/// How long a node that is gone is spoken of.
const REMEMBERED_FOR: Duration = Duration::from_secs(60 * 60);

/// How the node is; a clone is another handle to the same.
#[derive(Clone, Default)]
pub(super) struct Status(Arc<RwLock<Inner>>);

#[derive(Default)]
struct Inner {
    record: Option<NodeRecord>,
    health: Option<Health>,
    nodes: Vec<NodeAt>,
    /// Those that were there, and since when they are not.
    gone: Vec<(NodeAt, Timestamp)>,
}

impl Status {
    pub(super) fn set(&self, record: Option<NodeRecord>, health: Health) {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        (inner.record, inner.health) = (record, Some(health));
    }

    pub(super) fn set_nodes(&self, nodes: Vec<NodeAt>, now: Timestamp) {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut inner.nodes, nodes);
        let Inner { nodes, gone, .. } = &mut *inner;
        gone.extend(before.into_iter().map(|at| (at, now)));
        // One that was started again is there.
        gone.retain(|(at, since)| {
            nodes.iter().all(|there| there.node != at.node) && now < since.after(REMEMBERED_FOR)
        });
    }

    /// The nodes that have gone within the last hour, and when.
    pub(super) fn gone(&self, now: Timestamp) -> Vec<(NodeAt, Timestamp)> {
        let mut gone = self.read(|inner| inner.gone.clone());
        gone.retain(|(_, since)| now < since.after(REMEMBERED_FOR));
        gone
    }

    /// What this node says of itself; nothing before it was counted.
    pub(super) fn record(&self) -> Option<NodeRecord> {
        self.read(|inner| inner.record.clone())
    }

    pub(super) fn health(&self) -> Option<Health> {
        self.read(|inner| inner.health)
    }

    /// The other nodes that are there.
    pub(super) fn nodes(&self) -> Vec<NodeAt> {
        self.read(|inner| inner.nodes.clone())
    }

    fn read<T>(&self, read: impl FnOnce(&Inner) -> T) -> T {
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}
