//! Randomness that a failing test can repeat: everything follows from one number, which the test prints.

use std::num::NonZero;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Plays a simulation with each seed, as many at once as there are processors, and collects what each shows by its seed. So many,
/// from 0 on; or the one that `VERANDA_SEED` names, to play a failure again. A panic in one is the caller's.
pub fn play<T: Send>(count: u64, simulation: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let left = Mutex::new(seeds(count));
    let is_failed = AtomicBool::new(false);
    let next =
        || left.lock().ok().and_then(|mut left| left.next()).filter(|_| !is_failed.load(Ordering::Relaxed));
    let shown = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| {
                while let Some(seed) = next() {
                    let guard = Named { seed, is_failed: &is_failed };
                    let result = simulation(seed);
                    drop(guard);
                    shown.lock().expect("no other simulation panicked here").push((seed, result));
                }
            });
        }
    });
    let mut shown = shown.into_inner().expect("a panic has ended the scope");
    shown.sort_by_key(|(seed, _)| *seed);
    shown.into_iter().map(|(_, result)| result).collect()
}

/// Says the seed of a simulation that panics, wherever it does, and lets no other begin.
struct Named<'a> {
    seed: u64,
    is_failed: &'a AtomicBool,
}

impl Drop for Named<'_> {
    #[expect(clippy::print_stdout, reason = "a test's output, where it failed")]
    fn drop(&mut self) {
        if thread::panicking() {
            self.is_failed.store(true, Ordering::Relaxed);
            println!("it was seed {}: VERANDA_SEED={} plays it again", self.seed, self.seed);
        }
    }
}

fn seeds(count: u64) -> Range<u64> {
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
