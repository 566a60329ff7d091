//! From RTP packets to frames with times: order, codecs, clocks.

pub(crate) mod clock;
pub(crate) mod depacketise;
pub(crate) mod frame;
mod h264;
pub(crate) mod jitter;
mod sps;
mod vp8;
mod vp9;

use std::time::Duration;

/// A packet of one track (RFC 3550 §5.1), decrypted, its padding cut off. What was sent again (RFC 4588) is handed in as what it was first.
#[derive(Clone, Copy)]
pub struct Packet<'a> {
    /// When it came, since the part of the recording began.
    pub arrival: Duration,
    /// Of its stream. With another one, everything begins anew: another simulcast layer, or a page that was loaded again.
    pub ssrc: u32,
    /// Its place in the stream. Wraps.
    pub sequence: u16,
    /// Of its frame, in ticks of the codec's clock. Wraps.
    pub timestamp: u32,
    /// Whether it is the last of its picture.
    pub marker: bool,
    /// What it carries; may be empty.
    pub payload: &'a [u8],
}

/// What a sender says of its clock (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderReport {
    /// When it came, since the part of the recording began.
    pub arrival: Duration,
    /// Of which stream.
    pub ssrc: u32,
    /// The sender's wall clock: seconds since 1900 in the upper half, fractions in the lower.
    pub ntp: u64,
    /// The same moment on the stream's clock.
    pub timestamp: u32,
}

/// Sizes alone: what is in it is of people.
impl std::fmt::Debug for Packet<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { ssrc, sequence, timestamp, payload, .. } = self;
        write!(f, "Packet({ssrc:#x}, number {sequence}, time {timestamp}, {} bytes)", payload.len())
    }
}
