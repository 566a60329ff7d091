//! Sockets that break, servers that start anew, doors that stay closed.

use std::time::Duration;

use call::{
    Command, ConnectionState, Input, LinkCommand, LinkEvent, LinkKey, LinkStatus, Notice, Output, Phase,
    Role, Signalling,
};
use protocol::limits::PING_INTERVAL_SECONDS;
use protocol::{
    ErrorCode, Joined, LeaveReason, MediaVia, MessageId, NodeId, OpeningMessage, Participant, PeerRef,
    Presence, RoomCode, RoomMessage, RoomSummary, Sequence, ServerFrame, ServerMessage, SignalNumber, Switch,
    Topology, TopologyReason, Trouble,
};
use uuid::Uuid;

use crate::support::{
    ADA, BOB, ME, TestCall, commands_to, id, join, joined, joined_later, offer_from, open, opened,
    participant, said, token,
};

#[test]
fn a_broken_socket_is_tried_again_by_the_schedule_and_the_session_resumed() {
    let mut call = TestCall::in_room([ADA]);
    call.input(Input::SocketClosed);
    for millis in [0, 300, 1_200] {
        assert_eq!(call.wait(Duration::from_millis(millis)), [Output::OpenSocket]);
        assert!(call.input(Input::SocketClosed).is_empty(), "it is said once");
    }
    call.wait(Duration::from_millis(2_700));

    let outputs = call.input(Input::SocketOpened);

    let Some(OpeningMessage::Resume(resume)) = opened(&outputs) else { panic!("{outputs:?}") };
    assert_eq!((resume.session.clone(), resume.last), (token("first"), Sequence(1)));
    let outputs = call.hear(ServerMessage::Resumed { session: token("second") });
    assert!(outputs.contains(&Output::Notify(Notice::SignallingBack)));
    assert!(outputs.contains(&Output::RememberSession(Some(token("second")))));
    assert_eq!(call.0.snapshot().signalling, Signalling::Connected);
    assert_eq!(commands_to(ADA, &outputs), [], "the link goes on");
}

#[test]
fn what_the_server_has_not_confirmed_is_said_again_and_what_it_has_is_not() {
    let mut call = TestCall::in_room([ADA]);
    let raise = |hand| Command::SetHand { hand };
    call.command(raise(Switch::On));
    let outputs = call.command(raise(Switch::Off));
    let Some(Output::Send(frame)) = outputs.first() else { panic!("{outputs:?}") };
    let before = MessageId(frame.id.unwrap().0 - 1);
    call.input(Input::Server(Box::new(ServerFrame { received: Some(before), ..ServerMessage::Pong.into() })));
    come_back(&mut call);

    let outputs = call.hear(ServerMessage::Resumed { session: token("second") });

    let hands: Vec<_> =
        said(&outputs).into_iter().filter(|one| matches!(one, RoomMessage::SetHand { .. })).collect();
    assert_eq!(hands, [RoomMessage::SetHand { hand: Switch::Off }]);
}

#[test]
fn a_message_that_comes_again_is_heard_once() {
    let mut call = TestCall::in_room([]);
    assert!(!call.hear_numbered(2, joined_later(ADA)).is_empty());
    assert!(call.hear_numbered(2, joined_later(ADA)).is_empty());
    let left = ServerMessage::ParticipantLeft { id: id(ADA), reason: LeaveReason::Left };
    call.hear_numbered(3, left);
    assert!(call.hear_numbered(2, joined_later(ADA)).is_empty(), "she came before she left");
    assert!(call.0.snapshot().participants.is_empty());
}

#[test]
fn signals_that_the_peer_has_not_acknowledged_are_said_again_to_whoever_comes_back() {
    let mut call = TestCall::in_room([]);
    call.hear(joined_later(ADA));
    call.hear(offer_from(ADA));
    let link = crate::support::link_to(ADA);
    call.input(Input::Link { link, event: LinkEvent::RemoteDescriptionApplied });
    let description = LinkEvent::LocalDescription {
        sdp: crate::support::sdp("answer"),
        sections: crate::support::sections(),
    };
    let answer = said(&call.input(Input::Link { link, event: description }));
    assert!(matches!(&*answer, [RoomMessage::Signal { expects: Some(SignalNumber(1)), .. }]), "{answer:?}");

    let mut away = participant(ADA);
    away.presence = Presence::Away;
    call.hear(ServerMessage::ParticipantUpdated { participant: away });
    let back = ServerMessage::ParticipantUpdated { participant: participant(ADA) };

    assert_eq!(said(&call.hear(back)), answer);
}

