//! A call's part in end-to-end encryption: who is told which key, and when keys change.

use std::time::Duration;

use call::{ChatText, Command, Identity, Notice, Output, Secrecy, SecretOrigin};
use protocol::{
    ChatEntry, ChatId, ChatNumber, ChatTarget, Joined, KeyMessage, LeaveReason, Moderation, Participant,
    PublicKey, RoomCode, RoomEncryption, RoomKeyGrant, RoomMessage, RoomSettings, ServerMessage, Timestamp,
    WaitingPerson,
};
use seal::{Context, KeyPair, Protection, Purpose, RoomSecret, SenderKey};
use uuid::Uuid;

use crate::support::{ADA, BOB, ME, TestCall, id, join, joined, name, participant, said};

/// A call of somebody who came with the link that has this secret, inside with these people.
fn in_room(secret: u8, people: &[Participant]) -> (TestCall, Vec<Output>) {
    let identity = Identity {
        secret: Some((RoomSecret::new([secret; 16]), SecretOrigin::Link)),
        ..Identity::of_seed(secret.into())
    };
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
    // Where I am one of the others, the one who is told so is Ada.
    let is_mine = people.iter().all(|one| one.id != id(ME));
    let you = if is_mine { joined.you.clone() } else { participant(ADA) };
    ServerMessage::Joined(Box::new(Joined { you, participants: people.to_vec(), settings, grant, ..*joined }))
}

fn with_key(person: u128, key: &PublicKey) -> Participant {
    Participant { key: Some(key.clone()), ..participant(person) }
}

fn own_key(outputs: &[Output]) -> Option<SenderKey> {
    let key = |output: &Output| if let Output::SetOwnKey(key) = output { Some(key.clone()) } else { None };
    outputs.iter().rev().find_map(key)
}

fn key_messages(outputs: &[Output]) -> Vec<(protocol::ParticipantId, KeyMessage)> {
    let key_messages = |message: RoomMessage| match message {
        RoomMessage::SendKeyMessages { key_messages } => Vec::from(key_messages),
        _ => Vec::new(),
    };
    said(outputs).into_iter().flat_map(key_messages).map(|one| (one.to, one.key_message)).collect()
}

fn public_key(call: &TestCall) -> PublicKey {
    KeyPair::new(call.0.private_key()).public().clone()
}

fn secrecy(call: &TestCall, person: u128) -> Secrecy {
    let people = call.0.snapshot().participants;
    people.iter().find(|one| one.participant.id == id(person)).unwrap().secrecy
}

/// The keys that come out of key messages to a call, from somebody.
fn keys_heard(
    call: &mut TestCall,
    from: u128,
    key_messages: &[(protocol::ParticipantId, KeyMessage)],
) -> Vec<SenderKey> {
    let mut keys = Vec::new();
    for (_, key_message) in key_messages.iter().filter(|(to, _)| *to == id(ME)) {
        let outputs =
            call.hear(ServerMessage::KeyMessage { from: id(from), key_message: key_message.clone() });
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
        assert_eq!(key_messages(&outputs).iter().map(|(to, _)| *to).collect::<Vec<_>>(), [id(person)]);
        assert_eq!(secrecy(&call, person), Secrecy::Waiting);
    }
}

#[test]
fn who_goes_is_left_out_of_a_new_epoch_once_the_others_have_heard_of_it() {
    let [ada, bob] = [8, 9].map(|seed| KeyPair::new([seed; 32]));
    let people = [with_key(ADA, ada.public()), with_key(BOB, bob.public())];
    let (mut call, outputs) = in_room(1, &people);
    assert_eq!(key_messages(&outputs).iter().map(|(to, _)| *to).collect::<Vec<_>>(), [id(ADA), id(BOB)]);
    let before = own_key(&outputs).unwrap();

    let outputs = call.hear(ServerMessage::ParticipantLeft { id: id(BOB), reason: LeaveReason::Removed });
    assert!(own_key(&outputs).is_none() && key_messages(&outputs).is_empty());
    assert!(outputs.contains(&Output::ForgetKeysOf(id(BOB))));
    let outputs = call.wait(Duration::from_millis(300));
    assert_eq!(key_messages(&outputs).iter().map(|(to, _)| *to).collect::<Vec<_>>(), [id(ADA)]);
    assert_eq!(own_key(&outputs), None, "Ada may not have it yet");
    let after = own_key(&call.wait(Duration::from_secs(1))).unwrap();
    assert_eq!((after.epoch(), after.step()), (before.epoch() + 1, 0));
    assert_ne!(before.to_bytes()[7..], after.to_bytes()[7..]);
}

