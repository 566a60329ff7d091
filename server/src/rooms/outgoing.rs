//! What waits to be written to one socket: bounded in messages and in bytes. Whoever lets it fill up is cut off, and what
//! waited for them is dropped with it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use protocol::CloseCode;
use tokio::sync::Notify;

/// Messages that may wait. A mesh of four sends about 100 at once.
const MAX_MESSAGES: usize = 256;

/// Bytes that may wait. Raising it lets a reader that does not read hold more of the server's memory.
pub(crate) const MAX_BYTES: usize = 1 << 20;

/// What a socket is to write.
#[derive(Clone, Debug)]
pub(crate) enum Outgoing {
    /// The text of a frame.
    Message(Utf8Bytes),
    Close(CloseCode),
}

/// The room's end. A socket whose room drops this without a `Close` has read too slowly.
#[derive(Debug)]
pub(crate) struct Outlet(Arc<Queue>);

/// The socket's end.
#[derive(Debug)]
pub(crate) struct Incoming(Arc<Queue>);

/// There is no room for the message.
#[derive(Debug)]
pub(crate) struct Full;

/// A channel of tokio's keeps memory for 32 messages also when it is empty, which is most of the time; this one keeps none.
#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    messages: Vec<Outgoing>,
    bytes: usize,
    /// The room says nothing more.
    is_over: bool,
    /// The socket reads nothing more.
    is_unread: bool,
}

/// An empty queue.
pub(crate) fn queue() -> (Outlet, Incoming) {
    let queue = Arc::new(Queue::default());
    (Outlet(Arc::clone(&queue)), Incoming(queue))
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outlet {
    /// Queues a message. One to a socket that is gone is dropped: the socket says so itself.
    pub(crate) fn send(&self, message: Utf8Bytes) -> Result<(), Full> {
        let mut waiting = self.0.lock();
        if waiting.is_unread {
            return Ok(());
        }
        if waiting.messages.len() >= MAX_MESSAGES || waiting.bytes + message.len() > MAX_BYTES {
            return Err(Full);
        }
        waiting.bytes += message.len();
        waiting.messages.push(Outgoing::Message(message));
        drop(waiting);
        self.0.changed.notify_one();
        Ok(())
    }

    /// Queues the end; what was queued before is written first.
    pub(crate) fn close(self, code: CloseCode) {
        self.0.lock().messages.push(Outgoing::Close(code));
    }

    /// Ends the queue at once.
    pub(crate) fn cut_off(self) {
        self.0.lock().messages.clear();
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
        self.0.changed.notify_one();
    }
}

impl Incoming {
    /// Everything that waits to be written, at least one; `None` when the socket was cut off.
    pub(crate) async fn next(&mut self) -> Option<Vec<Outgoing>> {
        loop {
            {
                let mut waiting = self.0.lock();
                if !waiting.messages.is_empty() {
                    waiting.bytes = 0;
                    return Some(std::mem::take(&mut waiting.messages));
                }
                if waiting.is_over {
                    return None;
                }
            }
            self.0.changed.notified().await;
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        waiting.is_unread = true;
        waiting.messages = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_queue_holds_so_many_messages_and_so_many_bytes() {
        let (outlet, mut incoming) = queue();
        for _ in 0..MAX_MESSAGES {
            outlet.send(message("x")).unwrap();
        }
        assert!(outlet.send(message("x")).is_err());

        let (outlet, _incoming) = queue();
        let large = "x".repeat(MAX_BYTES / 4);
        for _ in 0..4 {
            outlet.send(message(&large)).unwrap();
        }
        assert!(outlet.send(message("x")).is_err());
        assert!(incoming.next().await.is_some());
    }

    #[tokio::test]
    async fn what_was_read_makes_room() {
        let (outlet, mut incoming) = queue();
        let large = "x".repeat(MAX_BYTES / 2);
        for _ in 0..10 {
            outlet.send(message(&large)).unwrap();
            assert!(incoming.next().await.is_some());
        }
    }

    #[tokio::test]
    async fn who_is_cut_off_gets_nothing_more_and_who_is_closed_gets_everything_first() {
        let (outlet, mut incoming) = queue();
        outlet.send(message("waits")).unwrap();
        outlet.cut_off();
        assert!(incoming.next().await.is_none());

        let (outlet, mut incoming) = queue();
        outlet.send(message("waits")).unwrap();
        outlet.close(CloseCode::NORMAL);
        let all = incoming.next().await.unwrap();
        assert!(matches!(&all[..], [Outgoing::Message(_), Outgoing::Close(_)]));
        assert!(incoming.next().await.is_none());
    }

    fn message(text: &str) -> Utf8Bytes {
        text.into()
    }
}
