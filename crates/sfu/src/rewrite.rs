//! Numbers of one outgoing stream that go on whatever sender or layer is switched into it: sequence numbers, timestamps, and
//! the picture numbers of VP8.

use std::time::{Duration, Instant};

use crate::vp8::Vp8;

/// Packets that can come late and still find their number. At 500 packets per second a quarter of a second.
const WINDOW: u64 = 128;

/// How far behind a number may be and still be taken for a packet that is too late, which is dropped. One further behind belongs to
/// numbers that began anew. Packets that are sent again are never so late.
const TOO_LATE: i64 = 3_000;

/// How far the time of a packet may be from where the clock on the wall says that it is, in seconds. Senders' clocks do not go
/// astray by so much between two packets, and a buffer of sound or pictures gets over no more.
const OUT_OF_TIME: u32 = 2;

/// How far the number of a picture may go ahead, or be behind.
const MAX_PICTURE_STEP: u16 = 512;

/// The bits of a picture's number (RFC 7741 §4.2).
const PICTURE_ID_MASK: u16 = 0x7fff;

/// The numbers of a packet as they came: whatever its sender liked to write there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incoming {
    /// The extended sequence number. Before zero is where the highest numbers are.
    pub(crate) sequence: u64,
    /// The timestamp, in ticks of the stream's clock.
    pub(crate) time: u32,
    pub(crate) picture: u16,
    pub(crate) tl0: u8,
}

/// The numbers of a packet as they go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// It begins at one and goes up by one a packet, or by two where something is missing and by what was missing: 2^64 are
    /// not reached.
    pub(crate) sequence: u64,
    pub(crate) time: u32,
    pub(crate) picture: u16,
    pub(crate) tl0: u8,
}

/// One outgoing stream. What goes out has no gaps but for packets that may still come, and those are never more than came: a
/// receiver has to guess how often numbers have rolled over (RFC 3711 §3.3.1), and after a loss it guesses right only if they have
/// not gone on by half of all numbers.
#[derive(Debug)]
pub(crate) struct Rewriter {
    /// Ticks per second.
    clock: u32,
    source: Option<Offsets>,
    /// The newest that went out, in each of its numbers, and when.
    last: Option<(Outgoing, Instant)>,
    /// How many numbers may be skipped: one for each packet, up to a window.
    gaps: u64,
}

/// From the numbers of the present source to those that go out. All differences wrap.
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
    /// What is added to the numbers of the last packets, by their place in the window.
    recent: Box<[Option<Recent>; WINDOW as usize]>,
}

#[derive(Clone, Copy, Debug)]
struct Recent {
    number: u64,
    sequence: u64,
    picture: u16,
}

/// Where a number is, seen from the highest.
enum Placement {
    /// So many further, no more than may be skipped.
    Ahead,
    Late,
    /// Nowhere near: its sender has begun anew, or lies.
    Elsewhere,
}

impl Rewriter {
    pub(crate) fn new(clock: u32) -> Self {
        Self { clock, source: None, last: None, gaps: WINDOW - 1 }
    }

    /// Another source begins with this packet: it follows the last one, as far behind in time as it came after it.
    pub(crate) fn switch(&mut self, now: Instant, incoming: Incoming) {
        self.begin(now, incoming, 1);
    }

    /// The same sender goes on elsewhere. One number is left out, so that whoever decodes knows that something is missing.
    fn jump(&mut self, now: Instant, incoming: Incoming) {
        self.begin(now, incoming, 2);
        self.gaps = self.gaps.saturating_sub(1);
    }

    /// Goes on with this packet, `step` after the last.
    fn begin(&mut self, now: Instant, incoming: Incoming, step: u64) {
        let next = match &self.last {
            None => Outgoing { sequence: 1, time: 1, picture: 1, tl0: 1 },
            Some((last, at)) => Outgoing {
                sequence: last.sequence.wrapping_add(step),
                time: last.time.wrapping_add(self.ticks(now.saturating_duration_since(*at)).max(1)),
                picture: last.picture.wrapping_add(1),
                tl0: last.tl0.wrapping_add(1),
            },
        };
        self.source = Some(Offsets {
            first: incoming.sequence,
            highest: incoming.sequence.wrapping_sub(1),
            sequence: next.sequence.wrapping_sub(incoming.sequence),
            time: next.time.wrapping_sub(incoming.time),
            picture: next.picture.wrapping_sub(incoming.picture),
            tl0: next.tl0.wrapping_sub(incoming.tl0),
            left_out: None,
            recent: self.source.take().map_or_else(|| Box::new([None; WINDOW as usize]), Offsets::forgotten),
        });
    }

