//! Chat: order, privacy, delivery, and what is told to the sender.

use std::time::Duration;

use protocol::{
    Allowed, ChatEntry, ChatId, ChatNumber, ChatTarget, Envelope, ErrorCode, Moderation, Right, RoomMessage,
    RoomSettings, RoomSettingsPatch, ServerMessage, Switch,
};
use room::{Change, Input, Output};
use uuid::Uuid;

use super::world::{ADA, BOB, CEM, World, id};

#[test]
fn what_somebody_writes_reaches_everybody_at_once_and_is_acknowledged_when_it_is_kept() {
    let mut world = World::with([ADA, BOB]);
    say(&mut world, BOB, 1, ChatTarget::Everyone);

    for reader in [ADA, BOB] {
        assert_eq!(numbers_heard(&world, reader), [1], "reader {reader}");
    }
    assert!(world.kept.iter().any(|change| matches!(change, Change::Chat(entry) if entry.from == id(BOB))));
    assert!(!was_told_kept(&world, BOB));

    world.input(Input::ChatKept { from: id(BOB), chat: chat_id(1) });
    assert!(was_told_kept(&world, BOB) && !was_told_kept(&world, ADA));
}

#[test]
fn a_message_to_one_is_heard_by_these_two_alone() {
    let mut world = World::with([ADA, BOB, CEM]);
    say(&mut world, BOB, 1, ChatTarget::Participant(id(ADA)));
    assert_eq!(numbers_heard(&world, ADA), [1]);
    assert_eq!(numbers_heard(&world, BOB), [1]);
    assert!(world.ears(CEM).messages.is_empty());
}

#[test]
fn a_message_to_nobody_or_oneself_is_refused() {
    let mut world = World::with([ADA, BOB]);
    say(&mut world, BOB, 1, ChatTarget::Participant(id(CEM)));
    say(&mut world, BOB, 2, ChatTarget::Participant(id(BOB)));
    assert_eq!(world.ears(BOB).errors(), [ErrorCode::ParticipantUnknown; 2]);
    assert!(world.kept.is_empty());
}

#[test]
fn a_message_sent_again_is_delivered_once_and_acknowledged_again() {
    let mut world = World::with([ADA, BOB]);
    say(&mut world, BOB, 1, ChatTarget::Everyone);
    say(&mut world, BOB, 1, ChatTarget::Everyone);
    assert_eq!(numbers_heard(&world, ADA), [1]);
    assert_eq!(world.kept.len(), 1);

    world.input(Input::ChatKept { from: id(BOB), chat: chat_id(1) });
    world.forget();
    say(&mut world, BOB, 1, ChatTarget::Everyone);
    assert!(was_told_kept(&world, BOB));
    assert!(world.ears(ADA).messages.is_empty() && world.kept.is_empty());
}

#[test]
fn a_message_that_could_not_be_kept_is_kept_when_it_is_sent_again() {
    let mut world = World::with([ADA, BOB]);
    say(&mut world, BOB, 1, ChatTarget::Everyone);
    world.input(Input::ChatNotKept { from: id(BOB), chat: chat_id(1) });
    assert!(world.ears(BOB).messages.contains(&ServerMessage::ChatNotKept { chat: chat_id(1) }));
    world.forget();

    say(&mut world, BOB, 1, ChatTarget::Everyone);

    assert_eq!(world.kept.len(), 1);
    assert!(world.ears(ADA).messages.is_empty(), "it was delivered the first time");
}

#[test]
fn a_message_that_survived_a_restart_is_known_and_numbers_go_on() {
    let mut world = World::with([ADA, BOB]);
    say(&mut world, BOB, 1, ChatTarget::Everyone);
    let entries: Vec<_> = world
        .kept
        .iter()
        .filter_map(|change| if let Change::Chat(entry) = change { Some(entry.clone()) } else { None })
        .collect();

    let mut world = World::restored(RoomSettings::default(), vec![], entries);
    world.enter(ADA);
    world.enter(BOB);
    world.forget();
    say(&mut world, BOB, 1, ChatTarget::Everyone);
    assert!(was_told_kept(&world, BOB));
    assert!(world.ears(ADA).messages.is_empty());
    say(&mut world, BOB, 2, ChatTarget::Everyone);
    assert_eq!(numbers_heard(&world, ADA), [2]);
}

