//! A network in virtual time that delays, reorders and duplicates, and counts what it did.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Seed;

/// What a network did to what passed through it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Items handed over after one that was sent later between the same ends.
    pub reordered: u64,
    /// Items handed over twice.
    pub duplicated: u64,
}

/// Items on their way, by the time of their arrival.
#[derive(Debug)]
pub struct Network<T> {
    /// The second number keeps apart what arrives at the same time.
    on_the_way: BTreeMap<(Duration, u64), (Option<Flow>, T)>,
    sent: u64,
    /// Of each flow, the newest item handed over.
    newest: BTreeMap<(u64, u64), u64>,
    faults: Faults,
}

/// Where an item comes from and goes to, and its number.
#[derive(Clone, Copy, Debug)]
struct Flow {
    ends: (u64, u64),
    number: u64,
}

impl<T: Clone> Network<T> {
    /// A network with nothing on its way.
    pub fn new() -> Self {
        Self { on_the_way: BTreeMap::new(), sent: 0, newest: BTreeMap::new(), faults: Faults::default() }
    }

    /// Sends an item that arrives at `at`, exactly once.
    pub fn send_at(&mut self, at: Duration, item: T) {
        self.sent += 1;
        self.on_the_way.insert((at, self.sent), (None, item));
    }

    /// Sends an item between two `ends` over a bad line: it takes up to 150 ms, so it may overtake others between the
    /// same ends, and one of eight comes twice.
    pub fn send_badly(&mut self, now: Duration, seed: &mut Seed, ends: (u64, u64), item: T) {
        let copies = if seed.chance(0.125) { 2 } else { 1 };
        let flow = Flow { ends, number: self.sent };
        self.faults.duplicated += copies - 1;
        for _ in 0..copies {
            self.sent += 1;
            self.on_the_way.insert((now + seed.millis(1..=150), self.sent), (Some(flow), item.clone()));
        }
    }

    /// When the next item arrives.
    pub fn next_arrival(&self) -> Option<Duration> {
        self.on_the_way.keys().next().map(|(at, _)| *at)
    }

    /// The next item that has arrived by `now`.
    pub fn receive(&mut self, now: Duration) -> Option<T> {
        let entry = self.on_the_way.first_entry().filter(|entry| entry.key().0 <= now)?;
        let (flow, item) = entry.remove();
        if let Some(Flow { ends, number }) = flow {
            let newest = self.newest.entry(ends).or_default();
            self.faults.reordered += u64::from(number < *newest);
            *newest = number.max(*newest);
        }
        Some(item)
    }

    /// What it did so far.
    pub fn faults(&self) -> Faults {
        self.faults
    }
}

impl<T: Clone> Default for Network<T> {
    fn default() -> Self {
        Self::new()
    }
}
