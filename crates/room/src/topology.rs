//! How media travels: when the room moves from direct links to the server's forwarding unit and back, and when it does not.
//!
//! The old path goes on until everybody who moves has media over the new one, so that a move costs nobody anything; one that
//! cannot be finished is called off, and leaves the room as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use protocol::{
    CallOff, Mode, Move, MoveReason, ParticipantId, Presence, ServerMessage, Timestamp, Topology, Trouble,
};

use crate::{MediaOrder, Output, Room};

/// How long a move may take. Opening a link takes a second or two; a browser tries for about as long to find a path.
const MOVE_WITHIN: Duration = Duration::from_secs(25);

/// How long the reasons for the forwarding unit must be gone before a room moves back: people come and go.
const CALM_FOR: Duration = Duration::from_secs(30);

/// Whoever could not open a path is not asked to again for so long.
const FORGIVEN_AFTER: Duration = Duration::from_secs(60);

/// How long something stands in the way of direct links after it was reported.
const TROUBLE_FOR: Duration = Duration::from_secs(300);

/// Beyond this number nobody's uplink carries direct links to all, and a room without the forwarding unit is none.
const DIRECT_AT_MOST: usize = 8;

/// What a room knows of its paths.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) topology: Topology,
    /// Whether there is a forwarding unit.
    has_sfu: bool,
    /// Whether it knows of this room.
    was_used: bool,
    last_epoch: u32,
    /// Who was there when the move began, and has not said to be ready.
    awaited: BTreeSet<ParticipantId>,
    /// Whether anybody has said to be ready.
    is_anybody_ready: bool,
    deadline: Option<Duration>,
    /// Until when somebody is taken for unable to reach the forwarding unit.
    unreachable: BTreeMap<ParticipantId, Duration>,
    /// Until when somebody's trouble with direct links counts, and with whom it is.
    troubles: BTreeMap<(ParticipantId, Option<ParticipantId>), Duration>,
    /// Since when nothing but habit keeps the room where it is.
    calm_since: Option<Duration>,
    /// When the next move may begin, after one was called off.
    not_before: Option<Duration>,
}

impl Route {
    /// Direct links. Epochs go on above those of a room with this code that ended before: it is not likely that there was more
    /// than one move a second.
    pub(crate) fn new(wall: Timestamp, has_sfu: bool) -> Self {
        const BEGINNING_OF_2026: u64 = 1_767_225_600;
        let epoch = u32::try_from((wall.0 / 1_000).saturating_sub(BEGINNING_OF_2026)).unwrap_or_default();
        Self {
            topology: Topology { epoch, mode: Mode::Mesh, reason: MoveReason::FewPeople, moving: None },
            has_sfu,
            was_used: false,
            last_epoch: epoch,
            awaited: BTreeSet::new(),
            is_anybody_ready: false,
            deadline: None,
            unreachable: BTreeMap::new(),
            troubles: BTreeMap::new(),
            calm_since: None,
            not_before: None,
        }
    }

    fn next_epoch(&mut self) -> u32 {
        self.last_epoch = self.last_epoch.saturating_add(1);
        self.last_epoch
    }

    fn forget(&mut self, id: ParticipantId) {
        self.awaited.remove(&id);
        self.unreachable.remove(&id);
        self.troubles.retain(|(from, to), _| *from != id && *to != Some(id));
    }

    fn forgive(&mut self, now: Duration) {
        self.unreachable.retain(|_, until| *until > now);
        self.troubles.retain(|_, until| *until > now);
        self.not_before = self.not_before.filter(|at| *at > now);
    }

    /// When something about the path may change by itself.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let calm = self.calm_since.map(|since| (since + CALM_FOR).max(self.not_before.unwrap_or_default()));
        let forgiven = self.unreachable.values().chain(self.troubles.values()).min().copied();
        [self.deadline, calm, forgiven, self.not_before].into_iter().flatten().min()
    }
}

