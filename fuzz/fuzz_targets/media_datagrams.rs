//! Whatever comes to the media port, from strangers or from the addresses of people in a call, others go on seeing each other.

#![no_main]

use std::cell::RefCell;
use std::net::SocketAddr;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use testkit::media::World;

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(begin());
}

fn begin() -> World {
    let mut world = World::meeting(3, 150);
    world.run(Duration::from_secs(3));
    world
}

fuzz_target!(|data: &[u8]| WORLD.with_borrow_mut(|world| play(world, data)));

fn play(world: &mut World, data: &[u8]) {
    let mut rest = data;
    // A byte for the sender, one for the length, then the datagram.
    while let [from, length, others @ ..] = rest {
        let (datagram, others) = others.split_at((usize::from(*length) * 8).min(others.len()));
        let source = match from % 4 {
            // Client 3 is the one who may be harmed by what comes from its address.
            0 => world.client(3).address,
            number => SocketAddr::from(([203, 0, 113, number], u16::from(*from) + 1_000)),
        };
        world.datagram(source, datagram);
        rest = others;
    }
    // The first slot of client 1 shows client 2.
    let before = world.client(1).video[0].frames;
    world.run(Duration::from_millis(200));
    let after = world.client(1).video[0].frames;
    assert!(after > before, "an honest picture has stopped");
    assert_eq!(world.sfu.counters().panics, 0);
    if world.now > Duration::from_secs(600) {
        *world = begin();
    }
}
