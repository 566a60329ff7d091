//! The settings of a server that is one of several.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

use crate::config::without_password;

/// `[cluster]`
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterConfig {
    /// What all nodes share, and nobody else knows: at least 32 characters. Empty where this server is alone.
    #[serde(serialize_with = "hidden")]
    pub secret: String,
    /// What the cluster is called, where several use one Redis.
    pub name: String,
    /// What this node is called, which no other node is; the name of the machine when it is empty.
    pub node: String,
    /// Where other nodes connect to. Not for browsers.
    pub address: SocketAddr,
    /// Host and port under which other nodes reach `address`; `address` itself when it is empty.
    pub reached_at: String,
    /// Where Redis is, as `redis://:password@host:port/0`; or, with `sentinel`, where its sentinels are.
    #[serde(serialize_with = "without_passwords")]
    pub redis: Vec<String>,
    /// What the sentinels call the Redis that they watch; empty where there are none.
    pub sentinel: String,
    /// What this node is used for.
    pub roles: Vec<NodeRole>,
    /// How many seconds moving its rooms may take when this node is stopped.
    pub drain_seconds: u64,
}

/// What a node is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeRole {
    /// It answers browsers and programs.
    Pages,
    /// It has rooms and rings.
    Signalling,
    /// It forwards media of its rooms.
    Media,
    /// It relays for those who find no direct way.
    Relay,
}

/// Shorter, and it could be tried.
pub(crate) const SECRET_CHARACTERS: usize = 32;

/// A drain that may take longer than that is none: an orchestrator kills before.
pub(crate) const MAX_DRAIN_SECONDS: u64 = 3_600;

impl ClusterConfig {
    /// Whether this server is one of several.
    pub fn is_on(&self) -> bool {
        !self.secret.is_empty()
    }

    /// Where other nodes reach this one.
    pub(crate) fn reached_at(&self) -> String {
        if self.reached_at.is_empty() { self.address.to_string() } else { self.reached_at.clone() }
    }

    /// Whether this server is used for something: for everything, where it is alone.
    pub(crate) fn has(&self, role: NodeRole) -> bool {
        !self.is_on() || self.roles.contains(&role)
    }

    /// How long moving its rooms may take when this node is stopped.
    pub fn drain_within(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

impl Default for ClusterConfig {
    fn default() -> Self {
        Self {
            secret: String::new(),
            name: "veranda".to_owned(),
            node: String::new(),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 7946)),
            reached_at: String::new(),
            redis: Vec::new(),
            sentinel: String::new(),
            roles: vec![NodeRole::Pages, NodeRole::Signalling, NodeRole::Media, NodeRole::Relay],
            drain_seconds: 60,
        }
    }
}

// Neither the secret nor passwords.
impl std::fmt::Debug for ClusterConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, node, address, .. } = self;
        formatter
            .debug_struct("ClusterConfig")
            .field("name", name)
            .field("node", node)
            .field("address", address)
            .finish_non_exhaustive()
    }
}

fn hidden<S: Serializer>(secret: &str, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(if secret.is_empty() { "" } else { "…" })
}

fn without_passwords<S: Serializer>(urls: &[String], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(urls.iter().map(|url| without_password(url)))
}
