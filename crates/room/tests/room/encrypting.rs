//! The room's part in end-to-end encryption: which secret its links carry, who waits for it, and key messages.

use protocol::{
    AddressedKeyMessage, ChatId, ChatTarget, Envelope, ErrorCode, KeyMessage, KeyMessages, Moderation,
    PublicKey, Role, RoomEncryption, RoomKeyId, RoomKeyOrigin, RoomMessage, RoomSettings, RoomSettingsPatch,
    ServerMessage,
};
use room::{Resumption, VerifiedCredential, Visitor};

use super::world::{ADA, BOB, CEM, EVE, World, claims, id};

/// Somebody who takes part in the encryption and has the secret with this key message for a name.
fn with_secret(person: u128, secret: char, verified: VerifiedCredential) -> Visitor {
    Visitor { key: Some(key(person)), room_key: Some(room_key(secret)), verified, ..World::visitor(person) }
}

fn key(person: u128) -> PublicKey {
    PublicKey::new(format!("{person:A>42}A")).unwrap()
}

fn room_key(secret: char) -> RoomKeyId {
    RoomKeyId::new(String::from(secret).repeat(11)).unwrap()
}

fn key_message() -> KeyMessage {
    KeyMessage::new("sealed".to_owned()).unwrap()
}

const HOST: VerifiedCredential = VerifiedCredential::Key(Role::Host);

#[test]
fn the_first_gives_the_room_its_secret_and_who_has_another_waits_until_they_are_given_it() {
    let mut world = World::new(RoomSettings::default());
    world.enter_with(ADA, with_secret(ADA, 'a', HOST));
    assert_eq!(world.room.settings().room_key, Some(room_key('a')));
    assert!(world.enter_with(CEM, with_secret(CEM, 'a', VerifiedCredential::Link)).joined().is_some());

    let heard = world.enter_with(BOB, with_secret(BOB, 'b', VerifiedCredential::Link));
    assert!(matches!(&*heard.messages, [ServerMessage::Waiting { lacks_secret: true, .. }]));
    let Some(ServerMessage::WaitingRoom { people }) = world.ears(ADA).messages.last() else { panic!() };
    assert_eq!((people[0].lacks_secret, people[0].key.clone()), (true, Some(key(BOB))));
    world.moderate(ADA, Moderation::AdmitAll);
    assert_eq!(world.people(), [ADA, CEM], "nobody would open anything for them");

    world.moderate(ADA, Moderation::Admit { id: id(BOB), key_message: Some(key_message()) });
    let grant = world.ears(BOB).joined().unwrap().grant.clone().unwrap();
    assert_eq!((grant.from, grant.key_message), (key(ADA), key_message()));
    assert_eq!(world.room.settings().room_key, Some(room_key('a')));
}

#[test]
fn only_a_host_who_finds_the_room_empty_gives_it_another_secret() {
    let mut world = World::new(RoomSettings { room_key: Some(room_key('a')), ..RoomSettings::default() });
    assert!(world.enter_with(EVE, with_secret(EVE, 'e', VerifiedCredential::Link)).joined().is_none());
    assert!(world.enter_with(ADA, with_secret(ADA, 'b', HOST)).joined().is_some());
    assert_eq!(world.room.settings().room_key, Some(room_key('b')));
    assert!(
        world.enter_with(BOB, with_secret(BOB, 'c', HOST)).joined().is_some(),
        "a host is never kept out"
    );
    assert_eq!(world.room.settings().room_key, Some(room_key('b')), "but it is not empty");
}

