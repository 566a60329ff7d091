//! What reports say of the peer's machine and not of its line. A browser that gets no processor reads its socket late and all at
//! once: its reports then tell of delays and losses that no line has made, and the controller would take them for congestion.
//!
//! A line that is full delivers steadily and later and later. What comes after a silence, in one run, and faster than any line
//! that is full, has waited to be read; also what comes behind it sooner and sooner. So it is taken for what came in time, and
//! what is missing from that time for what a socket had no room for: that says how much the peer reads, and not that a line loses.

use goog_cc::transport::PacketResult;
use goog_cc::units::Timestamp;

/// Packets that came after a silence as long as this had to wait; in microseconds like all that follow. Radios make shorter ones.
const SILENCE: i64 = 60_000;

/// Packets come in one run when no more lies between them: 1,100 bytes in this time are 1.8 Mbit/s.
const RUN: i64 = 5_000;

/// How many packets make a run.
const RUN_PACKETS: usize = 3;

/// How long after a run others may come that have waited with it, and how much longer each may have waited.
const DRAINS_FOR: i64 = 500_000;
const DRAINS_WITHIN: i64 = 10_000;

/// Over how long the shortest way is looked for: clocks drift.
const SHORTEST_OVER: i64 = 10_000_000;

/// The peer's reading.
#[derive(Debug, Default)]
pub(super) struct Stalls {
    /// When the newest packet came.
    last: Option<i64>,
    /// What lies at the least between sending and arrival, by two clocks: in this window and the one before.
    shortest: [Option<i64>; 2],
    window: i64,
    drained: Option<Drained>,
}

/// The end of a stall.
#[derive(Clone, Copy, Debug)]
struct Drained {
    at: i64,
    wait: i64,
}

impl Stalls {
    /// Takes what has waited to be read for what came in time, and leaves out what was lost meanwhile. Returns how much the peer
    /// reads, in bits per second, when it was less than was sent.
    pub(super) fn forgive(&mut self, now: Timestamp, results: &mut Vec<PacketResult>) -> Option<u64> {
        self.begin_window(now.us());
        let mut order: Vec<_> = (0..results.len()).filter(|index| results[*index].is_received()).collect();
        order.sort_by_key(|index| results[*index].receive_time.us());
        for index in &order {
            let way = results[*index].receive_time.us() - results[*index].sent_packet.send_time.us();
            self.shortest[0] = Some(self.shortest[0].map_or(way, |shortest| shortest.min(way)));
        }
        let shortest = self.shortest.iter().flatten().min().copied()?;
        let mut rest = order.as_slice();
        let mut stalled = Vec::new();
        while let Some(first) = rest.first() {
            let arrival = |index: &usize| results[*index].receive_time.us();
            let length =
                1 + rest.windows(2).take_while(|two| arrival(&two[1]) - arrival(&two[0]) <= RUN).count();
            let (run, others) = rest.split_at(length);
            rest = others;
            let begins = arrival(first);
            let ends = run.last().map_or(begins, arrival);
            let wait = |index: &usize| arrival(index) - results[*index].sent_packet.send_time.us() - shortest;
            let longest = run.iter().map(wait).max().unwrap_or_default();
            let silent_from = self.last.unwrap_or(begins);
            let was_stalled =
                run.len() >= RUN_PACKETS && begins - silent_from >= SILENCE && longest >= SILENCE;
            let is_drained = self.drained.is_some_and(|drained| {
                begins - drained.at <= DRAINS_FOR && longest <= drained.wait + DRAINS_WITHIN
            });
            if was_stalled {
                let bytes: i64 = run.iter().map(|index| results[*index].sent_packet.size.bytes()).sum();
                let read = bytes.saturating_mul(8_000_000) / (ends - silent_from).max(1);
                stalled.push((silent_from - shortest, ends - shortest, read));
                self.drained = Some(Drained { at: ends, wait: longest });
            } else if is_drained {
                self.drained = self.drained.map(|drained| Drained { wait: longest, ..drained });
            }
            if was_stalled || is_drained {
                for index in run {
                    let result = &mut results[*index];
                    let in_time = result.sent_packet.send_time.us() + shortest;
                    result.receive_time = Timestamp::from_micros(in_time.min(result.receive_time.us()));
                }
            }
            self.last = Some(silent_from.max(ends));
        }
        let mut reads: Option<i64> = None;
        results.retain(|one| {
            let sent = one.sent_packet.send_time.us();
            let during =
                stalled.iter().find(|(from, to, _)| !one.is_received() && (*from..=*to).contains(&sent));
            if let Some((_, _, read)) = during {
                reads = Some(reads.map_or(*read, |least| least.min(*read)));
            }
            during.is_none()
        });
        reads.map(i64::unsigned_abs)
    }

