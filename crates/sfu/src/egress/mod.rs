//! What goes out to one peer. Packets handed on are numbered, sealed and repeated here, and not in the transport: it would
//! take a buffer and a walk over all its streams for each. The transport keeps what is rare: the path, the handshake, and
//! reports.

mod congestion;
mod header;
mod packet;
mod rtx_cache;
mod stream;

use std::time::Instant;

use rtcp_types::prelude::*;
use rtcp_types::{Nack, SenderReport, TransportFeedback, Twcc};
use srtp::{KeySlot, SrtpError, SrtpReceiver, SrtpSender};

pub(crate) use self::header::Extensions;
pub(crate) use self::packet::{Packet, StreamKey};
pub(crate) use self::stream::Negotiated;

use self::congestion::Congestion;
use self::header::Header;
use self::stream::Stream;
use crate::counters::Reported;

/// Bytes of padding in a packet of nothing else; its last byte says how many they are (RFC 3550 §5.1).
const PADDING: u8 = 224;

/// Padding packets at one moment. What is missing then goes a moment later.
const PADDING_AT_ONCE: usize = 64;

/// Packets that a report may ask for at one moment.
const REPEATS_AT_ONCE: usize = 512;

/// Reports on what came, in one datagram. Browsers send one or two.
const TWCC_FEEDBACK_AT_ONCE: usize = 8;

/// What is sent again at the most: this part of the rate, and so many bytes at once. A line that loses more is too full for
/// what it gets already.
const REPEATS_OF_RATE: u64 = 4;
const REPEATED_AT_ONCE: u64 = 32_000;

/// The rate, in bits per second, as of which packets are sent again where it is lower: one picture that is whole takes less
/// than a keyframe.
const REPEATED_AS_OF: u64 = 250_000;

/// Packets that may wait for their turn. They wait for the end of a run of datagrams, a millisecond or less.
const WAITING: usize = 4_096;

/// What a sealed datagram is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Media,
    /// Sent again, or padding.
    Extra,
}

/// One peer's outgoing side.
pub(crate) struct Egress {
    keys: KeySlot,
    srtp: Option<Srtp>,
    congestion: Congestion,
    streams: Vec<Stream>,
    waiting: Vec<Packet>,
    /// What is to be sent again.
    nacked: Vec<(StreamKey, u16)>,
    /// What was missed and cannot be sent again.
    gone: Vec<(StreamKey, u64)>,
    rtx_allowance: Allowance,
    /// For payloads that are changed on their way, and for reports.
    scratch: Vec<u8>,
}

impl Egress {
    /// Rates are in bits per second.
    pub(crate) fn new(now: Instant, keys: KeySlot, initial: u64, max: u64) -> Self {
        Self {
            keys,
            srtp: None,
            congestion: Congestion::new(now, initial, max),
            streams: Vec::new(),
            waiting: Vec::new(),
            nacked: Vec::new(),
            gone: Vec::new(),
            rtx_allowance: Allowance { left: REPEATED_AT_ONCE, since: now },
            scratch: Vec::new(),
        }
    }

    pub(crate) fn add_stream(&mut self, negotiated: Negotiated) -> StreamKey {
        self.streams.push(Stream::new(negotiated));
        StreamKey(self.streams.len() - 1)
    }

    /// The handshake is done.
    pub(crate) fn connected(&mut self, now: Instant) {
        if let Some(keys) = self.keys.take() {
            let both = SrtpSender::new(&keys).zip(SrtpReceiver::new(&keys));
            self.srtp = both.map(|(sender, receiver)| Srtp { sender, receiver });
        }
        self.congestion.connected(now);
    }

    /// What the line is taken to carry, in bits per second.
    pub(crate) fn rate(&self) -> u64 {
        self.congestion.rate()
    }

    /// Whether a little may be sent although it is more than [`Self::rate`]: estimates of quiet lines are too low. `false` for a while
    /// after the line has lost much of what was sent.
    pub(crate) fn may_exceed_estimate(&self, now: Instant) -> bool {
        self.congestion.may_exceed_estimate(now)
    }

    /// What would be sent on a line that carries everything, in bits per second, and whether that is more than now.
    pub(crate) fn set_demand(&mut self, now: Instant, wants_more: bool, desired: u64) {
        self.congestion.set_demand(now, wants_more, desired);
    }

    /// Lets time pass. To be called a few times a second.
    pub(crate) fn tick(&mut self, now: Instant) {
        self.congestion.process(now);
        for stream in &mut self.streams {
            stream.rtx_cache.forget(now);
        }
    }

    /// The peer is reached by another way.
    pub(crate) fn path_changed(&mut self, now: Instant) {
        self.congestion.path_changed(now);
    }

