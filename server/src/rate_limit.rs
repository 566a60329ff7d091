//! How often an address, a key or a socket may do something.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::extract::ws::Message;
use governor::clock::{Clock as _, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use protocol::limits::{BYTE_BURST, BYTES_PER_SECOND, MESSAGE_BURST, MESSAGES_PER_SECOND};

use crate::nodes::{Cluster, Counted, Counting, SharedLimit};

type Single = RateLimiter<NotKeyed, InMemoryState, MonotonicClock, NoOpMiddleware<std::time::Instant>>;

/// The rate of one socket, in messages ([`MESSAGE_BURST`], [`MESSAGES_PER_SECOND`]) and in bytes ([`BYTE_BURST`],
/// [`BYTES_PER_SECOND`]), so that one sender cannot fill the queues of the others.
pub(crate) struct SocketRate {
    messages: Single,
    bytes: Single,
}

impl SocketRate {
    pub(crate) fn new() -> Self {
        let rate = |burst, per_second| {
            let quota = Quota::per_second(at_least_one(per_second)).allow_burst(at_least_one(burst));
            RateLimiter::direct_with_clock(quota, MonotonicClock)
        };
        Self { messages: rate(MESSAGE_BURST, MESSAGES_PER_SECOND), bytes: rate(BYTE_BURST, BYTES_PER_SECOND) }
    }

    /// Counts a message and says whether it may verified.
    pub(crate) fn allows(&self, message: &Message) -> bool {
        let length = match message {
            Message::Text(text) => text.len(),
            Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
            Message::Close(_) => 0,
        };
        let bytes = at_least_one(u32::try_from(length).unwrap_or(u32::MAX));
        self.messages.check().is_ok() && matches!(self.bytes.check_n(bytes), Ok(Ok(())))
    }
}

/// A rate for each key.
pub(crate) struct KeyedRate<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, DashMapStateStore<K>, MonotonicClock, NoOpMiddleware<std::time::Instant>>,
}

/// A rate for each key that all nodes of a cluster count together. Where Redis does not count, each has its share.
pub(crate) struct SharedRate {
    limit: SharedLimit,
    /// What this node has allowed.
    own: KeyedRate<String>,
    cluster: Option<Cluster>,
}

/// The same for each address; of IPv6, for each network of a customer.
pub(crate) struct SharedAddressRate(SharedRate);

/// A rate for each address; of IPv6, for each network of a customer.
pub(crate) struct AddressRate(KeyedRate<IpAddr>);

/// The asker has to wait this long, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetryAfter(pub(crate) u64);

/// When this many keys are remembered, those that would be allowed everything again are forgotten.
const MANY_KEYS: usize = 10_000;

impl<K: Hash + Eq + Clone> KeyedRate<K> {
    pub(crate) fn new(at_once: u32, per_minute: u32) -> Self {
        let quota = Quota::per_minute(at_least_one(per_minute)).allow_burst(at_least_one(at_once));
        Self { limiter: RateLimiter::dashmap_with_clock(quota, MonotonicClock) }
    }

    pub(crate) fn check(&self, key: &K) -> Result<(), RetryAfter> {
        self.check_many(key, NonZeroU32::MIN)
    }

    /// As if it were done so many times, which are fewer than what is allowed at once.
    fn check_many(&self, key: &K, times: NonZeroU32) -> Result<(), RetryAfter> {
        if self.limiter.len() > MANY_KEYS {
            self.limiter.retain_recent();
        }
        match self.limiter.check_key_n(key, times) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_until)) => Err(RetryAfter::of(not_until.wait_time_from(MonotonicClock.now()))),
            Err(_) => Err(RetryAfter(60)),
        }
    }
}

impl RetryAfter {
    fn of(wait: Duration) -> Self {
        Self(wait.as_secs() + 1)
    }
}

impl SharedRate {
    pub(crate) fn new(limit: SharedLimit, cluster: Option<Cluster>) -> Self {
        Self { limit, own: KeyedRate::new(limit.at_once, limit.per_minute), cluster }
    }

