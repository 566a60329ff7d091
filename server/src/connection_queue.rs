//! What waits to be written to one socket: bounded in messages and in bytes. Whoever lets it fill up is cut off, and what
//! waited for them is dropped with it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use protocol::CloseCode;
use tokio::sync::Notify;

/// Messages that may wait: everything that somebody who resumes can have missed
/// ([`protocol::limits::MAX_UNACKNOWLEDGED`]), and as much again.
const MAX_MESSAGES: usize = 2 * protocol::limits::MAX_UNACKNOWLEDGED;

/// Bytes that may wait: four times what a room keeps for somebody who resumes. Raising it lets a reader that does not read hold
/// more of the server's memory.
pub(crate) const MAX_BYTES: usize = 2 << 20;

/// Messages with which a queue is long. A mesh of four sends about 100 at once.
const LONG_MESSAGES: usize = 128;

/// Bytes with which a queue is long.
const LONG_BYTES: usize = 256 * 1024;

/// Messages with which a queue that was long is short again.
const SHORT_MESSAGES: usize = LONG_MESSAGES / 4;

/// Bytes with which a queue that was long is short again.
const SHORT_BYTES: usize = LONG_BYTES / 4;

/// Messages that are written together.
const TOGETHER: usize = 64;

/// Bytes that are written together, at least one message: what a reader must take within the time of one write.
const TOGETHER_BYTES: usize = 64 * 1024;

/// What a socket is to write.
#[derive(Clone, Debug)]
pub(crate) enum Outgoing {
    /// The text of a frame.
    Message(Utf8Bytes),
    Close(CloseCode),
}

/// The end of what a connection is attached to. A socket whose room drops this without a `Close` has read too slowly.
#[derive(Debug)]
pub(crate) struct QueueSender(Arc<Queue>);

/// The socket's end.
#[derive(Debug)]
pub(crate) struct QueueReceiver(Arc<Queue>);

/// Batches that a socket may have said and the room not done. More keep a room busy that has many; fewer make a socket wait for
/// the room after each.
const UNHEARD: u8 = 4;

/// How much waits for a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// What usually does.
    Short,
    /// More than the socket writes at once.
    Long,
    /// Half of what may wait.
    HalfFull,
}

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
    /// Who is told when the queue is short again, while it is long.
    told_when_short: Option<Arc<Notify>>,
    /// Batches of messages the other way that the room has not done.
    unheard: u8,
    /// The socket is not read until the room has done some of them.
    is_stalled: bool,
    /// The room says nothing more.
    is_over: bool,
    /// The socket reads nothing more.
    is_unread: bool,
}

/// An empty queue.
pub(crate) fn queue() -> (QueueSender, QueueReceiver) {
    let queue = Arc::new(Queue::default());
    (QueueSender(Arc::clone(&queue)), QueueReceiver(queue))
}

impl Waiting {
    fn level(&self) -> Level {
        if self.messages.len() >= MAX_MESSAGES / 2 || self.bytes >= MAX_BYTES / 2 {
            Level::HalfFull
        } else if self.messages.len() >= LONG_MESSAGES || self.bytes >= LONG_BYTES {
            Level::Long
        } else {
            Level::Short
        }
    }

    fn is_short_again(&self) -> bool {
        self.is_unread || self.messages.len() <= SHORT_MESSAGES && self.bytes <= SHORT_BYTES
    }

    /// As much as is written together.
    fn take(&mut self) -> Vec<Outgoing> {
        let (mut count, mut bytes) = (0, 0);
        for message in self.messages.iter().take(TOGETHER) {
            bytes += message.len();
            if count > 0 && bytes > TOGETHER_BYTES {
                break;
            }
            count += 1;
        }
        // An empty queue keeps no memory.
        let taken = if count == self.messages.len() {
            std::mem::take(&mut self.messages)
        } else {
            self.messages.drain(..count).collect()
        };
        let written: usize = taken.iter().map(Outgoing::len).sum();
        self.bytes = self.bytes.saturating_sub(written);
        if self.is_short_again()
            && let Some(room) = self.told_when_short.take()
        {
            room.notify_one();
        }
        taken
    }
}

