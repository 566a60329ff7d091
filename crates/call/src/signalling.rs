//! The signalling connection: what was said and not confirmed, how far the server was heard, when to try again.
//!
//! ```text
//!   Idle ──dial──▶ Answer ──answered──▶ Ping ◀──anything heard── Pong
//!                    ▲  │                 └──ping──────────────▶  │
//!                    │  └── no answer, closed ──▶ Retry ◀── no pong, closed
//!                    └────────── dial ─────────────┘
//! ```
//!
//! | timer ([`Wait`]) | what is due |
//! | --- | --- |
//! | `Answer` | the first message of a socket was not answered |
//! | `Ping` | the server is to be asked for a sign of life |
//! | `Pong` | it has given none |
//! | `Retry` | the next attempt |

use std::collections::VecDeque;
use std::time::Duration;

use protocol::limits::{ACKNOWLEDGE_EVERY, PING_INTERVAL_SECONDS};
use protocol::{ErrorCode, MessageId, RoomFrame, RoomMessage, Sequence, SessionToken};

use crate::Signalling;

/// The waits before the first attempts to reconnect, in milliseconds. The server may be back at once, or take a while.
const RETRY_MILLIS: [u64; 5] = [0, 300, 1_200, 2_700, 4_800];

/// The wait before each later attempt, of which up to a fifth is taken away, so that not everybody comes at once.
const RETRY_LATER_MILLIS: u64 = 7_000;

/// How long an answer to a first message may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// How long a `pong` may take before the line counts as broken. A connection can be dead for minutes before the system says
/// so.
const PONG_WITHIN: Duration = Duration::from_secs(8);

/// And how long when there is reason to believe that it is broken.
const PONG_SOON: Duration = Duration::from_millis(1_500);

const PING_INTERVAL: Duration = Duration::from_secs(PING_INTERVAL_SECONDS);

/// Messages that wait for their confirmation. The oldest are given up beyond this number.
const MAX_UNCONFIRMED: usize = 512;

/// The connection, whether or not there is a socket.
#[derive(Debug)]
pub(crate) struct SignallingConnection {
    state: Signalling,
    wait: Wait,
    /// Opens the seat again.
    session: Option<SessionToken>,
    /// The session can be resumed; else it is shown when joining.
    is_resumable: bool,
    /// The error after which the server closes the socket.
    refusal: Option<ErrorCode>,
    heard: Sequence,
    acknowledged: Sequence,
    last_id: u64,
    unconfirmed: VecDeque<(MessageId, RoomMessage)>,
    attempts: usize,
    random: u64,
}

/// What the connection waits for, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    Nothing,
    /// The answer to the first message of a socket.
    Answer(Duration),
    /// The time for the next ping.
    Ping(Duration),
    /// The answer to a ping.
    Pong(Duration),
    /// The time for the next attempt.
    Retry(Duration),
}

impl SignallingConnection {
    /// `random` makes the waits of different people different.
    pub(crate) fn new(session: Option<SessionToken>, random: u64) -> Self {
        Self {
            state: Signalling::Idle,
            wait: Wait::Nothing,
            session,
            is_resumable: false,
            refusal: None,
            heard: Sequence::default(),
            acknowledged: Sequence::default(),
            last_id: 0,
            unconfirmed: VecDeque::new(),
            attempts: 0,
            random,
        }
    }

    /// A connection to begin with after this one.
    pub(crate) fn ended(&mut self) -> Self {
        Self::new(self.session.take(), self.random)
    }

    pub(crate) fn state(&self) -> Signalling {
        self.state
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.state == Signalling::Connected
    }

    pub(crate) fn wait(&self) -> Wait {
        self.wait
    }

    /// The token that opens the seat again; `None` is forgotten.
    pub(crate) fn session(&self) -> Option<&SessionToken> {
        self.session.as_ref()
    }

    pub(crate) fn take_session(&mut self) -> Option<SessionToken> {
        self.session.take()
    }

    pub(crate) fn is_resumable(&self) -> bool {
        self.is_resumable
    }

    /// The server does not know the session any more.
    pub(crate) fn cannot_resume(&mut self) {
        self.is_resumable = false;
    }

    /// The server has refused something, and closes the socket.
    pub(crate) fn refuse(&mut self, code: ErrorCode) {
        self.refusal = Some(code);
    }

    /// Why the socket was closed, when that was said.
    pub(crate) fn take_refusal(&mut self) -> Option<ErrorCode> {
        self.refusal.take()
    }

