//! Recording: who may, who is asked, what the recorder is told, and what outlives a crash.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use protocol::limits::RECORDING_BURST;
use protocol::{
    ChatId, ChatTarget, Consent, Envelope, ErrorCode, KeyId, MediaVia, Moderation, PublicKey, Reaction,
    RecordingEnd, RecordingId, RecordingKey, RecordingKeys, RecordingState, Role, RoomEncryption, RoomKeyId,
    RoomMessage, RoomSettings, SealedKey, ServerMessage, Switch, TopologyReason,
};
use room::{
    Change, Departure, DrawRecordings, Input, KeptRecording, RecordedFact, RecordingEffect, RoomInit,
    VerifiedCredential, Visitor,
};
use uuid::Uuid;

use super::world::{ADA, BOB, CEM, EVE, NODE, START, World, id, on_air};

/// Numbers them.
struct Numbered(AtomicU64);

impl DrawRecordings for Numbered {
    fn draw(&self) -> RecordingId {
        RecordingId(Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1))
    }
}

fn recorder() -> Option<Box<dyn DrawRecordings>> {
    Some(Box::new(Numbered(AtomicU64::new(0))))
}

/// Of a room in which nothing is sealed.
fn unsealed() -> RoomSettings {
    RoomSettings { encryption: RoomEncryption::Transport, ..RoomSettings::default() }
}

fn beginning() -> RoomInit {
    RoomInit { sfu: Some(NODE), recorder: recorder(), settings: unsealed(), ..World::beginning() }
}

fn secret(letter: char) -> RoomKeyId {
    RoomKeyId::new(String::from(letter).repeat(11)).unwrap()
}

/// A host in a room in which all is sealed, whose page has this secret.
fn sealed() -> World {
    let mut world = World::begin(RoomInit { settings: RoomSettings::default(), ..beginning() });
    world.enter_with(ADA, sealing(ADA, VerifiedCredential::Key(Role::Host)));
    world.say(ADA, RoomMessage::Ping);
    world.forget();
    world
}

fn sealing(person: u128, verified: VerifiedCredential) -> Visitor {
    let key = PublicKey::new(format!("{person:A>42}A")).unwrap();
    Visitor { key: Some(key), room_key: Some(secret('a')), verified, ..World::visitor(person) }
}

fn change_rules(world: &mut World, settings: RoomSettings) {
    world.input(Input::SettingsChanged { settings, password: false, is_new_password: false });
}

/// A host, a guest, and a server that records.
fn two() -> World {
    let mut world = World::begin(beginning());
    world.enter_as(ADA, Role::Host);
    world.enter(BOB);
    for person in [ADA, BOB] {
        world.say(person, RoomMessage::Ping);
    }
    world.forget();
    world
}

fn recorded() -> (World, RecordingId) {
    let mut world = two();
    world.say(ADA, RoomMessage::StartRecording);
    let recording = world.room.recording().unwrap().id;
    (world, recording)
}

fn answer(world: &mut World, person: u128, recording: RecordingId, consent: Consent) {
    world.say(person, RoomMessage::AnswerRecording { recording, consent });
}

fn told(world: &World, person: u128) -> Vec<(Option<RecordingState>, Option<RecordingEnd>)> {
    let of = |message: &ServerMessage| {
        if let ServerMessage::Recording { recording, ended } = message {
            return Some((recording.clone(), *ended));
        }
        None
    };
    world.ears(person).messages.iter().filter_map(of).collect()
}

fn keys(number: u64) -> RecordingKeys {
    let sealed = SealedKey::new("box".to_owned()).unwrap();
    RecordingKeys::try_from(vec![RecordingKey { key: KeyId::new(number).unwrap(), sealed }]).unwrap()
}

