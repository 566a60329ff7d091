//! Joining, links, devices, leaving.

use std::time::Duration;

use call::LinkKey;
use call::{
    CaptureFault, Command, ConnectionState, Input, Level, LinkCommand, LinkEvent, LinkFailure, LinkStatus,
    Notice, Output, Phase, Publication, Role, Signalling,
};
use protocol::{
    ErrorCode, IceServer, IceServers, LeaveReason, MediaState, MediaVia, Migration, OpeningMessage,
    Participant, PeerRef, ProtocolError, RoomMessage, ServerMessage, Signal, SignalNumber, Source, Switch,
    Topology, TopologyReason,
};

use crate::support::{
    ADA, BOB, MESH, NODE, TestCall, commands_to, id, join, joined_later, link_to, name, offer_from, open,
    opened, participant, peer, said, sdp, sections, token, told,
};

#[test]
fn joining_opens_the_socket_and_says_what_is_sent() {
    let mut call = TestCall::new();
    call.switch(Source::Microphone, Switch::On);
    call.input(Input::Captured(Source::Microphone));

    assert_eq!(call.command(join()), [Output::OpenSocket]);
    let outputs = call.input(Input::SocketOpened);

    let Some(OpeningMessage::Join(join)) = opened(&outputs) else { panic!("{outputs:?}") };
    assert_eq!(join.media, MediaState { microphone: Switch::On, ..MediaState::default() });
}

#[test]
fn of_two_people_the_one_with_the_lower_id_offers() {
    let mut call = TestCall::new();
    let outputs = call.join_room([ADA]);
    assert_eq!(commands_to(ADA, &outputs), [open(Role::Responder)]);

    let outputs = call.hear(joined_later(BOB));
    assert_eq!(commands_to(BOB, &outputs), [open(Role::Initiator), LinkCommand::CreateOffer]);
    assert!(outputs.contains(&Output::Notify(Notice::ParticipantJoined(name("9")))));
    assert_eq!(call.hear(joined_later(BOB)), [], "twice is once");
}

#[test]
fn what_is_captured_is_published_on_every_link_and_told_once() {
    let mut call = TestCall::in_room([ADA, BOB]);
    assert_eq!(call.switch(Source::Camera, Switch::On), [Output::StartCapture(Source::Camera)]);

    let outputs = call.input(Input::Captured(Source::Camera));

    let publish = LinkCommand::Publish { source: Source::Camera, switch: Switch::On };
    assert_eq!(
        (commands_to(ADA, &outputs), commands_to(BOB, &outputs)),
        (vec![publish.clone()], vec![publish])
    );
    assert_eq!(told(&outputs), [MediaState { camera: Switch::On, ..MediaState::default() }]);
    assert_eq!(told(&call.input(Input::Captured(Source::Camera))), [], "another camera is no news");
}

#[test]
fn switching_off_stops_sending_before_it_frees_the_device() {
    let mut call = TestCall::in_room([ADA]);
    call.switch(Source::Camera, Switch::On);
    call.input(Input::Captured(Source::Camera));

    let outputs = call.switch(Source::Camera, Switch::Off);

    let unpublish = LinkCommand::Publish { source: Source::Camera, switch: Switch::Off };
    assert_eq!(outputs[0], Output::Link { link: link_to(ADA), command: unpublish });
    assert_eq!(outputs.last(), Some(&Output::StopCapture(Source::Camera)));
}

#[test]
fn a_device_that_comes_when_nobody_wants_it_any_more_is_freed() {
    let mut call = TestCall::new();
    call.switch(Source::Camera, Switch::On);
    call.switch(Source::Camera, Switch::Off);
    assert_eq!(call.input(Input::Captured(Source::Camera)), [Output::StopCapture(Source::Camera)]);
}

