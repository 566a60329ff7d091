//! How many allocations each participant and each address has.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

use crate::Limits;

#[derive(Default)]
pub(crate) struct Users {
    by_user: HashMap<String, usize>,
    by_address: HashMap<IpAddr, usize>,
    all: usize,
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
    /// Whether somebody may have so many more.
    pub(crate) fn may_have_more(
        &self,
        limits: &Limits,
        holder: &Holder,
        wants: usize,
    ) -> Result<(), Refused> {
        let user = self.by_user.get(&holder.user).copied().unwrap_or_default();
        let address = self.by_address.get(&holder.address).copied().unwrap_or_default();
        if user + wants > limits.per_user || address + wants > limits.per_address {
            Err(Refused::OwnLimit)
        } else if self.all + wants > limits.allocations {
            Err(Refused::Full)
        } else {
            Ok(())
        }
    }

    pub(crate) fn add(&mut self, holder: &Holder) {
        self.all += 1;
        *self.by_user.entry(holder.user.clone()).or_default() += 1;
        *self.by_address.entry(holder.address).or_default() += 1;
    }

    pub(crate) fn remove(&mut self, holder: &Holder) {
        self.all = self.all.saturating_sub(1);
        one_less(&mut self.by_user, &holder.user);
        one_less(&mut self.by_address, &holder.address);
    }
}

fn one_less<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
