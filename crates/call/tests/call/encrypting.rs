//! A call's part in end-to-end encryption: who is told which key, and when keys change.

use std::time::Duration;

use call::{ChatText, Command, Identity, Output, Secrecy};
use protocol::{
    ChatEntry, ChatId, ChatNumber, ChatTarget, ClientMessage, Joined, LeaveReason, Letter, Moderation,
    Participant, PublicKey, RoomCode, RoomKeyGrant, RoomSettings, ServerMessage, Timestamp, WaitingPerson,
};
use seal::{KeyPair, RoomSecret, SenderKey};
use uuid::Uuid;

use crate::support::{ADA, BOB, ME, TestCall, id, join, joined, name, participant, said};

/// A call of somebody who came with the link that has this secret, inside with these people.
fn in_room(secret: u8, people: &[Participant]) -> (TestCall, Vec<Output>) {
    let identity =
        Identity { secret: Some(RoomSecret::new([secret; 16])), ..Identity::of_seed(secret.into()) };
    let mut call = TestCall::of(call::Call::new(RoomCode::from_random(1), None, 7, identity));
    call.command(join());
    call.input(call::Input::SocketOpened);
    let outputs = call.hear_numbered(1, inside(people, None));
    (call, outputs)
}

fn inside(people: &[Participant], grant: Option<RoomKeyGrant>) -> ServerMessage {
    let ServerMessage::Joined(joined) = joined([], false) else { unreachable!() };
    let room_key = RoomSecret::new([1; 16]).id(&RoomCode::from_random(1));
    let settings = RoomSettings { room_key, ..RoomSettings::default() };
    ServerMessage::Joined(Box::new(Joined { participants: people.to_vec(), settings, grant, ..*joined }))
}

fn with_key(person: u128, key: &PublicKey) -> Participant {
    Participant { key: Some(key.clone()), ..participant(person) }
}

fn own_key(outputs: &[Output]) -> Option<SenderKey> {
    let key = |output: &Output| if let Output::SetOwnKey(key) = output { Some(key.clone()) } else { None };
    outputs.iter().rev().find_map(key)
}

fn letters(outputs: &[Output]) -> Vec<(protocol::ParticipantId, Letter)> {
    let letters = |message: ClientMessage| match message {
        ClientMessage::SendLetters { letters } => Vec::from(letters),
        _ => Vec::new(),
    };
    said(outputs).into_iter().flat_map(letters).map(|one| (one.to, one.letter)).collect()
}

fn public_key(call: &TestCall) -> PublicKey {
    KeyPair::new(call.0.private_key()).public().clone()
}

fn secrecy(call: &TestCall, person: u128) -> Secrecy {
    let people = call.0.snapshot().participants;
    people.iter().find(|one| one.participant.id == id(person)).unwrap().secrecy
}

/// The keys that come out of letters to a call, from somebody.
fn keys_heard(
    call: &mut TestCall,
    from: u128,
    letters: &[(protocol::ParticipantId, Letter)],
) -> Vec<SenderKey> {
    let mut keys = Vec::new();
    for (_, letter) in letters.iter().filter(|(to, _)| *to == id(ME)) {
        let outputs = call.hear(ServerMessage::Letter { from: id(from), letter: letter.clone() });
        keys.extend(outputs.into_iter().filter_map(|output| match output {
            Output::SetKeyOf { key, .. } => Some(key),
            _ => None,
        }));
    }
    keys
}

#[test]
fn who_comes_gets_the_next_step_and_nobody_else_has_to_be_told() {
    let (mut call, outputs) = in_room(1, &[]);
    let first = own_key(&outputs).unwrap();
    for (step, person) in [(1, ADA), (2, BOB)] {
        let pair = KeyPair::new([person as u8; 32]);
        let joined = ServerMessage::ParticipantJoined { participant: with_key(person, pair.public()) };
        let outputs = call.hear(joined);
        let now = own_key(&outputs).unwrap();
        assert_eq!((now.epoch(), now.step()), (first.epoch(), step));
        assert_eq!(letters(&outputs).iter().map(|(to, _)| *to).collect::<Vec<_>>(), [id(person)]);
        assert_eq!(secrecy(&call, person), Secrecy::Waiting);
    }
}

