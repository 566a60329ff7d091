//! A direct call while it rings: what is sent and shown before the answer, and how its room is got into.

use std::time::Duration;

use call::{Call, Command, ConnectionState, Identity, Input, LinkCommand, Notice, Output, Phase, Switches};
use protocol::{
    ErrorCode, MediaState, Participant, RingSide, RoomCode, RoomMessage, ServerMessage, Source, Switch,
};

use crate::support::{
    ADA, BOB, TestCall, commands_to, id, join, joined, joined_later, opened, participant, said, told,
};

const NOTHING_MORE: Switches = Switches { microphone: Switch::Off, camera: Switch::Off };

fn ringing(side: RingSide) -> TestCall {
    let call = Call::new(RoomCode::from_random(1), None, 7, Identity::of_seed(7));
    TestCall::of(call.keeps_joining().unanswered(side))
}

/// With both devices on, in a room with somebody.
fn connected(side: RingSide) -> TestCall {
    let mut call = ringing(side);
    call.command(Command::Begin { switches: Switches::default() });
    call.input(Input::Captured(Source::Camera));
    call.join_room([ADA]);
    call.input(Input::Captured(Source::Microphone));
    call.connection(ADA, ConnectionState::Connected);
    call
}

#[test]
fn nobody_is_sent_anything_before_the_answer_and_everything_with_it() {
    let mut call = ringing(RingSide::Caller);
    call.command(Command::Begin { switches: Switches::default() });
    call.input(Input::Captured(Source::Camera));
    call.command(join());
    let outputs = call.input(Input::SocketOpened);
    let Some(protocol::OpeningMessage::Join(first)) = opened(&outputs) else { panic!("{outputs:?}") };
    assert_eq!(first.media, MediaState::default());
    let mut outputs = call.hear_numbered(1, joined([ADA], false));
    outputs.extend(call.input(Input::Captured(Source::Microphone)));
    outputs.extend(call.connection(ADA, ConnectionState::Connected));
    assert_eq!((published(&outputs), told(&outputs)), (vec![], vec![]));

    let outputs = call.command(Command::GoAhead { switches: NOTHING_MORE });

    assert_eq!(published(&outputs), [Source::Microphone, Source::Camera]);
    let on = MediaState { microphone: Switch::On, camera: Switch::On, ..MediaState::default() };
    assert_eq!(told(&outputs).last(), Some(&on));
}

#[test]
fn who_is_called_turns_on_with_the_answer_and_not_before() {
    let mut call = ringing(RingSide::Callee);
    call.command(Command::Begin { switches: NOTHING_MORE });
    call.join_room([ADA]);
    call.connection(ADA, ConnectionState::Connected);
    let switches = Switches { microphone: Switch::On, camera: Switch::Off };
    let outputs = call.command(Command::GoAhead { switches });
    let started: Vec<_> = outputs.iter().filter(|output| !matches!(output, Output::Show { .. })).collect();
    assert_eq!(started, [&Output::StartCapture(Source::Microphone)], "it is no choice for the next time");
    assert_eq!(published(&call.input(Input::Captured(Source::Microphone))), [Source::Microphone]);
    assert_eq!(call.command(Command::GoAhead { switches: Switches::default() }), [], "it was answered");
}

#[test]
fn nothing_of_the_other_end_is_shown_heard_or_told_before_the_answer() {
    let mut call = connected(RingSide::Callee);
    let sends = MediaState { camera: Switch::On, microphone: Switch::On, ..MediaState::default() };
    let lies = Participant { media: sends, hand: None, ..participant(ADA) };
    let mut outputs = call.hear(ServerMessage::ParticipantUpdated { participant: lies });
    let key = id(ADA).publication(Source::Camera);
    let keyframes = call::LinkEvent::Keyframes(vec![(Source::Camera, 3), (Source::Microphone, 3)]);
    outputs.extend(call.input(Input::Link { link: crate::support::link_to(ADA), event: keyframes }));
    outputs.extend(call.hear(joined_later(BOB)));
    let is_seen = |output: &Output| {
        matches!(output, Output::Show { .. } | Output::PlaySlots { .. } | Output::Notify(_))
    };
    assert!(!outputs.iter().any(is_seen), "{outputs:?}");
    let snapshot = call.0.snapshot();
    assert_eq!(
        (snapshot.participants.len(), snapshot.stage.layout.tiles.len()),
        (0, 1),
        "one's own tile alone"
    );

    let outputs = call.command(Command::GoAhead { switches: NOTHING_MORE });

    let shows =
        |output: &Output| matches!(output, Output::Show { key: shown, via: Some(_) } if *shown == key);
    assert!(outputs.iter().any(shows), "{outputs:?}");
    assert!(!outputs.iter().any(|output| matches!(output, Output::Notify(_))), "{outputs:?}");
    assert_eq!(call.0.snapshot().participants.len(), 2);
}

#[test]
fn of_several_devices_of_whoever_is_called_one_connects_beforehand() {
    for (side, phase) in [(RingSide::Callee, Phase::Left), (RingSide::Caller, Phase::Joined)] {
        let mut call = ringing(side);
        let outputs = call.join_room([ADA, BOB]);
        assert_eq!(call.0.snapshot().phase, phase);
        assert_eq!(
            said(&outputs).contains(&RoomMessage::Leave),
            side == RingSide::Callee,
            "its seat is free at once"
        );
    }
    let mut answered = ringing(RingSide::Callee);
    answered.command(Command::GoAhead { switches: NOTHING_MORE });
    answered.join_room([ADA, BOB]);
    assert_eq!(answered.0.snapshot().phase, Phase::Joined);
}

/// There is nobody at a door who would press *Try again*.
#[test]
fn a_ring_leads_into_its_room_however_often_the_server_is_not_there() {
    let mut call = ringing(RingSide::Caller);
    assert_eq!(call.command(join()), [Output::OpenSocket]);
    for millis in [0, 300, 1_200] {
        assert_eq!(call.input(Input::SocketClosed), []);
        assert_eq!(call.0.snapshot().phase, Phase::Joining);
        assert_eq!(call.wait(Duration::from_millis(millis)), [Output::OpenSocket]);
    }
    call.input(Input::SocketOpened);
    let outputs = call.wait(Duration::from_secs(18));
    assert_eq!(outputs, [Output::CloseSocket, Output::OpenSocket], "nobody answered the first message");
    call.input(Input::SocketOpened);
    let outputs = call.hear_numbered(1, joined([ADA], false));
    assert_eq!(call.0.snapshot().phase, Phase::Joined);
    assert!(!outputs.contains(&Output::Notify(Notice::SignallingBack)), "nobody has missed anything");
}

#[test]
fn a_room_that_refuses_is_not_asked_again() {
    let mut call = ringing(RingSide::Callee);
    call.command(join());
    call.input(Input::SocketOpened);
    call.refuse(ErrorCode::RoomEnded);
    assert_eq!(call.0.snapshot().phase, Phase::Refused(ErrorCode::RoomEnded));
    assert_eq!(call.wait(Duration::from_secs(60)), []);
}

fn published(outputs: &[Output]) -> Vec<Source> {
    let on = |command| match command {
        LinkCommand::Publish { source, switch: Switch::On } => Some(source),
        _ => None,
    };
    commands_to(ADA, outputs).into_iter().filter_map(on).collect()
}
