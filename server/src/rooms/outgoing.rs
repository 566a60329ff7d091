//! What waits to be written to one socket: bounded in messages and in bytes. Whoever lets it fill up is cut off, and what
//! waited for them is dropped with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::ws::Utf8Bytes;
use protocol::CloseCode;
use tokio::sync::mpsc;

/// Messages that may wait. A mesh of four sends about 100 at once.
const MAX_MESSAGES: usize = 256;

/// Bytes that may wait. Raising it lets a reader that does not read hold more of the server's memory.
pub(crate) const MAX_BYTES: usize = 1 << 20;

/// Stands in the byte count of a queue that was cut off.
const CUT_OFF: usize = usize::MAX / 2;

/// What a socket is to write.
#[derive(Clone, Debug)]
pub(crate) enum Outgoing {
    /// The text of a frame.
    Message(Utf8Bytes),
    Close(CloseCode),
}

/// The room's end. A socket whose room drops this without a `Close` has read too slowly.
#[derive(Debug)]
pub(crate) struct Outlet {
    messages: mpsc::Sender<Outgoing>,
    waiting_bytes: Arc<AtomicUsize>,
}

/// The socket's end.
#[derive(Debug)]
pub(crate) struct Incoming {
    messages: mpsc::Receiver<Outgoing>,
    waiting_bytes: Arc<AtomicUsize>,
}

/// There is no room for the message.
#[derive(Debug)]
pub(crate) struct Full;

/// An empty queue.
pub(crate) fn queue() -> (Outlet, Incoming) {
    let (sender, receiver) = mpsc::channel(MAX_MESSAGES);
    let waiting_bytes = Arc::new(AtomicUsize::new(0));
    let outlet = Outlet { messages: sender, waiting_bytes: Arc::clone(&waiting_bytes) };
    (outlet, Incoming { messages: receiver, waiting_bytes })
}

impl Outlet {
    /// Queues a message. One to a socket that is gone is dropped: the socket says so itself.
    pub(crate) fn send(&self, message: Utf8Bytes) -> Result<(), Full> {
        let length = message.len();
        if self.waiting_bytes.fetch_add(length, Ordering::Relaxed) + length > MAX_BYTES {
            return Err(Full);
        }
        match self.messages.try_send(Outgoing::Message(message)) {
            Err(mpsc::error::TrySendError::Full(_)) => Err(Full),
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
        }
    }

    /// Queues the end; what was queued before is written first.
    pub(crate) fn close(self, code: CloseCode) {
        _ = self.messages.try_send(Outgoing::Close(code));
    }

    /// Ends the queue at once.
    pub(crate) fn cut_off(self) {
        self.waiting_bytes.store(CUT_OFF, Ordering::Relaxed);
    }
}

impl Incoming {
    /// The next thing to write; `None` when the socket was cut off.
    pub(crate) async fn next(&mut self) -> Option<Outgoing> {
        let outgoing = self.messages.recv().await?;
        self.count(outgoing)
    }

    /// The next thing to write, if it is there.
    pub(crate) fn next_now(&mut self) -> Option<Outgoing> {
        let outgoing = self.messages.try_recv().ok()?;
        self.count(outgoing)
    }

    fn count(&self, outgoing: Outgoing) -> Option<Outgoing> {
        if self.waiting_bytes.load(Ordering::Relaxed) >= CUT_OFF {
            return None;
        }
        if let Outgoing::Message(message) = &outgoing {
            self.waiting_bytes.fetch_sub(message.len(), Ordering::Relaxed);
        }
        Some(outgoing)
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
        assert!(matches!(incoming.next().await, Some(Outgoing::Message(_))));
        assert!(matches!(incoming.next().await, Some(Outgoing::Close(_))));
    }

    fn message(text: &str) -> Utf8Bytes {
        text.into()
    }
}
