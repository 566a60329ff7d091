//! The other people in a call, and the links to them.

use std::time::Duration;

use protocol::{
    DisplayName, Joined, LeaveReason, LinkId, Participant, ParticipantId, PeerRef, Presence, RoomMessage,
};

use super::Call;
use crate::link::Link;
use crate::negotiation::Effect;
use crate::other::{Other, Unclaimed};
use crate::paths::Flow;
use crate::speaking::Speaking;
use crate::{LinkCommand, LinkEvent, LinkStatus, Notice, Output, Path, Phase, RemoteParticipant, Signalling};

/// Signals that overtake the news of their sender are kept up to this number in all.
const MAX_UNCLAIMED: usize = 256;

/// How long a link to somebody goes on whom the server does not find again. Hosts decide about people through the server;
/// nobody gets round them for longer.
const GIVEN_UP_FOR: Duration = Duration::from_secs(5 * 60);

impl Call {
    /// Everybody who is there, told anew.
    pub(super) fn meet(&mut self, now: Duration, joined: &Joined) {
        if joined.continued {
            return self.meet_again(now, joined);
        }
        self.end_paths();
        self.others.clear();
        self.topology_of_newcomer(joined.topology);
        for participant in joined.participants.clone() {
            // Twice the same person would be two keys with one mark.
            if !self.is_me(participant.id) && !self.knows(participant.id) {
                self.add(participant);
            }
        }
        self.begin_encryption(joined.grant.as_ref());
        self.assign_slots();
        self.arrange(now);
    }

    /// Links to those who are still there go on.
    fn meet_again(&mut self, now: Duration, joined: &Joined) {
        let is_there = |id: ParticipantId| joined.participants.iter().any(|one| one.id == id);
        let gone: Vec<_> =
            self.others.iter().map(|other| other.participant.id).filter(|id| !is_there(*id)).collect();
        for id in gone {
            self.part_from(now, id);
        }
        let known: Vec<_> = self.others.iter().filter_map(|other| other.participant.key.clone()).collect();
        for participant in joined.participants.clone() {
            match self.other(participant.id.into()) {
                Some(_) => self.hear_after_absence(now, participant),
                None => self.add(participant),
            }
        }
        // Whoever has another key than before opens nothing of what was said until now.
        let keys = self.others.iter().map(|other| other.participant.key.clone());
        if keys.flatten().any(|key| !known.contains(&key)) {
            self.step_forward();
        }
        self.go_on_with_encryption();
        self.assign_slots();
        self.topology_after_absence(now, joined.topology);
    }

    fn hear_after_absence(&mut self, now: Duration, participant: Participant) {
        let id = participant.id;
        let Some(other) = self.other(id.into()) else { return };
        let key = other.participant.key.clone();
        other.update(now, participant);
        other.given_up_at = None;
        let participant = other.participant.clone();
        if key.is_some() && participant.key != key {
            self.key_exchanged(&participant);
            self.exclude(now, id);
        }
    }

    fn add(&mut self, participant: Participant) {
        self.others.push(Other {
            participant,
            link: None,
            direct: Flow::default(),
            path: None,
            came_during: None,
            speaking: Speaking::default(),
            given_up_at: None,
        });
    }

    pub(super) fn participant_joined(&mut self, now: Duration, participant: Participant) {
        if self.phase != Phase::Joined || self.is_me(participant.id) {
            return;
        }
        let id = participant.id;
        match self.other(id.into()).map(|other| other.given_up_at.is_some()) {
            Some(false) => return,
            // Their page has begun anew, and so do the links to it.
            Some(true) => {
                self.forget(id);
                self.exclude(now, id);
            }
            None => {
                let notice = Notice::ParticipantJoined(participant.name.clone());
                self.outputs.push_back(Output::Notify(notice));
            }
        }
        self.add(participant);
        let during = self.paths.leaving_mesh();
        if let Some(other) = self.other(id.into()) {
            other.came_during = during;
        }
        self.introduce(id);
        self.assign_slots();
        self.arrange(now);
    }

