//! What one peer's line carries: Google's congestion control (draft-ietf-rmcat-gcc-02, with the estimators of libwebrtc), fed
//! with what is sent and with the peer's reports of what came (draft-holmer-rmcat-transport-wide-cc-extensions-01).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use goog_cc::network_control::{NetworkControllerConfig, NetworkControllerInterface};
use goog_cc::transport::{
    NetworkAvailability, NetworkControlUpdate, NetworkRouteChange, PacedPacketInfo, PacketResult,
    ProbeClusterConfig, ProcessInterval, SentPacket, StreamsConfig, TargetRateConstraints,
    TransportPacketsFeedback,
};
use goog_cc::units::{DataRate, DataSize, TimeDelta, Timestamp};
use goog_cc::{GoogCcConfig, GoogCcNetworkController};
use rtcp_types::{Twcc, TwccPacketStatus};

use self::losses::Losses;
use self::stalls::Stalls;
use crate::counters::Reported;

mod losses;
mod stalls;

/// The controller's clock at its beginning, so that no moment is before its zero.
const EPOCH_MICROS: i64 = 1_000_000_000;

/// What the network adds to each datagram, in bytes: IPv4 and UDP.
const NETWORK_HEADERS: usize = 28;

/// A packet of which no report came for so long is not waited for.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3);

/// A probe that could not be sent for so long is left out.
const PROBE_WITHIN: Duration = Duration::from_secs(1);

/// A probe that is behind its time by so much is given up. A machine that is busy holds all of them up a little.
const HELD_UP: Duration = Duration::from_millis(500);

/// Packets that one report may be about: more than are sent in the time that they are waited for.
const STATUSES: usize = 8_192;

/// The unit of the time in reports' heads, and of those in their bodies, in microseconds.
const REFERENCE_MICROS: i64 = 64_000;
const DELTA_MICROS: i64 = 250;

/// Over how long, and how many packets, the rate of what came is measured: some pictures. The estimator walks all of them for
/// each packet.
const THROUGHPUT_OVER: TimeDelta = TimeDelta::from_millis(500);
const THROUGHPUT_PACKETS: usize = 200;

/// A line that loses one packet in ten by nature, as a weak radio does, is to carry pictures still: what is lost is sent again. With
/// this much, in bits per second, it is allowed 5 Mbit/s, and one that loses two in ten 1.7.
const LOSS_BALANCE: DataRate = DataRate::from_kilobits_per_sec(250);

/// How long probes are at least. Lines let bursts of some ten kilobytes pass at once (token buckets), from which a shorter
/// one would learn nothing.
const PROBE_FOR: TimeDelta = TimeDelta::from_millis(100);

/// The first probe, in rates of the beginning. Those that follow are twice what was found.
const FIRST_PROBE: f64 = 2.0;

/// How often it is tried whether the line carries more, when more is wanted: the controller grows by itself by a twelfth a
/// second, which takes a minute from the smallest picture to the largest, and tries only where less is sent than allowed.
const TRY_EVERY: Duration = Duration::from_secs(4);

/// How often where tries have failed: each can cost a moment of the pictures that there are.
const TRY_AT_LEAST_EVERY: Duration = Duration::from_secs(8);

/// How soon after a try that has raised the rate.
const TRY_AGAIN: Duration = Duration::from_millis(600);

/// A rate that fell so soon after a try was raised in vain.
const IN_VAIN: Duration = Duration::from_secs(5);

/// What is tried, in percent of the rate of now and of what is wanted at the most, and what counts as raised.
const TRY_PERCENT: u64 = 160;
const TRY_AT_MOST_PERCENT: u64 = 130;
const RAISED_PERCENT: u64 = 115;

/// How long a try lasts, and how many packets it has at least.
const TRY_FOR: TimeDelta = TimeDelta::from_millis(200);
const TRY_PACKETS: i32 = 8;

/// Numbers of tries; those of the controller begin at one.
const FIRST_TRY: i32 = 1 << 24;

/// What the shortest way there and back is taken for, in microseconds.
const SHORTEST_MICROS: i64 = 100;

/// How far a peer's clock may get ahead of ours or behind, in microseconds, before it is compared anew.
const CLOCKS_APART_MICROS: i64 = 30_000_000;

/// Below this, in bits per second, a rate is doubted at first. The controller takes delays for congestion, also those of a browser
/// whose processor is busy for some seconds, as when a call moves; it then falls to next to nothing.
const DOUBTED_BELOW: u64 = 250_000;

/// How often that is done in a row. A line that is narrow is believed to be so after as many times.
const DOUBTS: u8 = 5;

