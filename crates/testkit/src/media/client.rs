//! One participant: a transport, a microphone, a camera with three layers, and a note of all that comes in.

#![expect(clippy::disallowed_methods, reason = "a client that seals with its transport's keys alone")]

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use protocol::{LinkId, MediaKey, Sdp, Signal, SignalNumber, Source};
use sfu::{Event as SfuEvent, Who};
use str0m::bwe::{Bitrate, BweKind};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, Mid, Rid, Simulcast, SimulcastLayer};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite, SeqNo};
use str0m::{Candidate, Event, Input, Output, Rtc};

use super::Decoder;
use super::decoder::Piece;
use super::share::Share;

/// The layers of a camera, from the smallest: name, height, bits per second.
pub const LAYERS: [(&str, u16, u64); 3] = [("q", 180, 150_000), ("h", 360, 500_000), ("f", 720, 1_500_000)];

const FRAME: Duration = Duration::from_millis(33);
const SOUND: Duration = Duration::from_millis(20);
const PAYLOAD: usize = 1_100;

/// What has come in one slot.
#[derive(Debug, Default)]
pub struct Heard {
    /// Packets by their sender's number.
    pub from: BTreeMap<u8, u64>,
    /// When packets of whom came last.
    pub last: Option<(Duration, u8)>,
    /// Frames begun.
    pub frames: u64,
    /// The height of the last keyframe.
    pub height: u16,
    /// Places where the numbers of pictures or of packets did not go on.
    pub breaks: u64,
    /// Bytes of payload.
    pub bytes: u64,
    next: Option<u64>,
    picture: Option<u16>,
    /// Packets that came out of their order, by number.
    late: std::collections::BTreeSet<u64>,
}

/// What somebody who holds their own keys says of a packet instead of the truth. What is `None` stays true.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lie {
    /// The sequence number that never rolls over; its rollover is sealed as it says.
    pub sequence: Option<u64>,
    /// The timestamp.
    pub time: Option<u32>,
    /// How loud it is, in dBov.
    pub level: Option<i8>,
    /// The picture's number, fifteen bits.
    pub picture: Option<u16>,
    /// The number of the picture of the lowest temporal layer, and the temporal layer.
    pub temporal: Option<(u8, u8)>,
    /// How many bytes of the payload are sent.
    pub bytes: Option<usize>,
    /// Sound is sent as the camera's, and pictures as the microphone's.
    pub elsewhere: bool,
}

/// A participant with a transport of their own.
pub struct Client {
    /// Who they are.
    pub who: Who,
    /// The same as a small number, of which their packets are full.
    pub number: u8,
    /// Where they send from.
    pub address: SocketAddr,
    rtc: Rtc,
    /// What they have to say to the unit.
    pub signals: Vec<(SignalNumber, Signal)>,
    /// What they were told.
    pub events: Vec<SfuEvent>,
    /// What came in each slot for pictures.
    pub video: Vec<Heard>,
    /// What came in each slot for sound.
    pub audio: Vec<Heard>,
    /// Whether the camera is on.
    pub sends_video: bool,
    /// How loud the microphone is, in dBov; `None` when it is off.
    pub loudness: Option<i8>,
    connected: bool,
    /// The pictures that they were told are left out.
    pub paused: Vec<MediaKey>,
    /// How many layers the unit wants.
    pub wanted: u8,
    /// How many layers their uplink carries.
    pub uplink_layers: u8,
    /// What they take their uplink for, in bits per second.
    pub uplink: u64,
    /// Keyframes sent, of all layers.
    pub keyframes_sent: u64,
    /// What is shown of each slot for pictures.
    pub decoders: Vec<Decoder>,
    /// Whether requests for keyframes are lost on the way here.
    pub is_deaf: bool,
    /// How long the encoder takes to make a keyframe that was asked for.
    pub keyframe_takes: Duration,
    /// The time between two pictures.
    pub frame_every: Duration,
    /// What is sent in place of pictures, once.
    pub odd_payload: Option<Vec<u8>>,
    /// What is said of the next packets of sound, one after the other.
    pub lies_of_sound: VecDeque<Lie>,
    /// The same of the next packets of pictures, of all layers.
    pub video_lies: VecDeque<Lie>,
    /// What was to be sent while datagrams came in.
    sent: Vec<(SocketAddr, Vec<u8>)>,
    start: Instant,
    pending: Option<SdpPendingOffer>,
    microphone: Mid,
    camera: Mid,
    share: Share,
    video_slots: Vec<Mid>,
    audio_slots: Vec<Mid>,
    signals_made: u32,
    next_frame: Duration,
    next_sound: Duration,
    frames: u64,
    sequences: [u64; 3],
    keyframe_due: [Option<Duration>; 3],
    sound_sequence: u64,
    sounds: u32,
}

