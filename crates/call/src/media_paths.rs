//! Media paths: which links there have to be, when the new path of a migration is ready, and over which link each publication is
//! shown. Paths are direct links and links to nodes; a migration goes from any to any, make-before-break:
//!
//! ```text
//!             migration is told                 everything of everybody is ready (reported)
//!   Settled ─────────────────────▶ Both paths ───────────────────────────────────────────▶ the room decides
//!      ▲                              │  ▲                                                        │
//!      │                              │  └── a link is lost: another is opened, each a generation ┤
//!      │                              └──── a path cannot be had (reported) ──────────────────────┤
//!      └── links that are wanted no more are closed, after `LINGERS_FOR` ◀────────────────────────┘
//! ```
//!
//! | timer | what is due |
//! | --- | --- |
//! | `close_at` | links that are wanted no more are closed |
//! | `reopen_at` | a lost link to a node is opened again |
//! | `review_at` | a connected link that shows nothing counts as ready: pictures may not be sent |

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::LinkKey;
use protocol::{
    LinkId, MediaKey, MediaKind, MediaVia, NodeId, Participant, ParticipantId, PeerRef, Presence, Source,
    Topology, TopologyReason, Trouble,
};

use crate::links::Links;
use crate::people::{People, Person};
use crate::recording::Recording;
use crate::slots::Slots;
use crate::{LinkStatus, ShownVia};

/// A connected path counts as ready after so long, also when somebody's picture does not come: it may not be sent.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the old path stays after a migration: for those whose new one shows nothing yet, here or at the other end.
const LINGERS_FOR: Duration = Duration::from_secs(2);

/// How long a link to the node that a room has left stays: others come to the next node by way of a socket that they have to open first, and
/// somebody who finds a node only at the third attempt is there after four seconds.
const LINGERS_AT_NODE: Duration = Duration::from_secs(8);

/// How long one does at the most over which somebody is shown whom the room's path does not reach: by then a link has failed, and
/// the room has been told. Longer, and a room that cannot move keeps links that nobody wants.
const LINGERS_AT_LAST: Duration = Duration::from_secs(30);

/// The wait before a lost link to a node is opened again, when it had not carried media for a while.
const REOPEN_AFTER: Duration = Duration::from_secs(3);

/// How long a link carries media until its loss says nothing about the next: that one is opened soon, by one after the other.
const LASTED: Duration = Duration::from_secs(5);
const REOPEN_SOON: Duration = Duration::from_millis(50);
const REOPEN_APART: Duration = Duration::from_millis(8);

/// The path of each publication, and the migration from one path to another.
#[derive(Debug)]
pub(crate) struct MediaPaths {
    topology: Topology,
    /// Links to nodes that were opened.
    links_made: u32,
    /// The migration away from direct links during which the person at this browser came, and those during which others did.
    came_during: Option<u32>,
    others_came_during: BTreeMap<ParticipantId, u32>,
    /// The epoch that was reported to be ready, or not to be had.
    reported: Option<u32>,
    close_at: Option<Duration>,
    /// Since when there is a link that the room's path does not want.
    unwanted_since: Option<Duration>,
    reopen_at: BTreeMap<NodeId, Duration>,
    review_at: Option<Duration>,
    /// What is known of each link beyond its state.
    flows: BTreeMap<LinkKey, Flow>,
    shown: BTreeMap<MediaKey, ShownVia>,
    /// What the audio slots of each link play.
    played: BTreeMap<LinkKey, Vec<Option<MediaKey>>>,
    effects: VecDeque<PathsEffect>,
}

