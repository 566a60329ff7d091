//! The rooms of this server: where they are found, and the task that runs each.

mod backpressure;
mod event;
mod load;
pub(crate) mod outgoing;
mod registry;
mod settings;
mod task;
mod words;

pub(crate) use event::{RoomEvent, Said};
pub(crate) use outgoing::Outgoing;
pub(crate) use registry::{CreationError, NewRoom, REMEMBERED_FOR, RoomHandle, Rooms};
pub(crate) use settings::{ChangeError, Precondition};
pub(crate) use task::run;
