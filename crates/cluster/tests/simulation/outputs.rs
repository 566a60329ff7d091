//! What a node's driver does: each output is carried out, decides nothing, and takes its time.

use std::time::Duration;

use cluster::{
    Arrival, ClusterTag, Fence, Input, LetGoReason, LinkRefusal, NodeAt, NodeId, OfferAnswer, Output,
    Question, RefuseReason, Renewal, RequestId, RoomKey, RoomLease, StopReason,
};

use crate::process::Process;
use crate::storage::Access;
use crate::world::{Event, World};

/// Something is asked of Redis.
#[derive(Clone, Debug)]
pub(crate) enum RedisCall {
    Renew(Box<Renewal>),
    Announce(RoomLease),
    WithdrawLease(RoomLease),
    WithdrawNode(NodeAt),
    Find(Question, RoomKey, Option<NodeId>),
}

/// Something is asked of PostgreSQL.
#[derive(Clone, Debug)]
pub(crate) enum StorageCall {
    Register(NodeId, ClusterTag),
    Find(Question, RoomKey),
    Take(Question, RoomKey, Fence, NodeAt),
    Release(RoomKey, Fence),
    Verify(Question, Vec<RoomKey>),
    Write(RoomKey, Fence),
}

/// Whether it is about who owns a room.
const fn is_delicate(output: &Output) -> bool {
    matches!(
        output,
        Output::FindLease { .. }
            | Output::FindOwner { .. }
            | Output::Take { .. }
            | Output::Begin { .. }
            | Output::Release { .. }
            | Output::Move { .. }
            | Output::LetGo { .. }
            | Output::Probe(_)
            | Output::Register { .. }
    )
}

/// Where a driver finds out that nobody answers.
const TIMED_OUT: std::ops::RangeInclusive<u64> = 1_000..=1_500;

impl World {
    /// Carries out whatever a machine wants.
    pub(crate) fn carry_out(&mut self, pid: usize) {
        while let Some(output) = self.processes[pid].node.poll_output() {
            self.tell(pid, &output);
            let is_delicate = is_delicate(&output);
            self.output(pid, output);
            if !self.processes[pid].answers() || self.stumbles(pid, is_delicate) {
                return;
            }
        }
        self.schedule(pid);
    }

    /// At any step a process may die, or stand still with the rest undone.
    fn stumbles(&mut self, pid: usize, is_delicate: bool) -> bool {
        if self.is_calm() || self.now < Duration::from_secs(10) {
            return false;
        }
        let each = if is_delicate { 0.002 } else { 0.000_1 };
        if self.seed.chance(each) {
            self.report.deaths_at_a_step += 1;
            self.end(pid);
            return true;
        }
        if self.seed.chance(each) {
            self.report.pauses_at_a_step += 1;
            self.pause(pid, Duration::from_secs(20));
            return true;
        }
        false
    }

    fn output(&mut self, pid: usize, output: Output) {
        match output {
            Output::Register { node, cluster } => self.ask_storage(pid, StorageCall::Register(node, cluster)),
            Output::Renew(renewal) => {
                self.processes[pid].record = Some(renewal.record.clone());
                self.ask_redis(pid, RedisCall::Renew(renewal));
            }
            Output::Announce(lease) => self.ask_redis(pid, RedisCall::Announce(lease)),
            Output::WithdrawLease(lease) => self.ask_redis(pid, RedisCall::WithdrawLease(lease)),
            Output::WithdrawNode(at) => self.ask_redis(pid, RedisCall::WithdrawNode(at)),
            Output::FindLease { question, room, owner } => {
                self.ask_redis(pid, RedisCall::Find(question, room, owner));
            }
            Output::FindOwner { question, room } => self.ask_storage(pid, StorageCall::Find(question, room)),
            Output::Take { question, room, expected, owner } => {
                self.take(pid, question, room, expected, owner);
            }
            Output::Release { room, fence } => self.ask_storage(pid, StorageCall::Release(room, fence)),
            Output::Verify { question, rooms } => self.ask_storage(pid, StorageCall::Verify(question, rooms)),
            Output::Probe(at) => self.probe(pid, &at),
            Output::Nodes(nodes) => self.processes[pid].nodes = nodes,
            Output::AcceptLink(_) => self.report.accepted_links += 1,
            Output::RefuseLink { reason, .. } => self.link_refused(reason),
            Output::Begin { room, fence } => {
                self.processes[pid].rooms.insert(room, (fence, 0));
                self.witness.begun(self.now, room, fence, pid);
                self.report.begun += 1;
            }
            Output::LetGo { room, fence, reason } => self.let_go(pid, room, fence, reason),
            Output::Admit { request, room, fence } => self.admit(pid, request, room, fence),
            Output::PassOn { request, room, to } => self.pass_on(pid, request, room, &to),
            Output::Refuse { request, room, reason } => self.refuse(pid, request, room, reason),
            Output::Move { room, fence, to } => self.offer(pid, room, fence, &to),
            Output::KeepRoom { room, .. } => _ = self.processes[pid].held.remove(&room),
            Output::AnswerOffer { room, to, answer } => self.answer_offer(pid, room, to, answer),
            Output::Coordination(_) => self.report.coordination += 1,
            Output::DrainingAlone => self.report.drains_alone += 1,
            Output::Drained { closed, .. } => {
                self.report.drained += 1;
                self.report.closed_by_drains += closed as u64;
            }
            Output::Stop(reason) => self.stopped(pid, reason),
        }
    }

