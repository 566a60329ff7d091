//! One stream that goes out, and what is remembered of it.

use std::time::Instant;

use srtp::SendStream;

use super::rtx_cache::RtxCache;
use super::{Extensions, Packet};

/// What was negotiated for a stream.
#[derive(Clone, Debug)]
pub(crate) struct Negotiated {
    pub(crate) ssrc: u32,
    /// Its RTX stream, which takes padding too, and the payload type that padding has there (RFC 4588).
    pub(crate) rtx: Option<(u32, u8)>,
    /// The section's name.
    pub(crate) mid: String,
    pub(crate) extensions: Extensions,
    /// Ticks per second.
    pub(crate) clock: u32,
    pub(crate) is_audio: bool,
}

/// One outgoing RTP stream: an SSRC with its own sequence of numbers.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) negotiated: Negotiated,
    pub(super) rtx_cache: RtxCache,
    /// What was sealed of it, and of the RTX stream.
    pub(super) sealed: SendStream,
    pub(super) sealed_rtx: Option<SendStream>,
    /// The number of the next packet on the RTX stream.
    pub(super) next_repetition: u64,
    /// The time of the newest packet, in ticks, and when it went.
    newest: Option<(u32, Instant)>,
    pub(super) packets: u32,
    pub(super) octets: u32,
}

impl Stream {
    pub(super) fn new(negotiated: Negotiated) -> Self {
        Self {
            sealed: SendStream::new(negotiated.ssrc),
            sealed_rtx: negotiated.rtx.map(|(ssrc, _)| SendStream::new(ssrc)),
            negotiated,
            rtx_cache: RtxCache::default(),
            next_repetition: 1,
            newest: None,
            packets: 0,
            octets: 0,
        }
    }

    /// A packet goes out.
    pub(super) fn count(&mut self, now: Instant, packet: &Packet) {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(packet.payload.len() as u32);
        let is_newer = |(time, _)| packet.time.wrapping_sub(time).cast_signed() >= 0;
        if self.newest.is_none_or(is_newer) {
            self.newest = Some((packet.time, now));
        }
    }

    /// Whether padding can go on the RTX stream, and is reported on.
    pub(super) fn can_be_padded(&self) -> bool {
        self.negotiated.rtx.is_some() && self.negotiated.extensions.transport_sequence.is_some()
    }

    /// When the newest packet went.
    pub(super) fn last_sent(&self) -> Option<Instant> {
        self.newest.map(|(_, at)| at)
    }

    /// What the time of this stream is now, in its ticks (RFC 3550 §6.4.1).
    pub(super) fn time(&self, now: Instant) -> Option<u32> {
        let (time, at) = self.newest?;
        let elapsed = now.saturating_duration_since(at).as_micros() as u64;
        Some(time.wrapping_add((elapsed * u64::from(self.negotiated.clock) / 1_000_000) as u32))
    }
}