impl Client {
    /// Somebody who offers a link with this many slots for pictures.
    pub fn new(start: Instant, now: Instant, who: Who, number: u8, slots: usize) -> Self {
        let address = SocketAddr::from(([10, 0, 0, number], 5_000));
        let mut rtc = Rtc::builder()
            .set_rtp_mode(true)
            .enable_bwe(Some(Bitrate::kbps(2_500)))
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").expect("what was set up is there"));
        let mut simulcast = Simulcast::new();
        for (rid, ..) in LAYERS {
            simulcast.add_send_layer(SimulcastLayer::new(rid));
        }
        let mut changes = rtc.sdp_api();
        let microphone = changes.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        let camera = changes.add_media(MediaKind::Video, Direction::SendOnly, None, None, Some(simulcast));
        let mut slot = |kind| changes.add_media(kind, Direction::RecvOnly, None, None, None);
        let audio_slots: Vec<_> =
            (0..protocol::limits::AUDIO_SLOTS).map(|_| slot(MediaKind::Audio)).collect();
        let video_slots: Vec<_> = (0..slots).map(|_| slot(MediaKind::Video)).collect();
        let share = Share::new(&mut changes, number);
        let (offer, pending) = changes.apply().expect("what was set up is there");
        let mut client = Self {
            who,
            number,
            address,
            rtc,
            signals: Vec::new(),
            events: Vec::new(),
            video: (0..slots).map(|_| Heard::default()).collect(),
            audio: audio_slots.iter().map(|_| Heard::default()).collect(),
            sends_video: true,
            loudness: Some(-30),
            connected: false,
            paused: Vec::new(),
            wanted: 3,
            uplink_layers: 3,
            uplink: 0,
            keyframes_sent: 0,
            decoders: (0..slots).map(|_| Decoder::new(now - start)).collect(),
            is_deaf: false,
            keyframe_takes: Duration::ZERO,
            frame_every: FRAME,
            odd_payload: None,
            lies_of_sound: VecDeque::new(),
            video_lies: VecDeque::new(),
            sent: Vec::new(),
            start,
            pending: Some(pending),
            microphone,
            camera,
            share,
            video_slots,
            audio_slots,
            signals_made: 0,
            next_frame: now - start + Duration::from_millis(u64::from(number) * 3),
            next_sound: now - start + Duration::from_millis(u64::from(number)),
            frames: 0,
            sequences: [1; 3],
            keyframe_due: [Some(Duration::ZERO); 3],
            sound_sequence: 1,
            sounds: 0,
        };
        client.offer(&offer.to_sdp_string());
        client
    }

    fn offer(&mut self, sdp: &str) {
        let sdp = Sdp::new(sdp.to_owned()).expect("what was set up is there");
        let sections = self.share.sections(self.microphone, self.camera);
        self.signal(Signal::Offer { sdp, sections });
    }

    fn signal(&mut self, signal: Signal) {
        self.signals.push((SignalNumber(self.signals_made), signal));
        self.signals_made += 1;
    }

    /// Goes to another network: from now on they are at another address, from where they ask to begin ICE anew.
    pub fn move_to(&mut self, address: SocketAddr) {
        self.address = address;
        self.rtc.add_local_candidate(Candidate::host(address, "udp").expect("what was set up is there"));
        let mut changes = self.rtc.sdp_api();
        changes.ice_restart(true);
        let (offer, pending) = changes.apply().expect("what was set up is there");
        self.pending = Some(pending);
        self.offer(&offer.to_sdp_string());
    }