    pub(super) fn participant_left(&mut self, now: Duration, id: ParticipantId, reason: LeaveReason) {
        if let Some(other) = self.other(id.into())
            && reason == LeaveReason::Disconnected
            && other.link.as_ref().is_some_and(|link| link.status() == LinkStatus::Connected)
        {
            // It is the server that does not reach them; we do.
            other.given_up_at = Some(now);
            other.participant.presence = Presence::Away;
            return;
        }
        self.part_from(now, id);
    }

    /// When the first link ends that the server has given up.
    pub(super) fn next_given_up(&self) -> Option<Duration> {
        self.others.iter().filter_map(|other| other.given_up_at).min().map(|at| at + GIVEN_UP_FOR)
    }

    /// Ends links to people whom the server has not found again.
    pub(super) fn part_from_given_up(&mut self, now: Duration) {
        let is_over = |other: &&Other| other.given_up_at.is_some_and(|at| at + GIVEN_UP_FOR <= now);
        let over: Vec<_> = self.others.iter().filter(is_over).map(|other| other.participant.id).collect();
        for id in over {
            self.part_from(now, id);
        }
    }

    pub(super) fn participant_updated(&mut self, now: Duration, participant: Participant) {
        if self.is_me(participant.id) {
            self.you = Some(participant);
            return;
        }
        let Some(other) = self.other(participant.id.into()) else { return };
        let is_back = other.participant.presence == Presence::Away && participant.presence == Presence::Here;
        let has_raised = other.participant.hand.is_none() && participant.hand.is_some();
        let (id, name) = (participant.id, participant.name.clone());
        let key = other.participant.key.clone();
        other.update(now, participant);
        let has_other_key = other.participant.key != key;
        let was_exchanged = key.is_some() && has_other_key;
        let participant = other.participant.clone();
        if is_back {
            self.say_signals_again(id.into());
        }
        if was_exchanged {
            self.key_exchanged(&participant);
        }
        if has_other_key {
            self.exclude(now, id);
            self.introduce(id);
        } else if is_back {
            self.send_keys_again(id);
        }
        self.review_paths(now);
        if has_raised {
            self.outputs.push_back(Output::Notify(Notice::HandRaised(name)));
        }
    }

    pub(super) fn signal(&mut self, from: PeerRef, id: LinkId, (number, ack, signal): Unclaimed) {
        let known = self.link(from).map(|link| link.id());
        if known == Some(id) {
            let effects = self.link(from).map(|link| link.handle_signal(number, ack, signal));
            self.carry_out(from, effects.unwrap_or_default());
        } else if known.is_none_or(|known| known < id)
            && self.unclaimed.values().map(Vec::len).sum::<usize>() < MAX_UNCLAIMED
        {
            self.unclaimed.entry((from, id)).or_default().push((number, ack, signal));
        }
    }

    /// Hears what was said about a link before it was open here.
    pub(super) fn claim(&mut self, peer: PeerRef, id: LinkId) {
        for unclaimed in self.unclaimed.remove(&(peer, id)).unwrap_or_default() {
            self.signal(peer, id, unclaimed);
        }
        // What was said about links before is of no use.
        self.unclaimed.retain(|(from, link), _| *from != peer || *link > id);
    }

    pub(super) fn link_event(&mut self, now: Duration, peer: PeerRef, event: LinkEvent) {
        if let LinkEvent::Frames(frames) = event {
            self.frames_decoded(peer, frames);
            return self.review_paths(now);
        }
        if let LinkEvent::Short(is_short) = event {
            return self.hear_of_uplink(now, peer, is_short);
        }
        let Some(link) = self.link(peer) else { return };
        let was_connected = link.status() == LinkStatus::Connected;
        let effects = link.handle_event(now, event);
        let is_connected = link.status() == LinkStatus::Connected;
        if was_connected && !is_connected {
            self.doubt_line(now);
        }
        if let Some(other) = self.other(peer)
            && other.given_up_at.is_some()
            && !is_connected
        {
            let id = other.participant.id;
            return self.part_from(now, id);
        }
        self.carry_out(peer, effects);
        self.review_paths(now);
    }

