//! One participant's transport: an `Rtc` of str0m and what is sent beside it, touched in one place only. Every change is
//! followed by reading all that it wants done; a panic inside ends this peer and no other.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::limits::{AUDIO_SLOTS, MAX_VIDEO_SLOTS};
use protocol::{LinkId, MediaKey, Sdp, SectionMap, SignalNumber, Source, Subscriptions};
use str0m::change::SdpOffer;
use str0m::config::DtlsCert;
use str0m::format::PayloadParams;
use str0m::media::{Direction, KeyframeRequestKind, MediaAdded, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{Extension, RtpPacket, Ssrc};
use str0m::{Event, IceConnectionState, Output, Rtc, RtcError};

use crate::allocate::{Allocation, Demand, allocate, least_of_all};
use crate::counters::Reported;
use crate::egress::{Egress, Extensions, Negotiated, Packet, Purpose, StreamKey};
use crate::five_tuple::{self, FiveTuple};
use crate::rewrite::Outgoing;
use crate::sink::TrackPacket;
use crate::slot::{AUDIO_CLOCK, Slot, Types, VIDEO_CLOCK};
use crate::track::Track;
use crate::transport::{candidate, kind_of, protocol, rtc};
use crate::vp8::Patch;
use crate::{Config, Datagram, Transmit, Transport, Who, answer, egress};

/// How long a link may take to come up, from its first signal.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);

/// How long a link that lost its path may take to find another. A participant's page restarts ICE after four seconds.
const RECOVER_WITHIN: Duration = Duration::from_secs(30);

/// How long a downlink must be too small before pictures are taken away.
const SHORT_FOR: Duration = Duration::from_secs(4);

/// What pictures take at the least in all, in bits per second, where the line does not lose it: nine in their smallest form.
const LITTLE: u64 = 600_000;

/// Media sections of one description: what is sent, what is received, and a few that were given up.
const MAX_SECTIONS: usize = AUDIO_SLOTS + MAX_VIDEO_SLOTS + 8;

/// Addresses from which one peer is known.
const MAX_ADDRESSES: usize = 8;

/// Addresses from which one peer may show itself before it has to begin ICE anew: the transport keeps each, and looks through them
/// at every check. A home router that forgets has a call of a day at a hundred.
const MAX_SOURCES: usize = 1_000;

/// Streams of one peer whose places are remembered: it has at most one for each layer, but may name each packet's another.
const MAX_STREAMS: usize = 64;

/// One participant's link.
pub(crate) struct Peer {
    pub(crate) who: Who,
    pub(crate) link: LinkId,
    /// The number of the next signal to the participant.
    pub(crate) next: SignalNumber,
    /// The number of the next signal from the participant.
    pub(crate) expected: SignalNumber,
    pub(crate) ufrag: String,
    pub(crate) addresses: VecDeque<SocketAddr>,
    /// How many addresses there were since ICE began.
    sources: usize,
    pub(crate) tracks: Vec<Track>,
    pub(crate) video: Vec<Slot>,
    pub(crate) audio: Vec<Slot>,
    /// Whom the video slots shall show.
    pub(crate) subscriptions: Subscriptions,
    /// The pictures that the participant was told are left out.
    pub(crate) paused: Vec<MediaKey>,
    /// Which section carries what, as the last offer said.
    sections: SectionMap,
    /// Which track and layer an incoming stream is.
    streams: HashMap<Ssrc, (usize, usize)>,
    /// Since when the downlink does not carry all pictures.
    short_since: Option<Instant>,
    /// Something was written and not sent yet.
    pub(crate) is_dirty: bool,
    /// Also to the transport.
    wants_transport: bool,
    /// When the transport has something to do, as it is noted in the list of timers.
    pub(crate) noted_due: Option<Instant>,
    health: Health,
    rtc: Rtc,
    egress: Egress,
    /// The way that the participant has chosen.
    five_tuple: Option<FiveTuple>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Connecting { since: Instant },
    Connected,
    Lost { since: Instant },
    Over,
}

/// What a peer's transport wants, beside datagrams.
pub(crate) enum Incoming {
    Event(Event),
    Packet(RtpPacket),
}

/// What a datagram was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// None of this peer's.
    Nothing,
    /// The transport has to be asked what it wants now.
    ByTransport,
    /// Reports on what was handed on, and no more.
    Rtcp,
}

/// An offer that cannot be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadOffer;

