//! Connections that break, pages that are opened twice, servers that start anew.

use std::time::Duration;

use protocol::{
    DisplayName, ErrorCode, LeaveReason, MessageId, Presence, Reaction, Role, RoomFrame, RoomMessage,
    RoomSettings, Sequence, ServerMessage, Switch, Timestamp,
};
use room::{CredentialClaims, Departure, Input, Resumption, SessionClaims, Visitor};

use super::world::{ADA, BOB, CEM, EVE, World, claims, id, on_air};

#[test]
fn a_member_who_resumes_misses_nothing_and_hears_nothing_twice() {
    let mut world = World::with([ADA, BOB]);
    react(&mut world, Reaction::Heart);
    let last = world.ears(BOB).numbers.last().unwrap().0;
    world.drop_socket(BOB, Departure::Broken);
    react(&mut world, Reaction::Applause);
    react(&mut world, Reaction::Laughter);

    let heard = world.resume(BOB, 1, last);

    assert!(matches!(heard.messages[0], ServerMessage::Resumed { .. }));
    let reactions: Vec<_> = heard
        .messages
        .iter()
        .filter_map(
            |one| if let ServerMessage::Reacted { reaction, .. } = one { Some(*reaction) } else { None },
        )
        .collect();
    assert_eq!(reactions, [Reaction::Applause, Reaction::Laughter]);
    let numbers: Vec<_> = heard.numbers.iter().map(|number| number.0).collect();
    assert_eq!(numbers, (last + 1..=last + numbers.len() as u64).collect::<Vec<_>>());
    assert_eq!(world.people(), [ADA, BOB]);
}

#[test]
fn the_others_see_that_somebody_is_away_and_that_they_are_back() {
    let mut world = World::with([ADA, BOB]);
    world.drop_socket(BOB, Departure::Broken);
    assert_eq!(presence_heard(&world), [Presence::Away]);
    world.resume(BOB, 1, 1);
    assert_eq!(presence_heard(&world), [Presence::Away, Presence::Here]);
}

#[test]
fn a_message_that_is_said_again_is_taken_once() {
    let mut world = World::with([ADA, BOB]);
    let said = world.say(BOB, RoomMessage::React { reaction: Reaction::Heart });
    world.drop_socket(BOB, Departure::Broken);
    world.resume(BOB, 1, 1);
    assert_eq!(world.ears(BOB).received, Some(said), "the client learns what came");
    world.forget();

    world.say_as(BOB, Some(said), RoomMessage::React { reaction: Reaction::Heart });
    world.say_as(BOB, Some(MessageId(said.0 + 1)), RoomMessage::React { reaction: Reaction::Applause });

    let reactions =
        world.ears(ADA).messages.iter().filter(|one| matches!(one, ServerMessage::Reacted { .. }));
    assert_eq!(reactions.count(), 1);
}

#[test]
fn a_seat_is_given_up_after_its_time_and_taken_again_by_joining() {
    let mut world = World::with([ADA, BOB]);
    world.drop_socket(BOB, Departure::Broken);
    world.wait(Duration::from_secs(29));
    assert_eq!(world.people(), [ADA, BOB]);
    world.wait(Duration::from_secs(2));
    assert_eq!(world.people(), [ADA]);
    assert!(
        world
            .ears(ADA)
            .messages
            .contains(&ServerMessage::ParticipantLeft { id: id(BOB), reason: LeaveReason::Disconnected })
    );

    assert_eq!(world.resume(BOB, 1, 1).turned_away(), Some(ErrorCode::SessionUnknown));
    let again = Visitor { earlier: Some(claims(BOB, 1)), ..World::visitor(77) };
    assert_eq!(world.enter_with(BOB, again).joined().unwrap().you.id, id(BOB));
}

#[test]
fn a_second_resume_ends_the_older_socket_with_a_reason() {
    let mut world = World::with([ADA, BOB]);
    let older = world.sockets[&BOB];

    world.resume(BOB, 1, 1);

    assert_eq!(world.heard[&older].turned_away(), Some(ErrorCode::SessionTakenOver));
    assert_eq!(world.people(), [ADA, BOB]);
    world.input(Input::Disconnect { connection: older, departure: Departure::Broken });
    assert_eq!(world.person(BOB).presence, Presence::Here, "the older socket has no say any more");
}

