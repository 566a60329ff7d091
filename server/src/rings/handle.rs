//! The way to the rings' task, and what begins it again when it fails.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use protocol::Timestamp;
use ring::{CALLER_GRACE, Input, RING_FOR, Rings, RingsInit};
use storage::{Storage, StorageError};
use tokio::sync::{mpsc, oneshot};

use super::event::{Means, RingsEvent};
use super::records::from_storage;
use super::task::RingsTask;
use crate::clock::Clock;
use crate::push::Notices;
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

/// The task is gone.
#[derive(Debug)]
pub(crate) struct Gone;

/// How long after it could not be read what rings there are it is tried again.
const READS_AGAIN_AFTER: Duration = Duration::from_secs(1);

impl RingsHandle {
    /// Starts the task with what the server before this one has left. What that can no longer be going on is over first.
    pub(crate) async fn start(
        clock: Clock,
        storage: Arc<dyn Storage>,
        rooms: Rooms,
        notices: Notices,
    ) -> Result<Self, StorageError> {
        let (sender, events) = mpsc::channel(WAITING_INPUTS);
        let means = Means { clock, storage, rooms, notices, back: sender.downgrade() };
        let rings = read_rings(&means).await?;
        tasks::spawn(supervise(means, rings, events));
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

    /// Has the rooms of rings that are over go now, and waits for that.
    #[cfg(debug_assertions)]
    pub(crate) async fn clear_rooms(&self) {
        let (done, is_done) = oneshot::channel();
        if self.0.send(RingsEvent::ClearRooms(done)).await.is_ok() {
            _ = is_done.await;
        }
    }

    /// Has the task fail, for tests of what happens then.
    #[cfg(debug_assertions)]
    pub(crate) async fn panic(&self) {
        _ = self.0.send(RingsEvent::Panic).await;
    }
}

/// The rings that go on, as storage has them.
async fn read_rings(means: &Means) -> Result<Rings, StorageError> {
    let wall = means.clock.wall();
    let before =
        |age: Duration| Timestamp(wall.0.saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX)));
    let (rung, answered) = (before(RING_FOR + CALLER_GRACE), before(LONGEST_CALL));
    let settled = means.storage.settle_unfinished(rung, answered, wall).await?;
    let unfinished: Vec<_> = means.storage.unfinished_calls().await?.into_iter().map(from_storage).collect();
    if settled > 0 || !unfinished.is_empty() {
        tracing::info!(settled, going_on = unfinished.len(), "there are calls from before");
    }
    Ok(Rings::new(means.clock.now(), RingsInit { wall, unfinished }))
}

/// Runs the task. When it fails, every device loses its connection, comes back and says what it is in the middle of, as after a restart.
async fn supervise(means: Means, mut rings: Rings, mut events: mpsc::Receiver<RingsEvent>) {
    loop {
        let task = RingsTask::new(rings, means.clone());
        if AssertUnwindSafe(task.run(&mut events)).catch_unwind().await.is_ok() {
            return;
        }
        tracing::error!("the task of the rings has failed and begins again");
        rings = loop {
            match read_rings(&means).await {
                Ok(rings) => break rings,
                Err(error) => tracing::error!(%error, "the rings cannot be read"),
            }
            tokio::time::sleep(READS_AGAIN_AFTER).await;
        };
    }
}
