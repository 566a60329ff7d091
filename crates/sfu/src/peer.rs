//! One participant's transport: an `Rtc` of str0m, touched in one place only. Every change is followed by reading all that
//! it wants done; a panic inside ends this peer and no other.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use protocol::limits::{AUDIO_SLOTS, MAX_VIDEO_SLOTS};
use protocol::{LinkId, Sdp, SignalNumber, SlotWishes, Source};
use str0m::bwe::Bitrate;
use str0m::change::SdpOffer;
use str0m::config::DtlsCert;
use str0m::format::PayloadParams;
use str0m::media::{Direction, KeyframeRequestKind, MediaAdded, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite, SeqNo, Ssrc, Vp8Patch};
use str0m::{Candidate, Event, IceConnectionState, Output, Rtc, RtcError};

use crate::allocate::{Allocation, Demand, allocate, least_of_all};
use crate::downlink::Downlink;
use crate::key::PeerKey;
use crate::rewrite::Outgoing;
use crate::slot::{AUDIO_CLOCK, Slot, VIDEO_CLOCK};
use crate::track::Track;
use crate::{Address, Config, Datagram, Transmit, Transport, Who};

/// How long a link may take to come up, from its first signal.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);

/// How long a link that lost its path may take to find another. A participant's page restarts ICE after four seconds.
const RECOVER_WITHIN: Duration = Duration::from_secs(30);

/// How long a downlink must be too small before pictures are taken away.
const SHORT_FOR: Duration = Duration::from_secs(4);

/// The headers of 50 packets of sound a second, in bits: IP, UDP, RTP with extensions, SRTP.
const SOUND_HEADERS: u64 = 50 * 72 * 8;

/// Media sections of one description: what is sent, what is received, and a few that were given up.
const MAX_SECTIONS: usize = AUDIO_SLOTS + MAX_VIDEO_SLOTS + 8;

/// Addresses from which one peer is known.
const MAX_ADDRESSES: usize = 8;

/// Video sections in which one peer may send: the camera and the screen.
const VIDEO_SOURCES: [Source; 2] = [Source::Camera, Source::Screen];

/// One participant's link.
pub(crate) struct Peer {
    pub(crate) who: Who,
    pub(crate) link: LinkId,
    /// The number of the next signal to the participant.
    pub(crate) next: SignalNumber,
    /// The number of the next signal from the participant.
    pub(crate) expected: SignalNumber,
    pub(crate) fragment: String,
    pub(crate) addresses: VecDeque<SocketAddr>,
    pub(crate) tracks: Vec<Track>,
    pub(crate) video: Vec<Slot>,
    pub(crate) audio: Vec<Slot>,
    /// Whom the video slots shall show.
    pub(crate) wishes: SlotWishes,
    /// Which track and layer an incoming stream is.
    streams: HashMap<Ssrc, (usize, usize)>,
    /// Payload types of repetitions, a bit each.
    repeating: u128,
    pub(crate) downlink: Downlink,
    /// Since when the downlink does not carry all pictures.
    short_since: Option<Instant>,
    /// What is to be divided anew.
    pub(crate) is_unsettled: bool,
    /// Something was written and not sent yet.
    pub(crate) is_dirty: bool,
    /// When the transport has something to do, as it is noted in the list of timers.
    pub(crate) noted_due: Option<Instant>,
    health: Health,
    rtc: Rtc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Connecting { since: Instant },
    Connected,
    Lost { since: Instant },
    Over,
}

