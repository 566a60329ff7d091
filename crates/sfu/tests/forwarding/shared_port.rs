//! Shards that share a port: what comes to another shard than the one of the room is passed on to it.

use std::net::SocketAddr;
use std::time::Duration;

use sfu::{Datagram, Input, Output, Sfu, Transport};
use testkit::media::{World, unit_address};

fn stranger() -> SocketAddr {
    SocketAddr::from(([203, 0, 113, 9], 4_444))
}

fn tell(world: &World, shard: &mut Sfu, source: SocketAddr, bytes: &[u8]) -> Vec<Output> {
    let (now, destination) = (world.instant(), unit_address());
    let datagram = Datagram { transport: Transport::Udp, source, destination, came: now, bytes };
    shard.handle_input(now, Input::Datagram(datagram));
    std::iter::from_fn(|| shard.poll_output()).collect()
}

#[test]
fn a_meeting_goes_well_when_everything_comes_to_the_wrong_shard() {
    let mut world = World::new();
    world.neighbour = Some(world.another_shard());
    for number in 1..=3 {
        world.join(number, 2);
    }
    for number in 1..=3 {
        let others: Vec<_> = (1..=3).filter(|other| *other != number).collect();
        world.watch(number, &others, 300);
    }
    world.run(Duration::from_secs(6));
    for client in &world.clients {
        for heard in &client.video {
            assert!(heard.frames > 90, "{} sees {} frames of {:?}", client.number, heard.frames, heard.last);
            assert_eq!((heard.breaks, heard.missing()), (0, 0));
        }
    }
    let neighbour = world.neighbour.as_ref().unwrap().counters();
    assert!(neighbour.datagrams_misrouted > 1_000, "nothing came to the wrong shard");
    assert_eq!(neighbour.datagrams_dropped, 0);
}

#[test]
fn nothing_of_strangers_is_passed_on_and_nothing_of_who_has_gone() {
    let mut world = World::meeting(2, 300);
    world.run(Duration::from_secs(3));
    let mut neighbour = world.another_shard();
    let media = [0x80; 200];
    let address = world.client(1).address;
    assert!(tell(&world, &mut neighbour, stranger(), &media).is_empty());
    let [Output::PassOn(misrouted)] = &*tell(&world, &mut neighbour, address, &media) else {
        panic!("it is of the other shard")
    };
    assert_eq!((misrouted.shard, misrouted.source, &*misrouted.bytes), (0, address, &media[..]));
    world.leave(1);
    assert!(tell(&world, &mut neighbour, address, &media).is_empty());
}