fn facts(world: &World) -> Vec<&RecordedFact> {
    let fact = |effect: &'_ RecordingEffect| matches!(effect, RecordingEffect::Log(_));
    let logs = world.recorder.iter().filter(|effect| fact(effect));
    logs.filter_map(|effect| if let RecordingEffect::Log(fact) = effect { Some(fact) } else { None })
        .collect()
}

fn kept(world: &World) -> Option<KeptRecording> {
    let of = |change: &Change| {
        if let Change::Recording(kept) = change { Some(kept.clone()) } else { None }
    };
    world.kept.iter().rev().find_map(of).flatten()
}

#[test]
fn a_host_starts_a_recording_and_everybody_is_told_and_nobody_is_recorded_yet() {
    let (world, recording) = recorded();
    let state = RecordingState { id: recording, started_by: id(ADA), started: START, key: None };
    for person in [ADA, BOB] {
        assert_eq!(told(&world, person), [(Some(state.clone()), None)]);
        assert_eq!(world.person(person).recorded, Some(Consent::NotAnswered));
    }
    assert_eq!(world.recorder[0], RecordingEffect::Start(state.clone()));
    assert!(matches!(
        world.recorder[1..],
        [
            RecordingEffect::Log(RecordedFact::Joined { .. }),
            RecordingEffect::Log(RecordedFact::Joined { .. })
        ]
    ));
    assert_eq!(kept(&world), Some(KeptRecording { state, answers: vec![] }));
    let done = |change: &Change| matches!(change, Change::Done { action: "recording.started", .. });
    assert!(world.kept.iter().any(done), "it is in the audit log");
}

#[test]
fn who_does_not_moderate_neither_starts_nor_stops() {
    let mut world = two();
    world.say(BOB, RoomMessage::StartRecording);
    assert_eq!((world.ears(BOB).errors(), world.room.recording()), (vec![ErrorCode::NotAllowed], None));
    world.say(ADA, RoomMessage::StartRecording);
    let recording = world.room.recording().unwrap().id;
    world.forget();
    world.say(BOB, RoomMessage::StopRecording { recording });
    assert_eq!(world.ears(BOB).errors(), [ErrorCode::NotAllowed]);
    assert!(world.room.recording().is_some() && world.recorder.is_empty());
    world.moderate(ADA, Moderation::SetRole { id: id(BOB), role: Role::CoHost });
    world.say(BOB, RoomMessage::StopRecording { recording });
    assert_eq!(world.room.recording(), None);
    assert_eq!(world.recorder.last(), Some(&RecordingEffect::Stop { reason: RecordingEnd::Stopped }));
}

#[test]
fn without_a_recorder_or_a_forwarding_unit_it_is_refused_with_a_reason() {
    let without_recorder = RoomInit { sfu: Some(NODE), ..World::beginning() };
    let without_media = RoomInit { recorder: recorder(), ..World::beginning() };
    for init in [without_recorder, without_media] {
        let mut world = World::begin(init);
        world.enter_as(ADA, Role::Host);
        world.say(ADA, RoomMessage::StartRecording);
        assert_eq!(world.ears(ADA).errors(), [ErrorCode::RecordingUnavailable]);
        assert_eq!((world.room.recording(), world.recorder.len()), (None, 0));
    }
}

#[test]
fn two_hosts_who_start_at_once_make_one_recording() {
    let mut world = two();
    world.moderate(ADA, Moderation::SetRole { id: id(BOB), role: Role::CoHost });
    world.forget();
    world.say(ADA, RoomMessage::StartRecording);
    world.say(BOB, RoomMessage::StartRecording);
    let starts = world.recorder.iter().filter(|effect| matches!(effect, RecordingEffect::Start(_)));
    assert_eq!((starts.count(), told(&world, BOB).len(), world.ears(BOB).errors()), (1, 1, vec![]));
}

