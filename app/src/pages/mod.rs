//! One file a page.

mod landing;
mod message_page;
mod my_rooms;
mod new_room;
mod not_found;
mod room_page;

pub(crate) use landing::Landing;
pub(crate) use message_page::MessagePage;
pub(crate) use my_rooms::MyRooms;
pub use my_rooms::{MyRoom, provide_my_rooms};
pub(crate) use new_room::NewRoom;
pub(crate) use not_found::NotFound;
pub(crate) use room_page::RoomPage;