    /// The peer says what its line carries, in bits per second. One that reports what came is not asked.
    pub(crate) fn on_remb(&mut self, rate: u64) {
        if !self.streams.iter().any(|one| one.negotiated.extensions.transport_sequence.is_some()) {
            self.congestion.on_remb(rate);
        }
    }

    /// What the peer has reported since this was asked last.
    pub(crate) fn take_reported(&mut self) -> Reported {
        self.congestion.take_reported()
    }

    /// What the peer misses and cannot be sent again. Told once.
    pub(crate) fn gone(&mut self) -> Vec<(StreamKey, u64)> {
        std::mem::take(&mut self.gone)
    }

    /// When [`Self::flush`] has something to send by itself.
    pub(crate) fn due(&self, now: Instant) -> Option<Instant> {
        self.srtp.as_ref()?;
        if !self.nacked.is_empty() {
            return Some(now);
        }
        if self.streams.iter().any(Stream::can_be_padded) { self.congestion.due() } else { None }
    }

    /// Takes a packet, to be sent with those that wait.
    pub(crate) fn push(&mut self, packet: Packet) {
        if self.waiting.len() < WAITING {
            self.waiting.push(packet);
        }
    }

    /// Reads a datagram with reports of the peer. True when there is nothing in it for the transport.
    pub(crate) fn hear(&mut self, now: Instant, datagram: &[u8]) -> bool {
        let Self { srtp: Some(srtp), congestion, streams, nacked, scratch, .. } = self else { return false };
        if srtp.receiver.open_rtcp(datagram, scratch).is_err() {
            return false;
        }
        read(now, scratch, congestion, streams, nacked)
    }

    /// Writes into the transport's reports what it cannot know of packets that it has not sent: the times of streams, and how
    /// much was sent (RFC 3550 §6.4.1).
    pub(crate) fn complete_rtcp(&mut self, now: Instant, datagram: &mut Vec<u8>) {
        let Self { srtp: Some(srtp), streams, .. } = self else { return };
        // What cannot be sealed again is dropped: the next report says as much.
        _ = srtp.sender.rewrite_rtcp(datagram, |rtcp| complete(now, rtcp, streams));
    }

    /// Seals what waits, what was nacked, and the padding that is due; `buffer` gives an empty buffer for each.
    pub(crate) fn flush(
        &mut self,
        now: Instant,
        mut buffer: impl FnMut() -> Vec<u8>,
        mut send: impl FnMut(Vec<u8>, Purpose),
    ) {
        let Self {
            srtp: Some(srtp), congestion, streams, waiting, nacked, gone, rtx_allowance, scratch, ..
        } = self
        else {
            self.waiting.clear();
            return;
        };
        rtx_allowance.grow(now, congestion.rate().max(REPEATED_AS_OF) / REPEATS_OF_RATE);
        let mut context = SendContext { now, srtp: &mut srtp.sender, congestion, scratch };
        for packet in waiting.drain(..) {
            let Some(stream) = streams.get_mut(packet.stream.0) else { continue };
            let mut out = buffer();
            // No number is sealed twice.
            if context.seal(stream, &packet, &mut out).is_err() {
                continue;
            }
            send(out, Purpose::Media);
            stream.count(now, &packet);
            if stream.negotiated.rtx.is_some() {
                stream.rtx_cache.push(now, packet);
            }
        }
        for (key, number) in nacked.drain(..) {
            let Some(stream) = streams.get_mut(key.0) else { continue };
            if rtx_allowance.left == 0 {
                continue;
            }
            if let Some(out) = context.retransmit(stream, number, &mut buffer) {
                rtx_allowance.left = rtx_allowance.left.saturating_sub(out.len() as u64);
                send(out, Purpose::Extra);
            } else if let Some(sequence) = stream.rtx_cache.gone(now, number) {
                gone.push((key, sequence));
            }
        }
        for _ in 0..PADDING_AT_ONCE {
            if !context.congestion.wants_padding(now) {
                break;
            }
            // On the stream that is in use, if one is.
            let padded =
                streams.iter_mut().filter(|one| one.can_be_padded()).max_by_key(|one| one.last_sent());
            let Some(padded) = padded else { break };
            let mut out = buffer();
            if context.seal_padding(padded, &mut out).is_none() {
                break;
            }
            send(out, Purpose::Extra);
        }
    }
}

/// Sealing and opening, once the handshake is done.
struct Srtp {
    sender: SrtpSender,
    receiver: SrtpReceiver,
}

