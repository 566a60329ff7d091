//! Taking a room: who takes it, when its turn is, and the compare-and-swap.

use std::time::Duration;

use super::ClusterNode;
use crate::placement::{Need, place};
use crate::searches::{Grounds, Step, WAIT_AT_MOST};
use crate::take_queue::spread;
use crate::{
    Fence, NodeAt, NodeId, NodeRecord, OfferAnswer, Output, Question, RefuseReason, RoomKey, StopReason,
    TakeResult,
};

/// How long a room waits in the queue before it is looked whether anybody still wants it.
const LOOKED_AT_EACH: Duration = Duration::from_millis(300);

impl ClusterNode {
    /// A room may be taken: by this node, or by the one that it is placed on.
    pub(super) fn claim(&mut self, now: Duration, room: RoomKey, expected: Fence, grounds: Grounds) {
        if !self.may_take() {
            return self.hinder(now, room, self.hindrance());
        }
        let Some(me) = self.stage.at().cloned() else { return };
        let can = self.need().is_met_by(&self.record(me));
        let is_to_be_here = match grounds {
            Grounds::Mine | Grounds::Offered => true,
            Grounds::Free | Grounds::Superseded | Grounds::Refused | Grounds::RanOut { .. } => {
                self.searches.has_passed_on(room)
            }
        };
        if can && is_to_be_here {
            return self.queue(now, room, expected, grounds);
        }
        if grounds == Grounds::Mine {
            // A node that drains says that the room is nobody's, and looks again.
            self.release(room, expected);
            return self.hinder(now, room, RefuseReason::NoNode);
        }
        match self.placed(now, room, self.searches.refused_by(room)) {
            Some(node) if node.node == self.settings.node => self.queue(now, room, expected, grounds),
            // The other node has not heard yet what this one has: what each knows is a second old at the most.
            Some(_) if self.searches.is_back(room) => self.hinder(now, room, RefuseReason::NoNode),
            Some(node) => self.pass_on(now, room, &node),
            None if self.searches.has_passed_on(room) => self.refuse_all(room, RefuseReason::NotHere),
            None => {
                self.searches.forgive(room);
                self.hinder(now, room, RefuseReason::NoNode);
            }
        }
    }

    /// The node for a room, this one included as it is now. Redis has whoever has died for as long as a lease still.
    pub(super) fn placed(&self, now: Duration, room: RoomKey, without: &[NodeId]) -> Option<NodeAt> {
        let me = self.record(self.stage.at()?.clone());
        let is_there = |node: &&NodeRecord| self.is_other(&node.at) && !self.is_gone(now, &node.at);
        let nodes: Vec<_> = self.redis.nodes().filter(is_there).chain([&me]).collect();
        let place = |need: Need| place(room, &need, nodes.iter().copied(), without);
        place(self.wish()).or_else(|| place(self.need())).map(|node| node.at.clone())
    }

    fn queue(&mut self, now: Duration, room: RoomKey, expected: Fence, grounds: Grounds) {
        let not_before = match grounds {
            Grounds::Free | Grounds::Mine | Grounds::Offered => now,
            Grounds::Superseded | Grounds::Refused | Grounds::RanOut { .. } => {
                spread(now, room, self.settings.node)
            }
        };
        self.searches.set(room, Step::Queued { expected, grounds }, now + LOOKED_AT_EACH);
        self.takes.push(room, not_before);
    }

    pub(super) fn take_those_whose_turn_it_is(&mut self, now: Duration) {
        while let Some(room) = self.takes.pop(now) {
            let Some(Step::Queued { expected, grounds }) = self.searches.step(room) else {
                self.takes.remove(room);
                continue;
            };
            match grounds {
                _ if !self.may_take() => self.hinder(now, room, self.hindrance()),
                // What Redis has said when the search began is long ago.
                Grounds::RanOut { owner, .. } => self.confirm(now, room, owner, expected, grounds),
                Grounds::Free | Grounds::Mine | Grounds::Offered | Grounds::Superseded | Grounds::Refused => {
                    self.take(now, room, expected);
                }
            }
        }
    }

