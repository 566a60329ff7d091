//! From somebody who wants to get into a room to the node that has it. The picture is at the top of `searches.rs`.

use std::time::Duration;

use super::ClusterNode;
use crate::searches::{Grounds, Request, Step, WAIT_AT_MOST};
use crate::{
    Arrival, Fence, Incarnation, LeaseFound, NodeAt, OfferAnswer, Output, OwnerRow, Question, RefuseReason,
    RequestId, RoomKey, StopReason,
};

/// What is in the way is looked at again so soon.
const AGAIN: Duration = Duration::from_millis(300);

/// Somebody who is tried answers within this time, or is not there.
const PROBED_WITHIN: Duration = Duration::from_millis(1_200);

/// What is known of a room's owner.
enum OwnerStanding {
    /// It is there.
    Present,
    /// There is a later start of it.
    Superseded,
    /// Its process is gone.
    Gone,
    /// It has no record in Redis, and no link says that it is there.
    Absent,
}

impl ClusterNode {
    pub(super) fn wanted(&mut self, now: Duration, request: RequestId, room: RoomKey, arrival: Arrival) {
        if let Some(fence) = self.owned.fence(room) {
            self.put(Output::Admit { request, room, fence });
            return;
        }
        let until = now + WAIT_AT_MOST;
        if self.searches.join(room, Request { id: request, arrival, until }) {
            match arrival {
                Arrival::Client | Arrival::PassedOn => self.look(now, room),
                // Where to ask was wrong.
                Arrival::Returned { .. } if self.stage.at().is_some() => self.find_owner(now, room),
                Arrival::Returned { .. } => self.look(now, room),
            }
        }
    }

    /// Begins to look, or begins anew. A node that joins passes on to whoever has a room, and takes none.
    pub(super) fn look(&mut self, now: Duration, room: RoomKey) {
        if self.stage.at().is_none() {
            self.hinder(now, room, RefuseReason::Starting);
        } else if self.redis.is_away() {
            self.find_owner(now, room);
        } else {
            let question = self.question();
            self.searches.set(room, Step::FindingLease(question), now + self.settings.redis_timeout);
            self.put(Output::FindLease { question, room, owner: None });
        }
    }

    pub(super) fn find_owner(&mut self, now: Duration, room: RoomKey) {
        let question = self.question();
        self.searches.set(room, Step::FindingOwner(question), now + self.settings.storage_timeout);
        self.put(Output::FindOwner { question, room });
    }

    pub(super) fn lease_found(&mut self, now: Duration, question: Question, answer: &LeaseFound) {
        let Some(room) = self.searches.asked(question) else { return };
        self.redis.note_identity(now, answer.identity);
        let cluster = self.settings.cluster;
        let lease = answer.lease.as_ref().filter(|lease| lease.cluster == cluster && lease.room == room);
        let owner = answer.owner.as_ref().filter(|owner| owner.cluster == cluster).map(|owner| &owner.at);
        match self.searches.step(room) {
            Some(Step::FindingLease(_)) => match lease.map(|lease| &lease.owner) {
                Some(owner) if self.is_other(owner) && !self.is_gone(now, owner) => {
                    self.pass_on(now, room, &owner.clone());
                }
                Some(_) | None => self.find_owner(now, room),
            },
            Some(Step::Confirming { asked, expected, grounds, .. }) => {
                let lease = lease.filter(|lease| lease.fence >= expected).map(|lease| &lease.owner);
                let is_late = now.saturating_sub(asked) > self.settings.redis_timeout;
                self.confirmed(now, room, (expected, grounds), is_late, (lease, owner));
            }
            Some(
                Step::FindingOwner(_)
                | Step::Probing { .. }
                | Step::Queued { .. }
                | Step::Taking { .. }
                | Step::Waiting,
            )
            | None => {}
        }
    }

    /// Whether that is another node. This one has no room that it looks for, whatever Redis says.
    pub(super) fn is_other(&self, owner: &NodeAt) -> bool {
        owner.node != self.settings.node
    }

    /// Whether its process is known to be gone, whatever is in Redis of it.
    pub(super) fn is_gone(&self, now: Duration, owner: &NodeAt) -> bool {
        match self.standing_of(now, owner.node, owner.incarnation) {
            OwnerStanding::Superseded | OwnerStanding::Gone => true,
            OwnerStanding::Present | OwnerStanding::Absent => false,
        }
    }

    pub(super) fn owner_found(&mut self, now: Duration, question: Question, row: Option<OwnerRow>) {
        if let Some(room) = self.searches.asked(question) {
            self.judge(now, room, row);
        }
    }

    /// PostgreSQL has said whose the room is.
    pub(super) fn judge(&mut self, now: Duration, room: RoomKey, row: Option<OwnerRow>) {
        let Some(row) = row else { return self.claim(now, room, Fence::default(), Grounds::Free) };
        if let Some(by) = self.later_start(&row) {
            self.stop(StopReason::Superseded { by });
            return;
        }
        let fence = row.fence;
        let Some(owner) = row.owner else { return self.claim(now, room, fence, Grounds::Free) };
        if !self.is_other(&owner) {
            return self.claim(now, room, fence, Grounds::Mine);
        }
        match self.standing_of(now, owner.node, owner.incarnation) {
            OwnerStanding::Present => self.pass_on(now, room, &owner),
            OwnerStanding::Superseded => self.claim(now, room, fence, Grounds::Superseded),
            OwnerStanding::Gone => self.claim(now, room, fence, Grounds::Refused),
            OwnerStanding::Absent => self.probe(now, room, owner, fence),
        }
    }

