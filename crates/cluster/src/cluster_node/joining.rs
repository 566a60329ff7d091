//! Becoming and staying one of the cluster: a start is counted, its id is looked for, records are renewed.

use std::time::Duration;

use super::ClusterNode;
use crate::searches::Step;
use crate::stage::Stage;
use crate::{
    Claim, Coordination, Incarnation, LetGoReason, NodeAt, Output, OwnKey, Question, RefuseReason, Renewal,
    Renewed, RoomLease, StopReason,
};

/// PostgreSQL is asked again so long after it has failed.
const REGISTER_AGAIN: Duration = Duration::from_secs(1);

impl ClusterNode {
    pub(super) fn register_if_due(&mut self, now: Duration) {
        let Stage::Registering { ask_at } = &mut self.stage else { return };
        if now >= *ask_at {
            // An answer that does not come at all is no reason to wait for ever.
            *ask_at = now + self.settings.storage_timeout + REGISTER_AGAIN;
            let (node, cluster) = (self.settings.node, self.settings.cluster);
            self.put(Output::Register { node, cluster });
        }
    }

    pub(super) fn registered(&mut self, now: Duration, incarnation: Incarnation) {
        match &self.stage {
            Stage::Registering { .. } => {
                let address = self.settings.address.clone();
                let at = NodeAt { node: self.settings.node, incarnation, address };
                self.stage = Stage::Joining { at, seen: None };
                self.redis.hurry(now);
            }
            // PostgreSQL was asked twice, and has counted twice.
            Stage::Joining { .. } | Stage::Active { .. } | Stage::Stopped => {}
        }
    }

    pub(super) fn registration_refused(&mut self) {
        match &self.stage {
            Stage::Registering { .. } => self.stop(StopReason::OtherCluster),
            Stage::Joining { .. } | Stage::Active { .. } | Stage::Stopped => {}
        }
    }

    pub(super) fn registration_failed(&mut self, now: Duration) {
        if let Stage::Registering { ask_at } = &mut self.stage {
            *ask_at = now + REGISTER_AGAIN;
        }
    }

    pub(super) fn renew_if_due(&mut self, now: Duration) {
        let claim = match &self.stage {
            // As long as another start may be there that Redis has forgotten, it has the time to say so.
            Stage::Joining { .. } if !self.redis.is_trusted() => Claim::Look,
            Stage::Joining { .. } => Claim::IfFree,
            Stage::Active { .. } => Claim::Overwrite,
            Stage::Registering { .. } | Stage::Stopped => return,
        };
        let Some(at) = self.stage.at().filter(|_| self.redis.is_due(now)).cloned() else { return };
        let question = self.question();
        self.redis.sent(now, question);
        self.beat += 1;
        let rooms = self.owned.iter().map(|(room, fence)| self.lease(&at, room, fence)).collect();
        let record = self.record(at);
        let lease = self.settings.lease;
        self.put(Output::Renew(Box::new(Renewal { question, claim, record, rooms, lease })));
    }

    pub(super) fn lease(&self, at: &NodeAt, room: crate::RoomKey, fence: crate::Fence) -> RoomLease {
        RoomLease { cluster: self.settings.cluster, room, owner: at.clone(), fence }
    }

    pub(super) fn renewed(&mut self, now: Duration, question: Question, answer: Renewed) {
        let Renewed { identity, own, nodes, newer } = answer;
        if !self.redis.answered(now, question, identity) {
            return;
        }
        let cluster = self.settings.cluster;
        self.redis.learn(nodes.into_iter().filter(|node| node.cluster == cluster));
        self.review_own(own);
        if self.stage.is_stopped() {
            return;
        }
        for lease in newer.into_iter().filter(|lease| lease.cluster == cluster) {
            if self.owned.fence(lease.room).is_some_and(|fence| fence < lease.fence) {
                self.let_go(lease.room, LetGoReason::Fenced);
            }
        }
        let others = self.redis.others(self.settings.node);
        if others != self.told_nodes {
            self.told_nodes.clone_from(&others);
            self.put(Output::Nodes(others));
        }
    }

    /// What is under this node's own id decides whether it may be one of the cluster.
    fn review_own(&mut self, own: OwnKey) {
        let Some(mine) = self.stage.at().map(|at| at.incarnation) else { return };
        if let OwnKey::Occupied { by, .. } = own
            && by > mine
        {
            self.stop(StopReason::Superseded { by });
            return;
        }
        match &mut self.stage {
            Stage::Joining { at, seen } => match own {
                OwnKey::Written => self.stage = Stage::Active { at: at.clone() },
                OwnKey::Free => {}
                OwnKey::Occupied { by, beat } => {
                    let before = seen.replace((by, beat));
                    if before.is_some_and(|(one, seen)| one == by && beat > seen) {
                        self.stop(StopReason::IdInUse);
                    }
                }
            },
            Stage::Active { .. } | Stage::Registering { .. } | Stage::Stopped => {}
        }
    }

    pub(super) fn redis_failed(&mut self, now: Duration, question: Question) {
        if self.redis.failed(now, question) {
            return;
        }
        let Some(room) = self.searches.asked(question) else { return };
        self.redis.lose(now);
        match self.searches.step(room) {
            // PostgreSQL knows, too.
            Some(Step::FindingLease(_)) => self.find_owner(now, room),
            Some(
                Step::Confirming { .. }
                | Step::FindingOwner(_)
                | Step::Probing { .. }
                | Step::Queued { .. }
                | Step::Taking { .. }
                | Step::Waiting,
            ) => self.hinder(now, room, RefuseReason::RedisAway),
            None => {}
        }
    }

    /// Says how limits and rings work, when that has changed.
    pub(super) fn tell_coordination(&mut self) {
        if !self.stage.is_active() || self.redis.is_away() == self.told_away {
            return;
        }
        self.told_away = self.redis.is_away();
        let nodes = u32::try_from(self.redis.nodes().count()).unwrap_or(u32::MAX).max(1);
        self.put(Output::Coordination(match self.told_away {
            true => Coordination::Alone { share_of: nodes },
            false => Coordination::Shared,
        }));
    }

    /// Leaves the cluster: nothing of it is this node's any more.
    pub(super) fn stop(&mut self, reason: StopReason) {
        for room in self.searches.rooms() {
            self.refuse_all(room, RefuseReason::Stopping);
        }
        for (room, fence) in self.owned.take_all() {
            self.put(Output::LetGo { room, fence, reason: LetGoReason::Superseded });
        }
        self.stage = Stage::Stopped;
        self.drain = None;
        self.put(Output::Stop(reason));
    }
}