#[test]
fn who_goes_is_left_out_of_a_new_epoch_once_the_others_have_heard_of_it() {
    let [ada, bob] = [8, 9].map(|seed| KeyPair::new([seed; 32]));
    let people = [with_key(ADA, ada.public()), with_key(BOB, bob.public())];
    let (mut call, outputs) = in_room(1, &people);
    assert_eq!(letters(&outputs).iter().map(|(to, _)| *to).collect::<Vec<_>>(), [id(ADA), id(BOB)]);
    let before = own_key(&outputs).unwrap();

    let outputs = call.hear(ServerMessage::ParticipantLeft { id: id(BOB), reason: LeaveReason::Removed });
    assert!(own_key(&outputs).is_none() && letters(&outputs).is_empty());
    assert!(outputs.contains(&Output::ForgetKeysOf(id(BOB))));
    let outputs = call.wait(Duration::from_millis(300));
    assert_eq!(letters(&outputs).iter().map(|(to, _)| *to).collect::<Vec<_>>(), [id(ADA)]);
    assert_eq!(own_key(&outputs), None, "Ada may not have it yet");
    let after = own_key(&call.wait(Duration::from_secs(1))).unwrap();
    assert_eq!((after.epoch(), after.step()), (before.epoch() + 1, 0));
    assert_ne!(before.to_bytes()[7..], after.to_bytes()[7..]);
}

#[test]
fn a_letter_counts_once_from_its_sender_and_an_older_one_not_any_more() {
    let (mut mine, _) = in_room(1, &[]);
    let mut ada = call_of_ada(1);
    let early = letters(&ada.hear_numbered(1, inside(&[with_key(ME, &public_key(&mine))], None)));
    let bob = KeyPair::new([9; 32]);
    ada.hear(ServerMessage::ParticipantJoined { participant: with_key(BOB, bob.public()) });
    ada.hear(ServerMessage::ParticipantLeft { id: id(BOB), reason: LeaveReason::Left });
    let late = letters(&ada.wait(Duration::from_secs(2)));
    mine.hear(ServerMessage::ParticipantJoined { participant: with_key(ADA, &public_key(&ada)) });
    mine.hear(ServerMessage::ParticipantJoined { participant: with_key(BOB, bob.public()) });

    assert!(keys_heard(&mut mine, BOB, &late).is_empty(), "Bob did not write it");
    assert_eq!(secrecy(&mine, ADA), Secrecy::Waiting);
    assert_eq!(keys_heard(&mut mine, ADA, &late).len(), 1);
    assert_eq!(secrecy(&mine, ADA), Secrecy::Sealed);
    assert!(keys_heard(&mut mine, ADA, &early).is_empty(), "a server that sends it again changes nothing");
    mine.hear(ServerMessage::ParticipantLeft { id: id(ADA), reason: LeaveReason::Left });
    mine.hear(ServerMessage::ParticipantJoined { participant: with_key(ADA, &public_key(&ada)) });
    assert!(keys_heard(&mut mine, ADA, &early).is_empty(), "nor after it says that she was away");
    assert_eq!(keys_heard(&mut mine, ADA, &late).len(), 1);
}

/// Ada at the door, with the link that has this secret. To her, I am `ME`.
fn call_of_ada(secret: u8) -> TestCall {
    let identity = Identity { secret: Some(RoomSecret::new([secret; 16])), ..Identity::of_seed(77) };
    let mut call = TestCall::of(call::Call::new(RoomCode::from_random(1), None, 7, identity));
    call.command(join());
    call.input(call::Input::SocketOpened);
    call
}

#[test]
fn who_has_come_with_another_link_is_told_apart() {
    let (mut mine, _) = in_room(1, &[]);
    let mut ada = call_of_ada(2);
    let foreign = letters(&ada.hear_numbered(1, inside(&[with_key(ME, &public_key(&mine))], None)));
    mine.hear(ServerMessage::ParticipantJoined { participant: with_key(ADA, &public_key(&ada)) });
    mine.hear(ServerMessage::ParticipantJoined { participant: participant(BOB) });
    assert!(keys_heard(&mut mine, ADA, &foreign).is_empty());
    assert_eq!((secrecy(&mine, ADA), secrecy(&mine, BOB)), (Secrecy::OtherSecret, Secrecy::NotEncrypting));
}

