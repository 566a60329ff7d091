//! Which shard has which link, where several shards share a port: the system gives what comes from one address always to the
//! same shard, and that is rarely the one of the room.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::SocketAddr;
use std::sync::{PoisonError, RwLock};

use crate::stun;

/// What all shards know together. It is written when links begin, end and move, and read for what comes to another shard.
#[derive(Default)]
pub struct Directory {
    ufrags: Known<String>,
    addresses: Known<SocketAddr>,
}

// Without the addresses.
impl std::fmt::Debug for Directory {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Directory").finish_non_exhaustive()
    }
}

impl Directory {
    /// The shard of the link that a connectivity check names (RFC 8445 §7.2.2). Whether it is a good one is for that shard to
    /// find out.
    #[must_use]
    pub fn of_check(&self, datagram: &[u8]) -> Option<u16> {
        self.of_ufrag(stun::ufrag(datagram)?)
    }

    /// A shard has ended, and all its links with it.
    pub fn forget_shard(&self, shard: u16) {
        self.ufrags.forget(shard);
        self.addresses.forget(shard);
    }

    pub(crate) fn of_ufrag(&self, ufrag: &str) -> Option<u16> {
        self.ufrags.0.read().unwrap_or_else(PoisonError::into_inner).get(ufrag).copied()
    }

    /// The shard that has heard a good check from an address.
    pub(crate) fn of_address(&self, address: SocketAddr) -> Option<u16> {
        self.addresses.0.read().unwrap_or_else(PoisonError::into_inner).get(&address).copied()
    }

    pub(crate) fn add_ufrag(&self, shard: u16, ufrag: &str) {
        self.ufrags.add(shard, ufrag.to_owned());
    }

    pub(crate) fn remove_ufrag(&self, shard: u16, ufrag: &str) {
        self.ufrags.remove(shard, &ufrag.to_owned());
    }

    pub(crate) fn add_address(&self, shard: u16, address: SocketAddr) {
        self.addresses.add(shard, address);
    }

    pub(crate) fn remove_address(&self, shard: u16, address: SocketAddr) {
        self.addresses.remove(shard, &address);
    }
}

struct Known<K>(RwLock<HashMap<K, u16>>);

impl<K> Default for Known<K> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Eq + Hash> Known<K> {
    fn add(&self, shard: u16, key: K) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, shard);
    }

    fn forget(&self, shard: u16) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).retain(|_, of| *of != shard);
    }

    /// Unless it is another shard's by now.
    fn remove(&self, shard: u16, key: &K) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.get(key) == Some(&shard) {
            known.remove(key);
        }
    }
}
