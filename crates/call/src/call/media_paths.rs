//! How media travels, as the room decides it: which links there have to be, when the new path of a move is ready, and over
//! which path each person is seen and heard. The old path is closed a moment after the move, so that nobody waits.

use std::time::Duration;

use protocol::{
    LinkId, Mode, ParticipantId, PeerRef, Presence, RoomMessage, SlotWish, Source, Switch, Topology, Trouble,
};

use super::Call;
use crate::link::{Link, of_use};
use crate::negotiation::Politeness;
use crate::other::Other;
use crate::paths::{Flow, PATIENCE, Paths, Readiness};
use crate::server_link::ServerLink;
use crate::{LinkCommand, LinkStatus, Output, Path, Phase, Role};

/// How long the old path stays after a move: for those whose new one shows nothing yet, here or at the other end.
const LINGERS_FOR: Duration = Duration::from_secs(2);

/// The wait before a lost link to the server is opened again, when it had not carried media for a while.
const REOPEN_AFTER: Duration = Duration::from_secs(3);

/// How long a link carries media until its loss says nothing about the next: that one is opened soon, by one after the other.
const LASTED: Duration = Duration::from_secs(5);
const REOPEN_SOON: Duration = Duration::from_millis(50);
const REOPEN_APART: Duration = Duration::from_millis(8);

/// How many people are asked for when the page has not said whom it shows.
const TILES_UNASKED: usize = 9;

/// The height that is asked for then.
const HEIGHT_UNASKED: u16 = 360;

impl Call {
    /// The room as a newcomer finds it.
    pub(super) fn topology_of_newcomer(&mut self, topology: Topology) {
        self.paths.topology = topology;
        self.paths.came_during = self.paths.leaving_mesh();
        self.paths.reported = None;
        self.paths.close_at = None;
    }

    /// The room as somebody finds it who was away: what was on the way while nobody told them has happened.
    pub(super) fn topology_after_absence(&mut self, now: Duration, topology: Topology) {
        let was = self.paths.topology;
        self.paths.topology = topology;
        self.paths.reported = None;
        if was.epoch != topology.epoch && topology.mode == Mode::Sfu {
            // The server knows nothing of the link that there was.
            self.close_server_link();
        }
        if let Some(server) = &mut self.paths.server {
            server.forget_told();
        }
        self.tell_slots();
        self.arrange(now);
    }

    pub(super) fn topology_changed(&mut self, now: Duration, topology: Topology) {
        let was = self.paths.topology;
        self.paths.topology = topology;
        let begins =
            topology.moving.filter(|next| was.moving.is_none_or(|before| before.epoch != next.epoch));
        if begins.is_some_and(|next| next.mode == Mode::Mesh) && was.mode == Mode::Sfu {
            // Links of an earlier time may be there still; the other end has forgotten them.
            self.close_mesh_links();
        }
        self.arrange(now);
    }

    /// Opens the links that there have to be. What is not wanted any more goes later.
    pub(super) fn arrange(&mut self, now: Duration) {
        if self.phase != Phase::Joined {
            return;
        }
        let topology = self.paths.topology;
        let is_waiting = self.paths.reopen_at.is_some_and(|at| at > now);
        if topology.wants_sfu() && self.paths.server.is_none() && !is_waiting && !self.others.is_empty() {
            self.open_server_link(now);
        }
        for place in 0..self.others.len() {
            if self.wants_mesh_link(place) && self.others[place].link.is_none() {
                self.open_mesh_link(now, place);
            }
        }
        let is_unwanted = |place: usize| self.others[place].link.is_some() && !self.wants_mesh_link(place);
        let some_unwanted =
            (0..self.others.len()).any(is_unwanted) || self.paths.server.is_some() && !topology.wants_sfu();
        self.paths.close_at = some_unwanted.then(|| self.paths.close_at.unwrap_or(now + LINGERS_FOR));
        self.review_paths(now);
    }

    fn wants_mesh_link(&self, place: usize) -> bool {
        let other = &self.others[place];
        let leaving = self.paths.leaving_mesh();
        let came_late =
            leaving.is_some() && (other.came_during == leaving || self.paths.came_during == leaving);
        self.paths.topology.wants_mesh() && !came_late
    }

    fn open_mesh_link(&mut self, now: Duration, place: usize) {
        let Some(me) = self.you.as_ref().map(|you| you.id) else { return };
        let id = self.paths.mesh_link();
        let other = &mut self.others[place];
        let peer = PeerRef::Participant(other.participant.id);
        let politeness = if peer.makes_polite(me) { Politeness::Polite } else { Politeness::Impolite };
        let role = if peer.makes_initiator(me) { Role::Initiator } else { Role::Responder };
        let mut link = Link::new(now, peer, id, politeness);
        let effects = link.open(role, of_use(&self.ice_servers, peer), &self.publications, []);
        link.peer_is(now, other.participant.presence);
        other.link = Some(link);
        other.direct = Flow::default();
        self.carry_out(peer, effects);
        self.claim(peer, id);
    }

