//! Packets in the order in which they were sent, as far as waiting helps.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Packet;

/// How long a missing packet is waited for. What is sent again takes a round trip and what the sender needs to hear of it. Longer delays what is
/// durable; shorter loses frames on bad lines.
pub(crate) const WAIT: Duration = Duration::from_millis(400);

/// For so long a stream that begins waits for packets that were sent before the first that came.
const BEGIN_WAIT: Duration = Duration::from_millis(100);

/// How many packets wait at the most, and of how many bytes: a second of six megabits.
const MOST_PACKETS: usize = 1_024;
const MOST_BYTES: usize = 1 << 20;

/// A number so far from the last begins anew (RFC 3550 appendix A.1, `MAX_DROPOUT`).
const JUMP: u64 = 3_000;

/// A packet that waits.
pub(crate) struct Stored {
    pub(crate) arrival: Duration,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) payload: Vec<u8>,
}

/// What comes next.
pub(crate) enum Released {
    Packet(Stored),
    /// Something is missing here and will not come.
    Gap,
}

#[derive(Default)]
pub(crate) struct JitterBuffer {
    /// The number that is due, once the stream has begun.
    next: Option<u64>,
    waiting: BTreeMap<u64, Stored>,
    bytes: usize,
    /// A gap is due before anything else.
    has_gap: bool,
}

impl JitterBuffer {
    /// Takes a packet. One that comes twice or too late is dropped. True when it is the one that is due, and was not taken: it may be used at once.
    pub(crate) fn insert(&mut self, packet: &Packet<'_>) -> bool {
        let near = self.next.or_else(|| Some(*self.waiting.first_key_value()?.0));
        // Far from zero, so that those before the first have numbers too.
        let mut number = u64::from(packet.sequence) + (1 << 32);
        if let Some(near) = near {
            let ahead = packet.sequence.wrapping_sub(near as u16).cast_signed();
            number = near.saturating_add_signed(i64::from(ahead));
            if number.abs_diff(near) > JUMP {
                self.restart();
            } else if self.next.is_some_and(|next| number < next) {
                return false;
            }
        }
        if Some(number) == self.next && !self.has_gap && !self.waiting.contains_key(&number) {
            self.next = Some(number + 1);
            return true;
        }
        let Packet { arrival, timestamp, marker, payload, .. } = *packet;
        let stored = Stored { arrival, timestamp, marker, payload: payload.to_vec() };
        self.bytes += payload.len();
        if let Some(before) = self.waiting.insert(number, stored) {
            self.bytes -= before.payload.len();
        }
        false
    }

    /// What can go on now.
    pub(crate) fn poll(&mut self, now: Duration) -> Option<Released> {
        if std::mem::take(&mut self.has_gap) {
            return Some(Released::Gap);
        }
        let first = *self.waiting.first_key_value()?.0;
        let is_full = self.waiting.len() > MOST_PACKETS || self.bytes > MOST_BYTES;
        if self.next.is_none() {
            if !is_full && self.poll_timeout().is_none_or(|due| now < due) {
                return None;
            }
            self.next = Some(first);
        }
        if Some(first) != self.next {
            if !is_full && self.poll_timeout().is_none_or(|due| now < due) {
                return None;
            }
            self.next = Some(first);
            return Some(Released::Gap);
        }
        let stored = self.waiting.remove(&first)?;
        self.bytes -= stored.payload.len();
        self.next = Some(first + 1);
        Some(Released::Packet(stored))
    }

    /// Since when something is missing.
    pub(crate) fn missing_since(&self) -> Option<Duration> {
        self.waiting.values().map(|stored| stored.arrival).min()
    }

    /// When what is missing is given up, or the stream begins.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let wait = if self.next.is_some() { WAIT } else { BEGIN_WAIT };
        self.missing_since().map(|since| since + wait)
    }

    fn restart(&mut self) {
        self.waiting.clear();
        (self.bytes, self.next, self.has_gap) = (0, None, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sequence: u16, millis: u64) -> Packet<'static> {
        let arrival = Duration::from_millis(millis);
        Packet {
            arrival,
            ssrc: 1,
            sequence,
            timestamp: u32::from(sequence),
            marker: true,
            payload: &[1; 100],
        }
    }

    /// The numbers that come out, `None` for a gap.
    fn play(packets: &[(u16, u64)], until: u64) -> Vec<Option<u32>> {
        let (mut buffer, mut out) = (JitterBuffer::default(), Vec::new());
        let drain = |buffer: &mut JitterBuffer, out: &mut Vec<Option<u32>>, now| {
            while let Some(released) = buffer.poll(Duration::from_millis(now)) {
                out.push(match released {
                    Released::Packet(stored) => Some(stored.timestamp),
                    Released::Gap => None,
                });
            }
        };
        for &(sequence, millis) in packets {
            if buffer.insert(&packet(sequence, millis)) {
                out.push(Some(u32::from(sequence)));
            }
            drain(&mut buffer, &mut out, millis);
        }
        drain(&mut buffer, &mut out, until);
        out
    }

    #[test]
    fn packets_that_overtook_each_other_are_in_order_again_also_where_numbers_wrap() {
        let out =
            play(&[(0, 10), (65_534, 20), (65_535, 30), (2, 130), (2, 135), (1, 140), (65_535, 150)], 160);
        assert_eq!(out, [65_534, 65_535, 0, 1, 2].map(Some));
    }

    #[test]
    fn what_is_missing_is_given_up_after_a_while_and_is_then_too_late() {
        let packets = [(10, 0), (12, 110), (13, 120)];
        assert_eq!(play(&packets, 509), [Some(10)]);
        assert_eq!(play(&packets, 510), [Some(10), None, Some(12), Some(13)]);
        let late = play(&[(10, 0), (12, 110), (13, 600), (11, 610)], 1_000);
        assert_eq!(late, [Some(10), None, Some(12), Some(13)]);
    }

    #[test]
    fn numbers_that_jump_begin_anew() {
        assert_eq!(
            play(&[(10, 0), (11, 100), (30_000, 110), (30_001, 220)], 220),
            [Some(10), Some(11), None, Some(30_000), Some(30_001)]
        );
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let mut buffer = JitterBuffer::default();
        let huge = vec![0; 60_000];
        assert!(!buffer.insert(&packet(0, 0)));
        for number in 0..2_000_u16 {
            buffer.insert(&Packet { payload: &huge, ..packet(2 + number, 1) });
            while buffer.poll(Duration::from_millis(1)).is_some() {}
            assert!(buffer.bytes <= MOST_BYTES + huge.len());
        }
    }
}
