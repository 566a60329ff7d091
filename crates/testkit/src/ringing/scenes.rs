//! Worlds in which people do what they are told: two who call each other at once, a line that stalls, a page that is loaded anew, three in one call.

use std::time::Duration;

use protocol::RingId;
use uuid::Uuid;

use super::world::{Act, Event, FIRST_RING, Reaction, RingWorld};
use crate::Seed;

impl RingWorld {
    /// Two people who call each other within 300 ms, and do nothing else.
    pub fn glare(number: u64) -> Self {
        let mut world = Self::empty(Seed::new(number), 2, None);
        world.is_lively = false;
        for person in 0..2 {
            let page = world.open_page(person);
            if world.seed.chance(0.5) {
                world.open_page(person);
            }
            let at = Duration::from_secs(5) + world.seed.millis(0..=300);
            world.events.send_at(at, Event::Act { page, act: Act::Call(1 - person) });
        }
        world
    }

    /// Two people who talk. The line of one of them stalls, and the page closes its socket and opens another.
    pub fn stalling(number: u64) -> Self {
        let (mut world, pages) = Self::talking(number);
        let page = pages[usize::from(world.seed.chance(0.5))];
        let at = Duration::from_secs(10) + world.seed.millis(0..=20_000);
        world.events.send_at(at, Event::Stall { page });
        world
    }

    /// Two people who talk. The page of one or of both is loaded anew within the time that a call waits for that; the server may start anew meanwhile.
    pub fn reloading(number: u64) -> Self {
        let (mut world, pages) = Self::talking(number);
        let first = usize::from(world.seed.chance(0.5));
        for page in [pages[first], pages[1 - first]] {
            let at = Duration::from_secs(10) + world.seed.millis(0..=20_000);
            let takes = world.seed.millis(100..=9_000);
            world.events.send_at(at, Event::Act { page, act: Act::Reload(takes) });
            if world.seed.chance(0.5) {
                break;
            }
        }
        if world.seed.chance(0.3) {
            let at = Duration::from_secs(10) + world.seed.millis(0..=20_000);
            world.events.send_at(at, Event::Restart);
        }
        world
    }

    /// Two people who talk, seven seconds after they have come, and their pages.
    fn talking(number: u64) -> (Self, [usize; 2]) {
        let mut world = Self::empty(Seed::new(number), 2, None);
        world.is_lively = false;
        let pages = [0, 1].map(|person| world.open_page(person));
        let ring = RingId::new(Uuid::from_u128(FIRST_RING + 1));
        let [called, answered] = [5, 7].map(Duration::from_secs);
        world.events.send_at(called, Event::Act { page: pages[0], act: Act::Call(1) });
        let act = Act::React(ring, Reaction::Answer);
        world.events.send_at(answered, Event::Act { page: pages[1], act });
        (world, pages)
    }

    /// Three people who talk: the third was rung into the call of the other two. One after the other hangs up. A line of theirs may stall meanwhile,
    /// or the server start anew.
    pub fn company(number: u64) -> Self {
        let mut world = Self::empty(Seed::new(number), 3, None);
        world.is_lively = false;
        let pages = [0, 1, 2].map(|person| world.open_page(person));
        let [first, second] = [1, 2].map(|number| RingId::new(Uuid::from_u128(FIRST_RING + number)));
        let adds = usize::from(world.seed.chance(0.5));
        let mut leave = pages.to_vec();
        leave.remove(usize::try_from(world.seed.number(0..3)).unwrap_or_default());
        if world.seed.chance(0.5) {
            leave.reverse();
        }
        for (at, page, act) in [
            (5, pages[0], Act::Call(1)),
            (7, pages[1], Act::React(first, Reaction::Answer)),
            (9, pages[adds], Act::Add(2)),
            (11, pages[2], Act::React(second, Reaction::Answer)),
            (50, leave[0], Act::HangUp),
            (90, leave[1], Act::HangUp),
        ] {
            world.events.send_at(Duration::from_secs(at), Event::Act { page, act });
        }
        for from in [12, 52] {
            let at = Duration::from_secs(from) + world.seed.millis(0..=5_000);
            match world.seed.number(0..3) {
                0 => world.events.send_at(at, Event::Restart),
                1 => {
                    let page = pages[usize::try_from(world.seed.number(0..3)).unwrap_or_default()];
                    world.events.send_at(at, Event::Stall { page });
                }
                _ => {}
            }
        }
        world
    }
}
