//! Sockets of one's own, for a time (RFC 8656 §7, §8).

use relay::{Input, Limits, PeerRules, Transport};
use std::net::SocketAddr;
use stun_types::AddressFamily;
use stun_types::attribute::{ErrorCode, MessageIntegrity, XorMappedAddress};
use stun_types::message::Message;
use turn_types::attribute::{
    AdditionalAddressFamily, DontFragment, EvenPort, Lifetime, RequestedAddressFamily, RequestedTransport,
    ReservationToken,
};
use turn_types::message::{ALLOCATE, REFRESH};

use crate::support::{Told, World, relayed_of};

#[test]
fn an_allocation_says_where_and_for_how_long() {
    let mut world = World::new();
    let mut ada = world.client("ada", "50.0.0.1:4000");
    let transport = RequestedTransport::new(RequestedTransport::UDP);
    let (told, answer) = world.ask_for_answer(&mut ada, ALLOCATE, &[&transport, &Lifetime::new(60)]);
    assert_eq!(told, Told::Yes);
    let message = Message::from_bytes(&answer).unwrap();
    assert_eq!(relayed_of(&answer), "45.0.0.1:50000".parse::<SocketAddr>().unwrap());
    let mapped = message.attribute::<XorMappedAddress>().unwrap().addr(message.transaction_id());
    assert_eq!(mapped, ada.flow.client);
    assert_eq!(message.attribute::<Lifetime>().unwrap().seconds(), 600, "never less than the default");
    assert!(message.attribute::<MessageIntegrity>().is_ok());
    assert_eq!(world.relay.counters().allocations, 1);
}

#[test]
fn an_allocation_that_is_not_refreshed_ends_with_its_socket() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:4000");
    world.wait(599);
    assert_eq!(world.refresh(&mut ada, 600), Told::Yes);
    world.wait(599);
    assert_eq!(world.sockets.len(), 1);
    world.wait(2);
    assert_eq!((world.sockets.len(), world.relay.counters().allocations), (0, 0));
    ada.credentials = world.client("ada", "50.0.0.1:4000").credentials;
    assert_eq!(world.refresh(&mut ada, 600), Told::No(ErrorCode::ALLOCATION_MISMATCH));
}

#[test]
fn a_lifetime_of_zero_ends_it_at_once() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:4000");
    assert_eq!(world.refresh(&mut ada, 0), Told::Yes);
    assert_eq!(world.sockets.len(), 0);
    assert_eq!(world.allocate(&mut ada, &[]), Told::Yes, "and another can be made");
}

#[test]
fn nothing_lasts_longer_than_the_settings_say() {
    let limits = Limits { lifetime: std::time::Duration::from_secs(1_200), ..Limits::default() };
    let mut world = World::with(limits, PeerRules::default());
    let mut ada = world.allocated("ada", "50.0.0.1:4000");
    for (asked, given) in [(1, 600), (700, 700), (86_400, 1_200), (u32::MAX, 1_200)] {
        let (told, answer) = world.ask_for_answer(&mut ada, REFRESH, &[&Lifetime::new(asked)]);
        assert_eq!(told, Told::Yes);
        let message = Message::from_bytes(&answer).unwrap();
        assert_eq!(message.attribute::<Lifetime>().unwrap().seconds(), given, "{asked}");
    }
}

#[test]
fn nothing_lasts_longer_than_a_day() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:4000");
    let mut refreshed = 0;
    while world.refresh(&mut ada, 600) == Told::Yes {
        refreshed += 1;
        world.wait(300);
    }
    assert_eq!(refreshed, 24 * 60 * 60 / 300);
    assert_eq!(world.sockets.len(), 0);
}

#[test]
fn a_lost_answer_is_given_again_and_a_second_allocation_is_not() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:4000");
    let transport = RequestedTransport::new(RequestedTransport::UDP);
    let bytes = world.signed(&ada, ALLOCATE, &[&transport]);
    world.send(&ada, &bytes);
    assert_eq!(world.told().0, Told::No(ErrorCode::ALLOCATION_MISMATCH));
    assert_eq!(world.refresh(&mut ada, 0), Told::Yes);

    world.send(&ada, &bytes);
    let (told, first) = world.told();
    world.wait(1);
    world.send(&ada, &bytes);
    let (again, second) = world.told();
    assert_eq!((told, again), (Told::Yes, Told::Yes));
    assert_eq!(relayed_of(&first), relayed_of(&second));
    assert_eq!(world.sockets.len(), 1);
}

#[test]
fn a_stream_that_ends_takes_its_allocation_along() {
    let mut world = World::new();
    let mut ada = world.client_over(Transport::Tls, "ada", "50.0.0.1:4000");
    assert_eq!(world.allocate(&mut ada, &[]), Told::Yes);
    let now = world.now();
    world.relay.handle_input(now, Input::Closed { flow: ada.flow });
    world.work();
    assert_eq!((world.sockets.len(), world.relay.counters().allocations), (0, 0));
}

#[test]
fn the_same_address_over_another_transport_is_another_client() {
    let mut world = World::new();
    let udp = world.allocated("ada", "50.0.0.1:4000");
    let mut tcp = world.client_over(Transport::Tcp, "ada", "50.0.0.1:4000");
    assert_eq!(world.allocate(&mut tcp, &[]), Told::Yes);
    let now = world.now();
    world.relay.handle_input(now, Input::Closed { flow: tcp.flow });
    world.work();
    assert_eq!(world.relay.counters().allocations, 1);
    drop(udp);
}

