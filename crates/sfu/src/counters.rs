//! What a forwarding unit has done since it began.

use std::ops::Add;
use std::time::Duration;

/// Numbers that only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams that came.
    pub datagrams_in: u64,
    /// Bytes of them.
    pub bytes_in: u64,
    /// Datagrams that belonged to nobody, or could not be read.
    pub datagrams_dropped: u64,
    /// Datagrams that were for a link of another shard.
    pub datagrams_misrouted: u64,
    /// Datagrams to be sent.
    pub datagrams_out: u64,
    /// Bytes of them.
    pub bytes_out: u64,
    /// Media packets that came.
    pub packets_in: u64,
    /// Media packets handed on, once for each receiver.
    pub packets_forwarded: u64,
    /// Media packets handed to recordings.
    pub packets_recorded: u64,
    /// Media packets sent again because a receiver missed them, and padding that finds out what a line carries.
    pub packets_retransmitted: u64,
    /// Keyframes asked for by receivers.
    pub keyframes_wanted: u64,
    /// Keyframes asked for from senders.
    pub keyframes_requested: u64,
    /// Datagrams of which receivers have reported whether they came.
    pub reported: u64,
    /// Those among them that did not come, as far as it was reported.
    pub lost: u64,
    /// How long it took until reports came.
    pub round_trips: RoundTrips,
    /// Peers whose transport failed in a way that is a fault of the server.
    pub panics: u64,
}

/// Upper bounds of round trips, in milliseconds. What takes longer is beyond the last.
pub const ROUND_TRIP_BOUNDS: [u64; 8] = [10, 25, 50, 100, 200, 400, 800, 1_600];

/// From a datagram to the report that it came, which browsers send every 50 to 100 ms: the shortest of each 200 ms of each peer that has
/// reported something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoundTrips {
    /// How many took at most so long as each of [`ROUND_TRIP_BOUNDS`] and longer than the one before, and how many took longer than all.
    pub counts: [u64; ROUND_TRIP_BOUNDS.len() + 1],
    /// All together, in microseconds.
    pub micros: u64,
}

impl RoundTrips {
    pub(crate) fn note(&mut self, took: Duration) {
        let millis = took.as_secs_f64() * 1_000.0;
        let index = ROUND_TRIP_BOUNDS.iter().position(|bound| millis <= *bound as f64);
        self.counts[index.unwrap_or(ROUND_TRIP_BOUNDS.len())] += 1;
        self.micros = self.micros.saturating_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }
}

impl Add for Counters {
    type Output = Self;

    /// What two units have done, or one after another.
    fn add(self, other: Self) -> Self {
        let round_trips = RoundTrips {
            counts: std::array::from_fn(|at| self.round_trips.counts[at] + other.round_trips.counts[at]),
            micros: self.round_trips.micros.saturating_add(other.round_trips.micros),
        };
        Self {
            datagrams_in: self.datagrams_in + other.datagrams_in,
            bytes_in: self.bytes_in + other.bytes_in,
            datagrams_dropped: self.datagrams_dropped + other.datagrams_dropped,
            datagrams_misrouted: self.datagrams_misrouted + other.datagrams_misrouted,
            datagrams_out: self.datagrams_out + other.datagrams_out,
            bytes_out: self.bytes_out + other.bytes_out,
            packets_in: self.packets_in + other.packets_in,
            packets_forwarded: self.packets_forwarded + other.packets_forwarded,
            packets_recorded: self.packets_recorded + other.packets_recorded,
            packets_retransmitted: self.packets_retransmitted + other.packets_retransmitted,
            keyframes_wanted: self.keyframes_wanted + other.keyframes_wanted,
            keyframes_requested: self.keyframes_requested + other.keyframes_requested,
            reported: self.reported + other.reported,
            lost: self.lost + other.lost,
            round_trips,
            panics: self.panics + other.panics,
        }
    }
}

/// What one peer has reported since it was asked last.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reported {
    pub(crate) all: u64,
    pub(crate) lost: u64,
    /// The shortest.
    pub(crate) round_trip: Option<Duration>,
}

impl Counters {
    pub(crate) fn note(&mut self, reported: Reported) {
        self.reported += reported.all;
        self.lost += reported.lost;
        if let Some(took) = reported.round_trip {
            self.round_trips.note(took);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_trip_is_counted_once_and_where_it_belongs() {
        let mut counters = Counters::default();
        for millis in [0, 10, 11, 1_600, 1_601] {
            let round_trip = Some(Duration::from_millis(millis));
            counters.note(Reported { all: 10, lost: 1, round_trip });
        }
        counters.note(Reported::default());
        let counts = counters.round_trips.counts;
        assert_eq!((counts[0], counts[1], counts[7], counts[8]), (2, 1, 1, 1));
        assert_eq!((counters.reported, counters.lost, counters.round_trips.micros), (50, 5, 3_222_000));
    }
}