    fn standing_of(&self, now: Duration, node: crate::NodeId, incarnation: Incarnation) -> OwnerStanding {
        let in_redis = self.redis.node(node).map(|known| known.at.incarnation);
        let up = self.links.up(node);
        let latest = self.links.latest(node);
        if [in_redis, latest].into_iter().flatten().any(|known| known > incarnation) {
            OwnerStanding::Superseded
        } else if self.links.is_gone(now, node, incarnation) {
            OwnerStanding::Gone
        } else if [in_redis, up].contains(&Some(incarnation)) {
            OwnerStanding::Present
        } else {
            OwnerStanding::Absent
        }
    }

    /// Its owner is not in Redis. Before its room is taken, it is tried whether it answers all the same.
    fn probe(&mut self, now: Duration, room: RoomKey, owner: NodeAt, fence: Fence) {
        let (node, incarnation) = owner.key();
        if !self.may_take() {
            self.hinder(now, room, self.hindrance());
        } else if self.links.was_tried(now, node) {
            self.claim(now, room, fence, Grounds::RanOut { owner: node, incarnation });
        } else {
            let step = Step::Probing { owner: node, incarnation, fence };
            let is_tried = self.searches.probing(node).iter().any(|other| *other != room);
            self.searches.set(room, step, now + PROBED_WITHIN);
            if !is_tried {
                self.put(Output::Probe(owner));
            }
        }
    }

    /// Everybody who waits for a room goes to the node that has it, or is to have it. Who was passed on already goes back.
    pub(super) fn pass_on(&mut self, now: Duration, room: RoomKey, to: &NodeAt) {
        if self.searches.refused_by(room).contains(&to.node) {
            // It was there a moment ago, and could not be reached or knew nothing of it.
            self.searches.forgive(room);
            self.hinder(now, room, RefuseReason::OwnerUnreachable);
            return;
        }
        self.takes.remove(room);
        let ended = self.searches.end(room);
        if let Some(by) = ended.offered_by {
            self.put(Output::AnswerOffer { room, to: by, answer: OfferAnswer::Refused });
        }
        for Request { id: request, arrival, .. } in ended.requests {
            match arrival {
                Arrival::Client | Arrival::Returned { .. } => {
                    self.put(Output::PassOn { request, room, to: to.clone() });
                }
                Arrival::PassedOn => {
                    self.put(Output::Refuse { request, room, reason: RefuseReason::NotHere });
                }
            }
        }
    }

    /// Something is in the way. It is looked at again, until whoever waits has waited long enough.
    pub(super) fn hinder(&mut self, now: Duration, room: RoomKey, hindrance: RefuseReason) {
        self.takes.remove(room);
        if let Some(to) = self.searches.take_offer(room) {
            self.put(Output::AnswerOffer { room, to, answer: OfferAnswer::Refused });
        }
        self.searches.hinder(room, hindrance, now + AGAIN);
    }

    /// Everybody who waits for a room is turned away.
    pub(super) fn refuse_all(&mut self, room: RoomKey, reason: RefuseReason) {
        self.takes.remove(room);
        let ended = self.searches.end(room);
        if let Some(to) = ended.offered_by {
            self.put(Output::AnswerOffer { room, to, answer: OfferAnswer::Refused });
        }
        for request in ended.requests {
            self.put(Output::Refuse { request: request.id, room, reason });
        }
    }

    /// Searches that wait, those whose answer does not come, and people who have waited long enough.
    pub(super) fn look_at_searches(&mut self, now: Duration) {
        while let Some(room) = self.searches.next_due(now) {
            for (request, reason) in self.searches.expire(now, room) {
                self.put(Output::Refuse { request: request.id, room, reason });
            }
            let Some(step) = self.searches.step(room) else { continue };
            let is_idle = self.searches.is_idle(room);
            match step {
                // Whether it was done is asked as soon as PostgreSQL answers.
                Step::Taking { .. } => self.hinder(now, room, RefuseReason::StorageAway),
                _ if is_idle => {
                    self.takes.remove(room);
                    self.searches.end(room);
                }
                Step::Waiting => self.look(now, room),
                Step::FindingLease(_) => self.find_owner(now, room),
                Step::FindingOwner(_) => self.hinder(now, room, RefuseReason::StorageAway),
                Step::Confirming { .. } => self.hinder(now, room, RefuseReason::RedisAway),
                Step::Probing { owner, incarnation, fence } => {
                    self.claim(now, room, fence, Grounds::RanOut { owner, incarnation });
                }
                Step::Queued { .. } => self.searches.set(room, step, now + AGAIN),
            }
        }
    }
}
