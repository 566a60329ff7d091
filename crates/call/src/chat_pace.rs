//! Messages that wait for their turn to be sent: no more at once, and no faster, than a room takes them. Whatever was written while
//! the connection was broken goes out in its order, and none of it is refused for coming together.
//!
//! | timer | what is due |
//! | --- | --- |
//! | `poll_timeout` | the next message may be sent |

use std::collections::VecDeque;
use std::time::Duration;

use protocol::ChatId;
use protocol::limits::{CHAT_BURST, CHAT_PER_SECOND};

/// Sent at once. Less than the room takes, because what is sent apart may arrive together.
const BURST: u32 = CHAT_BURST - 2;

/// The time of one message over a longer time.
const ONE: Duration = Duration::from_millis(1_000 / CHAT_PER_SECOND as u64);

/// Who waits, and when as many as at first may be sent at once again.
#[derive(Debug, Default)]
pub(crate) struct ChatPace {
    waiting: VecDeque<ChatId>,
    full_at: Duration,
}

impl ChatPace {
    /// Has a message sent after those that wait; once, however often it is asked for.
    pub(crate) fn push(&mut self, id: ChatId) {
        if !self.waiting.contains(&id) {
            self.waiting.push_back(id);
        }
    }

    /// The next message, if it may be sent now.
    pub(crate) fn next(&mut self, now: Duration) -> Option<ChatId> {
        let full_at = self.full_at.max(now) + ONE;
        if full_at > now + ONE * BURST {
            return None;
        }
        let next = self.waiting.pop_front()?;
        self.full_at = full_at;
        Some(next)
    }

    /// When the next message may be sent.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        (!self.waiting.is_empty()).then(|| (self.full_at + ONE).saturating_sub(ONE * BURST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> ChatId {
        ChatId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn a_burst_goes_at_once_and_the_rest_one_by_one_in_order() {
        let mut pace = ChatPace::default();
        let mut now = Duration::from_secs(7);
        (0..20).for_each(|number| pace.push(id(number)));
        pace.push(id(3));
        let mut sent = Vec::new();
        while let Some(due) = pace.poll_timeout() {
            now = now.max(due);
            while let Some(next) = pace.next(now) {
                sent.push((now, next));
            }
        }
        assert_eq!(sent.iter().map(|(_, id)| *id).collect::<Vec<_>>(), (0..20).map(id).collect::<Vec<_>>());
        assert_eq!(sent.iter().filter(|(at, _)| *at == sent[0].0).count(), BURST as usize);
        let last = sent.last().map(|(at, _)| *at).unwrap_or_default();
        assert_eq!(last, Duration::from_secs(7) + ONE * (20 - BURST));
    }
}
