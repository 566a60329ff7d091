//! Who gets in, and who does not.

use std::time::Duration;

use protocol::{
    Allowed, ErrorCode, LeaveReason, Moderation, Role, RoomMessage, RoomSettings, RoomStanding,
    ServerMessage, Switch, Timestamp,
};
use room::{Departure, GivenPassword, Input, VerifiedCredential, Visitor};

use super::world::{ADA, BOB, CEM, EVE, START, World, claims, id, on_air};

#[test]
fn a_newcomer_learns_who_is_there_and_they_learn_of_the_newcomer() {
    let mut world = World::with([ADA]);

    let joined = world.enter(BOB).joined().unwrap().clone();

    assert_eq!(joined.you.id, id(BOB));
    assert_eq!(joined.participants.iter().map(|one| one.id).collect::<Vec<_>>(), [id(ADA)]);
    assert!(!joined.continued);
    let [ServerMessage::ParticipantJoined { participant }] = &*world.ears(ADA).messages else {
        panic!("{:?}", world.ears(ADA).messages)
    };
    assert_eq!(participant.id, id(BOB));
}

#[test]
fn nobody_is_host_by_coming_first() {
    let mut world = World::new(RoomSettings::default());
    assert_eq!(world.enter(ADA).joined().unwrap().you.role, Role::Guest);
    assert_eq!(world.enter_as(BOB, Role::Host).joined().unwrap().you.role, Role::Host);
}

#[test]
fn one_more_than_the_capacity_is_refused_and_the_others_notice_nothing() {
    let mut world = World::new(RoomSettings { capacity: 2, ..RoomSettings::default() });
    world.enter(ADA);
    world.enter(BOB);
    world.forget();
    assert_eq!(world.room.standing(world.now, Role::Guest, None), RoomStanding::Full);

    assert_eq!(world.enter_as(EVE, Role::Host).turned_away(), Some(ErrorCode::RoomFull));
    assert!(world.ears(ADA).messages.is_empty());

    world.say(BOB, RoomMessage::Leave);
    assert!(world.enter(EVE).joined().is_some());
}

#[test]
fn a_locked_room_lets_in_hosts_and_those_who_were_in_and_nobody_else() {
    let mut world = World::with([ADA, BOB]);
    world.change(ADA, protocol::RoomSettingsPatch { locked: Some(Switch::On), ..Default::default() });
    world.say(BOB, RoomMessage::Leave);

    assert_eq!(world.enter(EVE).turned_away(), Some(ErrorCode::RoomLocked));
    let invited = Visitor { verified: VerifiedCredential::Key(Role::Guest), ..World::visitor(EVE) };
    assert_eq!(world.enter_with(EVE, invited).turned_away(), Some(ErrorCode::RoomLocked));
    assert!(world.enter_as(CEM, Role::CoHost).joined().is_some());
    let standing = |browser| world.room.standing(world.now, Role::Guest, Some(browser));
    assert_eq!((standing("browser 2"), standing("browser 9")), (RoomStanding::Open, RoomStanding::Locked));
    let again = Visitor { earlier: Some(claims(BOB, 1)), ..World::visitor(BOB) };
    assert!(world.enter_with(BOB, again).joined().is_some());
}

#[test]
fn a_room_that_has_not_started_lets_in_hosts_only_and_then_everybody() {
    let start = START.after(Duration::from_secs(60));
    let mut world = World::new(RoomSettings { starts_at: Some(start), ..RoomSettings::default() });

    assert_eq!(world.enter(BOB).turned_away(), Some(ErrorCode::RoomNotStarted));
    assert!(world.enter_as(ADA, Role::Host).joined().is_some());
    world.wait(Duration::from_secs(60));
    assert!(world.enter(BOB).joined().is_some());
}

#[test]
fn a_room_that_has_ended_lets_in_nobody() {
    let mut world = World::new(RoomSettings { ends_at: Some(Timestamp(1)), ..RoomSettings::default() });
    assert_eq!(world.enter(BOB).turned_away(), Some(ErrorCode::RoomEnded));
    assert_eq!(world.enter_as(ADA, Role::Host).turned_away(), Some(ErrorCode::RoomEnded));
}

#[test]
fn a_password_is_asked_of_those_who_have_nothing_but_the_link() {
    let mut world = World::with([ADA]);
    let settings = world.room.settings().clone();
    world.input(Input::SettingsChanged { settings, password: true, is_new_password: true });
    let with = |password| Visitor { password, ..World::visitor(BOB) };

    assert_eq!(world.enter(BOB).turned_away(), Some(ErrorCode::PasswordNeeded));
    assert_eq!(
        world.enter_with(BOB, with(GivenPassword::Wrong)).turned_away(),
        Some(ErrorCode::PasswordWrong)
    );
    assert!(world.enter_with(BOB, with(GivenPassword::Right)).joined().is_some());
    assert!(world.enter_as(CEM, Role::Guest).joined().is_some(), "an invitation is as good");
}

#[test]
fn who_knocks_waits_until_a_host_lets_them_in() {
    let mut world = waiting_room();
    world.enter(BOB);
    assert!(matches!(&*world.ears(BOB).messages, [ServerMessage::Waiting { .. }]));
    let [ServerMessage::WaitingRoom { people }] = &*world.ears(ADA).messages else { panic!() };
    assert_eq!(people[0].id, id(BOB));
    assert_eq!(world.people(), [ADA]);

    world.moderate(ADA, Moderation::Admit { id: id(BOB), key_message: None });

    assert_eq!(world.ears(BOB).joined().unwrap().participants.len(), 1);
    assert_eq!(world.people(), [ADA, BOB]);
    let last = world.ears(ADA).messages.last().unwrap();
    assert!(matches!(last, ServerMessage::WaitingRoom { people } if people.is_empty()), "{last:?}");
}

