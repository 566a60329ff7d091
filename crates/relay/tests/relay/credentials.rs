//! Who may ask (RFC 8489 §9.2), and what strangers get.

use std::net::SocketAddr;
use stun_types::attribute::{
    ErrorCode, Fingerprint, MessageIntegrity, Nonce, Realm, Software, XorMappedAddress,
};
use stun_types::message::{Message, MessageClass, MessageWrite, MessageWriteExt, Method};
use stun_types::prelude::AttributeStaticType as _;
use turn_types::attribute::{Lifetime, RequestedTransport};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH};

use crate::support::{BEGINNING, REALM, Told, World, sign, sign_with};

const BINDING: Method = Method::new(1);

fn udp() -> RequestedTransport {
    RequestedTransport::new(RequestedTransport::UDP)
}

#[test]
fn everybody_learns_their_address() {
    let mut world = World::new();
    for address in ["50.0.0.1:4000", "[2a00:1::1]:4000"] {
        let ada = world.client("ada", address);
        let bytes = world.unsigned(BINDING, &[&Software::new("a browser").unwrap()]);
        world.send(&ada, &bytes);
        let (told, answer) = world.told();
        let message = Message::from_bytes(&answer).unwrap();
        let mapped = message.attribute::<XorMappedAddress>().unwrap().addr(message.transaction_id());
        assert_eq!((told, mapped), (Told::Yes, address.parse::<SocketAddr>().unwrap()));
    }
}

#[test]
fn who_asks_for_an_address_knows_the_answer_again() {
    let mut world = World::new();
    let ada = world.client("ada", "50.0.0.1:4000");
    world.send(&ada, &relay::binding_request(7));
    let answer = world.told().1;
    assert_eq!(relay::mapped_address(7, &answer), Some(ada.flow.client));
    assert_eq!(relay::mapped_address(8, &answer), None, "the answer to another question");
    assert_eq!(relay::mapped_address(7, &relay::binding_request(7)), None, "a question");
    for length in 0..answer.len() {
        assert_eq!(relay::mapped_address(7, &answer[..length]), None);
    }
}

#[test]
fn strangers_are_asked_who_they_are_in_few_bytes() {
    let mut world = World::new();
    let ada = world.client("ada", "50.0.0.1:4000");
    for method in [ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND] {
        let bytes = world.unsigned(method, &[&udp()]);
        world.send(&ada, &bytes);
        let (told, answer) = world.told();
        assert_eq!(told, Told::No(ErrorCode::UNAUTHORIZED));
        let message = Message::from_bytes(&answer).unwrap();
        assert_eq!(message.attribute::<Realm>().unwrap().realm(), REALM);
        assert!(!message.has_attribute(MessageIntegrity::TYPE));
        assert!(answer.len() <= 2 * bytes.len() + 8, "{} for {}", answer.len(), bytes.len());
    }
}

#[test]
fn an_answer_to_wrong_credentials_is_no_longer_than_the_request() {
    let mut world = World::new();
    let mut ada = world.client("ada", "50.0.0.1:4000");
    world.allocate(&mut ada, &[]);
    let mut message = world.message(MessageClass::Request, ALLOCATE, &[&udp()]);
    sign_with(&mut message, &ada, REALM, "wrong");
    let bytes = message.finish();
    world.send(&ada, &bytes);
    let (told, answer) = world.told();
    assert_eq!(told, Told::No(ErrorCode::UNAUTHORIZED));
    assert!(answer.len() <= bytes.len(), "{} for {}", answer.len(), bytes.len());
}

