//! What a forwarding unit is told once.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::Directory;

/// Settings of one [`Sfu`](crate::Sfu).
#[derive(Clone, Debug)]
pub struct Config {
    /// Where peers can reach it; each becomes a candidate (RFC 8839 §5.1).
    pub addresses: Vec<Address>,
    /// What a peer's downlink is taken for before anything was measured, in bits per second.
    pub initial_downlink: u64,
    /// What is sent to one peer at the most, in bits per second.
    pub max_downlink: u64,
    /// Which of the shards it is, from 0 on.
    pub shard: u16,
    /// What the shards know of each other's links.
    pub directory: Arc<Directory>,
}

/// A way to reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// By what.
    pub transport: Transport,
    /// Where, as the peer sees it.
    pub address: SocketAddr,
}

/// What carries datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP, with a length before each datagram (RFC 4571).
    Tcp,
}
