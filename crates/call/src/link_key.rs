//! The name of a link.

use protocol::{LinkId, PeerRef};

/// One link of a page: to whom, and which of those one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkKey {
    /// The other end: a person, or a node of the server.
    pub peer: PeerRef,
    /// The epoch of a link to a person; the generation of a link to a node.
    pub id: LinkId,
}