impl Room {
    /// Chooses a path for those whose seats were kept: whatever they had is gone.
    pub(crate) fn choose_first_path(&mut self) {
        let (mode, reason) = self.best_path();
        self.route.topology = Topology { mode, reason, ..self.route.topology };
    }

    pub(crate) fn topology_ready(&mut self, now: Duration, id: ParticipantId, epoch: u32) {
        if self.route.topology.moving.is_some_and(|next| next.epoch == epoch) {
            self.route.awaited.remove(&id);
            self.route.is_anybody_ready = true;
            self.review_path(now);
        }
    }

    pub(crate) fn topology_failed(&mut self, now: Duration, id: ParticipantId, epoch: u32) {
        let Topology { epoch: present, mode, moving, .. } = self.route.topology;
        let failed = match moving {
            Some(next) if next.epoch == epoch => next.mode,
            Some(_) | None if present == epoch => mode,
            Some(_) | None => return,
        };
        match failed {
            Mode::Sfu => _ = self.route.unreachable.insert(id, now + FORGIVEN_AFTER),
            Mode::Mesh => _ = self.route.troubles.insert((id, None), now + TROUBLE_FOR),
        }
        if moving.is_some_and(|next| next.epoch == epoch) && self.must_all_follow() {
            self.call_off(now, CallOff::NoPath);
        }
        self.review_path(now);
    }

    pub(crate) fn report_trouble(&mut self, now: Duration, id: ParticipantId, trouble: Trouble) {
        let with = match trouble {
            Trouble::NoPathTo(other) if other == id || self.seats.get(other).is_none() => return,
            Trouble::NoPathTo(other) => Some(other),
            Trouble::WeakUplink => None,
        };
        self.route.troubles.insert((id, with), now + TROUBLE_FOR);
        self.review_path(now);
    }

    /// Somebody came.
    pub(crate) fn path_of_newcomer(&mut self, now: Duration, id: ParticipantId) {
        self.tell_media_state(id);
        self.review_path(now);
    }

    /// Somebody is gone for good.
    pub(crate) fn path_without(&mut self, now: Duration, id: ParticipantId) {
        self.route.forget(id);
        if self.route.was_used {
            self.outputs.push_back(Output::Media { participant: id, order: MediaOrder::Left });
        }
        self.review_path(now);
    }

    /// Tells the forwarding unit what somebody may send, where it is used.
    pub(crate) fn tell_media_state(&mut self, id: ParticipantId) {
        if self.route.topology.wants_sfu()
            && let Some(seat) = self.seats.get(id)
        {
            self.route.was_used = true;
            let order = MediaOrder::State(seat.participant.media);
            self.outputs.push_back(Output::Media { participant: id, order });
        }
    }

    /// Begins, finishes or calls off a move, as things are now.
    pub(crate) fn review_path(&mut self, now: Duration) {
        self.route.forgive(now);
        let (best, reason) = self.best_path();
        match self.route.topology.moving {
            Some(next) => self.review_move(now, next, best),
            None if best == self.route.topology.mode => self.route.calm_since = None,
            None => self.review_stay(now, best, reason),
        }
    }

    fn review_move(&mut self, now: Duration, next: Move, best: Mode) {
        let is_overdue = self.route.deadline.is_some_and(|deadline| deadline <= now);
        let seats = &self.seats;
        // Nobody waits for somebody who is not there.
        self.route
            .awaited
            .retain(|id| seats.get(*id).is_some_and(|seat| seat.participant.presence == Presence::Here));
        if self.route.awaited.is_empty() {
            self.finish_move(next);
        } else if best != next.mode {
            self.call_off(now, CallOff::NotNeeded);
        } else if is_overdue && (self.must_all_follow() || !self.route.is_anybody_ready) {
            let late = std::mem::take(&mut self.route.awaited);
            if next.mode == Mode::Sfu {
                self.route.unreachable.extend(late.into_iter().map(|id| (id, now + FORGIVEN_AFTER)));
            }
            self.call_off(now, CallOff::TooSlow);
        } else if is_overdue {
            self.finish_move(next);
        }
    }