impl Peer {
    pub(crate) fn new(
        now: Instant,
        config: &Config,
        certificate: &DtlsCert,
        who: Who,
        link: LinkId,
    ) -> Option<Self> {
        let (mut rtc, keys) = rtc(now, certificate)?;
        for address in &config.addresses {
            rtc.add_local_candidate(candidate(address)?);
        }
        let ufrag = rtc.direct_api().local_ice_credentials().ufrag;
        Some(Self {
            who,
            link,
            next: SignalNumber::default(),
            expected: SignalNumber::default(),
            ufrag,
            addresses: VecDeque::new(),
            sources: 0,
            tracks: Vec::new(),
            video: Vec::new(),
            audio: Vec::new(),
            subscriptions: Subscriptions::default(),
            paused: Vec::new(),
            sections: SectionMap::default(),
            streams: HashMap::new(),
            short_since: None,
            is_dirty: false,
            wants_transport: false,
            noted_due: None,
            health: Health::Connecting { since: now },
            rtc,
            egress: Egress::new(now, keys, config.initial_downlink, config.max_downlink),
            five_tuple: None,
        })
    }

    pub(crate) fn is_over(&self) -> bool {
        self.health == Health::Over || !self.rtc.is_alive()
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.health == Health::Connected
    }

    /// Ends the peer when it took too long to connect, or was lost for too long.
    pub(crate) fn check_health(&mut self, now: Instant) {
        let (since, limit) = match self.health {
            Health::Connecting { since } => (since, CONNECT_WITHIN),
            Health::Lost { since } => (since, RECOVER_WITHIN),
            Health::Connected | Health::Over => return,
        };
        if now.saturating_duration_since(since) >= limit {
            self.health = Health::Over;
        }
    }

    /// Answers an offer, whose `sections` say what is sent in which.
    pub(crate) fn accept(&mut self, sdp: &Sdp, sections: SectionMap) -> Result<Sdp, BadOffer> {
        if sdp.as_str().matches("\nm=").count() > MAX_SECTIONS {
            return Err(BadOffer);
        }
        let offer = without_candidates(sdp.as_str());
        let answer = self.catching(|rtc, _| {
            let offer =
                SdpOffer::from_sdp_string(&offer).map_err(|error| RtcError::RemoteSdp(error.to_string()))?;
            rtc.sdp_api().accept_offer(offer)
        });
        self.streams.clear();
        self.sections = sections;
        for slot in self.video.iter_mut().chain(&mut self.audio) {
            slot.forget_types();
        }
        let answer = answer.ok_or(BadOffer)?;
        // A restart of ICE gives both ends another name (RFC 8445 §9).
        let ufrag = self.rtc.direct_api().local_ice_credentials().ufrag;
        if ufrag != self.ufrag {
            (self.ufrag, self.sources) = (ufrag, 0);
        }
        Sdp::new(answer::with_least_uplink(&answer.to_sdp_string())).map_err(|_| BadOffer)
    }

    /// Takes a datagram, if it is this peer's.
    pub(crate) fn receive(&mut self, now: Instant, datagram: &Datagram<'_>) -> Received {
        let received = self.take(now, datagram);
        if received != Received::Nothing && five_tuple::is_media(datagram.bytes) {
            self.follow(now, FiveTuple::back(datagram));
        }
        received
    }

    fn take(&mut self, now: Instant, datagram: &Datagram<'_>) -> Received {
        if egress::is_rtcp(datagram.bytes) {
            let is_read = self.catching(|_, egress| Ok(egress.hear(now, datagram.bytes)));
            if is_read.unwrap_or_default() {
                return Received::Rtcp;
            }
        }
        let Ok(contents) = datagram.bytes.try_into() else { return Received::Nothing };
        let input = str0m::Input::Receive(
            datagram.came.min(now),
            Receive {
                proto: protocol(datagram.transport),
                source: datagram.source,
                destination: datagram.destination,
                contents,
            },
        );
        let received = self.catching(|rtc, _| {
            if !rtc.accepts(&input) {
                return Ok(Received::Nothing);
            }
            rtc.handle_input(input)?;
            Ok(Received::ByTransport)
        });
        received.unwrap_or(Received::Nothing)
    }

    /// Sends by the way that the participant sends by (RFC 8445 §8.1: theirs is the choice).
    fn follow(&mut self, now: Instant, five_tuple: FiveTuple) {
        let is_other = self.five_tuple.replace(five_tuple).is_some_and(|before| before != five_tuple);
        if is_other {
            _ = self.catching(|_, egress| {
                egress.path_changed(now);
                Ok(())
            });
        }
    }

    /// Lets time pass.
    pub(crate) fn advance(&mut self, now: Instant) {
        _ = self.catching(|rtc, _| rtc.handle_input(str0m::Input::Timeout(now)));
    }