#[test]
fn wrong_expired_and_foreign_credentials_open_nothing() {
    let mut world = World::new();
    let mut ada = world.client("ada", "50.0.0.1:4000");
    world.ask(&mut ada, REFRESH, &[]);

    let mut wrong = ada.clone();
    wrong.credentials.password.push('x');
    let mut expired = ada.clone();
    expired.credentials = world.secret.credentials(world.now().unix, "ada");
    let mut foreign = ada.clone();
    foreign.credentials =
        relay::Secret::new(b"another server".to_vec()).credentials(world.now().unix + 600, "ada");
    let mut longer = ada.clone();
    longer.credentials.username = longer.credentials.username.replacen('1', "2", 1);
    let mut nameless = ada.clone();
    nameless.credentials.username = "ada".to_owned();
    for mut client in [wrong, expired, foreign, longer, nameless] {
        assert_eq!(world.allocate(&mut client, &[]), Told::No(ErrorCode::UNAUTHORIZED));
    }
    let mut message = world.message(MessageClass::Request, ALLOCATE, &[&udp()]);
    sign_with(&mut message, &ada, "another realm", &ada.credentials.password);
    world.send(&ada, &message.finish());
    assert_eq!(world.told().0, Told::No(ErrorCode::UNAUTHORIZED));
    assert_eq!(world.sockets.len(), 0);
    assert_eq!(world.allocate(&mut ada, &[]), Told::Yes, "the right ones do");
}

#[test]
fn what_was_overheard_cannot_be_said_from_elsewhere_or_later() {
    let mut world = World::new();
    let mut ada = world.client("ada", "50.0.0.1:4000");
    world.ask(&mut ada, REFRESH, &[]);
    ada.credentials = world.secret.credentials(world.now().unix + 3_600, "ada");
    let bytes = world.signed(&ada, ALLOCATE, &[&udp()]);
    let mut eve = ada.clone();
    eve.flow.client = "60.0.0.1:4000".parse().unwrap();
    world.send(&eve, &bytes);
    assert_eq!(world.told().0, Told::No(ErrorCode::STALE_NONCE));
    world.wait(1_201);
    world.send(&ada, &bytes);
    assert_eq!(world.told().0, Told::No(ErrorCode::STALE_NONCE));
    assert_eq!(world.sockets.len(), 0);
}

#[test]
fn an_allocation_outlives_its_credentials_and_a_new_one_needs_new_ones() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:4000");
    for _ in 0..4 {
        world.wait(300);
        assert_eq!(world.refresh(&mut ada, 600), Told::Yes);
        assert_eq!(world.permit(&mut ada, "1.1.1.1:9"), Told::Yes);
    }
    assert_eq!(world.refresh(&mut ada, 0), Told::Yes);
    assert_eq!(world.allocate(&mut ada, &[]), Told::No(ErrorCode::UNAUTHORIZED));
}

#[test]
fn an_allocation_obeys_the_name_it_was_made_for() {
    let mut world = World::new();
    let ada = world.allocated("ada", "50.0.0.1:4000");
    let mut eve = world.client("eve", "50.0.0.1:4000");
    eve.nonce = ada.nonce;
    for told in [
        world.refresh(&mut eve, 0),
        world.permit(&mut eve, "1.1.1.1:9"),
        world.bind(&mut eve, 0x4000, "1.1.1.1:9"),
        world.allocate(&mut eve, &[]),
    ] {
        assert_eq!(told, Told::No(ErrorCode::WRONG_CREDENTIALS));
    }
    assert_eq!(world.sockets.len(), 1);
}

#[test]
fn a_signature_needs_a_name_a_realm_and_a_nonce() {
    let mut world = World::new();
    let mut ada = world.client("ada", "50.0.0.1:4000");
    world.ask(&mut ada, REFRESH, &[]);
    let mut whole = world.message(MessageClass::Request, ALLOCATE, &[&udp()]);
    sign(&mut whole, &ada);
    for left_out in [Realm::TYPE, Nonce::TYPE, stun_types::attribute::Username::TYPE] {
        let bytes = without(&whole, left_out);
        world.send(&ada, &bytes);
        let (told, answer) = world.told();
        assert_eq!(told, Told::No(ErrorCode::BAD_REQUEST));
        let answer = Message::from_bytes(&answer).unwrap();
        assert!(!answer.has_attribute(Nonce::TYPE) && !answer.has_attribute(Realm::TYPE));
    }
}

