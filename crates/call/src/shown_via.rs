//! Over what a publication is seen or heard.

use crate::LinkKey;

/// Over what a publication is seen or heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownVia {
    /// The link to its sender, or to a node of the server.
    pub link: LinkKey,
    /// The video slot of a link to a node, once the publication has one. Sound of such a link comes in slots of its own.
    pub slot: Option<usize>,
}
