//! A call's part in recordings on the server: who is asked, which keys are handed in, and that nobody's are without their yes.

use std::time::Duration;

use call::{
    Command, ConnectionState, Identity, Input, LinkCommand, LinkEvent, LinkKey, Notice, Output, SecretOrigin,
};
use protocol::{
    Consent, Joined, LeaveReason, MediaVia, Migration, Participant, PeerRef, RecordingEnd, RecordingId,
    RecordingKey, RecordingState, RoomCode, RoomMessage, RoomSettings, ServerMessage, Switch, Timestamp,
    Topology, TopologyReason,
};
use seal::{KeyPair, RecordingSeal, RoomSecret, SenderKey};
use uuid::Uuid;

use crate::support::{ADA, BOB, ME, MESH, NODE, TestCall, id, join, joined, name, participant, said};

fn room() -> RoomCode {
    RoomCode::from_random(1)
}

fn secret() -> RoomSecret {
    RoomSecret::new([1; 16])
}

fn recording(number: u128) -> RecordingState {
    RecordingState {
        id: RecordingId(Uuid::from_u128(number)),
        started_by: id(ADA),
        started: Timestamp(1),
        key: secret().id(&room()),
    }
}

fn sealed(number: u128) -> RecordingSeal {
    secret().recording_key(&room(), recording(number).id)
}

fn begun(number: u128) -> ServerMessage {
    ServerMessage::Recording { recording: Some(recording(number)), ended: None }
}

fn over(reason: RecordingEnd) -> ServerMessage {
    ServerMessage::Recording { recording: None, ended: Some(reason) }
}

fn inside(you: Participant, recording: Option<RecordingState>, continued: bool) -> ServerMessage {
    let ServerMessage::Joined(joined) = joined([], continued) else { unreachable!() };
    let pair = KeyPair::new([8; 32]);
    let ada = Participant { key: Some(pair.public().clone()), ..participant(ADA) };
    let settings = RoomSettings { room_key: secret().id(&room()), ..RoomSettings::default() };
    ServerMessage::Joined(Box::new(Joined { you, participants: vec![ada], settings, recording, ..*joined }))
}

/// Somebody in a room with Ada.
fn in_room() -> (TestCall, SenderKey) {
    let identity = Identity { secret: Some((secret(), SecretOrigin::Link)), ..Identity::of_seed(1) };
    let mut call = TestCall::of(call::Call::new(room(), None, 7, identity));
    call.command(join());
    call.input(Input::SocketOpened);
    let outputs = call.hear_numbered(1, inside(participant(ME), None, false));
    let key = own_key(&outputs).unwrap();
    (call, key)
}

fn own_key(outputs: &[Output]) -> Option<SenderKey> {
    let key = |output: &Output| if let Output::SetOwnKey(key) = output { Some(key.clone()) } else { None };
    outputs.iter().rev().find_map(key)
}

fn answers(outputs: &[Output]) -> Vec<(RecordingId, Consent)> {
    let answer = |message: RoomMessage| match message {
        RoomMessage::AnswerRecording { recording, consent } => Some((recording, consent)),
        _ => None,
    };
    said(outputs).into_iter().filter_map(answer).collect()
}

/// The boxes that were handed in.
fn boxes(outputs: &[Output]) -> Vec<RecordingKey> {
    let keys = |message: RoomMessage| match message {
        RoomMessage::KeepRecordingKeys { keys, .. } => Vec::from(keys),
        _ => Vec::new(),
    };
    said(outputs).into_iter().flat_map(keys).collect()
}

fn notices(outputs: &[Output]) -> Vec<Notice> {
    let notice =
        |output: &Output| if let Output::Notify(notice) = output { Some(notice.clone()) } else { None };
    outputs.iter().filter_map(notice).collect()
}

/// Whether a key opens what another seals: it is of the same epoch, at its step or before.
fn opens(held: &SenderKey, used: &SenderKey) -> bool {
    std::iter::successors(Some(held.clone()), SenderKey::next).any(|key| key == *used)
}

fn opened(boxes: &[RecordingKey], number: u128) -> Vec<SenderKey> {
    let open = |one: &RecordingKey| sealed(number).open_sender_key(id(ME), one.key, &one.sealed).unwrap();
    boxes.iter().map(open).collect()
}

fn be_recorded(call: &mut TestCall, recorded: Switch) -> Vec<Output> {
    call.command(Command::BeRecorded { recorded })
}

#[test]
fn who_started_it_is_asked_too_and_not_told_their_own_name() {
    let (mut call, _) = in_room();
    let own = RecordingState { started_by: id(ME), ..recording(1) };
    call.hear(ServerMessage::Recording { recording: Some(own), ended: None });
    let shown = call.0.snapshot().recording.unwrap();
    assert_eq!((shown.answer, shown.started_by), (Consent::NotAnswered, None));
}

