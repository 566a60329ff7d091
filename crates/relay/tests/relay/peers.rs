//! Whom a client reaches, and who reaches it (RFC 8656 §9 to §12).

use std::net::SocketAddr;

use relay::{Limits, LivePorts, PeerRules, Transport};
use stun_types::attribute::ErrorCode;
use stun_types::message::MessageWrite as _;
use stun_types::message::{Message, MessageClass};
use testkit::FORBIDDEN_PEERS;
use turn_types::attribute::{ChannelNumber, Data, DontFragment, Icmp, XorPeerAddress};
use turn_types::message::{CHANNEL_BIND, CREATE_PERMISSION, DATA, SEND};

use crate::support::{SERVER, Told, World, channel_data, own};

const PEER: &str = "1.1.1.1:7000";

#[test]
fn nobody_is_reached_or_heard_without_a_permission() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:4000");
    let relayed = world.relayed();
    world.indicate(&ada, PEER, b"hello");
    world.send_from_peer(PEER, relayed, b"hello");
    assert_eq!((world.to_peers.len(), world.to_clients.len()), (0, 0));

    assert_eq!(world.permit(&mut ada, PEER), Told::Yes);
    world.indicate(&ada, PEER, b"hello");
    assert_eq!(world.to_peers, [(relayed, PEER.parse::<SocketAddr>().unwrap(), b"hello".to_vec())]);
    world.send_from_peer("1.1.1.1:9999", relayed, b"from any port of it");
    let (flow, bytes) = world.to_clients.pop().unwrap();
    let message = Message::from_bytes(&bytes).unwrap();
    assert_eq!((flow, message.class(), message.method()), (ada.flow, MessageClass::Indication, DATA));
    assert_eq!(message.attribute::<Data<'_>>().unwrap().data(), b"from any port of it");
    let peer = message.attribute::<XorPeerAddress>().unwrap().addr(message.transaction_id());
    assert_eq!(peer, "1.1.1.1:9999".parse::<SocketAddr>().unwrap());

    world.send_from_peer("1.1.1.2:7000", relayed, b"from another");
    assert_eq!(world.to_clients.len(), 0);
}

#[test]
fn a_permission_lasts_five_minutes_and_is_not_refreshed_by_use() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:4000");
    let relayed = world.relayed();
    assert_eq!(world.permit(&mut ada, PEER), Told::Yes);
    world.wait(299);
    world.indicate(&ada, PEER, b"1");
    world.send_from_peer(PEER, relayed, b"1");
    assert_eq!((world.to_peers.len(), world.to_clients.len()), (1, 1));
    world.wait(1);
    world.indicate(&ada, PEER, b"2");
    world.send_from_peer(PEER, relayed, b"2");
    assert_eq!((world.to_peers.len(), world.to_clients.len()), (1, 1));
    world.to_clients.clear();
    assert_eq!(world.permit(&mut ada, PEER), Told::Yes);
    world.indicate(&ada, PEER, b"3");
    assert_eq!(world.to_peers.len(), 2);
}

#[test]
fn a_channel_is_short_permits_its_peer_and_lasts_ten_minutes() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:4000");
    let relayed = world.relayed();
    assert_eq!(world.bind(&mut ada, 0x4000, PEER), Told::Yes);
    world.say(&ada, 0x4000, b"hello");
    assert_eq!(world.heard_by_peers(), [b"hello"]);
    world.send_from_peer(PEER, relayed, b"hello back");
    assert_eq!(world.to_clients.pop().unwrap().1, channel_data(0x4000, b"hello back"));
    world.send_from_peer("1.1.1.1:7001", relayed, b"another port");
    assert!(Message::from_bytes(&world.to_clients.pop().unwrap().1).is_ok(), "is no part of the channel");

    world.wait(301);
    world.say(&ada, 0x4000, b"the permission has run out");
    assert_eq!(world.heard_by_peers().len(), 0);
    assert_eq!(world.permit(&mut ada, PEER), Told::Yes);
    world.say(&ada, 0x4000, b"the channel has not");
    assert_eq!(world.heard_by_peers().len(), 1);
    assert_eq!(world.refresh(&mut ada, 600), Told::Yes);
    world.wait(299);
    world.say(&ada, 0x4000, b"now it has");
    world.send_from_peer(PEER, relayed, b"and the other way");
    assert_eq!(world.heard_by_peers().len(), 0);
    assert!(world.to_clients.pop().is_none_or(|(_, bytes)| Message::from_bytes(&bytes).is_ok()));
}

