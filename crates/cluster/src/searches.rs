//! Rooms that somebody wants to get into and that are not this node's: how far each search has come, and who waits for it.
//!
//! ```text
//!            lease of another
//!  Finding ───────────────────────────────────────────────────────────▶ passed on
//!  Lease │ none, or Redis away                                               ▲
//!        ▼             row of another who is there                           │
//!  Finding ──────────────────────────────────────────────────────────────────┤
//!  Owner │ row of another, whose lease has run out                           │
//!        ├─────────▶ Probing ──answers──────────────────────────────────────▶│
//!        │ nobody's,    │ does not answer                                    │
//!        │ gone, mine   ▼            placed on another                       │
//!        └────────▶ (placement) ────────────────────────────────────────────▶│
//!                       │ placed here                                        │
//!                       ▼         whose lease ran out           is back      │
//!                    Queued ──────────────────────▶ Confirming ─────────────▶│
//!                       │ turn                           │ still gone        │
//!                       ▼                                │       somebody    │
//!                    Taking ◀────────────────────────────┘       was first   │
//!                       │ └──────────────────────────────────────────────────┘
//!                       ▼
//!                     owned
//!
//!  whatever cannot go on is Waiting, begins anew after a while, and is refused when its time is up
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::{Arrival, Fence, Incarnation, NodeId, Question, RefuseReason, RequestId, RoomKey};

/// Whoever has waited for so long is turned away, so that they can try elsewhere. More than a lease, a probe and a turn take together.
pub(crate) const WAIT_AT_MOST: Duration = Duration::from_secs(8);

/// What makes it right to take a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grounds {
    /// It has no owner.
    Free,
    /// PostgreSQL says that it is this node's, of this start or an earlier one, and it is not: an answer was lost, or a process.
    Mine,
    /// Its owner has offered it.
    Offered,
    /// There is a later start of its owner.
    Superseded,
    /// Its owner's process is gone: the link was reset and is refused.
    Refused,
    /// Its owner's leases have run out, and it does not answer.
    RanOut { owner: NodeId, incarnation: Incarnation },
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Redis is asked where the room is.
    FindingLease(Question),
    /// PostgreSQL is asked whose it is.
    FindingOwner(Question),
    /// Its owner is not in Redis: the link to it is tried.
    Probing { owner: NodeId, incarnation: Incarnation, fence: Fence },
    /// It waits for its turn to be taken.
    Queued { expected: Fence, grounds: Grounds },
    /// Redis is asked once more whether its owner is gone, since when, right before it is taken.
    Confirming { question: Question, asked: Duration, expected: Fence, grounds: Grounds },
    /// The compare-and-swap is on its way.
    Taking { question: Question },
    /// Something is in the way.
    Waiting,
}

impl Step {
    const fn question(self) -> Option<Question> {
        match self {
            Self::FindingLease(question)
            | Self::FindingOwner(question)
            | Self::Confirming { question, .. }
            | Self::Taking { question } => Some(question),
            Self::Probing { .. } | Self::Queued { .. } | Self::Waiting => None,
        }
    }
}

/// Somebody who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) id: RequestId,
    pub(crate) arrival: Arrival,
    pub(crate) until: Duration,
}

#[derive(Debug)]
struct Search {
    step: Step,
    /// When the step is over, whatever comes.
    wake_at: Duration,
    requests: Vec<Request>,
    /// Who has offered the room, and is told.
    offered_by: Option<NodeId>,
    /// What was in the way last.
    hindrance: RefuseReason,
    /// Nodes that have refused to take it.
    refused_by: Vec<NodeId>,
    /// Whether somebody has come back from another node since it was last waited.
    is_back: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Searches {
    of: BTreeMap<RoomKey, Search>,
    asked: BTreeMap<Question, RoomKey>,
    due: BTreeSet<(Duration, RoomKey)>,
}

/// A search that is over: whom to tell.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    pub(crate) requests: Vec<Request>,
    pub(crate) offered_by: Option<NodeId>,
}

impl Searches {
    /// Somebody waits for a room. True if the search begins with them.
    pub(crate) fn join(&mut self, room: RoomKey, request: Request) -> bool {
        let is_new = self.begin(room, request.until);
        if let Some(search) = self.of.get_mut(&room) {
            search.requests.push(request);
            if let Arrival::Returned { by } = request.arrival {
                if !search.refused_by.contains(&by) {
                    search.refused_by.push(by);
                }
                search.is_back = true;
            }
        }
        is_new
    }

    /// A room is offered. True if nobody looks for it already.
    pub(crate) fn offered(&mut self, room: RoomKey, by: NodeId, until: Duration) -> bool {
        let is_new = self.begin(room, until);
        if let Some(search) = self.of.get_mut(&room) {
            search.offered_by = Some(by);
        }
        is_new
    }

