//! Whatever somebody offers to the forwarding unit, and whatever candidates they name, others go on seeing each other.

#![no_main]

use std::cell::RefCell;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use protocol::{IceCandidate, LinkId, Sdp, SectionMap, Signal, SignalNumber, Source};
use sfu::Input;
use testkit::media::{World, who};

thread_local! {
    static WORLD: RefCell<(World, u32)> = RefCell::new((begin(), 0));
}

fn begin() -> World {
    let mut world = World::meeting(2, 150);
    world.run(Duration::from_secs(3));
    world
}

fuzz_target!(|data: &[u8]| WORLD.with_borrow_mut(|world| play(world, data)));

fn play((world, links): &mut (World, u32), data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    *links += 1;
    let link = LinkId(*links);
    // Descriptions and candidates, one after another on the same link.
    for (number, part) in text.split('\u{1}').enumerate().take(8) {
        let signal = match part.strip_prefix("candidate:") {
            Some(_) => Signal::Candidate {
                candidate: IceCandidate {
                    candidate: part.to_owned(),
                    sdp_mid: None,
                    sdp_m_line_index: None,
                    username_fragment: None,
                },
            },
            None => {
                let Ok(sdp) = Sdp::new(part.to_owned()) else { return };
                let named = Source::ALL.into_iter().enumerate().map(|(at, source)| (at.to_string(), source));
                let sections = SectionMap::new(named.collect()).expect("each source is there once");
                Signal::Offer { sdp, sections }
            }
        };
        let number = SignalNumber(number as u32);
        world.sfu.handle_input(world.instant(), Input::Signal { who: who(9), link, number, signal });
        world.read_unit();
    }
    let before = world.client(1).video[0].frames;
    world.run(Duration::from_millis(200));
    assert!(world.client(1).video[0].frames > before, "an honest picture has stopped");
    if world.now > Duration::from_secs(600) {
        *world = begin();
    }
}
