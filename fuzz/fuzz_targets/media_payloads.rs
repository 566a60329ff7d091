//! Whatever somebody in a call sends as a packet that is authentic, others go on seeing each other.

#![no_main]

use std::cell::RefCell;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use testkit::media::World;

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(begin());
}

fn begin() -> World {
    let mut world = World::meeting(3, 150);
    world.run(Duration::from_secs(3));
    world.client(3).sends_video = false;
    world
}

fuzz_target!(|data: &[u8]| WORLD.with_borrow_mut(|world| play(world, data)));

fn play(world: &mut World, data: &[u8]) {
    if data.len() > 1_150 {
        return; // No datagram holds more.
    }
    world.client(3).odd_payload = Some(data.to_vec());
    // The first slot of client 2 shows client 1.
    let seen = |world: &mut World| world.client(2).video[0].frames;
    let before = seen(world);
    world.run(Duration::from_millis(200));
    assert!(seen(world) > before, "an honest picture has stopped");
    if world.now > Duration::from_secs(600) {
        *world = begin();
    }
}
