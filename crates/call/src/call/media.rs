//! How media travels: carries what media paths, slots and links want done from the one to the other.

use std::time::Duration;

use crate::LinkKey;
use protocol::{MediaVia, NodeId, Participant, PeerRef, Presence, RoomMessage, Source, Trouble};

use seal::Protection;

use super::Call;
use crate::links::{LinksEffect, Opening, of_use};
use crate::media_paths::{PathsEffect, PathsInput, PathsView};
use crate::people::Person;
use crate::slots::{SlotsEffect, SlotsInput};
use crate::uplink::SentOver;
use crate::{LinkEvent, LinkStatus, Output, RemoteParticipant, Secrecy};

impl Call {
    /// Something happened to paths or people: links are opened and closed as they have to be, and publications are shown over
    /// what shows them.
    pub(super) fn paths(&mut self, now: Duration, input: PathsInput) {
        self.note_paths(now, input);
        self.review_paths(now);
    }

    /// The state of links has changed, or time has passed.
    pub(super) fn review_paths(&mut self, now: Duration) {
        self.note_paths(now, PathsInput::Arrange);
        if self.note_paths(now, PathsInput::Review) == Links::Changed {
            self.note_paths(now, PathsInput::Review);
        }
    }

    pub(super) fn paths_timeout(&mut self, now: Duration) {
        if self.paths.poll_timeout().is_some_and(|due| due <= now) {
            let view =
                PathsView::new(self.you.as_ref(), &self.people, &self.links, &self.slots, &self.recording);
            self.paths.handle_timeout(now, &view);
            self.carry_out_paths(now);
            self.review_paths(now);
        }
    }

