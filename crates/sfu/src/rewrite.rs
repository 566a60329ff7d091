//! Numbers of one outgoing stream that go on whatever sender or layer is switched into it: sequence numbers, timestamps, and
//! the picture numbers of VP8.

use std::time::{Duration, Instant};

use crate::vp8::Vp8;

/// Packets that can come late and still find their number. At 500 packets per second a quarter of a second.
const WINDOW: u64 = 128;

/// The numbers of a packet as they came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incoming {
    /// The extended sequence number.
    pub(crate) sequence: u64,
    /// The timestamp, in ticks of the stream's clock.
    pub(crate) time: u32,
    pub(crate) picture: u16,
    pub(crate) tl0: u8,
}

/// The numbers of a packet as they go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) sequence: u64,
    pub(crate) time: u32,
    pub(crate) picture: u16,
    pub(crate) tl0: u8,
}

/// One outgoing stream.
#[derive(Debug)]
pub(crate) struct Rewriter {
    /// Ticks per second.
    clock: u32,
    source: Option<Offsets>,
    last: Option<(Outgoing, Instant)>,
}

/// From the numbers of the present source to those that go out.
#[derive(Debug)]
struct Offsets {
    /// The first sequence number of the source that counts; older ones came late, from before the switch.
    first: u64,
    /// The highest that came.
    highest: u64,
    sequence: u64,
    time: u32,
    picture: u16,
    tl0: u8,
    /// Pictures left out: the highest, so that its packets count once.
    left_out: Option<u16>,
    /// What was subtracted from the numbers of the last packets, by their place in the window.
    recent: Box<[(u64, u64, u16); WINDOW as usize]>,
}

impl Rewriter {
    pub(crate) fn new(clock: u32) -> Self {
        Self { clock, source: None, last: None }
    }

    /// Another source begins with this packet: it follows the last one, as far behind in time as it came after it.
    pub(crate) fn switch(&mut self, now: Instant, incoming: Incoming) {
        let next = match &self.last {
            None => Outgoing { sequence: 1, time: 1, picture: 1, tl0: 1 },
            Some((last, at)) => Outgoing {
                sequence: last.sequence + 1,
                time: last.time.wrapping_add(self.ticks(now.saturating_duration_since(*at)).max(1)),
                picture: last.picture.wrapping_add(1),
                tl0: last.tl0.wrapping_add(1),
            },
        };
        self.source = Some(Offsets {
            first: incoming.sequence,
            highest: incoming.sequence.saturating_sub(1),
            sequence: next.sequence.wrapping_sub(incoming.sequence),
            time: next.time.wrapping_sub(incoming.time),
            picture: next.picture.wrapping_sub(incoming.picture),
            tl0: next.tl0.wrapping_sub(incoming.tl0),
            left_out: None,
            recent: self
                .source
                .take()
                .map_or_else(|| Box::new([(u64::MAX, 0, 0); WINDOW as usize]), Offsets::forgotten),
        });
    }

    /// The numbers with which a packet goes out; `None` when it is from before the switch, or too old.
    pub(crate) fn map(&mut self, now: Instant, incoming: Incoming) -> Option<Outgoing> {
        let source = self.source.as_mut()?;
        let (sequence, picture) = source.offsets_of(incoming.sequence)?;
        let outgoing = Outgoing {
            sequence: incoming.sequence.wrapping_add(sequence),
            time: incoming.time.wrapping_add(source.time),
            picture: incoming.picture.wrapping_add(picture) & 0x7fff,
            tl0: incoming.tl0.wrapping_add(source.tl0),
        };
        if self.last.as_ref().is_none_or(|(last, _)| outgoing.sequence > last.sequence) {
            self.last = Some((outgoing, now));
        }
        Some(outgoing)
    }

    /// A packet is left out, and nobody shall miss it: what follows closes the gap. False when that is too late, and the
    /// packet has to go out.
    pub(crate) fn leave_out(&mut self, incoming: Incoming) -> bool {
        let Some(source) = self.source.as_mut() else { return true };
        if incoming.sequence <= source.highest {
            return false;
        }
        source.note_gap(incoming.sequence);
        source.highest = incoming.sequence;
        source.sequence = source.sequence.wrapping_sub(1);
        if source.left_out != Some(incoming.picture) {
            source.left_out = Some(incoming.picture);
            source.picture = source.picture.wrapping_sub(1);
        }
        true
    }

    fn ticks(&self, time: Duration) -> u32 {
        (time.as_micros() as u64 * u64::from(self.clock) / 1_000_000) as u32
    }
}

impl Offsets {
    fn offsets_of(&mut self, sequence: u64) -> Option<(u64, u16)> {
        if sequence > self.highest {
            self.note_gap(sequence);
            self.highest = sequence;
            return Some((self.sequence, self.picture));
        }
        let (known, offset, picture) = self.recent[(sequence % WINDOW) as usize];
        (sequence >= self.first && known == sequence).then_some((offset, picture))
    }

