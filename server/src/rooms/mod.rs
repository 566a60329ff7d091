//! The rooms of this server: where they are found, and the task that runs each.

mod registry;
mod task;

pub(crate) use registry::{RoomHandle, Rooms};
pub(crate) use task::{Outgoing, RoomEvent};