    /// When [`Self::wait`] is over.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        match self.wait {
            Wait::Nothing => None,
            Wait::Answer(at) | Wait::Ping(at) | Wait::Pong(at) | Wait::Retry(at) => Some(at),
        }
    }

    /// A socket is being opened.
    pub(crate) fn dialled(&mut self, now: Duration) {
        self.refusal = None;
        self.wait = Wait::Answer(now + ANSWER_WITHIN);
    }

    /// The server has answered; everything is as it should be.
    pub(crate) fn connected(&mut self, now: Duration, session: SessionToken) {
        self.session = Some(session);
        self.is_resumable = true;
        self.attempts = 0;
        self.state = Signalling::Connected;
        self.wait = Wait::Ping(now + PING_INTERVAL);
    }

    /// The server has answered that somebody has to decide first.
    pub(crate) fn wait_for_host(&mut self, now: Duration) {
        self.attempts = 0;
        self.state = Signalling::Connected;
        self.wait = Wait::Ping(now + PING_INTERVAL);
    }

    /// The socket is gone; another attempt follows.
    pub(crate) fn lost(&mut self, now: Duration) {
        self.state = Signalling::Lost;
        self.wait = Wait::Retry(now + self.next_delay());
    }

    /// The socket is gone before anybody was in the room; another attempt follows.
    pub(crate) fn try_again(&mut self, now: Duration) {
        self.wait = Wait::Retry(now + self.next_delay());
    }

    /// The network has changed: there is no use in waiting.
    pub(crate) fn hurry(&mut self, now: Duration) {
        self.attempts = 0;
        if matches!(self.wait, Wait::Retry(_)) {
            self.wait = Wait::Retry(now);
        }
    }

    /// A ping was sent.
    pub(crate) fn pinged(&mut self, now: Duration) {
        self.wait = Wait::Pong(now + PONG_WITHIN);
    }

    /// Something looks broken: the answer to a ping is not waited for long.
    pub(crate) fn doubt(&mut self, now: Duration) {
        if let Wait::Pong(due) = self.wait {
            self.wait = Wait::Pong(due.min(now + PONG_SOON));
        }
    }

    /// Anything was heard, which is as good as a pong.
    pub(crate) fn heard_something(&mut self, now: Duration) {
        if matches!(self.wait, Wait::Pong(_)) {
            self.wait = Wait::Ping(now + PING_INTERVAL);
        }
    }

    /// Notes the number of a message; false when it has come before.
    pub(crate) fn take(&mut self, number: Sequence) -> bool {
        let is_new = number > self.heard;
        self.heard = self.heard.max(number);
        is_new
    }

    /// Begins to count anew, at the number of a `joined`.
    pub(crate) fn count_from(&mut self, number: Sequence) {
        self.heard = number;
        self.acknowledged = Sequence::default();
    }

    pub(crate) fn heard(&self) -> Sequence {
        self.heard
    }

    /// Whether so much was heard that it should be acknowledged now.
    pub(crate) fn owes_acknowledgement(&self) -> bool {
        self.heard.0.saturating_sub(self.acknowledged.0) >= ACKNOWLEDGE_EVERY
    }

    /// Numbers a message that is to be said again until the server has it.
    pub(crate) fn number(&mut self, message: &RoomMessage) -> MessageId {
        self.last_id += 1;
        let id = MessageId(self.last_id);
        if self.unconfirmed.len() >= MAX_UNCONFIRMED {
            self.unconfirmed.pop_front();
        }
        self.unconfirmed.push_back((id, message.clone()));
        id
    }

    /// A frame with how far the server was heard.
    pub(crate) fn frame(&mut self, id: Option<MessageId>, message: RoomMessage) -> RoomFrame {
        let ack = (self.heard > self.acknowledged).then_some(self.heard);
        self.acknowledged = self.heard;
        RoomFrame { id, ack, message }
    }

    /// The server has taken every message up to this one.
    pub(crate) fn confirm(&mut self, received: MessageId) {
        self.unconfirmed.retain(|(id, _)| *id > received);
    }

    /// What the server may have missed.
    pub(crate) fn unconfirmed(&self) -> Vec<(MessageId, RoomMessage)> {
        self.unconfirmed.iter().cloned().collect()
    }

    /// Gives up what makes no sense after the server has told everything anew.
    pub(crate) fn keep_only(&mut self, keep: impl Fn(&RoomMessage) -> bool) {
        self.unconfirmed.retain(|(_, message)| keep(message));
    }

    fn next_delay(&mut self) -> Duration {
        let delay = match RETRY_MILLIS.get(self.attempts) {
            Some(millis) => *millis,
            None => RETRY_LATER_MILLIS - self.next_random() % (RETRY_LATER_MILLIS / 5),
        };
        self.attempts += 1;
        Duration::from_millis(delay)
    }

    /// The generator of Marsaglia (Xorshift RNGs, 2003): good enough to spread people over a second.
    fn next_random(&mut self) -> u64 {
        let mut x = self.random | 1;
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random = x;
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_follow_the_schedule_and_then_spread() {
        let mut connection = SignallingConnection::new(None, 7);
        let mut delays = Vec::new();
        for _ in 0..50 {
            delays.push(connection.next_delay().as_millis());
        }
        assert_eq!(delays[..5], [0, 300, 1_200, 2_700, 4_800]);
        assert!(delays[5..].iter().all(|delay| (5_600..=7_000).contains(delay)), "{delays:?}");
        assert!(delays[5..].windows(2).any(|pair| pair[0] != pair[1]));
    }
}
