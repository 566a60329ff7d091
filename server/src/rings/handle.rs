//! The way to the rings' task, and what begins it again when it fails.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use protocol::RingEvent;
use ring::Input;
use storage::{Storage, StorageError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::event::{Means, RingsEvent};
use super::left::Left;
use super::task::RingsTask;
use crate::clock::Clock;
use crate::nodes::Stay;
use crate::push::Notices;
use crate::rooms::Rooms;
use crate::tasks;

/// Inputs that wait for the task before their senders wait too. Each connection has one at a time there.
const WAITING_INPUTS: usize = 256;

/// How long whoever has something to say waits for a task that begins just now.
const BEGINS_WITHIN: Duration = Duration::from_secs(5);

/// A way to the task; a clone is another one to the same. Of the nodes of a cluster one has the task.
#[derive(Clone)]
pub(crate) struct RingsHandle(Arc<watch::Sender<Option<mpsc::Sender<RingsEvent>>>>);

/// The task is gone.
#[derive(Debug)]
pub(crate) struct Gone;

/// How long after it could not be read what rings there are it is tried again.
const READS_AGAIN_AFTER: Duration = Duration::from_secs(1);

impl RingsHandle {
    /// A way to a task that there is not yet.
    pub(crate) fn idle() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }

    /// Starts the task with what the server before this one has left.
    pub(crate) async fn begin(
        &self,
        clock: Clock,
        storage: Arc<dyn Storage>,
        rooms: Rooms,
        notices: Notices,
        stay: &mut Option<Stay>,
    ) -> Result<(), StorageError> {
        let (sender, events) = mpsc::channel(WAITING_INPUTS);
        let means = Means { clock, storage, rooms, notices, back: sender.downgrade() };
        let left = Left::read(means.clock, &*means.storage).await?;
        let stay = stay.take();
        tasks::spawn(async move {
            supervise(means, left, events).await;
            // They were this server's as long as the task ran.
            drop(stay);
        });
        self.0.send_replace(Some(sender));
        Ok(())
    }

    /// Has the task end, because another node has the rings: every device is sent there.
    pub(crate) fn end(&self) {
        self.0.send_replace(None);
    }

    /// Whether this server has the task.
    pub(crate) fn is_here(&self) -> bool {
        self.0.borrow().is_some()
    }

    async fn send(&self, event: RingsEvent) -> Result<(), Gone> {
        let there = self.0.borrow().clone();
        let sender = match there {
            Some(sender) => sender,
            // Boxed, because it is rare, and each device would keep the room for it.
            None => Box::pin(self.begun()).await?,
        };
        sender.send(event).await.map_err(|_| Gone)
    }

    /// Waits for the task, for a while.
    async fn begun(&self) -> Result<mpsc::Sender<RingsEvent>, Gone> {
        let mut task = self.0.subscribe();
        let there = timeout(BEGINS_WITHIN, task.wait_for(Option::is_some)).await;
        there.ok().and_then(Result::ok).and_then(|sender| sender.clone()).ok_or(Gone)
    }

    /// Tells the task something; waits while it has much to do.
    pub(crate) async fn tell(&self, input: Input) -> Result<(), Gone> {
        self.send(RingsEvent::Input(Box::new(input))).await
    }

    /// Tells the task something for a program, waits until that is carried out and kept, and returns what its caller is told first, if it is told
    /// anything.
    pub(crate) async fn ask(&self, input: Input) -> Result<Option<RingEvent>, Gone> {
        let (answer, answered) = oneshot::channel();
        self.send(RingsEvent::Asked(Box::new(input), answer)).await?;
        answered.await.map_err(|_| Gone)
    }

    /// Waits until everything that was said before is carried out and kept.
    pub(crate) async fn flush(&self) {
        let (done, is_done) = oneshot::channel();
        if self.is_here() && self.send(RingsEvent::Flush(done)).await.is_ok() {
            _ = is_done.await;
        }
    }

    /// Has the rooms of rings that are over go now, and waits for that.
    #[cfg(debug_assertions)]
    pub(crate) async fn clear_rooms(&self) {
        let (done, is_done) = oneshot::channel();
        if self.send(RingsEvent::ClearRooms(done)).await.is_ok() {
            _ = is_done.await;
        }
    }

    /// Has the task fail, for tests of what happens then.
    #[cfg(debug_assertions)]
    pub(crate) async fn panic(&self) {
        _ = self.send(RingsEvent::Panic).await;
    }
}

/// Runs the task. When it fails, every device loses its connection, comes back and says what it is in the middle of, as after a restart.
async fn supervise(means: Means, mut left: Left, mut events: mpsc::Receiver<RingsEvent>) {
    loop {
        let task = RingsTask::new(left, means.clone());
        if AssertUnwindSafe(task.run(&mut events)).catch_unwind().await.is_ok() {
            return;
        }
        tracing::error!("the task of the rings has failed and begins again");
        left = loop {
            match Left::read(means.clock, &*means.storage).await {
                Ok(left) => break left,
                Err(error) => tracing::error!(%error, "the rings cannot be read"),
            }
            tokio::time::sleep(READS_AGAIN_AFTER).await;
        };
    }
}
