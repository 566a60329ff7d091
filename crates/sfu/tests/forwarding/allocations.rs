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
        world.watch(number, &[1], 700);
    }
    world.run(Duration::from_secs(8));
    let before = world.sfu.counters().packets_forwarded;
    world.watched = Some((1, |work| allocation_counter::measure(work).count_total));
    world.run(Duration::from_secs(5));
    let forwarded = world.sfu.counters().packets_forwarded - before;
    (world.counted as f64, forwarded as f64)
}

/// What is allocated is for what comes: a packet's payload, and what the transport needs to open it. How many it goes to makes
/// no difference.
#[test]
fn one_more_receiver_costs_no_allocation() {
    let (few, many) = (measure(5), measure(25));
    println!(
        "to 5 receivers: {} allocations for {} forwarded packets; to 25: {} for {}",
        few.0, few.1, many.0, many.1
    );
    assert!(few.1 > 1_000.0 && many.1 > 4.0 * few.1, "there was something to forward");
    let each = (many.0 - few.0) / (many.1 - few.1);
    println!("{each:.4} allocations for each forwarded packet");
    assert!(each.abs() < 0.001, "{each:.4} allocations for each forwarded packet");
}