    /// Reads everything the transport wants done, up to the time at which it wants something again.
    pub(crate) fn drain(
        &mut self,
        now: Instant,
        mut transmit: impl FnMut(Transmit),
        mut incoming: impl FnMut(Incoming),
    ) -> Option<Instant> {
        loop {
            match self.catching(|rtc, _| rtc.poll_output())? {
                Output::Timeout(due) => return Some(due),
                Output::Transmit(datagram) => {
                    let is_udp = datagram.proto == Protocol::Udp;
                    let five_tuple = FiveTuple {
                        transport: if is_udp { Transport::Udp } else { Transport::Tcp },
                        source: datagram.source,
                        destination: datagram.destination,
                    };
                    let mut bytes: Vec<u8> = datagram.contents.into();
                    if five_tuple::is_no_check(&bytes) {
                        self.five_tuple.get_or_insert(five_tuple);
                    }
                    if egress::is_rtcp(&bytes) {
                        self.catching(|_, egress| {
                            egress.complete_rtcp(now, &mut bytes);
                            Ok(())
                        })?;
                    }
                    if !bytes.is_empty() {
                        transmit(five_tuple.carries(bytes));
                    }
                }
                Output::Event(Event::RtpPacket(packet)) => incoming(Incoming::Packet(packet)),
                Output::Event(event) => incoming(Incoming::Event(event)),
            }
        }
    }

    /// Sends what was handed on to the participant.
    pub(crate) fn flush(
        &mut self,
        now: Instant,
        buffer: impl FnMut() -> Vec<u8>,
        mut transmit: impl FnMut(Transmit, Purpose),
    ) {
        let Some(five_tuple) = self.five_tuple else { return };
        _ = self.catching(|_, egress| {
            egress.flush(now, buffer, |bytes, purpose| transmit(five_tuple.carries(bytes), purpose));
            Ok(())
        });
    }

    /// What the participant misses and cannot be sent again. Told once.
    pub(crate) fn gone(&mut self) -> Vec<(StreamKey, u64)> {
        self.egress.gone()
    }

    /// Whether the transport has something to send, too. True once.
    pub(crate) fn takes_transport(&mut self) -> bool {
        std::mem::take(&mut self.wants_transport)
    }

    /// Notes a change of the path; true when the peer is connected for the first time, or again.
    pub(crate) fn path_changed(&mut self, now: Instant, state: IceConnectionState) -> bool {
        let is_up = matches!(state, IceConnectionState::Connected | IceConnectionState::Completed);
        match (is_up, self.health) {
            (true, Health::Lost { .. }) => self.health = Health::Connected,
            (false, Health::Connected) if state == IceConnectionState::Disconnected => {
                self.health = Health::Lost { since: now };
            }
            (_, Health::Connecting { .. } | Health::Connected | Health::Lost { .. } | Health::Over) => {
                return false;
            }
        }
        is_up
    }

    /// ICE and DTLS are done.
    pub(crate) fn connected(&mut self, now: Instant) {
        if matches!(self.health, Health::Connecting { .. }) {
            self.health = Health::Connected;
        }
        _ = self.catching(|_, egress| {
            egress.connected(now);
            Ok(())
        });
    }

    pub(crate) fn end(&mut self) {
        self.health = Health::Over;
    }

    /// Takes a section that the participant's offer brought. What they send in it, the offer has said; what they receive in it
    /// is a slot.
    pub(crate) fn add_section(&mut self, added: &MediaAdded) {
        if added.direction.is_receiving() {
            let source = self.sections.source_of(&added.mid).filter(|source| {
                let is_new = self.track_of(*source).is_none();
                is_new && is_audio(*source) == added.kind.is_audio()
            });
            if let Some(source) = source {
                let layers = added.simulcast.iter().flat_map(|simulcast| &simulcast.recv);
                let rids = layers.map(|layer| layer.rid).take(crate::allocate::LAYERS).collect();
                self.tracks.push(Track::new(added.mid, source, rids));
            }
        }
        if added.direction.is_sending() {
            self.add_slot(added.mid, added.kind);
        }
    }

