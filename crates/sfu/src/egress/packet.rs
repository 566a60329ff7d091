//! A packet that is handed on, before it is numbered for its receiver's line and sealed.

use std::sync::Arc;

use crate::vp8::Patch;

/// A stream of one peer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StreamKey(pub(crate) usize);

/// A packet on its way to the peer.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) stream: StreamKey,
    /// The number on its stream; it never rolls over.
    pub(crate) sequence: u64,
    pub(crate) time: u32,
    pub(crate) payload_type: u8,
    /// The payload type of its repetitions.
    pub(crate) rtx_payload_type: Option<u8>,
    pub(crate) marker: bool,
    /// As RFC 6464 writes it.
    pub(crate) audio_level: Option<u8>,
    pub(crate) orientation: Option<u8>,
    pub(crate) payload: Arc<[u8]>,
    /// What of the payload is other than it came.
    pub(crate) patch: Option<Patch>,
}
