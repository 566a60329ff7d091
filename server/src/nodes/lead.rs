//! Where somebody is to go who wants something that one node owns, and what the driver hears of that and of everything else.

use std::time::Duration;

use cluster::{
    Arrival, Fence, Input, LinkRefusal, NodeAt, NodeId, NodeRecord, OfferAnswer, RefuseReason, RequestId,
    RoomKey,
};
use protocol::RoomCode;
use storage::Ownable;
use tokio::sync::{mpsc, oneshot};

/// All rings: beyond the fifty bits of a room's code.
const RINGS: RoomKey = RoomKey(1 << 50);

/// The key under which nodes speak of it.
pub(super) fn key_of(of: Ownable) -> RoomKey {
    match of {
        Ownable::Room(code) => RoomKey(code.bits()),
        Ownable::Rings => RINGS,
    }
}

/// What a key stands for.
pub(super) fn ownable(key: RoomKey) -> Ownable {
    if key == RINGS { Ownable::Rings } else { Ownable::Room(RoomCode::from_random(key.0)) }
}

/// For how long somebody is led anew: where to ask may have been wrong, and a node may have gone. Longer than the leases of one that has vanished
/// last; after one that could not be reached a node waits 300 ms before it says where to go next.
pub(crate) const LED_WITHIN: Duration = Duration::from_secs(8);

/// Whether a key stands for something. A room's has fifty bits: with more, one room would have several keys, and a node could take it from itself.
pub(super) fn is_key(key: RoomKey) -> bool {
    key_of(ownable(key)) == key
}

/// Where somebody is to go.
#[derive(Debug)]
pub(crate) enum Lead {
    /// It is this node's, and stays so at least as long as this is kept and nobody takes it away.
    Here(Stay),
    /// Another node has it, or is to take it.
    Elsewhere(NodeAt),
    /// Nobody can tell just now, or nobody may take it.
    Refused(RefuseReason),
}

/// Something of this node's is in use; when the last of them is dropped, it is nobody's.
#[derive(Debug)]
pub(crate) struct Stay {
    of: RoomKey,
    fence: Fence,
    events: mpsc::UnboundedSender<Event>,
}

impl Stay {
    pub(super) fn new(of: RoomKey, fence: Fence, events: mpsc::UnboundedSender<Event>) -> Self {
        Self { of, fence, events }
    }

    /// The token of every write.
    pub(crate) fn fence(&self) -> storage::Fence {
        storage::Fence(self.fence.0)
    }

    /// A write with its token was refused: it is another node's.
    pub(crate) fn was_fenced(&self) {
        _ = self.events.send(Event::Fenced { of: self.of, fence: self.fence });
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        _ = self.events.send(Event::Left { of: self.of, fence: self.fence });
    }
}

/// Somebody waits to be led. Dropped, they do not.
pub(super) struct Waiting {
    of: RoomKey,
    request: RequestId,
    events: mpsc::UnboundedSender<Event>,
    lead: Option<oneshot::Receiver<Lead>>,
}

impl Waiting {
    pub(super) fn new(
        of: RoomKey,
        request: RequestId,
        arrival: Arrival,
        events: &mpsc::UnboundedSender<Event>,
    ) -> Self {
        let (reply, lead) = oneshot::channel();
        _ = events.send(Event::Wanted { of, request, arrival, reply });
        Self { of, request, events: events.clone(), lead: Some(lead) }
    }

    pub(super) async fn lead(mut self) -> Lead {
        let Some(lead) = &mut self.lead else { return Lead::Refused(RefuseReason::Stopping) };
        let lead = lead.await.unwrap_or(Lead::Refused(RefuseReason::Stopping));
        self.lead = None;
        lead
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.lead.is_some() {
            _ = self.events.send(Event::Abandoned { of: self.of, request: self.request });
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_has_one_key() {
        let room = Ownable::Room(RoomCode::from_random(0x2_5A5A_1234_5678));
        for of in [room, Ownable::Rings] {
            let key = key_of(of);
            assert!(is_key(key) && ownable(key) == of);
        }
        for beyond in 50..64 {
            let key = RoomKey(key_of(room).0 | (1 << beyond));
            assert!(!is_key(key), "{key:?} is another key of the same room");
        }
    }
}