#[test]
fn a_key_message_counts_once_from_its_sender_and_an_older_one_not_any_more() {
    let (mut mine, _) = in_room(1, &[]);
    let mut ada = call_of_ada(1);
    let early = key_messages(&ada.hear_numbered(1, inside(&[with_key(ME, &public_key(&mine))], None)));
    let bob = KeyPair::new([9; 32]);
    ada.hear(ServerMessage::ParticipantJoined { participant: with_key(BOB, bob.public()) });
    ada.hear(ServerMessage::ParticipantLeft { id: id(BOB), reason: LeaveReason::Left });
    let late = key_messages(&ada.wait(Duration::from_secs(2)));
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
    let identity = Identity {
        secret: Some((RoomSecret::new([secret; 16]), SecretOrigin::Link)),
        ..Identity::of_seed(77)
    };
    let mut call = TestCall::of(call::Call::new(RoomCode::from_random(1), None, 7, identity));
    call.command(join());
    call.input(call::Input::SocketOpened);
    call
}

#[test]
fn who_has_come_with_another_link_is_told_apart() {
    let (mut mine, _) = in_room(1, &[]);
    let mut ada = call_of_ada(2);
    let foreign = key_messages(&ada.hear_numbered(1, inside(&[with_key(ME, &public_key(&mine))], None)));
    mine.hear(ServerMessage::ParticipantJoined { participant: with_key(ADA, &public_key(&ada)) });
    mine.hear(ServerMessage::ParticipantJoined { participant: participant(BOB) });
    assert!(keys_heard(&mut mine, ADA, &foreign).is_empty());
    assert_eq!((secrecy(&mine, ADA), secrecy(&mine, BOB)), (Secrecy::OtherSecret, Secrecy::NotEncrypting));
}

/// Ada at the door, with nothing but the code.
fn call_with_bare_code() -> TestCall {
    let mut call = TestCall::of(call::Call::new(RoomCode::from_random(1), None, 7, Identity::of_seed(78)));
    call.command(join());
    call.input(call::Input::SocketOpened);
    call
}

/// What a host's page answers to somebody at the door who lacks the secret.
fn grant_of(host: &mut TestCall, to: &TestCall) -> RoomKeyGrant {
    let waiting =
        WaitingPerson { id: id(ADA), name: name("Ada"), key: Some(public_key(to)), lacks_secret: true };
    host.hear(ServerMessage::WaitingRoom { people: vec![waiting] });
    let admit = Command::Moderate { moderation: Moderation::Admit { id: id(ADA), key_message: None } };
    let outputs = said(&host.command(admit));
    let [RoomMessage::Moderate { moderation: Moderation::Admit { key_message: Some(key_message), .. } }] =
        &*outputs
    else {
        panic!("{outputs:?}")
    };
    RoomKeyGrant { from: public_key(host), key_message: key_message.clone() }
}

/// What a server seals with a key of its own.
fn grant_of_the_server(to: &TestCall) -> RoomKeyGrant {
    let pair = KeyPair::new([66; 32]);
    let room = RoomCode::from_random(1);
    let context = Context { room: &room, secret: None, purpose: Purpose::RoomSecret };
    let text = RoomSecret::new([66; 16]).to_text();
    let key_message = pair.seal(&public_key(to), context, [6; 12], text.as_bytes()).unwrap();
    RoomKeyGrant { from: pair.public().clone(), key_message }
}

/// Inside with the server's key as somebody's, in a room whose links are said to carry the server's secret.
fn inside_of_the_liar(grant: RoomKeyGrant, continued: bool) -> ServerMessage {
    let ServerMessage::Joined(joined) = inside(&[with_key(BOB, &grant.from)], None) else { unreachable!() };
    let room_key = RoomSecret::new([66; 16]).id(&RoomCode::from_random(1));
    let settings = RoomSettings { room_key, ..RoomSettings::default() };
    ServerMessage::Joined(Box::new(Joined { settings, grant: Some(grant), continued, ..*joined }))
}

