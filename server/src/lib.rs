//! The server: pages, signalling, REST, and the tasks of the rooms. [`router`] is all of it as one axum router; `main`
//! only reads the configuration and listens.

pub mod api_keys;
mod browser;
mod caller;
pub mod clock;
pub mod config;
mod digest;
mod entrance;
pub mod front;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod ice_servers;
mod ids;
mod keeper;
mod media;
mod origin;
mod pages;
mod passwords;
mod peer_address;
mod rate_limit;
mod rest;
mod rooms;
pub mod router;
mod secure;
mod security_headers;
mod signalling;
mod state;
mod tasks;
mod tls;
mod tokens;
mod turn_servers;
mod turn_url;

pub use state::{AppState, open_storage};
