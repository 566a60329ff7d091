//! Settings: defaults, then `Leptos.toml`, then the environment (`VERANDA__SECTION__KEY`).

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use config::{Environment, File, FileFormat};
use protocol::limits::MESH_LIMIT;
use room::RoomSettings;
use serde::Deserialize;

/// Every setting.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where and what to serve.
    pub server: ServerConfig,
    /// The rules of new rooms.
    pub rooms: RoomsConfig,
    /// What one address may do.
    pub limits: LimitsConfig,
    /// What is logged.
    pub log: LogConfig,
}

/// `[server]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Where to listen.
    pub address: SocketAddr,
    /// The folder with the page's files.
    pub site: PathBuf,
    /// Origins, other than the server's own, whose pages may connect.
    pub allowed_origins: Vec<String>,
}

/// `[rooms]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoomsConfig {
    /// How many people a room takes, at least 1.
    pub capacity: u16,
    /// How long an empty room is kept.
    pub kept_when_empty_seconds: u64,
    /// How many rooms there can be at once.
    pub most: usize,
}

/// `[limits]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Rooms that one address can make at once.
    pub rooms_at_once: u32,
    /// Rooms that one address can make per minute after that.
    pub rooms_per_minute: u32,
    /// Connections that one address can open at once.
    pub joins_at_once: u32,
    /// Connections that one address can open per minute after that.
    pub joins_per_minute: u32,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// A level or a filter.
    pub filter: String,
}

impl Config {
    /// Reads the file, when there is one, and `variables`, which are the environment's or a test's.
    ///
    /// # Errors
    ///
    /// When the file or a variable holds an unknown setting or a value of another type.
    pub fn load(file: &str, variables: HashMap<String, String>) -> Result<Self, config::ConfigError> {
        let environment = Environment::with_prefix("VERANDA")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("server.allowed_origins")
            .source(Some(variables));
        config::Config::builder()
            .add_source(File::new(file, FileFormat::Toml).required(false))
            .add_source(environment)
            .build()?
            .try_deserialize()
    }

    /// The rules of a new room.
    pub(crate) fn room_settings(&self) -> RoomSettings {
        RoomSettings {
            name: None,
            capacity: self.rooms.capacity.max(1),
            kept_when_empty: Duration::from_secs(self.rooms.kept_when_empty_seconds),
        }
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)),
            site: PathBuf::from("target/site"),
            allowed_origins: Vec::new(),
        }
    }
}

impl Default for RoomsConfig {
    fn default() -> Self {
        Self { capacity: MESH_LIMIT, kept_when_empty_seconds: 24 * 60 * 60, most: 100_000 }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self { rooms_at_once: 30, rooms_per_minute: 6, joins_at_once: 120, joins_per_minute: 120 }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { filter: "info".to_owned() }
    }
}