    /// Counts one, and waits for that no longer than a moment.
    pub(crate) async fn check(&self, key: &str) -> Result<(), RetryAfter> {
        let key = key.to_owned();
        // What this node alone has had too much of, Redis need not be asked about.
        self.own.check(&key)?;
        let Some(cluster) = &self.cluster else { return Ok(()) };
        match cluster.count(self.limit, &key, Counting::Take).await {
            Counted::Allowed => Ok(()),
            Counted::Refused(wait) => Err(RetryAfter::of(wait)),
            Counted::Alone { share_of } => self.check_share(&key, share_of),
        }
    }

    /// One that is counted already counts as many times as there are nodes, and at least one is allowed.
    fn check_share(&self, key: &String, share_of: u32) -> Result<(), RetryAfter> {
        let times = share_of.min(self.limit.at_once.max(1));
        NonZeroU32::new(times.saturating_sub(1)).map_or(Ok(()), |more| self.own.check_many(key, more))
    }
}

impl SharedAddressRate {
    pub(crate) fn new(limit: SharedLimit, cluster: Option<Cluster>) -> Self {
        Self(SharedRate::new(limit, cluster))
    }

    pub(crate) async fn check(&self, address: IpAddr) -> Result<(), RetryAfter> {
        self.0.check(&relay::client_prefix(address).to_string()).await
    }
}

impl AddressRate {
    pub(crate) fn new(at_once: u32, per_minute: u32) -> Self {
        Self(KeyedRate::new(at_once, per_minute))
    }

    pub(crate) fn check(&self, address: IpAddr) -> Result<(), RetryAfter> {
        self.0.check(&relay::client_prefix(address))
    }
}

/// A rate in bytes for each address; of IPv6, for each network of a customer.
pub(crate) struct ByteRate(AddressRate);

impl ByteRate {
    /// In KiB.
    pub(crate) fn new(at_once: u32, per_minute: u32) -> Self {
        Self(AddressRate::new(at_once.saturating_mul(1024), per_minute.saturating_mul(1024)))
    }

    /// Counts bytes and says whether they may verified.
    pub(crate) fn allows(&self, address: IpAddr, bytes: usize) -> bool {
        let limiter = &self.0.0.limiter;
        if limiter.len() > MANY_KEYS {
            limiter.retain_recent();
        }
        let bytes = at_least_one(u32::try_from(bytes).unwrap_or(u32::MAX));
        matches!(limiter.check_key_n(&relay::client_prefix(address), bytes), Ok(Ok(())))
    }
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_own_share_and_learns_how_long_to_wait() {
        let rate = AddressRate::new(2, 1);
        let [a, b] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().unwrap());
        assert!(rate.check(a).is_ok() && rate.check(a).is_ok());
        let RetryAfter(seconds) = rate.check(a).unwrap_err();
        assert!((1..=61).contains(&seconds), "{seconds}");
        assert!(rate.check(b).is_ok());
    }

    #[test]
    fn alone_a_node_allows_its_share_and_one_at_least() {
        for (at_once, share_of, allowed) in
            [(10, 2, 5), (10, 3, 3), (3, 2, 1), (2, 5, 1), (1, 3, 1), (4, 1, 4)]
        {
            let limit = SharedLimit { name: "test", at_once, per_minute: 1 };
            let rate = SharedRate::new(limit, None);
            let key = "somebody".to_owned();
            let takes = || rate.own.check(&key).and_then(|()| rate.check_share(&key, share_of));
            assert_eq!((0..20).filter(|_| takes().is_ok()).count(), allowed, "{at_once} by {share_of}");
        }
    }

    #[test]
    fn an_address_says_so_many_bytes_whoever_says_them() {
        let rate = ByteRate::new(1, 1);
        let [a, b] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().unwrap());
        assert!(rate.allows(a, 1000));
        assert!(!rate.allows(a, 1000));
        assert!(rate.allows(b, 1000));
        assert!(!rate.allows(b, 9_999_999), "more than ever fits");
    }

    #[test]
    fn addresses_of_one_ipv6_network_share() {
        let rate = AddressRate::new(1, 1);
        assert!(rate.check("2001:db8::1".parse().unwrap()).is_ok());
        assert!(rate.check("2001:db8::2".parse().unwrap()).is_err());
        assert!(rate.check("2001:db8:0:1::1".parse().unwrap()).is_ok());
    }
}