    fn take(&mut self, pid: usize, question: Question, room: RoomKey, expected: Fence, owner: NodeAt) {
        if self.processes[pid].node.health().redis != cluster::RedisContact::Trusted {
            self.witness.say(self.now, &format!("{pid} takes {room:?} while Redis is not trusted"));
        }
        let call = StorageCall::Take(question, room, expected, owner);
        if !self.is_calm() && self.seed.chance(0.01) {
            // It stands still between what it has decided and the sending of it.
            self.report.late_takes += 1;
            self.processes[pid].late_takes.insert(question);
            self.pause(pid, Duration::from_secs(20));
            let resumed = self.processes[pid].paused_until.unwrap_or(self.now);
            return self.at(resumed, Event::Storage { pid, call });
        }
        self.ask_storage(pid, call);
    }

    fn link_refused(&mut self, reason: LinkRefusal) {
        match reason {
            LinkRefusal::OtherCluster => self.report.foreign_links += 1,
            LinkRefusal::SameId
            | LinkRefusal::Superseded
            | LinkRefusal::IncompatibleVersion
            | LinkRefusal::Stopping => self.report.refused_links += 1,
        }
    }

    fn stopped(&mut self, pid: usize, reason: StopReason) {
        let one = &self.processes[pid];
        if !one.rooms.is_empty() {
            self.witness.say(self.now, &format!("{pid} has stopped with rooms"));
        }
        if reason == StopReason::Drained && one.drained_by.is_some_and(|by| self.now > by) {
            self.witness.say(self.now, &format!("{pid} has drained late"));
        }
        match reason {
            StopReason::Drained => {}
            StopReason::OtherCluster => self.report.foreign_starts += 1,
            StopReason::IdInUse => self.report.ids_in_use += 1,
            StopReason::Superseded { .. } => self.report.superseded += 1,
        }
        // One of another cluster may be told to leave before it has come.
        let is_right = match reason {
            StopReason::OtherCluster => self.processes[pid].is_foreign,
            StopReason::Drained => true,
            StopReason::IdInUse | StopReason::Superseded { .. } => !self.processes[pid].is_foreign,
        };
        if !is_right {
            self.witness.say(self.now, &format!("{pid} was stopped by {reason:?}"));
        }
        self.end(pid);
    }

    fn ask_redis(&mut self, pid: usize, call: RedisCall) {
        let slow = u64::try_from(self.redis.slow.as_millis()).unwrap();
        self.after(1..=slow, Event::Redis { pid, call });
    }

    /// Something has got as far as Redis, if it does. What is asked once is done also for a process that has died meanwhile.
    pub(crate) fn redis_call(&mut self, pid: usize, call: RedisCall) {
        let is_cut = self.redis_cut.contains(&self.processes[pid].host);
        let question = match &call {
            RedisCall::Renew(renewal) => Some(renewal.question),
            RedisCall::Find(question, ..) => Some(*question),
            RedisCall::Announce(_) | RedisCall::WithdrawLease(_) | RedisCall::WithdrawNode(_) => None,
        };
        if is_cut || !self.redis.is_up {
            if let Some(question) = question {
                let after = if is_cut { TIMED_OUT } else { 1..=20 };
                self.deliver(after, pid, Input::RedisFailed { question });
            }
            return;
        }
        let slow = u64::try_from(self.redis.slow.as_millis()).unwrap();
        match call {
            RedisCall::Renew(renewal) => {
                let answer = Box::new(self.redis.renew(self.now, &renewal));
                if answer.own == cluster::OwnKey::Written {
                    self.processes[pid].renewals.push(self.now);
                }
                self.deliver(1..=slow, pid, Input::Renewed { question: renewal.question, answer });
            }
            RedisCall::Find(question, room, owner) => {
                let answer = Box::new(self.redis.find(self.now, room, owner));
                self.deliver(1..=slow, pid, Input::LeaseFound { question, answer });
            }
            RedisCall::Announce(lease) => self.redis.announce(self.now, &lease, Duration::from_secs(3)),
            RedisCall::WithdrawLease(lease) => self.redis.withdraw_lease(self.now, &lease),
            RedisCall::WithdrawNode(at) => self.redis.withdraw_node(self.now, &at),
        }
    }