/// How long after a doubt the next one may come.
const DOUBT_EVERY: Duration = Duration::from_secs(1);

/// After so long without a low rate everything is as at the beginning.
const CALM: Duration = Duration::from_secs(10);

/// After so long without reports the controller is not asked: it would take the silence for the line's, and a peer that gets no
/// processor is silent too. A line that is gone is for the checks of the path to find out.
const SILENT_AFTER: Duration = Duration::from_millis(500);

/// How long it is believed that a peer reads no more than it did.
const READS_FOR: Duration = Duration::from_secs(4);

/// The demand for more is told to the controller in steps of so many bits per second: each change is a reason to probe.
const DEMAND_STEP: u64 = 250_000;

/// The control of one peer's downlink.
pub(super) struct Congestion {
    control: GoogCcNetworkController,
    began: Instant,
    /// The number of the next packet, over all streams.
    next: u64,
    /// Packets of which no report came, the oldest first; their numbers have no gaps.
    sent: VecDeque<Sent>,
    in_flight: i64,
    arrivals: Arrivals,
    /// Packets reported lost by reports that named no other.
    lost: Vec<PacketResult>,
    /// What was reported, for whoever counts it.
    reported: Reported,
    probes: VecDeque<Probe>,
    /// In bits per second, like the next two.
    rate: u64,
    initial: u64,
    max: u64,
    demand: (bool, u64),
    next_try: i32,
    /// When the last try was, and the rate before it.
    tried: Option<(Instant, u64)>,
    /// How long the next try waits when the last has not raised the rate.
    patience: Duration,
    /// When the rate fell.
    fell: Option<Instant>,
    /// How often in a row a low rate was doubted, and when last.
    doubts: u8,
    doubted: Option<Instant>,
    stalls: Stalls,
    losses: Losses,
    /// When the last report came.
    heard: Option<Instant>,
    /// What the peer reads of what its line carries, in bits per second, and when that was known.
    reads: Option<(u64, Instant)>,
}

struct Sent {
    packet: SentPacket,
    at: Instant,
    has_come: bool,
    is_told_lost: bool,
}

/// The peer's clock, as its reports tell it.
#[derive(Default)]
struct Arrivals {
    /// The reference time of the last report, and what it is on the controller's clock, in microseconds.
    last: Option<(u32, i64)>,
}

/// Padding that finds out what the line carries.
struct Probe {
    info: PacedPacketInfo,
    /// In bits per second.
    rate: i64,
    asked: Instant,
    began: Option<Instant>,
    packets: i64,
}

impl Congestion {
    /// Begins at `initial`, and never allows more than `max`; both in bits per second.
    pub(super) fn new(now: Instant, initial: u64, max: u64) -> Self {
        let at_time = Timestamp::from_micros(EPOCH_MICROS);
        let constraints = TargetRateConstraints {
            at_time,
            min_data_rate: None,
            max_data_rate: Some(bits(max)),
            starting_rate: Some(bits(initial.min(max))),
        };
        let stream_based_config = StreamsConfig { at_time, ..StreamsConfig::default() };
        let mut config = NetworkControllerConfig {
            constraints,
            stream_based_config,
            ..NetworkControllerConfig::default()
        };
        let throughput = &mut config.field_trials.robust_throughput_estimator_settings;
        throughput.window_duration = THROUGHPUT_OVER;
        throughput.max_window_packets = THROUGHPUT_PACKETS;
        let loss = &mut config.field_trials.loss_based_bwe_v2;
        loss.instant_upper_bound_bw_balance = LOSS_BALANCE;
        loss.inherent_loss_upper_bound_bw_balance = LOSS_BALANCE;
        // A new beginning begins where it is told to.
        config.field_trials.safe_reset_on_route_change.enabled = false;
        let probing = &mut config.field_trials.probing_configuration;
        probing.min_probe_duration = PROBE_FOR;
        (probing.p1, probing.p2) = (FIRST_PROBE, 0.0);
        Self {
            control: GoogCcNetworkController::new(config, GoogCcConfig { feedback_only: true }),
            began: now,
            next: 0,
            sent: VecDeque::new(),
            in_flight: 0,
            arrivals: Arrivals::default(),
            lost: Vec::new(),
            reported: Reported::default(),
            probes: VecDeque::new(),
            rate: initial.min(max),
            initial: initial.min(max),
            max,
            demand: (false, 0),
            next_try: FIRST_TRY,
            tried: None,
            patience: TRY_EVERY,
            fell: None,
            doubts: 0,
            doubted: None,
            stalls: Stalls::default(),
            losses: Losses::new(now),
            heard: None,
            reads: None,
        }
    }