    /// Shares a screen and its sound from now on, or no more.
    pub fn share(&mut self, now: Option<Instant>) {
        self.share.set(now.map(|now| now - self.start));
    }

    /// The number of their link.
    pub fn link(&self) -> LinkId {
        LinkId(0)
    }

    /// The unit tells them something.
    pub fn hear_event(&mut self, event: SfuEvent) {
        match &event {
            SfuEvent::Signal { signal: Signal::Answer { sdp }, .. } => {
                let answer = SdpAnswer::from_sdp_string(sdp.as_str()).expect("what was set up is there");
                let pending = self.pending.take().expect("what was set up is there");
                self.rtc.sdp_api().accept_answer(pending, answer).expect("what was set up is there");
            }
            SfuEvent::WantedLayers { source: Source::Camera, layers } => self.wanted = *layers,
            SfuEvent::WantedLayers { source: Source::Screen, layers } => self.share.wanted = *layers,
            SfuEvent::WantedLayers { .. } => {}
            SfuEvent::PausedVideo(publications) => self.paused.clone_from(publications),
            SfuEvent::Signal { .. } | SfuEvent::AudioSlots(_) | SfuEvent::Closed => {}
        }
        self.events.push(event);
    }

    /// A datagram comes.
    pub fn receive(&mut self, now: Instant, source: SocketAddr, bytes: &[u8]) {
        let Ok(contents) = bytes.try_into() else { return };
        let receive = Receive { proto: Protocol::Udp, source, destination: self.address, contents };
        self.rtc.handle_input(Input::Receive(now, receive)).expect("what was set up is there");
        let mut sent = std::mem::take(&mut self.sent);
        self.drain(now, &mut sent);
        self.sent = sent;
    }

    /// Sends what is due, and gives what the transport wants sent and when it wants to be woken.
    pub fn advance(&mut self, now: Instant) -> (Vec<(SocketAddr, Vec<u8>)>, Duration) {
        self.rtc.handle_input(Input::Timeout(now)).expect("what was set up is there");
        let mut sent = std::mem::take(&mut self.sent);
        let mut due = self.drain(now, &mut sent);
        if self.connected {
            self.ask_for_keyframes(now);
            self.send_sound(now);
            self.rtc.handle_input(Input::Timeout(now)).expect("what was set up is there");
            self.drain(now, &mut sent);
            self.send_video(now);
            self.share.send(&mut self.rtc, now, now - self.start);
            self.rtc.handle_input(Input::Timeout(now)).expect("what was set up is there");
            let shared = self.share.due().unwrap_or(Duration::MAX);
            due = self.drain(now, &mut sent).min(self.next_frame).min(self.next_sound).min(shared);
        }
        (sent, due)
    }

