//! The links of a call and what they bring: carries out what the call wants of each, and keeps tiles and sound on the path
//! the call has chosen.

use std::collections::BTreeMap;

use call::{Input, LinkCommand, LinkEvent, Path, Source};
use protocol::{ParticipantId, PeerRef, SlotWish};
use web_sys::RtcRtpReceiver;

use crate::capture::Captures;
use crate::event::{Events, LinkNumber};
use crate::link::PeerLink;
use crate::sealing::Sealing;
use crate::stats::SelectedPath;
use crate::videos::Videos;
use crate::{levels, sealing};

/// Every link, and where its media plays.
pub(crate) struct Media {
    pub(crate) videos: Videos,
    links: BTreeMap<PeerRef, PeerLink>,
    links_made: u32,
    /// By which path each link was seen to go last.
    selected: BTreeMap<PeerRef, SelectedPath>,
    paths: BTreeMap<ParticipantId, Path>,
    /// Who is on the screen, as the call was told last.
    tiles: Vec<SlotWish>,
    events: Events,
    /// Without it nothing is sent or played.
    sealing: Option<Sealing>,
}

impl Media {
    pub(crate) fn new(events: Events) -> Self {
        Self {
            videos: Videos::default(),
            links: BTreeMap::new(),
            links_made: 0,
            selected: BTreeMap::new(),
            paths: BTreeMap::new(),
            tiles: Vec::new(),
            sealing: sealing::is_supported().then(|| Sealing::start(&events)).flatten(),
            events,
        }
    }

    pub(crate) fn is_current(&self, peer: PeerRef, number: LinkNumber) -> bool {
        self.links.get(&peer).is_some_and(|link| link.number() == number)
    }

    /// Does something with one link; returns what the call is to be told at once.
    pub(crate) fn command(
        &mut self,
        peer: PeerRef,
        command: LinkCommand,
        captures: &Captures,
    ) -> Option<LinkEvent> {
        match command {
            LinkCommand::Open { role, ice_servers } => {
                self.links_made += 1;
                let number = LinkNumber(self.links_made);
                let Some(sealing) = &self.sealing else { return Some(LinkEvent::NegotiationFailed) };
                match PeerLink::open(peer, number, role, &ice_servers, &self.events, sealing) {
                    Ok(link) => _ = self.links.insert(peer, link),
                    Err(_) => return Some(LinkEvent::NegotiationFailed),
                }
                self.connect_audio_slots(peer);
            }
            LinkCommand::Publish { source, switch } => {
                let track = captures.track(source).filter(|_| switch.is_on());
                self.links.get(&peer)?.send(source, track);
            }
            LinkCommand::SetSlots { video } => self.links.get_mut(&peer)?.set_slots(video),
            LinkCommand::Close => {
                self.links.remove(&peer);
                self.connect_audio_slots(peer);
            }
            LinkCommand::SetLayers { .. }
            | LinkCommand::CreateOffer
            | LinkCommand::ApplyOffer(_)
            | LinkCommand::CreateAnswer
            | LinkCommand::ApplyAnswer(_)
            | LinkCommand::AddCandidate(_)
            | LinkCommand::AddEndOfCandidates
            | LinkCommand::SetIceServers(_)
            | LinkCommand::RestartIce => {
                self.links.get(&peer)?.command(command, |source| captures.track(source).cloned());
            }
        }
        None
    }

    /// What seals and opens media, where the browser can do that.
    pub(crate) fn sealing(&self) -> Option<&Sealing> {
        self.sealing.as_ref()
    }

    /// Whom the video slots of the link to the server show.
    pub(crate) fn expect_in_slots(&self, slots: Vec<Option<ParticipantId>>) {
        match (self.links.get(&PeerRef::Sfu), &self.sealing) {
            (Some(link), _) => link.expect_in_slots(slots),
            (None, Some(sealing)) => sealing.expect_in_slots(slots, &[]),
            (None, None) => {}
        }
    }

