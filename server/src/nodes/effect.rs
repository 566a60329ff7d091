//! What the driver has the rest of the server do.

use cluster::{Coordination, LetGoReason, NodeAt, OfferAnswer, StopReason};
use storage::Ownable;
use tokio::sync::oneshot;

use super::lead::Stay;

/// What the rest of the server is to do.
#[derive(Debug)]
pub(crate) enum Effect {
    /// The rings are this node's from now on, for as long as what comes with that is kept.
    BeginRings(Stay),
    /// It is not this node's any more: whoever is in it is sent away.
    LetGo { of: Ownable, fence: storage::Fence, reason: LetGoReason },
    /// It is offered to another node once everything of it is written; the answer goes back.
    Move { of: Ownable, fence: storage::Fence, to: NodeAt, reply: oneshot::Sender<OfferAnswer> },
    /// Nothing came of that: it stays here.
    Keep { of: Ownable, fence: storage::Fence },
    /// How limits work from now on.
    Coordination(Coordination),
    /// The node is to leave, and there is no other that could take its rooms.
    DrainsAlone,
    /// The node has let go of everything; of so many rooms nobody else has taken.
    Drained { closed: usize },
    /// The node's part in the cluster is over.
    Stop(StopReason),
}
