//! What stands in a request between nodes.

use cluster::{Fence, NodeId, OfferAnswer, RoomKey};
use serde::{Deserialize, Serialize};

/// Something that is offered to another node.
#[derive(Serialize, Deserialize)]
pub(crate) struct Offer {
    pub(crate) of: RoomKey,
    pub(crate) fence: Fence,
    pub(crate) from: NodeId,
}

/// The answer.
#[derive(Serialize, Deserialize)]
pub(crate) struct OfferReply {
    /// The token with which it was taken; nothing where it was refused.
    pub(crate) taken: Option<Fence>,
}

impl OfferReply {
    pub(crate) fn answer(&self) -> OfferAnswer {
        self.taken.map_or(OfferAnswer::Refused, |fence| OfferAnswer::Taken { fence })
    }
}

/// Who is passed on, as the node says it that has judged them: a header.
pub(crate) const CALLER: &str = "veranda-caller";

/// What stands before the path of a request that is passed on.
pub(crate) const REQUESTS: &str = "/request";