    /// Packets between the highest and this one may come late; they keep the offsets of now.
    fn note_gap(&mut self, sequence: u64) {
        let from = (self.highest + 1).max(sequence.saturating_sub(WINDOW - 1));
        for number in from..=sequence {
            self.recent[(number % WINDOW) as usize] = (number, self.sequence, self.picture);
        }
    }

    fn forgotten(mut self) -> Box<[(u64, u64, u16); WINDOW as usize]> {
        self.recent.fill((u64::MAX, 0, 0));
        self.recent
    }
}

impl Incoming {
    pub(crate) fn new(sequence: u64, time: u32, vp8: Option<&Vp8>) -> Self {
        let picture = vp8.and_then(|vp8| vp8.picture).unwrap_or_default();
        Self { sequence, time, picture, tl0: vp8.and_then(|vp8| vp8.tl0).unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incoming(sequence: u64, time: u32, picture: u16) -> Incoming {
        Incoming { sequence, time, picture, tl0: picture as u8 }
    }

    #[test]
    fn a_switch_goes_on_where_the_last_source_was() {
        let start = crate::a_moment();
        let mut rewriter = Rewriter::new(90_000);
        rewriter.switch(start, incoming(500, 7_000, 77));
        let first = rewriter.map(start, incoming(500, 7_000, 77)).unwrap();
        let second = rewriter.map(start, incoming(501, 7_000, 77)).unwrap();
        assert_eq!(
            (second.sequence, second.time, second.picture),
            (first.sequence + 1, first.time, first.picture)
        );

        let later = start + Duration::from_millis(100);
        rewriter.switch(later, incoming(9, 4_000_000_000, 3));
        let other = rewriter.map(later, incoming(9, 4_000_000_000, 3)).unwrap();
        assert_eq!(other.sequence, second.sequence + 1);
        assert_eq!(other.time.wrapping_sub(second.time), 9_000, "a tenth of a second later");
        assert_eq!(other.picture, second.picture + 1);
        assert_eq!(other.tl0, second.tl0.wrapping_add(1));
    }

    #[test]
    fn a_late_packet_keeps_its_place_and_one_from_before_the_switch_has_none() {
        let now = crate::a_moment();
        let mut rewriter = Rewriter::new(90_000);
        rewriter.switch(now, incoming(100, 0, 1));
        let first = rewriter.map(now, incoming(100, 0, 1)).unwrap();
        let third = rewriter.map(now, incoming(102, 0, 1)).unwrap();
        let second = rewriter.map(now, incoming(101, 0, 1)).unwrap();
        assert_eq!([second.sequence, third.sequence], [first.sequence + 1, first.sequence + 2]);
        assert_eq!(rewriter.map(now, incoming(99, 0, 1)), None);
    }

    #[test]
    fn what_is_left_out_leaves_no_gap() {
        let now = crate::a_moment();
        let mut rewriter = Rewriter::new(90_000);
        rewriter.switch(now, incoming(10, 0, 10));
        let first = rewriter.map(now, incoming(10, 0, 10)).unwrap();
        assert!(rewriter.leave_out(incoming(11, 3_000, 11)));
        assert!(rewriter.leave_out(incoming(12, 3_000, 11)), "the second packet of the same picture");
        let next = rewriter.map(now, incoming(13, 6_000, 12)).unwrap();
        assert_eq!((next.sequence, next.picture), (first.sequence + 1, first.picture + 1));
        assert!(!rewriter.leave_out(incoming(11, 3_000, 11)), "its place is gone");
    }

    #[test]
    fn a_packet_that_comes_after_the_gap_was_closed_has_its_old_place() {
        let now = crate::a_moment();
        let mut rewriter = Rewriter::new(90_000);
        rewriter.switch(now, incoming(10, 0, 10));
        let first = rewriter.map(now, incoming(10, 0, 10)).unwrap();
        let third = rewriter.map(now, incoming(12, 0, 12)).unwrap();
        assert!(rewriter.leave_out(incoming(13, 0, 13)));
        let fifth = rewriter.map(now, incoming(14, 0, 14)).unwrap();
        let second = rewriter.map(now, incoming(11, 0, 11)).unwrap();
        let numbers = [first, second, third, fifth].map(|outgoing| outgoing.sequence - first.sequence);
        assert_eq!(numbers, [0, 1, 2, 3]);
    }

    #[test]
    fn a_window_of_packets_too_late_is_dropped() {
        let now = crate::a_moment();
        let mut rewriter = Rewriter::new(90_000);
        rewriter.switch(now, incoming(1, 0, 0));
        for sequence in [1, 2, 2 + WINDOW] {
            assert!(rewriter.map(now, incoming(sequence, 0, 0)).is_some());
        }
        assert_eq!(rewriter.map(now, incoming(2, 0, 0)), None);
    }
}