    /// Shows somebody over this path from now on.
    pub(crate) fn show(&mut self, participant: ParticipantId, path: Option<Path>) {
        match path {
            Some(path) => {
                self.paths.insert(participant, path);
                self.connect(participant);
            }
            None => {
                self.paths.remove(&participant);
                self.videos.forget(participant);
            }
        }
    }

    /// A link has brought a track.
    pub(crate) fn track_came(&mut self, peer: PeerRef) {
        if let PeerRef::Participant(id) = peer {
            self.connect(id);
        }
    }

    /// How loud everybody is.
    pub(crate) fn levels(&self) -> Vec<Input> {
        let direct = self.paths.iter().filter(|(_, path)| **path == Path::Direct).filter_map(|(id, _)| {
            let receiver = self.links.get(&PeerRef::Participant(*id))?.receiver(Source::Microphone)?;
            Some(Input::Level { participant: Some(*id), level: levels::received(&receiver) })
        });
        let slots = self.links.get(&PeerRef::Sfu).map(PeerLink::audio_slots).unwrap_or_default();
        let slots = slots.into_iter().enumerate();
        let by_server =
            slots.map(|(slot, receiver)| Input::SlotLevel { slot, level: levels::received(&receiver) });
        direct.chain(by_server).collect()
    }

    /// Asks how much of a link was decoded; the answer is an event.
    pub(crate) fn count_frames(&self, peer: PeerRef) {
        if let Some(link) = self.links.get(&peer) {
            link.count_frames();
        }
    }

    /// Asks whether a link is short of bandwidth; the answer is an event.
    pub(crate) fn look_at_uplink(&self, peer: PeerRef) {
        if let Some(link) = self.links.get(&peer) {
            link.look_at_uplink();
        }
    }

    /// Asks by which paths links go; the answers are events.
    pub(crate) fn look_at_paths(&self) {
        for link in self.links.values() {
            link.look_at_path();
        }
    }

    /// A link goes by this path.
    pub(crate) fn path_seen(&mut self, peer: PeerRef, number: LinkNumber, path: Option<SelectedPath>) {
        if self.is_current(peer, number) {
            match path {
                Some(path) => _ = self.selected.insert(peer, path),
                None => _ = self.selected.remove(&peer),
            }
        }
    }

    /// The paths of the links there are.
    pub(crate) fn selected_paths(&self) -> impl Iterator<Item = (PeerRef, SelectedPath)> {
        let has_link = |peer: &PeerRef| self.links.contains_key(peer);
        self.selected.iter().map(|(peer, path)| (*peer, *path)).filter(move |(peer, _)| has_link(peer))
    }

    /// Who is on the screen, when that has changed.
    pub(crate) fn news_of_tiles(&mut self) -> Option<Vec<SlotWish>> {
        let tiles = self.videos.tiles();
        if self.tiles == tiles {
            return None;
        }
        self.tiles.clone_from(&tiles);
        Some(tiles)
    }

    fn connect(&mut self, participant: ParticipantId) {
        let Some(path) = self.paths.get(&participant) else { return };
        let tracks: Vec<_> = match path {
            Path::Direct => {
                let Some(link) = self.links.get(&PeerRef::Participant(participant)) else { return };
                Source::ALL
                    .into_iter()
                    .filter_map(|source| link.receiver(source))
                    .map(|one| one.track())
                    .collect()
            }
            Path::Server { slot, .. } => {
                let Some(link) = self.links.get(&PeerRef::Sfu) else { return };
                slot.and_then(|slot| link.slot(slot)).into_iter().collect()
            }
        };
        self.videos.play(Some(participant), &tracks);
    }

    fn connect_audio_slots(&mut self, peer: PeerRef) {
        if peer == PeerRef::Sfu {
            let receivers = self.links.get(&PeerRef::Sfu).map(PeerLink::audio_slots).unwrap_or_default();
            self.videos.audio_slots(receivers.iter().map(RtcRtpReceiver::track));
        }
    }
}
