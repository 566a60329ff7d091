//! One node whose Redis is played by the test: renewals are answered, everything else is for the test to see and to answer.

use std::time::Duration;

use cluster::{
    Arrival, ClusterNode, ClusterTag, Fence, Incarnation, Input, LeaseFound, LinkState, Load, NodeAt, NodeId,
    NodeRecord, Output, OwnKey, OwnerRow, Question, RedisIdentity, Renewed, RequestId, Roles, RoomKey,
    RoomLease, Settings, Taking, Versions,
};

pub(crate) const CLUSTER: ClusterTag = ClusterTag([1; 16]);
pub(crate) const ROOM: RoomKey = RoomKey(42);

/// What Redis answers and what the node has said.
pub(crate) struct Scripted {
    pub(crate) node: ClusterNode,
    pub(crate) now: Duration,
    pub(crate) is_redis_up: bool,
    pub(crate) identity: u64,
    pub(crate) others: Vec<NodeRecord>,
    /// What is under the node's id instead of its own record.
    pub(crate) occupied: Option<OwnKey>,
    pub(crate) newer: Vec<RoomLease>,
    said: Vec<Output>,
    requests: u64,
}

pub(crate) fn at(node: u64, incarnation: u64) -> NodeAt {
    NodeAt { node: NodeId(node), incarnation: Incarnation(incarnation), address: format!("node-{node}:9000") }
}

pub(crate) fn record(node: u64, incarnation: u64) -> NodeRecord {
    NodeRecord {
        cluster: CLUSTER,
        at: at(node, incarnation),
        roles: Roles::ALL,
        version: Versions { speaks: 1, oldest: 1 },
        load: Load(0),
        taking: Taking::Rooms,
        beat: 0,
    }
}

pub(crate) fn row(owner: NodeAt, fence: u64) -> Option<OwnerRow> {
    Some(OwnerRow { owner: Some(owner), fence: Fence(fence) })
}

pub(crate) fn lease(owner: NodeAt, fence: u64) -> RoomLease {
    RoomLease { cluster: CLUSTER, room: ROOM, owner, fence: Fence(fence) }
}

impl Scripted {
    /// A node that has just been started, and was counted.
    pub(crate) fn starting() -> Self {
        let settings = Settings::new(NodeId(1), CLUSTER, "node-1:9000".to_owned());
        let mut one = Self {
            node: ClusterNode::new(Duration::ZERO, settings),
            now: Duration::ZERO,
            is_redis_up: true,
            identity: 1,
            others: Vec::new(),
            occupied: None,
            newer: Vec::new(),
            said: Vec::new(),
            requests: 0,
        };
        one.input(Input::Registered { incarnation: Incarnation(5) });
        one
    }

    /// A node that is one of the cluster, beside these.
    pub(crate) fn active(others: &[NodeRecord]) -> Self {
        let mut one = Self::starting();
        one.others = others.to_vec();
        one.wait(6_000);
        one.said();
        one
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.node.handle_input(self.now, input);
        self.answer_renewals();
    }

    /// Time passes.
    pub(crate) fn wait(&mut self, millis: u64) {
        let until = self.now + Duration::from_millis(millis);
        while let Some(at) = self.node.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.node.handle_timeout(self.now);
            self.answer_renewals();
        }
        self.now = until;
        self.node.handle_timeout(self.now);
        self.answer_renewals();
    }

    /// The process stands still for a while, and goes on with its timers.
    pub(crate) fn stand_still(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    fn answer_renewals(&mut self) {
        while let Some(output) = self.node.poll_output() {
            let Output::Renew(renewal) = output else {
                self.said.push(output);
                continue;
            };
            let question = renewal.question;
            if !self.is_redis_up {
                self.node.handle_input(self.now, Input::RedisFailed { question });
                continue;
            }
            let own = self.occupied.unwrap_or(match renewal.claim {
                cluster::Claim::Look => OwnKey::Free,
                cluster::Claim::IfFree | cluster::Claim::Overwrite => OwnKey::Written,
            });
            let nodes = self.others.iter().cloned().chain([renewal.record]).collect();
            let identity = RedisIdentity(self.identity);
            let answer = Box::new(Renewed { identity, own, nodes, newer: self.newer.clone() });
            self.node.handle_input(self.now, Input::Renewed { question, answer });
        }
    }

    /// What the node has said since this was last asked.
    pub(crate) fn said(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.said)
    }

    /// Somebody wants to get into the room.
    pub(crate) fn want(&mut self, arrival: Arrival) -> RequestId {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.input(Input::Wanted { request, room: ROOM, arrival });
        request
    }

    /// The question about a lease that the node has asked last.
    pub(crate) fn asked_for_lease(&mut self) -> Option<Question> {
        self.said().into_iter().rev().find_map(|output| {
            let Output::FindLease { question, .. } = output else { return None };
            Some(question)
        })
    }

    /// Redis knows of no lease, and PostgreSQL has this row.
    pub(crate) fn find(&mut self, row: Option<OwnerRow>) {
        let question = self.asked_for_lease().expect("the node asks Redis first");
        self.answer_lease(question, None, None);
        self.find_owner(row);
    }

    pub(crate) fn find_owner(&mut self, row: Option<OwnerRow>) {
        let asked = self.said().into_iter().rev().find_map(|output| {
            let Output::FindOwner { question, .. } = output else { return None };
            Some(question)
        });
        let question = asked.expect("the node asks PostgreSQL");
        self.input(Input::OwnerFound { question, row });
    }

    pub(crate) fn answer_lease(
        &mut self,
        question: Question,
        lease: Option<RoomLease>,
        owner: Option<NodeRecord>,
    ) {
        let identity = RedisIdentity(self.identity);
        self.input(Input::LeaseFound { question, answer: Box::new(LeaseFound { identity, lease, owner }) });
    }

    /// The node wants to take the room: with which question, and expecting which token.
    pub(crate) fn takes(&mut self) -> Option<(Question, Fence)> {
        self.said().into_iter().find_map(|output| {
            let Output::Take { question, expected, .. } = output else { return None };
            Some((question, expected))
        })
    }

    /// The node owns the room, with the token 1.
    pub(crate) fn owning(others: &[NodeRecord]) -> Self {
        let mut one = Self::active(others);
        one.want(Arrival::PassedOn);
        one.find(None);
        let (question, expected) = one.takes().expect("the room is nobody's");
        assert_eq!(expected, Fence(0));
        let result = cluster::TakeResult::Taken { fence: Fence(1) };
        one.input(Input::TakeAnswered { question, room: ROOM, result });
        let said = one.said();
        assert!(matches!(said[0], Output::Begin { room: ROOM, fence: Fence(1) }), "{said:?}");
        one
    }

    pub(crate) fn link(&mut self, node: u64, state: LinkState) {
        self.input(Input::Link { node: NodeId(node), state });
    }
}