#[test]
fn a_host_is_inside_whatever_a_guest_did_before_and_their_link_s_secret_wins_over_one_that_was_drawn() {
    let mut world = World::new(RoomSettings::default());
    world.enter_with(EVE, with_secret(EVE, 'e', VerifiedCredential::Link));
    assert_eq!(world.room.settings().room_key, Some(room_key('e')));
    world.enter_with(BOB, with_secret(BOB, 'a', VerifiedCredential::Link));
    assert!(world.ears(BOB).joined().is_none(), "Bob has the maker's link, which nobody knows yet");
    assert!(world.enter_with(ADA, with_secret(ADA, 'a', HOST)).joined().is_some());
    assert_eq!(world.room.settings().room_key, Some(room_key('a')));
    assert!(world.ears(BOB).joined().is_some(), "what he waited for has come");
    assert_eq!(world.people(), [EVE, ADA, BOB], "who is inside stays inside");
}

#[test]
fn a_host_with_the_bare_code_is_inside_and_leaves_the_secret_of_the_link_alone() {
    let drawn = |person, secret, pass| Visitor {
        room_key_origin: Some(RoomKeyOrigin::Drawn),
        ..with_secret(person, secret, pass)
    };
    let by_link = |person, secret| Visitor {
        room_key_origin: Some(RoomKeyOrigin::Link),
        ..with_secret(person, secret, VerifiedCredential::Link)
    };
    for is_empty in [true, false] {
        let mut world = World::new(RoomSettings::default());
        world.enter_with(BOB, by_link(BOB, 'a'));
        if is_empty {
            world.say(BOB, RoomMessage::Leave);
        }
        assert!(world.enter_with(ADA, drawn(ADA, 'b', HOST)).joined().is_some());
        assert_eq!(world.room.settings().room_key, Some(room_key('a')));
        world.enter_with(EVE, drawn(EVE, 'b', VerifiedCredential::Key(Role::CoHost)));
        assert!(world.ears(EVE).joined().is_some(), "nor does a co-host wait");
    }
    let mut world = World::new(RoomSettings::default());
    world.enter_with(ADA, drawn(ADA, 'a', HOST));
    world.enter_with(BOB, by_link(BOB, 'a'));
    world.enter_with(CEM, with_secret(CEM, 'c', HOST));
    assert_eq!(
        world.room.settings().room_key,
        Some(room_key('a')),
        "a link has it now, so it was not only drawn"
    );
}

#[test]
fn what_cannot_seal_is_refused_with_a_reason_where_the_others_do_and_let_in_where_nobody_does() {
    let settings = RoomSettings { room_key: Some(room_key('a')), ..RoomSettings::default() };
    for role in [Role::Host, Role::CoHost, Role::Guest] {
        let mut world = World::new(settings.clone());
        assert_eq!(world.enter_as(CEM, role).turned_away(), Some(ErrorCode::EncryptionRequired), "{role:?}");
        assert_eq!(world.enter(BOB).turned_away(), Some(ErrorCode::EncryptionRequired));
        let names_a_secret = Visitor { key: None, ..with_secret(EVE, 'a', VerifiedCredential::Key(role)) };
        assert_eq!(
            world.enter_with(EVE, names_a_secret).turned_away(),
            Some(ErrorCode::EncryptionRequired),
            "a secret alone seals nothing for anybody"
        );
        assert_eq!(world.people(), []);
    }
    let mut world = World::new(RoomSettings { encryption: RoomEncryption::Transport, ..settings });
    assert!(world.enter(BOB).joined().is_some() && world.enter_as(CEM, Role::Guest).joined().is_some());
    assert_eq!(world.room.settings().room_key, Some(room_key('a')));
}

