//! Answers that somebody of this node waits for, by the number of the question.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::envelope::{ReplyAddress, RequestId, RoomReply};
use crate::node_id::NodeId;

/// The questions that are open; a clone is another handle to the same. Each ends with its waiter, so that there are never more than
/// requests that are being served.
#[derive(Clone)]
pub(super) struct Replies(Arc<Shared>);

struct Shared {
    node: NodeId,
    asked: AtomicU64,
    waiting: Mutex<HashMap<RequestId, oneshot::Sender<RoomReply>>>,
}

/// Somebody waits for an answer. Dropped, nobody does, and one that comes nevertheless goes nowhere.
pub(super) struct PendingReply {
    address: ReplyAddress,
    replies: Replies,
    reply: oneshot::Receiver<RoomReply>,
}

impl Replies {
    pub(super) fn new(node: NodeId) -> Self {
        Self(Arc::new(Shared { node, asked: AtomicU64::new(0), waiting: Mutex::default() }))
    }

    /// Opens a question.
    pub(super) fn expect(&self) -> PendingReply {
        let request = RequestId(self.0.asked.fetch_add(1, Ordering::Relaxed));
        let (sender, reply) = oneshot::channel();
        self.waiting().insert(request, sender);
        let address = ReplyAddress { node: self.0.node, request };
        PendingReply { address, replies: self.clone(), reply }
    }

    /// Gives an answer to whoever waits for it. One for another node goes nowhere yet: no such node asks.
    pub(super) fn deliver(&self, to: ReplyAddress, reply: RoomReply) {
        if to.node != self.0.node {
            return;
        }
        let waiter = self.waiting().remove(&to.request);
        if let Some(waiter) = waiter {
            _ = waiter.send(reply);
        }
    }

    /// How many answers are waited for.
    #[cfg(test)]
    pub(super) fn open(&self) -> usize {
        self.waiting().len()
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<RequestId, oneshot::Sender<RoomReply>>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PendingReply {
    pub(super) fn address(&self) -> ReplyAddress {
        self.address
    }

    /// The answer. `None` when nobody can give it any more.
    pub(super) async fn wait(mut self) -> Option<RoomReply> {
        (&mut self.reply).await.ok()
    }
}

impl Drop for PendingReply {
    fn drop(&mut self) {
        self.replies.waiting().remove(&self.address.request);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn an_answer_reaches_whoever_has_asked() {
        let replies = Replies::new(NodeId::draw());
        let (one, other) = (replies.expect(), replies.expect());
        replies.deliver(other.address(), RoomReply::NoRoom);
        replies.deliver(one.address(), RoomReply::Participants(Vec::new()));
        assert!(matches!(one.wait().await, Some(RoomReply::Participants(_))));
        assert!(matches!(other.wait().await, Some(RoomReply::NoRoom)));
        assert_eq!(replies.open(), 0);
    }

    #[tokio::test]
    async fn nothing_is_left_of_an_asker_who_has_gone_or_has_waited_long_enough() {
        let replies = Replies::new(NodeId::draw());
        let gone = replies.expect();
        let address = gone.address();
        drop(gone);
        assert!(tokio::time::timeout(Duration::ZERO, replies.expect().wait()).await.is_err());
        assert_eq!(replies.open(), 0);
        replies.deliver(address, RoomReply::NoRoom);
    }

    #[tokio::test]
    async fn an_answer_for_another_node_is_nobodys_here() {
        let replies = Replies::new(NodeId::draw());
        let mine = replies.expect();
        let elsewhere = ReplyAddress { node: NodeId::draw(), request: mine.address().request };
        replies.deliver(elsewhere, RoomReply::NoRoom);
        replies.deliver(mine.address(), RoomReply::Participants(Vec::new()));
        assert!(matches!(mine.wait().await, Some(RoomReply::Participants(_))));
    }
}
