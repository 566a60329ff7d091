//! Randomness that a failing test can repeat: everything follows from one number, which the test prints.

use std::ops::Range;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The seeds of a simulation: so many, from 0 on; or the one that `VERANDA_SEED` names, to play a failure again.
pub fn seeds(count: u64) -> Range<u64> {
    match replayed() {
        Some(seed) => seed..seed + 1,
        None => 0..count,
    }
}

/// Whether one seed is played again. What holds over all of them says nothing of one.
pub fn is_replay() -> bool {
    replayed().is_some()
}

fn replayed() -> Option<u64> {
    std::env::var("VERANDA_SEED").ok()?.parse().ok()
}

/// A random source made from one number.
#[derive(Debug)]
pub struct Seed(StdRng);

impl Seed {
    /// The source that this number stands for.
    pub fn new(number: u64) -> Self {
        Self(StdRng::seed_from_u64(number))
    }

    /// A duration from the range, in whole milliseconds.
    pub fn millis(&mut self, range: std::ops::RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.0.random_range(range))
    }

    /// A number from the range.
    pub fn number(&mut self, range: Range<u64>) -> u64 {
        self.0.random_range(range)
    }

    /// True this often, from 0 (never) to 1 (always).
    pub fn chance(&mut self, probability: f64) -> bool {
        self.0.random_bool(probability)
    }
}
