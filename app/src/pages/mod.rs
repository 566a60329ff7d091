//! One file a page.

#[cfg(feature = "ssr")]
mod landing;
mod message_page;
#[cfg(feature = "ssr")]
mod my_rooms;
#[cfg(feature = "ssr")]
mod new_room;
#[cfg(feature = "ssr")]
mod not_found;
mod room_page;

#[cfg(feature = "ssr")]
pub use landing::Landing;
pub(crate) use message_page::MessagePage;
#[cfg(feature = "ssr")]
pub use my_rooms::{MyRoom, MyRooms};
#[cfg(feature = "ssr")]
pub use new_room::NewRoom;
#[cfg(feature = "ssr")]
pub use not_found::NotFound;
pub use room_page::RoomPage;