    fn drain(&mut self, now: Instant, sent: &mut Vec<(SocketAddr, Vec<u8>)>) -> Duration {
        loop {
            match self.rtc.poll_output().expect("what was set up is there") {
                Output::Timeout(due) => return due.saturating_duration_since(self.start),
                Output::Transmit(transmit) => sent.push((transmit.destination, transmit.contents.into())),
                Output::Event(Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. })) => {
                    self.uplink = estimate.as_u64();
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::KeyframeRequest(request)) => {
                    if self.share.is_screen(request.mid) {
                        self.share.want_keyframe(request.rid);
                        continue;
                    }
                    let layer = LAYERS.iter().position(|(rid, ..)| request.rid == Some(Rid::from(*rid)));
                    if !self.is_deaf {
                        let due = now.saturating_duration_since(self.start) + self.keyframe_takes;
                        self.keyframe_due[layer.expect("what was set up is there")].get_or_insert(due);
                    }
                }
                Output::Event(Event::RtpPacket(packet)) => self.note(now, &packet),
                Output::Event(_) => {}
            }
        }
    }

    fn note(&mut self, now: Instant, packet: &RtpPacket) {
        let mid = {
            let mut api = self.rtc.direct_api();
            api.stream_rx(&packet.header.ssrc).expect("what was set up is there").mid()
        };
        let at = now - self.start;
        let video = self.video_slots.iter().position(|slot| *slot == mid);
        let heard = match video {
            Some(index) => &mut self.video[index],
            None => {
                &mut self.audio
                    [self.audio_slots.iter().position(|slot| *slot == mid).expect("what was set up is there")]
            }
        };
        heard.note(at, *packet.seq_no, &packet.payload, video.is_some());
        if let Some(index) = video {
            self.decoders[index].push(at, *packet.seq_no, piece(packet));
        }
    }

    fn ask_for_keyframes(&mut self, now: Instant) {
        for (decoder, mid) in self.decoders.iter_mut().zip(&self.video_slots) {
            let mut api = self.rtc.direct_api();
            if let Some(stream) = api.stream_rx_by_mid(*mid, None)
                && decoder.asks(now - self.start)
            {
                stream.request_keyframe(KeyframeRequestKind::Pli);
            }
        }
    }

    fn send_sound(&mut self, now: Instant) {
        if now - self.start < self.next_sound {
            return;
        }
        self.next_sound += SOUND;
        self.sounds = self.sounds.wrapping_add(1);
        let Some(level) = self.loudness else { return };
        let pt = self.payload_type(Codec::Opus);
        let lie = self.lies_of_sound.pop_front().unwrap_or_default();
        let level = lie.level.unwrap_or(level);
        let time = lie.time.unwrap_or(self.sounds.wrapping_mul(960));
        self.sound_sequence = lie.sequence.unwrap_or(self.sound_sequence);
        let payload = vec![self.number; lie.bytes.unwrap_or(80)];
        let extensions = ExtensionValues {
            audio_level: Some(level),
            voice_activity: Some(level > -50),
            ..ExtensionValues::default()
        };
        let write =
            RtpWrite::new(pt, SeqNo::from(self.sound_sequence), time, now, payload).ext_vals(extensions);
        self.sound_sequence = self.sound_sequence.wrapping_add(1);
        let (section, rid) =
            if lie.elsewhere { (self.camera, Some(Rid::from(LAYERS[0].0))) } else { (self.microphone, None) };
        self.rtc
            .direct_api()
            .stream_tx_by_mid(section, rid)
            .expect("what was set up is there")
            .write_rtp(write);
    }

    fn send_video(&mut self, now: Instant) {
        if now - self.start < self.next_frame {
            return;
        }
        // A camera whose pictures nobody fetches drops them.
        let behind = (now - self.start).saturating_sub(self.next_frame);
        self.next_frame +=
            self.frame_every * (1 + (behind.as_micros() / self.frame_every.as_micros()) as u32);
        self.frames += 1;
        if let Some(payload) = self.odd_payload.take() {
            return self.send_odd(now, &payload);
        }
        if !self.sends_video {
            return;
        }
        for layer in 0..usize::from(self.wanted.min(self.uplink_layers)) {
            self.send_frame(now, layer);
        }
    }

    /// Sends anything at all as a packet of each layer, and of sound: the first byte says how its header is.
    fn send_odd(&mut self, now: Instant, payload: &[u8]) {
        let Some((first, payload)) = payload.split_first() else { return };
        for (layer, (rid, ..)) in LAYERS.into_iter().enumerate() {
            let pt = self.payload_type(Codec::Vp8);
            let sequence = SeqNo::from(self.sequences[layer]);
            self.sequences[layer] = self.sequences[layer].wrapping_add(1 + u64::from(first & 3));
            let write = RtpWrite::new(pt, sequence, u32::from(*first) << 20, now, payload.to_vec())
                .marker(first & 4 != 0)
                .nackable(first & 8 != 0);
            let rid = Some(Rid::from(rid));
            self.rtc.direct_api().stream_tx_by_mid(self.camera, rid).expect("a camera").write_rtp(write);
        }
        let pt = self.payload_type(Codec::Opus);
        let extensions =
            ExtensionValues { audio_level: Some(-(*first as i8 & 0x7f)), ..ExtensionValues::default() };
        let write = RtpWrite::new(pt, SeqNo::from(self.sound_sequence), 0, now, payload.to_vec())
            .ext_vals(extensions);
        self.sound_sequence = self.sound_sequence.wrapping_add(1);
        self.rtc.direct_api().stream_tx_by_mid(self.microphone, None).expect("a microphone").write_rtp(write);
    }

    fn send_frame(&mut self, now: Instant, layer: usize) {
        let (rid, height, rate) = LAYERS[layer];
        let is_key = self.keyframe_due[layer].take_if(|due| *due <= now - self.start).is_some();
        self.keyframes_sent += u64::from(is_key);
        // A pattern of three temporal layers: 0, 2, 1, 2.
        let temporal = if is_key { 0 } else { [0_u8, 2, 1, 2][(self.frames % 4) as usize] };
        let bytes = (rate as f64 / 8.0 * FRAME.as_secs_f64() * if is_key { 3.0 } else { 1.0 }) as usize;
        let packets = bytes.div_ceil(PAYLOAD).max(1);
        let pt = self.payload_type(Codec::Vp8);
        let truth = ((self.frames & 0x7fff) as u16, (self.frames / 4) as u8);
        for packet in 0..packets {
            let lie = self.video_lies.pop_front().unwrap_or_default();
            let picture = lie.picture.unwrap_or(truth.0);
            let (tl0, temporal) = lie.temporal.unwrap_or((truth.1, temporal));
            let mut payload = vec![
                if packet == 0 { 0x90 } else { 0x80 },
                0xe0,
                0x80 | (picture >> 8) as u8,
                picture as u8,
                tl0,
                (temporal & 3) << 6,
            ];
            if packet == 0 {
                payload.extend([u8::from(!is_key), 0, 0]);
                if is_key {
                    payload.extend([0x9d, 0x01, 0x2a]);
                    payload.extend((height * 16 / 9).to_le_bytes());
                    payload.extend(height.to_le_bytes());
                }
            }
            payload.resize(lie.bytes.unwrap_or((bytes / packets).max(20)), self.number);
            let sequence = lie.sequence.unwrap_or(self.sequences[layer]);
            self.sequences[layer] = sequence.wrapping_add(1);
            let sequence = SeqNo::from(sequence);
            let time = lie.time.unwrap_or((self.frames * 2_970) as u32);
            let write =
                RtpWrite::new(pt, sequence, time, now, payload).marker(packet + 1 == packets).nackable(true);
            let (section, rid) =
                if lie.elsewhere { (self.microphone, None) } else { (self.camera, Some(Rid::from(rid))) };
            self.rtc
                .direct_api()
                .stream_tx_by_mid(section, rid)
                .expect("what was set up is there")
                .write_rtp(write);
        }
    }

    fn payload_type(&self, codec: Codec) -> str0m::media::Pt {
        let params = self.rtc.codec_config().params();
        params.iter().find(|params| params.spec().codec == codec).expect("what was set up is there").pt()
    }
}

