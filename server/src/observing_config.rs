//! The settings of how a server is watched: what it counts, what it logs, and what it traces.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

/// `[metrics]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsConfig {
    /// Whether `/metrics` is answered.
    pub enabled: bool,
    /// Where. Whoever reaches it reads how much the server is used.
    pub address: SocketAddr,
}

/// `[traces]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TracesConfig {
    /// Where a receiver of OTLP over HTTP takes spans, with its path; empty for none.
    pub endpoint: String,
    /// Of a hundred joins, how many are traced.
    pub percent: u8,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// A level or a filter.
    pub filter: String,
    /// How a line looks.
    pub format: LogFormat,
    /// Lines a second from the same place in the program at the most; what is left out is counted. All with 0.
    pub repeats_per_second: u32,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// An object of JSON, for programs.
    Json,
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self { enabled: true, address: SocketAddr::from((Ipv4Addr::LOCALHOST, 9464)) }
    }
}

impl Default for TracesConfig {
    fn default() -> Self {
        Self { endpoint: String::new(), percent: 100 }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::Text, repeats_per_second: 20 }
    }
}
