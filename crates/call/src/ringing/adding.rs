//! Somebody is rung into the call of this device. Of the ring that does it only the calling is here: once it is answered the one who was rung
//! is seen in the room as everybody is, and the ring is theirs.
//!
//! ```text
//!   none ──add──▶ LookingUp ──▶ Sealing ──▶ Calling ──answered──▶ none
//!     ▲               └──────────────┴──────────┴── refused, over, taken back ──▶ Over ──add, put away──▶ …
//!     └──── the call of this device ends, whatever there was
//! ```

use std::time::Duration;

use protocol::{CallId, ErrorCode, Outcome, RingId, RingMessage, Standing};
use seal::KeyDigest;
use view::RingRefusal;

use super::RingDevice;
use super::line::{Line, LineTimer};

impl RingDevice {
    pub(super) fn add(&mut self, now: Duration, ring: RingId, callee: CallId, expected: Option<KeyDigest>) {
        if !matches!(self.line, Line::InCall(_)) || !self.adding.is_free() {
            return;
        }
        // One whose verdict is still waited for is given up for good.
        self.take_back(now);
        self.adding = Line::LookingUp { ring, callee, expected, since: now };
        self.say_adding(now);
    }

    /// The person does not want it any more; or their call is over, and with it the ring.
    pub(super) fn take_back(&mut self, now: Duration) {
        if matches!(self.adding, Line::Idle | Line::Over(_)) {
            return;
        }
        let is_placed = self.adding.standing(now) != Standing::Idle;
        if let Some(ring) = self.adding.ring().filter(|_| is_placed) {
            // What the device is in the middle of is its call.
            self.decide(ring, RingMessage::Cancel { ring }, Standing::Idle);
        }
        self.adding.end(now, Outcome::Cancelled, None);
    }

    /// The server does not take it.
    pub(super) fn adding_refused(&mut self, now: Duration, ring: RingId, code: ErrorCode) {
        let may_ring = if let Line::Calling(calling) = &self.adding { calling.may_ring() } else { false };
        if may_ring {
            self.decide(ring, RingMessage::Cancel { ring }, Standing::Idle);
        }
        if matches!(self.adding, Line::LookingUp { .. } | Line::Calling(_)) {
            self.adding.refuse(now, RingRefusal::Server(code));
        }
    }

    pub(super) fn adding_timeout(&mut self, now: Duration, timer: LineTimer) {
        match timer {
            LineTimer::NotPlaced => self.adding.refuse(now, RingRefusal::NoKey),
            LineTimer::RungOut => {
                if let Line::Calling(calling) = &mut self.adding {
                    calling.rung_out(now);
                }
            }
            LineTimer::NoVerdict => {
                self.take_back(now);
                self.adding.end(now, Outcome::NoAnswer, None);
            }
            // Nothing that came is answered here.
            LineTimer::NotConfirmed | LineTimer::NotSaidAgain => {}
        }
    }

    /// Said first, and again on each socket.
    pub(super) fn say_adding(&mut self, now: Duration) {
        if self.connection.is_connected()
            && let Some(message) = self.adding.message(now)
        {
            self.say(self.adding.ring(), message);
        }
    }

    /// Nobody is rung into a call that is over.
    pub(super) fn drop_what_is_added(&mut self, now: Duration) {
        if matches!(self.line, Line::InCall(_)) {
            return;
        }
        if self.adding.ring().is_some() {
            self.take_back(now);
            self.adding = Line::Idle;
        }
        self.added = None;
    }

    /// The line that is about a ring: the call of this device, or what is added to it.
    pub(super) fn line_of(&mut self, ring: RingId) -> Option<&mut Line> {
        [&mut self.line, &mut self.adding].into_iter().find(|line| line.ring() == Some(ring))
    }
}
