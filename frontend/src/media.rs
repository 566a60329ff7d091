//! The links of a call and what they bring: carries out what the call wants of each, and keeps tiles and sound on the links that the
//! call has chosen.

use std::collections::BTreeMap;

use call::LinkKey;
use call::{Input, LinkCommand, LinkEvent, ShownVia, Statistics, StatsRecord};
use protocol::{MediaKey, MediaKind, PeerRef, Source};
use web_sys::RtcRtpReceiver;

use crate::capture::Captures;
use crate::event::{Events, LinkNumber};
use crate::link::PeerLink;
use crate::sealing::Sealing;
use crate::sounds::Sounds;
use crate::videos::Videos;
use crate::{levels, sealing};

/// Every link, and where its media plays.
pub(crate) struct Media {
    pub(crate) videos: Videos,
    pub(crate) sounds: Sounds,
    links: BTreeMap<LinkKey, PeerLink>,
    links_made: u32,
    /// Whether the camera begins small over the first connection.
    begins_small: bool,
    shown: BTreeMap<MediaKey, ShownVia>,
    statistics: Statistics,
    /// What is on the screen, as the call was told last.
    events: Events,
    /// Without it nothing is sent or played.
    sealing: Option<Sealing>,
}

impl Media {
    /// No links. Over the first one the camera may begin with small pictures, where whoever waits for them waits for the first one.
    pub(crate) fn new(events: Events, begins_small: bool) -> Self {
        Self {
            videos: Videos::new(events.clone()),
            sounds: Sounds::new(events.clone()),
            links: BTreeMap::new(),
            links_made: 0,
            begins_small,
            shown: BTreeMap::new(),
            statistics: Statistics::default(),
            sealing: sealing::is_supported().then(|| Sealing::start(&events)).flatten(),
            events,
        }
    }

    pub(crate) fn is_current(&self, link: LinkKey, number: LinkNumber) -> bool {
        self.links.get(&link).is_some_and(|link| link.number() == number)
    }

    /// A link is connected.
    pub(crate) fn connected(&self, link: LinkKey) {
        if let Some(link) = self.links.get(&link) {
            link.connected();
        }
    }

    /// Does something with one link, over which these of what is captured are sent; returns what the call is to be told at once.
    pub(crate) fn command(
        &mut self,
        link: LinkKey,
        command: LinkCommand,
        (captures, sent): (&Captures, &[Source]),
    ) -> Option<LinkEvent> {
        match command {
            LinkCommand::Open { role, ice_servers } => {
                self.links_made += 1;
                let number = LinkNumber(self.links_made);
                let Some(sealing) = &self.sealing else { return Some(LinkEvent::NegotiationFailed) };
                let begins_small = self.begins_small && self.links.is_empty();
                match PeerLink::open(link, number, role, &ice_servers, (&self.events, sealing), begins_small)
                {
                    Ok(opened) => _ = self.links.insert(link, opened),
                    Err(_) => return Some(LinkEvent::NegotiationFailed),
                }
                self.connect_audio_slots(link);
            }
            LinkCommand::Publish { source, switch } => {
                let track = captures.track(source).filter(|_| switch.is_on());
                self.links.get_mut(&link)?.send(source, track);
            }
            LinkCommand::SetSlots { video } => self.links.get_mut(&link)?.set_slots(video),
            LinkCommand::Close => {
                self.links.remove(&link);
                self.statistics.forget(link);
                self.connect_audio_slots(link);
            }
            LinkCommand::SetLayers { .. }
            | LinkCommand::CreateOffer
            | LinkCommand::ApplyOffer { .. }
            | LinkCommand::CreateAnswer
            | LinkCommand::ApplyAnswer(_)
            | LinkCommand::AddCandidate(_)
            | LinkCommand::AddEndOfCandidates
            | LinkCommand::SetIceServers(_)
            | LinkCommand::RestartIce => {
                let is_answer = command == LinkCommand::CreateAnswer;
                let track = |source| captures.track(source).filter(|_| sent.contains(&source)).cloned();
                self.links.get_mut(&link)?.command(command, track);
                if is_answer {
                    self.track_came(link); // Only now it is known which section carries what.
                }
            }
        }
        None
    }