#[test]
fn a_fingerprint_after_the_signature_is_welcome() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.1:4000");
    let mut message = world.message(MessageClass::Request, REFRESH, &[&Lifetime::new(600)]);
    sign(&mut message, &ada);
    message.add_fingerprint().unwrap();
    let mut bytes = message.finish();
    world.send(&ada, &bytes);
    assert_eq!(world.told().0, Told::Yes);
    assert!(Message::from_bytes(&bytes).unwrap().has_attribute(Fingerprint::TYPE));
    *bytes.last_mut().unwrap() ^= 1;
    world.send(&ada, &bytes);
    assert_eq!(world.told().0, Told::Nothing, "a broken one means that it is no STUN");
    assert_eq!(world.refresh(&mut ada, 600), Told::Yes);
}

/// A message without one of its attributes, its length put right.
fn without(message: &[u8], kind: stun_types::attribute::AttributeType) -> Vec<u8> {
    let mut bytes = message[..20].to_vec();
    let mut rest = &message[20..];
    while rest.len() >= 4 {
        let length = 4 + usize::from(u16::from_be_bytes([rest[2], rest[3]])).next_multiple_of(4);
        if u16::from_be_bytes([rest[0], rest[1]]) != kind.value() {
            bytes.extend_from_slice(&rest[..length]);
        }
        rest = &rest[length..];
    }
    let length = (bytes.len() - 20) as u16;
    bytes[2..4].copy_from_slice(&length.to_be_bytes());
    bytes
}

#[test]
fn who_tests_a_connection_reaches_this_server_and_itself_and_nobody_else() {
    let mut world = World::new();
    let bob = world.allocated("bob", "50.0.0.2:4000");
    let of_bob = world.sockets.values().next().unwrap().to_string();
    let mut tester = world.client("nobody", "50.0.0.1:4000");
    tester.credentials = world.secret.test_credentials(BEGINNING + 60, "1");
    assert_eq!(world.allocate(&mut tester, &[]), Told::Yes);
    assert_eq!(world.permit(&mut tester, "50.0.0.1:9"), Told::Yes, "itself");
    for peer in ["8.8.8.8:9", "[2606:4700::1]:9", "50.0.0.2:4000"] {
        assert_eq!(world.permit(&mut tester, peer), Told::No(ErrorCode::FORBIDDEN), "{peer}");
        assert_eq!(world.bind(&mut tester, 0x4001, peer), Told::No(ErrorCode::FORBIDDEN), "{peer}");
        world.indicate(&tester, peer, b"hello");
    }
    assert_eq!(world.heard_by_peers().len(), 0);
    assert_eq!(world.bind(&mut tester, 0x4000, &of_bob), Told::Yes, "{:?}", bob.flow);
    world.say(&tester, 0x4000, b"hello");
    assert_eq!(world.heard_by_peers().len(), 1);
}

#[test]
fn a_test_ends_when_its_credentials_do() {
    let mut world = World::new();
    let mut ada = world.allocated("ada", "50.0.0.2:4000");
    let mut tester = world.client("nobody", "50.0.0.1:4000");
    tester.credentials = world.secret.test_credentials(BEGINNING + 60, "1");
    assert_eq!(world.allocate(&mut tester, &[]), Told::Yes);
    world.wait(50);
    assert_eq!(world.refresh(&mut tester, 600), Told::Yes);
    world.wait(11);
    assert_eq!(world.refresh(&mut tester, 600), Told::No(ErrorCode::UNAUTHORIZED));
    world.wait(500);
    assert_eq!(world.refresh(&mut ada, 600), Told::Yes);
    world.wait(500);
    assert_eq!(
        world.refresh(&mut ada, 600),
        Told::Yes,
        "whoever is in a call stays, although theirs have expired too"
    );
}