    pub(crate) fn ask_storage(&mut self, pid: usize, call: StorageCall) {
        let most = if !self.is_calm() && self.seed.chance(0.01) { 1_500 } else { 12 };
        self.after(1..=most, Event::Storage { pid, call });
    }

    pub(crate) fn reaches_storage(&self, one: &Process) -> bool {
        !self.storage_cut.contains(&one.host)
    }

    /// Something has got as far as PostgreSQL, if it does.
    pub(crate) fn storage_call(&mut self, pid: usize, call: &StorageCall) {
        let is_cut = self.storage_cut.contains(&self.processes[pid].host);
        let reads = matches!(call, StorageCall::Find(..) | StorageCall::Verify(..));
        let is_there = match self.storage.access {
            Access::Up => true,
            Access::ReadOnly => reads,
            Access::Away => false,
        };
        if is_cut || !is_there {
            let after = if is_cut { TIMED_OUT } else { 1..=20 };
            return self.storage_failed(after, pid, call);
        }
        let answer = self.execute(pid, call);
        if !self.is_calm() && self.seed.chance(0.01) {
            if matches!(call, StorageCall::Take(..)) {
                self.report.lost_answers += 1;
            }
            return self.storage_failed(TIMED_OUT, pid, call);
        }
        if let Some(answer) = answer {
            self.deliver(1..=10, pid, answer);
        }
    }

    fn execute(&mut self, pid: usize, call: &StorageCall) -> Option<Input> {
        match call {
            StorageCall::Register(node, cluster) => Some(match self.storage.register(*node, *cluster) {
                Some(incarnation) => Input::Registered { incarnation },
                None => Input::RegistrationRefused,
            }),
            StorageCall::Find(question, room) => {
                Some(Input::OwnerFound { question: *question, row: self.storage.row(*room) })
            }
            StorageCall::Take(question, room, expected, owner) => {
                let before = self.storage.row(*room);
                let result = self.storage.take(*room, *expected, owner.clone());
                match &result {
                    cluster::TakeResult::Taken { .. } => {
                        self.report.taken += 1;
                        let is_late = self.processes[pid].late_takes.contains(question);
                        if let Some(before) = before.filter(|_| !is_late) {
                            let mut witness = std::mem::take(&mut self.witness);
                            let reaches = |one: &Process| self.reaches_storage(one);
                            witness.taken(self.now, *room, &before, pid, &self.processes, reaches);
                            self.witness = witness;
                        }
                    }
                    cluster::TakeResult::Lost { .. } => self.report.lost_takes += 1,
                }
                Some(Input::TakeAnswered { question: *question, room: *room, result })
            }
            StorageCall::Release(room, fence) => {
                self.storage.release(*room, *fence);
                None
            }
            StorageCall::Verify(question, rooms) => {
                let rows = rooms.iter().map(|room| (*room, self.storage.row(*room))).collect();
                Some(Input::Verified { question: *question, rows })
            }
            StorageCall::Write(room, fence) => {
                if self.storage.write(*room, *fence) {
                    self.report.writes += 1;
                    self.witness.written(self.now, *room, *fence, pid);
                    return None;
                }
                Some(Input::WriteRefused { room: *room, fence: *fence })
            }
        }
    }

    fn storage_failed(&mut self, after: std::ops::RangeInclusive<u64>, pid: usize, call: &StorageCall) {
        let input = match call {
            StorageCall::Register(..) => Input::RegistrationFailed,
            StorageCall::Find(question, _)
            | StorageCall::Take(question, ..)
            | StorageCall::Verify(question, _) => Input::StorageFailed { question: *question },
            StorageCall::Release(..) | StorageCall::Write(..) => return,
        };
        self.deliver(after, pid, input);
    }

    /// A room's task ends, and everybody in it is told.
    fn let_go(&mut self, pid: usize, room: RoomKey, fence: Fence, reason: LetGoReason) {
        let one = &mut self.processes[pid];
        if one.rooms.remove(&room).is_none_or(|(begun, _)| begun != fence) {
            self.witness.say(self.now, &format!("{pid} lets go of {room:?}, which it has not begun"));
        }
        self.processes[pid].held.remove(&room);
        match reason {
            LetGoReason::Moved { .. } => self.report.moved += 1,
            LetGoReason::Fenced => self.report.fenced += 1,
            LetGoReason::Deleted | LetGoReason::Closed | LetGoReason::Superseded => {}
        }
        self.detach_all(pid, room);
    }