    /// What seals and opens media, where the browser can do that.
    pub(crate) fn sealing(&self) -> Option<&Sealing> {
        self.sealing.as_ref()
    }

    /// What the video slots of a link to a node show.
    pub(crate) fn expect_in_slots(&mut self, link: LinkKey, publications: Vec<Option<MediaKey>>) {
        if let Some(link) = self.links.get_mut(&link) {
            link.expect_in_slots(publications);
        }
    }

    /// Shows a publication over this link from now on.
    pub(crate) fn show(&mut self, key: MediaKey, via: Option<ShownVia>) {
        match via {
            Some(via) => _ = self.shown.insert(key, via),
            None => _ = self.shown.remove(&key),
        }
        if let Some(video) = key.seen() {
            self.connect(video);
        }
    }

    /// A link has brought a track.
    pub(crate) fn track_came(&mut self, link: LinkKey) {
        if let PeerRef::Participant(id) = link.peer {
            for source in Source::of_kind(MediaKind::Video) {
                self.connect(id.publication(source));
            }
        }
    }

    /// How loud everybody is.
    pub(crate) fn levels(&self) -> Vec<Input> {
        let mut levels = Vec::new();
        for (key, via) in self.shown.iter().filter(|(key, _)| key.source == Source::Microphone) {
            let receiver = self.direct(*via).and_then(|link| link.receiver(key.source));
            let level = receiver.map(|receiver| levels::received(&receiver));
            let participant = Some(key.participant);
            levels.extend(level.map(|level| Input::Level { participant, level }));
        }
        for (&link, opened) in &self.links {
            for (slot, receiver) in opened.audio_slots().iter().enumerate() {
                levels.push(Input::SlotLevel { link, slot, level: levels::received(receiver) });
            }
        }
        levels
    }

    /// Asks how much of a link was decoded; the answer is an event.
    pub(crate) fn count_keyframes(&self, link: LinkKey) {
        if let Some(link) = self.links.get(&link) {
            link.count_keyframes();
        }
    }

    /// Asks whether a link is short of bandwidth; the answer is an event.
    pub(crate) fn look_at_uplink(&self, link: LinkKey) {
        if let Some(link) = self.links.get(&link) {
            link.look_at_uplink();
        }
    }

    /// Asks what links count; the answers are events.
    pub(crate) fn look_at_statistics(&self) {
        for link in self.links.values() {
            link.look_at_statistics();
        }
    }

    /// A link counts this.
    pub(crate) fn statistics_came(&mut self, link: LinkKey, number: LinkNumber, records: &[StatsRecord]) {
        if let Some(counted) = self.links.get(&link).filter(|one| one.number() == number) {
            let sections = counted.stats_sections(self.sounds.played_in(link));
            self.statistics.record(link, records, &sections);
        }
    }

    /// What the call takes.
    pub(crate) fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Plays a picture, and the sound that belongs to it where that comes over a direct link: what comes from a node has elements of
    /// its own.
    fn connect(&mut self, video: MediaKey) {
        let sound = video.companion();
        let heard = sound.and_then(|sound| self.shown.get(&sound));
        if let Some(sound) = sound {
            let receiver = heard.and_then(|via| self.direct(*via)?.receiver(sound.source));
            self.sounds.play(sound, receiver.map(|receiver| receiver.track()));
        }
        let Some(via) = self.shown.get(&video) else { return self.videos.forget(video) };
        let track = match (self.direct(*via), via.slot) {
            (Some(link), _) => link.receiver(video.source).map(|receiver| receiver.track()),
            (None, Some(slot)) => self.links.get(&via.link).and_then(|link| link.slot(slot)),
            (None, None) => None,
        };
        if track.is_some() || !video.source.is_shared() {
            self.videos.play((Some(video.participant), video.source), track.as_ref());
        }
    }

    /// The link to a person, when that is what something is shown over.
    fn direct(&self, via: ShownVia) -> Option<&PeerLink> {
        matches!(via.link.peer, PeerRef::Participant(_)).then(|| self.links.get(&via.link)).flatten()
    }

    fn connect_audio_slots(&mut self, link: LinkKey) {
        let receivers = self.links.get(&link).map(PeerLink::audio_slots).unwrap_or_default();
        self.sounds.audio_slots(link, receivers.iter().map(RtcRtpReceiver::track));
    }
}