fn piece(packet: &RtpPacket) -> Piece {
    let payload = &packet.payload;
    let begins = (payload.len() >= 16 && payload[0] & 0x10 != 0)
        .then(|| (payload[6] & 1 == 0).then(|| u16::from_le_bytes([payload[14], payload[15]])));
    Piece { begins, ends: packet.header.marker }
}

impl Heard {
    fn note(&mut self, at: Duration, sequence: u64, payload: &[u8], is_video: bool) {
        let Some(&sender) = payload.last() else { return };
        *self.from.entry(sender).or_default() += 1;
        self.last = Some((at, sender));
        self.bytes += payload.len() as u64;
        // Numbers have to go on without a gap, whatever order they come in.
        self.late.insert(sequence);
        let mut next = self.next.unwrap_or(sequence);
        while self.late.remove(&next) {
            next += 1;
        }
        self.next = Some(next);
        if !is_video || payload.len() < 16 || payload[0] & 0x10 == 0 {
            return;
        }
        self.frames += 1;
        let picture = u16::from_be_bytes([payload[2] & 0x7f, payload[3]]);
        let follows = self.picture.is_none_or(|before| picture == (before + 1) & 0x7fff);
        self.breaks += u64::from(!follows);
        self.picture = Some(picture);
        if payload[6] & 1 == 0 {
            self.height = u16::from_le_bytes([payload[14], payload[15]]);
        }
    }

    /// Packets that never came, before others that did.
    pub fn missing(&self) -> u64 {
        let span = self.late.last().zip(self.next).map_or(0, |(last, next)| last + 1 - next);
        span - self.late.len() as u64
    }
}
