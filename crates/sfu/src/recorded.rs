//! What a recording is given: the packets of whoever consented, as they came, with what their sender says of their clock.

use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use protocol::Source;
use str0m::format::Codec;
use str0m::rtp::RtpPacket;
use str0m::rtp::rtcp::SenderInfo;

use crate::Who;
use crate::sink::TrackPacket;

/// A packet for a recording: of the layer that is recorded, in the order in which it came, without those that came twice. What was sent again
/// (RFC 4588) is what it was first.
#[derive(Clone)]
pub struct RecordedPacket {
    /// Who sends it.
    pub who: Who,
    /// Of what.
    pub source: Source,
    /// When its datagram was read.
    pub came: Instant,
    /// Of its stream: another layer has another one.
    pub ssrc: u32,
    /// Its place in the stream. Wraps.
    pub sequence: u16,
    /// In ticks of its codec's clock. Wraps.
    pub timestamp: u32,
    /// Whether it is the last of its picture.
    pub marker: bool,
    /// What its frame is encoded with.
    pub codec: RecordedCodec,
    /// What its sender has said of the clock of the stream, where that is news.
    pub report: Option<ClockReport>,
    /// What it carries.
    pub payload: Arc<[u8]>,
}

/// The codecs that are forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedCodec {
    /// Sound.
    Opus,
    /// Pictures.
    Vp8,
    /// Pictures.
    Vp9,
    /// Pictures.
    Av1,
    /// Pictures.
    H264,
}

/// A sender report (RFC 3550 §6.4.1), as far as it is about time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReport {
    /// The sender's wall clock: seconds since 1900 in the upper half, fractions in the lower.
    pub ntp: u64,
    /// The same moment on the stream's clock.
    pub timestamp: u32,
}

/// Sizes alone: what is in it is of people.
impl std::fmt::Debug for RecordedPacket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { ssrc, sequence, timestamp, payload, .. } = self;
        write!(f, "RecordedPacket({ssrc:#x}, number {sequence}, time {timestamp}, {} bytes)", payload.len())
    }
}

impl RecordedPacket {
    /// `None` for what no recording can hold.
    pub(crate) fn new(
        (who, source): (Who, Source),
        packet: &TrackPacket<'_>,
        report: Option<ClockReport>,
    ) -> Option<Self> {
        let codec = codec(packet.params.spec().codec)?;
        let RtpPacket { seq_no, header, payload, timestamp: came, .. } = packet.packet;
        Some(Self {
            who,
            source,
            came: *came,
            ssrc: *header.ssrc,
            sequence: **seq_no as u16,
            timestamp: header.timestamp,
            marker: header.marker,
            codec,
            report,
            payload: Arc::clone(payload),
        })
    }
}

impl ClockReport {
    pub(crate) fn new(info: &SenderInfo) -> Self {
        let since = info.ntp_time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self { ntp: ntp(since), timestamp: info.rtp_time.numer() as u32 }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "no other codec is negotiated")]
fn codec(codec: Codec) -> Option<RecordedCodec> {
    match codec {
        Codec::Opus => Some(RecordedCodec::Opus),
        Codec::Vp8 => Some(RecordedCodec::Vp8),
        Codec::Vp9 => Some(RecordedCodec::Vp9),
        Codec::Av1 => Some(RecordedCodec::Av1),
        Codec::H264 => Some(RecordedCodec::H264),
        _ => None,
    }
}

/// From 1900 to 1970, in seconds.
const EPOCH: u64 = 2_208_988_800;

/// Of what has passed since 1970.
fn ntp(since: Duration) -> u64 {
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    since.as_secs().wrapping_add(EPOCH) << 32 | fraction
}