#[test]
fn a_device_that_fails_says_why_and_can_be_tried_again() {
    let mut call = TestCall::in_room([ADA]);
    call.switch(Source::Microphone, Switch::On);
    call.input(Input::Captured(Source::Microphone));

    let fault = CaptureFault::Ended;
    let outputs = call.input(Input::CaptureFailed { source: Source::Microphone, fault });

    assert_eq!(call.0.snapshot().publications.of(Source::Microphone), Publication::Failed(fault));
    assert_eq!(told(&outputs), [MediaState::default()], "the others see that it is off");
    assert_eq!(call.switch(Source::Microphone, Switch::On), [Output::StartCapture(Source::Microphone)]);
    call.input(Input::CaptureFailed { source: Source::Microphone, fault });
    assert_eq!(call.0.snapshot().publications.failures(), [2, 0, 0, 0], "the same fault, once more");
}

#[test]
fn what_does_not_deliver_is_turned_off_by_a_host_and_by_leaving_like_anything_else() {
    let ends: [fn(&mut TestCall) -> Vec<Output>; 2] = [
        |call| call.hear(ServerMessage::TurnedOff { source: Source::Microphone }),
        |call| call.command(Command::Leave),
    ];
    for end in ends {
        let mut call = TestCall::in_room([ADA]);
        call.switch(Source::Microphone, Switch::On);
        call.input(Input::CaptureFailed { source: Source::Microphone, fault: CaptureFault::Ended });
        let stop = Output::StopCapture(Source::Microphone);
        assert!(end(&mut call).contains(&stop), "nobody waits for the device any more");
        assert_eq!(call.input(Input::Captured(Source::Microphone)), [stop], "nor is it sent when it is back");
    }
}

#[test]
fn signals_that_overtake_the_news_of_their_sender_are_kept() {
    let mut call = TestCall::in_room([]);
    assert_eq!(call.hear(offer_from(ADA)), []);
    let outputs = call.hear(joined_later(ADA));
    assert_eq!(
        commands_to(ADA, &outputs)[1],
        LinkCommand::ApplyOffer { sdp: sdp("offer"), sections: sections() }
    );
}

#[test]
fn a_flood_of_signals_from_nobody_is_bounded() {
    let mut call = TestCall::in_room([]);
    for number in 0..1_000 {
        let signal = Signal::EndOfCandidates;
        call.hear(ServerMessage::Signal {
            from: peer(BOB),
            link: protocol::LinkId(0),
            number: SignalNumber(number),
            expects: None,
            signal,
        });
    }
    call.hear(joined_later(BOB));
    assert_eq!(call.status_of(BOB), LinkStatus::Connecting);
}

#[test]
fn a_link_that_fails_is_repaired_and_then_given_up() {
    let mut call = TestCall::in_room([ADA]);
    call.connection(ADA, ConnectionState::Connected);
    assert_eq!(call.status_of(ADA), LinkStatus::Connected);

    let outputs = call.connection(ADA, ConnectionState::Failed);
    assert_eq!(commands_to(ADA, &outputs), [LinkCommand::RestartIce]);
    assert_eq!(call.status_of(ADA), LinkStatus::Reconnecting);
    assert_eq!(call.connection(ADA, ConnectionState::Failed), [], "the same failure, said again");

    for _ in 0..2 {
        call.hear(ServerMessage::Pong);
        let outputs = call.wait(Duration::from_secs(5));
        assert_eq!(commands_to(ADA, &outputs), [LinkCommand::RestartIce], "tried anew");
    }
    call.hear(ServerMessage::Pong);
    let outputs = call.wait(Duration::from_secs(5));
    assert_eq!(commands_to(ADA, &outputs), [LinkCommand::Close]);
    assert_eq!(call.status_of(ADA), LinkStatus::Failed(LinkFailure::NoPath));
}

#[test]
fn a_repaired_link_may_be_repaired_again() {
    let mut call = TestCall::in_room([ADA]);
    for _ in 0..3 {
        call.connection(ADA, ConnectionState::Connected);
        let outputs = call.connection(ADA, ConnectionState::Failed);
        assert_eq!(commands_to(ADA, &outputs), [LinkCommand::RestartIce]);
    }
}