    /// What the line is taken to carry and the peer to read, in bits per second.
    pub(super) fn rate(&self) -> u64 {
        self.reads.map_or(self.rate, |(read, _)| self.rate.min(read))
    }

    /// Whether a little may be sent although it is more than [`Self::rate`].
    pub(super) fn may_exceed_estimate(&self, now: Instant) -> bool {
        self.losses.may_exceed_estimate(now)
    }

    /// The line is there.
    pub(super) fn connected(&mut self, now: Instant) {
        self.process(now);
        let message = NetworkAvailability { at_time: self.time(now), network_available: true };
        let update = self.control.on_network_availability(message);
        self.apply(now, update);
    }

    /// What the application would send, in bits per second, and whether that is more than it is allowed now.
    pub(super) fn set_demand(&mut self, now: Instant, wants_more: bool, desired: u64) {
        let demand = (wants_more, desired.div_ceil(DEMAND_STEP) * DEMAND_STEP);
        if demand == self.demand {
            return;
        }
        self.demand = demand;
        let config = StreamsConfig {
            at_time: self.time(now),
            max_total_allocated_bitrate: Some(bits(demand.1)),
            ..StreamsConfig::default()
        };
        let update = self.control.on_streams_config(config);
        self.apply(now, update);
    }

    /// The packets take another way from now on: what was known of the line is not of this one.
    pub(super) fn path_changed(&mut self, now: Instant) {
        (self.tried, self.patience, self.fell) = (None, TRY_EVERY, None);
        self.begin_anew(now, self.initial);
    }

    fn begin_anew(&mut self, now: Instant, rate: u64) {
        self.probes.clear();
        let constraints = TargetRateConstraints {
            at_time: self.time(now),
            min_data_rate: None,
            max_data_rate: Some(bits(self.max)),
            starting_rate: Some(bits(rate)),
        };
        let message = NetworkRouteChange { at_time: self.time(now), constraints };
        let update = self.control.on_network_route_change(message);
        self.rate = rate;
        self.note_probes(now, update);
    }

    /// Begins anew where a rate that follows from reports is too low to be believed.
    fn doubt(&mut self, now: Instant) {
        let since = |at: Instant| now.saturating_duration_since(at);
        if self.rate >= DOUBTED_BELOW {
            if self.doubted.is_some_and(|at| since(at) >= CALM) {
                (self.doubts, self.doubted) = (0, None);
            }
        } else if self.doubts < DOUBTS && self.doubted.is_none_or(|at| since(at) >= DOUBT_EVERY) {
            self.doubts += 1;
            self.doubted = Some(now);
            self.begin_anew(now, DOUBTED_BELOW.min(self.max));
        }
    }

    /// The peer says what its line carries, and does not say what came.
    pub(super) fn on_remb(&mut self, rate: u64) {
        self.rate = rate.min(self.max);
    }

    /// Lets time pass. To be called a few times a second.
    pub(super) fn process(&mut self, now: Instant) {
        self.reads.take_if(|(_, at)| now.saturating_duration_since(*at) >= READS_FOR);
        let is_silent = |at: Instant| now.saturating_duration_since(at) >= SILENT_AFTER;
        if !self.sent.is_empty() && self.heard.is_some_and(is_silent) {
            return;
        }
        let update =
            self.control.on_process_interval(ProcessInterval { at_time: self.time(now), pacer_queue: None });
        self.apply(now, update);
        self.try_more(now);
    }

    /// The number of the packet that is sent now.
    pub(super) fn next_number(&self) -> u16 {
        self.next as u16
    }

    /// The moment in seconds, of which there are 64, with 18 bits behind the point.
    pub(super) fn send_time(&self, now: Instant) -> [u8; 3] {
        let micros = now.saturating_duration_since(self.began).as_micros() as u64;
        let [.., high, middle, low] = ((micros << 18) / 1_000_000).to_be_bytes();
        [high, middle, low]
    }

    /// A datagram of so many bytes was sent, with the next number.
    pub(super) fn sent(&mut self, now: Instant, bytes: usize, is_audio: bool) {
        self.forget(now);
        let bytes = (bytes + NETWORK_HEADERS) as i64;
        self.in_flight += bytes;
        let mut packet = SentPacket {
            send_time: self.time(now),
            size: DataSize::from_bytes(bytes),
            audio: is_audio,
            sequence_number: self.next as i64,
            data_in_flight: DataSize::from_bytes(self.in_flight),
            ..SentPacket::default()
        };
        if let Some(probe) = self.probes.front_mut().filter(|probe| probe.began.is_some()) {
            packet.pacing_info = probe.info;
            probe.info.probe_cluster_bytes_sent += bytes;
            probe.packets += 1;
        }
        self.next += 1;
        self.sent.push_back(Sent { packet, at: now, has_come: false, is_told_lost: false });
        let update = self.control.on_sent_packet(packet);
        self.apply(now, update);
    }

