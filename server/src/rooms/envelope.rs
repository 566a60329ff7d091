//! What travels to a room's task, and what comes back: messages, in which nothing is that could not cross a wire. Whoever asks is
//! found by an address, which the waiter's node resolves.

use protocol::{Participant, RoomCode, ValidateRoomResponse};

use super::event::RoomEvent;
use crate::node_id::NodeId;

/// Something that happens to a room.
#[derive(Clone, Debug)]
pub(crate) struct RoomEnvelope {
    pub(crate) room: RoomCode,
    pub(crate) event: RoomEvent,
    /// Where an answer goes, when the event is a question.
    pub(crate) reply_to: Option<ReplyAddress>,
}

/// Where an answer goes: to a node, and there to whoever has asked under this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReplyAddress {
    pub(crate) node: NodeId,
    pub(crate) request: RequestId,
}

/// A question of a node. Its numbers grow by one, so that none is used twice in the 2⁶⁴ questions of its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RequestId(pub(crate) u64);

/// An answer.
#[derive(Clone, Debug)]
pub(crate) enum RoomReply {
    /// To [`RoomEvent::Validate`].
    Validated(Box<ValidateRoomResponse>),
    /// To [`RoomEvent::Participants`].
    Participants(Vec<Participant>),
    /// To [`RoomEvent::AdminAction`]: whether it was about anybody.
    Found(bool),
    /// To [`RoomEvent::Offered`].
    Waits,
    /// There is no such room, or no more.
    NoRoom,
}

impl RoomEnvelope {
    /// Something that nobody waits for an answer to.
    pub(crate) fn new(room: RoomCode, event: RoomEvent) -> Self {
        Self { room, event, reply_to: None }
    }
}
