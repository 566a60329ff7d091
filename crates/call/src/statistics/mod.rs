//! Statistics of a call: what each link and each publication on it costs, loses and waits for, now and in the last two minutes.
//!
//! It is computed from plain records of `RTCPeerConnection.getStats()` (W3C WebRTC Statistics) and asks no browser. Whatever a record
//! says is doubted: a figure that is missing, negative, absurd or not a number is shown as missing, and never as another figure.
//! No address is read, so none can be shown or copied.
//!
//! ```text
//! records ─▶ RecordIndex ─▶ Streams (differences) ─▶ Flows, by what sections carry ─▶ PublicationStatistics
//!                      └──▶ path and line (the selected pair) ──────────────────▶ LinkStatistics
//! ```

mod figures;
mod flow;
mod history;
mod line;
mod link;
mod path;
mod publication;
mod record;
mod record_index;
mod section;
mod streams;

use std::collections::BTreeMap;

use crate::LinkKey;

use link::LinkRecorder;

pub use history::{Graph, History};
pub use link::LinkStatistics;
pub use publication::{LayerStatistics, PublicationStatistics, QualityLimitation};
pub use record::{StatsRecord, StatsType, StatsValue};
pub use section::{Carried, StatsSection};

/// Statistics of all links of a call.
#[derive(Debug, Default)]
pub struct Statistics {
    links: BTreeMap<LinkKey, LinkRecorder>,
}

impl Statistics {
    /// Takes in what a link's connection says now, and what its sections carry now. To be called about every two seconds a link: rates are
    /// of the time between two calls, at the least 0.2 s and at the most 30 s.
    pub fn record(&mut self, link: LinkKey, records: &[StatsRecord], sections: &[StatsSection]) {
        self.links.entry(link).or_insert_with(|| LinkRecorder::new(link)).record(records, sections);
    }

    /// A link is over.
    pub fn forget(&mut self, link: LinkKey) {
        self.links.remove(&link);
    }

