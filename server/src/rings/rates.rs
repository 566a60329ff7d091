//! How often somebody may ring, ask for keys, and get an ID. Every question counts alike, whether or not there is such an ID: a limit that
//! counted those alone which lead to nobody would tell which do.
//!
//! Of several nodes one has all rings and is asked by all devices; only what programs look up is asked of every node, and counted on all together.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use protocol::{PublicKey, RingId};

use super::counted_rings::CountedRings;
use crate::clock;
use crate::config::LimitsConfig;
use crate::nodes::{Cluster, SharedLimit};
use crate::rate_limit::{AddressRate, KeyedRate, RetryAfter, SharedRate};

/// An identity asks so many times as often for keys as it rings: a page asks before each ring, and again when it could not be placed.
const LOOK_UPS_FOR_A_RING: u32 = 2;

/// How often an identity reads and changes what is kept for it, at once and in a minute: every device of it reads all of it again after every
/// change. Lowering it makes several devices wait for each other.
const KEEPING: (u32, u32) = (60, 240);

/// Whose limit a new identity counts against.
#[derive(Clone, Copy)]
pub(crate) enum Newcomer<'a> {
    /// That of the address from which a page comes.
    Page(IpAddr),
    /// That of the API key which a program shows.
    Program(&'a str),
}

/// The limits.
pub(crate) struct RingRates {
    identities: AddressRate,
    identities_of_programs: KeyedRate<String>,
    rings: KeyedRate<PublicKey>,
    counted: Mutex<CountedRings>,
    rings_of_addresses: AddressRate,
    rings_of_programs: KeyedRate<String>,
    look_ups_of_programs: SharedRate,
    look_ups: KeyedRate<PublicKey>,
    look_ups_of_addresses: AddressRate,
    failed_proofs: AddressRate,
    keepings: KeyedRate<PublicKey>,
}

impl RingRates {
    pub(crate) fn new(limits: &LimitsConfig, cluster: Option<&Cluster>) -> Self {
        let twice = |number: u32| number.saturating_mul(LOOK_UPS_FOR_A_RING);
        let (at_once, per_minute) = (limits.rings_at_once, limits.rings_per_minute);
        let of_address = (limits.rings_of_address_at_once, limits.rings_of_address_per_minute);
        let of_programs = SharedLimit {
            name: "look_ups_of_programs",
            at_once: twice(of_address.0),
            per_minute: twice(of_address.1),
        };
        Self {
            identities: AddressRate::new(limits.identities_at_once, limits.identities_per_minute),
            identities_of_programs: KeyedRate::new(limits.identities_at_once, limits.identities_per_minute),
            rings: KeyedRate::new(at_once, per_minute),
            counted: Mutex::default(),
            rings_of_addresses: AddressRate::new(of_address.0, of_address.1),
            rings_of_programs: KeyedRate::new(of_address.0, of_address.1),
            look_ups_of_programs: SharedRate::new(of_programs, cluster.cloned()),
            look_ups: KeyedRate::new(twice(at_once), twice(per_minute)),
            look_ups_of_addresses: AddressRate::new(twice(of_address.0), twice(of_address.1)),
            failed_proofs: AddressRate::new(limits.lookups_at_once, limits.lookups_per_minute),
            keepings: KeyedRate::new(KEEPING.0, KEEPING.1),
        }
    }

    /// Counts an identity that is to be given an ID.
    pub(crate) fn identity(&self, newcomer: Newcomer<'_>) -> Result<(), RetryAfter> {
        match newcomer {
            Newcomer::Page(address) => self.identities.check(address),
            Newcomer::Program(api_key) => self.identities_of_programs.check(&api_key.to_owned()),
        }
    }

    /// Counts a ring, once however often its caller says it: who comes back to it may not find that they have rung too often.
    pub(crate) fn ring(&self, identity: &PublicKey, address: IpAddr, ring: RingId) -> Result<(), RetryAfter> {
        self.count(identity, ring, || self.rings_of_addresses.check(address))
    }

    /// The same for a program, whose API key stands in place of the address: it rings for whoever uses it.
    pub(crate) fn ring_of_program(
        &self,
        identity: &PublicKey,
        api_key: &str,
        ring: RingId,
    ) -> Result<(), RetryAfter> {
        self.count(identity, ring, || self.rings_of_programs.check(&api_key.to_owned()))
    }

    fn count(
        &self,
        identity: &PublicKey,
        ring: RingId,
        of_all: impl FnOnce() -> Result<(), RetryAfter>,
    ) -> Result<(), RetryAfter> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock::moment();
        if counted.is_repeated(now, ring, identity) {
            return Ok(());
        }
        self.rings.check(identity)?;
        of_all()?;
        counted.note(now, ring, identity);
        Ok(())
    }

    /// Counts a question for a key.
    pub(crate) fn look_up(&self, identity: &PublicKey, address: IpAddr) -> Result<(), RetryAfter> {
        self.look_ups.check(identity)?;
        self.look_ups_of_addresses.check(address)
    }

    /// Counts a program's question for a key.
    pub(crate) async fn look_up_of_program(&self, api_key: &str) -> Result<(), RetryAfter> {
        self.look_ups_of_programs.check(api_key).await
    }

    /// Counts a proof that has proven nothing, and says whether that may be told.
    pub(crate) fn failed_proof(&self, address: IpAddr) -> Result<(), RetryAfter> {
        self.failed_proofs.check(address)
    }

    /// Counts a reading or a change of what is kept.
    pub(crate) fn keep(&self, identity: &PublicKey) -> Result<(), RetryAfter> {
        self.keepings.check(identity)
    }
}