#[test]
fn only_who_agrees_is_recorded_and_their_keys_are_kept() {
    let (mut world, recording) = recorded();
    world.say(ADA, RoomMessage::SetMedia { media: on_air() });
    world.say(BOB, RoomMessage::SetMedia { media: on_air() });
    world.forget();
    world.say(ADA, RoomMessage::KeepRecordingKeys { recording, keys: keys(1) });
    assert_eq!(world.recorder, [], "before the answer no key is taken");
    answer(&mut world, ADA, recording, Consent::Given);
    answer(&mut world, BOB, recording, Consent::Refused);
    let fact = |participant, consent| RecordingEffect::Log(RecordedFact::Consent { participant, consent });
    assert_eq!(
        world.recorder,
        [
            RecordingEffect::Consented { participant: id(ADA) },
            fact(id(ADA), Consent::Given),
            RecordingEffect::Log(RecordedFact::Media { participant: id(ADA), media: on_air() }),
            RecordingEffect::NoLonger { participant: id(BOB) },
            fact(id(BOB), Consent::Refused),
        ]
    );
    let updated = |message: &ServerMessage| {
        let ServerMessage::ParticipantUpdated { participant } = message else { return None };
        Some((participant.id, participant.recorded))
    };
    let answers: Vec<_> = world.ears(BOB).messages.iter().filter_map(updated).collect();
    assert_eq!(answers, [(id(ADA), Some(Consent::Given)), (id(BOB), Some(Consent::Refused))]);
    world.forget();
    world.say(ADA, RoomMessage::KeepRecordingKeys { recording, keys: keys(2) });
    world.say(BOB, RoomMessage::KeepRecordingKeys { recording, keys: keys(3) });
    let of_ada = RecordingEffect::Keys { participant: id(ADA), keys: keys(2).into() };
    assert_eq!(world.recorder, [of_ada], "and none of who refused");
}

#[test]
fn what_those_do_who_have_not_agreed_is_not_noted() {
    let (mut world, recording) = recorded();
    answer(&mut world, ADA, recording, Consent::Given);
    world.forget();
    for person in [ADA, BOB] {
        world.say(person, RoomMessage::SetMedia { media: on_air() });
        world.say(person, RoomMessage::SetHand { hand: Switch::On });
        world.say(person, RoomMessage::React { reaction: Reaction::Heart });
        for to in [ChatTarget::Everyone, ChatTarget::Participant(id(if person == ADA { BOB } else { ADA }))] {
            let chat = ChatId(Uuid::from_u128(person * 10 + u128::from(to == ChatTarget::Everyone)));
            let envelope = Envelope::new(Envelope::SEALED, "AAAA".to_owned()).unwrap();
            world.say(person, RoomMessage::Chat { chat, to, envelope });
            world.input(Input::ChatKept { from: id(person), chat });
        }
    }
    let facts = facts(&world);
    assert!(
        matches!(facts[..], [
            RecordedFact::Media { .. },
            RecordedFact::Hand { hand: Some(_), .. },
            RecordedFact::Reacted { .. },
            RecordedFact::Chat(entry),
        ] if entry.from == id(ADA) && entry.to == ChatTarget::Everyone),
        "of Ada, and nothing of what is for one: {facts:?}"
    );
}

#[test]
fn consent_is_taken_back_at_once_and_as_often_as_it_is_given() {
    let (mut world, recording) = recorded();
    let mut is_refused = false;
    for _ in 0..100 {
        world.forget();
        answer(&mut world, BOB, recording, Consent::Given);
        is_refused |= world.ears(BOB).errors() == [ErrorCode::RateLimited];
        let is_recorded = world.person(BOB).recorded == Some(Consent::Given);
        answer(&mut world, BOB, recording, Consent::TakenBack);
        assert_eq!(world.person(BOB).recorded, Some(Consent::TakenBack));
        let no_longer = RecordingEffect::NoLonger { participant: id(BOB) };
        assert_eq!(world.recorder.contains(&no_longer), is_recorded);
    }
    assert!(is_refused, "only giving it is limited");
}