    fn open_server_link(&mut self, now: Duration) {
        let id = LinkId(self.paths.links_made);
        self.paths.links_made += 1;
        self.paths.reopen_at = None;
        self.paths.sound.clear(); // The new link's slots are silent until they are played.
        let tiles = self.tiles();
        let mut server = ServerLink::new(now, id);
        let effects = server.open(of_use(&self.ice_servers, PeerRef::Sfu), &self.publications, &tiles);
        self.paths.server = Some(server);
        self.carry_out(PeerRef::Sfu, effects);
        self.tell_slots();
    }

    pub(super) fn close_server_link(&mut self) {
        if self.paths.server.take().is_some() {
            self.link_command(PeerRef::Sfu, LinkCommand::Close);
        }
    }

    /// The link to the server is over, and another is opened in its place.
    fn lose_server_link(&mut self, now: Duration) {
        let connected_at = self.paths.server.as_ref().and_then(|server| server.connected_at);
        let has_lasted = connected_at.is_some_and(|at| now.saturating_sub(at) >= LASTED);
        let wait = if has_lasted { REOPEN_SOON + REOPEN_APART * self.rank() } else { REOPEN_AFTER };
        self.close_server_link();
        self.paths.reopen_at = Some(now + wait);
    }

    /// How many of the others come before this person when everybody does the same thing one after the other.
    fn rank(&self) -> u32 {
        let me = self.you.as_ref().map(|you| you.id);
        self.others.iter().filter(|other| Some(other.participant.id) < me).count() as u32
    }

    fn close_mesh_links(&mut self) {
        for place in 0..self.others.len() {
            self.close_mesh_link(place);
        }
    }

    fn close_mesh_link(&mut self, place: usize) {
        let other = &mut self.others[place];
        if other.link.take().is_some() {
            let peer = PeerRef::Participant(other.participant.id);
            other.direct = Flow::default();
            self.link_command(peer, LinkCommand::Close);
        }
    }

    /// The server has ended a link.
    pub(super) fn server_link_closed(&mut self, now: Duration, id: LinkId) {
        if self.paths.server.as_ref().is_some_and(|server| server.id == id) {
            self.lose_server_link(now);
            self.review_paths(now);
        }
    }

    pub(super) fn audio_slots(&mut self, now: Duration, id: LinkId, slots: Vec<Option<ParticipantId>>) {
        if let Some(server) = self.paths.server.as_mut().filter(|server| server.id == id) {
            server.audio = slots;
            self.review_paths(now);
        }
    }

    pub(super) fn paused_video(&mut self, id: LinkId, participants: Vec<ParticipantId>) {
        if let Some(server) = self.paths.server.as_mut().filter(|server| server.id == id) {
            server.paused = participants;
        }
    }

    pub(super) fn wanted_layers(&mut self, id: LinkId, source: Source, layers: u8) {
        let Some(source) = crate::Source::from_protocol(source) else { return };
        if self.paths.server.as_ref().is_some_and(|server| server.id == id) {
            self.link_command(PeerRef::Sfu, LinkCommand::SetLayers { source, layers });
        }
    }

    /// The page shows these people, in these sizes.
    pub(super) fn show_tiles(&mut self, now: Duration, tiles: Vec<SlotWish>) {
        self.paths.tiles = Some(tiles);
        self.assign_slots();
        self.review_paths(now);
    }

    /// Somebody looks at the page, or nobody does.
    pub(super) fn seen(&mut self, seen: Switch) {
        self.paths.is_seen = seen.is_on();
        self.tell_slots();
    }

    pub(super) fn assign_slots(&mut self) {
        let tiles = self.tiles();
        if let Some(server) = &mut self.paths.server {
            if let Some(command) = server.assign(&tiles) {
                self.link_command(PeerRef::Sfu, command);
            }
            self.tell_slots();
        }
    }

    fn tell_slots(&mut self) {
        let is_seen = self.paths.is_seen;
        if let Some(server) = &mut self.paths.server
            && let Some(slots) = server.news_of_slots(is_seen)
        {
            let (link, expected) = (server.id, server.expected());
            self.say(RoomMessage::SetSlots { link, slots });
            self.outputs.push_back(Output::ExpectInSlots(expected));
        }
    }

