//! How the node is, for those who look: links that say who it is, readiness, metrics, the admin page.

use std::sync::{Arc, PoisonError, RwLock};

use cluster::{Health, NodeAt, NodeRecord};

/// How the node is; a clone is another handle to the same.
#[derive(Clone, Default)]
pub(super) struct Status(Arc<RwLock<Inner>>);

#[derive(Default)]
struct Inner {
    record: Option<NodeRecord>,
    health: Option<Health>,
    nodes: Vec<NodeAt>,
}

impl Status {
    pub(super) fn set(&self, record: Option<NodeRecord>, health: Health) {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        (inner.record, inner.health) = (record, Some(health));
    }

    pub(super) fn set_nodes(&self, nodes: Vec<NodeAt>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).nodes = nodes;
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
