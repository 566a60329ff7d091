//! Quotas of connections: so many in all, and only some of them for one prefix, so that nobody takes all of them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many places there are, and how many are taken.
pub(crate) struct ConnectionQuota {
    most: usize,
    of_each: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_prefix: HashMap<IpAddr, usize>,
}

/// A place, until it is dropped.
pub(crate) struct QuotaPermit {
    quota: Arc<ConnectionQuota>,
    prefix: Option<IpAddr>,
}

impl ConnectionQuota {
    /// `most` places in all, `of_each` of them for one prefix (of IPv6: one /64).
    pub(crate) fn new(most: usize, of_each: usize) -> Arc<Self> {
        Arc::new(Self { most, of_each, taken: Mutex::default() })
    }

    /// A place for whoever is at an address; for `None`, one that is nobody's own: a proxy speaks for many. `None` when
    /// there is none left.
    pub(crate) fn take(self: &Arc<Self>, address: Option<IpAddr>) -> Option<QuotaPermit> {
        let prefix = address.map(relay::client_prefix);
        let mut taken = self.taken();
        if taken.all >= self.most {
            return None;
        }
        if let Some(prefix) = prefix {
            let has = taken.by_prefix.get(&prefix).copied().unwrap_or_default();
            if has >= self.of_each {
                return None;
            }
            taken.by_prefix.insert(prefix, has + 1);
        }
        taken.all += 1;
        Some(QuotaPermit { quota: Arc::clone(self), prefix })
    }

    /// Counts are right after each step, whatever panicked.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for QuotaPermit {
    fn drop(&mut self) {
        let mut taken = self.quota.taken();
        taken.all -= 1;
        if let Some(prefix) = self.prefix
            && let Some(has) = taken.by_prefix.get_mut(&prefix)
        {
            *has -= 1;
            if *has == 0 {
                taken.by_prefix.remove(&prefix);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn one_customer_leaves_places_for_the_others() {
        let quota = ConnectionQuota::new(3, 2);
        let first = quota.take(address("2001:db8::1")).unwrap();
        let second = quota.take(address("2001:db8::2")).unwrap();
        assert!(quota.take(address("2001:db8::3")).is_none(), "of one network");
        let third = quota.take(address("192.0.2.1")).unwrap();
        assert!(quota.take(address("192.0.2.2")).is_none() && quota.take(None).is_none(), "none is left");
        drop(first);
        let of_a_proxy = quota.take(None).unwrap();
        drop((second, third, of_a_proxy));
        let taken = quota.taken();
        assert!(taken.all == 0 && taken.by_prefix.is_empty(), "nothing is remembered of who has gone");
    }
}