/// Writes into sender reports the time of each stream, and how much was sent.
fn complete(now: Instant, rtcp: &mut [u8], streams: &[Stream]) {
    let mut at = 0;
    while let Some(length) = length_of(rtcp, at) {
        if rtcp[at + 1] == SenderReport::PACKET_TYPE && length >= 28 {
            let ssrc = u32::from_be_bytes(std::array::from_fn(|byte| rtcp[at + 4 + byte]));
            let stream = streams.iter().find(|one| one.negotiated.ssrc == ssrc);
            if let Some((stream, time)) = stream.and_then(|one| Some((one, one.time(now)?))) {
                for (offset, value) in [(16, time), (20, stream.packets), (24, stream.octets)] {
                    rtcp[at + offset..at + offset + 4].copy_from_slice(&value.to_be_bytes());
                }
            }
        }
        at += length;
    }
}

/// Bytes that may be sent.
struct Allowance {
    left: u64,
    since: Instant,
}

impl Allowance {
    /// Grows by what a rate, in bits per second, allows since the last time.
    fn grow(&mut self, now: Instant, rate: u64) {
        let micros = now.saturating_duration_since(self.since).as_micros() as u64;
        self.left = REPEATED_AT_ONCE.min(self.left + micros.saturating_mul(rate) / 8_000_000);
        self.since = now;
    }
}

/// What every datagram to the peer needs.
struct SendContext<'a> {
    now: Instant,
    srtp: &'a mut SrtpSender,
    congestion: &'a mut Congestion,
    scratch: &'a mut Vec<u8>,
}

impl SendContext<'_> {
    fn seal(&mut self, stream: &mut Stream, packet: &Packet, out: &mut Vec<u8>) -> Result<(), SrtpError> {
        let Negotiated { ssrc, extensions, mid, is_audio, .. } = &stream.negotiated;
        let header = Header {
            payload_type: packet.payload_type,
            marker: packet.marker,
            padding: false,
            sequence: packet.sequence as u16,
            time: packet.time,
            ssrc: *ssrc,
            mid: mid.as_bytes(),
            transport_sequence: self.congestion.next_number(),
            send_time: self.congestion.send_time(self.now),
            audio_level: packet.audio_level,
            orientation: packet.orientation,
        };
        header.write(*extensions, out);
        let payload = match &packet.patch {
            None => packet.payload.as_ref(),
            Some(patch) => {
                self.scratch.clear();
                self.scratch.extend_from_slice(&packet.payload);
                patch.apply(self.scratch);
                self.scratch.as_slice()
            }
        };
        let is_audio = *is_audio;
        self.srtp.seal(&mut stream.sealed, packet.sequence, payload, out)?;
        self.sent(stream, out, is_audio);
        Ok(())
    }

    /// RFC 4588 §4: a stream of its own, and the first number before the payload.
    fn retransmit(
        &mut self,
        stream: &mut Stream,
        number: u16,
        buffer: &mut impl FnMut() -> Vec<u8>,
    ) -> Option<Vec<u8>> {
        let (ssrc, _) = stream.negotiated.rtx?;
        let sequence = stream.next_repetition;
        let packet = stream.rtx_cache.again(self.now, number)?;
        let payload_type = packet.rtx_payload_type?;
        let mut out = buffer();
        self.scratch.clear();
        self.scratch.extend_from_slice(&number.to_be_bytes());
        self.scratch.extend_from_slice(&packet.payload);
        if let Some(patch) = &packet.patch {
            patch.apply(&mut self.scratch[2..]);
        }
        let header = Header {
            payload_type,
            marker: packet.marker,
            padding: false,
            sequence: sequence as u16,
            time: packet.time,
            ssrc,
            mid: stream.negotiated.mid.as_bytes(),
            transport_sequence: self.congestion.next_number(),
            send_time: self.congestion.send_time(self.now),
            audio_level: None,
            orientation: packet.orientation,
        };
        header.write(stream.negotiated.extensions, &mut out);
        self.seal_extra(stream, &mut out)?;
        Some(out)
    }

    /// A packet of nothing but padding, which a peer drops once it has noted when it came.
    fn seal_padding(&mut self, stream: &mut Stream, out: &mut Vec<u8>) -> Option<()> {
        let (ssrc, payload_type) = stream.negotiated.rtx?;
        let header = Header {
            payload_type,
            marker: false,
            padding: true,
            sequence: stream.next_repetition as u16,
            time: stream.time(self.now).unwrap_or_default(),
            ssrc,
            mid: stream.negotiated.mid.as_bytes(),
            transport_sequence: self.congestion.next_number(),
            send_time: self.congestion.send_time(self.now),
            audio_level: None,
            orientation: None,
        };
        self.scratch.clear();
        self.scratch.resize(usize::from(PADDING) - 1, 0);
        self.scratch.push(PADDING);
        header.write(stream.negotiated.extensions, out);
        self.seal_extra(stream, out)
    }

    /// Seals what is in the scratch buffer, on the RTX stream.
    fn seal_extra(&mut self, stream: &mut Stream, out: &mut Vec<u8>) -> Option<()> {
        let sealed = stream.sealed_rtx.as_mut()?;
        self.srtp.seal(sealed, stream.next_repetition, self.scratch, out).ok()?;
        stream.next_repetition += 1;
        self.sent(stream, out, false);
        Some(())
    }

    fn sent(&mut self, stream: &Stream, datagram: &[u8], is_audio: bool) {
        if stream.negotiated.extensions.transport_sequence.is_some() {
            self.congestion.sent(self.now, datagram.len(), is_audio);
        }
    }
}

