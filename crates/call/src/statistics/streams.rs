//! RTP streams of a link from one call of `getStats()` to the next: counters become rates.

use std::collections::BTreeMap;

use super::figures;
use super::flow::{Flow, Rates};
use super::record::{StatsRecord, StatsType};
use super::record_index::RecordIndex;
use super::section::{Carried, StatsSection};

/// A shorter interval measures the browser's clock rather than the stream, in seconds. Records that follow sooner are left out.
pub(super) const SHORTEST: f64 = 0.2;

/// After a longer one the page has slept: its average says nothing about now, in seconds.
pub(super) const LONGEST: f64 = 30.0;

/// The streams that the last records were about. A browser that reuses an id gives another synchronization source.
#[derive(Debug, Default)]
pub(super) struct Streams {
    streams: BTreeMap<(String, Option<u32>), Stream>,
}

/// One RTP stream.
#[derive(Clone, Copy, Debug)]
struct Stream {
    carried: Option<Carried>,
    counters: Counters,
    rates: Rates,
    /// Whether it carried something else until now, so that whatever the browser says of the last seconds is about that.
    is_switched: bool,
}

/// Counters of a stream at a moment.
#[derive(Clone, Copy, Debug)]
struct Counters {
    at: Option<f64>,
    bytes: Option<f64>,
    packets: Option<f64>,
    retransmitted: Option<f64>,
    lost: Option<f64>,
    frames: Option<f64>,
}

/// What can be made of the time between two records.
enum Interval {
    Seconds(f64),
    TooShort,
    /// A clock is missing, goes back or has leapt.
    Broken,
}

impl Streams {
    /// Takes in new records. What comes out is of the streams of which it is known what they carry.
    pub(super) fn advance<'a>(
        &mut self,
        records: &RecordIndex<'a>,
        sections: &[StatsSection],
    ) -> Vec<(Carried, Flow<'a>)> {
        let (mut streams, mut flows) = (BTreeMap::new(), Vec::new());
        for record in records.records() {
            let (remote, direction) = match record.stats_type {
                StatsType::OutboundRtp => (records.remote_of(record), Direction::Sent),
                StatsType::InboundRtp => (None, Direction::Received),
                StatsType::RemoteInboundRtp
                | StatsType::Codec
                | StatsType::Transport
                | StatsType::CandidatePair
                | StatsType::Candidate => continue,
            };
            let key = (record.id.clone(), record.ssrc);
            let carried = carried_by(record, direction, sections);
            let stream = Stream::after(self.streams.get(&key), carried, Counters::new(record, remote));
            let Stream { counters, rates, is_switched, .. } = stream;
            flows.extend(carried.map(|carried| {
                let codec = records.find(record.codec_id.as_deref(), StatsType::Codec);
                (carried, Flow { record, remote, codec, at: counters.at, rates, is_switched })
            }));
            streams.insert(key, stream);
        }
        self.streams = streams;
        flows
    }
}

/// Which way a stream goes.
#[derive(Clone, Copy)]
enum Direction {
    Sent,
    Received,
}

fn carried_by(record: &StatsRecord, direction: Direction, sections: &[StatsSection]) -> Option<Carried> {
    let section = sections.iter().find(|section| Some(&section.mid) == record.mid.as_ref())?;
    match direction {
        Direction::Sent => section.sent.map(Carried::Sent),
        Direction::Received => section.received.map(Carried::Received),
    }
}

impl Stream {
    fn after(before: Option<&Self>, carried: Option<Carried>, counters: Counters) -> Self {
        let anew = Self { carried, counters, rates: Rates::default(), is_switched: false };
        let Some(before) = before else { return anew };
        if before.carried != carried {
            return Self { is_switched: true, ..anew };
        }
        match counters.interval_since(&before.counters) {
            Interval::Seconds(seconds) => {
                Self { rates: counters.rates_since(&before.counters, seconds), ..anew }
            }
            Interval::TooShort => *before,
            Interval::Broken => anew,
        }
    }
}

impl Counters {
    fn new(record: &StatsRecord, remote: Option<&StatsRecord>) -> Self {
        let counter = figures::counter;
        Self {
            at: figures::moment(record.timestamp),
            bytes: counter(record.bytes_sent).or(counter(record.bytes_received)),
            packets: counter(record.packets_sent).or(counter(record.packets_received)),
            retransmitted: counter(record.retransmitted_packets_sent),
            lost: figures::balance(remote.unwrap_or(record).packets_lost),
            frames: [record.frames_sent, record.frames_encoded, record.frames_decoded]
                .into_iter()
                .find_map(counter),
        }
    }

    fn interval_since(&self, before: &Self) -> Interval {
        let Some((now, before)) = self.at.zip(before.at) else { return Interval::Broken };
        let seconds = (now - before) / 1000.0;
        if (SHORTEST..=LONGEST).contains(&seconds) {
            Interval::Seconds(seconds)
        } else if (0.0..SHORTEST).contains(&seconds) {
            Interval::TooShort
        } else {
            Interval::Broken
        }
    }

    /// A counter that goes back has started anew, and gives no rate.
    fn rates_since(&self, before: &Self, seconds: f64) -> Rates {
        let rise = |now: Option<f64>, before: Option<f64>| Some(now? - before?).filter(|rise| *rise >= 0.0);
        let lost = self.lost.zip(before.lost).map(|(now, before)| (now - before).max(0.0));
        Rates {
            bits: rise(self.bytes, before.bytes).map(|bytes| bytes * 8.0 / seconds),
            frames: rise(self.frames, before.frames).map(|frames| frames / seconds),
            packets: rise(self.packets, before.packets),
            retransmitted: rise(self.retransmitted, before.retransmitted),
            lost,
        }
    }
}
