//! Places that are divided: so many in all, and only some of them for one customer, so that nobody takes all of them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many places there are, and how many are taken.
pub(crate) struct Places {
    most: usize,
    of_each: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_customer: HashMap<IpAddr, usize>,
}

/// A place, until it is dropped.
pub(crate) struct Place {
    places: Arc<Places>,
    customer: Option<IpAddr>,
}

impl Places {
    /// `most` places in all, `of_each` of them for one customer (of IPv6: one /64).
    pub(crate) fn new(most: usize, of_each: usize) -> Arc<Self> {
        Arc::new(Self { most, of_each, taken: Mutex::default() })
    }

    /// A place for whoever is at an address; for `None`, one that is nobody's own: a proxy speaks for many. `None` when
    /// there is none left.
    pub(crate) fn take(self: &Arc<Self>, address: Option<IpAddr>) -> Option<Place> {
        let customer = address.map(relay::one_customer);
        let mut taken = self.taken();
        if taken.all >= self.most {
            return None;
        }
        if let Some(customer) = customer {
            let has = taken.by_customer.get(&customer).copied().unwrap_or_default();
            if has >= self.of_each {
                return None;
            }
            taken.by_customer.insert(customer, has + 1);
        }
        taken.all += 1;
        Some(Place { places: Arc::clone(self), customer })
    }

    /// Counts are right after each step, whatever panicked.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= 1;
        if let Some(customer) = self.customer
            && let Some(has) = taken.by_customer.get_mut(&customer)
        {
            *has -= 1;
            if *has == 0 {
                taken.by_customer.remove(&customer);
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
        let places = Places::new(3, 2);
        let first = places.take(address("2001:db8::1")).unwrap();
        let second = places.take(address("2001:db8::2")).unwrap();
        assert!(places.take(address("2001:db8::3")).is_none(), "of one network");
        let third = places.take(address("192.0.2.1")).unwrap();
        assert!(places.take(address("192.0.2.2")).is_none() && places.take(None).is_none(), "none is left");
        drop(first);
        let of_a_proxy = places.take(None).unwrap();
        drop((second, third, of_a_proxy));
        let taken = places.taken();
        assert!(taken.all == 0 && taken.by_customer.is_empty(), "nothing is remembered of who has gone");
    }
}
