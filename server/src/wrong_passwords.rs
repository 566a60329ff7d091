//! How many wrong passwords an address may try, and a room may be tried with. Right ones cost nothing.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::RoomCode;

use crate::config::LimitsConfig;

/// A room may be tried so many times as often as one address may try: by many addresses together.
const ADDRESSES_OF_A_ROOM: u32 = 10;

/// Beyond so many, those that may try as often as at first are forgotten, and, if they are still too many, all.
const MANY: usize = 10_000;

/// Counts wrong passwords.
pub(crate) struct WrongPasswords {
    of_addresses: Allowance<IpAddr>,
    of_rooms: Allowance<RoomCode>,
}

impl WrongPasswords {
    pub(crate) fn new(limits: &LimitsConfig) -> Self {
        let (at_once, per_minute) = (limits.passwords_at_once, limits.passwords_per_minute);
        let of_rooms =
            (at_once.saturating_mul(ADDRESSES_OF_A_ROOM), per_minute.saturating_mul(ADDRESSES_OF_A_ROOM));
        Self {
            of_addresses: Allowance::new(at_once, per_minute),
            of_rooms: Allowance::new(of_rooms.0, of_rooms.1),
        }
    }

    /// Whether another password may be tried. `now` is the time since any moment that stays the same.
    pub(crate) fn may_try(&self, now: Duration, address: IpAddr, room: RoomCode) -> bool {
        self.of_addresses.has_one(now, &relay::client_prefix(address)) && self.of_rooms.has_one(now, &room)
    }

    /// Counts one that was wrong.
    pub(crate) fn was_wrong(&self, now: Duration, address: IpAddr, room: RoomCode) {
        self.of_addresses.take(now, relay::client_prefix(address));
        self.of_rooms.take(now, room);
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

    fn has_one(&self, now: Duration, key: &K) -> bool {
        self.left().get(key).is_none_or(|one| self.filled(now, *one) >= 1.0)
    }

    fn take(&self, now: Duration, key: K) {
        let mut left = self.left();
        if left.len() >= MANY && !left.contains_key(&key) {
            left.retain(|_, one| self.filled(now, *one) < self.most);
            if left.len() >= MANY {
                left.clear();
            }
        }
        let filled = left.get(&key).map_or(self.most, |one| self.filled(now, *one));
        left.insert(key, ((filled - 1.0).max(0.0), now));
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

    #[test]
    fn only_wrong_passwords_count_and_time_forgives() {
        let limits =
            LimitsConfig { passwords_at_once: 2, passwords_per_minute: 1, ..LimitsConfig::default() };
        let (wrong, room) = (WrongPasswords::new(&limits), RoomCode::from_random(1));
        let start = Duration::from_secs(1);
        for _ in 0..100 {
            assert!(wrong.may_try(start, address(1), room));
        }
        wrong.was_wrong(start, address(1), room);
        assert!(wrong.may_try(start, address(1), room));
        wrong.was_wrong(start, address(1), room);
        assert!(!wrong.may_try(start, address(1), room) && wrong.may_try(start, address(2), room));
        assert!(wrong.may_try(start + Duration::from_secs(61), address(1), room));
    }

    #[test]
    fn many_addresses_together_do_not_guess_the_password_of_one_room() {
        let limits =
            LimitsConfig { passwords_at_once: 2, passwords_per_minute: 1, ..LimitsConfig::default() };
        let wrong = WrongPasswords::new(&limits);
        let [tried, other] = [1, 2].map(RoomCode::from_random);
        let now = Duration::from_secs(1);
        let guesses = (0..=255).filter(|last| {
            let may = wrong.may_try(now, address(*last), tried);
            if may {
                wrong.was_wrong(now, address(*last), tried);
            }
            may
        });
        assert_eq!(guesses.count(), 20);
        assert!(wrong.may_try(now, address(1), other));
    }
}
