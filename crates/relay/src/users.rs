//! How many allocations each participant and each address has.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Instant;

use slotmap::SlotMap;

use crate::Limits;
use crate::bucket::{Allowance, Bucket};

slotmap::new_key_type! {
    /// The name of a participant for as long as something is held, which is quicker to find them by than what they are called.
    pub(crate) struct UserKey;
}

/// When nobody is swept who has gone.
const FEW: usize = 64;

pub(crate) struct Users {
    users: SlotMap<UserKey, User>,
    by_name: HashMap<String, UserKey>,
    by_address: HashMap<IpAddr, usize>,
    all: usize,
    /// When there are so many, those who have gone are forgotten.
    sweep_at: usize,
    /// What all allocations of one participant carry together.
    allowance: Allowance,
}

/// A participant. They are remembered for a moment after they hold nothing any more: who makes everything anew has not more for it.
struct User {
    held: usize,
    bucket: Bucket,
}

/// What counts for a limit.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    /// A participant, without the time of the credentials.
    pub(crate) user: String,
    /// A customer's address.
    pub(crate) address: IpAddr,
}

/// Why somebody may have no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// They have enough (error 486).
    OwnLimit,
    /// Everybody together has (error 508).
    Full,
}

impl Users {
    pub(crate) fn new(allowance: Allowance) -> Self {
        let (users, by_name, by_address) = (SlotMap::with_key(), HashMap::new(), HashMap::new());
        Self { users, by_name, by_address, all: 0, sweep_at: FEW, allowance }
    }

    /// Whether somebody may have so many more.
    pub(crate) fn may_have_more(
        &self,
        limits: &Limits,
        holder: &Holder,
        wants: usize,
    ) -> Result<(), Refused> {
        let user = self.key(holder).map_or(0, |key| self.users[key].held);
        let address = self.by_address.get(&holder.address).copied().unwrap_or_default();
        if user + wants > limits.per_user || address + wants > limits.per_address {
            Err(Refused::OwnLimit)
        } else if self.all + wants > limits.allocations {
            Err(Refused::Full)
        } else {
            Ok(())
        }
    }

    pub(crate) fn add(&mut self, now: Instant, holder: &Holder) {
        let key = self.key(holder).unwrap_or_else(|| {
            self.sweep(now);
            let user = User { held: 0, bucket: Bucket::full(now, self.allowance) };
            let key = self.users.insert(user);
            self.by_name.insert(holder.user.clone(), key);
            key
        });
        self.all += 1;
        self.users[key].held += 1;
        *self.by_address.entry(holder.address).or_default() += 1;
    }

    pub(crate) fn remove(&mut self, holder: &Holder) {
        self.all = self.all.saturating_sub(1);
        if let Some(key) = self.key(holder) {
            self.users[key].held = self.users[key].held.saturating_sub(1);
        }
        if let Some(count) = self.by_address.get_mut(&holder.address) {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&holder.address);
            }
        }
    }

    /// Under which name somebody is known who holds something.
    pub(crate) fn key(&self, holder: &Holder) -> Option<UserKey> {
        self.by_name.get(&holder.user).copied()
    }

    /// Whether so many bytes of somebody's may still pass at this moment.
    pub(crate) fn may_carry(&mut self, now: Instant, key: UserKey, bytes: usize) -> bool {
        let allowance = self.allowance;
        self.users.get_mut(key).is_none_or(|user| user.bucket.take(now, allowance, bytes))
    }

    /// Costs, over time, the same for each participant: it waits until there are twice as many as were left the last time.
    fn sweep(&mut self, now: Instant) {
        if self.users.len() < self.sweep_at {
            return;
        }
        let allowance = self.allowance;
        self.users.retain(|_, user| user.held > 0 || !user.bucket.is_full(now, allowance));
        self.by_name.retain(|_, key| self.users.contains_key(*key));
        self.sweep_at = FEW.max(2 * self.users.len());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "there is no other way to have a moment")]
    fn who_has_gone_is_forgotten_and_has_not_more_for_coming_anew() {
        let now = Instant::now();
        let mut users = Users::new(Allowance { burst: 100.0, per_second: 100.0 });
        let holder = |number: usize| Holder {
            user: number.to_string(),
            address: std::net::Ipv4Addr::new(50, 0, 0, 1).into(),
        };
        for _ in 0..2 {
            users.add(now, &holder(0));
            let key = users.key(&holder(0)).unwrap();
            users.may_carry(now, key, 100);
            assert!(!users.may_carry(now, key, 1), "what was carried is not forgotten at once");
            users.remove(&holder(0));
        }
        for number in 1..10_000 {
            let now = now + Duration::from_secs(number as u64);
            users.add(now, &holder(number));
            users.remove(&holder(number));
        }
        assert!(users.users.len() <= FEW && users.by_name.len() <= FEW, "{}", users.users.len());
        assert!(users.by_address.is_empty() && users.all == 0);
    }
}
