//! The door: who waits, from where, for how long, and what they know.

use std::time::Duration;

use protocol::limits::MAX_WAITING;
use protocol::{
    CloseCode, ErrorCode, MessageId, Moderation, PublicKey, Role, RoomMessage, RoomSettings,
    RoomSettingsPatch, ServerMessage, Switch,
};
use room::{Departure, Visitor};

use super::world::{ADA, BOB, CEM, EVE, World, id};

/// A room where people wait, with a host in it.
fn door() -> World {
    let mut world = empty_room();
    world.enter_as(ADA, Role::Host);
    world.forget();
    world
}

fn empty_room() -> World {
    World::new(RoomSettings { capacity: 300, waiting_room: Switch::On, ..RoomSettings::default() })
}

/// The ids of those who wait, as the host was told last.
fn waiting(world: &World) -> Vec<protocol::ParticipantId> {
    let list = world.ears(ADA).messages.iter().rev().find_map(|message| {
        if let ServerMessage::WaitingRoom { people } = message { Some(people) } else { None }
    });
    list.map(|people| people.iter().map(|one| one.id).collect()).unwrap_or_default()
}

fn of_share(person: u128, share: u64) -> Visitor {
    Visitor { share, ..World::visitor(person) }
}

/// The same page again, as the server meets it: with another id.
fn again(person: u128) -> Visitor {
    Visitor {
        participant: id(person + 500),
        browser: Some(format!("browser {person}")),
        ..World::visitor(person)
    }
}

#[test]
fn one_address_does_not_keep_others_from_the_door() {
    let mut world = door();
    for person in 1000..1000 + MAX_WAITING as u128 {
        assert_eq!(world.enter_with(person, of_share(person, 7)).turned_away(), None);
    }
    let one_more = world.enter_with(1500, of_share(1500, 7)).turned_away();
    assert_eq!(one_more, Some(ErrorCode::RoomFull), "the address has all there is");

    let others: Vec<u128> = (2000..2000 + MAX_WAITING as u128 / 2).collect();
    for person in &others {
        assert_eq!(world.enter_with(*person, of_share(*person, 8)).turned_away(), None);
    }
    let list = waiting(&world);
    assert_eq!(list.len(), MAX_WAITING);
    assert!(others.iter().all(|person| list.contains(&id(*person))));
    assert!(list.contains(&id(1000)), "who came first of those stays");
    assert_eq!(world.ears(1099).turned_away(), Some(ErrorCode::RoomFull));
    let equal = world.enter_with(2500, of_share(2500, 8)).turned_away();
    assert_eq!(equal, Some(ErrorCode::RoomFull), "both have as much");
}

#[test]
fn a_class_behind_one_address_waits_as_others_do() {
    let mut world = door();
    for person in 1000..1030 {
        assert_eq!(world.enter_with(person, of_share(person, 7)).turned_away(), None);
    }
    world.moderate(ADA, Moderation::AdmitAll);
    assert_eq!(world.room.participants().count(), 31);
}

#[test]
fn a_browser_whose_line_died_unnoticed_waits_once_and_is_let_in_where_it_lives() {
    let mut world = door();
    world.enter(BOB);
    world.enter(CEM);
    let dead = world.sockets[&BOB];
    world.enter_with(BOB, again(BOB));

    assert_eq!(waiting(&world), [id(BOB), id(CEM)], "in the place that they had");
    assert_eq!(world.heard[&dead].turned_away(), Some(ErrorCode::SessionTakenOver));
    world.moderate(ADA, Moderation::Admit { id: id(BOB), key_message: None });
    assert_eq!(world.ears(BOB).joined().unwrap().you.id, id(BOB));
    world.input(room::Input::Disconnect { connection: dead, departure: Departure::Broken });
    assert_eq!(world.people(), [ADA, BOB]);
}

#[test]
fn a_page_without_cookies_is_known_by_its_key_from_its_own_address_only() {
    let mut world = door();
    let key = Some(PublicKey::new("A".repeat(43)).unwrap());
    let page = |person, share| Visitor { browser: None, key: key.clone(), share, ..World::visitor(person) };
    world.enter_with(BOB, page(BOB, 7));
    world.enter_with(BOB, page(BOB + 500, 7));
    assert_eq!(waiting(&world), [id(BOB)]);
    world.enter_with(EVE, page(EVE, 8));
    assert_eq!(waiting(&world), [id(BOB), id(EVE)], "a key is told to others");
    assert_eq!(world.ears(BOB).turned_away(), None);
}

#[test]
fn whose_connection_breaks_at_the_door_comes_back_to_their_place() {
    let mut world = door();
    world.enter(BOB);
    world.enter(CEM);
    world.drop_socket(BOB, Departure::Broken);
    assert_eq!(waiting(&world), [id(CEM)]);
    world.wait(Duration::from_secs(60));
    world.enter_with(BOB, again(BOB));
    assert_eq!(waiting(&world), [id(BOB), id(CEM)]);

    world.drop_socket(BOB, Departure::Closed);
    world.enter_with(BOB, again(BOB));
    assert_eq!(waiting(&world), [id(CEM), id(BOB + 500)], "who goes comes as the last");
}

