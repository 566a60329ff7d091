//! One node of a cluster. Each input goes to a function of its own; what they decide is read with [`ClusterNode::poll_output`].
//!
//! ```text
//!                 PostgreSQL counts     Redis was looked at for a whole quiet
//!   Registering ──────────────────▶ Joining ─────────────────────────────────▶ Active ──▶ Active, draining ──▶ Stopped
//!        │ another cluster's           │ another start with this id              │ a later start of              ▲
//!        ▼ database                    ▼ renews its record                       ▼ this id                       │
//!        └─────────────────────────────┴─────────────────────────────────────────┴───────────────────────────────┘
//!
//!   of a room, as this node sees it (searches.rs has the way to it):
//!
//!                  wanted                 taken                    offered to another, while it drains
//!     elsewhere ───────────▶ looked for ─────────▶ owned ◀──────────────────────────────────────────────▶ on offer
//!         ▲                                          │       refused, not answered                           │
//!         │   a write was refused, a higher token is in Redis or PostgreSQL, a later start of this id        │ taken
//!         └──────────────────────────────────────────┴───────────────────────────────────────────────────────┘
//! ```
//!
//! | timer | what is due |
//! | --- | --- |
//! | renewal | records are renewed each [`Settings::renew_each`], after an error sooner |
//! | Redis | it has not answered within [`Settings::redis_timeout`]; its quiet time is over |
//! | search | an answer is late, or somebody has waited long enough |
//! | turn | the next room is taken |
//! | doubt | leases were not renewed for a whole lease: PostgreSQL is asked whose this node's rooms are |
//! | drain | the next room is offered, an offer is not answered, the time is up |

mod draining;
mod joining;
mod linking;
mod owning;
mod searching;
mod taking;

use std::collections::VecDeque;
use std::time::Duration;

use crate::drain::Drain;
use crate::links::Links;
use crate::owned::OwnedRooms;
use crate::placement::Need;
use crate::redis_view::{RedisContact, RedisView};
use crate::searches::Searches;
use crate::stage::Stage;
use crate::steady_clock::SteadyClock;
use crate::take_queue::TakeQueue;
use crate::{
    Fence, Input, LinkRefusal, Load, NodeAt, NodeRecord, OfferAnswer, Output, Question, RefuseReason, Roles,
    RoomKey, Settings, TakeResult, Taking,
};

/// What a node decides about itself and its cluster.
///
/// `now` is what the driver's clock shows: a time since an origin of the driver's choosing. It may run too fast or too slow, stand still and
/// jump; no promise about who owns a room rests on it, only how soon things happen.
pub struct ClusterNode {
    settings: Settings,
    clock: SteadyClock,
    stage: Stage,
    redis: RedisView,
    links: Links,
    owned: OwnedRooms,
    searches: Searches,
    takes: TakeQueue,
    drain: Option<Drain>,
    load: Load,
    beat: u64,
    questions: u64,
    /// Whether the driver was told that Redis is away.
    told_away: bool,
    /// The nodes that the driver was told of.
    told_nodes: Vec<NodeAt>,
    outputs: VecDeque<Output>,
}

/// How a node is, for whoever asks whether it is well. Whether it lives does not depend on any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// How far it is.
    pub standing: Standing,
    /// Whether Redis is there; *degraded* where it is not trusted.
    pub redis: RedisContact,
    /// Rooms that it owns.
    pub rooms: usize,
}

/// How far a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It takes nobody in yet.
    Starting,
    /// It is one of the cluster.
    Active,
    /// It lets go of its rooms.
    Draining,
    /// It was never one of the cluster, or is no more.
    Stopped,
}

impl ClusterNode {
    /// Begins. The first outputs are there at once.
    pub fn new(now: Duration, settings: Settings) -> Self {
        let mut node = Self {
            clock: SteadyClock::new(now),
            stage: Stage::Registering { ask_at: Duration::ZERO },
            redis: RedisView::new(&settings),
            links: Links::default(),
            owned: OwnedRooms::default(),
            searches: Searches::default(),
            takes: TakeQueue::default(),
            drain: None,
            load: Load::default(),
            beat: 0,
            questions: 0,
            told_away: false,
            told_nodes: Vec::new(),
            outputs: VecDeque::new(),
            settings,
        };
        node.settle(Duration::ZERO);
        node
    }

    /// Takes one event.
    pub fn handle_input(&mut self, now: Duration, input: Input) {
        let now = self.clock.tell(now);
        if self.stage.is_stopped() {
            self.answer_stopped(input);
            return;
        }
        match input {
            Input::Registered { incarnation } => self.registered(now, incarnation),
            Input::RegistrationRefused => self.registration_refused(),
            Input::RegistrationFailed => self.registration_failed(now),
            Input::Renewed { question, answer } => self.renewed(now, question, *answer),
            Input::LeaseFound { question, answer } => self.lease_found(now, question, &answer),
            Input::RedisFailed { question } => self.redis_failed(now, question),
            Input::OwnerFound { question, row } => self.owner_found(now, question, row),
            Input::TakeAnswered { question, room, result } => self.take_answered(now, question, room, result),
            Input::Verified { question, rows } => self.verified(question, rows),
            Input::StorageFailed { question } => self.storage_failed(now, question),
            Input::WriteRefused { room, fence } => self.write_refused(room, fence),
            Input::Wanted { request, room, arrival } => self.wanted(now, request, room, arrival),
            Input::Abandoned { request, room } => self.searches.abandon(room, request),
            Input::RoomEnded { room, fence } => self.room_ended(room, fence),
            Input::Link { node, state } => self.link(now, node, &state),
            Input::Hello(record) => self.hello(&record),
            Input::Offered { room, fence, from } => self.offered(now, room, fence, from),
            Input::OfferAnswered { room, by, answer } => self.offer_answered(now, room, by, answer),
            Input::LoadChanged(load) => self.load = load,
            Input::DrainAsked => self.drain_asked(now),
        }
        self.settle(now);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Duration) {
        let now = self.clock.tell(now);
        self.settle(now);
    }