    fn begin(&mut self, room: RoomKey, until: Duration) -> bool {
        if self.of.contains_key(&room) {
            return false;
        }
        let search = Search {
            step: Step::Waiting,
            wake_at: until,
            requests: Vec::new(),
            offered_by: None,
            hindrance: RefuseReason::StorageAway,
            refused_by: Vec::new(),
            is_back: false,
        };
        self.of.insert(room, search);
        self.due.insert((until, room));
        true
    }

    pub(crate) fn step(&self, room: RoomKey) -> Option<Step> {
        self.of.get(&room).map(|search| search.step)
    }

    /// The room that a question was about, if its search still waits for the answer.
    pub(crate) fn asked(&self, question: Question) -> Option<RoomKey> {
        self.asked.get(&question).copied()
    }

    /// The search is here now, and is to be looked at then.
    pub(crate) fn set(&mut self, room: RoomKey, step: Step, wake_at: Duration) {
        let Some(search) = self.of.get_mut(&room) else { return };
        if let Some(question) = search.step.question() {
            self.asked.remove(&question);
        }
        if let Some(question) = step.question() {
            self.asked.insert(question, room);
        }
        self.due.remove(&(search.wake_at, room));
        self.due.insert((wake_at, room));
        search.step = step;
        search.wake_at = wake_at;
    }

    /// Something is in the way.
    pub(crate) fn hinder(&mut self, room: RoomKey, hindrance: RefuseReason, again_at: Duration) {
        if let Some(search) = self.of.get_mut(&room) {
            search.hindrance = hindrance;
            search.is_back = false;
        }
        self.set(room, Step::Waiting, again_at);
    }

    /// Who has refused it.
    pub(crate) fn refused_by(&self, room: RoomKey) -> &[NodeId] {
        self.of.get(&room).map_or(&[], |search| search.refused_by.as_slice())
    }

    /// Whether somebody has only just come back from another node.
    pub(crate) fn is_back(&self, room: RoomKey) -> bool {
        self.of.get(&room).is_some_and(|search| search.is_back)
    }

    /// Those who have refused it are asked again.
    pub(crate) fn forgive(&mut self, room: RoomKey) {
        if let Some(search) = self.of.get_mut(&room) {
            search.refused_by.clear();
        }
    }

    /// Whether somebody is there whom another node has passed on.
    pub(crate) fn has_passed_on(&self, room: RoomKey) -> bool {
        let requests = self.of.get(&room).map_or(&[][..], |search| search.requests.as_slice());
        requests.iter().any(|request| request.arrival == Arrival::PassedOn)
    }

    /// Who has offered it is told, once.
    pub(crate) fn take_offer(&mut self, room: RoomKey) -> Option<NodeId> {
        self.of.get_mut(&room)?.offered_by.take()
    }

    /// Somebody is gone.
    pub(crate) fn abandon(&mut self, room: RoomKey, request: RequestId) {
        if let Some(search) = self.of.get_mut(&room) {
            search.requests.retain(|one| one.id != request);
        }
    }

    /// Those whose time is up, and what was in the way.
    pub(crate) fn expire(&mut self, now: Duration, room: RoomKey) -> Vec<(Request, RefuseReason)> {
        let Some(search) = self.of.get_mut(&room) else { return Vec::new() };
        let hindrance = search.hindrance;
        search.requests.extract_if(.., |one| one.until <= now).map(|one| (one, hindrance)).collect()
    }

    /// Whether nobody waits any more.
    pub(crate) fn is_idle(&self, room: RoomKey) -> bool {
        self.of.get(&room).is_some_and(|search| search.requests.is_empty() && search.offered_by.is_none())
    }

    /// The search is over.
    pub(crate) fn end(&mut self, room: RoomKey) -> Ended {
        let Some(search) = self.of.remove(&room) else { return Ended::default() };
        if let Some(question) = search.step.question() {
            self.asked.remove(&question);
        }
        self.due.remove(&(search.wake_at, room));
        Ended { requests: search.requests, offered_by: search.offered_by }
    }

    /// The rooms that are looked for.
    pub(crate) fn rooms(&self) -> Vec<RoomKey> {
        self.of.keys().copied().collect()
    }

    /// The rooms that wait for a probe of a node.
    pub(crate) fn probing(&self, node: NodeId) -> Vec<RoomKey> {
        let is_for = |search: &Search| matches!(search.step, Step::Probing { owner, .. } if owner == node);
        self.of.iter().filter(|(_, search)| is_for(search)).map(|(room, _)| *room).collect()
    }

    /// The search that is due.
    pub(crate) fn next_due(&self, now: Duration) -> Option<RoomKey> {
        self.due.first().filter(|(at, _)| *at <= now).map(|(_, room)| *room)
    }

    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        self.due.first().map(|(at, _)| *at)
    }
}
