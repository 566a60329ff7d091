//! What happens by itself: rings that run out or reach nobody, ends that do not come back, rings that are forgotten. The table is at the top
//! of `mod.rs`, and each timer is explained where [`Timer`] is.

use std::time::Duration;

use protocol::{Outcome, RingId};

use super::{Rings, seconds};
use crate::Departure;
use crate::ring::{Offer, Ring, Stage, Timer};

impl Rings {
    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Duration) {
        while let Some((_, ring)) = self.deadlines.next().filter(|(at, _)| *at <= now) {
            self.touched.push(ring);
            match self.rings.get(&ring).and_then(Ring::poll_timeout) {
                Some((at, timer)) if at <= now => self.fire(now, ring, timer),
                Some(_) | None => {}
            }
            self.reschedule();
        }
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.deadlines.next().map(|(at, _)| at)
    }

    fn fire(&mut self, now: Duration, ring: RingId, timer: Timer) {
        let Some(one) = self.ring_mut(ring) else { return };
        match timer {
            Timer::RungOut => {
                let outcome = one.unanswered();
                self.finish(now, ring, outcome, None);
            }
            Timer::ReachedNobody => match one.stage() {
                Stage::Ringing(Offer::Withheld(_) | Offer::Open) => {
                    let outcome = one.unanswered();
                    self.finish(now, ring, outcome, None);
                }
                Stage::Ringing(Offer::Unknown | Offer::Shown)
                | Stage::Talking
                | Stage::Over
                | Stage::Merged(_) => one.was_reached(),
            },
            Timer::NotReceived => self.wake(now, ring),
            Timer::CallerGone => self.finish(now, ring, Outcome::Cancelled, None),
            Timer::SeatGivenUp => {
                let seconds = seconds(one.talked_together(now));
                let Some((_, side, departure)) = one.first_given_up() else { return };
                let outcome = match departure {
                    Departure::Broken => Outcome::Lost { seconds },
                    Departure::Closed => Outcome::Answered { seconds },
                };
                self.part(now, (ring, side), outcome);
            }
            Timer::Forgotten => self.forget(ring),
        }
    }
}