#[test]
fn an_interrupted_link_gets_a_moment_to_come_back_by_itself() {
    let mut call = TestCall::in_room([ADA]);
    call.connection(ADA, ConnectionState::Connected);
    call.connection(ADA, ConnectionState::Disconnected);
    assert_eq!(call.wait(Duration::from_secs(1)), []);
    call.hear(ServerMessage::Pong);
    call.connection(ADA, ConnectionState::Connected);
    assert_eq!(commands_to(ADA, &call.wait(Duration::from_secs(10))), []);

    call.hear(ServerMessage::Pong);
    let outputs = call.connection(ADA, ConnectionState::Disconnected);
    assert_eq!(said(&outputs), [RoomMessage::Ping], "the line may be broken too");
    call.hear(ServerMessage::Pong);
    assert_eq!(commands_to(ADA, &call.wait(Duration::from_secs(2))), [LinkCommand::RestartIce]);
}

#[test]
fn a_link_that_never_connects_is_repaired_and_then_given_up() {
    let mut call = TestCall::in_room([ADA]);
    assert_eq!(commands_to(ADA, &call.wait(Duration::from_secs(21))), [LinkCommand::RestartIce]);
    assert_eq!(call.status_of(ADA), LinkStatus::Connecting);
    call.hear(ServerMessage::Pong);
    let repair = [LinkCommand::RestartIce, LinkCommand::RestartIce, LinkCommand::Close];
    assert_eq!(commands_to(ADA, &call.wait(Duration::from_secs(16))), repair);
}

#[test]
fn in_another_network_links_look_for_another_way_at_once() {
    let mut call = TestCall::in_room([ADA]);
    call.connection(ADA, ConnectionState::Connected);
    let outputs = call.input(Input::NetworkChanged);
    assert_eq!(commands_to(ADA, &outputs), [LinkCommand::RestartIce]);
    assert_eq!(said(&outputs), [RoomMessage::Ping]);
    assert_eq!(call.status_of(ADA), LinkStatus::Connected, "what works goes on meanwhile");

    let outputs = call.wait(Duration::from_secs(3));
    assert!(outputs.contains(&Output::CloseSocket), "the line was of the other network: {outputs:?}");
    call.connection(ADA, ConnectionState::Disconnected);
    call.input(Input::SocketClosed);
    call.wait(Duration::ZERO);
    call.input(Input::SocketOpened);
    let outputs = call.hear(ServerMessage::Resumed { session: token("second") });
    assert!(matches!(call.status_of(ADA), LinkStatus::Reconnecting), "{outputs:?}");
    assert_eq!(commands_to(ADA, &call.wait(Duration::from_secs(2))), [LinkCommand::RestartIce]);
}

#[test]
fn a_description_that_the_browser_refuses_ends_that_link_alone() {
    let mut call = TestCall::in_room([ADA, BOB]);
    let outputs = call.input(Input::Link { link: link_to(ADA), event: LinkEvent::NegotiationFailed });
    assert_eq!(commands_to(ADA, &outputs), [LinkCommand::Close]);
    assert_eq!(call.status_of(ADA), LinkStatus::Failed(LinkFailure::Negotiation));
    assert_eq!(call.status_of(BOB), LinkStatus::Connecting);
    assert_eq!(commands_to(ADA, &call.hear(offer_from(ADA))), [], "and nothing revives it");
}

#[test]
fn leaving_closes_links_then_the_socket_then_frees_the_devices() {
    let mut call = TestCall::in_room([ADA]);
    call.switch(Source::Camera, Switch::On);
    call.input(Input::Captured(Source::Camera));

    let outputs = call.command(Command::Leave);

    let close = Output::Link { link: link_to(ADA), command: LinkCommand::Close };
    let forget = Output::RememberSession(None);
    assert_eq!(outputs[1..], [close, Output::CloseSocket, Output::StopCapture(Source::Camera), forget]);
    assert!(matches!(&outputs[0], Output::Send(frame) if frame.message == RoomMessage::Leave));
    assert_eq!(call.0.snapshot().phase, Phase::Left);
    assert_eq!(call.0.poll_timeout(), None, "nothing is left to wait for");
}