#[test]
fn told_everything_anew_links_go_on_where_the_seat_was_kept() {
    let mut call = TestCall::in_room([ADA, 3]);
    come_back(&mut call);

    let outputs = call.hear_numbered(40, joined([ADA, BOB], true));

    assert_eq!(commands_to(ADA, &outputs), []);
    assert_eq!(commands_to(3, &outputs), [LinkCommand::Close], "they left in the meantime");
    assert_eq!(
        commands_to(BOB, &outputs),
        [open(Role::Initiator), LinkCommand::CreateOffer],
        "they came later"
    );
}

#[test]
fn told_everything_anew_links_begin_anew_where_the_seat_was_not_kept() {
    let mut call = TestCall::in_room([ADA]);
    come_back(&mut call);
    assert_eq!(call.refuse(ErrorCode::SessionUnknown), [Output::OpenSocket]);
    let outputs = call.input(Input::SocketOpened);
    let Some(OpeningMessage::Join(again)) = opened(&outputs) else { panic!("{outputs:?}") };
    assert_eq!(again.session, Some(token("first")), "with the same id as before");

    let outputs = call.hear_numbered(1, joined([ADA], false));

    let commands = commands_to(ADA, &outputs);
    assert_eq!(commands, [LinkCommand::Close, open(Role::Responder)]);
}

#[test]
fn who_is_told_to_be_gone_stays_as_long_as_the_link_to_them_carries_media() {
    let mut call = TestCall::in_room([ADA]);
    call.connection(ADA, ConnectionState::Connected);
    let lost = ServerMessage::ParticipantLeft { id: id(ADA), reason: LeaveReason::Disconnected };

    assert_eq!(call.hear(lost), []);
    assert_eq!(call.0.snapshot().participants[0].participant.presence, Presence::Away);

    let outputs = call.connection(ADA, ConnectionState::Failed);
    assert_eq!(commands_to(ADA, &outputs), [LinkCommand::Close]);
    assert!(call.0.snapshot().participants.is_empty());
}

fn presence(person: u128, presence: Presence) -> ServerMessage {
    ServerMessage::ParticipantUpdated { participant: Participant { presence, ..participant(person) } }
}

#[test]
fn a_link_to_somebody_who_is_away_waits_as_long_as_the_room_does() {
    for was_connected in [true, false] {
        let mut call = TestCall::in_room([ADA]);
        if was_connected {
            call.connection(ADA, ConnectionState::Connected);
        }
        call.connection(ADA, ConnectionState::Disconnected);
        call.wait(Duration::from_secs(1));
        call.hear(presence(ADA, Presence::Away));
        let status = call.status_of(ADA);
        for _ in 0..3 {
            call.connection(ADA, ConnectionState::Failed);
            heard_nothing_but_pongs(&mut call, Duration::from_secs(9));
            assert_eq!(call.status_of(ADA), status, "it may come back for all of the grace period");
        }

        call.hear(presence(ADA, Presence::Here));
        assert!(commands_to(ADA, &call.wait(Duration::from_secs(2))).contains(&LinkCommand::RestartIce));
        let given_up = wait_with_pongs(&mut call, Duration::from_secs(16));
        assert!(given_up.contains(&LinkCommand::Close), "and then it has the time that every repair has");
    }
}

/// Lets seconds pass with a server that answers pings; what was wanted of the link to Ada meanwhile.
fn wait_with_pongs(call: &mut TestCall, time: Duration) -> Vec<LinkCommand> {
    let mut wanted = Vec::new();
    for _ in 0..time.as_secs() {
        let outputs = call.wait(Duration::from_secs(1));
        wanted.extend(commands_to(ADA, &outputs));
        call.hear(ServerMessage::Pong);
    }
    wanted
}

fn heard_nothing_but_pongs(call: &mut TestCall, time: Duration) {
    assert_eq!(wait_with_pongs(call, time), []);
}

#[test]
fn a_line_that_is_doubted_while_it_is_asked_has_no_more_time_than_any_other() {
    let mut call = TestCall::in_room([ADA]);
    call.connection(ADA, ConnectionState::Connected);
    let asked = call.wait(Duration::from_secs(PING_INTERVAL_SECONDS));
    assert_eq!(said(&asked), [RoomMessage::Ping]);

    let outputs = call.connection(ADA, ConnectionState::Disconnected);
    assert_eq!(said(&outputs), [], "it has been asked");
    assert!(call.wait(Duration::from_millis(1_600)).contains(&Output::CloseSocket));
}