#[test]
fn who_refused_after_agreeing_has_taken_it_back_and_an_answer_to_another_recording_is_none() {
    let (mut world, recording) = recorded();
    answer(&mut world, BOB, RecordingId(Uuid::from_u128(77)), Consent::Given);
    assert_eq!(world.person(BOB).recorded, Some(Consent::NotAnswered));
    answer(&mut world, BOB, recording, Consent::Given);
    answer(&mut world, BOB, recording, Consent::Refused);
    assert_eq!(world.person(BOB).recorded, Some(Consent::TakenBack));
    answer(&mut world, BOB, recording, Consent::NotAnswered);
    assert_eq!(world.person(BOB).recorded, Some(Consent::TakenBack), "that is no answer");
}

#[test]
fn who_comes_is_told_and_asked_and_who_comes_with_another_page_is_asked_again() {
    let (mut world, recording) = recorded();
    let joined = world.enter(CEM).joined().unwrap().clone();
    assert_eq!(joined.recording.map(|state| state.id), Some(recording));
    assert_eq!(joined.you.recorded, Some(Consent::NotAnswered));
    answer(&mut world, BOB, recording, Consent::Given);
    world.forget();
    // A page that resumes is the same page.
    world.drop_socket(BOB, Departure::Broken);
    world.resume(BOB, 1, 100);
    assert_eq!(world.person(BOB).recorded, Some(Consent::Given));
    assert!(!world.recorder.contains(&RecordingEffect::NoLonger { participant: id(BOB) }));
    world.drop_socket(BOB, Departure::Closed);
    assert!(world.recorder.contains(&RecordingEffect::NoLonger { participant: id(BOB) }));
    world.enter(BOB);
    assert_eq!(world.person(BOB).recorded, Some(Consent::NotAnswered));
}

#[test]
fn when_nobody_is_left_the_recording_is_over() {
    let (mut world, _) = recorded();
    world.say(ADA, RoomMessage::Leave);
    assert!(world.room.recording().is_some(), "whoever started it may go");
    world.say(BOB, RoomMessage::Leave);
    assert_eq!(world.recorder.last(), Some(&RecordingEffect::Stop { reason: RecordingEnd::RoomEmpty }));
    assert_eq!((world.room.recording(), kept(&world)), (None, None));
}

#[test]
fn a_recorder_that_fails_ends_the_recording_and_everybody_is_told_why() {
    let (mut world, recording) = recorded();
    answer(&mut world, BOB, recording, Consent::Given);
    world.forget();
    let reason = RecordingEnd::DiskFull;
    world.input(Input::RecordingFailed { recording: RecordingId(Uuid::from_u128(77)), reason });
    assert!(world.room.recording().is_some(), "that was another one");
    world.input(Input::RecordingFailed { recording, reason });
    for person in [ADA, BOB] {
        assert_eq!(told(&world, person), [(None, Some(reason))]);
        assert_eq!(world.person(person).recorded, None);
    }
    assert_eq!((world.recorder.len(), kept(&world)), (0, None));
    answer(&mut world, ADA, recording, Consent::Given);
    assert_eq!((world.recorder.len(), world.person(ADA).recorded), (0, None), "it came too late");
}

#[test]
fn a_recording_goes_on_after_a_crash_with_those_who_had_agreed() {
    let (mut world, recording) = recorded();
    for person in [ADA, BOB] {
        world.say(person, RoomMessage::Ping);
    }
    answer(&mut world, ADA, recording, Consent::Given);
    let (recording_kept, seats) = (kept(&world), kept_of_both(&mut world));
    let again = RoomInit { seats, recording: recording_kept, ..beginning() };
    let mut world = World::begin(again);
    world.input(Input::UseNode { node: NODE });
    assert_eq!(world.room.recording().map(|state| state.id), Some(recording));
    assert!(
        matches!(world.recorder[0], RecordingEffect::Start(RecordingState { id, .. }) if id == recording)
    );
    assert!(world.recorder.contains(&RecordingEffect::Consented { participant: id(ADA) }));
    let joined = world.resume(ADA, 1, 0).joined().unwrap().clone();
    assert_eq!(joined.you.recorded, Some(Consent::Given), "the page that comes back is the same");
    assert_eq!(joined.topology.via, MediaVia::Sfu(NODE), "it is still the server that gets everything");
    let bob = joined.participants.iter().find(|one| one.id == id(BOB)).unwrap();
    assert_eq!(bob.recorded, Some(Consent::NotAnswered));
    // Nobody comes back but Ada; who has answered nothing is not waited for.
    world.wait(Duration::from_secs(31));
    assert!(world.room.recording().is_some());
}