#[test]
fn the_person_is_asked_and_hands_in_nothing_before_they_agree() {
    let (mut call, first) = in_room();
    let outputs = call.hear(begun(1));
    assert_eq!(notices(&outputs), [Notice::RecordingStarted]);
    assert_eq!((answers(&outputs), boxes(&outputs).len(), own_key(&outputs)), (vec![], 0, None));
    let shown = call.0.snapshot().recording.unwrap();
    assert_eq!((shown.answer, shown.started_by), (Consent::NotAnswered, Some(name(&ADA.to_string()))));

    let outputs = be_recorded(&mut call, Switch::On);
    assert_eq!(answers(&outputs), [(recording(1).id, Consent::Given)]);
    let messages = said(&outputs);
    let at = |is: fn(&RoomMessage) -> bool| messages.iter().position(is).unwrap();
    assert!(
        at(|one| matches!(one, RoomMessage::AnswerRecording { .. }))
            < at(|one| matches!(one, RoomMessage::KeepRecordingKeys { .. }))
    );
    let used = own_key(&outputs).unwrap();
    let held = opened(&boxes(&outputs), 1);
    assert!(held.iter().any(|key| opens(key, &used)));
    assert!(!held.iter().any(|key| opens(key, &first)), "what was said before stays closed");
    assert_eq!(call.0.snapshot().recording.unwrap().answer, Consent::Given);
    assert_eq!(answers(&be_recorded(&mut call, Switch::On)), [], "once is enough");
}

#[test]
fn who_refuses_hands_in_no_key_whatever_happens_later() {
    let (mut call, _) = in_room();
    call.hear(begun(1));
    let outputs = be_recorded(&mut call, Switch::Off);
    assert_eq!(answers(&outputs), [(recording(1).id, Consent::Refused)]);
    let mut outputs = outputs;
    outputs.extend(call.hear(ServerMessage::ParticipantLeft { id: id(ADA), reason: LeaveReason::Left }));
    outputs.extend(call.wait(Duration::from_secs(2)));
    // A server that says they have agreed is not believed.
    let lie = Participant { recorded: Some(Consent::Given), ..participant(ME) };
    outputs.extend(call.hear(ServerMessage::ParticipantUpdated { participant: lie.clone() }));
    call.input(Input::SocketClosed);
    call.wait(Duration::from_secs(2));
    call.input(Input::SocketOpened);
    let again = call.hear_numbered(1, inside(lie, Some(recording(1)), true));
    assert_eq!(answers(&again), [(recording(1).id, Consent::Refused)], "it is told again");
    outputs.extend(again);
    assert_eq!(boxes(&outputs).len(), 0);
    assert_eq!(call.0.snapshot().recording.unwrap().answer, Consent::Refused);
}

#[test]
fn each_new_epoch_is_handed_in_before_it_is_used() {
    let (mut call, _) = in_room();
    call.hear(begun(1));
    be_recorded(&mut call, Switch::On);
    call.hear(ServerMessage::ParticipantLeft { id: id(ADA), reason: LeaveReason::Left });
    let outputs = call.wait(Duration::from_millis(300));
    let held = opened(&boxes(&outputs), 1);
    assert_eq!((held.len(), own_key(&outputs)), (1, None), "the key of the next epoch, not yet used");
    let outputs = call.wait(Duration::from_secs(1));
    assert_eq!(own_key(&outputs).as_ref(), held.first());
    assert_eq!(boxes(&outputs), [], "one box an epoch");
    // A step of the same epoch follows from what is there.
    let bob = Participant { key: Some(KeyPair::new([9; 32]).public().clone()), ..participant(BOB) };
    let outputs = call.hear(ServerMessage::ParticipantJoined { participant: bob });
    assert!(opens(&held[0], &own_key(&outputs).unwrap()) && boxes(&outputs).is_empty());
}

#[test]
fn who_takes_it_back_seals_with_a_key_that_nobody_handed_in() {
    let (mut call, _) = in_room();
    call.hear(begun(1));
    let mut held = opened(&boxes(&be_recorded(&mut call, Switch::On)), 1);
    // One epoch is told already and about to be used.
    call.hear(ServerMessage::ParticipantLeft { id: id(ADA), reason: LeaveReason::Left });
    held.extend(opened(&boxes(&call.wait(Duration::from_millis(300))), 1));
    let outputs = be_recorded(&mut call, Switch::Off);
    assert_eq!(answers(&outputs), [(recording(1).id, Consent::TakenBack)]);
    let mut used = vec![own_key(&outputs).unwrap()];
    let later = call.wait(Duration::from_secs(5));
    used.extend(own_key(&later));
    assert!(!held.iter().any(|key| used.iter().any(|used| opens(key, used))), "at once, and afterwards");
    assert!(boxes(&outputs).is_empty() && boxes(&later).is_empty());
    // They may change their mind.
    let outputs = be_recorded(&mut call, Switch::On);
    let held = opened(&boxes(&outputs), 1);
    assert!(
        !held.iter().any(|key| used.iter().any(|used| opens(key, used))),
        "what lay between stays closed"
    );
}

