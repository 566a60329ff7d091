//! The rooms of this server: where they are found, and the task that runs each.

pub(crate) mod outgoing;
mod registry;
mod task;

pub(crate) use outgoing::Outgoing;
pub(crate) use registry::{RoomHandle, Rooms, TooManyRooms};
pub(crate) use task::RoomEvent;