#[test]
fn who_is_refused_is_told_and_closed() {
    let mut world = waiting_room();
    world.enter(BOB);
    world.moderate(ADA, Moderation::Refuse { id: id(BOB) });
    assert_eq!(world.ears(BOB).turned_away(), Some(ErrorCode::NotAdmitted));
    assert_eq!(world.people(), [ADA]);
}

#[test]
fn all_who_wait_are_let_in_at_once_as_far_as_there_are_places() {
    let mut world = waiting_room();
    for person in 2..=11 {
        world.enter(person);
    }
    world.moderate(ADA, Moderation::AdmitAll);
    assert_eq!(world.people(), (1..=10).collect::<Vec<_>>());
    assert_eq!(world.ears(ADA).errors(), [ErrorCode::RoomFull]);
    assert!(world.ears(11).closed.is_none(), "they wait on");
}

#[test]
fn who_waits_can_do_nothing_but_wait_and_go() {
    let mut world = waiting_room();
    world.enter(BOB);
    world.say(BOB, RoomMessage::SetMedia { media: on_air() });
    world.moderate(BOB, Moderation::Admit { id: id(BOB), key_message: None });
    assert_eq!(world.ears(BOB).errors(), [ErrorCode::NotAllowed, ErrorCode::NotAllowed]);
    world.say(BOB, RoomMessage::Leave);
    assert!(world.ears(BOB).closed.is_some());
    let last = world.ears(ADA).messages.last().unwrap();
    assert!(matches!(last, ServerMessage::WaitingRoom { people } if people.is_empty()));
}

#[test]
fn who_stops_waiting_is_forgotten() {
    let mut world = waiting_room();
    world.enter(BOB);
    world.drop_socket(BOB, Departure::Broken);
    world.moderate(ADA, Moderation::Admit { id: id(BOB), key_message: None });
    assert_eq!(world.ears(ADA).errors(), [ErrorCode::ParticipantUnknown]);
}

#[test]
fn a_host_who_comes_later_learns_who_waits() {
    let mut world = waiting_room();
    world.enter(BOB);
    world.enter_as(CEM, Role::CoHost);
    assert!(
        world.ears(CEM).messages.iter().any(
            |message| matches!(message, ServerMessage::WaitingRoom { people } if people[0].id == id(BOB))
        )
    );
}

#[test]
fn a_waiting_room_that_is_opened_lets_in_who_waits() {
    let mut world = waiting_room();
    world.enter(BOB);
    world.change(ADA, protocol::RoomSettingsPatch { waiting_room: Some(Switch::Off), ..Default::default() });
    assert_eq!(world.people(), [ADA, BOB]);
}

#[test]
fn what_the_rules_forbid_is_off_from_the_start() {
    let mut world = World::new(RoomSettings {
        may_unmute: Allowed::Hosts,
        may_share: Allowed::Hosts,
        ..RoomSettings::default()
    });
    let visitor = Visitor { media: on_air(), ..World::visitor(BOB) };

    let heard = world.enter_with(BOB, visitor);

    let media = heard.joined().unwrap().you.media;
    assert_eq!((media.microphone, media.camera, media.screen), (Switch::Off, Switch::On, Switch::Off));
    let told = heard.messages.iter().filter(|one| matches!(one, ServerMessage::TurnedOff { .. }));
    assert_eq!(told.count(), 2);
}

#[test]
fn who_reloads_the_page_is_the_same_person_in_the_same_role() {
    let mut world = World::new(RoomSettings { capacity: 2, ..RoomSettings::default() });
    world.enter_as(ADA, Role::Host);
    world.enter(BOB);
    world.drop_socket(ADA, Departure::Closed);
    assert!(
        world
            .ears(BOB)
            .messages
            .contains(&ServerMessage::ParticipantLeft { id: id(ADA), reason: LeaveReason::Left })
    );
    assert_eq!(world.enter(EVE).turned_away(), Some(ErrorCode::RoomFull), "her place is kept");
    let standing = |browser| world.room.standing(world.now, Role::Guest, Some(browser));
    assert_eq!((standing("browser 1"), standing("browser 9")), (RoomStanding::Open, RoomStanding::Full));

    let again = Visitor { earlier: Some(claims(ADA, 1)), ..World::visitor(77) };
    let joined = world.enter_with(ADA, again).joined().unwrap().clone();

    assert_eq!((joined.you.id, joined.you.role), (id(ADA), Role::Host));
    assert_eq!(world.people(), [BOB, ADA]);
}

#[test]
fn a_place_is_kept_only_as_long_as_loading_a_page_takes() {
    let mut world = World::new(RoomSettings { capacity: 1, ..RoomSettings::default() });
    world.enter(ADA);
    world.drop_socket(ADA, Departure::Closed);
    world.wait(Duration::from_secs(11));
    assert!(world.enter(EVE).joined().is_some());
}

fn waiting_room() -> World {
    let mut world =
        World::new(RoomSettings { waiting_room: Switch::On, capacity: 10, ..RoomSettings::default() });
    world.enter_as(ADA, Role::Host);
    world.forget();
    world
}
