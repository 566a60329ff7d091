//! Topology: whether media travels over direct links (mesh) or the server's forwarding unit (SFU), when the room migrates from the one to the
//! other, and when it does not.
//!
//! ```text
//!             the other mode is better, and nothing holds back
//!   Settled ─────────────────────────────────────────────────────▶ Migrating { to, awaited, deadline }
//!      ▲                                                                  │
//!      ├── to, when everybody who is here is ready ───────────────────────┤
//!      ├── to, at the deadline, when some are ready and not all must follow┤
//!      └── as before, aborted: not needed, too slow, no path ─────────────┘
//! ```
//!
//! The old links carry media until everybody who migrates has media over the new ones, so that it costs nobody anything; a migration that
//! cannot be finished is aborted, and leaves the room as it was.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use protocol::{CallOff, Mode, Move, MoveReason, ParticipantId, Timestamp, Topology, Trouble};

use crate::seats::Seats;

/// How long a migration may take. Opening a link takes a second or two; a browser tries for about as long to find a path.
const MIGRATE_WITHIN: Duration = Duration::from_secs(25);

/// How long the reasons for the forwarding unit must be gone before a room moves back: people come and go.
const CALM_FOR: Duration = Duration::from_secs(30);

/// Whoever could not open a path is not asked to again for so long.
const FORGIVEN_AFTER: Duration = Duration::from_secs(60);

/// How long something stands in the way of direct links after it was reported.
const TROUBLE_FOR: Duration = Duration::from_secs(300);

/// Beyond this number nobody's uplink carries direct links to all, and a room without the forwarding unit is none.
const DIRECT_AT_MOST: usize = 8;

/// What may happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TopologyInput {
    /// Somebody has media over the links of the migration with this epoch.
    Ready { from: ParticipantId, epoch: u32 },
    /// Somebody cannot have it, in the present mode or in the one of the migration.
    Failed { from: ParticipantId, epoch: u32 },
    /// Something stands in the way of somebody's direct links.
    Trouble { from: ParticipantId, trouble: Trouble },
    /// Somebody is gone for good.
    Left { id: ParticipantId },
    /// Who is here has changed, or the settings have.
    Review,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TopologyEffect {
    /// Everybody is told.
    Changed(Topology),
    /// Whoever moderates is told that a migration was aborted.
    Aborted { mode: Mode, reason: CallOff },
    /// The SFU is told what everybody may send.
    SfuBegins,
    /// The SFU is told that somebody is gone.
    SfuLeft(ParticipantId),
}

/// What it may know of the room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TopologyView<'a> {
    seats: &'a Seats,
    /// The largest room with direct links.
    mesh_limit: usize,
}

impl<'a> TopologyView<'a> {
    pub(crate) fn new(seats: &'a Seats, mesh_limit: u16) -> Self {
        Self { seats, mesh_limit: usize::from(mesh_limit) }
    }

    /// Whether there are so few people that one who cannot follow keeps all from migrating.
    fn must_all_follow(&self) -> bool {
        self.seats.len() <= DIRECT_AT_MOST
    }
}

/// The machine. Epochs number migrations; they only grow.
#[derive(Debug)]
pub(crate) struct TopologyMachine {
    topology: Topology,
    /// Whether there is an SFU.
    has_sfu: bool,
    /// Whether it knows of this room.
    was_sfu_used: bool,
    last_epoch: u32,
    /// Who was there when the migration began, and has not said to be ready.
    awaited: BTreeSet<ParticipantId>,
    /// Whether anybody has said to be ready.
    is_anybody_ready: bool,
    /// When the migration ends, one way or the other.
    deadline: Option<Duration>,
    /// Until when somebody is taken for unable to reach the SFU.
    unreachable: BTreeMap<ParticipantId, Duration>,
    /// Until when somebody's trouble with direct links counts, and with whom it is.
    troubles: BTreeMap<(ParticipantId, Option<ParticipantId>), Duration>,
    /// Since when nothing but habit keeps the room where it is.
    calm_since: Option<Duration>,
    /// When the next migration may begin, after one was aborted.
    not_before: Option<Duration>,
    effects: VecDeque<TopologyEffect>,
}

