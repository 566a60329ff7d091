//! Names of peers.

slotmap::new_key_type! {
    /// One peer; never used twice.
    pub(crate) struct PeerKey;
}