#[test]
fn who_waits_knows_whether_anybody_can_let_them_in() {
    let told = |world: &World| {
        world.ears(BOB).messages.iter().rev().find_map(|message| {
            if let ServerMessage::Waiting { host_inside, .. } = message { Some(*host_inside) } else { None }
        })
    };
    let mut world = empty_room();
    world.enter(BOB);
    assert_eq!(told(&world), Some(false));
    world.enter_as(ADA, Role::Host);
    assert_eq!(told(&world), Some(true));
    world.forget();
    world.say(ADA, RoomMessage::Ping);
    assert_eq!(told(&world), None, "once is enough");
    world.drop_socket(ADA, Departure::Broken);
    assert_eq!(told(&world), Some(false));
    world.enter(CEM);
    let heard = &world.ears(CEM).messages;
    assert!(matches!(&**heard, [ServerMessage::Waiting { host_inside: false, .. }]));
}

#[test]
fn a_browser_that_comes_and_goes_takes_one_place() {
    let mut world = World::new(RoomSettings { capacity: 3, ..RoomSettings::default() });
    world.enter_as(ADA, Role::Host);
    for round in 0..5 {
        let visitor = Visitor { participant: id(100 + round), ..World::visitor(BOB) };
        assert_eq!(world.enter_with(BOB, visitor).turned_away(), None, "round {round}");
        world.drop_socket(BOB, Departure::Closed);
    }
    assert!(world.enter(CEM).joined().is_some());
    assert_eq!(world.enter(EVE).turned_away(), Some(ErrorCode::RoomFull), "the place of the browser is kept");
    assert!(
        world.enter_with(BOB, Visitor { participant: id(200), ..World::visitor(BOB) }).joined().is_some()
    );
}

#[test]
fn a_kept_place_is_not_two_and_seats_of_one_browser_are_counted_each() {
    let mut world = World::new(RoomSettings { capacity: 3, ..RoomSettings::default() });
    world.enter_as(ADA, Role::Host);
    world.enter(BOB);
    world.drop_socket(BOB, Departure::Closed);
    world.enter_with(BOB, Visitor { participant: id(200), ..World::visitor(BOB) });
    assert!(world.enter(CEM).joined().is_some(), "the browser sits on the place that was kept for it");
    let third = Visitor { participant: id(201), ..World::visitor(BOB) };
    assert_eq!(world.enter_with(BOB, third).turned_away(), Some(ErrorCode::RoomFull));
}

#[test]
fn who_is_let_in_by_the_rules_comes_with_the_id_they_waited_with() {
    let mut world = door();
    world.enter(BOB);
    world.change(ADA, RoomSettingsPatch { waiting_room: Some(Switch::Off), ..RoomSettingsPatch::default() });
    assert_eq!(world.ears(BOB).joined().unwrap().you.id, id(BOB));
}

#[test]
fn who_waited_before_there_was_a_password_does_not_come_in_without_it() {
    for patches in [
        // One after the other, or both at once.
        vec![(Some("open sesame"), None), (None, Some(Switch::Off))],
        vec![(Some("open sesame"), Some(Switch::Off))],
    ] {
        let mut world = door();
        world.enter(BOB);
        for (password, waiting_room) in patches {
            let password = password.map(|text| Some(protocol::Password::new(text.to_owned()).unwrap()));
            world.change(ADA, RoomSettingsPatch { password, waiting_room, ..RoomSettingsPatch::default() });
        }
        assert_eq!(world.people(), [ADA], "{:?}", world.ears(BOB).messages);
        let knows = Visitor { password: room::GivenPassword::Right, ..World::visitor(BOB) };
        assert!(world.enter_with(BOB, knows).joined().is_some());
    }
}

#[test]
fn who_said_an_old_password_does_not_come_in_by_it() {
    let mut world = door();
    let new = |text: &str| RoomSettingsPatch {
        password: Some(Some(protocol::Password::new(text.to_owned()).unwrap())),
        ..RoomSettingsPatch::default()
    };
    world.change(ADA, new("leaked password"));
    world.enter_with(BOB, Visitor { password: room::GivenPassword::Right, ..World::visitor(BOB) });
    world.change(ADA, RoomSettingsPatch { waiting_room: Some(Switch::Off), ..new("another password") });
    assert_eq!(world.people(), [ADA]);
}

#[test]
fn a_locked_room_opens_to_nobody_who_waited_for_the_waiting_room_to_end() {
    let mut world = door();
    world.enter(BOB);
    world.change(ADA, RoomSettingsPatch { locked: Some(Switch::On), ..RoomSettingsPatch::default() });
    world.change(ADA, RoomSettingsPatch { waiting_room: Some(Switch::Off), ..RoomSettingsPatch::default() });
    assert_eq!(world.people(), [ADA]);
}

#[test]
fn who_waits_is_told_what_is_refused_and_goes_on_waiting() {
    let mut world = empty_room();
    world.enter(BOB);
    world.refuse(BOB, MessageId(7), ErrorCode::AlreadyJoined);
    world.say(BOB, RoomMessage::SetHand { hand: Switch::On });
    assert_eq!(world.ears(BOB).errors(), [ErrorCode::AlreadyJoined, ErrorCode::NotAllowed]);
    assert_eq!(world.ears(BOB).closed, None);
    world.say(BOB, RoomMessage::Leave);
    assert_eq!(world.ears(BOB).closed, Some(CloseCode::NORMAL));
}
