//! The connections of this node, by their ids: a room is told an id, and finds the queue of the connection here, once. A room of another
//! node would be told the same id.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use room::ConnectionId;

use crate::connection_queue::{self, QueueReceiver, QueueSender};
use crate::node_id::NodeId;

/// The queues of connections that no room has taken yet; a clone is another handle to the same. As many as there are connections that
/// ask a room to let them in: each is taken out when the room hears of it, or when the connection ends.
#[derive(Clone)]
pub(crate) struct Connections(Arc<Shared>);

struct Shared {
    node: NodeId,
    opened: AtomicU64,
    waiting: Mutex<HashMap<ConnectionId, QueueSender>>,
}

/// The id of an open connection. Where it is dropped before a room has taken the queue, there is nothing left to take.
pub(crate) struct OpenConnection {
    id: ConnectionId,
    connections: Connections,
}

impl Connections {
    pub(crate) fn new(node: NodeId) -> Self {
        Self(Arc::new(Shared { node, opened: AtomicU64::new(0), waiting: Mutex::default() }))
    }

    /// An id for a connection, never given before by any node, and the queue of what is to be written to it.
    pub(crate) fn open(&self) -> (OpenConnection, QueueReceiver) {
        let number = self.0.opened.fetch_add(1, Ordering::Relaxed);
        let id = ConnectionId(self.0.node.with_number(number));
        let (sender, receiver) = connection_queue::queue();
        self.waiting().insert(id, sender);
        (OpenConnection { id, connections: self.clone() }, receiver)
    }

    /// The way to a connection, for the room that it has asked to let it in. `None` when it is gone, was taken before, or is one of
    /// another node, which this one cannot reach yet.
    pub(crate) fn take(&self, id: ConnectionId) -> Option<QueueSender> {
        if NodeId::of(id.0) != self.0.node {
            return None;
        }
        self.waiting().remove(&id)
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<ConnectionId, QueueSender>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenConnection {
    pub(crate) fn id(&self) -> ConnectionId {
        self.id
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        // Dropped after the lock is free: it tells its own end that it is over.
        let untaken = self.connections.waiting().remove(&self.id);
        drop(untaken);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_room_takes_the_queue_of_a_connection_once() {
        let connections = Connections::new(NodeId::draw());
        let (open, mut receiver) = connections.open();
        let sender = connections.take(open.id()).unwrap();
        assert!(connections.take(open.id()).is_none());
        sender.send("hello".into(), &Arc::default()).unwrap();
        assert_eq!(receiver.next().await.unwrap().len(), 1);
    }

    #[test]
    fn nothing_is_left_of_a_connection_that_went_before_a_room_took_it() {
        let connections = Connections::new(NodeId::draw());
        let (open, receiver) = connections.open();
        let id = open.id();
        drop((open, receiver));
        assert!(connections.take(id).is_none());
        assert!(connections.waiting().is_empty());
    }

    #[test]
    fn a_connection_of_another_node_has_another_id_and_is_not_found_here() {
        let (here, there) = (Connections::new(NodeId::draw()), Connections::new(NodeId::draw()));
        let ((one, _receiver), (other, _other)) = (here.open(), there.open());
        assert_ne!(one.id(), other.id());
        assert!(here.take(other.id()).is_none());
    }
}
