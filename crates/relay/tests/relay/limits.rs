//! How much one participant, one address and everybody may have, and how little strangers.

use relay::{Limits, PeerRules};
use stun_types::attribute::ErrorCode;
use stun_types::message::{Message, Method};
use turn_types::attribute::{EvenPort, RequestedTransport, ReservationToken};
use turn_types::message::ALLOCATE;

use crate::support::{Told, World};

const PEER: &str = "1.1.1.1:7000";

#[test]
fn a_participant_has_so_many_allocations_whatever_their_credentials_say() {
    let mut world = World::with(Limits { per_user: 2, ..Limits::default() }, PeerRules::default());
    let mut first = world.allocated("ada", "50.0.0.1:1");
    world.wait(1); // Credentials of another second are another name.
    world.allocated("ada", "50.0.0.1:2");
    let mut third = world.client("ada", "50.0.0.9:3");
    assert_eq!(world.allocate(&mut third, &[]), Told::No(ErrorCode::ALLOCATION_QUOTA_REACHED));
    world.allocated("bob", "50.0.0.1:4");
    assert_eq!(world.refresh(&mut first, 0), Told::Yes);
    assert_eq!(world.allocate(&mut third, &[]), Told::Yes);
    assert_eq!(world.relay.counters().over_quota, 1);
}

#[test]
fn an_address_and_the_whole_relay_have_so_many() {
    let limits = Limits { per_address: 2, allocations: 3, ..Limits::default() };
    let mut world = World::with(limits, PeerRules::default());
    world.allocated("a", "[2a00:1:2:3::1]:1");
    world.allocated("b", "[2a00:1:2:3::2]:1");
    let mut third = world.client("c", "[2a00:1:2:3:4::3]:1");
    assert_eq!(world.allocate(&mut third, &[]), Told::No(ErrorCode::ALLOCATION_QUOTA_REACHED));
    world.allocated("d", "[2a00:1:2:4::1]:1");
    let mut full = world.client("e", "50.0.0.1:1");
    assert_eq!(world.allocate(&mut full, &[]), Told::No(ErrorCode::INSUFFICIENT_CAPACITY));
    world.wait(601);
    let mut full = world.client("e", "50.0.0.1:1");
    assert_eq!(world.allocate(&mut full, &[]), Told::Yes, "they have all expired");
}

#[test]
fn a_socket_that_was_reserved_elsewhere_counts_where_it_is_taken() {
    let mut world = World::with(Limits { per_address: 2, ..Limits::default() }, PeerRules::default());
    world.allocated("bob", "50.0.0.1:1");
    let mut full = world.allocated("cyd", "50.0.0.1:2");
    let mut ada = world.client("ada", "50.0.0.2:1");
    let transport = RequestedTransport::new(RequestedTransport::UDP);
    let (told, answer) = world.ask_for_answer(&mut ada, ALLOCATE, &[&transport, &EvenPort::new(true)]);
    assert_eq!(told, Told::Yes);
    let token = Message::from_bytes(&answer).unwrap().attribute::<ReservationToken>().unwrap().token();
    let token = ReservationToken::new(token);
    let mut there = world.client("ada", "50.0.0.1:3");
    assert_eq!(world.allocate(&mut there, &[&token]), Told::No(ErrorCode::ALLOCATION_QUOTA_REACHED));
    assert_eq!(world.refresh(&mut full, 0), Told::Yes);
    assert_eq!(world.allocate(&mut there, &[&token]), Told::Yes, "it is still reserved");
    assert_eq!(world.sockets.len(), 3);
}

#[test]
fn an_allocation_carries_so_much_and_the_rest_is_lost() {
    let limits = Limits { bytes_per_second: 10_000, ..Limits::default() };
    let mut world = World::with(limits, PeerRules::default());
    let mut ada = world.allocated("ada", "50.0.0.1:1");
    let relayed = world.relayed();
    assert_eq!(world.bind(&mut ada, 0x4000, PEER), Told::Yes);
    let mut bob = world.allocated("bob", "50.0.0.2:1");
    assert_eq!(world.bind(&mut bob, 0x4000, PEER), Told::Yes);
    for _ in 0..100 {
        world.say(&ada, 0x4000, &[0; 472]);
        world.send_from_peer(PEER, relayed, &[0; 472]);
    }
    assert_eq!(world.to_peers.len() + world.to_clients.len(), 20, "both ways together");
    assert_eq!(world.relay.counters().over_rate, 180);
    world.say(&bob, 0x4000, &[0; 472]);
    assert_eq!(world.to_peers.len(), 11, "others are not touched");
    world.wait(1);
    world.say(&ada, 0x4000, &[0; 472]);
    assert_eq!(world.to_peers.len(), 12);
}