#[test]
fn a_secret_from_a_link_or_remembered_or_made_here_is_never_replaced_and_the_page_says_that_somebody_tried() {
    for origin in [SecretOrigin::Link, SecretOrigin::Remembered, SecretOrigin::Maker] {
        let secret = RoomSecret::new([1; 16]);
        let identity = Identity { secret: Some((secret.clone(), origin)), ..Identity::of_seed(5) };
        let mut call = TestCall::of(call::Call::new(RoomCode::from_random(1), None, 7, identity));
        call.command(join());
        call.input(call::Input::SocketOpened);
        let grant = grant_of_the_server(&call);
        let mut outputs = call.hear_numbered(1, inside_of_the_liar(grant.clone(), false));
        outputs.extend(
            call.hear(ServerMessage::KeyMessage { from: id(BOB), key_message: grant.key_message.clone() }),
        );
        outputs.extend(call.hear_numbered(1, inside_of_the_liar(grant, false)));
        assert_eq!((call.0.secret(), call.0.secret_origin()), (&secret, origin));
        assert!(!outputs.iter().any(|output| matches!(output, Output::KeepSecret { .. })));
        let refusals = outputs.iter().filter(|output| **output == Output::Notify(Notice::KeyRefused));
        assert_eq!(refusals.count(), 1, "said once");
        let warnings = call.0.snapshot().key_warnings;
        assert!(warnings.refused_another && warnings.room_has_another, "{warnings:?}");
    }
}

#[test]
fn who_came_with_the_code_takes_a_secret_from_people_in_the_room_alone_and_is_marked_on_both_sides() {
    let (mut host, _) = in_room(1, &[]);
    let mut guest = call_with_bare_code();
    assert_eq!(guest.0.secret_origin(), SecretOrigin::Provisional);
    let stranger = grant_of_the_server(&guest);
    guest.hear_numbered(1, inside(&[with_key(ME, &public_key(&host))], Some(stranger)));
    assert_eq!(guest.0.secret_origin(), SecretOrigin::Provisional, "nobody here has that key");

    let mut guest = call_with_bare_code();
    let grant = grant_of(&mut host, &guest);
    let outputs = guest.hear_numbered(1, inside(&[with_key(ME, &public_key(&host))], Some(grant)));
    let kept = Output::KeepSecret { secret: RoomSecret::new([1; 16]), origin: SecretOrigin::Granted };
    assert!(outputs.contains(&kept));
    assert_eq!(guest.0.secret(), host.0.secret());
    assert!(guest.0.snapshot().key_warnings.was_granted && host.0.snapshot().key_warnings.was_passed_on);

    host.hear(ServerMessage::ParticipantJoined { participant: with_key(ADA, &public_key(&guest)) });
    assert!(
        host.0.snapshot().participants[0].unverified,
        "before any key message, and whatever the server says"
    );
    let to_guest = key_messages(&host.wait(Duration::from_secs(2)));
    assert_eq!(guest.0.snapshot().participants[0].secrecy, Secrecy::Waiting);
    for (_, key_message) in to_guest {
        guest.hear(ServerMessage::KeyMessage { from: id(ME), key_message });
    }
    assert!(guest.0.snapshot().participants[0].unverified, "the server may be anybody to me");

    host.command(Command::Verify { participant: id(ADA) });
    let outputs = guest.command(Command::Verify { participant: id(ME) });
    let kept = Output::KeepSecret { secret: RoomSecret::new([1; 16]), origin: SecretOrigin::Remembered };
    assert!(outputs.contains(&kept), "as good as from a link");
    for call in [&host, &guest] {
        let snapshot = call.0.snapshot();
        assert_eq!(snapshot.key_warnings, call::KeyWarnings::default());
        assert!(!snapshot.participants[0].unverified);
    }
    assert_eq!(host.0.safety_phrase().words(), guest.0.safety_phrase().words());
}

