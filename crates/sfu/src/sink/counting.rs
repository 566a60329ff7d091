//! A sink that counts what it is given: it shows that a track asks no more of its subscribers than [`Sink`] says.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::sink::{Delivery, Follows, Selection, Sink, TrackPacket, VideoPacket};

/// A sink that counts what it is given, for tests.
#[derive(Debug, Default)]
pub(crate) struct CountingSink {
    selections: BTreeMap<usize, Selection>,
    counts: Counts,
}

impl CountingSink {
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }
}

/// What it has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets of video.
    pub video: u64,
    /// Packets of sound.
    pub audio: u64,
    /// How often another layer began.
    pub switches: u64,
    /// Packets that were of no layer that goes out.
    pub refused: u64,
}

impl Sink for CountingSink {
    fn is_connected(&self) -> bool {
        true
    }

    fn selection(&self, index: usize) -> Option<Selection> {
        self.selections.get(&index).copied()
    }

    fn select(&mut self, index: usize, selection: Option<Selection>) {
        match selection {
            Some(selection) => _ = self.selections.insert(index, selection),
            None => _ = self.selections.remove(&index),
        }
    }

    fn clear(&mut self) {
        self.selections.clear();
    }

    fn video(&mut self, _now: Instant, index: usize, packet: &VideoPacket<'_>) -> Delivery {
        let follows =
            self.selections.get_mut(&index).map_or(Follows::No, |selection| selection.follow(packet));
        let (is_switch, goes_out) = (follows == Follows::Switched, follows != Follows::No);
        self.counts.switches += u64::from(is_switch);
        self.counts.video += u64::from(goes_out);
        self.counts.refused += u64::from(!goes_out);
        Delivery { is_switch, goes_out }
    }

    fn audio(&mut self, _now: Instant, _place: usize, _packet: &TrackPacket<'_>) -> bool {
        self.counts.audio += 1;
        true
    }
}
