//! What a relay is told once.

use std::sync::Arc;
use std::time::Duration;

use crate::{LivePorts, PeerRules, Secret};

/// The settings of a relay. Shards have the same, but for what is counted.
#[derive(Clone)]
pub struct Config {
    /// The realm of the credentials, usually the server's name: 1 to 127 printable characters.
    pub realm: String,
    /// What credentials and nonces are made with.
    pub secret: Secret,
    /// To whom may be relayed.
    pub rules: PeerRules,
    /// How much.
    pub limits: Limits,
    /// The ports that all shards relay from.
    pub live: Arc<LivePorts>,
}

/// How much one participant, one address and everybody may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Allocations at once on this shard.
    pub allocations: usize,
    /// Allocations at once of one participant. A browser makes one for each link, each of its own addresses, and each way
    /// to reach the relay.
    pub per_user: usize,
    /// Allocations at once from one address (of IPv6: one /64). Many people sit behind one.
    pub per_address: usize,
    /// What an allocation may carry, both ways together, in bytes per second. What is beyond is lost.
    pub bytes_per_second: u64,
    /// What all allocations of one participant may carry together, both ways, in bytes per second. What is beyond is lost.
    pub user_bytes_per_second: u64,
    /// The longest that an allocation lasts without being refreshed (RFC 8656 §7.2: at most an hour).
    pub lifetime: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            allocations: 5_000,
            per_user: 64,
            per_address: 1_000,
            bytes_per_second: 2_500_000,
            user_bytes_per_second: 7_500_000,
            lifetime: Duration::from_secs(600),
        }
    }
}