#[test]
fn a_line_that_was_asked_long_ago_gains_no_time_by_doubt() {
    let mut call = TestCall::in_room([ADA]);
    call.connection(ADA, ConnectionState::Connected);
    call.wait(Duration::from_secs(PING_INTERVAL_SECONDS + 7));
    call.connection(ADA, ConnectionState::Disconnected);
    assert!(call.wait(Duration::from_millis(1_100)).contains(&Output::CloseSocket));
}

#[test]
fn a_link_that_broke_with_the_line_is_repaired_as_soon_as_that_is_back() {
    let mut call = TestCall::in_room([ADA]);
    call.connection(ADA, ConnectionState::Connected);
    call.connection(ADA, ConnectionState::Disconnected);
    let redialled = call.wait(Duration::from_millis(1_600));
    assert!(redialled.contains(&Output::OpenSocket), "the line does not answer: {redialled:?}");
    call.input(Input::SocketOpened);
    call.hear(ServerMessage::Resumed { session: token("second") });
    assert_eq!(commands_to(ADA, &call.wait(Duration::ZERO)), [LinkCommand::RestartIce]);
}

#[test]
fn a_socket_that_was_being_opened_in_another_network_is_opened_anew_whatever_it_was_for() {
    let redialled = [Output::CloseSocket, Output::OpenSocket];
    // To come in.
    let mut call = TestCall::new();
    call.command(join());
    assert_eq!(call.input(Input::NetworkChanged), redialled);
    assert_eq!(call.0.snapshot().phase, Phase::Joining);

    // To wait for a host.
    call.input(Input::SocketOpened);
    call.hear(ServerMessage::Waiting { room: room(), lacks_secret: false, host_inside: true });
    call.input(Input::SocketClosed);
    assert_eq!(call.wait(Duration::ZERO), [Output::OpenSocket]);
    assert_eq!(call.input(Input::NetworkChanged), redialled);
    assert_eq!(call.0.snapshot().phase, Phase::Waiting);

    // To go on.
    let mut call = TestCall::in_room([]);
    call.input(Input::SocketClosed);
    assert_eq!(call.wait(Duration::ZERO), [Output::OpenSocket]);
    assert_eq!(call.input(Input::NetworkChanged), redialled);
}

#[test]
fn a_server_that_has_forgotten_who_cannot_be_reached_is_told_again() {
    let mut call = TestCall::in_room([ADA]);
    let outputs = call.wait(Duration::from_secs(40));
    let report = RoomMessage::ReportTrouble { trouble: Trouble::NoPathTo(id(ADA)) };
    assert_eq!(said(&outputs).into_iter().filter(|one| *one == report).count(), 1, "it is said once");
    let received = Some(MessageId(1_000));
    call.input(Input::Server(Box::new(ServerFrame { received, ..ServerMessage::Pong.into() })));
    come_back(&mut call);
    let outputs = call.hear(joined([ADA], true));
    assert!(said(&outputs).contains(&report), "{outputs:?}");
}

#[test]
fn a_link_to_the_node_that_a_room_has_left_carries_media_until_the_next_one_does() {
    let node = |number| NodeId::new(Uuid::from_u128(number));
    let forwarded = |number, epoch| {
        let ServerMessage::Joined(joined) = joined([ADA], true) else { panic!() };
        let (via, reason) = (MediaVia::Sfu(node(number)), TopologyReason::ManyPeople);
        let topology = Topology { epoch, via, reason, migration: None };
        ServerMessage::Joined(Box::new(Joined { topology, ..*joined }))
    };
    let told = |number, outputs: &[Output]| -> Vec<_> {
        let peer = PeerRef::Sfu(node(number));
        let to_it = |output: &Output| match output {
            Output::Link { link, command } if link.peer == peer => Some((link.id, command.clone())),
            _ => None,
        };
        outputs.iter().filter_map(to_it).collect()
    };
    for next in [8, 7] {
        let mut call = TestCall::in_room([ADA]);
        come_back(&mut call);
        let outputs = call.hear(forwarded(7, 1));
        let (id, _) = told(7, &outputs)[0];
        let link = LinkKey { peer: PeerRef::Sfu(node(7)), id };
        call.input(Input::Link { link, event: LinkEvent::ConnectionState(ConnectionState::Connected) });
        come_back(&mut call);
        let outputs = call.hear(forwarded(next, 2));
        let closed = told(7, &outputs).iter().filter(|(_, command)| *command == LinkCommand::Close).count();
        // The same node that knows nothing of a link does not answer over it.
        assert_eq!(closed, usize::from(next == 7), "{outputs:?}");
        let opens = |(_, command): &(_, LinkCommand)| matches!(command, LinkCommand::Open { .. });
        assert!(told(next, &outputs).iter().any(opens), "{outputs:?}");
        if next == 8 {
            let link = LinkKey { peer: PeerRef::Sfu(node(8)), id: told(8, &outputs)[0].0 };
            call.input(Input::Link { link, event: LinkEvent::ConnectionState(ConnectionState::Connected) });
            let is_closed = |outputs: &[Output]| told(7, outputs).contains(&(id, LinkCommand::Close));
            assert!(!is_closed(&call.wait(Duration::from_secs(5))), "others may not be at the next node yet");
            assert!(is_closed(&call.wait(Duration::from_secs(4))));
        }
    }
}

