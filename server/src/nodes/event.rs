//! What happens to the driver, and what it has the rest of the server do.

use cluster::{
    Arrival, Coordination, Fence, Input, LetGoReason, LinkRefusal, NodeAt, NodeId, NodeRecord, OfferAnswer,
    RequestId, RoomKey, StopReason,
};
use storage::Ownable;
use tokio::sync::oneshot;

use super::lead::Lead;

/// What happens to the driver.
#[derive(Debug)]
pub(super) enum Event {
    /// Something for the state machine as it is: an answer, or news of a link.
    Input(Input),
    /// Somebody wants to be led.
    Wanted { of: RoomKey, request: RequestId, arrival: Arrival, reply: oneshot::Sender<Lead> },
    /// They have gone.
    Abandoned { of: RoomKey, request: RequestId },
    /// It is not in use any more by one of those who used it.
    Left { of: RoomKey, fence: Fence },
    /// A write with this token was refused.
    Fenced { of: RoomKey, fence: Fence },
    /// Another node says who it is.
    Hello { record: Box<NodeRecord>, reply: oneshot::Sender<Result<(), LinkRefusal>> },
    /// Another node offers something.
    Offered { of: RoomKey, fence: Fence, from: NodeId, reply: oneshot::Sender<OfferAnswer> },
    /// The node is to leave; said again, at once.
    Drain,
}

/// What the rest of the server is to do.
#[derive(Debug)]
pub(crate) enum Effect {
    /// It is this node's from now on.
    Begin { of: Ownable },
    /// It is not this node's any more: whoever is in it is sent away.
    LetGo { of: Ownable, fence: storage::Fence, reason: LetGoReason },
    /// It is offered to another node once everything of it is written; the answer goes back.
    Move { of: Ownable, fence: storage::Fence, to: NodeAt, reply: oneshot::Sender<OfferAnswer> },
    /// How limits work from now on.
    Coordination(Coordination),
    /// The node's part in the cluster is over.
    Stop(StopReason),
}