impl TopologyMachine {
    /// Direct links. Epochs go on above those of a room with this code that ended before: it is not likely that there was more
    /// than one migration a second.
    pub(crate) fn new(wall: Timestamp, has_sfu: bool) -> Self {
        const BEGINNING_OF_2026: u64 = 1_767_225_600;
        let epoch = u32::try_from((wall.0 / 1_000).saturating_sub(BEGINNING_OF_2026)).unwrap_or_default();
        Self {
            topology: Topology { epoch, mode: Mode::Mesh, reason: MoveReason::FewPeople, moving: None },
            has_sfu,
            was_sfu_used: false,
            last_epoch: epoch,
            awaited: BTreeSet::new(),
            is_anybody_ready: false,
            deadline: None,
            unreachable: BTreeMap::new(),
            troubles: BTreeMap::new(),
            calm_since: None,
            not_before: None,
            effects: VecDeque::new(),
        }
    }

    /// The mode for those whose seats were kept: whatever they had is gone.
    pub(crate) fn choose_first(&mut self, view: &TopologyView<'_>) {
        let (mode, reason) = self.best(view);
        self.topology = Topology { mode, reason, ..self.topology };
        self.was_sfu_used = self.wants_sfu();
    }

    /// The topology as everybody knows it.
    pub(crate) fn current(&self) -> Topology {
        self.topology
    }

    /// Whether the room uses the SFU, or is about to.
    pub(crate) fn wants_sfu(&self) -> bool {
        self.topology.wants_sfu()
    }

    pub(crate) fn handle_input(&mut self, now: Duration, input: TopologyInput, view: &TopologyView<'_>) {
        match input {
            TopologyInput::Ready { from, epoch } => self.ready(from, epoch),
            TopologyInput::Failed { from, epoch } => self.failed(now, from, epoch, view),
            TopologyInput::Trouble { from, trouble } => self.trouble(now, from, trouble, view),
            TopologyInput::Left { id } => self.left(id),
            TopologyInput::Review => {}
        }
        self.handle_timeout(now, view);
    }

    /// Begins, finishes or aborts a migration, as things are now.
    pub(crate) fn handle_timeout(&mut self, now: Duration, view: &TopologyView<'_>) {
        self.forgive(now);
        let (best, reason) = self.best(view);
        match self.topology.moving {
            Some(next) => self.review_migration(now, next, best, view),
            None if best == self.topology.mode => self.calm_since = None,
            None => self.review_stay(now, best, reason, view),
        }
    }

