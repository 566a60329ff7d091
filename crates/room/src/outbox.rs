//! What one participant was told and has not acknowledged.

use std::collections::VecDeque;
use std::sync::Arc;

use protocol::limits::MAX_UNACKNOWLEDGED;
use protocol::{Sequence, ServerMessage, Signal};

/// Bytes of signals and chat, roughly, that are kept for one participant. Whoever misses more joins anew.
const MAX_BYTES: usize = 512 * 1024;

/// Numbered messages, from the first that was not acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// The number of the last message that is no longer kept.
    before: Sequence,
    messages: VecDeque<Arc<ServerMessage>>,
    bytes: usize,
}

impl Outbox {
    /// Keeps a message and numbers it.
    pub(crate) fn push(&mut self, message: Arc<ServerMessage>) -> Sequence {
        self.bytes += weight(&message);
        self.messages.push_back(message);
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

    /// What came after this number, or `None` when some of it is no longer kept, or the number was never given. A `joined`
    /// cannot be repeated, because the token in it is not the last one any more.
    pub(crate) fn after(
        &self,
        last: Sequence,
    ) -> Option<impl Iterator<Item = (Sequence, Arc<ServerMessage>)> + use<>> {
        if last < self.before || last > self.last() {
            return None;
        }
        let skipped = usize::try_from(last.0 - self.before.0).ok()?;
        let missed: Vec<_> = self.messages.iter().skip(skipped).cloned().collect();
        if missed.iter().any(|message| matches!(**message, ServerMessage::Joined(_))) {
            return None;
        }
        Some((last.0 + 1..).map(Sequence).zip(missed))
    }

    /// Forgets everything, and gives numbers above all that were given.
    pub(crate) fn go_on_after(&mut self, last: Sequence) {
        *self = Self { before: last.max(self.last()), ..Self::default() };
    }

    fn last(&self) -> Sequence {
        Sequence(self.before.0.saturating_add(self.messages.len() as u64))
    }

    fn forget_first(&mut self) {
        if let Some(message) = self.messages.pop_front() {
            self.bytes -= weight(&message);
            self.before = self.before.next();
        }
    }
}

/// What a message weighs beside the few hundred bytes of any.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other message is small")]
fn weight(message: &ServerMessage) -> usize {
    match message {
        ServerMessage::Signal { signal: Signal::Offer { sdp } | Signal::Answer { sdp }, .. } => {
            sdp.as_str().len()
        }
        ServerMessage::Chat { entry } => entry.envelope.body().len(),
        ServerMessage::ChatHistory { entries, .. } => {
            entries.iter().map(|entry| entry.envelope.body().len()).sum()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
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
}
