//! What the rings' task is told, and what it works with.

use std::sync::Arc;

use ring::Input;
use storage::Storage;
use tokio::sync::{mpsc, oneshot};

use crate::clock::Clock;
use crate::push::Notices;
use crate::rooms::Rooms;

/// What the task is told.
pub(super) enum RingsEvent {
    Input(Box<Input>),
    /// Wants to know when all before is carried out and kept.
    Flush(oneshot::Sender<()>),
    /// Wants it to fail.
    #[cfg(debug_assertions)]
    Panic,
}

/// What the task works with.
#[derive(Clone)]
pub(super) struct Means {
    pub(super) clock: Clock,
    pub(super) storage: Arc<dyn Storage>,
    pub(super) rooms: Rooms,
    pub(super) notices: Notices,
    /// The way to the task.
    pub(super) back: mpsc::WeakSender<RingsEvent>,
}
