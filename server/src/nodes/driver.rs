//! Drives the state machine of `crates/cluster`: one task, one loop over one enum of events. It decides nothing; what waits for Redis,
//! PostgreSQL or another node is a task of its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cluster::{
    ClusterNode, Fence, Input, LetGoReason, LinkRefusal, NodeAt, NodeId, OfferAnswer, Output, OwnerRow,
    Question, RequestId, RoomKey, TakeResult,
};
use storage::{ClusterRepository, Ownable, Ownership, StorageError, Swap};
use tokio::sync::{mpsc, oneshot};

use super::coordination::{Coordination, RedisTrouble};
use super::effect::Effect;
use super::lead::{Event, Lead, Stay, ownable};
use super::links::Links;
use super::status::Status;
use crate::clock::Clock;
use crate::tasks;

/// The longest sleep: a clock that has jumped back has made a long one of a short one.
const SLEEPS_AT_MOST: Duration = Duration::from_secs(1);

/// Rooms about which PostgreSQL is asked at once.
const AT_ONCE: usize = 500;

/// For so long a room that was moved here is kept for those who are on their way.
const EXPECTED_FOR: Duration = Duration::from_secs(10);

/// For so long something stays this node's after the last has left.
const LINGERS_FOR: Duration = Duration::from_secs(5);

/// What the driver is made with.
pub(super) struct DriverInit {
    pub(super) clock: Clock,
    pub(super) settings: cluster::Settings,
    pub(super) storage: Arc<dyn ClusterRepository + Send + Sync>,
    pub(super) coordination: Arc<Coordination>,
    pub(super) links: Links,
    pub(super) events: mpsc::UnboundedSender<Event>,
    pub(super) effects: mpsc::UnboundedSender<Effect>,
    pub(super) status: Status,
}

/// Drives one node.
pub(super) struct Driver {
    node: ClusterNode,
    asking: Arc<Asking>,
    clock: Clock,
    links: Links,
    events: mpsc::UnboundedSender<Event>,
    effects: mpsc::UnboundedSender<Effect>,
    status: Status,
    waiting: HashMap<RequestId, oneshot::Sender<Lead>>,
    /// What is this node's, and by how many it is used.
    used: HashMap<(RoomKey, Fence), Used>,
    /// Nodes that have said who they are and wait for an answer.
    hellos: HashMap<NodeId, Vec<oneshot::Sender<Result<(), LinkRefusal>>>>,
    /// The node is to leave, and there is no other.
    drains_alone: bool,
    /// Rooms that it let go of without anybody having taken them.
    closed: usize,
    /// Nodes that have offered something.
    offers: HashMap<(RoomKey, NodeId), oneshot::Sender<OfferAnswer>>,
}

/// How something of this node's is used.
#[derive(Default)]
struct Used {
    /// By how many; one more while it lingers.
    count: usize,
    /// Whether nobody has used it for as long as it lingers, or it lingers now.
    has_lingered: bool,
}

/// Who is asked.
struct Asking {
    storage: Arc<dyn ClusterRepository + Send + Sync>,
    coordination: Arc<Coordination>,
    within: Duration,
    events: mpsc::UnboundedSender<Event>,
    /// Whether it was said that Redis does not answer: it is asked four times a second then.
    is_redis_away: AtomicBool,
}

impl Driver {
    pub(super) fn new(init: DriverInit) -> Self {
        let DriverInit { clock, settings, storage, coordination, links, events, effects, status } = init;
        let within = settings.storage_timeout;
        let asking = Arc::new(Asking {
            storage,
            coordination,
            within,
            events: events.clone(),
            is_redis_away: AtomicBool::new(false),
        });
        let node = ClusterNode::new(clock.now(), settings);
        Self {
            node,
            asking,
            clock,
            links,
            events,
            effects,
            status,
            waiting: HashMap::new(),
            used: HashMap::new(),
            hellos: HashMap::new(),
            drains_alone: false,
            closed: 0,
            offers: HashMap::new(),
        }
    }

    /// Runs until the server ends.
    pub(super) async fn run(mut self, mut received: mpsc::UnboundedReceiver<Event>) {
        loop {
            self.carry_out_all();
            let now = self.clock.now();
            let due = self.node.poll_timeout().map_or(SLEEPS_AT_MOST, |at| at.saturating_sub(now));
            let event = tokio::time::timeout(due.min(SLEEPS_AT_MOST), received.recv()).await;
            match event {
                Ok(Some(event)) => self.handle(event),
                Ok(None) => return,
                Err(_) => self.node.handle_timeout(self.clock.now()),
            }
        }
    }