    pub(super) fn paths_view(&self) -> PathsView<'_> {
        PathsView::new(self.you.as_ref(), &self.people, &self.links, &self.slots, &self.recording)
    }

    /// The same, where more is to happen before anything follows from it.
    pub(super) fn note_paths(&mut self, now: Duration, input: PathsInput) -> Links {
        let view = PathsView::new(self.you.as_ref(), &self.people, &self.links, &self.slots, &self.recording);
        self.paths.handle_input(now, input, &view);
        self.carry_out_paths(now)
    }

    fn carry_out_paths(&mut self, now: Duration) -> Links {
        let mut links = Links::AsBefore;
        while let Some(effect) = self.paths.poll_effect() {
            match effect {
                PathsEffect::Open(link) => {
                    links = Links::Changed;
                    self.open_link(now, link);
                }
                PathsEffect::Close(link) => {
                    links = Links::Changed;
                    self.links.close(link);
                    self.slots.handle_input(SlotsInput::Closed(link), &self.people);
                    self.carry_out_links();
                }
                PathsEffect::Show { key, via } => self.outputs.push_back(Output::Show { key, via }),
                PathsEffect::PlaySlots { link, played } => {
                    self.outputs.push_back(Output::PlaySlots { link, played });
                }
                PathsEffect::SubscribeAgain => {
                    self.slots.handle_input(SlotsInput::TellAgain, &self.people);
                    self.carry_out_slots();
                }
                PathsEffect::Ready { epoch } => self.say(RoomMessage::TopologyReady { epoch }),
                PathsEffect::Failed { epoch } => self.say(RoomMessage::TopologyFailed { epoch }),
                PathsEffect::Report(trouble) => self.say(RoomMessage::ReportTrouble { trouble }),
            }
        }
        links
    }

    fn open_link(&mut self, now: Duration, link: LinkKey) {
        let Some(me) = self.me() else { return };
        let (presence, slots) = match link.peer {
            PeerRef::Participant(id) => (self.people.participant(id).map(|other| other.presence), None),
            PeerRef::Sfu(_) => (Some(Presence::Here), Some(self.slots.open(link, &self.people))),
        };
        let ice_servers = of_use(self.ice.servers(), link.peer);
        let (captured, presence) = (self.sent(), presence.unwrap_or_default());
        self.links.open(now, link, Opening { me, ice_servers, captured, presence, slots });
        self.carry_out_links();
        self.carry_out_slots();
    }

    /// Something happened to slots.
    pub(super) fn slots(&mut self, now: Duration, input: SlotsInput) {
        self.slots.handle_input(input, &self.people);
        self.carry_out_slots();
        self.review_paths(now);
    }

    fn carry_out_slots(&mut self) {
        while let Some(effect) = self.slots.poll_effect() {
            match effect {
                SlotsEffect::SetSlots { link, video } => {
                    self.links.command(link, crate::LinkCommand::SetSlots { video });
                    self.carry_out_links();
                }
                SlotsEffect::Subscribe { link: LinkKey { peer: PeerRef::Sfu(node), id }, subscriptions } => {
                    self.say(RoomMessage::SetSlots { node, link: id, slots: subscriptions });
                }
                // People have no slots.
                SlotsEffect::Subscribe { link: LinkKey { peer: PeerRef::Participant(_), .. }, .. } => {}
                SlotsEffect::Expect { link, publications } => {
                    self.outputs.push_back(Output::ExpectInSlots { link, publications });
                }
            }
        }
    }

    pub(super) fn carry_out_links(&mut self) {
        while let Some(effect) = self.links.poll_effect() {
            match effect {
                LinksEffect::Do { link, command } => self.outputs.push_back(Output::Link { link, command }),
                // Signals have numbers of their own, and are said again by their links.
                LinksEffect::Send { link: LinkKey { peer: to, id: link }, said } => {
                    let (number, expects, signal) = (said.number, said.expects, said.signal);
                    self.say_once(RoomMessage::Signal { to, link, number, expects, signal });
                }
            }
        }
    }

    pub(super) fn link_event(&mut self, now: Duration, link: LinkKey, event: LinkEvent) {
        match event {
            LinkEvent::Keyframes(counts) => {
                let shown = counts.into_iter().filter(|(_, count)| *count > 0).map(|(source, _)| source);
                if self.links.status(link).is_some() {
                    self.paths(now, PathsInput::Shows(link, shown.collect()));
                }
            }
            LinkEvent::SlotKeyframes(counts) => self.slots(now, SlotsInput::Keyframes(link, counts)),
            LinkEvent::Short(is_short) => self.note_uplink(now, link, is_short),
            LinkEvent::NegotiationNeeded
            | LinkEvent::LocalDescription { .. }
            | LinkEvent::RemoteDescriptionApplied
            | LinkEvent::NegotiationFailed
            | LinkEvent::Candidate(_)
            | LinkEvent::EndOfCandidates
            | LinkEvent::ConnectionState(_) => self.link_changed(now, link, event),
        }
    }

    fn link_changed(&mut self, now: Duration, link: LinkKey, event: LinkEvent) {
        let Some(change) = self.links.event(now, link, event) else { return };
        if change.was_connected && !change.is_connected {
            self.doubt_signalling(now);
        }
        if let PeerRef::Participant(id) = link.peer
            && !change.is_connected
            && self.people.get(id).is_some_and(Person::is_given_up)
        {
            return self.part_from(now, id);
        }
        self.carry_out_links();
        self.review_paths(now);
    }

    /// Links of which it matters whether they are short of bandwidth: those over which media is sent.
    pub fn sends_over(&self) -> Vec<LinkKey> {
        let topology = self.paths.topology();
        let connected = |link: &LinkKey| self.links.is_connected(*link);
        match (topology.migration.is_some(), topology.via) {
            (true, _) => Vec::new(),
            (false, MediaVia::Mesh) => self.links.to_people().filter(connected).collect(),
            (false, MediaVia::Sfu(_)) => self.links.to_nodes().filter(connected).collect(),
        }
    }

    /// A link says whether it would send more if the uplink let it.
    fn note_uplink(&mut self, now: Duration, link: LinkKey, is_short: bool) {
        let links = self.sends_over();
        if !links.contains(&link) {
            return;
        }
        let over = match self.paths.topology().via {
            MediaVia::Mesh => SentOver::Direct(&links),
            MediaVia::Sfu(_) => SentOver::Node(&links),
        };
        if self.uplink.note(now, self.paths.topology().epoch, link, is_short, over) {
            self.say(RoomMessage::ReportTrouble { trouble: Trouble::WeakUplink });
        }
    }

    /// Whether others see this person less well than they could, because the uplink carries no more.
    pub(super) fn uplink_is_weak(&self) -> bool {
        let is_on = |source| self.publications.of(source).is_on();
        // Who is alone sends to nobody, or to a recording.
        (self.recording.id().is_some() || self.people.iter().next().is_some())
            && self.uplink.is_weak()
            && (is_on(Source::Camera) || is_on(Source::Screen))
    }

    pub(super) fn wanted_layers(&mut self, link: LinkKey, source: Source, layers: u8) {
        if self.links.status(link).is_some() {
            self.links.command(link, crate::LinkCommand::SetLayers { source, layers });
            self.carry_out_links();
        }
    }

    /// Forgets all links, as after leaving.
    pub(super) fn end_links(&mut self) {
        for link in self.links.keys() {
            self.slots.handle_input(SlotsInput::Closed(link), &self.people);
        }
        self.links.close_all();
        self.paths.end();
        self.carry_out_links();
    }

    fn secrecy_of(&self, participant: &Participant) -> Secrecy {
        match self.protection.now() {
            Protection::Sealed | Protection::Withheld => self.encryption.secrecy_of(participant),
            Protection::Plaintext => Secrecy::Plaintext,
        }
    }

    pub(super) fn snapshot_of(&self, person: &Person) -> RemoteParticipant {
        let participant = person.participant();
        let voice = self.paths.shown_via(participant.id.publication(Source::Microphone));
        let by_node = || self.links.to_nodes().next();
        let link = voice.map(|via| via.link).or(self.links.to_person(participant.id)).or_else(by_node);
        let is_paused = |source: &Source| {
            let key = participant.id.publication(*source);
            let via = self.paths.shown_via(key);
            participant.media.of(*source).is_on()
                && via.is_some_and(|via| self.slots.is_paused(via.link, key))
        };
        RemoteParticipant {
            participant: participant.clone(),
            link: link.and_then(|link| self.links.status(link)).unwrap_or(LinkStatus::Connecting),
            speaking: person.is_speaking(),
            secrecy: self.secrecy_of(participant),
            paused: Source::ALL.into_iter().filter(is_paused).collect(),
            unverified: self.encryption.is_unverified(participant),
            key_changed: self.encryption.has_key_changed(participant.id),
        }
    }
}

/// Whether links were opened or closed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    AsBefore,
    Changed,
}

/// The link of this person to a node, by its generation.
pub(super) fn link_to(node: NodeId, id: protocol::LinkId) -> LinkKey {
    LinkKey { peer: PeerRef::Sfu(node), id }
}