impl Outgoing {
    fn len(&self) -> usize {
        match self {
            Self::Message(text) => text.len(),
            Self::Close(_) => 0,
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QueueSender {
    /// Queues a message, and says how much waits now. One to a socket that is gone is dropped: the socket says so itself.
    /// `room` is told when a queue that is long becomes short.
    pub(crate) fn send(&self, message: Utf8Bytes, room: &Arc<Notify>) -> Result<Level, Full> {
        let mut waiting = self.0.lock();
        if waiting.is_unread {
            return Ok(Level::Short);
        }
        if waiting.messages.len() >= MAX_MESSAGES || waiting.bytes + message.len() > MAX_BYTES {
            return Err(Full);
        }
        waiting.bytes += message.len();
        waiting.messages.push(Outgoing::Message(message));
        let level = waiting.level();
        if level != Level::Short && waiting.told_when_short.is_none() {
            waiting.told_when_short = Some(Arc::clone(room));
        }
        drop(waiting);
        self.0.changed.notify_one();
        Ok(level)
    }

    /// The room has done so many batches of what the socket said.
    pub(crate) fn heard(&self, batches: u8) {
        let mut waiting = self.0.lock();
        waiting.unheard = waiting.unheard.saturating_sub(batches);
        if waiting.is_stalled {
            drop(waiting);
            self.0.changed.notify_one();
        }
    }

    /// Whether so little waits that nobody need wait for the socket.
    pub(crate) fn is_short(&self) -> bool {
        self.0.lock().is_short_again()
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

impl Drop for QueueSender {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
        self.0.changed.notify_one();
    }
}

impl QueueReceiver {
    /// Whether the socket may be read. Where it may not, [`Self::next`] ends when it may.
    pub(crate) fn may_speak(&self) -> bool {
        let mut waiting = self.0.lock();
        waiting.is_stalled = waiting.unheard >= UNHEARD;
        !waiting.is_stalled
    }

    /// A batch goes to the room.
    pub(crate) fn speak(&self) {
        let mut waiting = self.0.lock();
        waiting.unheard = waiting.unheard.saturating_add(1);
    }

    /// What is to be written next, nothing when the socket may only speak again; `None` when it was cut off.
    pub(crate) async fn next(&mut self) -> Option<Vec<Outgoing>> {
        loop {
            {
                let mut waiting = self.0.lock();
                if !waiting.messages.is_empty() {
                    return Some(waiting.take());
                }
                if waiting.is_over {
                    return None;
                }
                if waiting.is_stalled && waiting.unheard < UNHEARD {
                    waiting.is_stalled = false;
                    return Some(Vec::new());
                }
            }
            self.0.changed.notified().await;
        }
    }
}

impl Drop for QueueReceiver {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        waiting.is_unread = true;
        waiting.messages = Vec::new();
        if let Some(room) = waiting.told_when_short.take() {
            room.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_queue_holds_so_many_messages_and_so_many_bytes() {
        let (sender, mut receiver) = queue();
        for _ in 0..MAX_MESSAGES {
            send(&sender, "x").unwrap();
        }
        assert!(send(&sender, "x").is_err());

        let (sender, _incoming) = queue();
        let large = "x".repeat(MAX_BYTES / 4);
        for _ in 0..4 {
            send(&sender, &large).unwrap();
        }
        assert!(send(&sender, "x").is_err());
        assert!(receiver.next().await.is_some());
    }

    #[tokio::test]
    async fn everything_that_was_missed_fits_at_once_and_comes_in_order() {
        let (sender, mut receiver) = queue();
        for number in 0..protocol::limits::MAX_UNACKNOWLEDGED {
            send(&sender, &number.to_string()).unwrap();
        }
        let mut next = 0;
        while next < protocol::limits::MAX_UNACKNOWLEDGED {
            for one in receiver.next().await.unwrap() {
                let Outgoing::Message(text) = one else { panic!() };
                assert_eq!(text.as_str(), next.to_string());
                next += 1;
            }
        }
    }

    #[tokio::test]
    async fn the_room_is_told_when_a_long_queue_is_short_again() {
        let (sender, mut receiver) = queue();
        let room = Arc::new(Notify::new());
        for _ in 0..LONG_MESSAGES {
            sender.send("x".into(), &room).unwrap();
        }
        assert_eq!(sender.send("x".into(), &room).unwrap(), Level::Long);
        assert!(!sender.is_short());
        while !sender.is_short() {
            receiver.next().await.unwrap();
        }
        room.notified().await;
        for _ in 0..LONG_MESSAGES {
            sender.send("x".into(), &room).unwrap();
        }
        drop(receiver);
        room.notified().await;
    }

    #[tokio::test]
    async fn what_was_read_makes_room() {
        let (sender, mut receiver) = queue();
        let large = "x".repeat(MAX_BYTES / 2);
        for _ in 0..10 {
            send(&sender, &large).unwrap();
            assert!(receiver.next().await.is_some());
        }
    }

    #[tokio::test]
    async fn who_is_cut_off_gets_nothing_more_and_who_is_closed_gets_everything_first() {
        let (sender, mut receiver) = queue();
        send(&sender, "waits").unwrap();
        sender.cut_off();
        assert!(receiver.next().await.is_none());

        let (sender, mut receiver) = queue();
        send(&sender, "waits").unwrap();
        sender.close(CloseCode::NORMAL);
        let all = receiver.next().await.unwrap();
        assert!(matches!(&all[..], [Outgoing::Message(_), Outgoing::Close(_)]));
        assert!(receiver.next().await.is_none());
    }

    #[tokio::test]
    async fn a_socket_waits_for_a_room_that_is_behind() {
        let (sender, mut receiver) = queue();
        for _ in 0..UNHEARD {
            assert!(receiver.may_speak());
            receiver.speak();
        }
        assert!(!receiver.may_speak());
        sender.heard(1);
        assert!(receiver.next().await.unwrap().is_empty());
        assert!(receiver.may_speak());
    }

    fn send(sender: &QueueSender, text: &str) -> Result<Level, Full> {
        sender.send(text.into(), &Arc::default())
    }
}