    fn handle(&mut self, event: Event) {
        let input = match event {
            Event::Input(input) => input,
            Event::Wanted { of: room, request, arrival, reply } => {
                self.waiting.insert(request, reply);
                Input::Wanted { request, room, arrival }
            }
            Event::Abandoned { of: room, request } => {
                self.waiting.remove(&request);
                Input::Abandoned { request, room }
            }
            Event::Left { of, fence } => {
                self.leave(of, fence);
                return;
            }
            Event::Fenced { of: room, fence } => Input::WriteRefused { room, fence },
            Event::Hello { record, reply } => {
                self.hellos.entry(record.at.node).or_default().push(reply);
                Input::Hello(record)
            }
            Event::Offered { of: room, fence, from, reply } => {
                self.offers.insert((room, from), reply);
                Input::Offered { room, fence, from }
            }
            Event::Drain => Input::DrainAsked,
        };
        self.input(input);
    }

    fn input(&mut self, input: Input) {
        self.node.handle_input(self.clock.now(), input);
    }

    /// One of those who use it does so no more.
    fn leave(&mut self, of: RoomKey, fence: Fence) {
        let Some(used) = self.used.get_mut(&(of, fence)) else { return };
        used.count = used.count.saturating_sub(1);
        if used.count > 0 {
            return;
        }
        if used.has_lingered || self.drains_alone {
            self.used.remove(&(of, fence));
            self.input(Input::RoomEnded { room: of, fence });
            if self.drains_alone && !self.has_rooms() {
                self.input(Input::DrainAsked);
            }
            return;
        }
        // Whoever looks at a page joins a moment later, and nobody has a room change hands with each question about it.
        used.has_lingered = true;
        used.count = 1;
        let events = self.events.clone();
        tasks::spawn(async move {
            tokio::time::sleep(LINGERS_FOR).await;
            _ = events.send(Event::Left { of, fence });
        });
    }

    fn stay(&mut self, of: RoomKey, fence: Fence) -> Stay {
        let used = self.used.entry((of, fence)).or_default();
        used.count += 1;
        used.has_lingered = false;
        Stay::new(of, fence, self.events.clone())
    }

