//! No nonce is used for two contents: neither by what is handed on, sent again or filled with padding, nor by what the transport seals itself.

use std::time::Duration;

use testkit::media::{Line, Nonces, World};

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

#[test]
fn no_nonce_is_used_for_two_contents_whatever_is_lost_and_whoever_moves() {
    let mut world = World::new();
    world.nonces = Some(Nonces::default());
    for number in 1..=4 {
        world.join(number, 3);
    }
    world.lines.insert(0, Line { loses_one_of: Some(10), ..Line::default() });
    world.lines.insert(1, Line { rate: Some(1_000_000), burst: 16_000, ..Line::default() });
    for (round, order) in [[2_u8, 3, 4], [4, 2, 3], [3, 4, 2]].into_iter().enumerate() {
        world.watch(1, &order, 300 + 200 * round as u16);
        for number in 2..=4 {
            let others: Vec<_> = (1..=4).filter(|other| *other != number).collect();
            world.watch(number, &others, 300);
        }
        world.run(seconds(4));
    }
    world.client(1).move_to("10.9.0.1:6000".parse().unwrap());
    world.wake(1);
    world.run(seconds(4));
    let counters = world.sfu.counters();
    let nonces = world.nonces.as_ref().unwrap();
    let (media, reports) = nonces.counts();
    println!("{media} packets and {reports} reports, {} sent again", counters.packets_retransmitted);
    assert!(
        media > 5_000 && reports > 50 && counters.packets_retransmitted > 100,
        "{media} {reports} {counters:?}"
    );
    assert!(nonces.reused.is_empty(), "{} of {media}: {:?}", nonces.reused.len(), nonces.reused.first());
}
