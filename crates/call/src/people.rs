//! The other people in a call, and the links to them.

use std::time::Duration;

use protocol::{
    ClientMessage, DisplayName, Joined, LeaveReason, Participant, ParticipantId, PeerRef, Presence, Signal,
    SignalNumber,
};

use crate::call::Other;
use crate::link::Link;
use crate::negotiation::{Effect, Politeness};
use crate::speaking::Speaking;
use crate::{
    Call, LinkCommand, LinkEvent, LinkStatus, Notice, Output, Phase, RemoteParticipant, Role, Signalling,
};

/// Signals that overtake the news of their sender are kept up to this number in all.
const MAX_UNCLAIMED: usize = 256;

/// How long a link to somebody goes on whom the server does not find again. Hosts decide about people through the server;
/// nobody gets round them for longer.
const GIVEN_UP_FOR: Duration = Duration::from_secs(5 * 60);

impl Call {
    /// Everybody who is there, told anew.
    pub(crate) fn meet(&mut self, now: Duration, joined: &Joined) {
        if joined.continued {
            self.meet_again(now, joined);
        } else {
            for other in std::mem::take(&mut self.others) {
                self.link_command(other.link.peer(), LinkCommand::Close);
            }
            for participant in joined.participants.clone() {
                self.open_link(now, participant, Role::Initiator);
            }
        }
    }

    /// Links to those who are still there go on. Who is not known came later, and offers.
    fn meet_again(&mut self, now: Duration, joined: &Joined) {
        let is_there = |id: ParticipantId| joined.participants.iter().any(|one| one.id == id);
        let gone: Vec<_> =
            self.others.iter().map(|other| other.participant.id).filter(|id| !is_there(*id)).collect();
        for id in gone {
            self.part_from(id);
        }
        for participant in joined.participants.clone() {
            match self.other(participant.id.into()) {
                Some(other) => {
                    other.participant = participant;
                    other.given_up_at = None;
                }
                None => self.open_link(now, participant, Role::Responder),
            }
        }
    }

    pub(crate) fn participant_joined(&mut self, now: Duration, participant: Participant) {
        if self.phase != Phase::Joined || self.is_me(participant.id) {
            return;
        }
        match self.other(participant.id.into()).map(|other| other.given_up_at.is_some()) {
            Some(false) => return,
            // Their page has begun anew, and so do the links to it.
            Some(true) => _ = self.forget(participant.id),
            None => {
                let notice = Notice::ParticipantJoined(participant.name.clone());
                self.outputs.push_back(Output::Notify(notice));
            }
        }
        self.open_link(now, participant, Role::Responder);
    }

    pub(crate) fn participant_left(&mut self, now: Duration, id: ParticipantId, reason: LeaveReason) {
        if let Some(other) = self.other(id.into())
            && reason == LeaveReason::Disconnected
            && other.link.status() == LinkStatus::Connected
        {
            // It is the server that does not reach them; we do.
            other.given_up_at = Some(now);
            other.participant.presence = Presence::Away;
            return;
        }
        self.part_from(id);
    }

    /// When the first link ends that the server has given up.
    pub(crate) fn next_given_up(&self) -> Option<Duration> {
        self.others.iter().filter_map(|other| other.given_up_at).min().map(|at| at + GIVEN_UP_FOR)
    }

    /// Ends links to people whom the server has not found again.
    pub(crate) fn part_from_given_up(&mut self, now: Duration) {
        let is_over = |other: &&Other| other.given_up_at.is_some_and(|at| at + GIVEN_UP_FOR <= now);
        let over: Vec<_> = self.others.iter().filter(is_over).map(|other| other.participant.id).collect();
        for id in over {
            self.part_from(id);
        }
    }

    pub(crate) fn participant_updated(&mut self, now: Duration, participant: Participant) {
        if self.is_me(participant.id) {
            self.you = Some(participant);
            return;
        }
        let Some(other) = self.other(participant.id.into()) else { return };
        let is_back = other.participant.presence == Presence::Away && participant.presence == Presence::Here;
        let has_raised = other.participant.hand.is_none() && participant.hand.is_some();
        let (id, name) = (participant.id, participant.name.clone());
        other.participant = participant;
        if is_back {
            other.link.grant_time(now);
            self.say_signals_again(id.into());
        }
        if has_raised {
            self.outputs.push_back(Output::Notify(Notice::HandRaised(name)));
        }
    }

