//! The rooms of this node: how one begins, and every way in which it is let go of.

use std::time::Duration;

use super::ClusterNode;
use crate::{Fence, LetGoReason, OfferAnswer, Output, OwnerRow, Question, RoomKey, StopReason};

impl ClusterNode {
    /// A room is this node's.
    pub(super) fn own(&mut self, room: RoomKey, fence: Fence) {
        let Some(at) = self.stage.at() else { return };
        let lease = self.lease(at, room, fence);
        if self.owned.fence(room).is_some() {
            self.let_go(room, LetGoReason::Fenced);
        }
        self.owned.insert(room, fence);
        self.takes.remove(room);
        let ended = self.searches.end(room);
        self.put(Output::Begin { room, fence });
        self.put(Output::Announce(lease));
        if let Some(to) = ended.offered_by {
            self.put(Output::AnswerOffer { room, to, answer: OfferAnswer::Taken { fence } });
        }
        for request in ended.requests {
            self.put(Output::Admit { request: request.id, room, fence });
        }
    }

    /// A room is not this node's any more, and that is so in PostgreSQL already.
    pub(super) fn let_go(&mut self, room: RoomKey, reason: LetGoReason) {
        let Some(fence) = self.owned.fence(room) else { return };
        self.owned.remove(room, fence);
        self.put(Output::LetGo { room, fence, reason });
        self.withdraw(room, fence);
    }

    /// A room is to have no owner.
    pub(super) fn release(&mut self, room: RoomKey, fence: Fence) {
        self.put(Output::Release { room, fence });
        self.withdraw(room, fence);
    }

    fn withdraw(&mut self, room: RoomKey, fence: Fence) {
        if let Some(at) = self.stage.at() {
            let lease = self.lease(at, room, fence);
            self.put(Output::WithdrawLease(lease));
        }
    }

    pub(super) fn write_refused(&mut self, room: RoomKey, fence: Fence) {
        // What is said of a token that this node had before is known already.
        if self.owned.fence(room) == Some(fence) {
            self.let_go(room, LetGoReason::Fenced);
        }
    }

    pub(super) fn room_ended(&mut self, room: RoomKey, fence: Fence) {
        if self.owned.remove(room, fence) {
            self.release(room, fence);
        }
    }

    pub(super) fn verify_if_due(&mut self, now: Duration) {
        let unrenewed = self.redis.unrenewed_for(now);
        if self.owned.is_verification_due(now, unrenewed, &self.settings) {
            let question = self.question();
            self.owned.verifying(now, question);
            let rooms = self.owned.iter().map(|(room, _)| room).collect();
            self.put(Output::Verify { question, rooms });
        }
    }

    pub(super) fn verified(&mut self, question: Question, rows: Vec<(RoomKey, Option<OwnerRow>)>) {
        if !self.owned.verified(question) {
            return;
        }
        for (room, row) in rows {
            let Some(mine) = self.owned.fence(room) else { continue };
            match row {
                None => self.let_go(room, LetGoReason::Deleted),
                Some(row) if row.fence > mine => {
                    let superseded = self.later_start(&row);
                    self.let_go(room, LetGoReason::Fenced);
                    if let Some(by) = superseded {
                        self.stop(StopReason::Superseded { by });
                        return;
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// The later start of this node that a row names, if it does.
    pub(super) fn later_start(&self, row: &OwnerRow) -> Option<crate::Incarnation> {
        let (me, mine) = self.stage.at()?.key();
        let (node, incarnation) = row.owner.as_ref()?.key();
        (node == me && incarnation > mine).then_some(incarnation)
    }
}