    /// The numbers with which a packet goes out; `None` when it is from before the switch, or too old.
    pub(crate) fn map(&mut self, now: Instant, incoming: Incoming) -> Option<Outgoing> {
        match self.source.as_ref()?.placement(incoming.sequence, self.gaps) {
            Placement::Late => return self.map_late(incoming),
            Placement::Elsewhere => self.jump(now, incoming),
            Placement::Ahead => {}
        }
        self.keep_time(now, incoming);
        let source = self.source.as_mut()?;
        self.gaps = source.advance(incoming.sequence, self.gaps);
        let outgoing = source.apply(incoming, source.sequence, source.picture);
        self.note(now, outgoing);
        Some(outgoing)
    }

    /// A packet is left out, and nobody shall miss it: what follows closes the gap. False when that is too late, and the
    /// packet has to go out.
    pub(crate) fn leave_out(&mut self, now: Instant, incoming: Incoming) -> bool {
        let Some(source) = &self.source else { return true };
        match source.placement(incoming.sequence, self.gaps) {
            Placement::Late => return false,
            Placement::Elsewhere => self.jump(now, incoming),
            Placement::Ahead => {}
        }
        let Some(source) = self.source.as_mut() else { return true };
        self.gaps = source.advance(incoming.sequence, self.gaps);
        source.sequence = source.sequence.wrapping_sub(1);
        if source.left_out != Some(incoming.picture) {
            source.left_out = Some(incoming.picture);
            source.picture = source.picture.wrapping_sub(1);
        }
        true
    }

    fn map_late(&self, incoming: Incoming) -> Option<Outgoing> {
        let source = self.source.as_ref()?;
        let Recent { sequence, picture, .. } = source.recent_of(incoming.sequence)?;
        let outgoing = source.apply(incoming, sequence, picture);
        let (last, _) = self.last?;
        let is_in_time = distance(outgoing.time, last.time) <= self.out_of_time();
        (is_in_time && picture_step(last.picture, outgoing.picture).unsigned_abs() <= MAX_PICTURE_STEP)
            .then_some(outgoing)
    }

    /// A packet whose time or picture is nowhere near the last is taken for the next one: what came last in a slot must not
    /// make the next speaker's sound and pictures look old.
    fn keep_time(&mut self, now: Instant, incoming: Incoming) {
        let Some((last, at)) = self.last else { return };
        let expected = last.time.wrapping_add(self.ticks(now.saturating_duration_since(at)));
        let out_of_time = self.out_of_time();
        let Some(source) = self.source.as_mut() else { return };
        let next = source.apply(incoming, source.sequence, source.picture);
        let is_behind = next.time.wrapping_sub(last.time).cast_signed() < 0
            && distance(next.time, last.time) > out_of_time;
        let is_ahead =
            next.time.wrapping_sub(expected).cast_signed() > 0 && distance(next.time, expected) > out_of_time;
        if is_behind || is_ahead {
            source.time = expected.wrapping_add(1).wrapping_sub(incoming.time);
        }
        if picture_step(last.picture, next.picture).unsigned_abs() > MAX_PICTURE_STEP {
            source.picture = last.picture.wrapping_add(1).wrapping_sub(incoming.picture);
        }
    }

    /// Keeps the newest of each number.
    fn note(&mut self, now: Instant, outgoing: Outgoing) {
        let Some((last, _)) = self.last else {
            self.last = Some((outgoing, now));
            return;
        };
        let is_older = outgoing.time.wrapping_sub(last.time).cast_signed() < 0;
        let is_older_picture = picture_step(last.picture, outgoing.picture) < 0;
        let newest = Outgoing {
            time: if is_older { last.time } else { outgoing.time },
            picture: if is_older_picture { last.picture } else { outgoing.picture },
            ..outgoing
        };
        self.last = Some((newest, now));
    }

    fn out_of_time(&self) -> u32 {
        OUT_OF_TIME.saturating_mul(self.clock)
    }

    /// Timestamps roll over; so do the ticks of a long silence.
    fn ticks(&self, time: Duration) -> u32 {
        (time.as_micros() * u128::from(self.clock) / 1_000_000) as u32
    }
}

impl Offsets {
    /// Where a number is, when so many may be skipped.
    fn placement(&self, sequence: u64, gaps: u64) -> Placement {
        let ahead = sequence.wrapping_sub(self.highest).cast_signed();
        match u64::try_from(ahead) {
            Ok(ahead @ 1..) if ahead - 1 <= gaps => Placement::Ahead,
            Ok(1..) => Placement::Elsewhere,
            Ok(0) => Placement::Late,
            Err(_) if ahead >= -TOO_LATE => Placement::Late,
            Err(_) => Placement::Elsewhere,
        }
    }