#[test]
fn a_client_chooses_the_version_of_ip() {
    let mut world = World::new();
    for (name, family, is_v4) in [("a", AddressFamily::IPV4, true), ("b", AddressFamily::IPV6, false)] {
        let mut client = world.client(name, "50.0.0.1:4000");
        client.flow.client.set_port(if is_v4 { 1 } else { 2 });
        let family = RequestedAddressFamily::new(family);
        assert_eq!(world.allocate(&mut client, &[&family]), Told::Yes);
        assert_eq!(world.relayed().is_ipv4(), is_v4);
        let (own, other) = if is_v4 { ("1.1.1.1:9", "[2606::1]:9") } else { ("[2606::1]:9", "1.1.1.1:9") };
        assert_eq!(world.permit(&mut client, own), Told::Yes);
        assert_eq!(world.permit(&mut client, other), Told::No(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH));
        assert_eq!(world.bind(&mut client, 0x4000, other), Told::No(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH));
        assert_eq!(
            world.ask(
                &mut client,
                REFRESH,
                &[&RequestedAddressFamily::new(if is_v4 {
                    AddressFamily::IPV6
                } else {
                    AddressFamily::IPV4
                })]
            ),
            Told::No(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH)
        );
    }
    world.has_v6 = false;
    let mut cyd = world.client("cyd", "50.0.0.1:3");
    let family = RequestedAddressFamily::new(AddressFamily::IPV6);
    assert_eq!(world.allocate(&mut cyd, &[&family]), Told::No(ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED));
    assert_eq!(world.allocate(&mut cyd, &[]), Told::Yes, "the failure leaves nothing behind");
    let mut dan = world.client("dan", "50.0.0.1:4");
    assert_eq!(world.allocate(&mut dan, &[&AdditionalAddressFamily::new(AddressFamily::IPV6)]), Told::Yes);
    assert!(world.relayed().is_ipv4());
}

#[test]
fn an_even_port_and_the_next_one_for_the_same_participant() {
    let mut world = World::new();
    world.allocated("zoe", "50.0.0.9:1");
    let mut ada = world.client("ada", "50.0.0.1:4000");
    let transport = RequestedTransport::new(RequestedTransport::UDP);
    let (told, answer) = world.ask_for_answer(&mut ada, ALLOCATE, &[&transport, &EvenPort::new(true)]);
    assert_eq!(told, Told::Yes);
    let even = relayed_of(&answer);
    assert_eq!(even.port() % 2, 0);
    let token = Message::from_bytes(&answer).unwrap().attribute::<ReservationToken>().unwrap().token();

    let mut bob = world.client("bob", "50.0.0.2:4000");
    assert_eq!(
        world.allocate(&mut bob, &[&ReservationToken::new(token)]),
        Told::No(ErrorCode::INSUFFICIENT_CAPACITY)
    );
    let mut other = world.client("ada", "50.0.0.1:4001");
    let token = ReservationToken::new(token);
    assert_eq!(
        world.allocate(&mut other, &[&token, &EvenPort::new(false)]),
        Told::No(ErrorCode::BAD_REQUEST)
    );
    let (told, answer) = world.ask_for_answer(&mut other, ALLOCATE, &[&transport, &token]);
    assert_eq!((told, relayed_of(&answer).port()), (Told::Yes, even.port() + 1));
    let mut third = world.client("ada", "50.0.0.1:4002");
    assert_eq!(world.allocate(&mut third, &[&token]), Told::No(ErrorCode::INSUFFICIENT_CAPACITY), "used up");

    assert_eq!(world.allocate(&mut third, &[&EvenPort::new(true)]), Told::Yes);
    assert_eq!(world.sockets.len(), 5);
    world.wait(31);
    assert_eq!(world.sockets.len(), 4, "nobody came for the second one");
}

#[test]
fn sockets_that_run_out_are_an_answer_and_nothing_is_kept() {
    let mut world = World::new();
    world.sockets_left = 0;
    let mut ada = world.client("ada", "50.0.0.1:4000");
    assert_eq!(world.allocate(&mut ada, &[]), Told::No(ErrorCode::INSUFFICIENT_CAPACITY));
    assert_eq!(world.allocate(&mut ada, &[&EvenPort::new(true)]), Told::No(ErrorCode::INSUFFICIENT_CAPACITY));
    assert_eq!(world.relay.counters().allocations, 0);
    world.sockets_left = 1;
    assert_eq!(world.allocate(&mut ada, &[&DontFragment::new()]), Told::Yes);
}

#[test]
fn only_udp_is_relayed() {
    let mut world = World::new();
    let mut ada = world.client_over(Transport::Tcp, "ada", "50.0.0.1:4000");
    let tcp = RequestedTransport::new(RequestedTransport::TCP);
    assert_eq!(world.ask(&mut ada, ALLOCATE, &[&tcp]), Told::No(ErrorCode::UNSUPPORTED_TRANSPORT_PROTOCOL));
    assert_eq!(world.ask(&mut ada, ALLOCATE, &[]), Told::No(ErrorCode::BAD_REQUEST));
}
