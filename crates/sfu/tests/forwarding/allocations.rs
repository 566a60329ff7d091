//! What a forwarded packet costs in allocations, once everything runs.

use std::time::Duration;

use testkit::media::World;

/// Allocations for what one sender sends in five seconds, and how often its packets were handed on.
fn measure(receivers: u8) -> (f64, f64) {
    let mut world = World::new();
    for number in 1..=receivers + 1 {
        world.join(number, 1);
        world.client(number).sends_video = number == 1;
        world.client(number).loudness = (number == 1).then_some(-30);
        world.wish(number, &[1], 700);
    }
    world.run(Duration::from_secs(8));
    let before = world.sfu.counters().packets_forwarded;
    world.watched = Some((1, |work| allocation_counter::measure(work).count_total));
    world.run(Duration::from_secs(5));
    let forwarded = world.sfu.counters().packets_forwarded - before;
    (world.counted as f64, forwarded as f64)
}

/// The one is the buffer into which str0m encrypts each packet (`SrtpContext::protect_rtp`); there is none of ours.
#[test]
fn one_more_receiver_costs_no_allocation_of_ours() {
    let (few, many) = (measure(5), measure(25));
    let each = (many.0 - few.0) / (many.1 - few.1);
    println!("{each:.3} allocations for each forwarded packet");
    // Beside it there are the reports that are due now and then (RFC 3550 §6.4).
    assert!(each < 1.1, "{each:.3} allocations for each forwarded packet");
}