    /// Goes on to a number ahead, and returns how many may be skipped from now on. Packets in between may come late; they keep
    /// the offsets of now.
    fn advance(&mut self, sequence: u64, gaps: u64) -> u64 {
        let ahead = sequence.wrapping_sub(self.highest);
        for behind in (0..ahead.min(WINDOW)).rev() {
            let number = sequence.wrapping_sub(behind);
            self.recent[(number % WINDOW) as usize] =
                Some(Recent { number, sequence: self.sequence, picture: self.picture });
        }
        self.highest = sequence;
        gaps.saturating_sub(ahead.saturating_sub(1)).saturating_add(1).min(WINDOW - 1)
    }

    fn recent_of(&self, sequence: u64) -> Option<Recent> {
        let is_of_source = sequence.wrapping_sub(self.first).cast_signed() >= 0;
        self.recent[(sequence % WINDOW) as usize].filter(|recent| recent.number == sequence && is_of_source)
    }

    fn apply(&self, incoming: Incoming, sequence: u64, picture: u16) -> Outgoing {
        Outgoing {
            sequence: incoming.sequence.wrapping_add(sequence),
            time: incoming.time.wrapping_add(self.time),
            picture: incoming.picture.wrapping_add(picture) & PICTURE_ID_MASK,
            tl0: incoming.tl0.wrapping_add(self.tl0),
        }
    }

    fn forgotten(mut self) -> Box<[Option<Recent>; WINDOW as usize]> {
        self.recent.fill(None);
        self.recent
    }
}

/// How far apart two timestamps are, the shorter way round.
fn distance(one: u32, other: u32) -> u32 {
    one.wrapping_sub(other).cast_signed().unsigned_abs()
}

