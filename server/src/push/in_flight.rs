//! How much is sent at the same time: in all, and to one push service, so that one that hangs leaves room for the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Deliveries at the same time. Each has a connection of its own.
const MOST: usize = 256;

/// Of them to one push service.
const MOST_TO_ONE: usize = 32;

/// What is being delivered.
#[derive(Clone)]
pub(super) struct InFlight {
    all: Arc<Semaphore>,
    hosts: Arc<Mutex<HashMap<String, usize>>>,
}

/// One delivery to a push service, until this is dropped.
pub(super) struct HostTurn {
    host: String,
    hosts: Arc<Mutex<HashMap<String, usize>>>,
}

impl InFlight {
    pub(super) fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(MOST)), hosts: Arc::default() }
    }

    /// How many deliveries may begin.
    pub(super) fn free(&self) -> u32 {
        u32::try_from(self.all.available_permits()).unwrap_or(u32::MAX)
    }

    /// A delivery that begins.
    pub(super) fn begin(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.all).try_acquire_owned().ok()
    }

    /// A turn at a push service. `None` while that has as many as it may.
    pub(super) fn turn(&self, host: &str) -> Option<HostTurn> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = hosts.get(host).copied().unwrap_or_default();
        if count >= MOST_TO_ONE {
            return None;
        }
        hosts.insert(host.to_owned(), count + 1);
        Some(HostTurn { host: host.to_owned(), hosts: Arc::clone(&self.hosts) })
    }
}

impl Drop for HostTurn {
    fn drop(&mut self) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = hosts.get_mut(&self.host) {
            *count = count.saturating_sub(1);
        }
        hosts.retain(|_, count| *count > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_service_has_so_many_at_once_and_others_have_theirs() {
        let in_flight = InFlight::new();
        let turns: Vec<_> = (0..MOST_TO_ONE).map(|_| in_flight.turn("a").unwrap()).collect();
        assert!(in_flight.turn("a").is_none() && in_flight.turn("b").is_some());
        drop(turns);
        assert!(in_flight.turn("a").is_some());
        assert!(in_flight.hosts.lock().unwrap().is_empty());
    }
}
