//! What goes out to addresses that have proven nothing. Whoever sends datagrams in another's name makes us write to that
//! other; so there is little to be had, and it is never much larger than what it took to ask (RFC 8656 §21.1).

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Instant;

use crate::bucket::{Allowance, Bucket};

/// In bytes of answers: about three hundred at once, forty a second. A school behind one address joins at once.
const ALLOWANCE: Allowance = Allowance { burst: 16_384.0, per_second: 2_048.0 };

/// What a stranger wants. Half of the allowance is for those who ask for a relay, so that questions for an address, which STUN
/// clients everywhere ask and take twenty bytes, keep nobody from it. Who asks for a relay in somebody's name still can, over UDP:
/// TCP and TLS, which prove an address, take nothing of it, nor do requests that prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stranger {
    AsksAddress,
    AsksRelay,
}

impl Stranger {
    /// What must be left afterwards.
    fn reserve(self) -> f64 {
        match self {
            Self::AsksAddress => ALLOWANCE.burst / 2.0,
            Self::AsksRelay => 0.0,
        }
    }
}

/// When this many addresses are remembered, those that would be allowed everything again are forgotten; when there are still
/// as many, nobody new is answered.
const MANY: usize = 20_000;

#[derive(Default)]
pub(crate) struct Unverified {
    buckets: HashMap<IpAddr, Bucket>,
    /// A sweep looks at all of them, so there is at most one a second.
    swept: Option<Instant>,
}

impl Unverified {
    /// Whether an answer of so many bytes may go to a stranger.
    pub(crate) fn may_answer(
        &mut self,
        now: Instant,
        client: SocketAddr,
        stranger: Stranger,
        bytes: usize,
    ) -> bool {
        let prefix = client_prefix(client.ip());
        if self.buckets.len() >= MANY && !self.buckets.contains_key(&prefix) {
            self.sweep(now);
            if self.buckets.len() >= MANY {
                return false;
            }
        }
        let bucket = self.buckets.entry(prefix).or_insert_with(|| Bucket::full(now, ALLOWANCE));
        bucket.take_above(now, ALLOWANCE, bytes, stranger.reserve())
    }

    fn sweep(&mut self, now: Instant) {
        let is_due = self.swept.is_none_or(|swept| now.saturating_duration_since(swept).as_secs() >= 1);
        if is_due {
            self.swept = Some(now);
            self.buckets.retain(|_, bucket| !bucket.is_full(now, ALLOWANCE));
        }
    }
}

/// Whom an address counts for: an IPv6 customer has a whole /64 (RFC 6177).
#[must_use]
pub fn client_prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}