#[test]
fn a_duplicated_tab_takes_the_seat_and_links_start_anew() {
    let mut world = World::with([ADA, BOB]);
    world.say(ADA, RoomMessage::SetHand { hand: Switch::On });
    world.forget();
    let older = world.sockets[&ADA];

    let twin = Visitor { earlier: Some(claims(ADA, 1)), ..World::visitor(77) };
    let joined = world.enter_with(ADA, twin).joined().unwrap().clone();

    assert_eq!(world.heard[&older].turned_away(), Some(ErrorCode::SessionTakenOver));
    assert_eq!((joined.you.id, joined.you.role, joined.continued), (id(ADA), Role::Host, false));
    assert!(joined.you.hand.is_some());
    let kinds: Vec<_> = world.ears(BOB).messages.iter().map(std::mem::discriminant).collect();
    let participant = world.person(ADA).clone();
    let left = ServerMessage::ParticipantLeft { id: id(ADA), reason: LeaveReason::Left };
    let joined = ServerMessage::ParticipantJoined { participant };
    assert_eq!(kinds, [std::mem::discriminant(&left), std::mem::discriminant(&joined)]);
}

#[test]
fn an_older_token_opens_nothing_and_leaves_the_owner_alone() {
    let mut world = World::with([ADA, BOB]);
    world.resume(BOB, 1, 1);
    world.say(BOB, RoomMessage::Ping); // The owner has used the second token now.
    world.forget();
    let owner = world.sockets[&BOB];

    let connection = {
        world.resume(BOB, 1, 1);
        world.sockets[&BOB]
    };

    assert_eq!(world.heard[&connection].turned_away(), Some(ErrorCode::SessionUnknown));
    assert_eq!(world.heard[&owner].closed, None);
    assert!(world.ears(ADA).messages.is_empty());
}

#[test]
fn a_token_of_another_stay_opens_nothing() {
    let mut world = World::with([ADA, BOB]);
    let owner = world.sockets[&BOB];
    let foreign = Resumption {
        claims: SessionClaims { session: super::world::session(EVE), ..claims(BOB, 9) },
        last: Sequence(1),
        media: on_air(),
        hand: Switch::On,
        browser: None,
        key: None,
    };
    let connection = room::ConnectionId(99);
    world.input(Input::Resume { connection, resumption: Box::new(foreign) });
    assert_eq!(world.heard[&connection].turned_away(), Some(ErrorCode::SessionUnknown));
    assert_eq!(world.heard[&owner].closed, None);
    assert_eq!(world.person(BOB).media.camera, Switch::Off);
}

#[test]
fn a_token_that_never_arrived_does_not_lock_its_owner_out() {
    let mut world = World::with([ADA, BOB]);
    world.resume(BOB, 1, 1);
    world.drop_socket(BOB, Departure::Broken); // The answer with the second token got lost.
    assert_eq!(world.resume(BOB, 1, 1).turned_away(), None);
}

#[test]
fn who_missed_more_than_is_kept_is_told_everything_anew_and_keeps_the_links() {
    let mut world = World::with([ADA, BOB]);
    world.drop_socket(BOB, Departure::Broken);
    for _ in 0..600 {
        react(&mut world, Reaction::Heart);
    }
    let heard = world.resume(BOB, 1, 1);
    let joined = heard.joined().unwrap();
    assert!(joined.continued);
    assert_eq!(joined.participants.len(), 1);
    let next = heard.numbers[0];

    world.drop_socket(BOB, Departure::Broken); // That was lost as well.
    let heard = world.resume(BOB, 1, next.0 - 1);
    assert!(heard.joined().is_some_and(|joined| joined.continued));
    assert!(heard.numbers[0] > next, "numbers are given once");
    assert!(heard.messages.iter().all(|one| !matches!(one, ServerMessage::Resumed { .. })), "one token");
}

#[test]
fn acknowledged_messages_are_not_kept() {
    let mut world = World::with([ADA, BOB]);
    react(&mut world, Reaction::Heart);
    let last = *world.ears(BOB).numbers.last().unwrap();
    let frame = RoomFrame { id: None, ack: Some(last), message: RoomMessage::Ping };
    world.input(Input::Message { connection: world.sockets[&BOB], frame });
    world.drop_socket(BOB, Departure::Broken);

    assert!(world.resume(BOB, 1, last.0 - 1).joined().is_some(), "it is not there to be repeated");
}

