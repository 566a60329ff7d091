//! The server: pages, signalling, REST, and the tasks of the rooms. [`router`] is all of it as one axum router; `main`
//! only reads the configuration and listens.

pub mod api_keys;
mod browser;
mod caller;
mod caller_extractor;
pub mod clock;
pub mod config;
mod config_check;
mod config_source;
mod credentials;
mod database_health;
mod digest;
pub mod doctor;
mod entrance;
pub mod front;
mod front_port;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod health;
mod history_reader;
mod ice_servers;
mod ids;
mod keeper;
pub mod logging;
mod lookups;
mod media;
pub mod open_files;
mod origin;
mod pages;
mod passwords;
mod peer_address;
mod places;
mod rate_limit;
mod refusals;
mod rest;
mod revocations;
mod rooms;
pub mod router;
mod secure;
mod security_headers;
mod signalling;
mod site;
mod state;
mod stun_url;
mod tasks;
mod tls;
pub mod tls_name;
mod tokens;
mod turn_servers;
mod turn_url;
mod wrong_passwords;

pub use config_check::Contradiction;
pub use config_source::ConfigError;
pub use state::{AppState, open_storage};
