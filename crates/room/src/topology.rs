//! Topology: whether media travels over direct links (mesh) or the forwarding unit (SFU) of a node, when the room migrates from any of
//! these to any other, and when it does not.
//!
//! ```text
//!             another path is better, and nothing holds back
//!   Settled ─────────────────────────────────────────────────────▶ Migrating { to, awaited, deadline }
//!      ▲                                                                  │
//!      ├── to, when everybody who has a seat is ready ────────────────────┤
//!      ├── to, at the deadline, when some are ready and not all must follow┤
//!      └── as before, aborted: not needed, too slow, no path ─────────────┘
//! ```
//!
//! The old links carry media until everybody who migrates has media over the new ones, so that it costs nobody anything; a migration that
//! cannot be finished is aborted, and leaves the room as it was. Links do not need the connection to the server: whoever is without it
//! has media over the old ones, and loses it with them. So they are waited for as long as they keep their seat, and have as long for
//! the new links, once they are back, as the others had.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use protocol::{
    AbortReason, MediaVia, Migration, NodeId, ParticipantId, Timestamp, Topology, TopologyReason, Trouble,
};

use crate::effects::Effects;
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
    /// Somebody cannot have it, by the present path or by the one of the migration.
    Failed { from: ParticipantId, epoch: u32 },
    /// Something stands in the way of somebody's direct links.
    Trouble { from: ParticipantId, trouble: Trouble },
    /// Somebody has come.
    Came { id: ParticipantId },
    /// Somebody is gone for good.
    Left { id: ParticipantId },
    /// The SFU to be used is that of this node from now on.
    UseNode { node: NodeId },
    /// Who is here has changed, or the settings have.
    Review,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TopologyEffect {
    /// Everybody is told.
    Changed(Topology),
    /// Whoever moderates is told that a migration was aborted.
    Aborted { via: MediaVia, reason: AbortReason },
    /// The SFU of a node is told what everybody may send.
    SfuBegins(NodeId),
    /// The SFU of a node is told that somebody is gone.
    SfuLeft(NodeId, ParticipantId),
}

/// What it may know of the room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TopologyView<'a> {
    seats: &'a Seats,
    /// The largest room with direct links.
    mesh_limit: usize,
    /// Whether what everybody sends has to come to the server.
    is_recorded: bool,
}

impl<'a> TopologyView<'a> {
    pub(crate) fn new(seats: &'a Seats, mesh_limit: u16, is_recorded: bool) -> Self {
        Self { seats, mesh_limit: usize::from(mesh_limit), is_recorded }
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
    /// The node whose SFU is to be used, if there is one.
    node: Option<NodeId>,
    /// The nodes whose SFUs know of this room.
    used: BTreeSet<NodeId>,
    last_epoch: u32,
    /// Who has media over the path that the migration leaves, and has not said to be ready.
    awaited: BTreeSet<ParticipantId>,
    /// Whether anybody has said to be ready.
    is_anybody_ready: bool,
    /// When the migration ends, one way or the other. `None` once it has passed and only those are waited for who are not there.
    deadline: Option<Duration>,
    /// Until when somebody is taken for unable to reach the SFU of a node.
    unreachable: BTreeMap<(NodeId, ParticipantId), Duration>,
    /// Until when somebody's trouble with direct links counts.
    troubles: BTreeMap<(ParticipantId, Trouble), Duration>,
    /// Since when nothing but habit keeps the room where it is.
    calm_since: Option<Duration>,
    /// When a path may be tried again to which a migration was aborted.
    not_before: BTreeMap<MediaVia, Duration>,
    effects: Effects<TopologyEffect>,
}

impl TopologyMachine {
    /// Direct links. Epochs go on above those of a room with this code that ended before: it is not likely that there was more
    /// than one migration a second.
    pub(crate) fn new(wall: Timestamp, node: Option<NodeId>) -> Self {
        const BEGINNING_OF_2026: u64 = 1_767_225_600;
        let epoch = u32::try_from((wall.0 / 1_000).saturating_sub(BEGINNING_OF_2026)).unwrap_or_default();
        Self {
            topology: Topology {
                epoch,
                via: MediaVia::Mesh,
                reason: TopologyReason::FewPeople,
                migration: None,
            },
            node,
            used: BTreeSet::new(),
            last_epoch: epoch,
            awaited: BTreeSet::new(),
            is_anybody_ready: false,
            deadline: None,
            unreachable: BTreeMap::new(),
            troubles: BTreeMap::new(),
            calm_since: None,
            not_before: BTreeMap::new(),
            effects: Effects::default(),
        }
    }

    /// The path for those whose seats were kept: whatever they had is gone.
    pub(crate) fn choose_first(&mut self, view: &TopologyView<'_>) {
        let (via, reason) = self.best(view);
        self.topology = Topology { via, reason, ..self.topology };
        self.used.extend(self.topology.wanted_nodes());
    }