#[test]
fn a_host_who_lets_somebody_in_gives_them_the_secret_and_the_page_keeps_it() {
    let (mut host, _) = in_room(1, &[]);
    let mut guest = call_of_ada(2);
    let waiting =
        WaitingPerson { id: id(ADA), name: name("Ada"), key: Some(public_key(&guest)), lacks_secret: true };
    host.hear(ServerMessage::WaitingRoom { people: vec![waiting] });
    let admit = Command::Moderate { moderation: Moderation::Admit { id: id(ADA), letter: None } };
    let outputs = said(&host.command(admit));
    let [ClientMessage::Moderate { moderation: Moderation::Admit { letter: Some(letter), .. } }] = &*outputs
    else {
        panic!("{outputs:?}")
    };
    let grant = RoomKeyGrant { from: public_key(&host), letter: letter.clone() };
    let outputs = guest.hear_numbered(1, inside(&[with_key(ME, &public_key(&host))], Some(grant)));
    assert!(outputs.contains(&Output::KeepSecret(RoomSecret::new([1; 16]))));
    assert_eq!(guest.0.secret(), host.0.secret());
}

#[test]
fn chat_is_read_by_those_with_the_secret_and_what_was_not_sealed_is_told_apart() {
    let (mut mine, _) = in_room(1, &[]);
    let chat = ChatId(Uuid::from_u128(5));
    let write = Command::Write { id: chat, to: ChatTarget::Everyone, text: "tea?".to_owned() };
    let outputs = said(&mine.command(write));
    let [ClientMessage::Chat { envelope, .. }] = &*outputs else { panic!("{outputs:?}") };
    assert!(envelope.text().is_none());
    let entry = ChatEntry {
        number: ChatNumber(1),
        id: chat,
        from: id(ME),
        name: name("Me"),
        to: ChatTarget::Everyone,
        at: Timestamp(1),
        envelope: envelope.clone(),
    };
    for (secret, text) in [(1, ChatText::Sealed("tea?".to_owned())), (2, ChatText::Closed)] {
        let mut reader = call_of_ada(secret);
        reader.hear_numbered(1, inside(&[participant(ME)], None));
        reader.hear(ServerMessage::Chat { entry: entry.clone() });
        assert_eq!(reader.0.chat()[0].text, text);
    }
    let long = Command::Write { id: chat, to: ChatTarget::Everyone, text: "x".repeat(9_000) };
    let unsent = call::Notice::NotSealed { text: "x".repeat(9_000) };
    assert_eq!(mine.command(long), [Output::Notify(unsent)]);
}

#[test]
fn the_longest_text_a_page_lets_through_can_be_sent_to_everybody_and_to_one() {
    let (mut mine, _) = in_room(1, &[]);
    let mut ada = call_of_ada(1);
    ada.hear_numbered(1, inside(&[with_key(ME, &public_key(&mine))], None));
    mine.hear(ServerMessage::ParticipantJoined { participant: with_key(ADA, &public_key(&ada)) });
    for (number, to) in [(5, ChatTarget::Everyone), (6, ChatTarget::Participant(id(ADA)))] {
        let text = "x".repeat(protocol::limits::MAX_CHAT_TEXT_BYTES);
        let outputs = said(&mine.command(Command::Write { id: ChatId(Uuid::from_u128(number)), to, text }));
        assert!(outputs.iter().any(|message| matches!(message, ClientMessage::Chat { .. })), "{to:?}");
    }
}

#[test]
fn what_was_meant_for_somebody_who_is_gone_goes_to_nobody_and_back_to_who_wrote_it() {
    let (mut mine, _) = in_room(1, &[]);
    let to = ChatTarget::Participant(id(BOB));
    let outputs =
        mine.command(Command::Write { id: ChatId(Uuid::from_u128(7)), to, text: "just you".to_owned() });
    assert_eq!(outputs, [Output::Notify(call::Notice::NotSealed { text: "just you".to_owned() })]);
}