#[test]
fn a_refused_join_says_why_and_frees_the_devices() {
    let mut call = TestCall::new();
    call.switch(Source::Camera, Switch::On);
    call.input(Input::Captured(Source::Camera));
    call.command(join());
    call.input(Input::SocketOpened);

    let outputs = call.hear(ServerMessage::Error(ProtocolError::new(ErrorCode::RoomFull, None)));

    assert_eq!(outputs, [Output::CloseSocket, Output::StopCapture(Source::Camera)]);
    assert_eq!(call.0.snapshot().phase, Phase::Refused(ErrorCode::RoomFull));
}

#[test]
fn a_server_that_does_not_answer_can_be_tried_again() {
    let mut call = TestCall::new();
    call.command(join());
    call.wait(Duration::from_secs(16));
    assert_eq!(call.0.snapshot().phase, Phase::Unreachable);
    assert_eq!(call.command(join()), [Output::OpenSocket]);
}

#[test]
fn people_stay_connected_when_the_server_goes_away() {
    let mut call = TestCall::in_room([ADA]);
    call.connection(ADA, ConnectionState::Connected);

    assert_eq!(call.input(Input::SocketClosed), [Output::Notify(Notice::SignallingLost)]);

    let snapshot = call.0.snapshot();
    assert_eq!((snapshot.phase, snapshot.signalling), (Phase::Joined, Signalling::Lost));
    assert_eq!(call.status_of(ADA), LinkStatus::Connected);
    let outputs = call.switch(Source::Camera, Switch::On);
    assert_eq!(outputs, [Output::StartCapture(Source::Camera)], "and the camera still works");
}

#[test]
fn a_joined_call_pings_and_nothing_else_while_nothing_happens() {
    let mut call = TestCall::in_room([]);
    let outputs = call.wait(Duration::from_secs(21));
    assert_eq!(said(&outputs), [RoomMessage::Ping]);
}

#[test]
fn who_is_muted_is_not_speaking_whatever_is_measured() {
    let mut call = TestCall::in_room([ADA]);
    let loud = |id| Input::Level { participant: Some(id), level: Level(0.5) };
    call.input(loud(id(ADA)));
    assert!(!call.0.snapshot().participants[0].speaking);

    let media = MediaState { microphone: Switch::On, ..MediaState::default() };
    call.hear(ServerMessage::ParticipantUpdated { participant: Participant { media, ..participant(ADA) } });
    call.input(loud(id(ADA)));
    assert!(call.0.snapshot().participants[0].speaking);
}

#[test]
fn who_leaves_is_gone() {
    let mut call = TestCall::in_room([ADA]);
    let outputs = call.hear(ServerMessage::ParticipantLeft { id: id(ADA), reason: LeaveReason::Left });
    assert_eq!(commands_to(ADA, &outputs), [LinkCommand::Close]);
    assert!(outputs.contains(&Output::Notify(Notice::ParticipantLeft(name("1")))));
    assert!(call.0.snapshot().participants.is_empty());
}

#[test]
fn an_uplink_that_is_too_weak_for_two_links_is_reported_once() {
    let mut call = TestCall::in_room([ADA, BOB]);
    let short = |call: &mut TestCall| {
        [ADA, BOB]
            .iter()
            .flat_map(|who| {
                said(&call.input(Input::Link { link: link_to(*who), event: LinkEvent::Short(true) }))
            })
            .collect::<Vec<_>>()
    };
    call.connection(ADA, ConnectionState::Connected);
    assert_eq!(call.0.sends_over(), [link_to(ADA)]);
    call.connection(BOB, ConnectionState::Connected);
    assert_eq!(call.0.sends_over(), [link_to(ADA), link_to(BOB)]);
    assert_eq!(short(&mut call), []);
    call.wait(Duration::from_secs(15));
    let report = RoomMessage::ReportTrouble { trouble: protocol::Trouble::WeakUplink };
    assert_eq!(short(&mut call), [report]);
    call.wait(Duration::from_secs(15));
    assert_eq!(short(&mut call), []);
}