#[test]
fn binding_again_gives_more_time() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:4000");
    for _ in 0..5 {
        assert_eq!(world.bind(&mut ada, 0x4000, PEER), Told::Yes);
        assert_eq!(world.refresh(&mut ada, 600), Told::Yes);
        world.wait(299);
        world.say(&ada, 0x4000, b"still");
        assert_eq!(world.heard_by_peers().len(), 1);
    }
}

#[test]
fn a_number_has_one_peer_and_a_peer_one_number() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:4000");
    assert_eq!(world.bind(&mut ada, 0x4000, PEER), Told::Yes);
    assert_eq!(world.bind(&mut ada, 0x4000, "1.1.1.1:7001"), Told::No(ErrorCode::BAD_REQUEST));
    assert_eq!(world.bind(&mut ada, 0x4001, PEER), Told::No(ErrorCode::BAD_REQUEST));
    assert_eq!(world.bind(&mut ada, 0x4001, "1.1.1.1:7001"), Told::Yes);
    for number in [0x0000, 0x3fff, 0x8000, 0xffff] {
        assert_eq!(
            world.bind(&mut ada, number, "1.1.1.1:7002"),
            Told::No(ErrorCode::BAD_REQUEST),
            "{number:#x}"
        );
    }
    world.wait(599);
    assert_eq!(world.refresh(&mut ada, 600), Told::Yes);
    world.wait(2);
    assert_eq!(world.bind(&mut ada, 0x4000, "1.1.1.1:7001"), Told::Yes, "both are free again");
}

#[test]
fn in_a_stream_channel_data_is_padded() {
    let mut world = World::new();
    let mut ada = world.client_over(Transport::Tls, "ada", "50.0.0.1:4000");
    assert_eq!(world.allocate(&mut ada, &[]), Told::Yes);
    let relayed = world.relayed();
    assert_eq!(world.bind(&mut ada, 0x4000, PEER), Told::Yes);
    world.send_from_peer(PEER, relayed, b"hello");
    let bytes = world.to_clients.pop().unwrap().1;
    assert_eq!(bytes.len(), 12);
    assert_eq!(relay::next_frame(&bytes), Ok(relay::Frame::Whole { message: 9, taken: 12 }));
}

#[test]
fn every_address_of_the_list_is_refused_in_every_way() {
    for address in FORBIDDEN_PEERS {
        let peer = &SocketAddr::new(address.parse().unwrap(), 80).to_string();
        let mut world = World::new();
        let mut ada = world.allocated("ada", "50.0.0.1:4000");
        assert_eq!(world.permit(&mut ada, peer), Told::No(ErrorCode::FORBIDDEN), "{peer}");
        assert_eq!(world.bind(&mut ada, 0x4000, peer), Told::No(ErrorCode::FORBIDDEN), "{peer}");
        world.indicate(&ada, peer, b"hello");
        world.say(&ada, 0x4000, b"hello");
        assert_eq!(world.to_peers.len(), 0, "{peer}");
        assert!(world.relay.counters().forbidden >= 2);
    }
}

#[test]
fn one_forbidden_peer_among_others_permits_none() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:4000");
    let relayed = world.relayed();
    let transaction = world.transaction();
    let kind = stun_types::message::MessageType::from_class_method(MessageClass::Request, CREATE_PERMISSION);
    let mut message = Message::builder(kind, transaction, stun_types::message::MessageWriteVec::new());
    use stun_types::message::MessageWriteExt as _;
    for peer in [PEER, "127.0.0.1:9"] {
        message.add_attribute(&XorPeerAddress::new(peer.parse().unwrap(), transaction)).unwrap();
    }
    crate::support::sign(&mut message, &ada);
    world.send(&ada, &message.finish());
    assert_eq!(world.told().0, Told::No(ErrorCode::FORBIDDEN));
    world.send_from_peer(PEER, relayed, b"hello");
    assert_eq!(world.to_clients.len(), 0);
    assert_eq!(world.permit(&mut ada, PEER), Told::Yes);
}

