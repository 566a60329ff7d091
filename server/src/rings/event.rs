//! What the rings' task is told, and what it works with.

use std::sync::Arc;

use protocol::{RingEvent, RoomCode};
use ring::Input;
use storage::Storage;
use tokio::sync::{mpsc, oneshot};

use crate::clock::Clock;
use crate::push::Notices;
use crate::rooms::Rooms;

/// What the task is told.
pub(super) enum RingsEvent {
    Input(Box<Input>),
    /// From a program, and where what it is told first goes.
    Asked(Box<Input>, oneshot::Sender<Option<RingEvent>>),
    /// A room of a ring that is over has somebody inside, or could not be deleted.
    RoomInUse(RoomCode),
    /// Wants to know when all before is carried out and kept.
    Flush(oneshot::Sender<()>),
    /// Wants the rooms of rings that are over to go now, and to know when they are gone.
    #[cfg(debug_assertions)]
    ClearRooms(oneshot::Sender<()>),
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
