//! The rooms of this server: where they are found, and the task that runs each.

mod asking;
mod backpressure;
mod envelope;
mod event;
mod figures;
mod frame_encoder;
mod list_cache;
mod listing;
mod load;
mod meter;
pub(crate) mod queue;
mod registry;
mod replies;
mod settings;
mod taking;
mod task;

pub(crate) use envelope::RoomEnvelope;
pub(crate) use event::{ReceivedMessage, RoomEvent};
pub(crate) use figures::RoomFigures;
pub(crate) use queue::RoomQueue;
pub(crate) use registry::{CreationError, NewRoom, REMEMBERED_FOR, RoomCount, RoomHandle, Rooms, RoomsInit};
pub(crate) use settings::{ChangeError, Precondition};
pub(crate) use task::run;
