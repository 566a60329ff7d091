//! The user interface: pages, components and the call screen. Compiles for the server (feature `ssr`), which renders it,
//! and for the browser (feature `hydrate`), which makes it interactive.
//!
//! Which path shows which page is the server's to say; the browser gets one page at a time, and of all of them only
//! [`RoomPage`] is in its module.
//!
//! It knows neither sockets nor SQL nor WebRTC. What a page shows comes in as its arguments; what a call shows and wants
//! goes through [`state::CallHandle`].

mod components;
mod connection_test;
mod direct;
mod full_screen;
mod pages;
#[cfg(feature = "ssr")]
pub mod plain;
mod player;
mod room;
pub mod state;
mod text;

pub use pages::{ConnectionTestPage, DirectPage, PlayerPage, RingsPage, RoomPage};
#[cfg(feature = "ssr")]
pub use text::documents;
pub use text::invite::calendar_description;
pub use text::language;
pub use text::ring_notice::{PushWords, RingNotice, missed_notice, push_words, ring_notice};
