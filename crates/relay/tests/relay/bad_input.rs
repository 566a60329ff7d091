//! What no honest client sends.

use relay::{Input, Transport};
use stun_types::attribute::{ErrorCode, RawAttribute};
use stun_types::message::{MessageClass, MessageWrite, Method};
use turn_types::attribute::{Lifetime, RequestedTransport};
use turn_types::message::{ALLOCATE, CONNECT, REFRESH};

use crate::support::{Told, World, channel_data};

#[test]
fn a_message_cut_anywhere_is_dropped() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:1");
    let transport = RequestedTransport::new(RequestedTransport::UDP);
    let whole = world.signed(&ada, ALLOCATE, &[&transport, &Lifetime::new(600)]);
    for length in 0..whole.len() {
        world.send(&ada, &whole[..length]);
        assert_eq!(world.told().0, Told::Nothing, "{length}");
    }
    let mut longer = whole.clone();
    longer.extend_from_slice(&[0; 4]);
    world.send(&ada, &longer);
    assert_eq!(world.told().0, Told::Nothing);
    assert_eq!(world.refresh(&mut ada, 600), Told::Yes);
}

#[test]
fn a_message_changed_anywhere_changes_nothing() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:1");
    let whole = world.signed(&ada, REFRESH, &[&Lifetime::new(0)]);
    for index in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[index] ^= 1 << bit;
            world.send(&ada, &changed);
            let (told, _) = world.told();
            assert!(told != Told::Yes || changed[1] == 1, "byte {index}, bit {bit}: {told:?}");
            world.wait(1); // What strangers get is counted.
            assert_eq!(world.sockets.len(), 1, "byte {index}, bit {bit}");
            if world.passed_most_of_its_time() {
                assert_eq!(world.refresh(&mut ada, 600), Told::Yes);
            }
        }
    }
    assert_eq!(world.refresh(&mut ada, 0), Told::Yes);
}

impl World {
    fn passed_most_of_its_time(&self) -> bool {
        self.relay.poll_timeout().is_some_and(|due| due.duration_since(self.now().moment).as_secs() < 120)
    }
}

#[test]
fn what_has_to_be_understood_and_is_not_is_named() {
    let mut world = World::new();
    let mut ada = world.client("ada", "50.0.0.1:1");
    let transport = RequestedTransport::new(RequestedTransport::UDP);
    let unknown = RawAttribute::new(0x7fff.into(), &[1]);
    let told = world.ask(&mut ada, ALLOCATE, &[&transport, &unknown]);
    assert_eq!(told, Told::No(ErrorCode::UNKNOWN_ATTRIBUTE));
    let optional = RawAttribute::new(0xffff.into(), &[1]);
    assert_eq!(world.allocate(&mut ada, &[&optional]), Told::Yes);
    assert_eq!(world.ask(&mut ada, CONNECT, &[]), Told::No(ErrorCode::BAD_REQUEST));
    assert_eq!(world.ask(&mut ada, Method::new(0xabc), &[]), Told::No(ErrorCode::BAD_REQUEST));
}

#[test]
fn answers_and_indications_that_nobody_asked_for_are_dropped() {
    let mut world = World::new();
    let ada = world.allocated("ada", "50.0.0.1:1");
    for class in [MessageClass::Success, MessageClass::Error, MessageClass::Indication] {
        for method in [1, 3, 4, 7, 8, 9] {
            let bytes = world.message(class, Method::new(method), &[]).finish();
            world.send(&ada, &bytes);
            assert_eq!(world.told().0, Told::Nothing);
        }
    }
}

#[test]
fn channel_data_without_a_channel_goes_nowhere() {
    let mut world = World::new();
    let ada = world.allocated("ada", "50.0.0.1:1");
    let stranger = world.client("bob", "50.0.0.2:1");
    world.say(&ada, 0x4000, b"no such channel");
    world.say(&stranger, 0x4000, b"no allocation");
    let mut short = channel_data(0x4000, b"shorter than it says");
    short.pop();
    world.send(&ada, &short);
    world.send(&ada, &[0x40]);
    assert_eq!((world.to_peers.len(), world.to_clients.len()), (0, 0));
}

#[test]
fn a_socket_that_opens_after_its_client_has_gone_is_closed() {
    let mut world = World::new();
    let mut ada = world.client_over(Transport::Tcp, "ada", "50.0.0.1:1");
    world.ask(&mut ada, REFRESH, &[]);
    let transport = RequestedTransport::new(RequestedTransport::UDP);
    let bytes = world.signed(&ada, ALLOCATE, &[&transport]);
    let now = world.now();
    world.relay.handle_input(now, Input::FromClient { flow: ada.flow, bytes: &bytes });
    world.relay.handle_input(now, Input::Closed { flow: ada.flow });
    world.work();
    assert_eq!((world.sockets.len(), world.relay.counters().allocations), (0, 0));
    assert_eq!(world.told().0, Told::Nothing);
}

#[test]
fn on_a_shared_port_the_relay_takes_what_is_its_own() {
    let mut world = World::new();
    let name = stun_types::attribute::Username::new("server:browser").unwrap();
    let for_relay = [
        world.unsigned(Method::new(1), &[]),
        world.unsigned(ALLOCATE, &[]),
        world.message(MessageClass::Indication, turn_types::message::SEND, &[]).finish(),
        channel_data(0x4000, b""),
    ];
    for bytes in for_relay {
        assert!(relay::is_for_relay(&bytes), "{bytes:?}");
        assert!(!relay::is_for_relay(&bytes[..3]) || bytes[0] == 0x40);
    }
    let for_others = [
        world.unsigned(Method::new(1), &[&name]),
        world.message(MessageClass::Success, Method::new(1), &[]).finish(),
        world.message(MessageClass::Error, Method::new(1), &[]).finish(),
        world.message(MessageClass::Indication, Method::new(1), &[]).finish(),
        vec![22; 40],
        vec![0x80; 40],
        vec![0; 40],
        vec![],
    ];
    for bytes in for_others {
        assert!(!relay::is_for_relay(&bytes), "{bytes:?}");
    }
}