    fn carry_out_all(&mut self) {
        // What has begun is let go of again unless somebody is let in, whose leaving then ends it.
        let mut begun = Vec::new();
        while let Some(output) = self.node.poll_output() {
            if let Output::Begin { room, fence } = &output {
                begun.push(self.stay(*room, *fence));
            }
            self.carry_out(output);
        }
        drop(begun);
        self.status.set(self.node.own_record(), self.node.health());
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            // A room begins with whoever gets in; rings go on without anybody.
            Output::Begin { room, fence } => {
                if ownable(room) == Ownable::Rings {
                    let stay = self.stay(room, fence);
                    self.tell(Effect::BeginRings(stay));
                }
            }
            Output::LetGo { room, fence, reason } => {
                if reason == LetGoReason::Closed && matches!(ownable(room), Ownable::Room(_)) {
                    self.closed += 1;
                }
                self.used.remove(&(room, fence));
                self.tell(Effect::LetGo { of: ownable(room), fence: storage::Fence(fence.0), reason });
            }
            Output::Admit { request, room, fence } => {
                let stay = self.stay(room, fence);
                self.answer(request, Lead::Here(stay));
            }
            Output::PassOn { request, to, .. } => self.answer(request, Lead::Elsewhere(to)),
            Output::Refuse { request, reason, .. } => self.answer(request, Lead::Refused(reason)),
            Output::Probe(at) => self.links.probe(at),
            Output::Nodes(nodes) => {
                self.status.set_nodes(nodes.clone(), self.clock.wall());
                self.links.keep(nodes);
            }
            Output::AcceptLink(node) => self.answer_hello(node, Ok(())),
            Output::RefuseLink { node, reason } => self.answer_hello(node, Err(reason)),
            Output::Move { room, fence, to } => self.offer(room, fence, to),
            Output::AnswerOffer { room, to, answer } => {
                if let OfferAnswer::Taken { fence } = answer {
                    let stay = self.stay(room, fence);
                    tasks::spawn(async move {
                        tokio::time::sleep(EXPECTED_FOR).await;
                        drop(stay);
                    });
                }
                if let Some(reply) = self.offers.remove(&(room, to)) {
                    _ = reply.send(answer);
                }
            }
            Output::Coordination(coordination) => self.tell(Effect::Coordination(coordination)),
            Output::KeepRoom { room, fence } => {
                self.tell(Effect::Keep { of: ownable(room), fence: storage::Fence(fence.0) });
            }
            Output::DrainingAlone => self.drain_alone(),
            Output::Drained { cause, closed } => {
                self.tell(Effect::Drained { closed: self.closed });
                tracing::info!(?cause, closed, "this node has let go of its rooms");
            }
            Output::Stop(reason) => self.tell(Effect::Stop(reason)),
            Output::Register { .. }
            | Output::Renew(_)
            | Output::Announce(_)
            | Output::WithdrawLease(_)
            | Output::WithdrawNode(_)
            | Output::FindLease { .. }
            | Output::FindOwner { .. }
            | Output::Take { .. }
            | Output::Release { .. }
            | Output::Verify { .. } => {
                let asking = Arc::clone(&self.asking);
                tasks::spawn(async move { asking.ask(output).await });
            }
        }
    }

    /// Nobody can take what is this node's. Rooms go on until they end or the time is up; what no person is in is not waited for.
    fn drain_alone(&mut self) {
        self.tell(Effect::DrainsAlone);
        self.drains_alone = true;
        if self.has_rooms() {
            tracing::warn!(
                "there is no other node that could take this one's rooms; they stay until they end"
            );
        } else {
            self.input(Input::DrainAsked);
        }
    }

    /// Whether anything is this node's besides the rings.
    fn has_rooms(&self) -> bool {
        self.node.rooms().any(|(of, _)| matches!(ownable(of), Ownable::Room(_)))
    }

    fn tell(&self, effect: Effect) {
        _ = self.effects.send(effect);
    }

    fn answer(&mut self, request: RequestId, lead: Lead) {
        if let Some(reply) = self.waiting.remove(&request) {
            _ = reply.send(lead);
        }
    }

    fn answer_hello(&mut self, node: NodeId, answer: Result<(), LinkRefusal>) {
        for reply in self.hellos.remove(&node).unwrap_or_default() {
            _ = reply.send(answer);
        }
    }

    /// The rest of the server writes everything of it, and asks the other node.
    fn offer(&self, room: RoomKey, fence: Fence, to: NodeAt) {
        let (reply, answered) = oneshot::channel();
        let (of, by, events) = (ownable(room), to.node, self.events.clone());
        self.tell(Effect::Move { of, fence: storage::Fence(fence.0), to, reply });
        tasks::spawn(async move {
            let answer = answered.await.unwrap_or(OfferAnswer::Refused);
            _ = events.send(Event::Input(Input::OfferAnswered { room, by, answer }));
        });
    }
}

impl Asking {
    /// Asks Redis or PostgreSQL, and has the driver told of the answer.
    async fn ask(&self, output: Output) {
        let input = match output {
            Output::Renew(renewal) => {
                let question = renewal.question;
                let renewed = self.coordination.renew(&renewal).await;
                Some(self.of_redis(question, renewed, |answer| Input::Renewed {
                    question,
                    answer: Box::new(answer),
                }))
            }
            Output::FindLease { question, room, owner } => {
                let found = self.coordination.find(room, owner).await;
                Some(self.of_redis(question, found, |answer| Input::LeaseFound {
                    question,
                    answer: Box::new(answer),
                }))
            }
            Output::Announce(lease) => self.said(self.coordination.announce(&lease).await),
            Output::WithdrawLease(lease) => self.said(self.coordination.withdraw_lease(&lease).await),
            Output::WithdrawNode(at) => self.said(self.coordination.withdraw_node(&at).await),
            Output::Register { node, cluster } => Some(self.register(node, cluster).await),
            Output::FindOwner { question, room } => Some(self.find_owner(question, room).await),
            Output::Take { question, room, expected, owner } => {
                Some(self.take(question, room, expected, &owner).await)
            }
            Output::Release { room, fence } => {
                self.release(room, fence).await;
                None
            }
            Output::Verify { question, rooms } => Some(self.verify(question, rooms).await),
            Output::Begin { .. }
            | Output::LetGo { .. }
            | Output::Admit { .. }
            | Output::PassOn { .. }
            | Output::Refuse { .. }
            | Output::Probe(_)
            | Output::Nodes(_)
            | Output::AcceptLink(_)
            | Output::RefuseLink { .. }
            | Output::Move { .. }
            | Output::KeepRoom { .. }
            | Output::AnswerOffer { .. }
            | Output::Coordination(_)
            | Output::DrainingAlone
            | Output::Drained { .. }
            | Output::Stop(_) => None,
        };
        if let Some(input) = input {
            _ = self.events.send(Event::Input(input));
        }
    }

