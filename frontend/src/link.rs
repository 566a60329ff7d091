//! One RTCPeerConnection: carries out the commands of a link and reports what the browser says. Its listeners detach and
//! it closes when it is dropped.

use call::{ConnectionState, LinkCommand, LinkEvent, Role, Source};
use gloo_events::EventListener;
use js_sys::Array;
use protocol::{IceCandidate, IceServer, ParticipantId, PeerRef, Sdp};
use seal::Expected;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    MediaStream, MediaStreamTrack, RtcConfiguration, RtcIceCandidateInit, RtcIceServer, RtcPeerConnection,
    RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcRtpReceiver, RtcRtpTransceiver, RtcSdpType,
    RtcSessionDescriptionInit,
};

use crate::event::{Event, Events, LinkNumber};
use crate::sealing::Sealing;
use crate::sections::{Sections, replace_track};
use crate::{stats, web};

/// A peer connection and its listeners.
pub(crate) struct PeerLink {
    connection: RtcPeerConnection,
    sections: Sections,
    report: Report,
    sealing: Sealing,
    /// From whom media may come here.
    expected: Expected,
    /// The own media as one stream, so that the other side plays sound and picture in step.
    local: MediaStream,
    _listeners: [EventListener; 4],
}

/// Where a link's reports go.
#[derive(Clone)]
struct Report {
    peer: PeerRef,
    number: LinkNumber,
    events: Events,
}

impl PeerLink {
    pub(crate) fn open(
        peer: PeerRef,
        number: LinkNumber,
        role: Role,
        ice_servers: &[IceServer],
        events: &Events,
        sealing: &Sealing,
    ) -> Result<Self, JsValue> {
        let connection = RtcPeerConnection::new_with_configuration(&configuration(ice_servers))?;
        let report = Report { peer, number, events: events.clone() };
        let local = MediaStream::new()?;
        let listeners = listen(&connection, &report);
        let expected = match peer {
            PeerRef::Sfu => Expected::Anybody,
            PeerRef::Participant(id) => Expected::Only { id },
        };
        let sections = match (peer, role) {
            (PeerRef::Sfu, _) => Sections::server(&connection, &local, sealing),
            (PeerRef::Participant(_), Role::Initiator) => {
                Sections::direct(&connection, &local, sealing, expected)
            }
            (PeerRef::Participant(_), Role::Responder) => Sections::Direct,
        };
        let sealing = sealing.clone();
        Ok(Self { connection, sections, report, sealing, expected, local, _listeners: listeners })
    }

    pub(crate) fn number(&self) -> LinkNumber {
        self.report.number
    }

    /// Carries out everything but `Open`, `SetSlots`, `Publish` and `Close`, which are the session's.
    pub(crate) fn command(&self, command: LinkCommand, tracks: impl Fn(Source) -> Option<MediaStreamTrack>) {
        match command {
            LinkCommand::CreateOffer => self.describe(self.connection.create_offer()),
            LinkCommand::CreateAnswer => {
                self.fill_sections(tracks);
                self.describe(self.connection.create_answer());
            }
            LinkCommand::ApplyOffer(sdp) => self.apply(RtcSdpType::Offer, &sdp),
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

    /// Whom the video slots show from now on.
    pub(crate) fn expect_in_slots(&self, slots: Vec<Option<ParticipantId>>) {
        self.sealing.expect_in_slots(slots, self.sections.pipes());
    }

    /// Sends a track, or nothing, in place of what was sent. Needs no negotiation.
    pub(crate) fn send(&self, source: Source, track: Option<&MediaStreamTrack>) {
        if let Some(transceiver) = self.transceiver(source) {
            replace_track(&transceiver, track);
        }
    }

    /// What comes in from a source of the person at the other end.
    pub(crate) fn receiver(&self, source: Source) -> Option<RtcRtpReceiver> {
        self.transceiver(source).map(|transceiver| transceiver.receiver())
    }

    /// The track that comes in a video slot.
    pub(crate) fn slot(&self, place: usize) -> Option<MediaStreamTrack> {
        self.sections.video(&self.connection).get(place).map(|slot| slot.receiver().track())
    }

    /// What comes in the audio slots.
    pub(crate) fn audio_slots(&self) -> Vec<RtcRtpReceiver> {
        self.sections.audio_slots()
    }

    /// Asks how many keyframes were decoded; the answer is an event.
    pub(crate) fn count_frames(&self) {
        let sections = self.sections.video(&self.connection);
        self.look(move |statistics| LinkEvent::Frames(stats::keyframes(statistics, &sections)));
    }

    /// Asks whether pictures are sent smaller for want of bandwidth; the answer is an event.
    pub(crate) fn look_at_uplink(&self) {
        self.look(|statistics| LinkEvent::Short(stats::is_short_of_bandwidth(statistics)));
    }

    /// Asks by which path media goes; the answer is an event.
    pub(crate) fn look_at_path(&self) {
        let (promise, report) = (self.connection.get_stats(), self.report.clone());
        spawn_local(async move {
            if let Ok(statistics) = JsFuture::from(promise).await {
                let Report { peer, number, events } = report;
                let path = stats::selected_path(&statistics);
                _ = events.unbounded_send(Event::Path { peer, number, path });
            }
        });
    }

    fn look(&self, read: impl FnOnce(&JsValue) -> LinkEvent + 'static) {
        let (promise, report) = (self.connection.get_stats(), self.report.clone());
        spawn_local(async move {
            if let Ok(statistics) = JsFuture::from(promise).await {
                report.link(read(&statistics));
            }
        });
    }

    /// Makes the sections that the peer's offer brought carry own media too.
    fn fill_sections(&self, tracks: impl Fn(Source) -> Option<MediaStreamTrack>) {
        for source in Source::ALL {
            let Some(transceiver) = self.transceiver(source) else { continue };
            self.sealing.seal(&transceiver, source);
            self.sealing.open(&transceiver, source, self.expected);
            // Throws where the peer has ended the section meanwhile; then there is nothing to fill.
            _ = js_sys::Reflect::set(&transceiver, &"direction".into(), &"sendrecv".into());
            web::call_if_present(&transceiver.sender(), "setStreams", &self.local);
            replace_track(&transceiver, tracks(source).as_ref());
        }
    }

    fn transceiver(&self, source: Source) -> Option<RtcRtpTransceiver> {
        self.sections.sending(&self.connection, source)
    }

    fn describe(&self, made: js_sys::Promise) {
        let (connection, report) = (self.connection.clone(), self.report.clone());
        spawn_local(async move {
            report.link(match describe(&connection, made).await {
                Some(sdp) => LinkEvent::LocalDescription(sdp),
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
        let Self { peer, number, events } = self;
        _ = events.unbounded_send(Event::Link { peer: *peer, number: *number, event });
    }

    fn remote_media(&self) {
        let Self { peer, number, events } = self;
        _ = events.unbounded_send(Event::RemoteMedia { peer: *peer, number: *number });
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
    configuration
}