    /// What was reported since this was asked last.
    pub(super) fn take_reported(&mut self) -> Reported {
        std::mem::take(&mut self.reported)
    }

    /// The peer reports what came.
    pub(super) fn report(&mut self, now: Instant, report: &Twcc<'_>) {
        let mut results = std::mem::take(&mut self.lost);
        let mut arrival = self.arrivals.reference(report.reference_time(), self.time(now).us());
        let mut has_come = false;
        let oldest = self.sent.front().map_or(self.next as i64, |one| one.packet.sequence_number);
        for packet in report.packets().take(STATUSES) {
            let Ok((number, status)) = packet else { break };
            if let TwccPacketStatus::Received { delta } = status {
                arrival += i64::from(delta) * DELTA_MICROS;
            }
            let Some(last) = self.next.checked_sub(1) else { break };
            let sequence = last as i64 - i64::from((last as u16).wrapping_sub(number));
            let index = usize::try_from(sequence - oldest).ok();
            let Some(sent) = index.and_then(|index| self.sent.get_mut(index)).filter(|sent| !sent.has_come)
            else {
                continue;
            };
            let receive_time = match status {
                // Once, however often it is said.
                TwccPacketStatus::NotReceived if sent.is_told_lost => continue,
                TwccPacketStatus::NotReceived => {
                    sent.is_told_lost = true;
                    self.reported.lost += 1;
                    Timestamp::plus_infinity()
                }
                TwccPacketStatus::Received { .. } => {
                    sent.has_come = true;
                    has_come = true;
                    let took = now.saturating_duration_since(sent.at);
                    let shortest = self.reported.round_trip.map_or(took, |known| known.min(took));
                    self.reported.round_trip = Some(shortest);
                    self.in_flight -= sent.packet.size.bytes();
                    Timestamp::from_micros(arrival)
                }
            };
            self.reported.all += 1;
            results.push(PacketResult { sent_packet: sent.packet, receive_time, ..PacketResult::default() });
        }
        self.forget(now);
        if !has_come {
            // The controller wants at least one that came.
            self.lost = results;
            return;
        }
        self.heard = Some(now);
        if let Some(read) = self.stalls.forgive(self.time(now), &mut results) {
            self.reads = Some((read.max(DOUBTED_BELOW), now));
        }
        let lost = results.iter().filter(|one| !one.is_received()).count();
        self.losses.count(now, lost, results.len());
        be_plausible(self.time(now), &mut results);
        let feedback = TransportPacketsFeedback {
            feedback_time: self.time(now),
            data_in_flight: DataSize::from_bytes(self.in_flight),
            packet_feedbacks: results,
            sendless_arrival_times: Vec::new(),
        };
        let update = self.control.on_transport_packets_feedback(feedback);
        self.apply(now, update);
        self.doubt(now);
    }

    /// Whether padding is to be sent now.
    pub(super) fn wants_padding(&mut self, now: Instant) -> bool {
        while let Some(probe) = self.probes.front_mut() {
            let since = now.saturating_duration_since(probe.began.unwrap_or(probe.asked));
            // One that was held up would measure this machine, and not the line.
            let is_late = probe.began.is_some() && now.saturating_duration_since(probe.due()) > HELD_UP;
            if probe.is_done() || is_late || since > PROBE_WITHIN {
                self.probes.pop_front();
                continue;
            }
            probe.began.get_or_insert(now);
            return probe.due() <= now;
        }
        false
    }

    /// When padding is to be sent.
    pub(super) fn due(&self) -> Option<Instant> {
        self.probes.front().map(Probe::due)
    }

    fn apply(&mut self, now: Instant, update: NetworkControlUpdate) {
        if let Some(target) = update.target_rate {
            let rate = u64::try_from(target.target_rate.bps()).unwrap_or_default();
            // A step back of the controller is more than a twentieth; what is less is noise.
            if rate < self.rate - self.rate / 20 {
                self.fell = Some(now);
                if self.tried.is_some_and(|(at, _)| now.saturating_duration_since(at) < IN_VAIN) {
                    self.patience = TRY_AT_LEAST_EVERY.min(self.patience * 2);
                }
            }
            self.rate = rate;
        }
        self.note_probes(now, update);
    }

