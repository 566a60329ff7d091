//! One file a page.

mod landing;
mod message_page;
mod not_found;
mod room_page;

pub(crate) use landing::Landing;
pub(crate) use message_page::MessagePage;
pub(crate) use not_found::NotFound;
pub(crate) use room_page::RoomPage;
