//! Pages that the browser makes interactive. One file a page.

mod message_page;
mod room_page;

pub(crate) use message_page::MessagePage;
pub use room_page::RoomPage;
