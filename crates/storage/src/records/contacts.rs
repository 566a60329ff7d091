//! Whom a call identity knows, has blocked, or is asked by.

use protocol::{PublicKey, Timestamp};

use super::notes::{RequestNote, SealedNote};

/// What a peer is to an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They were called, answered or allowed.
    Known,
    /// They may not ring, and are not told.
    Blocked,
    /// They have asked to be allowed, and nobody has said anything to it yet.
    Asked,
}

/// What happens between an identity and a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactChange<'a> {
    /// A call from one to the other was made or answered. Who is blocked stays blocked.
    Met,
    /// The identity allows the peer to ring. Who was blocked is not any more.
    Allowed,
    /// The identity blocks the peer.
    Blocked,
    /// The peer asks. Who is known or blocked stays so; who asks again has said the last thing only.
    Asked(&'a RequestNote),
}

/// A peer of an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRecord {
    /// Who it is.
    pub peer: PublicKey,
    /// What they are to the identity.
    pub standing: Standing,
    /// Their name and whatever else the identity has noted, sealed for itself.
    pub note: Option<SealedNote>,
    /// What they say of themselves while they ask.
    pub request: Option<RequestNote>,
    /// When they last met, asked, were allowed or blocked.
    pub changed_at: Timestamp,
}

/// Where a page of contacts ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactCursor {
    /// When the last contact of it changed.
    pub changed_at: Timestamp,
    /// Who it was.
    pub peer: PublicKey,
}

/// Contacts, and whether there are older ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactPage {
    /// The last changed first.
    pub entries: Vec<ContactRecord>,
    /// Whether there are older ones.
    pub more: bool,
}

impl ContactRecord {
    /// Where a page that ends with it goes on.
    pub fn cursor(&self) -> ContactCursor {
        ContactCursor { changed_at: self.changed_at, peer: self.peer.clone() }
    }
}