#[test]
fn after_a_restart_everybody_is_who_they_were() {
    let mut world = World::with([ADA, BOB]);
    world.say(ADA, RoomMessage::SetHand { hand: Switch::On });
    world.say(BOB, RoomMessage::Ping);
    world.moderate(ADA, protocol::Moderation::SetRole { id: id(BOB), role: Role::CoHost });
    let hand = world.person(ADA).hand;
    let seats = {
        let mut all = world.kept_seats();
        all.retain(|seat| seat.state == room::SeatState::Taken);
        all
    };
    assert_eq!(seats.len(), 2);

    let mut world = World::restored(RoomSettings { capacity: 2, ..RoomSettings::default() }, seats, vec![]);
    assert_eq!(world.people(), [ADA, BOB]);
    assert_eq!(world.enter(EVE).turned_away(), Some(ErrorCode::RoomFull), "the seats are kept");
    let connection = room::ConnectionId(50);
    world.sockets.insert(ADA, connection);
    let resumption = Resumption {
        claims: claims(ADA, 1),
        last: Sequence(40),
        media: on_air(),
        hand: Switch::On,
        browser: None,
        key: None,
    };
    world.input(Input::Resume { connection, resumption: Box::new(resumption) });
    world.resume(BOB, 1, 7);

    let joined = world.ears(ADA).joined().unwrap();
    assert!(joined.continued);
    assert_eq!(world.ears(ADA).numbers[0], Sequence(41), "numbers go on");
    assert_eq!((world.person(ADA).role, world.person(ADA).hand), (Role::Host, hand));
    assert_eq!(world.person(ADA).media, on_air());
    assert_eq!(world.person(BOB).role, Role::CoHost);
    assert_eq!(world.ears(BOB).joined().unwrap().participants[0].presence, Presence::Here);
    assert!(!world.ears(ADA).messages.iter().any(|one| matches!(one, ServerMessage::ParticipantLeft { .. })));
}

#[test]
fn after_a_restart_a_removed_person_stays_removed() {
    let mut world = World::with([ADA, BOB]);
    world.moderate(ADA, protocol::Moderation::Remove { id: id(BOB) });
    let seats = world.kept_seats();

    let mut world = World::restored(RoomSettings::default(), seats, vec![]);
    assert_eq!(world.resume(BOB, 5, 1).turned_away(), Some(ErrorCode::SessionUnknown));
}

#[test]
fn a_server_that_lost_a_seat_knows_by_the_signed_token_who_it_is_but_gives_no_role_for_it() {
    let mut world = World::new(RoomSettings::default());
    let earlier = SessionClaims { role: Role::CoHost, ..claims(BOB, 3) };
    let again = Visitor { earlier: Some(earlier.clone()), ..World::visitor(77) };
    let joined = world.enter_with(BOB, again.clone()).joined().unwrap().clone();
    assert_eq!((joined.you.id, joined.you.role), (id(BOB), Role::Guest), "it may have been taken away");

    let mut world = World::new(RoomSettings::default());
    let shown = Visitor { verified: room::VerifiedCredential::Key(Role::CoHost), ..again };
    assert_eq!(world.enter_with(BOB, shown).joined().unwrap().you.role, Role::CoHost);
}

#[test]
fn who_was_demoted_or_removed_stays_so_however_many_come_and_go() {
    let mut world = World::with([ADA, BOB, CEM]);
    world.moderate(ADA, protocol::Moderation::SetRole { id: id(BOB), role: Role::CoHost });
    world.moderate(ADA, protocol::Moderation::SetRole { id: id(BOB), role: Role::Guest });
    world.moderate(ADA, protocol::Moderation::Remove { id: id(CEM) });
    world.drop_socket(BOB, Departure::Closed);
    for person in 1000..3100 {
        world.enter(person);
        world.drop_socket(person, Departure::Broken);
        world.say(ADA, RoomMessage::Ping);
        world.wait(Duration::from_secs(31));
    }
    let before = Visitor { verified: room::VerifiedCredential::Link, ..World::visitor(77) };
    let with_role = |person| SessionClaims { role: Role::Host, ..claims(person, 9) };
    let again = Visitor { earlier: Some(with_role(BOB)), ..before.clone() };
    assert_eq!(world.enter_with(BOB, again).joined().unwrap().you.role, Role::Guest);

    world.change(
        ADA,
        protocol::RoomSettingsPatch { locked: Some(Switch::On), ..protocol::RoomSettingsPatch::default() },
    );
    let again = Visitor { earlier: Some(with_role(CEM)), participant: id(78), ..before };
    assert_eq!(world.enter_with(CEM, again).turned_away(), Some(ErrorCode::RoomLocked));
}

