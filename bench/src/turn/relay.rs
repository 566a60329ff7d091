//! A relay under load, and its peer.

use std::net::{Ipv4Addr, SocketAddr};

/// The peer: an address of this machine that is not its own name, so that it can be allowed.
pub(super) const PEER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// A relay, and what opens it.
pub(super) struct Relay {
    pub(super) process: u32,
    pub(super) address: SocketAddr,
    pub(super) username: String,
    pub(super) password: String,
}
