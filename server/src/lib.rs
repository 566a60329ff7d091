//! The server: pages, signalling, REST, and the tasks of the rooms. [`router`] is all of it as one axum router; `main`
//! only reads the configuration and listens.

pub mod clock;
pub mod config;
mod ids;
mod origin;
mod pages;
mod rate_limit;
mod rest;
mod rooms;
pub mod router;
mod signalling;
mod state;
mod tasks;

pub use state::AppState;