    fn note_probes(&mut self, now: Instant, update: NetworkControlUpdate) {
        let probes = update.probe_cluster_configs;
        self.probes.extend(probes.into_iter().map(|config| Probe::new(now, &config)));
    }

    /// Tries whether the line carries more, when more is wanted.
    fn try_more(&mut self, now: Instant) {
        let since = |at: Instant| now.saturating_duration_since(at);
        let (wants_more, desired) = self.demand;
        if !wants_more || !self.probes.is_empty() || self.fell.is_some_and(|at| since(at) < TRY_AGAIN) {
            return;
        }
        if let Some((at, before)) = self.tried {
            let was_raised = self.rate >= before * RAISED_PERCENT / 100;
            if since(at) < if was_raised { TRY_AGAIN } else { self.patience } {
                return;
            }
            if was_raised {
                self.patience = TRY_EVERY;
            }
        }
        self.tried = Some((now, self.rate));
        let config = ProbeClusterConfig {
            at_time: self.time(now),
            target_data_rate: bits((self.rate * TRY_PERCENT).min(desired * TRY_AT_MOST_PERCENT) / 100),
            target_duration: TRY_FOR,
            target_probe_count: TRY_PACKETS,
            id: self.next_try,
            ..ProbeClusterConfig::default()
        };
        self.next_try = self.next_try.checked_add(1).unwrap_or(FIRST_TRY);
        self.probes.push_back(Probe::new(now, &config));
    }

    fn forget(&mut self, now: Instant) {
        let is_over = |one: &Sent| one.has_come || now.saturating_duration_since(one.at) > FORGOTTEN_AFTER;
        while let Some(sent) = self.sent.pop_front_if(|one| is_over(one)) {
            if !sent.has_come {
                self.in_flight -= sent.packet.size.bytes();
            }
        }
    }

    fn time(&self, now: Instant) -> Timestamp {
        let elapsed = now.saturating_duration_since(self.began).as_micros() as i64;
        Timestamp::from_micros(EPOCH_MICROS + elapsed)
    }
}

impl Arrivals {
    /// What a reference time of 24 bits is on the controller's clock. The first is taken for the moment it came.
    fn reference(&mut self, reference: u32, now: i64) -> i64 {
        let on_clock = match self.last {
            None => now,
            Some((last, at)) => {
                // The difference of 24 bits, with its sign.
                let ahead = (reference.wrapping_sub(last) << 8).cast_signed() >> 8;
                let on_clock = at + i64::from(ahead) * REFERENCE_MICROS;
                // A clock that was set anew, or is none.
                if (on_clock - now).abs() > CLOCKS_APART_MICROS { now } else { on_clock }
            }
        };
        self.last = Some((reference, on_clock));
        on_clock
    }
}

impl Probe {
    fn new(now: Instant, config: &ProbeClusterConfig) -> Self {
        let bytes = (config.target_data_rate * config.target_duration).bytes();
        let mut info = PacedPacketInfo::new(config.id, i64::from(config.target_probe_count), bytes);
        info.send_bitrate = config.target_data_rate;
        Self { info, rate: config.target_data_rate.bps().max(1), asked: now, began: None, packets: 0 }
    }

    fn is_done(&self) -> bool {
        self.packets >= self.info.probe_cluster_min_probes
            && self.info.probe_cluster_bytes_sent >= self.info.probe_cluster_min_bytes
    }

    fn due(&self) -> Instant {
        let Some(began) = self.began else { return self.asked };
        let micros = self.info.probe_cluster_bytes_sent.saturating_mul(8_000_000) / self.rate;
        began + Duration::from_micros(u64::try_from(micros).unwrap_or_default())
    }
}

/// Nothing arrives before it was sent. Reports that say so would be taken for round trips of less than nothing.
fn be_plausible(now: Timestamp, results: &mut [PacketResult]) {
    let came = results.iter().filter(|one| one.is_received()).map(|one| one.receive_time.us());
    let Some(newest) = came.max() else { return };
    for one in results.iter_mut().filter(|one| one.is_received()) {
        let on_the_way = now.us() - one.sent_packet.send_time.us();
        let earliest = newest - (on_the_way - SHORTEST_MICROS).max(0);
        one.receive_time = Timestamp::from_micros(one.receive_time.us().max(earliest));
    }
}

fn bits(per_second: u64) -> DataRate {
    DataRate::from_bits_per_sec(i64::try_from(per_second).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