#[test]
fn everybody_hears_in_the_key_messages_of_a_page_to_whom_it_has_passed_the_secret_on() {
    let (mut mine, _) = in_room(1, &[]);
    let mut host = call_of_ada(1);
    host.hear_numbered(1, inside(&[with_key(ME, &public_key(&mine))], None));
    mine.hear(ServerMessage::ParticipantJoined { participant: with_key(ADA, &public_key(&host)) });
    let guest = KeyPair::new([9; 32]);
    mine.hear(ServerMessage::ParticipantJoined { participant: with_key(BOB, guest.public()) });
    let knocks = WaitingPerson {
        id: id(BOB),
        name: name("Bob"),
        key: Some(guest.public().clone()),
        lacks_secret: true,
    };
    host.hear(ServerMessage::WaitingRoom { people: vec![knocks] });
    host.command(Command::Moderate { moderation: Moderation::Admit { id: id(BOB), key_message: None } });
    let told = key_messages(&host.wait(Duration::from_secs(2)));
    assert_eq!(
        keys_heard(&mut mine, ADA, &told).len(),
        1,
        "with a key of a new epoch, so that none does without"
    );
    let snapshot = mine.0.snapshot();
    assert!(snapshot.key_warnings.was_passed_on);
    let bob = snapshot.participants.iter().find(|one| one.participant.id == id(BOB)).unwrap();
    assert!(bob.unverified);
    // Whoever sits in between has another key of his own among those admitted at one end.
    assert_ne!(mine.0.safety_phrase().admitted, call_of_ada(1).0.safety_phrase().admitted);
}

#[test]
fn verified_is_a_key_and_an_exchanged_one_is_not_and_is_shown() {
    let (mut mine, _) = in_room(1, &[]);
    let ada = KeyPair::new([8; 32]);
    mine.hear(ServerMessage::ParticipantJoined { participant: with_key(ADA, ada.public()) });
    mine.command(Command::Verify { participant: id(ADA) });
    let other = KeyPair::new([66; 32]);
    let outputs = mine.hear(ServerMessage::ParticipantUpdated { participant: with_key(ADA, other.public()) });
    assert!(outputs.contains(&Output::Notify(Notice::KeyChanged(name(&ADA.to_string())))));
    let shown = mine.0.snapshot().participants[0].clone();
    assert!(shown.unverified && shown.key_changed);

    let mut continued = in_room(1, &[]).0;
    continued.hear(ServerMessage::ParticipantJoined { participant: with_key(ADA, ada.public()) });
    let outputs = continued.hear_numbered(1, inside_again(&[with_key(ADA, other.public())]));
    assert!(outputs.contains(&Output::Notify(Notice::KeyChanged(name(&ADA.to_string())))));
    assert!(outputs.contains(&Output::ForgetKeysOf(id(ADA))));
}

fn inside_again(people: &[Participant]) -> ServerMessage {
    let ServerMessage::Joined(joined) = inside(people, None) else { unreachable!() };
    ServerMessage::Joined(Box::new(Joined { continued: true, ..*joined }))
}

#[test]
fn a_page_that_was_loaded_again_has_another_key_shows_that_it_is_the_same_and_hears_nothing_twice() {
    let (mut mine, _) = in_room(1, &[]);
    let mut ada = call_of_ada(1);
    let to_me = |ada: &mut TestCall, mine: &TestCall| {
        key_messages(&ada.hear_numbered(1, inside(&[with_key(ME, &public_key(mine))], None)))
    };
    let first = to_me(&mut ada, &mine);
    mine.hear(ServerMessage::ParticipantJoined { participant: with_key(ADA, &public_key(&ada)) });
    assert_eq!(keys_heard(&mut mine, ADA, &first).len(), 1);
    mine.command(Command::Verify { participant: id(ADA) });

    // The clock plays no part: only what the tab remembers.
    let former = vec![ada.0.private_key()];
    let secret = Some((RoomSecret::new([1; 16]), SecretOrigin::Link));
    let identity = Identity { secret, former, ..Identity::of_seed(79) };
    let mut again = TestCall::of(call::Call::new(RoomCode::from_random(1), None, 7, identity));
    again.command(join());
    again.input(call::Input::SocketOpened);
    assert_ne!(public_key(&again), public_key(&ada));
    mine.hear(ServerMessage::ParticipantLeft { id: id(ADA), reason: LeaveReason::Left });
    mine.hear(ServerMessage::ParticipantJoined { participant: with_key(ADA, &public_key(&again)) });
    let second = to_me(&mut again, &mine);
    assert_eq!(keys_heard(&mut mine, ADA, &second).len(), 1, "she is heard");
    let shown = mine.0.snapshot().participants[0].clone();
    assert!(!shown.unverified && !shown.key_changed, "{shown:?}");

    // To my page, loaded again, nothing old is played again.
    let (mut mine_again, _) = in_room(1, &[with_key(ADA, &public_key(&ada))]);
    mine_again.0 = reloaded(&mine);
    assert!(keys_heard(&mut mine_again, ADA, &first).is_empty());
}