    fn begin_window(&mut self, now: i64) {
        if now - self.window >= SHORTEST_OVER {
            self.window = now;
            self.shortest = [None, self.shortest[0]];
        }
    }
}

#[cfg(test)]
mod tests {
    use goog_cc::transport::SentPacket;
    use goog_cc::units::DataSize;

    use super::*;

    const MILLIS: i64 = 1_000;

    /// A packet that was sent and came at these milliseconds.
    fn packet(sent: i64, came: Option<i64>) -> PacketResult {
        let sent_packet = SentPacket {
            send_time: Timestamp::from_micros(sent * MILLIS),
            size: DataSize::from_bytes(1_000),
            ..SentPacket::default()
        };
        let receive_time =
            came.map_or(Timestamp::plus_infinity(), |came| Timestamp::from_micros(came * MILLIS));
        PacketResult { sent_packet, receive_time, ..PacketResult::default() }
    }

    fn waits(results: &[PacketResult]) -> Vec<i64> {
        let wait = |one: &PacketResult| (one.receive_time.us() - one.sent_packet.send_time.us()) / MILLIS;
        results.iter().filter(|one| one.is_received()).map(wait).collect()
    }

    #[test]
    fn what_waited_to_be_read_came_in_time_and_what_a_socket_dropped_was_not_lost() {
        let mut stalls = Stalls::default();
        let mut before: Vec<_> = (0..10).map(|n| packet(n * 10, Some(n * 10 + 5))).collect();
        stalls.forgive(Timestamp::from_micros(100 * MILLIS), &mut before);
        let mut late: Vec<_> = (10..60).map(|n| packet(n * 10, (n < 40).then_some(700 + n / 20))).collect();
        // Thirty packets of a thousand bytes in six tenths of a second.
        let reads = stalls.forgive(Timestamp::from_micros(710 * MILLIS), &mut late);
        assert_eq!(reads.map(|reads| reads / 10_000), Some(39));
        assert_eq!(waits(&late), [5; 30]);
        assert!(late.iter().all(PacketResult::is_received));
        // What is read after that, in its order, has waited with it.
        let mut behind = vec![packet(600, Some(720)), packet(610, Some(724)), packet(720, Some(725))];
        stalls.forgive(Timestamp::from_micros(730 * MILLIS), &mut behind);
        assert_eq!(waits(&behind), [5; 3]);
    }

    #[test]
    fn a_line_that_is_full_is_not_forgiven() {
        let mut stalls = Stalls::default();
        let mut before: Vec<_> = (0..10).map(|n| packet(n * 10, Some(n * 10 + 5))).collect();
        stalls.forgive(Timestamp::from_micros(100 * MILLIS), &mut before);
        // Each takes twenty milliseconds, and every third is lost.
        let mut full: Vec<_> = (10..60).map(|n| packet(n * 10, (n % 3 > 0).then_some(n * 20 - 90))).collect();
        let all = full.clone();
        assert_eq!(stalls.forgive(Timestamp::from_micros(1_200 * MILLIS), &mut full), None);
        assert_eq!(waits(&full), waits(&all));
        assert_eq!(full.len(), all.len());
    }
}