#[test]
fn a_flood_is_stopped_and_its_sender_may_write_again_later() {
    let mut world = World::with([ADA, BOB]);
    for number in 0..15 {
        say(&mut world, BOB, number, ChatTarget::Everyone);
    }
    assert_eq!(numbers_heard(&world, ADA).len(), 10);
    assert_eq!(world.ears(BOB).errors(), [ErrorCode::ChatTooFast; 5]);
    world.forget();
    world.wait(Duration::from_secs(1));
    for number in 20..25 {
        say(&mut world, BOB, number, ChatTarget::Everyone);
    }
    assert_eq!(numbers_heard(&world, ADA).len(), 2);
}

#[test]
fn who_may_not_write_is_not_heard() {
    let mut world = World::with([ADA, BOB, CEM]);
    world.moderate(ADA, Moderation::Forbid { id: id(BOB), right: Right::Chat, forbidden: Switch::On });
    world.forget();
    say(&mut world, BOB, 1, ChatTarget::Everyone);
    assert_eq!(world.ears(BOB).errors(), [ErrorCode::NotAllowed]);

    world.change(ADA, RoomSettingsPatch { may_chat: Some(Allowed::Hosts), ..Default::default() });
    world.forget();
    say(&mut world, CEM, 2, ChatTarget::Everyone);
    say(&mut world, ADA, 3, ChatTarget::Everyone);
    assert_eq!(world.ears(CEM).errors(), [ErrorCode::NotAllowed]);
    assert_eq!(numbers_heard(&world, BOB), [1]);
}

#[test]
fn who_asks_for_older_messages_gets_them_alone() {
    let mut world = World::with([ADA, BOB]);
    world.say(BOB, RoomMessage::ReadChat { before: Some(ChatNumber(9)) });
    let [Output::ReadHistory { reader, before: Some(ChatNumber(9)) }] = &*world.other else {
        panic!("{:?}", world.other)
    };
    let reader = *reader;
    world.input(Input::HistoryRead { reader, entries: vec![], more: false });
    world.input(Input::HistoryNotRead { reader });
    let [ServerMessage::ChatHistory { .. }, ServerMessage::Error(error)] = &*world.ears(BOB).messages else {
        panic!("{:?}", world.ears(BOB).messages)
    };
    assert_eq!(error.code, ErrorCode::StorageUnavailable);
    assert!(world.ears(ADA).messages.is_empty());
}

#[test]
fn an_envelope_of_any_version_is_delivered_as_it_stands() {
    let mut world = World::with([ADA, BOB]);
    let envelope = Envelope::new(77, "c2VhbGVk".into()).unwrap();
    let to = ChatTarget::Everyone;
    world.say(BOB, RoomMessage::Chat { chat: chat_id(1), to, envelope: envelope.clone() });
    let heard: Vec<_> = entries_heard(&world, ADA).map(|entry| entry.envelope.clone()).collect();
    assert_eq!(heard, [envelope]);
}

fn say(world: &mut World, person: u128, number: u128, to: ChatTarget) {
    let envelope = Envelope::new(1, format!("message {number}")).unwrap();
    world.say(person, RoomMessage::Chat { chat: chat_id(number), to, envelope });
}

fn chat_id(number: u128) -> ChatId {
    ChatId(Uuid::from_u128(number))
}

fn entries_heard(world: &World, person: u128) -> impl Iterator<Item = &ChatEntry> {
    world
        .ears(person)
        .messages
        .iter()
        .filter_map(|message| if let ServerMessage::Chat { entry } = message { Some(entry) } else { None })
}

fn numbers_heard(world: &World, person: u128) -> Vec<u64> {
    entries_heard(world, person).map(|entry| entry.number.0).collect()
}

fn was_told_kept(world: &World, person: u128) -> bool {
    world.ears(person).messages.iter().any(|message| matches!(message, ServerMessage::ChatKept { .. }))
}
