//! Browsers that are pushed to.

use protocol::{PublicKey, PushSubscription};

use super::Digest;

/// A browser that is pushed to, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushRecord {
    /// By which it is known: the digest of its endpoint.
    pub id: Digest,
    /// The identity whose rings are pushed.
    pub owner: PublicKey,
    /// Where, and encrypted how.
    pub subscription: PushSubscription,
}
