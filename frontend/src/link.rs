//! One RTCPeerConnection: carries out the commands of a link and reports what the browser says. Its listeners detach and
//! it closes when it is dropped.

use std::cell::Cell;
use std::rc::Rc;

use call::LinkKey;
use call::{ConnectionState, LinkCommand, LinkEvent, Role, StatsSection};
use gloo_events::EventListener;
use js_sys::Array;
use protocol::{IceCandidate, IceServer, MediaKey, MediaKind, PeerRef, Sdp, SectionMap, Source};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    MediaStream, MediaStreamTrack, RtcBundlePolicy, RtcConfiguration, RtcIceCandidateInit, RtcIceServer,
    RtcPeerConnection, RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcRtpReceiver, RtcRtpTransceiver,
    RtcSdpType, RtcSessionDescriptionInit,
};

use crate::event::{Event, Events, LinkNumber};
use crate::sealing::Sealing;
use crate::sections::{Sections, replace_track};
use crate::{first_pictures, stats, web};

/// A peer connection and its listeners.
pub(crate) struct PeerLink {
    connection: RtcPeerConnection,
    sections: Sections,
    /// Which section of the last offer of the peer carries what.
    offered: SectionMap,
    report: Report,
    sealing: Sealing,
    /// The own media as one stream, so that the other side plays sound and picture in step.
    local: MediaStream,
    /// Whether the camera has still to begin, and begins small.
    begins_small: Rc<Cell<bool>>,
    _listeners: [EventListener; 4],
}

/// Where a link's reports go.
#[derive(Clone)]
struct Report {
    link: LinkKey,
    number: LinkNumber,
    events: Events,
}

impl PeerLink {
    pub(crate) fn open(
        link: LinkKey,
        number: LinkNumber,
        role: Role,
        ice_servers: &[IceServer],
        (events, sealing): (&Events, &Sealing),
        begins_small: bool,
    ) -> Result<Self, JsValue> {
        let connection = RtcPeerConnection::new_with_configuration(&configuration(ice_servers))?;
        let report = Report { link, number, events: events.clone() };
        let local = MediaStream::new()?;
        let listeners = listen(&connection, &report);
        let sections = match (link.peer, role) {
            (PeerRef::Sfu(_), _) => Sections::with_node(&connection, &local, sealing),
            (PeerRef::Participant(id), Role::Initiator) => {
                let mut sections = Sections::with_person(id);
                sections.begin(&connection, &local, sealing);
                sections
            }
            (PeerRef::Participant(id), Role::Responder) => Sections::with_person(id),
        };
        let (sealing, offered) = (sealing.clone(), SectionMap::default());
        let begins_small = Rc::new(Cell::new(begins_small));
        Ok(Self {
            connection,
            sections,
            offered,
            report,
            sealing,
            local,
            begins_small,
            _listeners: listeners,
        })
    }

    pub(crate) fn number(&self) -> LinkNumber {
        self.report.number
    }

    /// The connection is there.
    pub(crate) fn connected(&self) {
        if self.begins_small.get()
            && let Some(section) = self.sections.of(Source::Camera)
        {
            first_pictures::make_ready(section, self.begins_small.clone());
        }
    }

    /// Carries out everything but `Open`, `SetSlots`, `Publish` and `Close`, which are the session's.
    pub(crate) fn command(
        &mut self,
        command: LinkCommand,
        tracks: impl Fn(Source) -> Option<MediaStreamTrack>,
    ) {
        match command {
            LinkCommand::CreateOffer => self.describe(self.connection.create_offer()),
            LinkCommand::CreateAnswer => {
                self.fill_sections(tracks);
                self.describe(self.connection.create_answer());
            }
            LinkCommand::ApplyOffer { sdp, sections } => {
                self.offered = sections;
                self.apply(RtcSdpType::Offer, &sdp);
            }
            LinkCommand::ApplyAnswer(sdp) => self.apply(RtcSdpType::Answer, &sdp),
            LinkCommand::AddCandidate(candidate) => self.add_candidate(&candidate),
            LinkCommand::AddEndOfCandidates => self.add_end_of_candidates(),
            LinkCommand::RestartIce => {
                _ = web::call_if_present(&self.connection, "restartIce", &JsValue::UNDEFINED);
            }
            LinkCommand::SetIceServers(servers) => {
                web::call_if_present(&self.connection, "setConfiguration", &configuration(&servers));
            }
            LinkCommand::SetLayers { source, layers } => self.sections.set_layers(source, layers),
            LinkCommand::Open { .. }
            | LinkCommand::SetSlots { .. }
            | LinkCommand::Publish { .. }
            | LinkCommand::Close => {}
        }
    }

    /// Has so many video slots.
    pub(crate) fn set_slots(&mut self, video: usize) {
        self.sections.set_slots(&self.connection, video, &self.sealing);
    }