/// Whether a datagram holds reports (RFC 5761 §4).
pub(crate) fn is_rtcp(datagram: &[u8]) -> bool {
    matches!(datagram, [first, 192..=223, ..] if first >> 6 == 2)
}

/// Reads reports of the peer. True when there is nothing in them for the transport.
fn read(
    now: Instant,
    rtcp: &[u8],
    congestion: &mut Congestion,
    streams: &[Stream],
    nacked: &mut Vec<(StreamKey, u16)>,
) -> bool {
    let (mut is_all, mut at, mut twcc_feedback) = (true, 0, 0);
    while let Some(length) = length_of(rtcp, at) {
        let feedback = TransportFeedback::parse(&rtcp[at..at + length]);
        at += length;
        let Ok(feedback) = feedback else {
            is_all = false;
            continue;
        };
        if let Ok(report) = feedback.parse_fci::<Twcc<'_>>() {
            twcc_feedback += 1;
            if twcc_feedback <= TWCC_FEEDBACK_AT_ONCE {
                congestion.report(now, &report);
            }
        } else if let Ok(nack) = feedback.parse_fci::<Nack<'_>>() {
            let ssrc = feedback.media_ssrc();
            let Some(stream) = streams.iter().position(|one| one.negotiated.ssrc == ssrc) else { continue };
            let room = REPEATS_AT_ONCE.saturating_sub(nacked.len());
            nacked.extend(nack.entries().take(room).map(|number| (StreamKey(stream), number)));
        }
    }
    is_all
}

/// How many bytes the report that begins here takes (RFC 3550 §6.4.1), if they are there.
fn length_of(rtcp: &[u8], at: usize) -> Option<usize> {
    let head = rtcp.get(at..at + 4)?;
    let length = (usize::from(u16::from_be_bytes([head[2], head[3]])) + 1) * 4;
    (at + length <= rtcp.len()).then_some(length)
}

/// Reads RTCP as an authenticated peer may send them, for the fuzzer.
#[cfg(feature = "fuzzing")]
pub(crate) fn read_for_fuzzing(now: Instant, rtcp: &[u8]) {
    let mut egress = Egress::new(now, KeySlot::default(), 1_000_000, 10_000_000);
    egress.connected(now);
    for packet in 0..100 {
        egress.congestion.sent(now + std::time::Duration::from_millis(packet * 10), 1_200, false);
    }
    let mut nacked = Vec::new();
    let mut at = now + std::time::Duration::from_secs(1);
    for part in rtcp.split(|byte| *byte == 0x5a) {
        read(at, part, &mut egress.congestion, &egress.streams, &mut nacked);
        egress.congestion.process(at);
        at += std::time::Duration::from_millis(50);
    }
    assert!(nacked.len() <= REPEATS_AT_ONCE && egress.congestion.rate() <= 10_000_000);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn reports_of_nonsense_are_read_without_harm() {
        let now = crate::a_moment();
        let mut congestion = Congestion::new(now, 1_000_000, 10_000_000);
        congestion.connected(now);
        for length in 0..200_u8 {
            for kind in [200, 201, 205, 206] {
                let mut rtcp = vec![0x80 | (length % 32), kind, 0, length / 4];
                rtcp.extend((0..length).map(|byte| byte.wrapping_mul(length)));
                read(now, &rtcp, &mut congestion, &[], &mut Vec::new());
            }
        }
    }

    #[test]
    fn repetitions_have_a_share_of_the_rate() {
        let now = crate::a_moment();
        let mut allowance = Allowance { left: 0, since: now };
        allowance.grow(now + Duration::from_millis(100), 800_000);
        assert_eq!(allowance.left, 10_000);
        allowance.grow(now + Duration::from_secs(60), 800_000);
        assert_eq!(allowance.left, REPEATED_AT_ONCE);
    }
}
