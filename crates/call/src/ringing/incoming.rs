//! Rings on the screen of this device. They end when the server says so, when their time is up by this device's own clock, or when a server that is
//! back does not speak of them again.

use std::collections::VecDeque;
use std::time::Duration;

use protocol::limits::RING_SECONDS;
use protocol::{IncomingRing, Manner, Outcome, Receipt, RingId, RingSide};
use view::RingPhase;

use super::output::RingView;

/// Rings on the screen at once: one aloud and one quiet. Another one has the oldest taken away.
const MAX_SHOWN: usize = 2;

/// Rings that this device has seen the end of. What is late is never a ring: raising it lets older ones be recognised.
const MAX_SEEN: usize = 32;

/// For how long a server that is back may leave a ring out before it is taken for over. Its caller may have to come back, too, which takes up to ten
/// seconds.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(12);

/// What is on the screen.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    shown: Vec<Shown>,
    /// How the last one ended that did not become a call.
    ended: Option<RingView>,
    /// Rings that are never shown again.
    seen: VecDeque<RingId>,
}

#[derive(Debug)]
struct Shown {
    ring: IncomingRing,
    since: Duration,
    /// When it has to end.
    until: Duration,
    /// When it ends unless the server speaks of it again.
    doubted_until: Option<Duration>,
    receipt: Receipt,
}

impl Incoming {
    /// Shows a ring. The receipt to be sent, or `None` for one that is late, or that is another's than the one on the screen with its id.
    pub(super) fn show(&mut self, now: Duration, ring: IncomingRing) -> Option<Receipt> {
        let left = Duration::from_millis(ring.expires_in_ms.into()).min(Duration::from_secs(RING_SECONDS));
        if self.seen.contains(&ring.ring) || left.is_zero() {
            return None;
        }
        if let Some(shown) = self.shown.iter_mut().find(|shown| shown.ring.ring == ring.ring) {
            if !is_same(&shown.ring, &ring) {
                return None;
            }
            shown.until = shown.until.min(now + left);
            shown.doubted_until = None;
            shown.ring = ring;
            return Some(shown.receipt);
        }
        if self.shown.len() >= MAX_SHOWN {
            let oldest = self.shown.remove(0);
            self.note_seen(oldest.ring.ring);
        }
        let receipt = Receipt::Shown;
        self.shown.push(Shown { ring, since: now, until: now + left, doubted_until: None, receipt });
        Some(receipt)
    }

    /// Whether a ring is on the screen.
    pub(super) fn is_shown(&self, ring: RingId) -> bool {
        self.shown.iter().any(|shown| shown.ring.ring == ring)
    }

    /// One that is on the screen.
    pub(super) fn shown(&self, ring: RingId) -> Option<&IncomingRing> {
        self.shown.iter().find(|shown| shown.ring.ring == ring).map(|shown| &shown.ring)
    }

    /// What the page says became of a ring; false when it is not on the screen.
    pub(super) fn note_receipt(&mut self, ring: RingId, receipt: Receipt) -> bool {
        let shown = self.shown.iter_mut().find(|shown| shown.ring.ring == ring);
        shown.map(|shown| shown.receipt = receipt).is_some()
    }

    /// Takes a ring off the screen that becomes a call, or another one.
    pub(super) fn take(&mut self, ring: RingId) -> Option<IncomingRing> {
        let index = self.shown.iter().position(|shown| shown.ring.ring == ring)?;
        self.note_seen(ring);
        Some(self.shown.remove(index).ring)
    }

    /// A ring has ended. One that is known to have ended may have ended otherwise than this device thought.
    pub(super) fn end(&mut self, now: Duration, ring: RingId, outcome: Outcome) {
        if let Some(one) = self.take(ring) {
            let phase = RingPhase::Over(outcome);
            let (peer, side) = (one.caller, RingSide::Callee);
            let (key, invitation) = (Some(one.caller_key.clone()), Some(one));
            self.ended =
                Some(RingView { ring, peer, side, phase, since: now, key, invitation, message: None });
        } else if let Some(ended) = self.ended.as_mut().filter(|ended| ended.ring == ring) {
            ended.phase = RingPhase::Over(outcome);
        }
    }

    /// A server is back: it says again which rings there are.
    pub(super) fn doubt(&mut self, now: Duration) {
        for shown in &mut self.shown {
            shown.doubted_until = Some(now + CONFIRMED_WITHIN);
        }
    }

    pub(super) fn dismiss(&mut self) {
        self.ended = None;
    }

    pub(super) fn views(&self) -> impl Iterator<Item = RingView> {
        let shown = self.shown.iter().map(|shown| RingView {
            ring: shown.ring.ring,
            peer: shown.ring.caller,
            side: RingSide::Callee,
            phase: match shown.ring.manner {
                Manner::Aloud => RingPhase::Ringing,
                Manner::Quietly => RingPhase::RingingQuietly,
            },
            since: shown.since,
            key: Some(shown.ring.caller_key.clone()),
            invitation: Some(shown.ring.clone()),
            message: None,
        });
        shown.chain(self.ended.clone())
    }

    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        self.shown.iter().map(Shown::ends_at).min()
    }

    pub(super) fn handle_timeout(&mut self, now: Duration) {
        let due = self.shown.iter().filter(|shown| shown.ends_at() <= now);
        for ring in due.map(|shown| shown.ring.ring).collect::<Vec<_>>() {
            self.end(now, ring, Outcome::NoAnswer);
        }
    }

    fn note_seen(&mut self, ring: RingId) {
        if self.seen.len() >= MAX_SEEN {
            self.seen.pop_front();
        }
        self.seen.push_back(ring);
    }
}

/// Whether a server that names a ring once more means the same one. The person has seen who calls: nobody takes that one's place.
fn is_same(shown: &IncomingRing, again: &IncomingRing) -> bool {
    (shown.caller, &shown.caller_key, &shown.invitation)
        == (again.caller, &again.caller_key, &again.invitation)
}

impl Shown {
    fn ends_at(&self) -> Duration {
        self.doubted_until.map_or(self.until, |doubted| doubted.min(self.until))
    }
}