    /// What the video slots show from now on.
    pub(crate) fn expect_in_slots(&mut self, publications: Vec<Option<MediaKey>>) {
        self.sections.expect_in_slots(publications, &self.sealing);
    }

    /// Sends a track, or nothing, in place of what was sent. Needs no negotiation, but for the first time that a screen is sent.
    pub(crate) fn send(&mut self, source: Source, track: Option<&MediaStreamTrack>) {
        if source.is_shared() && track.is_some() {
            self.sections.add(&self.connection, source, &self.local, &self.sealing);
        }
        if let Some(section) = self.sections.of(source) {
            self.replace_track(source, section, track);
        }
    }

    fn replace_track(&self, source: Source, section: &RtcRtpTransceiver, track: Option<&MediaStreamTrack>) {
        if source == Source::Camera && track.is_some() && self.begins_small.replace(false) {
            first_pictures::begin_small(&self.connection, section);
        }
        replace_track(section, track);
    }

    /// What comes in from a source of the person at the other end.
    pub(crate) fn receiver(&self, source: Source) -> Option<RtcRtpReceiver> {
        self.sections.of(source).map(RtcRtpTransceiver::receiver)
    }

    /// The track that comes in a video slot.
    pub(crate) fn slot(&self, index: usize) -> Option<MediaStreamTrack> {
        self.sections.video_slots().get(index).map(|slot| slot.receiver().track())
    }

    /// What comes in the audio slots.
    pub(crate) fn audio_slots(&self) -> Vec<RtcRtpReceiver> {
        self.sections.audio_slots()
    }

    /// Asks how many keyframes were decoded; the answer is an event.
    pub(crate) fn count_keyframes(&self) {
        match self.report.link.peer {
            PeerRef::Sfu(_) => {
                let slots = self.sections.video_slots().to_vec();
                self.look(move |statistics| LinkEvent::SlotKeyframes(stats::keyframes(statistics, &slots)));
            }
            PeerRef::Participant(_) => {
                let video = |(source, _): &(Source, _)| source.kind() == MediaKind::Video;
                let sections = self.sections.of_sources().into_iter().filter(video);
                let (sources, sections): (Vec<_>, Vec<_>) = sections.unzip();
                self.look(move |statistics| {
                    let counts = stats::keyframes(statistics, &sections);
                    LinkEvent::Keyframes(sources.into_iter().zip(counts).collect())
                });
            }
        }
    }

    /// Asks whether pictures are sent smaller for want of bandwidth; the answer is an event.
    pub(crate) fn look_at_uplink(&self) {
        self.look(|statistics| LinkEvent::Short(stats::is_short_of_bandwidth(statistics)));
    }

    /// Asks what the connection counts; the answer is an event.
    pub(crate) fn look_at_statistics(&self) {
        let Report { link, number, .. } = self.report;
        self.ask(move |statistics| Event::Statistics { link, number, records: stats::records(statistics) });
    }

    /// What each section carries now, where the audio slots play this.
    pub(crate) fn stats_sections(&self, played: impl Iterator<Item = Option<MediaKey>>) -> Vec<StatsSection> {
        self.sections.stats(played)
    }

    fn look(&self, read: impl FnOnce(&JsValue) -> LinkEvent + 'static) {
        let Report { link, number, .. } = self.report;
        self.ask(move |statistics| Event::Link { link, number, event: read(statistics) });
    }

    fn ask(&self, read: impl FnOnce(&JsValue) -> Event + 'static) {
        let (promise, events) = (self.connection.get_stats(), self.report.events.clone());
        spawn_local(async move {
            if let Ok(statistics) = JsFuture::from(promise).await {
                _ = events.unbounded_send(read(&statistics));
            }
        });
    }

    /// Makes the sections that the peer's offer brought carry own media too.
    fn fill_sections(&mut self, tracks: impl Fn(Source) -> Option<MediaStreamTrack>) {
        let filled = self.sections.fill(&self.connection, &self.offered, &self.local, &self.sealing);
        for (source, section) in filled {
            self.replace_track(source, &section, tracks(source).as_ref());
        }
    }

    fn describe(&self, made: js_sys::Promise) {
        let (connection, report) = (self.connection.clone(), self.report.clone());
        let sections = self.sections.of_sources();
        spawn_local(async move {
            report.link(match describe(&connection, made).await {
                Some(sdp) => LinkEvent::LocalDescription { sdp, sections: Sections::map(&sections) },
                None => LinkEvent::NegotiationFailed,
            });
        });
    }

    fn apply(&self, what: RtcSdpType, sdp: &Sdp) {
        let description = RtcSessionDescriptionInit::new(what);
        description.set_sdp(sdp.as_str());
        let (promise, report) = (self.connection.set_remote_description(&description), self.report.clone());
        spawn_local(async move {
            report.link(match JsFuture::from(promise).await {
                Ok(_) => LinkEvent::RemoteDescriptionApplied,
                Err(_) => LinkEvent::NegotiationFailed,
            });
        });
    }

