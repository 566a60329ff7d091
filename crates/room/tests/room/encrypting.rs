//! The room's part in end-to-end encryption: which secret its links carry, who waits for it, and letters.

use protocol::{
    AddressedLetter, ClientMessage, Letter, Letters, Moderation, PublicKey, Role, RoomKeyId, RoomSettings,
    ServerMessage,
};
use room::{Pass, Resumption, Visitor};

use super::world::{ADA, BOB, CEM, EVE, World, id};

/// Somebody who takes part in the encryption and has the secret with this letter for a name.
fn with_secret(person: u128, secret: char, pass: Pass) -> Visitor {
    Visitor { key: Some(key(person)), room_key: Some(room_key(secret)), pass, ..World::visitor(person) }
}

fn key(person: u128) -> PublicKey {
    PublicKey::new(format!("{person:A>43}")).unwrap()
}

fn room_key(secret: char) -> RoomKeyId {
    RoomKeyId::new(String::from(secret).repeat(11)).unwrap()
}

fn letter() -> Letter {
    Letter::new("sealed".to_owned()).unwrap()
}

const HOST: Pass = Pass::Key(Role::Host);

#[test]
fn the_first_gives_the_room_its_secret_and_who_has_another_waits_until_they_are_given_it() {
    let mut world = World::new(RoomSettings::default());
    world.enter_with(ADA, with_secret(ADA, 'a', HOST));
    assert_eq!(world.room.settings().room_key, Some(room_key('a')));
    assert!(world.enter_with(CEM, with_secret(CEM, 'a', Pass::Link)).joined().is_some());

    let heard = world.enter_with(BOB, with_secret(BOB, 'b', Pass::Link));
    assert!(matches!(&*heard.messages, [ServerMessage::Waiting { lacks_secret: true, .. }]));
    let Some(ServerMessage::WaitingRoom { people }) = world.ears(ADA).messages.last() else { panic!() };
    assert_eq!((people[0].lacks_secret, people[0].key.clone()), (true, Some(key(BOB))));
    world.moderate(ADA, Moderation::AdmitAll);
    assert_eq!(world.people(), [ADA, CEM], "nobody would open anything for them");

    world.moderate(ADA, Moderation::Admit { id: id(BOB), letter: Some(letter()) });
    let grant = world.ears(BOB).joined().unwrap().grant.clone().unwrap();
    assert_eq!((grant.from, grant.letter), (key(ADA), letter()));
    assert!(world.person(BOB).introduced && !world.person(CEM).introduced);
    assert_eq!(world.room.settings().room_key, Some(room_key('a')));
}

#[test]
fn only_a_host_who_finds_the_room_empty_gives_it_another_secret() {
    let mut world = World::new(RoomSettings { room_key: Some(room_key('a')), ..RoomSettings::default() });
    assert!(world.enter_with(EVE, with_secret(EVE, 'e', Pass::Link)).joined().is_none());
    assert!(world.enter_with(ADA, with_secret(ADA, 'b', HOST)).joined().is_some());
    assert_eq!(world.room.settings().room_key, Some(room_key('b')));
    assert!(world.enter_with(BOB, with_secret(BOB, 'c', HOST)).joined().is_none(), "it is not empty");
}

#[test]
fn a_client_that_does_not_encrypt_comes_in_as_ever_and_says_nothing_about_the_secret() {
    let mut world = World::new(RoomSettings { room_key: Some(room_key('a')), ..RoomSettings::default() });
    assert!(world.enter(BOB).joined().is_some());
    assert_eq!(world.room.settings().room_key, Some(room_key('a')));
}

#[test]
fn a_letter_is_read_by_nobody_but_whom_it_is_for() {
    let mut world = World::with([ADA, BOB, CEM]);
    world.forget();
    let to = |person| AddressedLetter { to: id(person), letter: letter() };
    let letters = Letters::try_from(vec![to(BOB), to(EVE), to(ADA)]).unwrap();
    world.say(ADA, ClientMessage::SendLetters { letters });
    assert_eq!(world.ears(BOB).messages, [ServerMessage::Letter { from: id(ADA), letter: letter() }]);
    assert!(world.ears(ADA).messages.is_empty() && world.ears(CEM).messages.is_empty());
    assert!(Letters::try_from(vec![to(BOB); 3]).is_err());
}

#[test]
fn a_key_survives_the_end_of_the_server_by_the_resume() {
    let mut world = World::new(RoomSettings::default());
    world.enter_with(ADA, with_secret(ADA, 'a', HOST));
    let mut world = World::restored(world.room.settings().clone(), world.kept_seats(), Vec::new());
    assert_eq!(world.person(ADA).key, None);
    world.resume_with(ADA, Resumption { key: Some(key(ADA)), ..World::resumption(ADA, 1, 1) });
    assert_eq!(world.person(ADA).key, Some(key(ADA)));
}
