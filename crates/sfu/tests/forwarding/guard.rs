//! A panic on somebody's behalf costs them their link, and nobody else anything.

use std::time::Duration;

use sfu::{Event, Input};
use testkit::media::World;

/// Long enough for a keyframe, which the others ask for when their slots are put together anew.
const SOON: Duration = Duration::from_secs(1);

#[test]
fn who_makes_the_unit_panic_is_gone_and_everybody_else_goes_on() {
    let mut world = World::meeting(4, 300);
    world.run(Duration::from_secs(3));
    for left in [3, 2] {
        world.sfu.panic_soon();
        world.run(SOON);
        let closed = |number: u8, world: &mut World| world.client(number).events.contains(&Event::Closed);
        let there: Vec<_> = (1..=4).filter(|number| !closed(*number, &mut world)).collect();
        assert_eq!(there.len(), left, "one is told that their link is over");
        assert_eq!(world.sfu.len(), left);
        let slots = |number: u8, world: &mut World| -> Vec<u64> {
            world.client(number).video.iter().map(|heard| heard.frames).collect()
        };
        for number in there {
            let before = slots(number, &mut world);
            let sound =
                world.client(number).audio.iter().map(|heard| heard.from.values().sum::<u64>()).sum::<u64>();
            world.run(SOON);
            let after = slots(number, &mut world);
            let flows = before.iter().zip(&after).filter(|(before, after)| *after > &(*before + 20)).count();
            assert_eq!(flows, left - 1, "{number} sees all others: {before:?}, {after:?}");
            let now =
                world.client(number).audio.iter().map(|heard| heard.from.values().sum::<u64>()).sum::<u64>();
            assert!(now > sound + 20, "{number} hears the others");
        }
    }
    assert_eq!(world.sfu.counters().panics, 2);
}

#[test]
fn who_says_more_than_can_be_read_loses_their_link_at_once() {
    let mut world = World::meeting(3, 300);
    world.run(SOON);
    let (who, link) = (world.client(1).who, world.client(1).link());
    world.sfu.handle_input(world.instant(), Input::Overflowed { who, link });
    world.run(SOON);
    assert!(world.client(1).events.contains(&Event::Closed));
    assert_eq!(world.sfu.len(), 2, "nothing of it stays");
}