    /// The next effect, or `None` until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Self::handle_timeout`] has something to do, by the driver's clock as it was last told. `None` once the node has stopped.
    pub fn poll_timeout(&self) -> Option<Duration> {
        let first = match &self.stage {
            Stage::Stopped => return None,
            Stage::Registering { ask_at } => *ask_at,
            Stage::Joining { .. } | Stage::Active { .. } => self.redis.poll_timeout(),
        };
        let drain = self
            .drain
            .as_ref()
            .map(|drain| drain.poll_timeout(self.owned.first_offer_at(), self.owned.offered()));
        let others = [
            drain,
            self.owned.first_unanswered_at(),
            self.owned.poll_timeout(&self.settings),
            self.searches.poll_timeout(),
            self.takes.poll_timeout(),
        ];
        let first = others.into_iter().flatten().fold(first, Duration::min);
        Some(self.clock.shown_at(first))
    }

    /// The token with which this node owns a room, as far as it knows.
    pub fn owns(&self, room: RoomKey) -> Option<Fence> {
        self.owned.fence(room)
    }

    /// The rooms of this node, as far as it knows.
    pub fn rooms(&self) -> impl Iterator<Item = (RoomKey, Fence)> {
        self.owned.iter()
    }

    /// What it says of itself to other nodes, once PostgreSQL has counted its start.
    pub fn own_record(&self) -> Option<NodeRecord> {
        Some(self.record(self.stage.at()?.clone()))
    }

    /// How it is.
    pub fn health(&self) -> Health {
        let standing = match &self.stage {
            Stage::Registering { .. } | Stage::Joining { .. } => Standing::Starting,
            Stage::Active { .. } if self.drain.is_some() => Standing::Draining,
            Stage::Active { .. } => Standing::Active,
            Stage::Stopped => Standing::Stopped,
        };
        Health { standing, redis: self.redis.contact(), rooms: self.owned.len() }
    }

    /// Does everything whose time has come, and tells the driver what has changed for it.
    fn settle(&mut self, now: Duration) {
        self.redis.handle_timeout(now);
        self.register_if_due(now);
        self.renew_if_due(now);
        self.verify_if_due(now);
        self.look_at_searches(now);
        self.take_those_whose_turn_it_is(now);
        self.go_on_draining(now);
        self.tell_coordination();
    }

    /// What is still to be said once the node has stopped.
    fn answer_stopped(&mut self, input: Input) {
        match input {
            Input::Wanted { request, room, .. } => {
                self.put(Output::Refuse { request, room, reason: RefuseReason::Stopping });
            }
            Input::Offered { room, from, .. } => {
                self.put(Output::AnswerOffer { room, to: from, answer: OfferAnswer::Refused });
            }
            Input::Hello(record) => {
                let (node, reason) = (record.at.node, LinkRefusal::Stopping);
                self.put(Output::RefuseLink { node, reason });
            }
            // It was on its way when the node stopped, and nobody is to wait until this node's leases have run out.
            Input::TakeAnswered { room, result: TakeResult::Taken { fence }, .. } => {
                self.put(Output::Release { room, fence });
            }
            Input::TakeAnswered { .. }
            | Input::Registered { .. }
            | Input::RegistrationRefused
            | Input::RegistrationFailed
            | Input::Renewed { .. }
            | Input::LeaseFound { .. }
            | Input::RedisFailed { .. }
            | Input::OwnerFound { .. }
            | Input::Verified { .. }
            | Input::StorageFailed { .. }
            | Input::WriteRefused { .. }
            | Input::Abandoned { .. }
            | Input::RoomEnded { .. }
            | Input::Link { .. }
            | Input::OfferAnswered { .. }
            | Input::LoadChanged(_)
            | Input::DrainAsked => {}
        }
    }

    /// Whether rooms may be taken: nobody takes one before it has heard who has which.
    fn may_take(&self) -> bool {
        self.stage.is_active() && self.redis.is_trusted()
    }

    /// Why rooms may not be taken.
    fn hindrance(&self) -> RefuseReason {
        if self.stage.is_active() { RefuseReason::RedisAway } else { RefuseReason::Starting }
    }

    /// What a node has to be like to own a room.
    fn need(&self) -> Need {
        Need { cluster: self.settings.cluster, roles: Roles::SIGNALLING, version: self.settings.version }
    }

    /// What it has to be like where there is a choice: a room that grows is forwarded by its own node.
    fn wish(&self) -> Need {
        Need { roles: Roles::SIGNALLING.and(Roles::MEDIA), ..self.need() }
    }

    /// What this node says of itself.
    fn record(&self, at: NodeAt) -> NodeRecord {
        NodeRecord {
            cluster: self.settings.cluster,
            at,
            roles: self.settings.roles,
            version: self.settings.version,
            load: self.load,
            taking: if self.drain.is_some() { Taking::Nothing } else { Taking::Rooms },
            beat: self.beat,
        }
    }

    fn question(&mut self) -> Question {
        self.questions += 1;
        Question(self.questions)
    }

    fn put(&mut self, output: Output) {
        self.outputs.push_back(output);
    }
}
