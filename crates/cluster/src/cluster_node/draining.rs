//! Leaving: each room is offered to another node, one by one, and the drain ends in time whatever comes of that.

use std::time::Duration;

use super::ClusterNode;
use crate::drain::{AGAIN_AFTER, ANSWERED_WITHIN, Drain};
use crate::{DrainEnd, LetGoReason, NodeId, OfferAnswer, Output, RoomKey};

impl ClusterNode {
    pub(super) fn drain_asked(&mut self, now: Duration) {
        if self.drain.is_some() {
            self.end_drain(DrainEnd::Forced);
        } else {
            self.drain = Some(Drain::new(now, &self.settings));
            // Nobody places a room here any more once they have heard.
            self.redis.hurry(now);
        }
    }

    pub(super) fn go_on_draining(&mut self, now: Duration) {
        let Some(drain) = &self.drain else { return };
        if drain.is_over(now) {
            return self.end_drain(DrainEnd::TimeUp);
        }
        for room in self.owned.unanswered(now) {
            self.keep(now, room);
        }
        self.offer_next(now);
        if self.owned.len() == 0 {
            self.end_drain(DrainEnd::Empty);
        }
    }

    /// Offers the next room, if its time has come.
    fn offer_next(&mut self, now: Duration) {
        let may_offer = |drain: &Drain| drain.may_offer(now, self.owned.offered());
        if !self.drain.as_ref().is_some_and(may_offer) {
            return;
        }
        let Some((room, fence, refused_by)) = self.owned.next_to_offer(now) else { return };
        // Who has refused it last may take it now, where there is nobody else.
        let without: Vec<_> = refused_by.into_iter().collect();
        let to = self.placed(now, room, &without).or_else(|| self.placed(now, room, &[]));
        let Some(drain) = &mut self.drain else { return };
        match to {
            Some(to) => {
                self.owned.offer(room, to.node, now + ANSWERED_WITHIN);
                drain.offered(now, self.owned.left_to_offer());
                self.put(Output::Move { room, fence, to });
            }
            None => {
                if drain.is_alone(now) {
                    self.put(Output::DrainingAlone);
                }
            }
        }
    }

    pub(super) fn offer_answered(&mut self, now: Duration, room: RoomKey, by: NodeId, answer: OfferAnswer) {
        match answer {
            // Also where this node had given up: it is theirs now.
            OfferAnswer::Taken { fence } if self.owned.fence(room).is_some_and(|mine| mine < fence) => {
                self.let_go(room, LetGoReason::Moved { to: by });
            }
            OfferAnswer::Refused if self.owned.is_offered_to(room, by) => self.keep(now, room),
            OfferAnswer::Taken { .. } | OfferAnswer::Refused => {}
        }
    }

    /// Nothing came of an offer.
    fn keep(&mut self, now: Duration, room: RoomKey) {
        self.owned.keep(room, now + AGAIN_AFTER);
        if let Some(fence) = self.owned.fence(room) {
            self.put(Output::KeepRoom { room, fence });
        }
    }

    fn end_drain(&mut self, cause: DrainEnd) {
        let left = self.owned.take_all();
        let closed = left.len();
        for (room, fence) in left {
            self.put(Output::LetGo { room, fence, reason: LetGoReason::Closed });
            self.release(room, fence);
        }
        self.put(Output::Drained { cause, closed });
        self.leave();
    }
}