/// The seats of a host and a guest as they are in storage.
fn kept_of_both(world: &mut World) -> Vec<room::SeatChange> {
    for person in [ADA, BOB] {
        for hand in [Switch::On, Switch::Off] {
            world.say(person, RoomMessage::SetHand { hand });
        }
    }
    world.kept_seats()
}

#[test]
fn after_a_crash_in_which_nobody_is_left_or_nothing_can_record_it_is_over() {
    let (mut world, _) = recorded();
    let (recording, seats) = (kept(&world), kept_of_both(&mut world));
    let empty = World::begin(RoomInit { recording: recording.clone(), ..beginning() });
    let mut empty = empty;
    empty.input(Input::UseNode { node: NODE });
    assert_eq!(empty.recorder.last(), Some(&RecordingEffect::Stop { reason: RecordingEnd::RoomEmpty }));
    assert_eq!(kept(&empty), None);
    let without = RoomInit { sfu: Some(NODE), seats, recording, ..World::beginning() };
    let mut without = World::begin(without);
    without.input(Input::UseNode { node: NODE });
    assert!(without.kept.contains(&Change::Recording(None)), "nobody takes it for going on");
    assert_eq!((without.room.recording(), without.recorder.len()), (None, 0));
}

#[test]
fn a_room_that_moves_lets_go_of_a_recording_that_goes_on_elsewhere() {
    let (mut world, _) = recorded();
    world.forget();
    world.input(Input::HandedOver);
    assert_eq!(world.recorder, [RecordingEffect::LetGo]);
    assert!(!world.kept.contains(&Change::Recording(None)));
}

#[test]
fn while_it_goes_on_media_comes_to_the_server_and_goes_back_afterwards() {
    let (mut world, recording) = recorded();
    let topology = |world: &World| world.room.current_topology();
    let next = topology(&world).migration.unwrap();
    assert_eq!((next.via, next.reason), (MediaVia::Sfu(NODE), TopologyReason::Recording));
    assert_eq!(topology(&world).via, MediaVia::Mesh, "the new path is opened before the old one ends");
    for person in [ADA, BOB] {
        world.say(person, RoomMessage::TopologyReady { epoch: next.epoch });
    }
    assert_eq!(topology(&world).via, MediaVia::Sfu(NODE));
    world.say(ADA, RoomMessage::StopRecording { recording });
    assert_eq!(topology(&world).migration, None);
    world.wait(Duration::from_secs(31));
    let back = topology(&world).migration.unwrap();
    assert_eq!((back.via, back.reason), (MediaVia::Mesh, TopologyReason::FewPeople));
}

#[test]
fn recordings_cannot_be_started_one_after_the_other_without_end() {
    let mut world = two();
    let start_and_stop = |world: &mut World| {
        world.forget();
        world.say(ADA, RoomMessage::StartRecording);
        let errors = world.ears(ADA).errors();
        if let Some(state) = world.room.recording().cloned() {
            world.say(ADA, RoomMessage::StopRecording { recording: state.id });
        }
        errors
    };
    for _ in 0..RECORDING_BURST {
        assert_eq!(start_and_stop(&mut world), []);
    }
    assert_eq!(start_and_stop(&mut world), [ErrorCode::RateLimited]);
    world.wait(Duration::from_secs(61));
    assert_eq!(start_and_stop(&mut world), []);
}

