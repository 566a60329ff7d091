//! The last packets of one stream, to send them again when the peer has missed them (RFC 4585 §6.2.1, RFC 4588).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Packet;

/// How long a packet is kept: what comes later than a second is of no use to a call.
const KEPT_FOR: Duration = Duration::from_secs(1);

/// Packets kept at the most.
const MOST: usize = 1_024;

/// How often one packet is sent again. What is lost so often is made up for by a keyframe.
const REPEATS: u8 = 5;

/// Two requests for the same packet within this time are one: the second overtook the first retransmission.
const REPEAT_AFTER: Duration = Duration::from_millis(20);

/// A packet that has not come from its sender when those behind it have for so long will not come.
const COMES_WITHIN: Duration = Duration::from_millis(300);

/// Packets in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct RtxCache {
    sent: VecDeque<Sent>,
    /// The highest number that was ever here.
    newest: Option<u64>,
}

#[derive(Debug)]
struct Sent {
    packet: Packet,
    at: Instant,
    repeats: u8,
    repeated: Option<Instant>,
}

impl RtxCache {
    pub(super) fn push(&mut self, now: Instant, packet: Packet) {
        self.forget(now);
        if self.sent.len() >= MOST {
            self.sent.pop_front();
        }
        self.newest = self.newest.max(Some(packet.sequence));
        let sent = Sent { packet, at: now, repeats: 0, repeated: None };
        match self.sent.back() {
            Some(last) if last.packet.sequence > sent.packet.sequence => {
                let index = self.sent.partition_point(|one| one.packet.sequence < sent.packet.sequence);
                self.sent.insert(index, sent);
            }
            Some(_) | None => self.sent.push_back(sent),
        }
    }

    /// Drops what is too old to be sent again.
    pub(super) fn forget(&mut self, now: Instant) {
        let is_old = |sent: &mut Sent| now.saturating_duration_since(sent.at) > KEPT_FOR;
        while self.sent.pop_front_if(is_old).is_some() {}
    }

    /// The whole number of a packet that went out, or should have, and will not again.
    pub(super) fn gone(&self, now: Instant, sequence: u16) -> Option<u64> {
        let newest = self.newest?;
        let wanted = newest.checked_sub(u64::from((newest as u16).wrapping_sub(sequence)))?;
        let index = self.sent.partition_point(|one| one.packet.sequence < wanted);
        let is_gone = self.sent.get(index).is_none_or(|found| {
            let is_it = found.packet.sequence == wanted;
            let is_late = now.saturating_duration_since(found.at) >= COMES_WITHIN;
            if is_it { found.repeats >= REPEATS } else { index == 0 || is_late }
        });
        is_gone.then_some(wanted)
    }

    /// The packet with this number, if it is still here and may be sent again now.
    pub(super) fn again(&mut self, now: Instant, sequence: u16) -> Option<&Packet> {
        let last = self.sent.back()?.packet.sequence;
        let behind = (last as u16).wrapping_sub(sequence);
        let wanted = last.checked_sub(u64::from(behind))?;
        let index = self.sent.partition_point(|one| one.packet.sequence < wanted);
        let sent = self.sent.get_mut(index).filter(|one| one.packet.sequence == wanted)?;
        let is_too_soon = sent.repeated.is_some_and(|at| now.saturating_duration_since(at) < REPEAT_AFTER);
        if is_too_soon || sent.repeats >= REPEATS {
            return None;
        }
        sent.repeats += 1;
        sent.repeated = Some(now);
        Some(&sent.packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress::StreamKey;

    fn packet(sequence: u64) -> Packet {
        Packet {
            stream: StreamKey(0),
            sequence,
            time: 0,
            payload_type: 96,
            rtx_payload_type: Some(97),
            marker: false,
            audio_level: None,
            orientation: None,
            payload: [].into(),
            patch: None,
        }
    }

    #[test]
    fn a_packet_is_found_by_its_short_number_also_when_it_came_late() {
        let now = crate::a_moment();
        let mut rtx_cache = RtxCache::default();
        for sequence in [65_533, 65_534, 65_537, 65_536, 65_538] {
            rtx_cache.push(now, packet(sequence));
        }
        let mut again = |sequence| rtx_cache.again(now, sequence).map(|packet| packet.sequence);
        assert_eq!(again(65_534), Some(65_534));
        assert_eq!(again(0), Some(65_536));
        assert_eq!(again(65_535), None, "it never came");
        assert_eq!(again(3), None, "it is still to come");
    }

    #[test]
    fn a_packet_is_sent_again_a_few_times_and_not_at_once() {
        let start = crate::a_moment();
        let mut rtx_cache = RtxCache::default();
        rtx_cache.push(start, packet(7));
        let after = |millis| start + Duration::from_millis(millis);
        assert!(rtx_cache.again(after(10), 7).is_some());
        assert!(rtx_cache.again(after(15), 7).is_none(), "the first one is on its way");
        let times = (1..100).filter(|round| rtx_cache.again(after(10 + round * 50), 7).is_some()).count();
        assert_eq!(times, usize::from(REPEATS) - 1);
    }

    #[test]
    fn what_cannot_be_sent_again_is_told() {
        let start = crate::a_moment();
        let after = |millis| start + Duration::from_millis(millis);
        let mut rtx_cache = RtxCache::default();
        assert_eq!(rtx_cache.gone(start, 7), None, "nothing went");
        for (millis, sequence) in [(0, 65_534), (900, 65_537), (900, 65_539)] {
            rtx_cache.push(after(millis), packet(sequence));
        }
        assert_eq!(rtx_cache.gone(after(950), 1), None, "it is here");
        assert_eq!(rtx_cache.gone(after(950), 2), None, "it may still come");
        assert_eq!(rtx_cache.gone(after(1_250), 2), Some(65_538));
        assert_eq!(rtx_cache.gone(after(950), 65_534), None);
        rtx_cache.forget(after(1_100));
        assert_eq!(rtx_cache.gone(after(1_100), 65_534), Some(65_534));
        rtx_cache.forget(after(5_000));
        assert_eq!(rtx_cache.gone(after(5_000), 3), Some(65_539));
    }

    #[test]
    fn old_packets_are_forgotten() {
        let start = crate::a_moment();
        let mut rtx_cache = RtxCache::default();
        rtx_cache.push(start, packet(1));
        rtx_cache.push(start + Duration::from_millis(1_500), packet(2));
        assert!(rtx_cache.again(start + Duration::from_millis(1_500), 1).is_none());
        for sequence in 3..10_000 {
            rtx_cache.push(start + Duration::from_millis(1_500), packet(sequence));
        }
        assert_eq!(rtx_cache.sent.len(), MOST);
    }
}