/// What may happen to it.
#[derive(Debug)]
pub(crate) enum PathsInput {
    /// The person at this browser came, and found this.
    Found(Topology),
    /// They were away: what was on the way while nobody told them has happened.
    FoundAgain(Topology),
    /// The room has decided.
    Changed(Topology),
    /// Somebody came.
    Came(ParticipantId),
    /// Somebody went.
    Went(ParticipantId),
    /// A node has ended a link.
    Ended(LinkKey),
    /// Keyframes of these sources were decoded over a direct link.
    Shows(LinkKey, Vec<Source>),
    /// Open the links that there have to be.
    Arrange,
    /// Look what carries media now: what to show over which link, what to tell the room.
    Review,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum PathsEffect {
    Open(LinkKey),
    Close(LinkKey),
    Show {
        key: MediaKey,
        via: Option<ShownVia>,
    },
    /// Play these audio slots of a link and no others: what is heard over another link is not heard twice.
    PlaySlots {
        link: LinkKey,
        played: Vec<Option<MediaKey>>,
    },
    /// Nodes may not know what is subscribed to.
    SubscribeAgain,
    Ready {
        epoch: u32,
    },
    Failed {
        epoch: u32,
    },
    Report(Trouble),
}

/// What it may know of the rest of the call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathsView<'a> {
    /// The person at this browser, once inside.
    me: Option<ParticipantId>,
    people: &'a People,
    links: &'a Links,
    slots: &'a Slots,
    is_recorded: bool,
}

impl<'a> PathsView<'a> {
    pub(crate) fn new(
        you: Option<&Participant>,
        people: &'a People,
        links: &'a Links,
        slots: &'a Slots,
        recording: &Recording,
    ) -> Self {
        Self { me: you.map(|you| you.id), people, links, slots, is_recorded: recording.id().is_some() }
    }

    /// Whether there is anything for a link to a node to carry: whoever is alone is recorded, too.
    fn needs_nodes(&self) -> bool {
        self.is_recorded || !self.people.is_empty()
    }
}

/// What is known of a link beyond its state.
#[derive(Clone, Debug, Default)]
struct Flow {
    /// Since when it is connected.
    since: Option<Duration>,
    /// Of which sources pictures were decoded. Links to nodes have slots for that.
    shows: BTreeSet<Source>,
    /// Whether the room knows that it cannot be made.
    is_reported: bool,
}

/// How far a link is with a publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Readiness {
    /// It is not there, or nothing has come over it yet.
    Nothing,
    /// It has been there for a while; pictures may not be sent.
    Silent,
    /// It shows what there is.
    Shows,
}

impl Default for MediaPaths {
    fn default() -> Self {
        let (via, reason) = (MediaVia::Mesh, TopologyReason::FewPeople);
        Self {
            topology: Topology { epoch: 0, via, reason, migration: None },
            links_made: 0,
            came_during: None,
            others_came_during: BTreeMap::new(),
            reported: None,
            close_at: None,
            unwanted_since: None,
            reopen_at: BTreeMap::new(),
            review_at: None,
            flows: BTreeMap::new(),
            shown: BTreeMap::new(),
            played: BTreeMap::new(),
            effects: VecDeque::new(),
        }
    }
}

impl MediaPaths {
    pub(crate) fn handle_input(&mut self, now: Duration, input: PathsInput, view: &PathsView<'_>) {
        match input {
            PathsInput::Found(topology) => {
                self.topology = topology;
                self.came_during = self.leaving_mesh();
                (self.reported, self.close_at) = (None, None);
            }
            PathsInput::FoundAgain(topology) => self.found_again(topology, view),
            PathsInput::Changed(topology) => self.changed(topology, view),
            PathsInput::Came(id) => {
                if let Some(during) = self.leaving_mesh() {
                    self.others_came_during.insert(id, during);
                }
            }
            PathsInput::Went(id) => self.went(id),
            PathsInput::Ended(link) => {
                if view.links.status(link).is_some() {
                    self.lose(now, link, view);
                }
            }
            PathsInput::Shows(link, sources) => self.flows.entry(link).or_default().shows.extend(sources),
            PathsInput::Arrange => self.arrange(now, view),
            PathsInput::Review => self.review(now, view),
        }
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Duration, view: &PathsView<'_>) {
        if self.close_at.take_if(|at| *at <= now).is_some() {
            let may_stay = self.unwanted_since.is_some_and(|since| now < since + LINGERS_AT_LAST);
            for link in view.links.keys().into_iter().filter(|link| !self.wants(*link)).collect::<Vec<_>>() {
                if !(may_stay && self.is_last_resort(now, link, view)) {
                    self.close(link);
                }
            }
        }
        self.reopen_at.retain(|_, at| *at > now);
        self.review_at.take_if(|at| *at <= now);
    }