#[test]
fn an_answer_is_kept_over_a_broken_connection_and_the_keys_are_handed_in_again() {
    let (mut call, _) = in_room();
    call.hear(begun(1));
    be_recorded(&mut call, Switch::On);
    call.input(Input::SocketClosed);
    call.wait(Duration::from_secs(2));
    call.input(Input::SocketOpened);
    // A server that was started anew knows of the recording and not of the answer.
    let you = Participant { recorded: Some(Consent::NotAnswered), ..participant(ME) };
    let outputs = call.hear_numbered(1, inside(you, Some(recording(1)), true));
    assert_eq!(answers(&outputs), [(recording(1).id, Consent::Given)]);
    assert_eq!(opened(&boxes(&outputs), 1).len(), 1);
    assert_eq!(notices(&outputs).iter().filter(|one| **one == Notice::RecordingStarted).count(), 0);
}

#[test]
fn another_recording_is_another_question() {
    let (mut call, _) = in_room();
    call.hear(begun(1));
    be_recorded(&mut call, Switch::On);
    let outputs = call.hear(over(RecordingEnd::DiskFull));
    assert_eq!(notices(&outputs), [Notice::RecordingStopped(RecordingEnd::DiskFull)]);
    assert_eq!(call.0.snapshot().recording, None);
    let held = own_key(&call.wait(Duration::from_secs(2)));
    assert!(held.is_some(), "soon, what was handed in opens nothing more");
    // The same one again, as a server may say that lies, is a question too.
    for number in [1, 2] {
        let outputs = call.hear(begun(number));
        assert_eq!((answers(&outputs), boxes(&outputs).len()), (vec![], 0));
        assert_eq!(call.0.snapshot().recording.unwrap().answer, Consent::NotAnswered);
    }
}

#[test]
fn a_recording_under_another_secret_gets_no_key() {
    let (mut call, _) = in_room();
    let other = RoomSecret::new([2; 16]).id(&room());
    for key in [other, None] {
        let recording = Some(RecordingState { key, ..recording(3) });
        call.hear(ServerMessage::Recording { recording, ended: None });
        assert_eq!(boxes(&be_recorded(&mut call, Switch::On)).len(), 0);
        call.hear(over(RecordingEnd::Stopped));
    }
}

#[test]
fn who_comes_later_is_asked_and_not_told_that_it_begins() {
    let identity = Identity { secret: Some((secret(), SecretOrigin::Link)), ..Identity::of_seed(1) };
    let mut call = TestCall::of(call::Call::new(room(), None, 7, identity));
    call.command(join());
    call.input(Input::SocketOpened);
    let you = Participant { recorded: Some(Consent::NotAnswered), ..participant(ME) };
    let outputs = call.hear_numbered(1, inside(you, Some(recording(1)), false));
    assert_eq!((notices(&outputs), boxes(&outputs).len()), (vec![], 0));
    assert_eq!(call.0.snapshot().recording.unwrap().answer, Consent::NotAnswered);
    call.command(Command::Leave);
    assert_eq!(call.0.snapshot().recording, None);
}

#[test]
fn a_host_starts_and_stops() {
    let (mut call, _) = in_room();
    assert_eq!(said(&call.command(Command::StopRecording)), [], "there is none");
    assert_eq!(said(&call.command(Command::StartRecording)), [RoomMessage::StartRecording]);
    call.hear(begun(1));
    let stop = RoomMessage::StopRecording { recording: recording(1).id };
    assert_eq!(said(&call.command(Command::StopRecording)), [stop]);
}

/// The link to the node that is opened.
fn link_to_node(outputs: &[Output]) -> Option<LinkKey> {
    outputs.iter().find_map(|output| match output {
        Output::Link {
            link: link @ LinkKey { peer: PeerRef::Sfu(NODE), .. },
            command: LinkCommand::Open { .. },
        } => Some(*link),
        _ => None,
    })
}

#[test]
fn who_is_alone_sends_to_the_server_what_it_records_and_otherwise_nothing() {
    let is_ready = |outputs: &[Output]| said(outputs).contains(&RoomMessage::TopologyReady { epoch: 1 });
    let migration = Migration { epoch: 1, via: MediaVia::Sfu(NODE), reason: TopologyReason::Recording };
    let moves = ServerMessage::Topology { topology: Topology { migration: Some(migration), ..MESH } };
    let mut call = TestCall::in_room([]);
    let outputs = call.hear(moves.clone());
    assert!(link_to_node(&outputs).is_none() && is_ready(&outputs), "there is nobody to send to");

    let begins = ServerMessage::Recording {
        recording: Some(RecordingState { started_by: id(ME), ..recording(1) }),
        ended: None,
    };
    let mut call = TestCall::in_room([]);
    call.hear(moves.clone());
    assert!(link_to_node(&call.hear(begins.clone())).is_some(), "told later that it is recorded");
    let mut call = TestCall::in_room([]);
    call.hear(begins);
    let outputs = call.hear(moves);
    let link = link_to_node(&outputs).unwrap();
    assert!(!is_ready(&outputs), "what is sent meanwhile would be missing");
    let connected = LinkEvent::ConnectionState(ConnectionState::Connected);
    assert!(is_ready(&call.input(Input::Link { link, event: connected })));
}