    fn confirm(&mut self, now: Duration, room: RoomKey, owner: NodeId, expected: Fence, grounds: Grounds) {
        let question = self.question();
        let step = Step::Confirming { question, asked: now, expected, grounds };
        self.searches.set(room, step, now + self.settings.redis_timeout);
        self.put(Output::FindLease { question, room, owner: Some(owner) });
    }

    /// Redis has said, right before a room is taken, whether its owner is still gone.
    pub(super) fn confirmed(
        &mut self,
        now: Duration,
        room: RoomKey,
        (expected, grounds): (Fence, Grounds),
        is_late: bool,
        (lease, record): (Option<&NodeAt>, Option<&NodeAt>),
    ) {
        let Grounds::RanOut { owner, incarnation } = grounds else { return };
        if !self.may_take() {
            return self.hinder(now, room, self.hindrance());
        }
        if is_late {
            return self.confirm(now, room, owner, expected, grounds);
        }
        let is_linked = self.links.up(owner) == Some(incarnation);
        match (lease, record) {
            // Somebody has it, or will have lost it when the lease has run out.
            (Some(_), _) => self.hinder(now, room, RefuseReason::OwnerUnreachable),
            (None, Some(record)) if record.incarnation <= incarnation => {
                self.pass_on(now, room, &record.clone());
            }
            (None, _) if is_linked => self.look(now, room),
            (None, Some(_) | None) => self.take(now, room, expected),
        }
    }

    fn take(&mut self, now: Duration, room: RoomKey, expected: Fence) {
        let Some(owner) = self.stage.at().cloned() else { return };
        let question = self.question();
        self.searches.set(room, Step::Taking { question }, now + self.settings.storage_timeout);
        self.put(Output::Take { question, room, expected, owner });
    }

    pub(super) fn take_answered(
        &mut self,
        now: Duration,
        question: Question,
        room: RoomKey,
        result: TakeResult,
    ) {
        let is_waited_for = self.searches.asked(question) == Some(room);
        match result {
            TakeResult::Taken { fence } if self.owned.fence(room).is_none_or(|mine| mine < fence) => {
                self.own(room, fence);
                if !is_waited_for {
                    // The answer was on its way for long.
                    self.owned.doubt();
                }
            }
            // Of two attempts of this node the later one's answer came first.
            TakeResult::Taken { .. } => {}
            TakeResult::Lost { row } if is_waited_for => self.lost(now, room, row),
            TakeResult::Lost { .. } => {}
        }
    }

    /// Somebody was first, or an answer of before was lost.
    fn lost(&mut self, now: Duration, room: RoomKey, row: Option<crate::OwnerRow>) {
        self.takes.remove(room);
        if let Some(to) = self.searches.take_offer(room) {
            self.put(Output::AnswerOffer { room, to, answer: OfferAnswer::Refused });
        }
        match row {
            Some(row) => self.judge(now, room, Some(row)),
            None => self.hinder(now, room, RefuseReason::StorageAway),
        }
    }

    pub(super) fn storage_failed(&mut self, now: Duration, question: Question) {
        if self.owned.verified(question) {
            self.owned.doubt();
        }
        if let Some(room) = self.searches.asked(question) {
            self.hinder(now, room, RefuseReason::StorageAway);
        }
    }

    /// A node that drains offers a room.
    pub(super) fn offered(&mut self, now: Duration, room: RoomKey, fence: Fence, from: NodeId) {
        let answer = match self.owned.fence(room) {
            Some(mine) if mine > fence => Some(OfferAnswer::Taken { fence: mine }),
            Some(_) => Some(OfferAnswer::Refused),
            None if self.may_take() && self.drain.is_none() => None,
            None => Some(OfferAnswer::Refused),
        };
        if let Some(answer) = answer {
            return self.put(Output::AnswerOffer { room, to: from, answer });
        }
        self.searches.offered(room, from, now + WAIT_AT_MOST);
        match self.searches.step(room) {
            // Whose it is, this node is told soon.
            Some(Step::Taking { .. }) => {}
            Some(_) | None => self.queue(now, room, fence, Grounds::Offered),
        }
    }

    /// Stops, because a drain is over.
    pub(super) fn leave(&mut self) {
        if let Some(at) = self.stage.at().cloned() {
            self.put(Output::WithdrawNode(at));
        }
        self.stop(StopReason::Drained);
    }
}
