//! Rooms that end, and rooms that nobody needs.

use std::time::Duration;

use protocol::{
    CloseCode, ErrorCode, Moderation, Role, RoomMessage, RoomSettings, RoomSettingsPatch, Switch, WhenEmpty,
};
use room::{
    CredentialClaims, Departure, Input, MediaOrder, Output, RoomInit, SessionClaims, VerifiedCredential,
    Visitor,
};

use super::world::{ADA, BOB, CEM, EVE, START, World, claims};

#[test]
fn a_host_ends_the_room_for_everybody_and_it_stays_ended() {
    let mut world = World::with([ADA, BOB]);
    world.moderate(ADA, Moderation::End);
    for person in [ADA, BOB] {
        assert_eq!(world.ears(person).turned_away(), Some(ErrorCode::RoomEnded));
    }
    assert_eq!(world.enter(EVE).turned_away(), Some(ErrorCode::RoomEnded));
}

#[test]
fn a_room_ends_at_its_time() {
    let mut world = World::with([ADA, BOB]);
    let ends_at = Some(Some(START.after(Duration::from_secs(30))));
    world.change(ADA, RoomSettingsPatch { ends_at, ..RoomSettingsPatch::default() });
    world.wait(Duration::from_secs(29));
    assert_eq!(world.people(), [ADA, BOB]);
    world.wait(Duration::from_secs(1));
    assert_eq!(world.ears(BOB).turned_away(), Some(ErrorCode::RoomEnded));
}

#[test]
fn a_deleted_room_is_over_for_everybody() {
    let mut world = World::with([ADA, BOB]);
    world.input(Input::Deleted);
    assert_eq!(world.ears(BOB).turned_away(), Some(ErrorCode::RoomEnded));
}

#[test]
fn a_room_that_nobody_is_in_is_unloaded_and_one_with_people_is_not() {
    let mut world = World::with([ADA]);
    world.wait(Duration::from_secs(24 * 60 * 60));
    assert!(world.other.is_empty());
    world.say(ADA, RoomMessage::Leave);
    world.wait(Duration::from_secs(59));
    assert!(world.other.is_empty());
    world.wait(Duration::from_secs(2));
    assert_eq!(world.other, [Output::Unload]);
}

#[test]
fn a_room_that_is_to_go_when_it_is_empty_goes_after_it_was_used() {
    let settings = RoomSettings { when_empty: WhenEmpty::Delete, ..RoomSettings::default() };
    let mut unused = World::new(settings.clone());
    unused.wait(Duration::from_secs(99));
    assert_eq!(unused.other, [Output::Unload]);

    let mut used = World::new(settings);
    used.enter(ADA);
    used.drop_socket(ADA, Departure::Broken);
    used.wait(Duration::from_secs(60));
    assert!(used.other.is_empty(), "she may come back");
    used.wait(Duration::from_secs(60));
    assert_eq!(used.other, [Output::Delete]);
}

#[test]
fn whoever_came_by_something_that_was_taken_back_has_to_leave_and_nobody_else() {
    let settings = RoomSettings { waiting_room: Switch::On, ..RoomSettings::default() };
    let mut world = World::new(settings);
    let by = |person, credential: &str, verified| Visitor {
        verified,
        credential_claims: CredentialClaims {
            credential: Some(credential.to_owned()),
            ..CredentialClaims::default()
        },
        ..World::visitor(person)
    };
    world.enter_with(ADA, by(ADA, "kept", VerifiedCredential::Key(Role::Host)));
    world.enter_with(BOB, by(BOB, "gone", VerifiedCredential::Key(Role::Host)));
    world.enter_with(EVE, by(EVE, "gone", VerifiedCredential::Link));
    world.input(Input::Revoke { credentials: vec!["other".to_owned(), "gone".to_owned()] });
    for person in [BOB, EVE] {
        assert_eq!(world.ears(person).turned_away(), Some(ErrorCode::CredentialRefused));
    }
    assert_eq!(world.people(), [ADA]);
    let back = world.resume(BOB, 1, 1);
    assert_eq!(back.turned_away(), Some(ErrorCode::SessionUnknown));
}