    fn tiles(&self) -> Vec<SlotWish> {
        let known = |id: ParticipantId| self.others.iter().any(|other| other.participant.id == id);
        match &self.paths.tiles {
            Some(tiles) => tiles.iter().filter(|tile| known(tile.participant)).copied().collect(),
            None => {
                let camera = |other: &Other| SlotWish {
                    participant: other.participant.id,
                    source: Source::Camera,
                    height: HEIGHT_UNASKED,
                };
                self.others.iter().take(TILES_UNASKED).map(camera).collect()
            }
        }
    }

    /// The number of frames that were decoded, in each receiving video section.
    pub(super) fn frames_decoded(&mut self, peer: PeerRef, frames: Vec<u32>) {
        match peer {
            PeerRef::Sfu => {
                if let Some(server) = &mut self.paths.server {
                    server.frames_decoded(frames);
                }
            }
            PeerRef::Participant(_) => {
                let shows = frames.iter().any(|count| *count > 0);
                if let Some(other) = self.other(peer) {
                    other.direct.shows |= shows;
                }
            }
        }
    }

    /// Links of which it matters how many frames were decoded: somebody's picture is to come.
    pub fn waits_for_frames(&self) -> Vec<PeerRef> {
        let sends = |other: &&Other| other.participant.media.camera.is_on();
        let direct = self.others.iter().filter(sends).filter(|other| {
            let is_connected = |link: &Link| link.status() == LinkStatus::Connected;
            !other.direct.shows && other.link.as_ref().is_some_and(is_connected)
        });
        let by_server = self.paths.server.as_ref().filter(|server| {
            let slots =
                self.others.iter().filter(sends).filter_map(|other| server.slot_of(other.participant.id));
            self.paths.is_seen && server.is_connected() && slots.into_iter().any(|slot| !server.flows(slot))
        });
        let direct = direct.map(|other| PeerRef::Participant(other.participant.id));
        direct.chain(by_server.map(|_| PeerRef::Sfu)).collect()
    }

    /// Looks which paths carry media now: whom to show over which, what to tell the room.
    pub(super) fn review_paths(&mut self, now: Duration) {
        if self.phase != Phase::Joined {
            return;
        }
        self.note_connections(now);
        for place in 0..self.others.len() {
            self.choose_path(now, place);
        }
        self.choose_sound();
        self.report_readiness(now);
        self.paths.review_at = self.next_patience(now);
    }

    fn note_connections(&mut self, now: Duration) {
        if let Some(server) = &mut self.paths.server {
            let is_connected = server.is_connected();
            if is_connected && server.connected_at.is_none() {
                server.connected_at = Some(now);
            }
            if matches!(server.link.status(), LinkStatus::Failed(_)) {
                self.lose_server_link(now);
                self.report_failure(Mode::Sfu);
            }
        }
        let mut troubles = Vec::new();
        for other in &mut self.others {
            let Some(link) = &other.link else { continue };
            if link.status() == LinkStatus::Connected {
                other.direct.since.get_or_insert(now);
            }
            if link.has_trouble() && !other.direct.is_reported && other.given_up_at.is_none() {
                other.direct.is_reported = true;
                troubles.push(other.participant.id);
            }
        }
        let Topology { mode, moving, .. } = self.paths.topology;
        for id in troubles {
            if mode == Mode::Mesh {
                self.say(RoomMessage::ReportTrouble { trouble: Trouble::NoPathTo(id) });
            } else if moving.is_some_and(|next| next.mode == Mode::Mesh) {
                self.report_failure(Mode::Mesh);
            }
        }
    }

    /// A path cannot be had.
    fn report_failure(&mut self, failed: Mode) {
        let Topology { epoch, mode, moving, .. } = self.paths.topology;
        let epoch = match moving.filter(|next| next.mode == failed) {
            Some(next) => next.epoch,
            None if mode == failed => epoch,
            None => return,
        };
        self.paths.reported = Some(epoch);
        self.say(RoomMessage::TopologyFailed { epoch });
    }

    fn choose_path(&mut self, now: Duration, place: usize) {
        let (direct, server) = (self.direct_readiness(now, place), self.server_readiness(now, place));
        let id = self.others[place].participant.id;
        let server_link = self.paths.server.as_ref();
        let by_server = server_link.map(|link| Path::Server { link: link.id, slot: link.slot_of(id) });
        let current = self.others[place].path;
        // What shows somebody comes before what only might, and the room's path before the other.
        let is_mesh = self.paths.topology.mode == Mode::Mesh;
        let path = if direct.max(server) == Readiness::None {
            match current {
                Some(Path::Direct) if self.others[place].link.is_some() => current,
                Some(Path::Server { .. }) if by_server.is_some() => by_server,
                Some(_) | None => self.only_path(place, by_server),
            }
        } else if direct > server || direct == server && is_mesh {
            Some(Path::Direct)
        } else {
            by_server
        };
        if path != current {
            self.others[place].path = path;
            self.outputs.push_back(Output::Show { participant: id, path });
        }
    }

