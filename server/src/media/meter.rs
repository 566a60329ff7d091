//! What shards have counted, for whoever wants to know: each notes it twice a second, and nobody waits for a shard. A shard that begins
//! anew begins to count anew; here it goes on.

use std::ops::Add;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sfu::Sfu;

use super::relay::Relaying;
use super::streams::Streams;

/// How often a shard notes it. What is read is as old at the most, and two seconds where nothing happens.
const EVERY: Duration = Duration::from_millis(500);

/// All shards.
pub(crate) struct Meter(Vec<Mutex<OfShard>>);

#[derive(Default)]
struct OfShard {
    noted: Option<Instant>,
    forwarded: Growing<sfu::Counters>,
    relayed: Growing<relay::Counters>,
    /// What streams and other shards had no room for.
    refused: Growing<Refused>,
    links: u64,
    streams: u64,
    layers: [u64; 3],
}

/// What all shards together have done, and what is so now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Metered {
    pub(crate) forwarded: sfu::Counters,
    pub(crate) relayed: relay::Counters,
    pub(crate) refused: Refused,
    /// Participants with a link to the forwarding unit.
    pub(crate) links: u64,
    /// TCP streams, of links and of the relay's clients.
    pub(crate) streams: u64,
    /// Video slots that show each layer, from the smallest.
    pub(crate) layers: [u64; 3],
}

/// What there was no room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Datagrams for a stream whose other end reads too slowly.
    pub(crate) by_streams: u64,
    /// Datagrams for another shard that was busy.
    pub(crate) by_shards: u64,
    /// Links about which more was said than can wait.
    pub(crate) orders: u64,
}

impl Add for Refused {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            by_streams: self.by_streams + other.by_streams,
            by_shards: self.by_shards + other.by_shards,
            orders: self.orders + other.orders,
        }
    }
}

/// Numbers that only grow, of something that may begin anew.
#[derive(Default)]
struct Growing<T> {
    before: T,
    last: T,
}

impl<T: Add<Output = T> + Copy + Default> Growing<T> {
    /// With `measure`, which never gets less while it is the same that counts.
    fn note(&mut self, now: T, measure: impl Fn(&T) -> u64) {
        if measure(&now) < measure(&self.last) {
            self.ended();
        }
        self.last = now;
    }

    fn ended(&mut self) {
        self.before = self.all();
        self.last = T::default();
    }

    fn all(&self) -> T {
        self.before + self.last
    }
}

impl Meter {
    pub(super) fn new(shards: usize) -> Self {
        Self((0..shards).map(|_| Mutex::default()).collect())
    }

    /// Notes what a shard has done, when it is time.
    pub(super) fn note(
        &self,
        shard: u16,
        now: Instant,
        sfu: &Sfu,
        relaying: Option<&Relaying>,
        streams: &Streams,
        refused: Refused,
    ) {
        let Some(of) = self.0.get(usize::from(shard)) else { return };
        let mut of = of.lock().unwrap_or_else(PoisonError::into_inner);
        if of.noted.is_some_and(|at| now.saturating_duration_since(at) < EVERY) {
            return;
        }
        of.noted = Some(now);
        of.forwarded.note(sfu.counters(), |counters| counters.datagrams_in);
        let relayed = relaying.map(Relaying::counters).unwrap_or_default();
        of.relayed.note(relayed, |counters| counters.allocated + counters.unauthorized + counters.dropped);
        of.refused.note(refused, |refused| refused.by_streams + refused.by_shards + refused.orders);
        of.links = sfu.len() as u64;
        of.streams = streams.len() as u64;
        of.layers = sfu.shown_layers();
    }

    /// A shard has ended, and everything that it had open.
    pub(super) fn ended(&self, shard: u16) {
        let Some(of) = self.0.get(usize::from(shard)) else { return };
        let mut of = of.lock().unwrap_or_else(PoisonError::into_inner);
        of.forwarded.ended();
        of.relayed.ended();
        of.refused.ended();
        (of.links, of.streams, of.layers) = (0, 0, [0; 3]);
    }

    /// What all shards have done.
    pub(crate) fn sum(&self) -> Metered {
        let mut sum = Metered::default();
        for of in &self.0 {
            let of = of.lock().unwrap_or_else(PoisonError::into_inner);
            let allocations = sum.relayed.allocations + of.relayed.last.allocations;
            sum.forwarded = sum.forwarded + of.forwarded.all();
            sum.relayed = sum.relayed + of.relayed.all();
            sum.relayed.allocations = allocations;
            sum.refused = sum.refused + of.refused.all();
            sum.links += of.links;
            sum.streams += of.streams;
            sum.layers.iter_mut().zip(of.layers).for_each(|(sum, of)| *sum += of);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_anew_goes_on_where_it_was() {
        let mut growing = Growing::<Refused>::default();
        let of = |orders| Refused { orders, ..Refused::default() };
        for (orders, all) in [(3, 3), (5, 5), (1, 6), (4, 9)] {
            growing.note(of(orders), |refused| refused.orders);
            assert_eq!(growing.all(), of(all));
        }
        growing.ended();
        growing.note(of(4), |refused| refused.orders);
        assert_eq!(growing.all(), of(13), "it had as many before, and yet it is another");
    }
}