#[test]
fn who_left_first_is_forgotten_first() {
    let mut world = World::new(RoomSettings { capacity: 10, ..RoomSettings::default() });
    world.enter_as(ADA, Role::Host);
    for person in 1000..3005 {
        world.enter(person);
        world.drop_socket(person, Departure::Closed);
        world.wait(Duration::from_secs(11));
    }
    world.change(
        ADA,
        protocol::RoomSettingsPatch { locked: Some(Switch::On), ..protocol::RoomSettingsPatch::default() },
    );
    let again = |person| Visitor { earlier: Some(claims(person, 1)), ..World::visitor(person) };
    assert!(world.enter_with(3000, again(3000)).joined().is_some(), "they are remembered");
    assert_eq!(world.enter_with(1000, again(1000)).turned_away(), Some(ErrorCode::RoomLocked));
}

fn react(world: &mut World, reaction: Reaction) {
    world.say(ADA, RoomMessage::React { reaction });
}

fn presence_heard(world: &World) -> Vec<Presence> {
    let presence = |message: &ServerMessage| {
        if let ServerMessage::ParticipantUpdated { participant } = message {
            Some(participant.presence)
        } else {
            None
        }
    };
    world.ears(ADA).messages.iter().filter_map(presence).collect()
}

#[test]
fn a_hand_is_as_the_server_has_it_when_somebody_resumes() {
    let mut world = World::with([ADA, BOB]);
    world.say(BOB, RoomMessage::SetHand { hand: Switch::On });
    let raised = world.person(BOB).hand;
    world.drop_socket(BOB, Departure::Broken);
    world.resume(BOB, 1, 1); // Says that the hand is down: the news that it is up has not come.
    assert_eq!(world.person(BOB).hand, raised, "its place in the queue is kept");
}

#[test]
fn what_an_access_token_said_counts_also_when_its_bearer_comes_back() {
    let mut world = World::with([ADA]);
    let credential_claims = CredentialClaims {
        name: DisplayName::parse("Bob").ok(),
        until: Some(Timestamp(5)),
        credential: None,
    };
    let earlier = SessionClaims { credential_claims: credential_claims.clone(), ..claims(BOB, 1) };
    let again = Visitor { earlier: Some(earlier), ..World::visitor(77) };
    let joined = world.enter_with(BOB, again).joined().unwrap().clone();
    assert_eq!(joined.you.name.as_str(), "Bob", "and not what they say now");
}

#[test]
fn a_number_that_was_never_given_harms_nobody_and_is_not_counted_on_from() {
    let mut world = World::with([ADA, BOB]);
    for (generation, last) in [(1, u64::MAX - 1), (2, u64::MAX), (3, 1 << 53)] {
        let heard = world.resume(BOB, generation, last);
        assert!(heard.joined().is_some_and(|joined| joined.continued));
        assert!(heard.numbers.iter().all(|number| number.0 < 1000), "{:?}", heard.numbers);
        react(&mut world, Reaction::Heart);
    }
    let mut world = World::restored(RoomSettings::default(), vec![seat(BOB, u32::MAX)], vec![]);
    let heard = world.resume(BOB, u32::MAX, u64::MAX);
    assert!(heard.numbers.iter().all(|number| number.0 < 1 << 53), "{:?}", heard.numbers);
    world.resume(BOB, u32::MAX, u64::MAX);
    assert_eq!(world.people(), [BOB]);
}

#[test]
fn a_message_with_a_number_beyond_all_counting_does_not_lock_out_later_ones() {
    let mut world = World::with([ADA, BOB]);
    for number in [u64::MAX, u64::MAX - 1, 1 << 53] {
        world.say_as(BOB, Some(MessageId(number)), RoomMessage::Ping);
    }
    world.forget();
    world.say_as(BOB, Some(MessageId(6000)), RoomMessage::React { reaction: Reaction::Applause });
    assert_eq!(world.ears(ADA).messages.len(), 1);
    let frame = RoomFrame { id: None, ack: Some(Sequence(u64::MAX)), message: RoomMessage::Ping };
    world.input(Input::Message { connection: world.sockets[&BOB], frame });
    react(&mut world, Reaction::Heart);
    assert_eq!(world.people(), [ADA, BOB]);
}

fn seat(person: u128, generation: u32) -> room::SeatChange {
    room::SeatChange {
        participant: id(person),
        session: super::world::session(person),
        name: DisplayName::parse("Somebody").unwrap(),
        role: Role::Guest,
        hand: Some(protocol::HandNumber(u64::MAX)),
        forbidden: protocol::Forbidden::default(),
        state: room::SeatState::Taken,
        generation,
        browser: None,
        key: None,
        at: super::world::START,
    }
}
