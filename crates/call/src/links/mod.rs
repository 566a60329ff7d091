//! The links of a call, to people and to nodes of the server: each is negotiated, repaired and given up by itself. Which there
//! have to be is decided elsewhere.

mod inbox;
mod link;
mod negotiation;
mod silence;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::LinkKey;
use protocol::{IceServer, ParticipantId, PeerRef, Presence, Signal, SignalNumber, Source, Switch};

use crate::links::link::Link;
use crate::links::negotiation::Effect;
use crate::{LinkCommand, LinkEvent, LinkStatus, Role};

/// Signals that overtake the news of their sender are kept up to this number in all.
const MAX_UNCLAIMED: usize = 256;

/// The machine. There is one link to each peer at the most.
#[derive(Debug, Default)]
pub(crate) struct Links {
    links: BTreeMap<PeerRef, Link>,
    /// Signals of people the server has not told of yet, or of links that are not open yet.
    unclaimed: BTreeMap<LinkKey, Vec<NumberedSignal>>,
    effects: VecDeque<LinksEffect>,
}

/// A signal, its number, and the first of ours that its sender has not had.
#[derive(Debug)]
pub(crate) struct NumberedSignal {
    pub(crate) number: SignalNumber,
    pub(crate) expects: Option<SignalNumber>,
    pub(crate) signal: Signal,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum LinksEffect {
    /// With a peer connection.
    Do { link: LinkKey, command: LinkCommand },
    /// To be said to the peer.
    Send { link: LinkKey, said: NumberedSignal },
}

impl LinksEffect {
    fn link(&self) -> LinkKey {
        match self {
            Self::Do { link, .. } | Self::Send { link, .. } => *link,
        }
    }
}

/// How a link begins.
#[derive(Debug)]
pub(crate) struct Opening {
    /// The person at this browser: ids decide who offers, and who gives way.
    pub(crate) me: ParticipantId,
    pub(crate) ice_servers: Vec<IceServer>,
    /// What is sent from the beginning.
    pub(crate) captured: Vec<Source>,
    /// Whether the server reaches the peer.
    pub(crate) presence: Presence,
    /// How many video slots there are from the beginning.
    pub(crate) slots: Option<usize>,
}

/// How a link was before something happened to it, and is now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) was_connected: bool,
    pub(crate) is_connected: bool,
}

/// The servers that help a link to this peer.
pub(crate) fn of_use(servers: &[IceServer], peer: PeerRef) -> Vec<IceServer> {
    let is_to_node = matches!(peer, PeerRef::Sfu(_));
    servers.iter().filter(|server| !is_to_node || !server.is_sfu_port).cloned().collect()
}

impl Links {
    pub(crate) fn open(&mut self, now: Duration, key: LinkKey, opening: Opening) {
        let Opening { me, ice_servers, captured, presence, slots } = opening;
        let role = if key.peer.makes_initiator(me) { Role::Initiator } else { Role::Responder };
        let mut link = Link::new(now, key, me);
        let effects = link.open(role, ice_servers, &captured, slots);
        link.peer_is(now, presence);
        self.links.insert(key.peer, link);
        self.take(key, effects);
        self.claim(key);
    }

    pub(crate) fn close(&mut self, key: LinkKey) {
        if self.links.get(&key.peer).is_some_and(|link| link.id() == key.id) {
            self.links.remove(&key.peer);
            // What was to be done with it need not be done any more.
            self.effects.retain(|effect| effect.link() != key);
            self.command(key, LinkCommand::Close);
        }
    }

    /// Nothing of a peer is of interest any more.
    pub(crate) fn forget(&mut self, peer: PeerRef) {
        if let Some(key) = self.to(peer) {
            self.close(key);
        }
        self.unclaimed.retain(|key, _| key.peer != peer);
    }

    pub(crate) fn close_all(&mut self) {
        for key in self.keys() {
            self.close(key);
        }
    }

    /// Signals that wait for the news of their link wait no longer.
    pub(crate) fn forget_unclaimed(&mut self) {
        self.unclaimed.clear();
    }

    /// Does something with the peer connection of a link.
    pub(crate) fn command(&mut self, link: LinkKey, command: LinkCommand) {
        self.effects.push_back(LinksEffect::Do { link, command });
    }

    /// Sends, or stops to send, what is captured from a source, over every link that may still carry it.
    pub(crate) fn publish(&mut self, source: Source, switch: Switch) {
        for link in self.keys() {
            if !matches!(self.status(link), Some(LinkStatus::Failed(_))) {
                self.command(link, LinkCommand::Publish { source, switch });
            }
        }
    }

    pub(crate) fn set_ice_servers(&mut self, servers: &[IceServer]) {
        for link in self.keys() {
            self.command(link, LinkCommand::SetIceServers(of_use(servers, link.peer)));
        }
    }