#[test]
fn nobody_sets_an_end_in_the_past() {
    let mut world = World::with([ADA, BOB]);
    for end in [START, protocol::Timestamp(0)] {
        world.forget();
        let ends_at = Some(Some(end));
        world.change(ADA, RoomSettingsPatch { ends_at, ..RoomSettingsPatch::default() });
        assert_eq!(world.ears(ADA).errors(), [ErrorCode::SettingsInvalid]);
    }
    assert_eq!(world.people(), [ADA, BOB]);
}

#[test]
fn a_role_goes_with_what_gave_it_also_when_its_bearer_came_back_by_something_less() {
    let mut world = World::with([ADA]);
    let credential_claims = |credential: &str| CredentialClaims {
        credential: Some(credential.to_owned()),
        ..CredentialClaims::default()
    };
    let by = |credential, verified| Visitor {
        verified,
        credential_claims: credential_claims(credential),
        ..World::visitor(BOB)
    };
    world.enter_with(BOB, by("of the host", VerifiedCredential::Key(Role::Host)));
    let earlier =
        Some(SessionClaims { credential_claims: credential_claims("of the host"), ..claims(BOB, 1) });
    world.enter_with(BOB, Visitor { earlier, ..by("of a guest", VerifiedCredential::Key(Role::Guest)) });
    assert_eq!(world.person(BOB).role, Role::Host);
    world.input(Input::Revoke { credentials: vec!["of the host".to_owned()] });
    assert_eq!(world.ears(BOB).turned_away(), Some(ErrorCode::CredentialRefused));
}

#[test]
fn an_earlier_token_brings_no_role_back_that_another_credential_gave() {
    let credential_claims = |credential: &str| CredentialClaims {
        credential: Some(credential.to_owned()),
        ..CredentialClaims::default()
    };
    for is_away in [false, true] {
        let mut world = World::with([ADA, BOB]);
        world.say(BOB, RoomMessage::Ping);
        let earlier = || Some(claims(BOB, 1));
        let verified = VerifiedCredential::Key(Role::Host);
        let as_host = Visitor {
            earlier: earlier(),
            verified,
            credential_claims: credential_claims("of the host"),
            ..World::visitor(BOB)
        };
        world.enter_with(BOB, as_host);
        assert_eq!(world.person(BOB).role, Role::Host);
        let revoked = Input::Revoke { credentials: vec!["of the host".to_owned()] };
        if is_away {
            world.say(BOB, RoomMessage::Leave);
            world.input(revoked);
            world.enter_with(BOB, Visitor { earlier: earlier(), ..World::visitor(BOB) });
            assert_eq!(world.person(BOB).role, Role::Guest);
        } else {
            world.enter_with(BOB, Visitor { earlier: earlier(), ..World::visitor(BOB) });
            world.input(revoked);
            assert_eq!(world.ears(BOB).turned_away(), Some(ErrorCode::CredentialRefused));
        }
    }
}

#[test]
fn a_room_that_another_server_has_lets_go_of_everybody_and_keeps_nothing() {
    let settings = RoomSettings { waiting_room: Switch::On, mesh_limit: 2, ..RoomSettings::default() };
    let mut world = World::begin(RoomInit { settings, sfu: Some(super::world::NODE), ..World::beginning() });
    for person in [ADA, BOB, CEM] {
        world.enter_as(person, Role::Host);
    }
    world.enter(EVE);
    world.forget();
    world.input(Input::Moved);
    for person in [ADA, BOB, CEM, EVE] {
        let ears = world.ears(person);
        assert_eq!(ears.closed, Some(CloseCode::MOVED));
        assert_eq!(ears.messages, [], "somebody who comes back is told everything anew");
    }
    assert_eq!(world.kept, []);
    let left: Vec<_> = world.orders.iter().filter(|(.., order)| *order == MediaOrder::Left).collect();
    assert_eq!(left.len(), 3, "{:?}", world.orders);
    assert!(matches!(&*world.other, [Output::Unload]), "{:?}", world.other);
}
