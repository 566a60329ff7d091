//! The user interface: pages, components and the call screen. Compiles for the server (feature `ssr`), which renders it,
//! and for the browser (feature `hydrate`), which makes it interactive.
//!
//! It knows neither sockets nor SQL nor WebRTC. What a page shows comes in as [`state::RoomLookup`]; what a call shows and
//! wants goes through [`state::CallHandle`].

mod app;
mod components;
mod pages;
mod room;
mod shell;
pub mod state;

pub use app::App;
pub use pages::{MyRoom, provide_my_rooms};
pub use shell::{Scripts, shell};
