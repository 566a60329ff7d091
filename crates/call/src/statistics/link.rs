//! The figures of one link.

use std::collections::{BTreeMap, BTreeSet};

use view::LinkPath;

use crate::LinkKey;

use super::figures;
use super::line::Line;
use super::path;
use super::publication::PublicationStatistics;
use super::record::StatsRecord;
use super::record_index::RecordIndex;
use super::section::{Carried, StatsSection};
use super::streams::Streams;

/// The figures of one link. What is not known is `None`; every number is finite and not negative.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkStatistics {
    /// Which link.
    pub link: LinkKey,
    /// Bits a second that are sent in all, with all headers but those of IP and UDP; where a browser does not count them, of all publications.
    pub sent_bits: Option<f64>,
    /// Bits a second that are received, likewise.
    pub received_bits: Option<f64>,
    /// To the other end and back, in seconds (`RTCIceCandidatePairStats.currentRoundTripTime`, else the shortest of what is sent).
    pub round_trip: Option<f64>,
    /// How it goes (the selected `RTCIceCandidatePairStats`).
    pub path: Option<LinkPath>,
    /// What it carries: first what is sent, then what is received, by person.
    pub publications: Vec<PublicationStatistics>,
}

/// A link, and what has to be remembered from one call of `getStats()` to the next.
#[derive(Debug)]
pub(super) struct LinkRecorder {
    statistics: LinkStatistics,
    streams: Streams,
    line: Line,
}

impl LinkRecorder {
    pub(super) fn new(link: LinkKey) -> Self {
        let statistics = LinkStatistics {
            link,
            sent_bits: None,
            received_bits: None,
            round_trip: None,
            path: None,
            publications: Vec::new(),
        };
        Self { statistics, streams: Streams::default(), line: Line::default() }
    }

    pub(super) fn statistics(&self) -> &LinkStatistics {
        &self.statistics
    }

    pub(super) fn record(&mut self, records: &[StatsRecord], sections: &[StatsSection]) {
        let records = RecordIndex::new(records);
        let publications = self.publications(&records, sections);
        let pair = path::selected_pair(&records);
        let of_pair = pair.and_then(|pair| figures::delay(pair.current_round_trip_time));
        let of_streams = publications.iter().filter_map(|publication| publication.round_trip);
        let line = self.line.advance(pair);
        let sum = |is_meant: fn(&Carried) -> bool| sum(&publications, is_meant);
        self.statistics = LinkStatistics {
            link: self.statistics.link,
            sent_bits: line.sent.or_else(|| sum(|of| matches!(of, Carried::Sent(_)))),
            received_bits: line.received.or_else(|| sum(|of| matches!(of, Carried::Received(_)))),
            round_trip: of_pair.or_else(|| of_streams.reduce(f64::min)),
            path: pair.and_then(|pair| path::path_of(pair, &records)),
            publications,
        };
    }

    /// What the sections carry now. A publication that was there before keeps its history, in whichever section it comes.
    fn publications(
        &mut self,
        records: &RecordIndex<'_>,
        sections: &[StatsSection],
    ) -> Vec<PublicationStatistics> {
        let mut flows: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (carried, flow) in self.streams.advance(records, sections) {
            flows.entry(carried).or_default().push(flow);
        }
        let before = self.statistics.publications.drain(..);
        let mut histories: BTreeMap<_, _> =
            before.map(|publication| (publication.of, publication.history)).collect();
        let now = records.records().filter_map(|record| figures::moment(record.timestamp)).reduce(f64::max);
        let carried: BTreeSet<_> = sections.iter().flat_map(StatsSection::carried).collect();
        let publication = |of: Carried| {
            let history = histories.remove(&of).unwrap_or_default();
            PublicationStatistics::new(of, flows.remove(&of).unwrap_or_default(), history, now)
        };
        carried.into_iter().map(publication).collect()
    }
}

fn sum(publications: &[PublicationStatistics], is_meant: impl Fn(&Carried) -> bool) -> Option<f64> {
    let meant = publications.iter().filter(|publication| is_meant(&publication.of));
    meant.filter_map(|publication| publication.bits).reduce(|sum, bits| sum + bits)
}
