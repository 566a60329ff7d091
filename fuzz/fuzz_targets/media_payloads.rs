//! Whatever somebody in a call sends as a packet that is authentic, others go on seeing each other.

#![no_main]

use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use testkit::media::World;

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| Mutex::new(begin()));

fn begin() -> World {
    let mut world = World::meeting(3, 150);
    world.run(Duration::from_secs(3));
    world.client(3).sends_video = false;
    world
}

fuzz_target!(|data: &[u8]| {
    if data.len() > 1_150 {
        return; // No datagram holds more.
    }
    let mut world = WORLD.lock().unwrap();
    world.client(3).odd_payload = Some(data.to_vec());
    // The first slot of client 2 shows client 1.
    let seen = |world: &mut World| world.client(2).video[0].frames;
    let before = seen(&mut world);
    world.run(Duration::from_millis(200));
    assert!(seen(&mut world) > before, "an honest picture has stopped");
    if world.now > Duration::from_secs(600) {
        *world = begin();
    }
});