    /// The links of which anything was recorded, in the order of their keys.
    pub fn links(&self) -> impl Iterator<Item = &LinkStatistics> {
        self.links.values().map(LinkRecorder::statistics)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use protocol::{LinkId, MediaKey, NodeId, ParticipantId, PeerRef, Source};
    use uuid::Uuid;

    use super::*;

    const ADA: ParticipantId = ParticipantId::new(Uuid::from_u128(1));
    const BOB: ParticipantId = ParticipantId::new(Uuid::from_u128(2));
    const CAMERA_OF_ADA: MediaKey = ADA.publication(Source::Camera);
    const CAMERA_OF_BOB: MediaKey = BOB.publication(Source::Camera);

    fn link() -> LinkKey {
        LinkKey { peer: PeerRef::Sfu(NodeId::new(Uuid::from_u128(7))), id: LinkId(1) }
    }

    fn receiving(key: MediaKey) -> StatsSection {
        StatsSection { mid: "1".to_owned(), sent: None, received: Some(key) }
    }

    fn sending(source: Source) -> StatsSection {
        StatsSection { mid: "1".to_owned(), sent: Some(source), received: None }
    }

    /// A stream at 1 Mbit/s and 25 frames a second, in the same section always.
    fn inbound(at: Duration) -> StatsRecord {
        let seconds = at.as_secs_f64();
        StatsRecord {
            timestamp: Some(1e12 + seconds * 1000.0),
            ssrc: Some(5),
            mid: Some("1".to_owned()),
            bytes_received: Some(125_000.0 * seconds),
            packets_received: Some(90.0 * seconds),
            packets_lost: Some(10.0 * seconds),
            frames_decoded: Some(25.0 * seconds),
            frame_width: Some(640.0),
            frame_height: Some(360.0),
            ..StatsRecord::new("in".to_owned(), StatsType::InboundRtp)
        }
    }

    fn outbound(at: Duration) -> StatsRecord {
        let StatsRecord { bytes_received, packets_received, frames_decoded, .. } = inbound(at);
        StatsRecord {
            id: "out".to_owned(),
            stats_type: StatsType::OutboundRtp,
            bytes_sent: bytes_received,
            bytes_received: None,
            packets_sent: packets_received,
            packets_received: None,
            packets_lost: None,
            frames_sent: frames_decoded,
            frames_decoded: None,
            ..inbound(at)
        }
    }

    fn second(second: u64) -> Duration {
        Duration::from_secs(100 + second)
    }

    /// What is said of the one publication of a link after some calls.
    fn after<const N: usize>(records: [StatsRecord; N]) -> PublicationStatistics {
        let mut statistics = Statistics::default();
        for record in records {
            statistics.record(link(), &[record], &[receiving(CAMERA_OF_ADA)]);
        }
        only(&statistics)
    }

    fn only(statistics: &Statistics) -> PublicationStatistics {
        statistics.links().next().unwrap().publications.first().unwrap().clone()
    }

    #[test]
    fn a_rate_is_a_difference_over_the_time_between_two_records() {
        let first = after([inbound(second(0))]);
        assert_eq!((first.bits, first.loss, first.frames), (None, None, None));
        let second = after([inbound(second(0)), inbound(second(2))]);
        assert_eq!((second.bits, second.loss, second.frames), (Some(1e6), Some(0.1), Some(25.0)));
        assert_eq!(second.size, Some((640, 360)));
    }

    #[test]
    fn a_clock_or_a_counter_that_goes_back_shows_nothing_and_starts_anew() {
        let fallen = |at| StatsRecord { bytes_received: Some(10.0), ..inbound(at) };
        let counter = after([inbound(second(0)), fallen(second(2))]);
        assert_eq!((counter.bits, counter.loss), (None, Some(0.1)));
        let clock = [inbound(second(4)), inbound(second(2))];
        assert_eq!((after(clock.clone()).bits, after(clock.clone()).loss), (None, None));
        let [later, earlier] = clock;
        assert_eq!(after([later, earlier, inbound(second(4))]).bits, Some(1e6));
    }

    #[test]
    fn intervals_that_measure_nothing_are_not_used() {
        let soon = second(2) + Duration::from_millis(100);
        let twice = after([inbound(second(0)), inbound(second(2)), inbound(soon)]);
        assert_eq!((twice.bits, twice.history.bits().count()), (Some(1e6), 1));
        assert_eq!(after([inbound(second(0)), inbound(second(0) + Duration::from_millis(100))]).bits, None);
        assert_eq!(after([inbound(second(0)), inbound(second(30))]).bits, Some(1e6));
        assert_eq!(after([inbound(second(0)), inbound(second(31))]).bits, None);
    }

    #[test]
    fn a_late_packet_that_is_no_longer_lost_is_no_negative_loss() {
        let late = StatsRecord { packets_lost: Some(-3.0), ..inbound(second(2)) };
        assert_eq!(after([inbound(second(0)), late]).loss, Some(0.0));
    }

    #[test]
    fn holes_are_missing_figures_and_absurd_numbers_are_holes() {
        let absurd = [f64::NAN, f64::INFINITY, -1.0, 1e300, f64::MIN, f64::MAX];
        for number in absurd.map(Some).into_iter().chain([None]) {
            let broken = StatsRecord {
                bytes_received: number,
                packets_received: number,
                frames_decoded: number,
                frames_per_second: number,
                frame_width: number,
                jitter: number,
                ..inbound(second(2))
            };
            let PublicationStatistics { bits, loss, jitter, size, frames, history, .. } =
                after([inbound(second(0)), broken]);
            assert_eq!((bits, loss, jitter, size, frames), (None, None, None, None, None), "{number:?}");
            assert_eq!(history.bits().count(), 0, "{number:?}");
            let timeless = StatsRecord { timestamp: number, ..inbound(second(2)) };
            assert_eq!(after([inbound(second(0)), timeless]).bits, None, "{number:?}");
        }
    }

    #[test]
    fn of_two_records_with_one_id_the_first_counts() {
        let mut statistics = Statistics::default();
        for at in [second(0), second(2)] {
            let records =
                [inbound(at), StatsRecord { bytes_received: Some(0.0), ..inbound(at) }, inbound(at)];
            statistics.record(link(), &records, &[receiving(CAMERA_OF_ADA)]);
        }
        assert_eq!(only(&statistics).bits, Some(1e6));
    }

    #[test]
    fn a_slot_that_is_switched_shows_nothing_of_whom_it_carried_before() {
        let mut statistics = Statistics::default();
        for at in [0, 2, 4] {
            statistics.record(link(), &[inbound(second(at))], &[receiving(CAMERA_OF_ADA)]);
        }
        assert_eq!(only(&statistics).history.bits().count(), 2);
        let jittery = StatsRecord { jitter: Some(0.1), ..inbound(second(6)) };
        statistics.record(link(), &[jittery], &[receiving(CAMERA_OF_BOB)]);
        let PublicationStatistics { of, bits, loss, jitter, size, history, .. } = only(&statistics);
        assert_eq!(of, Carried::Received(CAMERA_OF_BOB));
        assert_eq!((bits, loss, jitter, size), (None, None, None, None));
        assert_eq!(history.bits().count(), 0);
        statistics.record(link(), &[inbound(second(8))], &[receiving(CAMERA_OF_BOB)]);
        assert_eq!((only(&statistics).bits, only(&statistics).history.bits().count()), (Some(1e6), 1));
    }

    #[test]
    fn what_is_in_no_section_any_more_and_links_that_are_over_leave() {
        let mut statistics = Statistics::default();
        statistics.record(link(), &[inbound(second(0))], &[receiving(CAMERA_OF_ADA)]);
        statistics.record(link(), &[inbound(second(2))], &[]);
        assert_eq!(statistics.links().next().unwrap().publications, []);
        statistics.forget(link());
        assert_eq!(statistics.links().count(), 0);
    }

    #[test]
    fn a_publication_without_a_record_has_a_gap_in_its_history() {
        let mut statistics = Statistics::default();
        let other = |at| StatsRecord { id: "other".to_owned(), mid: None, ..inbound(at) };
        for at in [0, 2, 4, 6, 8] {
            let records = [other(second(at)), inbound(second(at))];
            let seen = if at == 4 { &records[..1] } else { &records[..] };
            statistics.record(link(), seen, &[receiving(CAMERA_OF_ADA)]);
        }
        let bits: Vec<_> = only(&statistics).history.bits().collect();
        assert_eq!(bits, [(6.0, Some(1e6)), (4.0, None), (2.0, None), (0.0, Some(1e6))]);
    }

    #[test]
    fn layers_are_in_order_of_size_and_one_that_is_switched_off_has_no_bits() {
        let layer = |rid: &str, width: f64, at: Duration| StatsRecord {
            id: rid.to_owned(),
            rid: Some(rid.to_owned()),
            frame_width: Some(width),
            ..outbound(at)
        };
        let mut statistics = Statistics::default();
        for at in [second(0), second(2)] {
            let off = StatsRecord { active: Some(false), ..layer("f", 1280.0, at) };
            let silent = StatsRecord { bytes_sent: Some(7.0), ..layer("h", 640.0, at) };
            let records = [off, silent, layer("q", 320.0, at)];
            statistics.record(link(), &records, &[sending(Source::Camera)]);
        }
        let PublicationStatistics { layers, bits, size, .. } = only(&statistics);
        let shown: Vec<_> =
            layers.iter().map(|layer| (layer.rid.as_deref(), layer.bits, layer.active)).collect();
        let (q, h, f) = (Some("q"), Some("h"), Some("f"));
        assert_eq!(shown, [(q, Some(1e6), true), (h, Some(0.0), false), (f, Some(0.0), false)]);
        assert_eq!((bits, size), (Some(1e6), Some((320, 360))));
    }

    #[test]
    fn loss_of_what_is_sent_is_what_the_other_end_says_and_else_a_difference() {
        let remote = |at: Duration, fraction_lost| StatsRecord {
            ssrc: Some(5),
            packets_lost: Some(9.0 * at.as_secs_f64()),
            fraction_lost,
            round_trip_time: Some(0.04),
            ..StatsRecord::new("remote".to_owned(), StatsType::RemoteInboundRtp)
        };
        for (fraction, loss) in [(Some(0.25), 0.25), (Some(25.0), 0.1), (None, 0.1)] {
            let mut statistics = Statistics::default();
            for at in [second(0), second(2)] {
                let records = [outbound(at), remote(at, fraction)];
                statistics.record(link(), &records, &[sending(Source::Camera)]);
            }
            assert_eq!(only(&statistics).loss, Some(loss), "{fraction:?}");
            assert_eq!(only(&statistics).round_trip, Some(0.04));
            assert_eq!(statistics.links().next().unwrap().round_trip, Some(0.04));
        }
    }
}