    fn review_stay(&mut self, now: Duration, best: Mode, reason: MoveReason) {
        let since = *self.route.calm_since.get_or_insert(now);
        // What stands in the way is not waited for, nor is somebody without media; what was only of use is left slowly.
        let is_urgent = best == Mode::Sfu || reason == MoveReason::NoPathToServer || self.seats.len() <= 1;
        if self.route.not_before.is_some() || !is_urgent && now < since + CALM_FOR {
            return;
        }
        let epoch = self.route.next_epoch();
        self.route.calm_since = None;
        self.route.topology.moving = Some(Move { epoch, mode: best, reason });
        self.route.deadline = Some(now + MOVE_WITHIN);
        self.route.is_anybody_ready = false;
        let here = |participant: &&protocol::Participant| participant.presence == Presence::Here;
        self.route.awaited = self.participants().filter(here).map(|participant| participant.id).collect();
        self.tell_topology();
        if best == Mode::Sfu {
            for id in self.participants().map(|participant| participant.id).collect::<Vec<_>>() {
                self.tell_media_state(id);
            }
        }
        if self.route.awaited.is_empty()
            && let Some(next) = self.route.topology.moving
        {
            self.finish_move(next);
        }
    }

    fn finish_move(&mut self, next: Move) {
        let Move { epoch, mode, reason } = next;
        self.end_move(Topology { epoch, mode, reason, moving: None });
    }

    fn call_off(&mut self, now: Duration, reason: CallOff) {
        let Some(next) = self.route.topology.moving else { return };
        self.end_move(Topology { moving: None, ..self.route.topology });
        if reason != CallOff::NotNeeded {
            self.route.not_before = Some(now + FORGIVEN_AFTER);
            let message = ServerMessage::MoveCalledOff { mode: next.mode, reason };
            self.tell_those(message, |participant| participant.role.moderates());
        }
    }

    fn end_move(&mut self, topology: Topology) {
        self.route.topology = topology;
        self.route.awaited.clear();
        self.route.deadline = None;
        self.route.calm_since = None;
        self.tell_topology();
    }

    fn tell_topology(&mut self) {
        self.tell_all(ServerMessage::Topology { topology: self.route.topology });
    }

    /// Whether there are so few people that one who cannot follow keeps all from moving.
    fn must_all_follow(&self) -> bool {
        self.seats.len() <= DIRECT_AT_MOST
    }

    /// Where media should travel, and why.
    fn best_path(&self) -> (Mode, MoveReason) {
        let people = self.seats.len();
        let limit = usize::from(self.rules.settings.mesh_limit);
        let route = &self.route;
        if !route.has_sfu {
            let is_small = people <= limit;
            return (Mode::Mesh, if is_small { MoveReason::FewPeople } else { MoveReason::NoPathToServer });
        }
        if people > DIRECT_AT_MOST {
            return (Mode::Sfu, MoveReason::ManyPeople);
        }
        if !route.unreachable.is_empty() {
            return (Mode::Mesh, MoveReason::NoPathToServer);
        }
        if people > limit {
            return (Mode::Sfu, MoveReason::ManyPeople);
        }
        match route.troubles.keys().next() {
            Some((_, Some(_))) => return (Mode::Sfu, MoveReason::NoDirectPath),
            Some((_, None)) => return (Mode::Sfu, MoveReason::WeakUplink),
            None => {}
        }
        // One fewer than made it move: at the limit itself the next one to come would move everybody back.
        let is_settled = route.topology.mode == Mode::Sfu && people > (limit - 1).max(2);
        if is_settled { (Mode::Sfu, route.topology.reason) } else { (Mode::Mesh, MoveReason::FewPeople) }
    }
}