#[test]
fn who_sends_video_over_a_weak_uplink_is_told_until_they_turn_it_off() {
    let mut call = TestCall::in_room([ADA]);
    call.connection(ADA, ConnectionState::Connected);
    let short = |call: &mut TestCall| {
        let outputs = call.input(Input::Link { link: link_to(ADA), event: LinkEvent::Short(true) });
        assert_eq!(said(&outputs), [], "with one other the server would be sent no less");
        call.0.snapshot().uplink_is_weak
    };
    call.switch(Source::Camera, Switch::On);
    call.input(Input::Captured(Source::Camera));
    assert!(!short(&mut call));
    call.wait(Duration::from_secs(15));
    assert!(short(&mut call));
    let mut alone = TestCall::in_room([ADA]);
    std::mem::swap(&mut alone, &mut call);
    alone.hear(ServerMessage::ParticipantLeft { id: id(ADA), reason: LeaveReason::Left });
    assert!(!alone.0.snapshot().uplink_is_weak, "who is alone sends to nobody");
    call.connection(ADA, ConnectionState::Connected);
    call.switch(Source::Camera, Switch::On);
    call.input(Input::Captured(Source::Camera));
    short(&mut call);
    call.wait(Duration::from_secs(15));
    assert!(short(&mut call));
    call.switch(Source::Camera, Switch::Off);
    assert!(!call.0.snapshot().uplink_is_weak, "there is nothing left to be turned off");
}

#[test]
fn a_link_to_the_forwarding_unit_is_not_told_of_a_relay_on_its_own_port() {
    let server = |url: &str, is_sfu_port| IceServer {
        urls: vec![url.to_owned()],
        username: None,
        credential: None,
        is_sfu_port,
    };
    let (udp, tcp) = (server("turn:192.0.2.1:3478", true), server("turn:192.0.2.1:443?transport=tcp", false));
    let servers = IceServers { servers: vec![udp.clone(), tcp.clone()], good_for: None };
    let mut call = TestCall::in_room([ADA]);
    let told = commands_to(ADA, &call.hear(ServerMessage::IceServers(servers)));
    assert_eq!(told, [LinkCommand::SetIceServers(vec![udp, tcp.clone()])]);
    let migration = Migration { epoch: 1, via: MediaVia::Sfu(NODE), reason: TopologyReason::ManyPeople };
    let outputs =
        call.hear(ServerMessage::Topology { topology: Topology { migration: Some(migration), ..MESH } });
    let opened = outputs.iter().find_map(|output| match output {
        Output::Link {
            link: LinkKey { peer: PeerRef::Sfu(NODE), .. },
            command: LinkCommand::Open { ice_servers, .. },
        } => Some(ice_servers),
        _ => None,
    });
    assert_eq!(opened, Some(&vec![tcp]));
}

#[test]
fn credentials_are_renewed_while_they_are_good_and_links_learn_of_them() {
    let servers = |name: &str| IceServers {
        servers: vec![IceServer {
            urls: vec!["turn:192.0.2.1:3478".to_owned()],
            username: Some(name.to_owned()),
            credential: None,
            is_sfu_port: false,
        }],
        good_for: Some(600),
    };
    let mut call = TestCall::in_room([ADA]);
    assert_eq!(commands_to(ADA, &call.hear(ServerMessage::IceServers(servers("first")))).len(), 1);
    call.connection(ADA, ConnectionState::Connected);
    let asked = |outputs: &[Output]| said(outputs).contains(&RoomMessage::RenewIceServers);
    for _ in 0..29 {
        assert!(!asked(&call.wait(Duration::from_secs(10))));
        call.hear(ServerMessage::Pong);
    }
    assert!(asked(&call.wait(Duration::from_secs(10))));
    call.hear(ServerMessage::Pong);
    assert!(!asked(&call.wait(Duration::from_secs(10))));
    call.hear(ServerMessage::Pong);
    assert!(asked(&call.wait(Duration::from_secs(5))), "the answer got lost");
    let outputs = call.hear(ServerMessage::IceServers(servers("second")));
    assert_eq!(commands_to(ADA, &outputs), [LinkCommand::SetIceServers(servers("second").servers)]);
    assert!(!asked(&call.wait(Duration::from_secs(20))));

    let outputs = call.hear(joined_later(BOB));
    let opened = commands_to(BOB, &outputs).into_iter().any(|command| {
        matches!(command, LinkCommand::Open { ice_servers, .. } if ice_servers == servers("second").servers)
    });
    assert!(opened, "{outputs:?}");
}
