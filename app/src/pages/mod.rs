//! Pages that the browser makes interactive. One file a page.

mod connection_test_page;
mod direct_page;
mod message_page;
mod player_page;
mod rings_page;
mod room_page;

pub use connection_test_page::ConnectionTestPage;
pub use direct_page::DirectPage;
pub(crate) use message_page::MessagePage;
pub use player_page::PlayerPage;
pub use rings_page::RingsPage;
pub use room_page::RoomPage;