    fn of_redis<T>(
        &self,
        question: Question,
        answer: Result<T, RedisTrouble>,
        input: impl FnOnce(T) -> Input,
    ) -> Input {
        match answer {
            Ok(answer) => {
                self.is_redis_away.store(false, Ordering::Relaxed);
                input(answer)
            }
            Err(error) => {
                if !self.is_redis_away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "Redis cannot be used; it is asked again all the time");
                }
                Input::RedisFailed { question }
            }
        }
    }

    /// What is said only once, and is said again with the next renewal where it matters.
    fn said(&self, said: Result<(), RedisTrouble>) -> Option<Input> {
        if let Err(error) = said {
            tracing::debug!(%error, "Redis was not told of a room");
        }
        None
    }

    async fn in_time<T>(&self, asking: impl Future<Output = Result<T, StorageError>>) -> Option<T> {
        match tokio::time::timeout(self.within, asking).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(error)) => {
                tracing::warn!(%error, "PostgreSQL cannot be asked whose rooms are");
                None
            }
            Err(_) => {
                tracing::warn!("PostgreSQL does not say in time whose rooms are");
                None
            }
        }
    }

    async fn register(&self, node: NodeId, cluster: cluster::ClusterTag) -> Input {
        let tag: String = cluster.0.iter().map(|byte| format!("{byte:02x}")).collect();
        let node = node.0.to_string();
        match self.in_time(self.storage.register_node(&tag, &node)).await {
            Some(Some(starts)) => Input::Registered { incarnation: cluster::Incarnation(starts) },
            Some(None) => Input::RegistrationRefused,
            None => Input::RegistrationFailed,
        }
    }

    async fn find_owner(&self, question: Question, room: RoomKey) -> Input {
        match self.in_time(self.storage.ownership(ownable(room))).await {
            Some(found) => Input::OwnerFound { question, row: found.map(row) },
            None => Input::StorageFailed { question },
        }
    }

    async fn take(&self, question: Question, room: RoomKey, expected: Fence, owner: &NodeAt) -> Input {
        let owner = serde_json::to_string(owner).unwrap_or_default();
        let taking = self.storage.swap_owner(ownable(room), storage::Fence(expected.0), Some(&owner));
        match self.in_time(taking).await {
            Some(Swap::Done(fence)) => {
                Input::TakeAnswered { question, room, result: TakeResult::Taken { fence: Fence(fence.0) } }
            }
            Some(Swap::Lost(found)) => {
                Input::TakeAnswered { question, room, result: TakeResult::Lost { row: found.map(row) } }
            }
            None => Input::StorageFailed { question },
        }
    }

    async fn release(&self, room: RoomKey, fence: Fence) {
        _ = self.in_time(self.storage.swap_owner(ownable(room), storage::Fence(fence.0), None)).await;
    }

    async fn verify(&self, question: Question, rooms: Vec<RoomKey>) -> Input {
        let asking = async {
            let mut rows = Vec::with_capacity(rooms.len());
            for some in rooms.chunks(AT_ONCE) {
                let of: Vec<_> = some.iter().map(|room| ownable(*room)).collect();
                let found = self.storage.ownerships(&of).await?;
                rows.extend(some.iter().copied().zip(found.into_iter().map(|found| found.map(row))));
            }
            Ok(rows)
        };
        match self.in_time(asking).await {
            Some(rows) => Input::Verified { question, rows },
            None => Input::StorageFailed { question },
        }
    }
}

/// As it is kept. An owner that cannot be read is none: whoever takes it fences whoever it was.
fn row(Ownership { owner, fence }: Ownership) -> OwnerRow {
    let owner = owner.and_then(|owner| serde_json::from_str(&owner).ok());
    OwnerRow { owner, fence: Fence(fence.0) }
}
