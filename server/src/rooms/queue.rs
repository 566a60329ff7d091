//! The way into a room's task on this node. Where a room is elsewhere, this is what a link to its node takes the place of.

use protocol::RoomCode;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::{SendError, TrySendError};

use super::envelope::RoomEnvelope;
use super::event::RoomEvent;

/// A way into a room's task; a clone is another one.
#[derive(Clone, Debug)]
pub(crate) struct RoomQueue {
    room: RoomCode,
    /// Boxed: places for events are kept in advance, and most of them are empty.
    events: mpsc::Sender<Box<RoomEnvelope>>,
}

/// The task's end.
pub(crate) type RoomQueueReceiver = mpsc::Receiver<Box<RoomEnvelope>>;

/// A queue with so many places.
pub(crate) fn queue(room: RoomCode, capacity: usize) -> (RoomQueue, RoomQueueReceiver) {
    let (events, received) = mpsc::channel(capacity);
    (RoomQueue { room, events }, received)
}

impl RoomQueue {
    pub(crate) fn room(&self) -> RoomCode {
        self.room
    }

    /// Queues an event, if there is a place.
    pub(crate) fn try_tell(&self, event: RoomEvent) -> Result<(), TrySendError<Box<RoomEnvelope>>> {
        self.events.try_send(Box::new(RoomEnvelope::new(self.room, event)))
    }

    /// Queues an event once there is a place. It goes nowhere when the task has ended.
    pub(crate) async fn tell(&self, event: RoomEvent) {
        _ = self.send(Box::new(RoomEnvelope::new(self.room, event))).await;
    }

    /// The same, and returns what goes nowhere.
    pub(crate) async fn send(&self, envelope: Box<RoomEnvelope>) -> Result<(), Box<RoomEnvelope>> {
        self.events.send(envelope).await.map_err(|SendError(envelope)| envelope)
    }

    /// Whether the task has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.events.is_closed()
    }

    /// Whether both lead to the same task.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.events.same_channel(&other.events)
    }
}
