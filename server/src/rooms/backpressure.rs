//! Who has to wait because of what they cause in the queues of others. While a queue is long, each sender may add only so much
//! to it; whoever has added that is not read from until it is short again. So a flood slows down its sender, and neither its
//! targets nor whoever else talks to them.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use room::{ConnectionId, Departure};

use super::event::ReceivedMessage;
use crate::connection_queue::Level;

/// Messages that one sender may add to a queue that is long. Several are what people do at once.
const SHARE_MESSAGES: usize = 8;

/// Bytes that one sender may add to a queue that is long.
const SHARE_BYTES: usize = 16 * 1024;

/// How long anybody waits for a reader. A queue that takes longer to become short belongs to somebody who reads too slowly: it
/// goes on to fill up, and they are cut off.
const WAITS_FOR: Duration = Duration::from_secs(5);

/// What one socket said, and is not yet done.
pub(super) struct Batch {
    pub(super) connection: ConnectionId,
    pub(super) messages: VecDeque<ReceivedMessage>,
    /// As how many the socket said it.
    pub(super) batches: u8,
    /// How the socket went after it.
    pub(super) departure: Option<Departure>,
}

/// The long queues of a room, and who waits for them.
#[derive(Default)]
pub(super) struct Backpressure {
    long: HashMap<ConnectionId, LongQueue>,
    held: VecDeque<Batch>,
}

struct LongQueue {
    since: Duration,
    added: HashMap<ConnectionId, Share>,
}

#[derive(Default)]
struct Share {
    messages: usize,
    bytes: usize,
    is_used_up: bool,
}

impl LongQueue {
    fn is_waited_for(&self, now: Duration) -> bool {
        now < self.since + WAITS_FOR
    }
}

impl Backpressure {
    /// Notes what a message of `sender` added to the queue of `target`.
    pub(super) fn note(
        &mut self,
        now: Duration,
        sender: ConnectionId,
        target: ConnectionId,
        level: Level,
        bytes: usize,
    ) {
        if level == Level::Short {
            return;
        }
        let new = || LongQueue { since: now, added: HashMap::new() };
        let share = self.long.entry(target).or_insert_with(new).added.entry(sender).or_default();
        share.messages += 1;
        share.bytes += bytes;
        let is_much = share.messages >= SHARE_MESSAGES || share.bytes >= SHARE_BYTES;
        share.is_used_up |= level == Level::HalfFull || is_much;
    }

    /// Whether nothing more of a sender's may be done now.
    pub(super) fn holds(&self, now: Duration, sender: ConnectionId) -> bool {
        let is_used_up = |queue: &LongQueue| queue.added.get(&sender).is_some_and(|share| share.is_used_up);
        self.long.values().any(|queue| queue.is_waited_for(now) && is_used_up(queue))
    }

    pub(super) fn hold(&mut self, batch: Batch) {
        self.held.push_back(batch);
    }

    /// What a socket has said before, if any of it waits.
    pub(super) fn held_of(&mut self, connection: ConnectionId) -> Option<&mut Batch> {
        self.held.iter_mut().find(|batch| batch.connection == connection)
    }

    /// Forgets the queues that are short again, or gone.
    pub(super) fn forget(&mut self, is_short: impl Fn(ConnectionId) -> bool) {
        self.long.retain(|target, _| !is_short(*target));
    }

    /// What need not wait any more.
    pub(super) fn released(&mut self, now: Duration) -> Vec<Batch> {
        let held = std::mem::take(&mut self.held);
        let (still, released) = held.into_iter().partition(|batch: &Batch| self.holds(now, batch.connection));
        self.held = still;
        Vec::from(released)
    }

    pub(super) fn has_long_queues(&self) -> bool {
        !self.long.is_empty()
    }

    /// When somebody has waited long enough.
    pub(super) fn poll_timeout(&self, now: Duration) -> Option<Duration> {
        if self.held.is_empty() {
            return None;
        }
        let waited_for = self.long.values().filter(|queue| queue.is_waited_for(now));
        waited_for.map(|queue| queue.since + WAITS_FOR).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: ConnectionId = ConnectionId(1);
    const BOB: ConnectionId = ConnectionId(2);
    const EVE: ConnectionId = ConnectionId(3);
    const NOW: Duration = Duration::from_secs(100);

    #[test]
    fn who_fills_a_queue_waits_until_it_is_short_and_nobody_else_does() {
        let mut pressure = Backpressure::default();
        for _ in 0..SHARE_MESSAGES {
            assert!(!pressure.holds(NOW, EVE));
            pressure.note(NOW, EVE, BOB, Level::Long, 10);
        }
        pressure.note(NOW, ADA, BOB, Level::Long, 10);
        assert!(pressure.holds(NOW, EVE) && !pressure.holds(NOW, ADA));
        pressure.forget(|target| target == BOB);
        assert!(!pressure.holds(NOW, EVE) && !pressure.has_long_queues());
    }

    #[test]
    fn nobody_waits_for_ever_for_somebody_who_does_not_read() {
        let mut pressure = Backpressure::default();
        pressure.note(NOW, EVE, BOB, Level::Long, SHARE_BYTES);
        assert!(pressure.holds(NOW, EVE));
        assert!(!pressure.holds(NOW + WAITS_FOR, EVE));
    }

    #[test]
    fn a_queue_that_is_half_full_takes_one_message_of_each() {
        let mut pressure = Backpressure::default();
        pressure.note(NOW, EVE, BOB, Level::HalfFull, 10);
        assert!(pressure.holds(NOW, EVE));
        pressure.note(NOW, EVE, ADA, Level::Short, usize::MAX);
        pressure.forget(|target| target == BOB);
        assert!(!pressure.holds(NOW, EVE), "what a short queue takes is nobody's trouble");
    }
}