/// My page after it was loaded again, inside with Ada.
fn reloaded(mine: &TestCall) -> call::Call {
    let secret = Some((RoomSecret::new([1; 16]), SecretOrigin::Link));
    let former = vec![mine.0.private_key()];
    let identity = Identity { secret, former, ..Identity::of_seed(80) };
    let mut call = TestCall::of(call::Call::new(RoomCode::from_random(1), None, 7, identity));
    call.command(join());
    call.input(call::Input::SocketOpened);
    call.hear_numbered(1, inside(&[with_key(ADA, &public_key(&call_of_ada(1)))], None));
    call.0
}

#[test]
fn what_a_page_wrote_under_a_secret_of_its_own_is_said_again_when_it_gets_the_room_s() {
    let (mut host, _) = in_room(1, &[]);
    let mut guest = call_with_bare_code();
    // First in the room: the secret that the guest's page drew is the room's.
    guest.hear_numbered(1, joined([], false));
    let chat = ChatId(Uuid::from_u128(5));
    guest.command(Command::Write { id: chat, to: ChatTarget::Everyone, text: "is anybody here?".to_owned() });

    host.hear(ServerMessage::ParticipantJoined { participant: with_key(ADA, &public_key(&guest)) });
    let update = |room_key| ServerMessage::RoomUpdated {
        settings: RoomSettings { room_key, ..RoomSettings::default() },
        password: false,
    };
    let room_key = RoomSecret::new([1; 16]).id(&RoomCode::from_random(1));
    guest.hear(update(room_key));
    guest.hear(ServerMessage::ParticipantJoined { participant: with_key(BOB, &public_key(&host)) });
    assert!(guest.0.snapshot().key_warnings.room_has_another);
    let outputs = host.command(Command::ShareSecret { with: id(ADA) });
    let [(_, key_message)] = &*key_messages(&outputs) else { panic!("{outputs:?}") };
    let outputs = guest.hear(ServerMessage::KeyMessage { from: id(BOB), key_message: key_message.clone() });
    assert_eq!((guest.0.secret(), guest.0.secret_origin()), (host.0.secret(), SecretOrigin::Granted));
    let again = said(&outputs).into_iter().find_map(|message| match message {
        RoomMessage::Chat { chat, envelope, .. } => Some((chat, envelope)),
        _ => None,
    });
    let (again, envelope) = again.unwrap();
    assert_ne!(again, chat, "the server knows that id already");
    assert_eq!(guest.0.chat().len(), 1, "and its writer sees it once");
    let entry = ChatEntry {
        number: ChatNumber(1),
        id: again,
        from: id(ME),
        name: name("Me"),
        to: ChatTarget::Everyone,
        at: Timestamp(1),
        envelope,
    };
    let mut reader = call_of_ada(1);
    reader.hear_numbered(1, inside(&[participant(ME)], None));
    reader.hear(ServerMessage::Chat { entry });
    assert_eq!(reader.0.chat()[0].text, ChatText::Sealed("is anybody here?".to_owned()));
}

#[test]
fn a_change_of_key_that_is_under_way_is_not_put_off_by_those_who_go_meanwhile() {
    let pairs: Vec<_> = (0..20).map(|seed| KeyPair::new([seed + 100; 32])).collect();
    let people: Vec<_> =
        pairs.iter().enumerate().map(|(at, pair)| with_key(1_000 + at as u128, pair.public())).collect();
    let (mut call, outputs) = in_room(1, &people);
    let before = own_key(&outputs).unwrap();
    let mut outputs = Vec::new();
    for person in &people[..10] {
        let (id, reason) = (person.id, LeaveReason::Left);
        outputs.extend(call.hear(ServerMessage::ParticipantLeft { id, reason }));
        outputs.extend(call.wait(Duration::from_millis(150)));
    }
    let after = own_key(&outputs).expect("a new key within a second and a half");
    assert!(after.epoch() > before.epoch());
    assert!(
        own_key(&call.wait(Duration::from_secs(3))).unwrap().epoch() > after.epoch(),
        "and then the last"
    );
}