    fn add_slot(&mut self, mid: Mid, kind: MediaKind) {
        let clock = if kind.is_audio() { AUDIO_CLOCK } else { VIDEO_CLOCK };
        let negotiated = self.catching(|rtc, _| {
            let sent =
                rtc.direct_api().stream_tx_by_mid(mid, None).map(|stream| (stream.ssrc(), stream.rtx()));
            let Some(((ssrc, rtx), media)) = sent.zip(rtc.media(mid)) else { return Ok(None) };
            let id = |extension| media.remote_extmap().id_of(extension).filter(|id| *id <= Extensions::LAST);
            let taken =
                rtc.codec_config().params().iter().filter(|one| media.remote_pts().contains(&one.pt()));
            let padding = taken.filter_map(PayloadParams::resend).next();
            Ok(Some(Negotiated {
                ssrc: *ssrc,
                rtx: rtx.zip(padding).map(|(ssrc, payload_type)| (*ssrc, *payload_type)),
                mid: mid.to_string(),
                extensions: Extensions {
                    mid: id(Extension::RtpMid),
                    transport_sequence: id(Extension::TransportSequenceNumber),
                    absolute_send_time: id(Extension::AbsoluteSendTime),
                    audio_level: id(Extension::AudioLevel),
                    orientation: id(Extension::VideoOrientation),
                },
                clock,
                is_audio: kind.is_audio(),
            }))
        });
        let Some(negotiated) = negotiated.flatten() else { return };
        let (slots, most) = match kind {
            MediaKind::Audio => (&mut self.audio, AUDIO_SLOTS),
            MediaKind::Video => (&mut self.video, MAX_VIDEO_SLOTS),
        };
        if slots.len() < most {
            slots.push(Slot::new(mid, self.egress.add_stream(negotiated), clock));
        }
    }

    /// A section changed its direction.
    pub(crate) fn section_changed(&mut self, mid: Mid, direction: Direction) {
        let known = self.video.iter().chain(&self.audio).any(|slot| slot.mid == mid);
        if direction.is_sending() && !known {
            let kind = self.catching(|rtc, _| Ok(rtc.media(mid).map(str0m::media::Media::kind))).flatten();
            if let Some(kind) = kind {
                self.add_slot(mid, kind);
            }
        }
    }

    /// Which track and layer a packet belongs to.
    pub(crate) fn stream_of(&mut self, ssrc: Ssrc) -> Option<(usize, usize)> {
        if let Some(stream) = self.streams.get(&ssrc) {
            return Some(*stream);
        }
        let (mid, rid) = self.catching(|rtc, _| {
            let mut api = rtc.direct_api();
            Ok(api.stream_rx(&ssrc).map(|stream| (stream.mid(), stream.rid())))
        })??;
        let track = self.tracks.iter().position(|track| track.mid == mid)?;
        let layer = match rid {
            Some(rid) => self.tracks[track].rids.iter().position(|one| *one == rid).unwrap_or_default(),
            None => 0,
        };
        if self.streams.len() >= MAX_STREAMS {
            self.streams.clear(); // Those that go on are found again.
        }
        self.streams.insert(ssrc, (track, layer));
        Some((track, layer))
    }

    /// What the participant says about a payload type of theirs.
    pub(crate) fn payload_params(&self, payload_type: Pt) -> Option<PayloadParams> {
        self.rtc.codec_config().params().iter().find(|params| params.pt() == payload_type).copied()
    }

    /// The payload types under which the participant takes in a slot what another sends.
    pub(crate) fn type_in(
        &mut self,
        kind: MediaKind,
        index: usize,
        packet: &TrackPacket<'_>,
    ) -> Option<Types> {
        let (sender, params) = (packet.track.peer, packet.params);
        let slots = if kind.is_audio() { &mut self.audio } else { &mut self.video };
        let slot = slots.get_mut(index)?;
        if let Some(known) = slot.known_type(sender, params.pt()) {
            return known;
        }
        let media = self.rtc.media(slot.mid)?;
        let here = crate::slot::matching(self.rtc.codec_config().params(), media.remote_pts(), params);
        slot.learn_type(sender, params.pt(), here);
        here
    }

    /// Hands a packet on to the participant. It goes out when the peer is flushed.
    pub(crate) fn write(
        &mut self,
        stream: StreamKey,
        types: Types,
        numbers: Outgoing,
        packet: &RtpPacket,
        patch: Option<Patch>,
    ) {
        let kept = &packet.header.ext_vals;
        let voice = u8::from(kept.voice_activity.unwrap_or_default()) << 7;
        self.egress.push(Packet {
            stream,
            sequence: numbers.sequence,
            time: numbers.time,
            payload_type: *types.media,
            rtx_payload_type: types.rtx.map(|one| *one),
            marker: packet.header.marker,
            audio_level: kept.audio_level.map(|level| voice | level.unsigned_abs() & 0x7f),
            orientation: kept.video_orientation.map(|orientation| orientation as u8),
            payload: Arc::clone(&packet.payload),
            patch,
        });
    }