    /// When a timer is due; the table of them is at the top.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let reopen_at = self.reopen_at.values().min().copied();
        [self.close_at, reopen_at, self.review_at].into_iter().flatten().min()
    }

    pub(crate) fn poll_effect(&mut self) -> Option<PathsEffect> {
        self.effects.pop_front()
    }

    pub(crate) fn topology(&self) -> Topology {
        self.topology
    }

    /// Over what a publication is seen or heard.
    pub(crate) fn shown_via(&self, key: MediaKey) -> Option<ShownVia> {
        self.shown.get(&key).copied()
    }

    /// Links of which it matters how many keyframes were decoded: pictures are to come.
    pub(crate) fn waits_for_keyframes(&self, view: &PathsView<'_>) -> Vec<LinkKey> {
        let is_awaited = |link: &LinkKey| {
            let video = sent_video(view.people).filter(|key| match link.peer {
                PeerRef::Participant(id) => key.participant == id,
                PeerRef::Sfu(_) => view.slots.is_watched(),
            });
            view.links.is_connected(*link)
                && video.into_iter().any(|key| self.flows(*link, key, view) == Some(false))
        };
        view.links.keys().into_iter().filter(is_awaited).collect()
    }

    /// Forgets everything but what numbers links.
    pub(crate) fn end(&mut self) {
        let effects = std::mem::take(&mut self.effects);
        *self = Self { links_made: self.links_made, effects, ..Self::default() };
    }

    fn found_again(&mut self, topology: Topology, view: &PathsView<'_>) {
        let before = std::mem::replace(&mut self.topology, topology);
        self.reported = None;
        // The room knows nothing of what it was told: a server that starts anew takes direct links for possible.
        for flow in self.flows.values_mut() {
            flow.is_reported = false;
        }
        if before.epoch != topology.epoch && topology.via.is_sfu() {
            // The node knows nothing of the link that there was. One to another node may still carry what the new one does not yet.
            let known: Vec<_> = view.links.to_nodes().filter(|link| self.wants(*link)).collect();
            known.into_iter().for_each(|link| self.close(link));
            // How long the others stay begins now.
            self.close_at = None;
        }
        self.effects.push_back(PathsEffect::SubscribeAgain);
    }

    fn changed(&mut self, topology: Topology, view: &PathsView<'_>) {
        let before = std::mem::replace(&mut self.topology, topology);
        let is_new = |epoch: u32| before.migration.is_none_or(|known| known.epoch != epoch);
        let begins = topology.migration.filter(|next| is_new(next.epoch));
        if begins.is_some_and(|next| next.via == MediaVia::Mesh) && before.via != MediaVia::Mesh {
            // Links of an earlier time may be there still; the other end has forgotten them.
            for link in view.links.to_people() {
                self.close(link);
            }
        }
    }

    fn went(&mut self, id: ParticipantId) {
        self.others_came_during.remove(&id);
        self.flows.retain(|link, _| link.peer != PeerRef::Participant(id));
        for source in Source::ALL {
            let key = id.publication(source);
            if self.shown.remove(&key).is_some() {
                self.effects.push_back(PathsEffect::Show { key, via: None });
            }
        }
    }

    /// Opens the links that there have to be. What is not wanted any more goes later.
    fn arrange(&mut self, now: Duration, view: &PathsView<'_>) {
        if view.me.is_none() {
            return;
        }
        for node in self.topology.wanted_nodes() {
            let is_there = view.links.to(PeerRef::Sfu(node)).is_some();
            if !is_there && !self.reopen_at.contains_key(&node) && view.needs_nodes() {
                let id = LinkId(self.links_made);
                self.links_made += 1;
                self.open(LinkKey { peer: PeerRef::Sfu(node), id });
            }
        }
        for id in view.people.ids() {
            if self.wants_direct(id) && view.links.to_person(id).is_none() {
                self.open(LinkKey { peer: PeerRef::Participant(id), id: self.direct_link() });
            }
        }
        let is_any_unwanted = view.links.keys().into_iter().any(|link| !self.wants(link));
        self.close_at = is_any_unwanted.then(|| self.close_at.unwrap_or(now + self.lingers_for(view)));
        self.unwanted_since = is_any_unwanted.then(|| self.unwanted_since.unwrap_or(now));
    }

    fn lingers_for(&self, view: &PathsView<'_>) -> Duration {
        let has_moved = self.topology.via.is_sfu() && view.links.to_nodes().any(|link| !self.wants(link));
        if has_moved { LINGERS_AT_NODE } else { LINGERS_FOR }
    }

    fn open(&mut self, link: LinkKey) {
        self.flows.insert(link, Flow::default());
        self.played.remove(&link); // Its slots are silent until they are played.
        self.effects.push_back(PathsEffect::Open(link));
    }

    fn close(&mut self, link: LinkKey) {
        self.flows.remove(&link);
        self.played.remove(&link);
        self.effects.push_back(PathsEffect::Close(link));
    }

    fn wants(&self, link: LinkKey) -> bool {
        match link.peer {
            PeerRef::Participant(id) => self.wants_direct(id),
            PeerRef::Sfu(node) => self.topology.wanted_nodes().any(|wanted| wanted == node),
        }
    }

    fn wants_direct(&self, id: ParticipantId) -> bool {
        let leaving = self.leaving_mesh();
        let theirs = self.others_came_during.get(&id).copied();
        let came_late = leaving.is_some() && (theirs == leaving || self.came_during == leaving);
        self.topology.wants_mesh() && !came_late
    }

    /// The epoch of a migration away from direct links, while it is under way: who comes now does not open any.
    fn leaving_mesh(&self) -> Option<u32> {
        let Topology { via, migration, .. } = self.topology;
        migration.filter(|next| via == MediaVia::Mesh && next.via != MediaVia::Mesh).map(|next| next.epoch)
    }

    /// The number of links between people that are opened now.
    fn direct_link(&self) -> LinkId {
        let Topology { via, epoch, migration, .. } = self.topology;
        LinkId(match via {
            MediaVia::Mesh => epoch,
            MediaVia::Sfu(_) => migration.map_or(epoch, |next| next.epoch),
        })
    }

    /// A link to a node is over, and another is opened in its place.
    fn lose(&mut self, now: Duration, link: LinkKey, view: &PathsView<'_>) {
        let PeerRef::Sfu(node) = link.peer else { return };
        let since = self.flows.get(&link).and_then(|flow| flow.since);
        let has_lasted = since.is_some_and(|since| now.saturating_sub(since) >= LASTED);
        let rank = view.me.map_or(0, |me| view.people.rank_of(me));
        let wait = if has_lasted { REOPEN_SOON + REOPEN_APART * rank } else { REOPEN_AFTER };
        self.close(link);
        self.reopen_at.insert(node, now + wait);
    }

    fn review(&mut self, now: Duration, view: &PathsView<'_>) {
        if view.me.is_none() {
            return;
        }
        self.note_links(now, view);
        for key in view.people.ids().flat_map(|id| Source::ALL.map(|source| id.publication(source))) {
            self.choose(now, key, view);
        }
        self.choose_sound(view);
        self.report_readiness(now, view);
        let since = self.flows.values().filter_map(|flow| flow.since);
        self.review_at = since.map(|since| since + PATIENCE).filter(|at| *at > now).min();
    }

    /// Notes which links are connected, and tells of those that cannot be.
    fn note_links(&mut self, now: Duration, view: &PathsView<'_>) {
        for link in view.links.keys() {
            if view.links.is_connected(link) {
                self.flows.entry(link).or_default().since.get_or_insert(now);
            }
            match link.peer {
                PeerRef::Participant(id) => self.note_trouble(link, id, view),
                PeerRef::Sfu(node) => {
                    if matches!(view.links.status(link), Some(LinkStatus::Failed(_))) {
                        self.lose(now, link, view);
                        self.report_failure(MediaVia::Sfu(node));
                    }
                }
            }
        }
    }

    fn note_trouble(&mut self, link: LinkKey, id: ParticipantId, view: &PathsView<'_>) {
        let is_given_up = view.people.get(id).is_none_or(Person::is_given_up);
        let flow = self.flows.entry(link).or_default();
        if !view.links.has_trouble(link) || flow.is_reported || is_given_up {
            return;
        }
        flow.is_reported = true;
        if self.topology.via == MediaVia::Mesh {
            self.effects.push_back(PathsEffect::Report(Trouble::NoPathTo(id)));
        } else if self.topology.wants_mesh() {
            self.report_failure(MediaVia::Mesh);
        }
    }

    /// A path cannot be had.
    fn report_failure(&mut self, failed: MediaVia) {
        let Topology { epoch, via, migration, .. } = self.topology;
        let epoch = match migration.filter(|next| next.via == failed) {
            Some(next) => next.epoch,
            None if via == failed => epoch,
            None => return,
        };
        self.reported = Some(epoch);
        self.effects.push_back(PathsEffect::Failed { epoch });
    }

    /// Shows a publication over the link that shows it best; where several do, over that of the room's path.
    fn choose(&mut self, now: Duration, key: MediaKey, view: &PathsView<'_>) {
        let current = self.shown.get(&key).map(|via| via.link);
        let links = self.links_to(key.participant, current, view);
        let readiness = |link: &LinkKey| self.readiness(now, *link, key, view);
        // Of links that are alike the first one counts, which is that of the room's path.
        let best = links.iter().copied().rev().max_by_key(readiness);
        let link = match best.filter(|link| readiness(link) != Readiness::Nothing) {
            Some(best) => Some(best),
            // The only link there is carries what it carries, ready or not.
            None => links.iter().copied().find(|link| Some(*link) == current).or(links.first().copied()),
        };
        let via = link.map(|link| ShownVia { link, slot: view.slots.slot_of(link, key) });
        let before = match via {
            Some(via) => self.shown.insert(key, via),
            None => self.shown.remove(&key),
        };
        if via != before {
            self.effects.push_back(PathsEffect::Show { key, via });
        }
    }

    /// The links over which somebody's publication can come that is shown over `current`: that of the room's path first.
    fn links_to(&self, id: ParticipantId, current: Option<LinkKey>, view: &PathsView<'_>) -> Vec<LinkKey> {
        let peer = |via: MediaVia| match via {
            MediaVia::Mesh => PeerRef::Participant(id),
            MediaVia::Sfu(node) => PeerRef::Sfu(node),
        };
        let mut links: Vec<_> = self.topology.vias().filter_map(|via| view.links.to(peer(via))).collect();
        // A link that lingers may end at any time at its other end: what it shows stays, and nothing begins on it.
        let lingering = view.links.to_person(id).into_iter().chain(view.links.to_nodes());
        for link in lingering {
            if !links.contains(&link) && (links.is_empty() || current == Some(link)) {
                links.push(link);
            }
        }
        links
    }

    /// Whether something is shown over a link that the room's path does not bring yet: a migration may be aborted before that was found
    /// out, or who sends it is not at the next node.
    fn is_last_resort(&self, now: Duration, link: LinkKey, view: &PathsView<'_>) -> bool {
        let brings = |key: MediaKey, via: MediaVia| {
            let peer = match via {
                MediaVia::Mesh => PeerRef::Participant(key.participant),
                MediaVia::Sfu(node) => PeerRef::Sfu(node),
            };
            let path = view.links.to(peer);
            path.is_some_and(|path| self.readiness(now, path, key, view) != Readiness::Nothing)
        };
        let shown = self.shown.iter().filter(|(_, via)| via.link == link).map(|(key, _)| *key);
        shown.into_iter().any(|key| !self.topology.vias().any(|via| brings(key, via)))
    }

    fn readiness(&self, now: Duration, link: LinkKey, key: MediaKey, view: &PathsView<'_>) -> Readiness {
        if !view.links.is_connected(link) {
            return Readiness::Nothing;
        }
        // Sound goes along with its picture, so that the two stay in step.
        let is_sent = |video: &MediaKey| {
            let participant = view.people.participant(video.participant);
            participant.is_some_and(|participant| participant.media.of(video.source).is_on())
        };
        let is_watched = view.slots.is_watched() || matches!(link.peer, PeerRef::Participant(_));
        let awaited = key.seen().filter(is_sent).filter(|_| is_watched);
        let flows = awaited.map_or(Some(true), |video| self.flows(link, video, view));
        match flows {
            Some(true) => return Readiness::Shows,
            Some(false) => {}
            // Nobody has asked for it there: it may be seen over another link meanwhile.
            None => return Readiness::Silent,
        }
        let since = self.flows.get(&link).and_then(|flow| flow.since);
        if since.is_some_and(|since| now >= since + PATIENCE) {
            Readiness::Silent
        } else {
            Readiness::Nothing
        }
    }

    /// Whether pictures have come over a link. `None` where none are to come: the publication has no slot.
    fn flows(&self, link: LinkKey, key: MediaKey, view: &PathsView<'_>) -> Option<bool> {
        match link.peer {
            PeerRef::Participant(_) => {
                Some(self.flows.get(&link).is_some_and(|flow| flow.shows.contains(&key.source)))
            }
            PeerRef::Sfu(_) => view.slots.flows(link, key),
        }
    }

    fn choose_sound(&mut self, view: &PathsView<'_>) {
        for link in view.links.to_nodes() {
            let is_shown_here = |key: &MediaKey| self.shown.get(key).is_some_and(|via| via.link == link);
            let audio = view.slots.audio(link);
            let played: Vec<_> = audio.iter().map(|slot| slot.filter(is_shown_here)).collect();
            if self.played.get(&link).map_or(&[][..], Vec::as_slice) != played {
                self.played.insert(link, played.clone());
                self.effects.push_back(PathsEffect::PlaySlots { link, played });
            }
        }
    }

    fn report_readiness(&mut self, now: Duration, view: &PathsView<'_>) {
        let Some(next) = self.topology.migration.filter(|next| self.reported != Some(next.epoch)) else {
            return;
        };
        let has_link = match next.via {
            MediaVia::Mesh => true,
            MediaVia::Sfu(node) => {
                let link = view.links.to(PeerRef::Sfu(node));
                !view.needs_nodes() || link.is_some_and(|link| view.links.is_connected(link))
            }
        };
        let link_to = |id: ParticipantId| match next.via {
            MediaVia::Mesh => view.links.to_person(id),
            MediaVia::Sfu(node) => view.links.to(PeerRef::Sfu(node)),
        };
        let is_ready = |id: ParticipantId| {
            link_to(id).is_some_and(|link| {
                let is_there =
                    |source| self.readiness(now, link, id.publication(source), view) != Readiness::Nothing;
                Source::ALL.into_iter().all(is_there)
            })
        };
        let mut people = view.people.participants();
        if has_link && people.all(|other| other.presence == Presence::Away || is_ready(other.id)) {
            self.reported = Some(next.epoch);
            self.effects.push_back(PathsEffect::Ready { epoch: next.epoch });
        }
    }
}

/// Every publication of pictures that is sent.
fn sent_video(people: &People) -> impl Iterator<Item = MediaKey> {
    people.participants().flat_map(|participant| {
        let sent = Source::of_kind(MediaKind::Video).filter(|source| participant.media.of(*source).is_on());
        sent.map(|source| participant.id.publication(source))
    })
}