#[test]
fn a_host_alone_makes_a_room_transport_and_who_waited_for_its_secret_comes_in_until_it_seals_again() {
    let mut world = World::new(RoomSettings::default());
    world.enter_with(ADA, with_secret(ADA, 'a', HOST));
    world.enter_with(CEM, with_secret(CEM, 'a', VerifiedCredential::Key(Role::CoHost)));
    world.enter_with(BOB, with_secret(BOB, 'b', VerifiedCredential::Link));
    let to = |encryption| RoomSettingsPatch { encryption: Some(encryption), ..RoomSettingsPatch::default() };
    world.change(CEM, to(RoomEncryption::Transport));
    assert_eq!(world.ears(CEM).errors(), [ErrorCode::NotAllowed], "a co-host may not");
    assert_eq!(world.people(), [ADA, CEM]);

    world.change(ADA, to(RoomEncryption::Transport));
    assert_eq!(world.room.settings().encryption, RoomEncryption::Transport);
    assert_eq!(world.people(), [ADA, CEM, BOB], "there is nothing that he could not open");
    assert!(world.enter(EVE).joined().is_some());
    world.forget();
    world.change(ADA, to(RoomEncryption::EndToEnd));
    assert_eq!(world.people(), [ADA, CEM, BOB], "of whom Bob can be given the secret");
    assert_eq!(world.ears(EVE).turned_away(), Some(ErrorCode::EncryptionRequired));
    let told =
        |person| matches!(world.ears(person).messages.first(), Some(ServerMessage::RoomUpdated { .. }));
    assert!([ADA, CEM, BOB].into_iter().all(told), "before anything else");
}

#[test]
fn chat_that_is_not_sealed_is_refused_where_people_seal_and_nowhere_else() {
    let write = |world: &mut World, person, number| {
        world.forget();
        let envelope = Envelope::new(Envelope::TEXT, "in the clear".to_owned()).unwrap();
        let chat = ChatId(uuid::Uuid::from_u128(number));
        world.say(person, RoomMessage::Chat { chat, to: ChatTarget::Everyone, envelope });
    };
    let is_heard = |world: &World, person| {
        world.ears(person).messages.iter().any(|message| matches!(message, ServerMessage::Chat { .. }))
    };
    let mut world = World::new(RoomSettings::default());
    world.enter_with(ADA, with_secret(ADA, 'a', HOST));
    world.enter_with(BOB, with_secret(BOB, 'a', VerifiedCredential::Link));
    write(&mut world, BOB, 1);
    assert_eq!(world.ears(BOB).errors(), [ErrorCode::EncryptionRequired]);
    assert!(!is_heard(&world, ADA) && world.people() == [ADA, BOB]);

    let to =
        RoomSettingsPatch { encryption: Some(RoomEncryption::Transport), ..RoomSettingsPatch::default() };
    world.change(ADA, to);
    write(&mut world, BOB, 2);
    assert!(is_heard(&world, ADA) && world.ears(BOB).errors().is_empty());

    let mut world = World::with([ADA, BOB]);
    write(&mut world, BOB, 3);
    assert!(is_heard(&world, ADA), "nobody has a secret");
}

#[test]
fn a_key_message_is_read_by_nobody_but_whom_it_is_for() {
    let mut world = World::with([ADA, BOB, CEM]);
    world.forget();
    let to = |person| AddressedKeyMessage { to: id(person), key_message: key_message() };
    let key_messages = KeyMessages::try_from(vec![to(BOB), to(EVE), to(ADA)]).unwrap();
    world.say(ADA, RoomMessage::SendKeyMessages { key_messages });
    assert_eq!(
        world.ears(BOB).messages,
        [ServerMessage::KeyMessage { from: id(ADA), key_message: key_message() }]
    );
    assert!(world.ears(ADA).messages.is_empty() && world.ears(CEM).messages.is_empty());
    assert!(KeyMessages::try_from(vec![to(BOB); 3]).is_err());
}

#[test]
fn a_key_survives_the_end_of_the_server_by_the_resume() {
    let mut world = World::new(RoomSettings::default());
    world.enter_with(ADA, with_secret(ADA, 'a', HOST));
    let mut world = World::restored(world.room.settings().clone(), world.kept_seats(), Vec::new());
    assert_eq!(world.person(ADA).key, Some(key(ADA)), "and is nobody else's meanwhile");
    world.enter_with(EVE, Visitor { key: Some(key(ADA)), ..with_secret(EVE, 'a', VerifiedCredential::Link) });
    assert_eq!(world.person(EVE).key, None);
    world.resume_with(ADA, Resumption { key: Some(key(ADA)), ..World::resumption(ADA, 1, 1) });
    assert_eq!(world.person(ADA).key, Some(key(ADA)));
}

