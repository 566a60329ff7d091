//! A recording as a sink: one for each participant who consented, which takes all that they send, each picture in the largest layer that comes.
//! It has no downlink, hears whoever it is of whether or not they are among the speakers, and is in no slot.

use std::collections::VecDeque;
use std::time::Instant;

use protocol::Source;

use crate::Who;
use crate::recorded::{ClockReport, RecordedPacket};
use crate::sink::{Delivery, Follows, Selection, Sink, TrackPacket, VideoPacket};

const SOURCES: usize = Source::ALL.len();

/// Takes what one participant sends.
#[derive(Debug)]
pub(crate) struct Recorder {
    who: Who,
    /// By source.
    selections: [Option<Selection>; SOURCES],
    /// The newest report of each source that was handed on, by its stream and time.
    reported: [Option<(u32, ClockReport)>; SOURCES],
    taken: VecDeque<RecordedPacket>,
}

impl Recorder {
    pub(crate) fn new(who: Who) -> Self {
        Self { who, selections: Default::default(), reported: Default::default(), taken: VecDeque::new() }
    }

    /// What is selected, by source.
    pub(crate) fn selections(&self) -> [Option<Selection>; SOURCES] {
        self.selections
    }

    /// What was taken since this was asked last.
    pub(crate) fn taken(&mut self) -> std::collections::vec_deque::Drain<'_, RecordedPacket> {
        self.taken.drain(..)
    }

    fn take(&mut self, index: usize, packet: &TrackPacket<'_>) -> bool {
        let Some(source) = Source::ALL.get(index).copied() else { return false };
        let ssrc = *packet.packet.header.ssrc;
        let report = packet.packet.last_sender_info.as_ref().map(ClockReport::new);
        let report = report.filter(|report| self.reported[index] != Some((ssrc, *report)));
        if let Some(report) = report {
            self.reported[index] = Some((ssrc, report));
        }
        let taken = RecordedPacket::new((self.who, source), packet, report);
        let is_taken = taken.is_some();
        self.taken.extend(taken);
        is_taken
    }
}

impl Sink for Recorder {
    fn is_connected(&self) -> bool {
        true
    }

    fn selection(&self, index: usize) -> Option<Selection> {
        self.selections.get(index).copied().flatten()
    }

    fn select(&mut self, index: usize, selection: Option<Selection>) {
        if let Some(of) = self.selections.get_mut(index) {
            *of = selection;
        }
    }

    fn clear(&mut self) {
        self.selections = Default::default();
    }

    fn video(&mut self, _now: Instant, index: usize, packet: &VideoPacket<'_>) -> Delivery {
        let Some(Some(selection)) = self.selections.get_mut(index) else { return Delivery::default() };
        match selection.follow(packet) {
            Follows::No => Delivery::default(),
            follows @ (Follows::Same | Follows::Switched) => {
                let goes_out = self.take(index, &packet.of_track);
                Delivery { is_switch: follows == Follows::Switched, goes_out }
            }
        }
    }

    fn audio(&mut self, _now: Instant, index: usize, packet: &TrackPacket<'_>) -> bool {
        self.take(index, packet)
    }
}
