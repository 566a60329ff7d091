//! Names of peers, of what they send, and of recorders.

slotmap::new_key_type! {
    /// One peer; never used twice.
    pub(crate) struct PeerKey;

    /// One recorder; never used twice.
    pub(crate) struct RecorderKey;
}

/// One track of a peer: what it sends of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TrackKey {
    pub(crate) peer: PeerKey,
    /// Its place among the peer's tracks.
    pub(crate) track: usize,
}