    /// Says again what a peer may have missed.
    pub(super) fn say_signals_again(&mut self, peer: PeerRef) {
        let Some(link) = self.link(peer) else { return };
        let unconfirmed = link.unconfirmed();
        let effects = unconfirmed.into_iter().map(|(number, signal)| Effect::Signal(number, signal));
        self.carry_out(peer, effects.collect());
    }

    /// Says to everybody what they may have missed while nothing could be said.
    pub(super) fn say_all_signals_again(&mut self, now: Duration) {
        for peer in self.linked_peers() {
            if let Some(link) = self.link(peer) {
                link.grant_time(now);
            }
            self.say_signals_again(peer);
        }
    }

    pub(super) fn carry_out(&mut self, peer: PeerRef, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Do(command) => self.link_command(peer, command),
                Effect::Signal(number, signal) => {
                    let Some(link) = self.link(peer) else { continue };
                    let (link, expects) = (link.id(), Some(link.expected()));
                    // Signals have numbers of their own, and are said again by their links.
                    self.say_once(RoomMessage::Signal { to: peer, link, number, expects, signal });
                }
            }
        }
    }

    pub(super) fn name_of(&self, id: ParticipantId) -> Option<DisplayName> {
        let others = self.others.iter().map(|other| &other.participant);
        others.chain(&self.you).find(|one| one.id == id).map(|one| one.name.clone())
    }

    pub(super) fn is_me(&self, id: ParticipantId) -> bool {
        self.you.as_ref().is_some_and(|you| you.id == id)
    }

    fn part_from(&mut self, now: Duration, id: ParticipantId) {
        if let Some(name) = self.name_of(id).filter(|_| self.forget(id)) {
            self.outputs.push_back(Output::Notify(Notice::ParticipantLeft(name)));
            self.exclude(now, id);
            self.assign_slots();
            self.review_paths(now);
        }
    }

    fn forget(&mut self, id: ParticipantId) -> bool {
        let Some(place) = self.others.iter().position(|other| other.participant.id == id) else {
            return false;
        };
        let other = self.others.remove(place);
        if let Some(link) = other.link {
            self.link_command(link.peer(), LinkCommand::Close);
        }
        if other.path.is_some() {
            self.outputs.push_back(Output::Show { participant: id, path: None });
        }
        self.unclaimed.retain(|(from, _), _| *from != PeerRef::Participant(id));
        true
    }

    /// Whether the server is in reach.
    pub(super) fn is_connected(&self) -> bool {
        self.line.signalling == Signalling::Connected
    }
}

impl Call {
    pub(super) fn snapshot_of(&self, other: &Other) -> RemoteParticipant {
        let by_server = || self.paths.server.as_ref().map(|server| server.link.status());
        let direct = || other.link.as_ref().map(Link::status);
        let link = match other.path {
            Some(Path::Direct) => direct(),
            Some(Path::Server { .. }) => by_server(),
            None => direct().or_else(by_server),
        };
        let is_paused = matches!(other.path, Some(Path::Server { .. }))
            && other.participant.media.camera.is_on()
            && self.paths.server.as_ref().is_some_and(|server| server.paused.contains(&other.participant.id));
        RemoteParticipant {
            participant: other.participant.clone(),
            paused: is_paused,
            link: link.unwrap_or(LinkStatus::Connecting),
            path: other.path,
            speaking: other.speaking.is_speaking() && other.participant.media.microphone.is_on(),
            secrecy: self.encryption.secrecy_of(&other.participant),
            unverified: self.encryption.is_unverified(&other.participant),
            key_changed: self.encryption.trust.has_changed(other.participant.id),
        }
    }
}