#[test]
fn who_comes_with_the_key_of_somebody_inside_has_none() {
    let mut world = World::new(RoomSettings::default());
    world.enter_with(ADA, with_secret(ADA, 'a', HOST));
    let heard = world
        .enter_with(EVE, Visitor { key: Some(key(ADA)), ..with_secret(EVE, 'a', VerifiedCredential::Link) });
    assert_eq!(heard.joined().map(|joined| joined.you.key.clone()), Some(None));
    let Some(ServerMessage::ParticipantJoined { participant }) = world.ears(ADA).messages.last() else {
        panic!()
    };
    assert_eq!(participant.key, None);
    // Also while its owner is away, and when they are back.
    world.drop_socket(ADA, room::Departure::Broken);
    world.enter_with(CEM, Visitor { key: Some(key(ADA)), ..with_secret(CEM, 'a', VerifiedCredential::Link) });
    world.resume_with(ADA, Resumption { key: Some(key(ADA)), ..World::resumption(ADA, 1, 1) });
    let keys = [ADA, EVE, CEM].map(|person| world.person(person).key.clone());
    assert_eq!(keys, [Some(key(ADA)), None, None]);
}

#[test]
fn a_room_that_was_locked_meanwhile_does_not_let_those_in_who_waited_for_its_secret() {
    let mut world = World::new(RoomSettings::default());
    let drawn = |person, pass| Visitor {
        room_key_origin: Some(RoomKeyOrigin::Drawn),
        ..with_secret(person, 'd', pass)
    };
    world.enter_with(BOB, drawn(BOB, VerifiedCredential::Key(Role::CoHost)));
    assert!(world.enter_with(EVE, with_secret(EVE, 'a', VerifiedCredential::Link)).joined().is_none());
    let locked = RoomSettingsPatch { locked: Some(protocol::Switch::On), ..Default::default() };
    world.change(BOB, locked);
    world.enter_with(ADA, with_secret(ADA, 'a', HOST));
    assert_eq!(world.room.settings().room_key, Some(room_key('a')));
    assert_eq!(world.people(), [BOB, ADA]);
}

#[test]
fn a_key_stays_its_owners_when_they_were_away_for_long_and_goes_to_who_comes_anew_with_their_browser() {
    let mut world = World::new(RoomSettings::default());
    world.enter_with(ADA, with_secret(ADA, 'a', HOST));
    world.enter_with(BOB, with_secret(BOB, 'a', VerifiedCredential::Link));
    world.drop_socket(BOB, room::Departure::Broken);
    world.wait(std::time::Duration::from_secs(120));
    assert_eq!(world.people(), [ADA], "his seat was given up");
    world.enter_with(EVE, Visitor { key: Some(key(BOB)), ..with_secret(EVE, 'a', VerifiedCredential::Link) });
    assert_eq!(world.person(EVE).key, None);
    let again = Visitor { earlier: Some(claims(BOB, 1)), ..with_secret(BOB, 'a', VerifiedCredential::Link) };
    world.enter_with(BOB, again);
    assert_eq!(world.person(BOB).key, Some(key(BOB)));

    let mut world = World::new(RoomSettings::default());
    let of_browser = |person, browser: &str| Visitor {
        key: Some(key(BOB)),
        browser: Some(browser.to_owned()),
        ..with_secret(person, 'a', VerifiedCredential::Link)
    };
    world.enter_with(ADA, with_secret(ADA, 'a', HOST));
    world.enter_with(BOB, of_browser(BOB, "bobs"));
    world.drop_socket(BOB, room::Departure::Broken);
    world.enter_with(CEM, of_browser(CEM, "bobs"));
    assert_eq!((world.people(), world.person(CEM).key.clone()), (vec![ADA, CEM], Some(key(BOB))));
}
