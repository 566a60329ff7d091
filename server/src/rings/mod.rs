//! The rings of this server: one task, which owns [`ring::Rings`] and carries out what that decides. Whoever has something to say to it asks
//! storage first (`server/src/signalling/ring_requests.rs`), so that no ring waits for another one's questions.

mod leftover_rooms;
mod rates;
mod record_writer;
mod records;
mod task;

use std::sync::Arc;
use std::time::Duration;

use protocol::Timestamp;
use ring::{CALLER_GRACE, Input, RING_FOR, RingsInit};
use storage::{Storage, StorageError};
use tokio::sync::{mpsc, oneshot};

pub(crate) use rates::RingRates;
pub(crate) use records::from_storage;

use crate::clock::Clock;
use crate::rooms::Rooms;
use crate::tasks;

/// Inputs that wait for the task before their senders wait too. Each connection has one at a time there.
const WAITING_INPUTS: usize = 256;

/// A call that was answered so long ago and is not over is one that this server has forgotten to end; what a device says of a call is believed
/// no longer either. Younger ones have the usual time to come back, however long the server was away.
const LONGEST_CALL: Duration = Duration::from_secs(24 * 60 * 60);

/// A way to the task; a clone is another one to the same.
#[derive(Clone)]
pub(crate) struct RingsHandle(mpsc::Sender<RingsEvent>);

/// What the task is told.
enum RingsEvent {
    Input(Box<Input>),
    /// Wants to know when all before is carried out and kept.
    Flush(oneshot::Sender<()>),
}

/// The task is gone.
#[derive(Debug)]
pub(crate) struct Gone;

impl RingsHandle {
    /// Starts the task with what the server before this one has left. What that can no longer be going on is over first.
    pub(crate) async fn start(
        clock: Clock,
        storage: Arc<dyn Storage>,
        rooms: Rooms,
    ) -> Result<Self, StorageError> {
        let wall = clock.wall();
        let before = |age: Duration| {
            Timestamp(wall.0.saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX)))
        };
        let settled =
            storage.settle_unfinished(before(RING_FOR + CALLER_GRACE), before(LONGEST_CALL), wall).await?;
        let unfinished: Vec<_> = storage.unfinished_calls().await?.into_iter().map(from_storage).collect();
        if settled > 0 || !unfinished.is_empty() {
            tracing::info!(settled, going_on = unfinished.len(), "calls of the server before this one");
        }
        let rings = ring::Rings::new(clock.now(), RingsInit { wall, unfinished });
        let (sender, events) = mpsc::channel(WAITING_INPUTS);
        tasks::spawn(task::RingsTask::new(rings, clock, storage, rooms).run(events));
        Ok(Self(sender))
    }

    /// Tells the task something; waits while it has much to do.
    pub(crate) async fn tell(&self, input: Input) -> Result<(), Gone> {
        self.0.send(RingsEvent::Input(Box::new(input))).await.map_err(|_| Gone)
    }

    /// Waits until everything that was said before is carried out and kept.
    pub(crate) async fn flush(&self) {
        let (done, is_done) = oneshot::channel();
        if self.0.send(RingsEvent::Flush(done)).await.is_ok() {
            _ = is_done.await;
        }
    }
}