#[test]
fn who_comes_when_an_epoch_has_no_further_step_gets_one_of_a_new_epoch() {
    let (mut call, outputs) = in_room(1, &[]);
    let first = own_key(&outputs).unwrap();
    let mut last = first.clone();
    for person in 0..256_u128 {
        let pair = KeyPair::new([(person % 250) as u8 + 1; 32]);
        let participant = with_key(10_000 + person, pair.public());
        let outputs = call.hear(ServerMessage::ParticipantJoined { participant });
        let now = own_key(&outputs).expect("each newcomer makes for another key");
        assert_ne!(now.to_bytes()[7..], last.to_bytes()[7..]);
        last = now;
    }
    assert_eq!((last.epoch(), last.step()), (first.epoch() + 1, 0));
}

#[test]
fn chat_is_read_by_those_with_the_secret_and_what_was_not_sealed_is_told_apart() {
    let (mut mine, _) = in_room(1, &[]);
    let chat = ChatId(Uuid::from_u128(5));
    let write = Command::Write { id: chat, to: ChatTarget::Everyone, text: "tea?".to_owned() };
    let outputs = said(&mine.command(write));
    let [RoomMessage::Chat { envelope, .. }] = &*outputs else { panic!("{outputs:?}") };
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
    let unsent = Notice::NotSealed { text: "x".repeat(9_000) };
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
        assert!(
            outputs.iter().any(|message| matches!(message, RoomMessage::Chat { .. })),
            "{to:?}: {outputs:?}"
        );
    }
}

#[test]
fn what_was_meant_for_somebody_who_is_gone_goes_to_nobody_and_back_to_who_wrote_it() {
    let (mut mine, _) = in_room(1, &[]);
    let to = ChatTarget::Participant(id(BOB));
    let outputs =
        mine.command(Command::Write { id: ChatId(Uuid::from_u128(7)), to, text: "just you".to_owned() });
    assert_eq!(outputs, [Output::Notify(Notice::NotSealed { text: "just you".to_owned() })]);
}

#[test]
fn who_is_given_the_secret_while_they_send_plaintext_falls_silent_until_they_have_decided() {
    let protections = |outputs: &[Output]| -> Vec<Protection> {
        let now = |output: &Output| if let Output::Protect(now) = output { Some(*now) } else { None };
        outputs.iter().filter_map(now).collect()
    };
    for is_at_the_door in [true, false] {
        let identity = Identity::of_seed(5);
        let mut call = TestCall::of(call::Call::new(RoomCode::from_random(1), None, 7, identity));
        call.command(Command::LobbyShows { encryption: RoomEncryption::Transport });
        call.command(join());
        call.input(call::Input::SocketOpened);
        let grant = grant_of_the_server(&call);
        let ServerMessage::Joined(joined) = inside_of_the_liar(grant.clone(), false) else { unreachable!() };
        let settings = RoomSettings { encryption: RoomEncryption::Transport, ..joined.settings.clone() };
        let at_the_door = joined.grant.clone().filter(|_| is_at_the_door);
        let joined = Joined { settings, grant: at_the_door, ..*joined };
        let mut outputs = call.hear_numbered(1, ServerMessage::Joined(Box::new(joined)));
        if !is_at_the_door {
            assert_eq!(protections(&outputs), [Protection::Plaintext]);
            let key_message = grant.key_message.clone();
            outputs = call.hear(ServerMessage::KeyMessage { from: id(BOB), key_message });
        }
        assert_eq!(call.0.secret_origin(), SecretOrigin::Granted);
        assert_eq!(protections(&outputs).last(), Some(&Protection::Withheld), "{is_at_the_door}");
        let outputs = call.command(Command::AcceptTransport);
        assert_eq!(protections(&outputs), [Protection::Plaintext]);
    }
}