/// What a peer's transport wants, beside datagrams.
pub(crate) enum News {
    Event(Event),
    Packet(RtpPacket),
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
        let mut rtc = rtc(now, config, certificate)?;
        for address in &config.addresses {
            rtc.add_local_candidate(candidate(address)?);
        }
        let fragment = rtc.direct_api().local_ice_credentials().ufrag;
        Some(Self {
            who,
            link,
            next: SignalNumber::default(),
            expected: SignalNumber::default(),
            fragment,
            addresses: VecDeque::new(),
            tracks: Vec::new(),
            video: Vec::new(),
            audio: Vec::new(),
            wishes: SlotWishes::default(),
            streams: HashMap::new(),
            repeating: 0,
            downlink: Downlink::new(config.initial_downlink),
            short_since: None,
            is_unsettled: false,
            is_dirty: false,
            noted_due: None,
            health: Health::Connecting { since: now },
            rtc,
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

    /// Answers an offer.
    pub(crate) fn accept(&mut self, sdp: &Sdp) -> Result<Sdp, BadOffer> {
        if sdp.as_str().matches("\nm=").count() > MAX_SECTIONS {
            return Err(BadOffer);
        }
        let answer = self.guard(|rtc| {
            let offer = SdpOffer::from_sdp_string(sdp.as_str())
                .map_err(|error| RtcError::RemoteSdp(error.to_string()))?;
            rtc.sdp_api().accept_offer(offer)
        });
        self.streams.clear();
        let repeating = self.rtc.codec_config().params().iter().filter_map(PayloadParams::resend);
        self.repeating = repeating.fold(0, |types, one| types | 1 << (*one & 0x7f));
        for slot in self.video.iter_mut().chain(&mut self.audio) {
            slot.forget_types();
        }
        let answer = answer.ok_or(BadOffer)?;
        Sdp::new(answer.to_sdp_string()).map_err(|_| BadOffer)
    }

    /// Adds a way to the participant. One that cannot be read costs a path, no more.
    pub(crate) fn add_candidate(&mut self, line: &str) {
        if let Ok(candidate) = Candidate::from_sdp_string(line) {
            _ = self.guard(|rtc| {
                rtc.add_remote_candidate(candidate);
                Ok(())
            });
        }
    }

    /// Takes a datagram, if it is this peer's.
    pub(crate) fn receive(&mut self, now: Instant, datagram: &Datagram<'_>) -> bool {
        let Ok(contents) = datagram.bytes.try_into() else { return false };
        let input = str0m::Input::Receive(
            now,
            Receive {
                proto: protocol(datagram.transport),
                source: datagram.source,
                destination: datagram.destination,
                contents,
            },
        );
        self.guard(|rtc| if rtc.accepts(&input) { rtc.handle_input(input).map(|()| true) } else { Ok(false) })
            .unwrap_or_default()
    }

    /// Lets time pass.
    pub(crate) fn advance(&mut self, now: Instant) {
        _ = self.guard(|rtc| rtc.handle_input(str0m::Input::Timeout(now)));
    }

    /// Whether a datagram is RTP under a payload type for repetitions (RFC 3550 §5.1, RFC 4588).
    fn repeats(&self, datagram: &[u8]) -> bool {
        matches!(datagram, [first, second, ..] if first >> 6 == 2 && self.repeating & (1 << (second & 0x7f)) != 0)
    }

    /// Reads everything the transport wants done, up to the time at which it wants something again.
    pub(crate) fn drain(
        &mut self,
        mut transmit: impl FnMut(Transmit, bool),
        mut news: impl FnMut(News),
    ) -> Option<Instant> {
        loop {
            match self.guard(Rtc::poll_output)? {
                Output::Timeout(due) => return Some(due),
                Output::Transmit(datagram) => {
                    let is_udp = datagram.proto == Protocol::Udp;
                    let datagram = Transmit {
                        transport: if is_udp { Transport::Udp } else { Transport::Tcp },
                        source: datagram.source,
                        destination: datagram.destination,
                        bytes: datagram.contents.into(),
                    };
                    let is_repeated = self.repeats(&datagram.bytes);
                    transmit(datagram, is_repeated);
                }
                Output::Event(Event::RtpPacket(packet)) => news(News::Packet(packet)),
                Output::Event(event) => news(News::Event(event)),
            }
        }
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
    pub(crate) fn connected(&mut self) {
        if matches!(self.health, Health::Connecting { .. }) {
            self.health = Health::Connected;
        }
    }

    pub(crate) fn end(&mut self) {
        self.health = Health::Over;
    }

    /// Takes a section that the participant's offer brought. The sending ones are, in their order: the microphone; the
    /// camera and the screen. The receiving ones are slots.
    pub(crate) fn add_section(&mut self, added: &MediaAdded) {
        if added.direction.is_receiving() {
            let place =
                self.tracks.iter().filter(|track| is_audio(track.source) == added.kind.is_audio()).count();
            let source = match added.kind {
                MediaKind::Audio => (place == 0).then_some(Source::Microphone),
                MediaKind::Video => VIDEO_SOURCES.get(place).copied(),
            };
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
        let ssrc = self.guard(|rtc| {
            let mut api = rtc.direct_api();
            Ok(api.stream_tx_by_mid(mid, None).map(|stream| {
                // The sender has paced them. Held back again they come late, and where the estimate has fallen for a
                // moment, seconds late.
                stream.set_unpaced(true);
                stream.ssrc()
            }))
        });
        let Some(ssrc) = ssrc.flatten() else { return };
        let (slots, most, clock) = match kind {
            MediaKind::Audio => (&mut self.audio, AUDIO_SLOTS, AUDIO_CLOCK),
            MediaKind::Video => (&mut self.video, MAX_VIDEO_SLOTS, VIDEO_CLOCK),
        };
        if slots.len() < most {
            slots.push(Slot::new(mid, ssrc, clock));
        }
    }

    /// A section changed its direction.
    pub(crate) fn section_changed(&mut self, mid: Mid, direction: Direction) {
        let known = self.video.iter().chain(&self.audio).any(|slot| slot.mid == mid);
        if direction.is_sending() && !known {
            let kind = self.guard(|rtc| Ok(rtc.media(mid).map(str0m::media::Media::kind))).flatten();
            if let Some(kind) = kind {
                self.add_slot(mid, kind);
            }
        }
    }

    /// Which track and layer a packet belongs to.
    pub(crate) fn place_of(&mut self, ssrc: Ssrc) -> Option<(usize, usize)> {
        if let Some(place) = self.streams.get(&ssrc) {
            return Some(*place);
        }
        let (mid, rid) = self.guard(|rtc| {
            let mut api = rtc.direct_api();
            Ok(api.stream_rx(&ssrc).map(|stream| (stream.mid(), stream.rid())))
        })??;
        let track = self.tracks.iter().position(|track| track.mid == mid)?;
        let layer = match rid {
            Some(rid) => self.tracks[track].rids.iter().position(|one| *one == rid).unwrap_or_default(),
            None => 0,
        };
        self.streams.insert(ssrc, (track, layer));
        Some((track, layer))
    }

    /// What the participant says about a payload type of theirs.
    pub(crate) fn payload_params(&self, payload_type: Pt) -> Option<PayloadParams> {
        self.rtc.codec_config().params().iter().find(|params| params.pt() == payload_type).copied()
    }

    /// The payload type under which the participant takes in a slot what another sends as `params`.
    pub(crate) fn type_in(
        &mut self,
        kind: MediaKind,
        place: usize,
        sender: PeerKey,
        params: &PayloadParams,
    ) -> Option<Pt> {
        let slots = if kind.is_audio() { &mut self.audio } else { &mut self.video };
        let slot = slots.get_mut(place)?;
        if let Some(known) = slot.known_type(sender, params.pt()) {
            return known;
        }
        let media = self.rtc.media(slot.mid)?;
        let here = crate::slot::matching(self.rtc.codec_config().params(), media.remote_pts(), params);
        slot.learn_type(sender, params.pt(), here);
        here
    }

    /// Hands a packet on to the participant. It goes out when the peer is drained.
    pub(crate) fn write(&mut self, ssrc: Ssrc, packet: &Forwarded<'_>) {
        let &Forwarded { payload_type, numbers, packet, patch, nackable, now } = packet;
        let kept = &packet.header.ext_vals;
        let extensions = ExtensionValues {
            audio_level: kept.audio_level,
            voice_activity: kept.voice_activity,
            video_orientation: kept.video_orientation,
            ..ExtensionValues::default()
        };
        let sequence = SeqNo::from(numbers.sequence);
        let mut rtp = RtpWrite::new(payload_type, sequence, numbers.time, now, packet.payload.clone())
            .marker(packet.header.marker)
            .ext_vals(extensions)
            .nackable(nackable);
        if let Some(patch) = patch {
            rtp = rtp.vp8_patch(patch);
        }
        _ = self.guard(|rtc| {
            if let Some(stream) = rtc.direct_api().stream_tx(&ssrc) {
                stream.write_rtp(rtp);
            }
            Ok(())
        });
    }

    /// Asks the participant for a keyframe.
    pub(crate) fn request_keyframe(&mut self, track: usize, layer: usize) {
        let Some(track) = self.tracks.get(track) else { return };
        let (mid, rid) = (track.mid, track.rids.get(layer).copied());
        _ = self.guard(|rtc| {
            if let Some(stream) = rtc.direct_api().stream_rx_by_mid(mid, rid) {
                stream.request_keyframe(KeyframeRequestKind::Pli);
            }
            Ok(())
        });
    }

    /// Tells the congestion control what the next step needs, and what would be best, in bits per second.
    pub(crate) fn set_rates(&mut self, minimum: u64, desired: u64) {
        _ = self.guard(|rtc| {
            rtc.bwe().set_bitrate(Bitrate::from(minimum), Bitrate::from(desired));
            Ok(())
        });
    }

    /// The transport has an estimate of the downlink.
    pub(crate) fn hear_estimate(&mut self, now: Instant, estimate: u64) {
        let anew = self.downlink.hear(now, estimate);
        self.estimate_anew(anew);
    }

    /// More is wanted than the estimate allows.
    pub(crate) fn wants_more(&mut self, now: Instant) {
        let anew = self.downlink.wake(now);
        self.estimate_anew(anew);
    }

    fn estimate_anew(&mut self, rate: Option<u64>) {
        if let Some(rate) = rate {
            _ = self.guard(|rtc| {
                rtc.bwe().reset(Bitrate::from(rate));
                Ok(())
            });
        }
    }

    /// What the peer's sound takes, in bits per second, headers included.
    pub(crate) fn sound_rate(&self) -> u64 {
        let track = self.tracks.iter().find(|track| is_audio(track.source));
        track.map_or(0, |track| track.layers[0].rate() + SOUND_HEADERS)
    }

    /// Divides the downlink among the slots. Pictures are taken away only when it has been too small for a while: an estimate
    /// also falls when a machine is busy for a moment.
    pub(crate) fn divide(&mut self, now: Instant, budget: u64, demands: &[Demand]) -> Allocation {
        let allocation = allocate(budget, demands);
        if !allocation.lacks_pictures(demands) {
            self.short_since = None;
            return allocation;
        }
        let since = *self.short_since.get_or_insert(now);
        if now.saturating_duration_since(since) >= SHORT_FOR {
            return allocation;
        }
        allocate(budget.max(least_of_all(demands)), demands)
    }

    /// Remembers an address from which an authenticated datagram came; returns one that is to be forgotten.
    pub(crate) fn remember(&mut self, address: SocketAddr) -> Option<SocketAddr> {
        self.addresses.push_back(address);
        if self.addresses.len() > MAX_ADDRESSES { self.addresses.pop_front() } else { None }
    }

    /// The one place that touches the transport: an error or a panic in it ends this peer.
    fn guard<T>(&mut self, work: impl FnOnce(&mut Rtc) -> Result<T, RtcError>) -> Option<T> {
        if self.health == Health::Over {
            return None;
        }
        match catch_unwind(AssertUnwindSafe(|| work(&mut self.rtc))) {
            Ok(Ok(value)) => return Some(value),
            Ok(Err(error)) => tracing::info!(error = kind_of(&error), "a link to the server ended"),
            Err(_) => tracing::error!("a link to the server ended by a panic"),
        }
        self.health = Health::Over;
        None
    }
}

/// A packet on its way to one receiver.
pub(crate) struct Forwarded<'a> {
    pub(crate) payload_type: Pt,
    pub(crate) numbers: Outgoing,
    pub(crate) packet: &'a RtpPacket,
    pub(crate) patch: Option<Vp8Patch>,
    pub(crate) nackable: bool,
    pub(crate) now: Instant,
}

fn rtc(now: Instant, config: &Config, certificate: &DtlsCert) -> Option<Rtc> {
    let built = catch_unwind(AssertUnwindSafe(|| {
        Rtc::builder()
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .set_dtls_cert(certificate.clone())
            .set_dtls_version(str0m::config::DtlsVersion::Auto)
            .enable_bwe(Some(Bitrate::from(config.initial_downlink)))
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .enable_h264(true)
            .enable_vp9(true)
            .enable_av1(true)
            .build(now)
    }));
    built.ok()
}

fn candidate(address: &Address) -> Option<Candidate> {
    match address.transport {
        Transport::Udp => Candidate::builder().udp().host(address.address).build().ok(),
        Transport::Tcp => {
            Candidate::builder().tcp().host(address.address).tcptype(TcpType::Passive).build().ok()
        }
    }
}

fn protocol(transport: Transport) -> Protocol {
    match transport {
        Transport::Udp => Protocol::Udp,
        Transport::Tcp => Protocol::Tcp,
    }
}

fn is_audio(source: Source) -> bool {
    source == Source::Microphone
}

/// What an error is about; its text can hold addresses.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others are rare")]
fn kind_of(error: &RtcError) -> &'static str {
    match error {
        RtcError::RemoteSdp(_) => "description",
        RtcError::Dtls(_) => "DTLS",
        RtcError::Net(_) => "datagram",
        RtcError::Ice(_) => "ICE",
        _ => "other",
    }
}