#[test]
fn who_comes_back_as_a_stranger_gets_a_new_link() {
    let mut call = TestCall::in_room([ADA]);
    call.connection(ADA, ConnectionState::Connected);
    call.hear(ServerMessage::ParticipantLeft { id: id(ADA), reason: LeaveReason::Disconnected });

    let outputs = call.hear(joined_later(ADA));

    assert_eq!(commands_to(ADA, &outputs), [LinkCommand::Close, open(Role::Responder)]);
    assert_eq!(call.status_of(ADA), LinkStatus::Connecting);
}

#[test]
fn a_seat_that_was_taken_from_another_tab_is_not_taken_back() {
    let mut call = TestCall::in_room([ADA]);
    let outputs = call.refuse(ErrorCode::SessionTakenOver);
    assert!(!outputs.contains(&Output::OpenSocket));
    assert_eq!(call.0.snapshot().phase, Phase::Refused(ErrorCode::SessionTakenOver));
    assert_eq!(call.wait(Duration::from_secs(60)), []);
}

#[test]
fn who_is_removed_is_told_why_and_everything_is_let_go() {
    for code in [ErrorCode::Removed, ErrorCode::Blocked, ErrorCode::RoomEnded] {
        let mut call = TestCall::in_room([ADA]);
        let outputs = call.refuse(code);
        assert_eq!(commands_to(ADA, &outputs), [LinkCommand::Close]);
        assert_eq!(call.0.snapshot().phase, Phase::Refused(code));
    }
}

#[test]
fn a_server_that_stops_is_tried_again() {
    let mut call = TestCall::in_room([ADA]);
    call.refuse(ErrorCode::ServerStopping);
    assert_eq!(call.0.snapshot().phase, Phase::Joined);
    assert_eq!(call.wait(Duration::ZERO), [Output::OpenSocket]);
}

#[test]
fn a_line_that_does_not_answer_a_ping_is_broken() {
    let mut call = TestCall::in_room([]);
    call.wait(Duration::from_secs(21));
    let outputs = call.wait(Duration::from_secs(8));
    assert_eq!(outputs[..2], [Output::CloseSocket, Output::Notify(Notice::SignallingLost)]);
}

#[test]
fn another_network_is_no_reason_to_wait() {
    let mut call = TestCall::in_room([]);
    call.input(Input::SocketClosed);
    for _ in 0..6 {
        call.wait(Duration::from_secs(8));
        call.input(Input::SocketClosed);
    }
    assert_eq!(call.wait(Duration::from_secs(1)), []);
    call.input(Input::NetworkChanged);
    assert_eq!(call.wait(Duration::ZERO), [Output::OpenSocket]);
}

#[test]
fn who_reads_much_acknowledges_it_without_being_asked() {
    let mut call = TestCall::in_room([ADA]);
    let mut acknowledged = Vec::new();
    for number in 2..=70 {
        let participant = Participant { hand: None, ..participant(ADA) };
        for output in call.hear_numbered(number, ServerMessage::ParticipantUpdated { participant }) {
            let Output::Send(frame) = output else { continue };
            acknowledged.extend(frame.ack);
        }
    }
    assert!(acknowledged.len() >= 2, "{acknowledged:?}");
}

