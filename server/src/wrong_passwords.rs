//! How many wrong passwords an address may try, and a room may be tried with, on all nodes of a cluster together. Right ones cost nothing.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::RoomCode;

use crate::config::LimitsConfig;
use crate::nodes::{Cluster, Counted, Counting, SharedLimit};

/// A room may be tried so many times as often as one address may try: by many addresses together.
const ADDRESSES_OF_A_ROOM: u32 = 10;

/// Beyond so many, those that may try as often as at first are forgotten, and, if they are still too many, all.
const MANY: usize = 10_000;

/// Counts wrong passwords.
pub(crate) struct WrongPasswords {
    of_addresses: SharedAllowance<IpAddr>,
    of_rooms: SharedAllowance<RoomCode>,
}

impl WrongPasswords {
    pub(crate) fn new(limits: &LimitsConfig, cluster: Option<&Cluster>) -> Self {
        let (at_once, per_minute) = (limits.passwords_at_once, limits.passwords_per_minute);
        let limit = |name, times| SharedLimit {
            name,
            at_once: at_once.saturating_mul(times),
            per_minute: per_minute.saturating_mul(times),
        };
        Self {
            of_addresses: SharedAllowance::new(limit("passwords", 1), cluster.cloned()),
            of_rooms: SharedAllowance::new(
                limit("passwords_of_rooms", ADDRESSES_OF_A_ROOM),
                cluster.cloned(),
            ),
        }
    }

    /// Whether another password may be tried. `now` is the time since any moment that stays the same.
    pub(crate) async fn may_try(&self, now: Duration, address: IpAddr, room: RoomCode) -> bool {
        self.of_addresses.has_one(now, &relay::client_prefix(address)).await
            && self.of_rooms.has_one(now, &room).await
    }

    /// Counts one that was wrong.
    pub(crate) async fn was_wrong(&self, now: Duration, address: IpAddr, room: RoomCode) {
        self.of_addresses.take(now, relay::client_prefix(address)).await;
        self.of_rooms.take(now, room).await;
    }
}

/// An allowance that all nodes of a cluster have together. Where Redis does not count, each has its share.
struct SharedAllowance<K> {
    limit: SharedLimit,
    /// What was taken on this node.
    own: Allowance<K>,
    cluster: Option<Cluster>,
}

impl<K: Hash + Eq + ToString> SharedAllowance<K> {
    fn new(limit: SharedLimit, cluster: Option<Cluster>) -> Self {
        Self { limit, own: Allowance::new(limit.at_once, limit.per_minute), cluster }
    }

    async fn has_one(&self, now: Duration, key: &K) -> bool {
        match self.count(key, Counting::Look).await {
            Counted::Allowed => true,
            Counted::Refused(_) => false,
            Counted::Alone { share_of } => self.own.has(now, key, share_of),
        }
    }

    async fn take(&self, now: Duration, key: K) {
        let share_of = match self.count(&key, Counting::Force).await {
            Counted::Allowed | Counted::Refused(_) => 1,
            Counted::Alone { share_of } => share_of,
        };
        self.own.take(now, key, share_of);
    }

    async fn count(&self, key: &K, counting: Counting) -> Counted {
        match &self.cluster {
            Some(cluster) => cluster.count(self.limit, &key.to_string(), counting).await,
            None => Counted::Alone { share_of: 1 },
        }
    }
}

/// A bucket for each key, which fills with time. Unlike a rate it can be looked into without taking anything.
struct Allowance<K> {
    most: f64,
    per_second: f64,
    left: Mutex<HashMap<K, (f64, Duration)>>,
}

impl<K: Hash + Eq> Allowance<K> {
    fn new(at_once: u32, per_minute: u32) -> Self {
        let [most, per_minute] = [at_once, per_minute].map(|number| f64::from(number.max(1)));
        Self { most, per_second: per_minute / 60.0, left: Mutex::default() }
    }

    /// Whether so many are left, or all that there can be.
    fn has(&self, now: Duration, key: &K, times: u32) -> bool {
        let times = f64::from(times).min(self.most);
        self.left().get(key).is_none_or(|one| self.filled(now, *one) >= times)
    }

    fn take(&self, now: Duration, key: K, times: u32) {
        let mut left = self.left();
        if left.len() >= MANY && !left.contains_key(&key) {
            left.retain(|_, one| self.filled(now, *one) < self.most);
            if left.len() >= MANY {
                left.clear();
            }
        }
        let filled = left.get(&key).map_or(self.most, |one| self.filled(now, *one));
        left.insert(key, ((filled - f64::from(times)).max(0.0), now));
    }

    fn filled(&self, now: Duration, (left, at): (f64, Duration)) -> f64 {
        (left + now.saturating_sub(at).as_secs_f64() * self.per_second).min(self.most)
    }

    /// Each entry is right after each step, whatever panicked.
    fn left(&self) -> MutexGuard<'_, HashMap<K, (f64, Duration)>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[tokio::test]
    async fn only_wrong_passwords_count_and_time_forgives() {
        let limits =
            LimitsConfig { passwords_at_once: 2, passwords_per_minute: 1, ..LimitsConfig::default() };
        let (wrong, room) = (WrongPasswords::new(&limits, None), RoomCode::from_random(1));
        let start = Duration::from_secs(1);
        for _ in 0..100 {
            assert!(wrong.may_try(start, address(1), room).await);
        }
        wrong.was_wrong(start, address(1), room).await;
        assert!(wrong.may_try(start, address(1), room).await);
        wrong.was_wrong(start, address(1), room).await;
        assert!(
            !wrong.may_try(start, address(1), room).await && wrong.may_try(start, address(2), room).await
        );
        assert!(wrong.may_try(start + Duration::from_secs(61), address(1), room).await);
    }

    #[tokio::test]
    async fn many_addresses_together_do_not_guess_the_password_of_one_room() {
        let limits =
            LimitsConfig { passwords_at_once: 2, passwords_per_minute: 1, ..LimitsConfig::default() };
        let wrong = WrongPasswords::new(&limits, None);
        let [tried, other] = [1, 2].map(RoomCode::from_random);
        let now = Duration::from_secs(1);
        let mut guesses = 0;
        for last in 0..=255 {
            if wrong.may_try(now, address(last), tried).await {
                wrong.was_wrong(now, address(last), tried).await;
                guesses += 1;
            }
        }
        assert_eq!(guesses, 20);
        assert!(wrong.may_try(now, address(1), other).await);
    }
}