    /// When something may change by itself: a migration's deadline, the end of a calm, of a trouble, of a pause.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let calm = self.calm_since.map(|since| (since + CALM_FOR).max(self.not_before.unwrap_or_default()));
        let forgiven = self.unreachable.values().chain(self.troubles.values()).min().copied();
        [self.deadline, calm, forgiven, self.not_before].into_iter().flatten().min()
    }

    pub(crate) fn poll_output(&mut self) -> Option<TopologyEffect> {
        self.effects.pop_front()
    }

    fn ready(&mut self, from: ParticipantId, epoch: u32) {
        if self.topology.moving.is_some_and(|next| next.epoch == epoch) {
            self.awaited.remove(&from);
            self.is_anybody_ready = true;
        }
    }

    fn failed(&mut self, now: Duration, from: ParticipantId, epoch: u32, view: &TopologyView<'_>) {
        let Topology { epoch: present, mode, moving, .. } = self.topology;
        let failed = match moving {
            Some(next) if next.epoch == epoch => next.mode,
            Some(_) | None if present == epoch => mode,
            Some(_) | None => return,
        };
        match failed {
            Mode::Sfu => _ = self.unreachable.insert(from, now + FORGIVEN_AFTER),
            Mode::Mesh => _ = self.troubles.insert((from, None), now + TROUBLE_FOR),
        }
        if moving.is_some_and(|next| next.epoch == epoch) && view.must_all_follow() {
            self.abort(now, CallOff::NoPath);
        }
    }

    fn trouble(&mut self, now: Duration, from: ParticipantId, trouble: Trouble, view: &TopologyView<'_>) {
        let with = match trouble {
            Trouble::NoPathTo(other) if other == from || !view.seats.contains(other) => return,
            Trouble::NoPathTo(other) => Some(other),
            Trouble::WeakUplink => None,
        };
        self.troubles.insert((from, with), now + TROUBLE_FOR);
    }

    fn left(&mut self, id: ParticipantId) {
        self.awaited.remove(&id);
        self.unreachable.remove(&id);
        self.troubles.retain(|(from, to), _| *from != id && *to != Some(id));
        if self.was_sfu_used {
            self.effects.push_back(TopologyEffect::SfuLeft(id));
        }
    }

    fn forgive(&mut self, now: Duration) {
        self.unreachable.retain(|_, until| *until > now);
        self.troubles.retain(|_, until| *until > now);
        self.not_before = self.not_before.filter(|at| *at > now);
    }

    fn review_migration(&mut self, now: Duration, next: Move, best: Mode, view: &TopologyView<'_>) {
        let is_overdue = self.deadline.is_some_and(|deadline| deadline <= now);
        // Nobody waits for somebody who is not there.
        self.awaited.retain(|id| view.seats.is_here(*id));
        if self.awaited.is_empty() {
            self.finish(next);
        } else if best != next.mode {
            self.abort(now, CallOff::NotNeeded);
        } else if is_overdue && (view.must_all_follow() || !self.is_anybody_ready) {
            let late = std::mem::take(&mut self.awaited);
            if next.mode == Mode::Sfu {
                self.unreachable.extend(late.into_iter().map(|id| (id, now + FORGIVEN_AFTER)));
            }
            self.abort(now, CallOff::TooSlow);
        } else if is_overdue {
            self.finish(next);
        }
    }

    fn review_stay(&mut self, now: Duration, best: Mode, reason: MoveReason, view: &TopologyView<'_>) {
        let since = *self.calm_since.get_or_insert(now);
        // What stands in the way is not waited for, nor is somebody without media; what was only of use is left slowly.
        let is_urgent = best == Mode::Sfu || reason == MoveReason::NoPathToServer || view.seats.len() <= 1;
        if self.not_before.is_some() || !is_urgent && now < since + CALM_FOR {
            return;
        }
        self.last_epoch = self.last_epoch.saturating_add(1);
        let next = Move { epoch: self.last_epoch, mode: best, reason };
        self.calm_since = None;
        self.topology.moving = Some(next);
        self.deadline = Some(now + MIGRATE_WITHIN);
        self.is_anybody_ready = false;
        self.awaited = view.seats.ids_here().collect();
        self.effects.push_back(TopologyEffect::Changed(self.topology));
        if best == Mode::Sfu {
            self.was_sfu_used = true;
            self.effects.push_back(TopologyEffect::SfuBegins);
        }
        if self.awaited.is_empty() {
            self.finish(next);
        }
    }

    fn finish(&mut self, next: Move) {
        let Move { epoch, mode, reason } = next;
        self.settle(Topology { epoch, mode, reason, moving: None });
    }

    fn abort(&mut self, now: Duration, reason: CallOff) {
        let Some(next) = self.topology.moving else { return };
        self.settle(Topology { moving: None, ..self.topology });
        if reason != CallOff::NotNeeded {
            self.not_before = Some(now + FORGIVEN_AFTER);
            self.effects.push_back(TopologyEffect::Aborted { mode: next.mode, reason });
        }
    }

    fn settle(&mut self, topology: Topology) {
        self.topology = topology;
        self.awaited.clear();
        self.deadline = None;
        self.calm_since = None;
        self.effects.push_back(TopologyEffect::Changed(topology));
    }

    /// Where media should travel, and why.
    fn best(&self, view: &TopologyView<'_>) -> (Mode, MoveReason) {
        let (people, limit) = (view.seats.len(), view.mesh_limit);
        if !self.has_sfu {
            let is_small = people <= limit;
            return (Mode::Mesh, if is_small { MoveReason::FewPeople } else { MoveReason::NoPathToServer });
        }
        if people > DIRECT_AT_MOST {
            return (Mode::Sfu, MoveReason::ManyPeople);
        }
        if !self.unreachable.is_empty() {
            return (Mode::Mesh, MoveReason::NoPathToServer);
        }
        if people > limit {
            return (Mode::Sfu, MoveReason::ManyPeople);
        }
        match self.troubles.keys().next() {
            Some((_, Some(_))) => return (Mode::Sfu, MoveReason::NoDirectPath),
            Some((_, None)) => return (Mode::Sfu, MoveReason::WeakUplink),
            None => {}
        }
        // One fewer than made it migrate: at the limit itself the next one to come would bring everybody back.
        let is_settled = self.topology.mode == Mode::Sfu && people > (limit - 1).max(2);
        if is_settled { (Mode::Sfu, self.topology.reason) } else { (Mode::Mesh, MoveReason::FewPeople) }
    }
}
