//! A ring whose call is of more than two: who of its two is in the call by it. The two have talked for as long as both were in the call; what is
//! kept of it is final then, and whoever is left has this ring as their way into the call until they go, too.

use std::time::Duration;

use protocol::{Outcome, RingSide};

use super::{Phase, Ring};
use crate::seat::BOTH_SIDES;
use crate::{CallState, Departure};

impl Ring {
    /// Its caller is in the call already into which it rings somebody: what happens to their end happens to that other ring.
    pub(crate) fn ring_into_call(&mut self) {
        self.caller.vacate();
    }

    /// Whether it rings somebody into a call that there is.
    pub(crate) fn rings_into_call(&self) -> bool {
        matches!(self.phase, Phase::Ringing(_)) && !self.has(RingSide::Caller)
    }

    /// Whether whoever is at an end is in the call by this ring.
    pub(crate) fn has(&self, side: RingSide) -> bool {
        self.seat(side).is_taken()
    }

    /// How it is for good for its two, while one of them goes on with others.
    pub(crate) fn settled(&self) -> Option<Outcome> {
        match (&self.phase, self.row.state) {
            (Phase::Talking(_), CallState::Over { outcome }) => Some(outcome),
            (Phase::Talking(_), CallState::Ringing | CallState::Answered { .. })
            | (Phase::Ringing(_) | Phase::Over(_) | Phase::Merged { .. }, _) => None,
        }
    }

    /// One of its two leaves the call, and the other one stays. Between the two it is over, unless it was before.
    pub(crate) fn settle(&mut self, side: RingSide, outcome: Outcome) {
        if self.settled().is_none() {
            self.row.state = CallState::Over { outcome };
        }
        self.seat_mut(side).vacate();
        self.row.stays = BOTH_SIDES.into_iter().find(|side| self.has(*side));
    }

    /// Who has stayed in the call, and how it ends for them: they have talked for at least as long as with the one who left first, though the
    /// last one with them may have been lost before that.
    pub(super) fn stayed(&self, outcome: Outcome) -> Option<(RingSide, Outcome)> {
        let least = self.settled().and_then(Outcome::seconds).unwrap_or_default();
        let seconds = outcome.seconds().unwrap_or_default();
        self.row.stays.map(|side| (side, outcome.after(seconds.max(least))))
    }

    /// The end without a connection that is given up first: when, which, and how its connection ended.
    pub(crate) fn first_given_up(&self) -> Option<(Duration, RingSide, Departure)> {
        let away = BOTH_SIDES.into_iter().filter_map(|side| {
            let (at, departure) = self.seat(side).given_up()?;
            Some((at, side, departure))
        });
        away.min_by_key(|(at, ..)| *at)
    }

    /// How long they have talked.
    pub(crate) fn talked(&self, now: Duration) -> Duration {
        match &self.phase {
            Phase::Talking(talking) => talking.before + now.saturating_sub(talking.from),
            Phase::Ringing(_) | Phase::Over(_) | Phase::Merged { .. } => Duration::ZERO,
        }
    }

    /// How long they have talked until the first of them was away.
    pub(crate) fn talked_together(&self, now: Duration) -> Duration {
        let seats = [self.caller.away_since(), self.callee.away_since()];
        let until = seats.into_iter().flatten().min().unwrap_or(now);
        let unseen = match &self.phase {
            Phase::Talking(talking) => talking.unseen,
            Phase::Ringing(_) | Phase::Over(_) | Phase::Merged { .. } => Duration::ZERO,
        };
        self.talked(until).saturating_sub(unseen)
    }

    /// When whoever is at an end was last there.
    pub(crate) fn there_until(&self, now: Duration, side: RingSide) -> Duration {
        self.seat(side).away_since().unwrap_or(now)
    }
}