#[test]
fn our_own_ports_are_closed_but_for_media_and_for_other_clients() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:4000");
    let mut bob = world.allocated("bob", "50.0.0.2:4000");
    let of_bob = world.relayed().to_string();
    let ip = own()[0];
    // A permission is for a whole address; what is sent is checked by port.
    assert_eq!(world.permit(&mut ada, &format!("{ip}:1")), Told::Yes);
    for port in [22, 80, 3000, 5432, 6379] {
        let peer = format!("{ip}:{port}");
        assert_eq!(world.bind(&mut ada, 0x4000, &peer), Told::No(ErrorCode::FORBIDDEN), "{port}");
        world.indicate(&ada, &peer, b"hello");
        assert_eq!(world.heard_by_peers().len(), 0, "{port}");
    }
    world.indicate(&ada, SERVER, b"to the forwarding unit");
    assert_eq!(world.heard_by_peers().len(), 1);
    assert_eq!(world.bind(&mut ada, 0x4000, &of_bob), Told::Yes);
    world.say(&ada, 0x4000, b"to another client of the relay");
    assert_eq!(world.heard_by_peers().len(), 1);
    assert_eq!(world.refresh(&mut bob, 0), Told::Yes);
    world.say(&ada, 0x4000, b"whose port may be anybody's now");
    assert_eq!(world.heard_by_peers().len(), 0);
}

#[test]
fn an_operator_may_open_the_local_network() {
    let rules = PeerRules::new(vec![], vec![], vec!["192.168.0.0/16".parse().unwrap()], vec![]);
    assert!(rules.allows("192.168.1.1:5".parse().unwrap(), &LivePorts::default()));
    let mut world = World::with(Limits::default(), rules);
    let mut ada = world.allocated("ada", "192.168.0.5:4000");
    assert_eq!(world.permit(&mut ada, "192.168.0.6:9"), Told::Yes);
    assert_eq!(world.permit(&mut ada, "127.0.0.1:9"), Told::No(ErrorCode::FORBIDDEN));
}

#[test]
fn a_send_with_what_is_not_understood_goes_nowhere() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:4000");
    assert_eq!(world.permit(&mut ada, PEER), Told::Yes);
    let unknown = stun_types::attribute::RawAttribute::new(0x7abc.into(), &[1, 2, 3, 4]);
    let optional = Icmp::new(3, 1, 0);
    for (extra, arrives) in [
        (&unknown as &dyn stun_types::attribute::AttributeWrite, 0),
        (&optional, 1),
        (&DontFragment::new(), 1),
    ] {
        use stun_types::message::MessageWriteExt as _;
        let transaction = world.transaction();
        let kind = stun_types::message::MessageType::from_class_method(MessageClass::Indication, SEND);
        let mut message = Message::builder(kind, transaction, stun_types::message::MessageWriteVec::new());
        message.add_attribute(&XorPeerAddress::new(PEER.parse().unwrap(), transaction)).unwrap();
        message.add_attribute(&Data::new(b"hello")).unwrap();
        message.add_attribute(extra).unwrap();
        world.send(&ada, &message.finish());
        assert_eq!(world.heard_by_peers().len(), arrives);
    }
    let told = world.ask(&mut ada, CHANNEL_BIND, &[&ChannelNumber::new(0x4000), &unknown]);
    assert_eq!(told, Told::No(ErrorCode::UNKNOWN_ATTRIBUTE));
    assert_eq!(world.ask(&mut ada, CREATE_PERMISSION, &[]), Told::No(ErrorCode::BAD_REQUEST));
}
