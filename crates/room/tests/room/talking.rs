//! Signals, media states, pings, leaving.

use protocol::{
    CloseCode, ErrorCode, LeaveReason, LinkId, MediaState, MessageId, NodeId, PeerRef, ProtocolError,
    Reaction, RoomMessage, Sdp, SectionMap, ServerMessage, Signal, SignalNumber, Switch,
};
use room::Departure;

use super::world::{ADA, BOB, CEM, EVE, World, id};

#[test]
fn a_signal_reaches_exactly_its_target() {
    let mut world = World::with([ADA, BOB, CEM]);
    world.say(ADA, signal_to(PeerRef::Participant(id(BOB))));
    let expected = ServerMessage::Signal {
        from: PeerRef::Participant(id(ADA)),
        link: LinkId(3),
        number: SignalNumber(4),
        expects: Some(SignalNumber(2)),
        signal: offer(),
    };
    assert_eq!(world.ears(BOB).messages, [expected]);
    assert!(world.ears(CEM).messages.is_empty() && world.ears(ADA).messages.is_empty());
}

#[test]
fn a_signal_to_oneself_to_a_stranger_or_to_an_absent_sfu_is_refused_and_reaches_nobody() {
    for (to, code) in [
        (PeerRef::Participant(id(ADA)), ErrorCode::PeerIsSelf),
        (PeerRef::Participant(id(EVE)), ErrorCode::PeerUnknown),
        (PeerRef::Sfu(NodeId::NIL), ErrorCode::PeerUnknown),
    ] {
        let mut world = World::with([ADA, BOB]);
        let said = world.say(ADA, signal_to(to));
        let error = ServerMessage::Error(ProtocolError::new(code, Some(said)));
        assert_eq!(world.ears(ADA).messages, [error]);
        assert!(world.ears(BOB).messages.is_empty());
    }
}

#[test]
fn what_is_refused_before_the_room_looks_at_it_is_answered_once_and_changes_nothing() {
    let mut world = World::with([ADA, BOB]);
    for _ in 0..2 {
        world.refuse(ADA, MessageId(7), ErrorCode::AlreadyJoined);
    }
    assert_eq!(world.ears(ADA).errors(), [ErrorCode::AlreadyJoined]);
    let expected = ProtocolError::new(ErrorCode::AlreadyJoined, Some(MessageId(7)));
    assert!(world.ears(ADA).messages.contains(&ServerMessage::Error(expected)));
    assert_eq!(world.room.summary().present, 2);
}

#[test]
fn everybody_learns_what_is_sent_once_for_each_change() {
    let mut world = World::with([ADA, BOB]);
    let media = MediaState { microphone: Switch::On, ..MediaState::default() };
    for _ in 0..2 {
        world.say(ADA, RoomMessage::SetMedia { media });
    }
    let [ServerMessage::ParticipantUpdated { participant }] = &*world.ears(BOB).messages else {
        panic!("{:?}", world.ears(BOB).messages)
    };
    assert_eq!((participant.id, participant.media), (id(ADA), media));
}

#[test]
fn who_leaves_is_closed_and_announced() {
    let mut world = World::with([ADA, BOB]);
    world.say(ADA, RoomMessage::Leave);
    assert_eq!(world.ears(ADA).closed, Some(CloseCode::NORMAL));
    let left = ServerMessage::ParticipantLeft { id: id(ADA), reason: LeaveReason::Left };
    assert_eq!(world.ears(BOB).messages, [left]);
    world.drop_socket(ADA, Departure::Broken);
    assert_eq!(world.ears(BOB).messages.len(), 1, "twice is once");
}

#[test]
fn who_closes_the_page_is_gone_at_once_and_who_offends_too() {
    let mut world = World::with([ADA, BOB, CEM]);
    world.drop_socket(BOB, Departure::Closed);
    world.drop_socket(CEM, Departure::Offended);
    let reasons: Vec<_> = world
        .ears(ADA)
        .messages
        .iter()
        .map(|one| if let ServerMessage::ParticipantLeft { reason, .. } = one { *reason } else { panic!() })
        .collect();
    assert_eq!(reasons, [LeaveReason::Left, LeaveReason::Removed]);
}

#[test]
fn a_message_of_somebody_who_left_is_nobodys() {
    let mut world = World::with([ADA, BOB]);
    world.say(ADA, RoomMessage::Leave);
    world.forget();
    world.say(ADA, signal_to(PeerRef::Participant(id(BOB))));
    assert!(world.ears(BOB).messages.is_empty());
}

#[test]
fn a_ping_is_answered_to_its_sender_alone_and_has_no_number() {
    let mut world = World::with([ADA, BOB]);
    let said = world.say(ADA, RoomMessage::Ping);
    assert_eq!(world.ears(ADA).messages, [ServerMessage::Pong]);
    assert!(world.ears(ADA).numbers.is_empty());
    assert_eq!(world.ears(ADA).received, Some(said));
    assert!(world.ears(BOB).messages.is_empty());
}

#[test]
fn a_reaction_is_seen_by_everybody() {
    let mut world = World::with([ADA, BOB]);
    world.say(ADA, RoomMessage::React { reaction: Reaction::Applause });
    for person in [ADA, BOB] {
        let seen = ServerMessage::Reacted { from: id(ADA), reaction: Reaction::Applause };
        assert_eq!(world.ears(person).messages, [seen]);
    }
}

fn offer() -> Signal {
    Signal::Offer { sdp: Sdp::new("v=0".into()).unwrap(), sections: SectionMap::default() }
}

fn signal_to(to: PeerRef) -> RoomMessage {
    let (number, expects) = (SignalNumber(4), Some(SignalNumber(2)));
    RoomMessage::Signal { to, link: LinkId(3), number, expects, signal: offer() }
}