    /// Asks the participant for a keyframe.
    pub(crate) fn request_keyframe(&mut self, track: usize, layer: usize) {
        let Some(track) = self.tracks.get(track) else { return };
        let (mid, rid) = (track.mid, track.rids.get(layer).copied());
        self.wants_transport = true;
        _ = self.catching(|rtc, _| {
            if let Some(stream) = rtc.direct_api().stream_rx_by_mid(mid, rid) {
                stream.request_keyframe(KeyframeRequestKind::Pli);
            }
            Ok(())
        });
    }

    /// What the participant's line is taken to carry, in bits per second.
    pub(crate) fn downlink(&self) -> u64 {
        self.egress.rate()
    }

    /// Tells the congestion control what would be sent on a line that carries everything, in bits per second, and whether
    /// that is more than now.
    pub(crate) fn set_demand(&mut self, now: Instant, wants_more: bool, desired: u64) {
        _ = self.catching(|_, egress| {
            egress.set_demand(now, wants_more, desired);
            Ok(())
        });
    }

    /// The participant says what their line carries, in bits per second (draft-alvestrand-rmcat-remb-03).
    pub(crate) fn on_remb(&mut self, rate: u64) {
        _ = self.catching(|_, egress| {
            egress.on_remb(rate);
            Ok(())
        });
    }

    /// Lets the congestion control look at the time, and returns what was reported since.
    pub(crate) fn tick(&mut self, now: Instant) -> Reported {
        let mut reported = Reported::default();
        _ = self.catching(|_, egress| {
            egress.tick(now);
            reported = egress.take_reported();
            Ok(())
        });
        reported
    }

    /// When something is to be sent without being handed on.
    pub(crate) fn flush_due(&self, now: Instant) -> Option<Instant> {
        if self.five_tuple.is_some() { self.egress.due(now) } else { None }
    }

    /// The place of the track that carries a source.
    pub(crate) fn track_of(&self, source: Source) -> Option<usize> {
        self.tracks.iter().position(|track| track.source == source)
    }

    /// The publication that a track carries.
    pub(crate) fn publication(&self, track: usize) -> Option<MediaKey> {
        self.tracks.get(track).map(|track| self.who.participant.publication(track.source))
    }

    /// Divides the downlink among the slots. Pictures are taken away only when it has been too small for a while, and loses what
    /// is sent: an estimate also falls when a machine is busy.
    pub(crate) fn divide(&mut self, now: Instant, budget: u64, demands: &[Demand]) -> Allocation {
        let allocation = allocate(budget, demands);
        if !allocation.lacks_video(demands) {
            self.short_since = None;
            return allocation;
        }
        let since = *self.short_since.get_or_insert(now);
        let is_short = now.saturating_duration_since(since) >= SHORT_FOR;
        let least = match (is_short, self.egress.may_exceed_estimate(now)) {
            (true, false) => return allocation,
            (true, true) => least_of_all(demands).min(LITTLE),
            (false, _) => least_of_all(demands),
        };
        allocate(budget.max(least), demands)
    }

    /// Whether one more address may be another of theirs.
    pub(crate) fn may_move(&self) -> bool {
        self.sources < MAX_SOURCES
    }

    /// Remembers an address from which an authenticated datagram came; returns one that is to be forgotten.
    pub(crate) fn remember(&mut self, address: SocketAddr) -> Option<SocketAddr> {
        self.addresses.push_back(address);
        self.sources = self.sources.saturating_add(1);
        if self.addresses.len() > MAX_ADDRESSES { self.addresses.pop_front() } else { None }
    }

    /// The one place that touches the transport: an error or a panic in it ends this peer.
    fn catching<T>(&mut self, work: impl FnOnce(&mut Rtc, &mut Egress) -> Result<T, RtcError>) -> Option<T> {
        if self.health == Health::Over {
            return None;
        }
        match catch_unwind(AssertUnwindSafe(|| work(&mut self.rtc, &mut self.egress))) {
            Ok(Ok(value)) => return Some(value),
            Ok(Err(error)) => tracing::info!(error = kind_of(&error), "a link to the server ended"),
            Err(_) => tracing::error!("a link to the server ended by a panic"),
        }
        self.health = Health::Over;
        None
    }
}

/// A description without the ways to its author: who answers alone (ICE-lite, RFC 8445 §2.5) learns of each by the checks that
/// come from it, and the transport would keep every one that anybody names.
fn without_candidates(sdp: &str) -> String {
    sdp.split_inclusive('\n').filter(|line| !line.starts_with("a=candidate:")).collect()
}

fn is_audio(source: Source) -> bool {
    source.kind() == protocol::MediaKind::Audio
}