#[test]
fn who_waits_at_the_door_has_no_say() {
    let settings = RoomSettings { waiting_room: Switch::On, ..unsealed() };
    let mut world = World::begin(RoomInit { settings, ..beginning() });
    world.enter_as(ADA, Role::Host);
    world.say(ADA, RoomMessage::StartRecording);
    let recording = world.room.recording().unwrap().id;
    world.enter(EVE);
    world.forget();
    answer(&mut world, EVE, recording, Consent::Given);
    world.say(EVE, RoomMessage::KeepRecordingKeys { recording, keys: keys(1) });
    assert_eq!(world.recorder, []);
}

#[test]
fn a_recording_is_sealed_where_the_room_seals_and_not_where_it_only_has_a_secret() {
    let mut world = sealed();
    world.say(ADA, RoomMessage::StartRecording);
    assert_eq!(world.room.recording().map(|state| state.key.clone()), Some(Some(secret('a'))));
    let settings = RoomSettings { room_key: Some(secret('a')), ..unsealed() };
    let mut world = World::begin(RoomInit { settings, ..beginning() });
    world.enter_as(ADA, Role::Host);
    world.say(ADA, RoomMessage::StartRecording);
    assert_eq!(world.room.recording().map(|state| state.key.clone()), Some(None));
}

#[test]
fn where_all_is_to_be_sealed_and_nobody_has_brought_a_secret_none_is_started() {
    let mut world = World::begin(RoomInit { settings: RoomSettings::default(), ..beginning() });
    world.enter_as(ADA, Role::Host);
    world.say(ADA, RoomMessage::StartRecording);
    assert_eq!(world.ears(ADA).errors(), [ErrorCode::EncryptionRequired]);
    assert_eq!((world.room.recording(), world.recorder.len()), (None, 0));
}

#[test]
fn a_recording_ends_when_the_room_seals_otherwise_than_when_it_began() {
    let another = RoomSettings { room_key: Some(secret('b')), ..RoomSettings::default() };
    for settings in [unsealed(), another] {
        let mut world = sealed();
        world.say(ADA, RoomMessage::StartRecording);
        let same = world.room.settings().clone();
        change_rules(&mut world, RoomSettings { locked: Switch::On, ..same });
        assert!(world.room.recording().is_some(), "another rule changes nothing");
        world.forget();
        change_rules(&mut world, settings);
        assert_eq!(told(&world, ADA), [(None, Some(RecordingEnd::Stopped))]);
        assert_eq!(world.recorder, [RecordingEffect::Stop { reason: RecordingEnd::Stopped }]);
        assert_eq!((world.room.recording(), kept(&world)), (None, None));
    }
    let (mut world, _) = recorded();
    world.forget();
    change_rules(&mut world, RoomSettings { room_key: Some(secret('a')), ..RoomSettings::default() });
    assert_eq!(world.recorder[0], RecordingEffect::Stop { reason: RecordingEnd::Stopped });
}

#[test]
fn ten_minutes_after_the_last_host_has_left_it_stops_by_itself() {
    let (mut world, _) = recorded();
    world.say(ADA, RoomMessage::Leave);
    world.wait(Duration::from_secs(9 * 60));
    world.enter_as(CEM, Role::Host);
    world.wait(Duration::from_secs(9 * 60));
    world.say(CEM, RoomMessage::Leave);
    world.wait(Duration::from_secs(599));
    assert!(world.room.recording().is_some());
    world.forget();
    world.wait(Duration::from_secs(1));
    assert_eq!(told(&world, BOB), [(None, Some(RecordingEnd::Stopped))]);
    assert_eq!(world.recorder.last(), Some(&RecordingEffect::Stop { reason: RecordingEnd::Stopped }));
}