    /// The topology as everybody knows it.
    pub(crate) fn current(&self) -> Topology {
        self.topology
    }

    /// Whether there is an SFU that the room could use.
    pub(crate) fn has_node(&self) -> bool {
        self.node.is_some()
    }

    /// The nodes whose SFUs the room uses, or is about to.
    pub(crate) fn wanted_nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        self.topology.wanted_nodes()
    }

    pub(crate) fn handle_input(&mut self, now: Duration, input: TopologyInput, view: &TopologyView<'_>) {
        match input {
            TopologyInput::Ready { from, epoch } => self.ready(from, epoch),
            TopologyInput::Failed { from, epoch } => self.failed(now, from, epoch, view),
            TopologyInput::Trouble { from, trouble } => self.trouble(now, from, trouble, view),
            TopologyInput::Came { id } => self.came(now, id, view),
            TopologyInput::Left { id } => self.left(id),
            TopologyInput::UseNode { node } => self.node = Some(node),
            TopologyInput::Review => {}
        }
        self.handle_timeout(now, view);
    }

    /// Begins, finishes or aborts a migration, as things are now.
    pub(crate) fn handle_timeout(&mut self, now: Duration, view: &TopologyView<'_>) {
        self.forgive(now);
        if let Some(next) = self.topology.migration {
            self.review_migration(now, next, view);
        }
        // Where a migration has ended may be where the room cannot stay, and nobody has to say so again.
        if self.topology.migration.is_none() {
            self.review_stay(now, view);
        }
    }