    pub(crate) fn signal(
        &mut self,
        from: PeerRef,
        number: SignalNumber,
        ack: Option<SignalNumber>,
        signal: Signal,
    ) {
        if let Some(other) = self.other(from) {
            let effects = other.link.handle_signal(number, ack, signal);
            self.carry_out(from, effects);
        } else if self.unclaimed.values().map(Vec::len).sum::<usize>() < MAX_UNCLAIMED {
            self.unclaimed.entry(from).or_default().push((number, ack, signal));
        }
    }

    pub(crate) fn link_event(&mut self, now: Duration, peer: PeerRef, event: LinkEvent) {
        let Some(other) = self.other(peer) else { return };
        let effects = other.link.handle_event(now, event);
        let is_over = other.given_up_at.is_some() && other.link.status() != LinkStatus::Connected;
        let id = other.participant.id;
        if is_over {
            return self.part_from(id);
        }
        self.carry_out(peer, effects);
    }

    /// Says again what a peer may have missed.
    pub(crate) fn say_signals_again(&mut self, peer: PeerRef) {
        let Some(other) = self.other(peer) else { return };
        let unconfirmed = other.link.unconfirmed();
        let effects = unconfirmed.into_iter().map(|(number, signal)| Effect::Signal(number, signal));
        self.carry_out(peer, effects.collect());
    }

    /// Says to everybody what they may have missed while nothing could be said.
    pub(crate) fn say_all_signals_again(&mut self, now: Duration) {
        for other in &mut self.others {
            other.link.grant_time(now);
        }
        let peers: Vec<_> = self.others.iter().map(|other| other.link.peer()).collect();
        for peer in peers {
            self.say_signals_again(peer);
        }
    }

    pub(crate) fn carry_out(&mut self, peer: PeerRef, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Do(command) => self.link_command(peer, command),
                Effect::Signal(number, signal) => {
                    let expects = self.other(peer).map(|other| other.link.expected());
                    // Signals have numbers of their own, and are said again by their links.
                    self.say_once(ClientMessage::Signal { to: peer, number, expects, signal });
                }
            }
        }
    }

    pub(crate) fn name_of(&self, id: ParticipantId) -> Option<DisplayName> {
        let others = self.others.iter().map(|other| &other.participant);
        others.chain(&self.you).find(|one| one.id == id).map(|one| one.name.clone())
    }

    pub(crate) fn is_me(&self, id: ParticipantId) -> bool {
        self.you.as_ref().is_some_and(|you| you.id == id)
    }

    fn open_link(&mut self, now: Duration, participant: Participant, role: Role) {
        let Some(me) = self.you.as_ref().map(|you| you.id) else { return };
        let peer = PeerRef::Participant(participant.id);
        let politeness = if peer.makes_polite(me) { Politeness::Polite } else { Politeness::Impolite };
        let mut link = Link::new(now, peer, politeness);
        let effects = link.open(role, self.ice_servers.clone(), &self.publications);
        self.others.push(Other { participant, link, speaking: Speaking::default(), given_up_at: None });
        self.carry_out(peer, effects);
        for (number, ack, signal) in self.unclaimed.remove(&peer).unwrap_or_default() {
            self.signal(peer, number, ack, signal);
        }
    }

    fn part_from(&mut self, id: ParticipantId) {
        if let Some(name) = self.name_of(id).filter(|_| self.forget(id)) {
            self.outputs.push_back(Output::Notify(Notice::ParticipantLeft(name)));
        }
    }

    fn forget(&mut self, id: ParticipantId) -> bool {
        let Some(place) = self.others.iter().position(|other| other.participant.id == id) else {
            return false;
        };
        let other = self.others.remove(place);
        self.link_command(other.link.peer(), LinkCommand::Close);
        true
    }

    /// Whether the server is in reach.
    pub(crate) fn is_connected(&self) -> bool {
        self.line.signalling == Signalling::Connected
    }
}

impl Other {
    pub(crate) fn snapshot(&self) -> RemoteParticipant {
        RemoteParticipant {
            participant: self.participant.clone(),
            link: self.link.status(),
            speaking: self.speaking.is_speaking() && self.participant.media.microphone.is_on(),
        }
    }
}
