//! What goes over a link in all, by the counters of the pair of candidates that it uses (`RTCIceCandidatePairStats`): with headers, repetitions and
//! whatever else no publication counts.

use super::figures;
use super::record::StatsRecord;
use super::streams::{LONGEST, SHORTEST};

/// The pair as it was last seen, and what followed from that.
#[derive(Debug, Default)]
pub(super) struct Line {
    seen: Option<Seen>,
    rates: LineRates,
}

/// Bits a second, without the headers of IP and UDP.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LineRates {
    pub(super) sent: Option<f64>,
    pub(super) received: Option<f64>,
}

#[derive(Debug)]
struct Seen {
    pair: String,
    at: f64,
    sent: Option<f64>,
    received: Option<f64>,
}

impl Line {
    /// Takes in a new record. Another pair than before, a counter that goes back and a clock that leaps give no rates.
    pub(super) fn advance(&mut self, pair: Option<&StatsRecord>) -> LineRates {
        let seen = pair.and_then(Seen::new);
        let before =
            self.seen.as_ref().filter(|before| seen.as_ref().is_some_and(|seen| seen.pair == before.pair));
        let seconds = seen.as_ref().zip(before).map(|(seen, before)| (seen.at - before.at) / 1000.0);
        if seconds.is_some_and(|seconds| (0.0..SHORTEST).contains(&seconds)) {
            return self.rates;
        }
        let measured =
            seen.as_ref().zip(before).zip(seconds.filter(|seconds| *seconds <= LONGEST && *seconds > 0.0));
        let rates = measured.map(|((seen, before), seconds)| {
            let rate = |now: Option<f64>, before: Option<f64>| {
                Some(now? - before?).filter(|rise| *rise >= 0.0).map(|bytes| bytes * 8.0 / seconds)
            };
            LineRates { sent: rate(seen.sent, before.sent), received: rate(seen.received, before.received) }
        });
        self.rates = rates.unwrap_or_default();
        self.seen = seen;
        self.rates
    }
}

impl Seen {
    fn new(pair: &StatsRecord) -> Option<Self> {
        Some(Self {
            pair: pair.id.clone(),
            at: figures::moment(pair.timestamp)?,
            sent: figures::counter(pair.bytes_sent),
            received: figures::counter(pair.bytes_received),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::record::StatsType;

    fn pair(id: &str, seconds: f64, sent: f64, received: f64) -> StatsRecord {
        StatsRecord {
            timestamp: Some(1_000.0 * seconds),
            bytes_sent: Some(sent),
            bytes_received: Some(received),
            ..StatsRecord::new(id.to_owned(), StatsType::CandidatePair)
        }
    }

    #[test]
    fn a_line_takes_what_its_pair_counts_and_nothing_is_made_up() {
        let mut line = Line::default();
        let mut rates = |pair: Option<StatsRecord>| {
            let LineRates { sent, received } = line.advance(pair.as_ref());
            (sent, received)
        };
        assert_eq!(rates(Some(pair("a", 0.0, 0.0, 0.0))), (None, None));
        assert_eq!(rates(Some(pair("a", 2.0, 1_000.0, 250.0))), (Some(4_000.0), Some(1_000.0)));
        assert_eq!(rates(Some(pair("a", 2.1, 9_000.0, 250.0))), (Some(4_000.0), Some(1_000.0)), "too soon");
        assert_eq!(
            rates(Some(pair("a", 3.0, 1_500.0, 100.0))),
            (Some(4_000.0), None),
            "one counter went back"
        );
        assert_eq!(rates(Some(pair("b", 5.0, 1_500.0, 100.0))), (None, None), "another pair");
        assert_eq!(rates(Some(pair("b", 500.0, 9_500.0, 100.0))), (None, None), "the page has slept");
        assert_eq!(rates(Some(pair("b", 499.0, 9_600.0, 100.0))), (None, None), "a clock that goes back");
        assert_eq!(rates(Some(pair("b", f64::NAN, 9_600.0, 100.0))), (None, None));
        assert_eq!(rates(None), (None, None));
    }
}