#[test]
fn all_allocations_of_a_participant_carry_so_much_together() {
    let limits = Limits { user_bytes_per_second: 10_000, ..Limits::default() };
    let mut world = World::with(limits, PeerRules::default());
    let mut of_ada: Vec<_> =
        (1..=4).map(|port| world.allocated("ada", &format!("50.0.0.1:{port}"))).collect();
    let mut bob = world.allocated("bob", "50.0.0.1:9");
    for client in of_ada.iter_mut().chain([&mut bob]) {
        assert_eq!(world.bind(client, 0x4000, PEER), Told::Yes);
    }
    let relayed: Vec<_> = world.sockets.values().copied().collect();
    for ada in &of_ada {
        for _ in 0..10 {
            world.say(ada, 0x4000, &[0; 472]);
        }
    }
    assert_eq!(world.heard_by_peers().len(), 20, "however many there are");
    assert_eq!(world.relay.counters().over_rate_of_user, 20);
    assert_eq!(world.relay.counters().over_rate, 0);

    for address in relayed {
        world.send_from_peer(PEER, address, b"hello");
    }
    assert_eq!(world.to_clients.drain(..).count(), 1, "what is for Bob, who has used nothing");
    world.say(&bob, 0x4000, &[0; 472]);
    assert_eq!(world.heard_by_peers().len(), 1, "others are not touched");

    // Whoever gives everything back and takes it anew has not more for it.
    for ada in &mut of_ada {
        assert_eq!(world.refresh(ada, 0), Told::Yes);
    }
    let mut anew = world.allocated("ada", "50.0.0.1:5");
    assert_eq!(world.bind(&mut anew, 0x4000, PEER), Told::Yes);
    world.say(&anew, 0x4000, &[0; 472]);
    assert_eq!(world.heard_by_peers().len(), 0);
    world.wait(1);
    world.say(&anew, 0x4000, &[0; 472]);
    assert_eq!(world.heard_by_peers().len(), 1);
}

#[test]
fn peers_and_channels_are_not_without_number() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:1");
    for number in 0..128 {
        assert_eq!(world.bind(&mut ada, 0x4000 + number, &format!("1.1.1.{number}:9")), Told::Yes);
    }
    assert_eq!(world.bind(&mut ada, 0x4fff, "1.1.2.1:9"), Told::No(ErrorCode::INSUFFICIENT_CAPACITY));
    assert_eq!(world.permit(&mut ada, "1.1.2.1:9"), Told::No(ErrorCode::INSUFFICIENT_CAPACITY));
    world.wait(301);
    assert_eq!(world.permit(&mut ada, "1.1.2.1:9"), Told::Yes);
}

#[test]
fn strangers_get_so_many_answers_and_those_who_prove_themselves_all() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "60.0.0.1:1");
    let victim = world.client("nobody", "50.0.0.1:53");
    let transport = RequestedTransport::new(RequestedTransport::UDP);
    let (mut asked, mut answered) = (0, 0);
    for _ in 0..10_000 {
        for bytes in [world.unsigned(ALLOCATE, &[&transport]), world.unsigned(Method::new(1), &[])] {
            asked += bytes.len();
            world.send(&victim, &bytes);
        }
        answered += world.to_clients.drain(..).map(|(_, bytes)| bytes.len()).sum::<usize>();
    }
    assert!((8_192..=16_384).contains(&answered), "{answered} bytes for {asked}");
    assert!(world.relay.counters().withheld > 19_000);
    assert_eq!(world.refresh(&mut ada, 600), Told::Yes);
    world.allocated("cyd", "50.0.0.2:1");
    world.wait(8);
    world.allocated("dan", "50.0.0.1:99");
}

/// 509 questions in a school's name, of twenty bytes each, used to keep all of it from the relay; and a trickle after them did.
#[test]
fn who_asks_in_somebodys_name_where_they_are_keeps_nobody_there_from_the_relay() {
    let mut world = World::new();
    let victim = world.client("nobody", "50.0.0.1:53");
    let bytes = world.unsigned(Method::new(1), &[]);
    for second in 0..10 {
        for _ in 0..1_000 {
            world.send(&victim, &bytes);
        }
        world.to_clients.clear();
        for pupil in 0..5 {
            world.allocated(
                &format!("pupil {second} {pupil}"),
                &format!("50.0.0.1:{}", 1_000 + second * 10 + pupil),
            );
        }
        world.wait(1);
    }
}

#[test]
fn many_strangers_are_forgotten_in_time() {
    let mut world = World::new();
    let bytes = world.unsigned(Method::new(1), &[]);
    for number in 0..20_500_u32 {
        let mut stranger = world.client("nobody", "50.0.0.1:53");
        stranger.flow.client.set_ip(std::net::Ipv4Addr::from(0x3200_0000 + number).into());
        world.send(&stranger, &bytes);
    }
    assert_eq!(world.to_clients.drain(..).count(), 20_000);
    world.wait(10);
    world.allocated("ada", "60.0.0.1:1");
}