    fn add_candidate(&self, candidate: &IceCandidate) {
        let init = RtcIceCandidateInit::new(&candidate.candidate);
        init.set_sdp_mid(candidate.sdp_mid.as_deref());
        init.set_sdp_m_line_index(candidate.sdp_m_line_index);
        if let Some(fragment) = &candidate.username_fragment {
            _ = js_sys::Reflect::set(&init, &"usernameFragment".into(), &fragment.into());
        }
        self.add(Some(&init));
    }

    fn add_end_of_candidates(&self) {
        self.add(None);
    }

    /// A candidate that the browser does not like costs one path, not the link.
    fn add(&self, init: Option<&RtcIceCandidateInit>) {
        let promise = self.connection.add_ice_candidate_with_opt_rtc_ice_candidate_init(init);
        spawn_local(async move { _ = JsFuture::from(promise).await });
    }
}

impl Drop for PeerLink {
    fn drop(&mut self) {
        self.connection.close();
    }
}

impl Report {
    fn link(&self, event: LinkEvent) {
        let Self { link, number, events } = self;
        _ = events.unbounded_send(Event::Link { link: *link, number: *number, event });
    }

    fn remote_media(&self) {
        let Self { link, number, events } = self;
        _ = events.unbounded_send(Event::RemoteMedia { link: *link, number: *number });
    }
}

fn listen(connection: &RtcPeerConnection, report: &Report) -> [EventListener; 4] {
    let needed = report.clone();
    let negotiation = EventListener::new(connection, "negotiationneeded", move |_| {
        needed.link(LinkEvent::NegotiationNeeded);
    });
    let found = report.clone();
    let candidates = EventListener::new(connection, "icecandidate", move |event| {
        if let Some(event) = event.dyn_ref::<RtcPeerConnectionIceEvent>().and_then(candidate_event) {
            found.link(event);
        }
    });
    let (changed, changing) = (report.clone(), connection.clone());
    let state = EventListener::new(connection, "connectionstatechange", move |_| {
        changed.link(LinkEvent::ConnectionState(connection_state(&changing)));
    });
    let arrived = report.clone();
    let tracks = EventListener::new(connection, "track", move |_| arrived.remote_media());
    [negotiation, candidates, state, tracks]
}

fn candidate_event(event: &RtcPeerConnectionIceEvent) -> Option<LinkEvent> {
    let Some(candidate) = event.candidate() else { return Some(LinkEvent::EndOfCandidates) };
    let text = candidate.candidate();
    if text.is_empty() {
        return None; // The end of one generation; the end of all follows as a null candidate.
    }
    let fragment =
        js_sys::Reflect::get(&candidate, &"usernameFragment".into()).ok().and_then(|value| value.as_string());
    Some(LinkEvent::Candidate(IceCandidate {
        candidate: text,
        sdp_mid: candidate.sdp_mid(),
        sdp_m_line_index: candidate.sdp_m_line_index(),
        username_fragment: fragment,
    }))
}

fn connection_state(connection: &RtcPeerConnection) -> ConnectionState {
    match connection.connection_state() {
        RtcPeerConnectionState::Connected => ConnectionState::Connected,
        RtcPeerConnectionState::Disconnected => ConnectionState::Disconnected,
        RtcPeerConnectionState::Failed => ConnectionState::Failed,
        RtcPeerConnectionState::Closed => ConnectionState::Closed,
        RtcPeerConnectionState::New | RtcPeerConnectionState::Connecting => ConnectionState::Connecting,
        _ => ConnectionState::Connecting,
    }
}

/// Sets what `made` promises as the local description and returns its text.
async fn describe(connection: &RtcPeerConnection, made: js_sys::Promise) -> Option<Sdp> {
    let description: RtcSessionDescriptionInit = JsFuture::from(made).await.ok()?.unchecked_into();
    JsFuture::from(connection.set_local_description(&description)).await.ok()?;
    Sdp::new(connection.local_description()?.sdp()).ok()
}

/// What a connection begins with.
pub(crate) fn configuration(ice_servers: &[IceServer]) -> RtcConfiguration {
    let configuration = RtcConfiguration::new();
    let servers = ice_servers.iter().map(|server| {
        let entry = RtcIceServer::new();
        entry.set_urls(&server.urls.iter().map(|url| JsValue::from_str(url)).collect::<Array>());
        if let (Some(username), Some(credential)) = (&server.username, &server.credential) {
            entry.set_username(username);
            entry.set_credential(credential.expose());
        }
        JsValue::from(entry)
    });
    configuration.set_ice_servers(&servers.collect::<Array>());
    // Else each section gathers candidates of its own until the answer is there: hundreds, where a machine has some addresses.
    configuration.set_bundle_policy(RtcBundlePolicy::MaxBundle);
    configuration
}