#[test]
fn a_room_with_a_password_asks_for_it_and_keeps_the_devices() {
    let mut call = TestCall::new();
    call.command(join());
    call.input(Input::SocketOpened);
    call.refuse(ErrorCode::PasswordNeeded);
    assert_eq!(call.0.snapshot().phase, Phase::PasswordAsked { wrong: false });

    let password = protocol::Password::new("sesame".into()).unwrap();
    let name = crate::support::name("Me");
    call.command(Command::Join { name, password: Some(password.clone()) });
    let outputs = call.input(Input::SocketOpened);
    let Some(OpeningMessage::Join(again)) = opened(&outputs) else { panic!("{outputs:?}") };
    assert_eq!(again.password, Some(password));
    call.refuse(ErrorCode::PasswordWrong);
    assert_eq!(call.0.snapshot().phase, Phase::PasswordAsked { wrong: true });
}

#[test]
fn who_waits_at_the_door_waits_through_a_broken_socket_and_goes_in_when_let_in() {
    let mut call = TestCall::new();
    call.command(join());
    call.input(Input::SocketOpened);
    let room = room();
    call.hear(ServerMessage::Waiting { room: room.clone(), lacks_secret: false, host_inside: true });
    assert_eq!(call.0.snapshot().phase, Phase::Waiting);

    call.input(Input::SocketClosed);
    assert_eq!(call.wait(Duration::ZERO), [Output::OpenSocket]);
    let again = opened(&call.input(Input::SocketOpened));
    assert!(matches!(again, Some(OpeningMessage::Join(_))), "they knock again");
    call.hear(ServerMessage::Waiting { room, lacks_secret: false, host_inside: true });
    call.hear_numbered(1, joined([ADA], false));
    assert_eq!(call.0.snapshot().phase, Phase::Joined);
}

#[test]
fn who_is_not_admitted_is_told() {
    let mut call = TestCall::new();
    call.command(join());
    call.input(Input::SocketOpened);
    call.hear(ServerMessage::Waiting { room: room(), lacks_secret: false, host_inside: true });
    call.refuse(ErrorCode::NotAdmitted);
    assert_eq!(call.0.snapshot().phase, Phase::Refused(ErrorCode::NotAdmitted));
}

#[test]
fn who_comes_again_in_the_same_tab_shows_the_session_of_before() {
    let call =
        call::Call::new(RoomCode::from_random(1), Some(token("earlier")), 7, call::Identity::of_seed(7));
    let mut call = TestCall::of(call);
    call.command(join());
    let outputs = call.input(Input::SocketOpened);
    let Some(OpeningMessage::Join(first)) = opened(&outputs) else { panic!("{outputs:?}") };
    assert_eq!(first.session, Some(token("earlier")));
    assert_ne!(id(ME), id(ADA));
}

fn come_back(call: &mut TestCall) {
    call.input(Input::SocketClosed);
    call.wait(Duration::ZERO);
    call.input(Input::SocketOpened);
}

#[test]
fn a_link_to_somebody_whom_the_server_has_lost_ends_when_a_host_removes_them_or_after_some_minutes() {
    let lost = |reason| ServerMessage::ParticipantLeft { id: id(ADA), reason };
    let mut call = TestCall::in_room([ADA]);
    call.connection(ADA, ConnectionState::Connected);
    assert_eq!(call.hear(lost(LeaveReason::Disconnected)), []);
    let outputs = call.hear(lost(LeaveReason::Removed));
    assert_eq!(commands_to(ADA, &outputs), [LinkCommand::Close]);

    let mut call = TestCall::in_room([ADA]);
    call.connection(ADA, ConnectionState::Connected);
    call.hear(lost(LeaveReason::Disconnected));
    // The server is there all the time.
    let mut minutes = |count: u32| -> Vec<Output> {
        let turns = 0..count * 3;
        turns
            .flat_map(|_| [call.wait(Duration::from_secs(20)), call.hear(ServerMessage::Pong)])
            .flatten()
            .collect()
    };
    assert_eq!(commands_to(ADA, &minutes(4)), []);
    assert_eq!(commands_to(ADA, &minutes(2)), [LinkCommand::Close]);
}

fn room() -> RoomSummary {
    RoomSummary { code: RoomCode::from_random(1), name: None, capacity: 4, present: 1, room_key: None }
}

#[test]
fn whoever_is_met_anew_is_not_known_by_the_keys_of_before() {
    let mut call = TestCall::in_room([ADA]);
    call.input(Input::SocketClosed);
    call.wait(Duration::ZERO);
    call.input(Input::SocketOpened);
    let outputs = call.hear(joined([BOB], false));
    assert!(outputs.contains(&Output::ForgetKeysOf(id(ADA))), "{outputs:?}");
    let outputs = call.hear(joined([BOB], false));
    assert!(outputs.contains(&Output::ForgetKeysOf(id(BOB))), "an id may be another's now: {outputs:?}");
}