/// From one picture's number to another's, the shorter way round.
fn picture_step(from: u16, to: u16) -> i16 {
    (to.wrapping_sub(from) << 1).cast_signed() >> 1
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
        assert!(rewriter.leave_out(now, incoming(11, 3_000, 11)));
        assert!(rewriter.leave_out(now, incoming(12, 3_000, 11)), "the second packet of the same picture");
        let next = rewriter.map(now, incoming(13, 6_000, 12)).unwrap();
        assert_eq!((next.sequence, next.picture), (first.sequence + 1, first.picture + 1));
        assert!(!rewriter.leave_out(now, incoming(11, 3_000, 11)), "its place is gone");
    }

    #[test]
    fn a_packet_that_comes_after_the_gap_was_closed_has_its_old_place() {
        let now = crate::a_moment();
        let mut rewriter = Rewriter::new(90_000);
        rewriter.switch(now, incoming(10, 0, 10));
        let first = rewriter.map(now, incoming(10, 0, 10)).unwrap();
        let third = rewriter.map(now, incoming(12, 0, 12)).unwrap();
        assert!(rewriter.leave_out(now, incoming(13, 0, 13)));
        let fifth = rewriter.map(now, incoming(14, 0, 14)).unwrap();
        let second = rewriter.map(now, incoming(11, 0, 11)).unwrap();
        let numbers = [first, second, third, fifth].map(|outgoing| outgoing.sequence - first.sequence);
        assert_eq!(numbers, [0, 1, 2, 3]);
    }

    /// What a receiver of SRTP does (RFC 3711 §3.3.1): it sees sixteen bits of each number.
    #[derive(Default)]
    struct Receiver {
        highest: Option<u64>,
    }

    impl Receiver {
        /// Whether a packet's index is guessed right, without which it cannot be opened.
        fn opens(&mut self, sealed: u64) -> bool {
            let Some(highest) = self.highest else {
                self.highest = Some(sealed);
                return true;
            };
            let step = (sealed as u16).wrapping_sub(highest as u16).cast_signed();
            let guessed = highest.wrapping_add_signed(i64::from(step));
            if guessed == sealed {
                self.highest = Some(highest.max(sealed));
            }
            guessed == sealed
        }
    }

    /// Sends what a liar's numbers become and then what another says over a line that loses one of `loses`; returns how many
    /// of the other's hundred packets a receiver opens.
    fn heard_after(numbers: impl IntoIterator<Item = u64>, loses: usize) -> usize {
        let now = crate::a_moment();
        let mut rewriter = Rewriter::new(48_000);
        let mut receiver = Receiver::default();
        rewriter.switch(now, incoming(1, 0, 0));
        let mut count = 0;
        let mut comes = |outgoing: Outgoing| {
            count += 1;
            count % loses != 0 && receiver.opens(outgoing.sequence)
        };
        assert!(comes(rewriter.map(now, incoming(1, 0, 0)).unwrap()));
        for number in numbers {
            if let Some(outgoing) = rewriter.map(now, incoming(number, 0, 0)) {
                comes(outgoing);
            }
        }
        rewriter.switch(now, incoming(7_000, 0, 0));
        let after = (0..100).filter_map(|next| rewriter.map(now, incoming(7_000 + next, 0, 0)));
        after.filter(|outgoing| comes(*outgoing)).count()
    }

    #[test]
    fn whatever_numbers_somebody_sends_the_next_in_their_place_is_heard() {
        let far = [u64::MAX, u64::MAX - 1, 0, 65_535, 32_768, 1 << 48, 1 << 63, (1 << 63) + 1, 2, 3];
        assert_eq!(heard_after(far, 1_000_000), 100);
        for step in [100, 127, 128, 129, 1_000, 30_000, 32_767, 32_768, 65_535, 1 << 32] {
            let heard = heard_after((1..=5_000).map(|jump: u64| jump * step), 20);
            assert!((95..=96).contains(&heard), "steps of {step}: {heard} of 100 with a loss of 5 %");
        }
    }

    #[test]
    fn what_was_lost_on_the_way_is_missing_and_what_never_was_is_not() {
        let now = crate::a_moment();
        let mut rewriter = Rewriter::new(90_000);
        rewriter.switch(now, incoming(1, 0, 0));
        let mut number =
            |sequence| rewriter.map(now, incoming(sequence, 0, 0)).map(|outgoing| outgoing.sequence);
        assert_eq!(
            [1, 2, 12, 7].map(&mut number),
            [1, 2, 12, 7].map(Some),
            "ten are missing, and one comes late"
        );
        assert_eq!(number(30_012), Some(14), "as if one were missing");
        assert_eq!(number(30_013), Some(15));
        assert_eq!(number(27_014), None, "far too late");
        assert_eq!(number(13), Some(17), "further behind than anything is late: numbers that began anew");
    }

    #[test]
    fn numbers_skipped_are_never_many_more_than_packets() {
        let now = crate::a_moment();
        let mut rewriter = Rewriter::new(90_000);
        rewriter.switch(now, incoming(1, 0, 0));
        let sent = 10_000;
        let last = (0..sent).filter_map(|jump| rewriter.map(now, incoming(1 + jump * 100, 0, 0))).last();
        assert!(last.unwrap().sequence <= 2 * sent + WINDOW);
    }

    #[test]
    fn times_and_pictures_that_jump_leave_the_next_source_in_order() {
        let start = crate::a_moment();
        let mut rewriter = Rewriter::new(90_000);
        rewriter.switch(start, incoming(1, 0, 0));
        let mut newest = rewriter.map(start, incoming(1, 0, 0)).unwrap();
        let first = newest;
        for jump in 1..500_u32 {
            let lie = incoming(
                1 + u64::from(jump),
                jump.wrapping_mul(0x6f12_3457),
                jump.wrapping_mul(0x3a31) as u16,
            );
            let outgoing = rewriter.map(start, lie).unwrap();
            if outgoing.time.wrapping_sub(newest.time).cast_signed() > 0 {
                newest.time = outgoing.time;
            }
            if picture_step(newest.picture, outgoing.picture) > 0 {
                newest.picture = outgoing.picture;
            }
        }
        assert!(newest.time.wrapping_sub(first.time) < 90_000 * 1_000, "it has not rolled over");
        rewriter.switch(start, incoming(9, 77, 5));
        let next = rewriter.map(start, incoming(9, 77, 5)).unwrap();
        assert!(next.time.wrapping_sub(newest.time).cast_signed() > 0);
        assert!(picture_step(newest.picture, next.picture) > 0);
    }

    #[test]
    fn a_silence_of_an_hour_is_no_jump() {
        let start = crate::a_moment();
        let mut rewriter = Rewriter::new(48_000);
        rewriter.switch(start, incoming(1, 500, 0));
        let first = rewriter.map(start, incoming(1, 500, 0)).unwrap();
        let hour = Duration::from_secs(3_600);
        let next = rewriter.map(start + hour, incoming(2, 500 + 48_000 * 3_600, 0)).unwrap();
        assert_eq!(next.time.wrapping_sub(first.time), 48_000 * 3_600);
    }

    #[test]
    fn a_window_of_packets_too_late_is_dropped() {
        let now = crate::a_moment();
        let mut rewriter = Rewriter::new(90_000);
        rewriter.switch(now, incoming(1, 0, 0));
        for sequence in [1, 2].into_iter().chain(3..=2 + WINDOW) {
            assert!(rewriter.map(now, incoming(sequence, 0, 0)).is_some());
        }
        assert_eq!(rewriter.map(now, incoming(2, 0, 0)), None);
    }
}