    /// When something may change by itself: a migration's deadline, the end of a calm, of a trouble, of a pause.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let pause = self.not_before.values().min().copied().unwrap_or_default();
        let calm = self.calm_since.map(|since| (since + CALM_FOR).max(pause));
        let forgiven = self.unreachable.values().chain(self.troubles.values());
        let over = forgiven.chain(self.not_before.values()).min().copied();
        [self.deadline, calm, over].into_iter().flatten().min()
    }

    pub(crate) fn poll_output(&mut self) -> Option<TopologyEffect> {
        self.effects.pop_front()
    }

    fn ready(&mut self, from: ParticipantId, epoch: u32) {
        if self.topology.migration.is_some_and(|next| next.epoch == epoch) {
            self.awaited.remove(&from);
            self.is_anybody_ready = true;
        }
    }

    fn failed(&mut self, now: Duration, from: ParticipantId, epoch: u32, view: &TopologyView<'_>) {
        let Topology { epoch: present, via, migration, .. } = self.topology;
        let failed = match migration {
            Some(next) if next.epoch == epoch => next.via,
            Some(_) | None if present == epoch => via,
            Some(_) | None => return,
        };
        match failed {
            MediaVia::Sfu(node) => _ = self.unreachable.insert((node, from), now + FORGIVEN_AFTER),
            MediaVia::Mesh => _ = self.troubles.insert((from, Trouble::WeakUplink), now + TROUBLE_FOR),
        }
        if migration.is_some_and(|next| next.epoch == epoch) && view.must_all_follow() {
            self.abort(now, AbortReason::NoPath);
        }
    }

    fn trouble(&mut self, now: Duration, from: ParticipantId, trouble: Trouble, view: &TopologyView<'_>) {
        if let Trouble::NoPathTo(other) = trouble
            && (other == from || !view.seats.contains(other))
        {
            return;
        }
        self.troubles.insert((from, trouble), now + TROUBLE_FOR);
    }

    /// Whoever comes in the middle of a migration has the old path too, unless that is direct links: then there is nothing that its end
    /// could cost them.
    fn came(&mut self, now: Duration, id: ParticipantId, view: &TopologyView<'_>) {
        if self.topology.migration.is_none() || !self.topology.via.is_sfu() {
            return;
        }
        self.awaited.insert(id);
        // Many come one after the other, and would keep all the others where they are.
        if view.must_all_follow() {
            self.deadline = Some(now + MIGRATE_WITHIN);
        }
    }

    fn left(&mut self, id: ParticipantId) {
        self.awaited.remove(&id);
        self.unreachable.retain(|(_, unreachable), _| *unreachable != id);
        self.troubles.retain(|(from, trouble), _| *from != id && *trouble != Trouble::NoPathTo(id));
        self.effects.extend(self.used.iter().map(|node| TopologyEffect::SfuLeft(*node, id)));
    }

    fn forgive(&mut self, now: Duration) {
        self.unreachable.retain(|_, until| *until > now);
        self.troubles.retain(|_, until| *until > now);
        self.not_before.retain(|_, at| *at > now);
    }

    fn review_migration(&mut self, now: Duration, next: Migration, view: &TopologyView<'_>) {
        if self.awaited.is_empty() {
            return self.finish(next);
        }
        if self.best(view).0 != next.via {
            return self.abort(now, AbortReason::NotNeeded);
        }
        let late: Vec<_> = self.awaited.iter().copied().filter(|id| view.seats.is_here(*id)).collect();
        match self.deadline {
            Some(deadline) if deadline <= now => self.overdue(now, next, late, view),
            None if !late.is_empty() => self.deadline = Some(now + MIGRATE_WITHIN),
            Some(_) | None => {}
        }
    }

    /// The deadline has passed. Those who are there and not ready, who are `late`, will not be: somebody who is not there may be, once
    /// they are back.
    fn overdue(&mut self, now: Duration, next: Migration, late: Vec<ParticipantId>, view: &TopologyView<'_>) {
        if self.is_anybody_ready && !view.must_all_follow() {
            self.finish(next);
        } else if late.is_empty() {
            self.deadline = None;
        } else {
            if let MediaVia::Sfu(node) = next.via {
                self.unreachable.extend(late.into_iter().map(|id| ((node, id), now + FORGIVEN_AFTER)));
            }
            self.abort(now, AbortReason::TooSlow);
        }
    }

    fn review_stay(&mut self, now: Duration, view: &TopologyView<'_>) {
        let (best, reason) = self.best(view);
        if best == self.topology.via {
            self.calm_since = None;
            return;
        }
        let since = *self.calm_since.get_or_insert(now);
        // What stands in the way is not waited for, nor is somebody without media; what was only of use is left slowly.
        let is_urgent = best.is_sfu() || reason == TopologyReason::NoPathToServer || view.seats.len() <= 1;
        if self.not_before.contains_key(&best) || !is_urgent && now < since + CALM_FOR {
            return;
        }
        self.last_epoch = self.last_epoch.saturating_add(1);
        let next = Migration { epoch: self.last_epoch, via: best, reason };
        self.calm_since = None;
        self.topology.migration = Some(next);
        self.deadline = Some(now + MIGRATE_WITHIN);
        self.is_anybody_ready = false;
        self.awaited = view.seats.ids().collect();
        self.effects.push_back(TopologyEffect::Changed(self.topology));
        if let MediaVia::Sfu(node) = best {
            self.used.insert(node);
            self.effects.push_back(TopologyEffect::SfuBegins(node));
        }
        if self.awaited.is_empty() {
            self.finish(next);
        }
    }

    fn finish(&mut self, next: Migration) {
        let Migration { epoch, via, reason } = next;
        self.settle(Topology { epoch, via, reason, migration: None });
    }

    fn abort(&mut self, now: Duration, reason: AbortReason) {
        let Some(next) = self.topology.migration else { return };
        self.settle(Topology { migration: None, ..self.topology });
        if reason != AbortReason::NotNeeded {
            self.not_before.insert(next.via, now + FORGIVEN_AFTER);
            self.effects.push_back(TopologyEffect::Aborted { via: next.via, reason });
        }
    }

    fn settle(&mut self, topology: Topology) {
        self.topology = topology;
        self.awaited.clear();
        self.deadline = None;
        self.calm_since = None;
        self.effects.push_back(TopologyEffect::Changed(topology));
    }

    fn is_reached_by_all(&self, node: NodeId) -> bool {
        !self.unreachable.keys().any(|(of, _)| *of == node)
    }

    /// Where media should travel, and why.
    fn best(&self, view: &TopologyView<'_>) -> (MediaVia, TopologyReason) {
        let (people, limit) = (view.seats.len(), view.mesh_limit);
        let Some(node) = self.node else {
            let is_small = people <= limit;
            return (
                MediaVia::Mesh,
                if is_small { TopologyReason::FewPeople } else { TopologyReason::NoPathToServer },
            );
        };
        let by_node = MediaVia::Sfu(node);
        if people > DIRECT_AT_MOST {
            return (by_node, TopologyReason::ManyPeople);
        }
        if !self.is_reached_by_all(node) {
            // The node before is left only for one that everybody reaches.
            let stays =
                self.topology.via.node().is_some_and(|one| one != node && self.is_reached_by_all(one));
            let direct = (MediaVia::Mesh, TopologyReason::NoPathToServer);
            return if stays { (self.topology.via, self.topology.reason) } else { direct };
        }
        if people > limit {
            return (by_node, TopologyReason::ManyPeople);
        }
        // Of several, that two do not reach each other weighs more than that one is slow.
        match self.troubles.keys().map(|(_, trouble)| trouble).min() {
            Some(Trouble::NoPathTo(_)) => return (by_node, TopologyReason::NoDirectPath),
            Some(Trouble::WeakUplink) => return (by_node, TopologyReason::WeakUplink),
            None => {}
        }
        if view.is_recorded {
            return (by_node, TopologyReason::Recording);
        }
        // One fewer than made it migrate: at the limit itself the next one to come would bring everybody back.
        let was_recorded = self.topology.reason == TopologyReason::Recording;
        let is_settled = self.topology.via.is_sfu() && !was_recorded && people > (limit - 1).max(2);
        if is_settled { (by_node, self.topology.reason) } else { (MediaVia::Mesh, TopologyReason::FewPeople) }
    }
}
