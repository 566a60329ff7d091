//! What one participant was told and has not acknowledged.

use std::collections::VecDeque;
use std::sync::Arc;

use protocol::limits::{MAX_NUMBER, MAX_UNACKNOWLEDGED};
use protocol::{Sequence, ServerMessage};

use crate::weight::weight;

/// Bytes, as they are written, that are kept for one participant. Whoever misses more joins anew.
const MAX_BYTES: usize = 512 * 1024;

/// The highest number that is believed to have been given by a server that ended: so many are left to count on from it.
const HIGHEST_BELIEVED: u64 = MAX_NUMBER / 2;

/// Numbered messages, from the first that was not acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// The number of the last message that is no longer kept.
    before: Sequence,
    messages: VecDeque<Kept>,
    bytes: usize,
}

/// A numbered message, and what it weighs. A `joined` cannot be repeated, because the token in it is not the last one any more: that it
/// was said is kept, and not what it said, which is most of what somebody is ever told at once.
#[derive(Debug)]
enum Kept {
    Message(Arc<ServerMessage>, usize),
    Joined,
}

impl Outbox {
    /// Numbers a message, and keeps what can be said again.
    pub(crate) fn push(&mut self, message: Arc<ServerMessage>) -> Sequence {
        let kept = if matches!(*message, ServerMessage::Joined(_)) {
            Kept::Joined
        } else {
            let weight = weight(&message);
            Kept::Message(message, weight)
        };
        self.bytes += kept.weight();
        self.messages.push_back(kept);
        let number = self.last();
        while self.messages.len() > MAX_UNACKNOWLEDGED || self.bytes > MAX_BYTES {
            self.forget_first();
        }
        number
    }

    /// Everything up to this number has come.
    pub(crate) fn acknowledge(&mut self, sequence: Sequence) {
        while self.before < sequence && !self.messages.is_empty() {
            self.forget_first();
        }
        // An idle participant should cost nothing.
        if self.messages.is_empty() {
            self.messages.shrink_to_fit();
        }
    }

    /// What came after this number, or `None` when some of it is no longer kept, or the number was never given.
    pub(crate) fn after(
        &self,
        last: Sequence,
    ) -> Option<impl Iterator<Item = (Sequence, Arc<ServerMessage>)> + use<>> {
        if last > self.last() {
            return None;
        }
        let skipped = usize::try_from(last.0.checked_sub(self.before.0)?).ok()?;
        let missed = self.messages.iter().skip(skipped).map(|kept| match kept {
            Kept::Message(message, _) => Some(Arc::clone(message)),
            Kept::Joined => None,
        });
        let missed = missed.collect::<Option<Vec<_>>>()?;
        let numbers = std::iter::successors(Some(last.next()), |number| Some(number.next()));
        Some(numbers.zip(missed))
    }

    /// Forgets everything, and gives numbers above all that were given, and above `last`, which a server that ended may have
    /// given. A number that none can have given is not believed.
    pub(crate) fn go_on_after(&mut self, last: Sequence) {
        let believed = Sequence(last.0.min(HIGHEST_BELIEVED));
        *self = Self { before: believed.max(self.last()), ..Self::default() };
    }

    fn last(&self) -> Sequence {
        Sequence(self.before.0.saturating_add(self.messages.len() as u64))
    }

    fn forget_first(&mut self) {
        if let Some(kept) = self.messages.pop_front() {
            self.bytes = self.bytes.saturating_sub(kept.weight());
            self.before = self.before.next();
        }
    }
}

impl Kept {
    fn weight(&self) -> usize {
        match self {
            Self::Message(_, weight) => *weight,
            Self::Joined => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::{DisplayName, ParticipantId, WaitingPerson};

    use super::*;

    #[test]
    fn what_was_not_acknowledged_comes_again_in_order() {
        let mut outbox = Outbox::default();
        for expected in 1..=5 {
            assert_eq!(outbox.push(Arc::new(ServerMessage::Pong)), Sequence(expected));
        }
        outbox.acknowledge(Sequence(2));
        let after = |last| outbox.after(Sequence(last)).map(|all| all.map(|(n, _)| n.0).collect::<Vec<_>>());
        assert_eq!(after(3), Some(vec![4, 5]));
        assert_eq!(after(5), Some(vec![]));
        assert_eq!(after(1), None, "it is no longer kept");
        assert_eq!(after(6), None, "it was never given");
        assert_eq!(after(u64::MAX), None);
    }

    #[test]
    fn an_outbox_has_an_end() {
        let mut outbox = Outbox::default();
        for _ in 0..MAX_UNACKNOWLEDGED + 3 {
            outbox.push(Arc::new(ServerMessage::Pong));
        }
        assert_eq!(outbox.messages.len(), MAX_UNACKNOWLEDGED);
        assert!(outbox.after(Sequence(2)).is_none());
        assert!(outbox.after(Sequence(3)).is_some());
    }

    #[test]
    fn numbers_go_on_whatever_somebody_says_to_have_heard() {
        let mut outbox = Outbox::default();
        for last in [u64::MAX - 1, u64::MAX, 0, u64::MAX] {
            outbox.go_on_after(Sequence(last));
            let number = outbox.push(Arc::new(ServerMessage::Pong));
            assert!(number.0 <= MAX_NUMBER, "a client can hold it");
            assert!(outbox.after(Sequence(number.0 - 1)).is_some());
            outbox.acknowledge(Sequence(u64::MAX));
        }
    }

    #[test]
    fn every_message_weighs_what_it_takes_to_write_it() {
        let mut outbox = Outbox::default();
        let person = WaitingPerson {
            id: ParticipantId::NIL,
            name: DisplayName::parse(&"x".repeat(60)).unwrap(),
            key: None,
            lacks_secret: false,
        };
        let list = Arc::new(ServerMessage::WaitingRoom { people: vec![person; 100] });
        for _ in 0..MAX_UNACKNOWLEDGED {
            outbox.push(Arc::clone(&list));
        }
        // An id, a name and their names as JSON.
        let written = 100 * (36 + 60 + 20) * outbox.messages.len();
        assert!(written <= MAX_BYTES, "{written} bytes are kept");
    }
}
