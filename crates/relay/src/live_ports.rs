//! Which ports are relayed from, on any shard: those of our own addresses that a client may reach by way of another.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

/// A bit for each port of each version of IP.
pub struct LivePorts {
    v4: Ports,
    v6: Ports,
}

struct Ports([AtomicU64; 1024]);

impl Default for LivePorts {
    fn default() -> Self {
        let none = || Ports(std::array::from_fn(|_| AtomicU64::new(0)));
        Self { v4: none(), v6: none() }
    }
}

impl LivePorts {
    /// Whether the port of this address is relayed from; the rest of the address is not looked at.
    #[must_use]
    pub fn contains(&self, address: SocketAddr) -> bool {
        let (word, bit) = bit_of(address.port());
        self.of(address).0[word].load(Ordering::Relaxed) & bit != 0
    }

    pub(crate) fn insert(&self, address: SocketAddr) {
        let (word, bit) = bit_of(address.port());
        self.of(address).0[word].fetch_or(bit, Ordering::Relaxed);
    }

    pub(crate) fn remove(&self, address: SocketAddr) {
        let (word, bit) = bit_of(address.port());
        self.of(address).0[word].fetch_and(!bit, Ordering::Relaxed);
    }

    fn of(&self, address: SocketAddr) -> &Ports {
        if address.is_ipv4() { &self.v4 } else { &self.v6 }
    }
}

fn bit_of(port: u16) -> (usize, u64) {
    (usize::from(port / 64), 1 << (port % 64))
}