    /// A signal came. One that overtook the news of its link waits for it.
    pub(crate) fn signal(&mut self, key: LinkKey, said: NumberedSignal) {
        match self.links.get_mut(&key.peer) {
            Some(link) if link.id() == key.id => {
                let effects = link.handle_signal(said.number, said.expects, said.signal);
                self.take(key, effects);
            }
            Some(link) if link.id() > key.id => {}
            Some(_) | None => {
                if self.unclaimed.values().map(Vec::len).sum::<usize>() < MAX_UNCLAIMED {
                    self.unclaimed.entry(key).or_default().push(said);
                }
            }
        }
    }

    /// The browser reports on a link. `None` when there is none such any more.
    pub(crate) fn event(&mut self, now: Duration, key: LinkKey, event: LinkEvent) -> Option<Change> {
        let link = self.links.get_mut(&key.peer).filter(|link| link.id() == key.id)?;
        let was_connected = link.status() == LinkStatus::Connected;
        let effects = link.handle_event(now, event);
        let is_connected = link.status() == LinkStatus::Connected;
        self.take(key, effects);
        Some(Change { was_connected, is_connected })
    }

    pub(crate) fn peer_is(&mut self, now: Duration, peer: PeerRef, presence: Presence) {
        if let Some(link) = self.links.get_mut(&peer) {
            link.peer_is(now, presence);
        }
    }

    pub(crate) fn network_changed(&mut self, now: Duration) {
        self.each(|link| link.network_changed(now));
    }

    /// Says to somebody again what they may have missed.
    pub(crate) fn say_again(&mut self, peer: PeerRef) {
        let Some(link) = self.links.get(&peer) else { return };
        let (key, unconfirmed) = (link.key(), link.unconfirmed());
        let effects = unconfirmed.into_iter().map(|(number, signal)| Effect::Signal(number, signal));
        self.take(key, effects.collect());
    }

    /// Says to everybody what they may have missed while nothing could be said.
    pub(crate) fn say_all_again(&mut self, now: Duration) {
        for key in self.keys() {
            if let Some(link) = self.links.get_mut(&key.peer) {
                link.grant_time(now);
            }
            self.say_again(key.peer);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Duration) {
        self.each(|link| link.handle_timeout(now));
    }

    /// When a link is to be repaired, or given up.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        self.links.values().filter_map(Link::poll_timeout).min()
    }

    pub(crate) fn poll_effect(&mut self) -> Option<LinksEffect> {
        self.effects.pop_front()
    }

    /// The link to a peer, if there is one.
    pub(crate) fn to(&self, peer: PeerRef) -> Option<LinkKey> {
        self.links.get(&peer).map(Link::key)
    }

    /// The link to somebody, if there is one.
    pub(crate) fn to_person(&self, id: ParticipantId) -> Option<LinkKey> {
        self.to(PeerRef::Participant(id))
    }

    /// The links to nodes.
    pub(crate) fn to_nodes(&self) -> impl Iterator<Item = LinkKey> + '_ {
        self.links.values().map(Link::key).filter(|key| matches!(key.peer, PeerRef::Sfu(_)))
    }

    /// The links to people.
    pub(crate) fn to_people(&self) -> impl Iterator<Item = LinkKey> + '_ {
        self.links.values().map(Link::key).filter(|key| matches!(key.peer, PeerRef::Participant(_)))
    }

    /// Every link.
    pub(crate) fn keys(&self) -> Vec<LinkKey> {
        self.to_people().chain(self.to_nodes()).collect()
    }

    pub(crate) fn status(&self, key: LinkKey) -> Option<LinkStatus> {
        self.links.get(&key.peer).filter(|link| link.id() == key.id).map(Link::status)
    }

    pub(crate) fn is_connected(&self, key: LinkKey) -> bool {
        self.status(key) == Some(LinkStatus::Connected)
    }

    /// Whether a link could not be made, or not be repaired; it may still be tried.
    pub(crate) fn has_trouble(&self, key: LinkKey) -> bool {
        self.links.get(&key.peer).is_some_and(|link| link.id() == key.id && link.has_trouble())
    }

    fn each(&mut self, mut work: impl FnMut(&mut Link) -> Vec<Effect>) {
        for key in self.keys() {
            let effects = self.links.get_mut(&key.peer).map(&mut work).unwrap_or_default();
            self.take(key, effects);
        }
    }

    /// Hears what was said about a link before it was open here.
    fn claim(&mut self, key: LinkKey) {
        for said in self.unclaimed.remove(&key).unwrap_or_default() {
            self.signal(key, said);
        }
        // What was said about links before is of no use.
        self.unclaimed.retain(|other, _| other.peer != key.peer || other.id > key.id);
    }

    fn take(&mut self, key: LinkKey, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Do(command) => self.command(key, command),
                Effect::Signal(number, signal) => {
                    let expects = self.links.get(&key.peer).map(Link::expected);
                    let said = NumberedSignal { number, expects, signal };
                    self.effects.push_back(LinksEffect::Send { link: key, said });
                }
            }
        }
    }
}