    fn pass_on(&mut self, pid: usize, request: RequestId, room: RoomKey, to: &NodeAt) {
        self.report.passed_on += 1;
        let (host, by) = (self.processes[pid].host, to.node);
        let other =
            self.process_at(&to.address).filter(|other| self.processes[*other].at().as_ref() == Some(to));
        let other_host = to.address.parse().expect("addresses are numbers of hosts");
        let is_linked = self.is_linked(host, other_host);
        match other {
            Some(other) if is_linked => {
                if self.pass_to(pid, request, other) {
                    let arrival = Arrival::PassedOn;
                    self.deliver(1..=10, other, Input::Wanted { request, room, arrival });
                }
            }
            Some(_) | None => {
                let after = if is_linked { 1..=10 } else { TIMED_OUT };
                self.deliver(after, pid, Input::Wanted { request, room, arrival: Arrival::Returned { by } });
            }
        }
    }

    fn refuse(&mut self, pid: usize, request: RequestId, room: RoomKey, reason: RefuseReason) {
        match (reason, self.passed_on_by(pid, request)) {
            (RefuseReason::NotHere, Some(entry)) => {
                let (here, there) = (self.processes[pid].host, self.processes[entry].host);
                if self.is_linked(here, there) && self.pass_to(pid, request, entry) {
                    let arrival = Arrival::Returned { by: self.processes[pid].id };
                    self.deliver(1..=10, entry, Input::Wanted { request, room, arrival });
                }
            }
            (RefuseReason::NotHere, None) => {}
            (_, _) => self.turned_away(pid, request),
        }
    }

    fn offer(&mut self, pid: usize, room: RoomKey, fence: Fence, to: &NodeAt) {
        self.processes[pid].held.insert(room);
        self.witness.offered(room, fence, to.node);
        self.report.offered += 1;
        let (host, from) = (self.processes[pid].host, self.processes[pid].id);
        let other =
            self.process_at(&to.address).filter(|other| self.processes[*other].at().as_ref() == Some(to));
        match other {
            Some(other) if self.is_linked(host, self.processes[other].host) => {
                self.deliver(1..=10, other, Input::Offered { room, fence, from });
            }
            Some(_) | None => {
                let answer = OfferAnswer::Refused;
                self.deliver(TIMED_OUT, pid, Input::OfferAnswered { room, by: to.node, answer });
            }
        }
    }

    fn answer_offer(&mut self, pid: usize, room: RoomKey, to: NodeId, answer: OfferAnswer) {
        let (host, by) = (self.processes[pid].host, self.processes[pid].id);
        let other = self.processes.iter().position(|one| one.is_alive && one.id == to);
        if let Some(other) = other.filter(|other| self.is_linked(host, self.processes[*other].host)) {
            self.deliver(1..=10, other, Input::OfferAnswered { room, by, answer });
        }
    }

    /// What runs in a process besides: rooms are written to, and end when nobody is in them.
    pub(crate) fn work(&mut self, pid: usize) {
        if !self.processes[pid].is_alive {
            return;
        }
        if !self.processes[pid].is_paused() {
            self.write_all(pid);
            self.end_empty_rooms(pid);
        }
        self.after(300..=900, Event::Work { pid });
    }

    pub(crate) fn write_all(&mut self, pid: usize) {
        let one = &self.processes[pid];
        // In some rooms nobody says anything that would be kept.
        let rooms = one.rooms.iter().filter(|(room, _)| !one.held.contains(room) && room.0 % 3 != 2);
        let rooms: Vec<_> = rooms.map(|(room, (fence, _))| (*room, *fence)).collect();
        for (room, fence) in rooms {
            if self.seed.chance(0.7) {
                self.ask_storage(pid, StorageCall::Write(room, fence));
            }
        }
    }

    fn end_empty_rooms(&mut self, pid: usize) {
        let rooms: Vec<_> = self.processes[pid].rooms.keys().copied().collect();
        for room in rooms {
            let is_empty = !self.is_anybody_in(pid, room);
            let Some((fence, idle)) = self.processes[pid].rooms.get_mut(&room) else { continue };
            *idle = if is_empty { *idle + 1 } else { 0 };
            if *idle < 4 {
                continue;
            }
            let fence = *fence;
            self.processes[pid].rooms.remove(&room);
            self.report.ended += 1;
            self.input(pid, Input::RoomEnded { room, fence });
            if !self.processes[pid].answers() {
                return;
            }
        }
    }
}
