//! What the controller makes of lines that are wide, narrow and lossy.

use rtcp_types::prelude::*;

use super::*;

/// A report on packets from `base` on, as it comes.
fn report(congestion: &mut Congestion, now: Instant, base: u16, time: u32, statuses: &[TwccPacketStatus]) {
    let builder = Twcc::builder(base, time, 0, statuses, None);
    let feedback = rtcp_types::TransportFeedback::builder_owned(builder).sender_ssrc(1).media_ssrc(2);
    let mut bytes = vec![0; feedback.calculate_size().unwrap()];
    feedback.write_into(&mut bytes).unwrap();
    let feedback = rtcp_types::TransportFeedback::parse(&bytes).unwrap();
    congestion.report(now, &feedback.parse_fci::<Twcc<'_>>().unwrap());
}

/// Sends 100 packets of 1,200 bytes a second for so long over a line that carries everything, and reports on them.
fn run(congestion: &mut Congestion, start: Instant, millis: std::ops::Range<u64>) {
    // In quarters of a millisecond; the first from the last full 64 milliseconds.
    let came = |delta| TwccPacketStatus::Received { delta };
    for at in millis.step_by(100) {
        let base = congestion.next_number();
        for packet in 0..10 {
            congestion.sent(start + Duration::from_millis(at + packet * 10), 1_172, false);
        }
        let now = start + Duration::from_millis(at + 100);
        let mut statuses = [came(40); 10];
        statuses[0] = came((at % 64) as i16 * 4);
        report(congestion, now, base, (at / 64) as u32, &statuses);
        congestion.process(now);
    }
}

#[test]
fn the_rate_grows_on_a_line_that_carries_everything() {
    let start = crate::a_moment();
    let mut congestion = Congestion::new(start, 300_000, 20_000_000);
    congestion.connected(start);
    run(&mut congestion, start, 0..20_000);
    assert!(congestion.rate() > 900_000, "{}", congestion.rate());
    assert!(congestion.sent.len() < 20, "what came is not waited for");
}

/// 65,535 packets that never came, over and over.
#[test]
fn a_report_without_end_costs_what_was_sent_and_no_more() {
    let start = crate::a_moment();
    let mut congestion = Congestion::new(start, 300_000, 20_000_000);
    congestion.connected(start);
    for packet in 0..1_000 {
        congestion.sent(start + Duration::from_millis(packet), 1_200, false);
    }
    let now = start + Duration::from_secs(1);
    for _ in 0..1_000 {
        report(&mut congestion, now, 0, 5, &[TwccPacketStatus::NotReceived; 8_000]);
    }
    assert_eq!(congestion.lost.len(), 1_000, "each is lost once");
}

#[test]
fn times_of_reports_go_on_where_their_24_bits_begin_anew() {
    let mut arrivals = Arrivals::default();
    let first = arrivals.reference(0xff_fffe, 5_000_000);
    assert_eq!(first, 5_000_000);
    assert_eq!(arrivals.reference(0x00_0001, 5_200_000), first + 3 * REFERENCE_MICROS);
    let late = arrivals.reference(0xff_ffff, 5_300_000);
    assert_eq!(late, first + REFERENCE_MICROS, "an older one that came late");
    assert_eq!(arrivals.reference(0x12_3456, 5_400_000), 5_400_000, "a clock that jumps is no clock");
}

#[test]
fn a_low_rate_is_doubted_a_few_times_and_then_believed() {
    let start = crate::a_moment();
    let mut congestion = Congestion::new(start, 1_000_000, 20_000_000);
    congestion.connected(start);
    let after = |seconds| start + Duration::from_secs(seconds);
    let mut hear = |second, rate| {
        congestion.rate = rate;
        congestion.doubt(after(second));
        congestion.rate()
    };
    for second in 1..=5 {
        assert_eq!(hear(second, 40_000), DOUBTED_BELOW);
        assert_eq!(hear(second, 40_000), 40_000, "once a second");
    }
    assert_eq!(hear(6, 40_000), 40_000, "it is narrow");
    assert_eq!(hear(20, 900_000), 900_000);
    assert_eq!(hear(21, 40_000), DOUBTED_BELOW, "and was wide again");
}

#[test]
fn a_probe_that_is_held_up_is_given_up() {
    let start = crate::a_moment();
    let mut congestion = Congestion::new(start, 1_000_000, 20_000_000);
    congestion.connected(start);
    assert!(congestion.wants_padding(start), "the first probe");
    congestion.sent(start, 200, false);
    assert!(!congestion.wants_padding(start), "not all at once");
    let due = congestion.due().unwrap();
    assert!(congestion.wants_padding(due));
    assert!(!congestion.wants_padding(due + HELD_UP + Duration::from_millis(1)));
    assert_eq!(congestion.due(), None);
}

#[test]
fn more_is_tried_when_more_is_wanted_and_rarely_where_it_was_in_vain() {
    let start = crate::a_moment();
    let mut congestion = Congestion::new(start, 1_000_000, 20_000_000);
    let after = |seconds| start + Duration::from_secs(seconds);
    congestion.set_demand(after(20), false, 5_000_000);
    congestion.process(after(20));
    assert_eq!(congestion.due(), None, "nothing more is wanted");
    congestion.set_demand(after(21), true, 5_000_000);
    congestion.process(after(21));
    assert!(congestion.due().is_some());
    congestion.probes.clear();
    congestion.process(after(23));
    assert_eq!(congestion.due(), None, "only just tried");
    congestion.process(after(26));
    assert!(congestion.due().is_some());
}
