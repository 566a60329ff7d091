//! Over what somebody is seen and heard.

use protocol::LinkId;

/// Over what somebody is seen and heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// The link to them.
    Direct,
    /// The link to the server, their picture in this slot.
    Server {
        /// Which of the links, one after another.
        link: LinkId,
        /// The slot, if they have one.
        slot: Option<usize>,
    },
}