    /// The only link there is to somebody carries what it carries, ready or not.
    fn only_path(&self, place: usize, by_server: Option<Path>) -> Option<Path> {
        let direct = self.others[place].link.as_ref().map(|_| Path::Direct);
        if self.paths.topology.mode == Mode::Mesh { direct.or(by_server) } else { by_server.or(direct) }
    }

    fn direct_readiness(&self, now: Duration, place: usize) -> Readiness {
        let Other { link, direct, participant, .. } = &self.others[place];
        if !link.as_ref().is_some_and(|link| link.status() == LinkStatus::Connected) {
            return Readiness::None;
        }
        Readiness::of(direct.shows || !participant.media.camera.is_on(), direct.since, now)
    }

    fn server_readiness(&self, now: Duration, place: usize) -> Readiness {
        let Some(server) = self.paths.server.as_ref().filter(|server| server.is_connected()) else {
            return Readiness::None;
        };
        let participant = &self.others[place].participant;
        let sends = participant.media.camera.is_on() && self.paths.is_seen;
        let slot = server.slot_of(participant.id).filter(|_| sends);
        Readiness::of(slot.is_none_or(|slot| server.flows(slot)), server.connected_at, now)
    }

    fn choose_sound(&mut self) {
        let Some(server) = &self.paths.server else {
            self.paths.sound.clear();
            return;
        };
        let by_server = |id: &ParticipantId| {
            let other = self.others.iter().find(|other| other.participant.id == *id);
            other.is_some_and(|other| matches!(other.path, Some(Path::Server { .. })))
        };
        let sound: Vec<_> = server.audio.iter().map(|slot| slot.as_ref().is_some_and(by_server)).collect();
        if sound != self.paths.sound {
            self.paths.sound.clone_from(&sound);
            self.outputs.push_back(Output::PlaySlots(sound));
        }
    }

    fn report_readiness(&mut self, now: Duration) {
        let Some(next) = self.paths.topology.moving.filter(|next| self.paths.reported != Some(next.epoch))
        else {
            return;
        };
        let is_ready = |place: usize| {
            let is_away = self.others[place].participant.presence == Presence::Away;
            is_away
                || match next.mode {
                    Mode::Mesh => self.direct_readiness(now, place) != Readiness::None,
                    Mode::Sfu => self.server_readiness(now, place) != Readiness::None,
                }
        };
        let has_server = self.others.is_empty()
            || next.mode == Mode::Mesh
            || self.paths.server.as_ref().is_some_and(ServerLink::is_connected);
        if has_server && (0..self.others.len()).all(is_ready) {
            self.paths.reported = Some(next.epoch);
            self.say(RoomMessage::TopologyReady { epoch: next.epoch });
        }
    }

    /// Does what is due about paths.
    pub(super) fn paths_due(&mut self, now: Duration) {
        if self.paths.close_at.is_some_and(|at| at <= now) {
            self.paths.close_at = None;
            for place in 0..self.others.len() {
                if !self.wants_mesh_link(place) {
                    self.close_mesh_link(place);
                }
            }
            if !self.paths.topology.wants_sfu() {
                self.close_server_link();
            }
            self.review_paths(now);
        }
        if self.paths.reopen_at.is_some_and(|at| at <= now) {
            self.paths.reopen_at = None;
            self.arrange(now);
        }
        if self.paths.review_at.is_some_and(|at| at <= now) {
            self.review_paths(now);
        }
    }

    pub(super) fn next_path_timeout(&self) -> Option<Duration> {
        [self.paths.close_at, self.paths.reopen_at, self.paths.review_at].into_iter().flatten().min()
    }

    /// When the next connected path counts as ready that shows nothing.
    fn next_patience(&self, now: Duration) -> Option<Duration> {
        let server = self.paths.server.as_ref().and_then(|server| server.connected_at);
        let links = self.others.iter().filter_map(|other| other.direct.since);
        links.chain(server).map(|since| since + PATIENCE).filter(|at| *at > now).min()
    }

    /// Forgets all links, as after leaving.
    pub(super) fn end_paths(&mut self) {
        self.close_mesh_links();
        self.close_server_link();
        let links_made = self.paths.links_made;
        let tiles = self.paths.tiles.take();
        self.paths = Paths { links_made, tiles, ..Paths::default() };
    }
}
