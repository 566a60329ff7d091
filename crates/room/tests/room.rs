//! What a room promises, as lists of inputs and the outputs they cause.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use protocol::{
    ClientFrame, ClientMessage, CloseCode, DisplayName, ErrorCode, LeaveReason, MediaState, MessageId,
    ParticipantId, PeerRef, ProtocolError, RoomCode, RoomStanding, Sdp, ServerMessage, SessionId, Signal,
    SignalNumber, Switch, VERSION,
};
use room::{Input, Output, Recipients, Room, RoomSettings};
use uuid::Uuid;

const ADA: u128 = 1;
const BOB: u128 = 2;
const EVE: u128 = 9;

#[test]
fn a_newcomer_learns_who_is_there_and_they_learn_of_the_newcomer() {
    let mut room = TestRoom::new(4);
    assert_eq!(names_in(&room.join(ADA)[0]), Vec::<String>::new());

    let outputs = room.join(BOB);

    assert_eq!(names_in(&outputs[0]), ["participant 1"]);
    let Output::Send { to, message: ServerMessage::ParticipantJoined { participant } } = &outputs[1] else {
        panic!("{outputs:?}")
    };
    assert_eq!((*to, participant.id), (Recipients::AllBut(id(BOB)), id(BOB)));
}

#[test]
fn a_signal_reaches_exactly_its_target() {
    let mut room = TestRoom::with([ADA, BOB, 3]);

    let outputs = room.say(ADA, signal_to(PeerRef::Participant(id(BOB))));

    let expected = ServerMessage::Signal {
        from: PeerRef::Participant(id(ADA)),
        number: SignalNumber(0),
        signal: offer(),
    };
    assert_eq!(outputs, [Output::Send { to: Recipients::One(id(BOB)), message: expected }]);
}

#[test]
fn a_signal_to_oneself_to_a_stranger_or_to_an_absent_sfu_is_refused_and_reaches_nobody() {
    let mut room = TestRoom::with([ADA, BOB]);
    for (to, code) in [
        (PeerRef::Participant(id(ADA)), ErrorCode::PeerIsSelf),
        (PeerRef::Participant(id(EVE)), ErrorCode::PeerUnknown),
        (PeerRef::Sfu, ErrorCode::PeerUnknown),
    ] {
        assert_eq!(room.say(ADA, signal_to(to)), [error_to(ADA, code)]);
    }
}

#[test]
fn a_second_join_is_refused_and_changes_nothing() {
    let mut room = TestRoom::with([ADA, BOB]);
    let join = ClientMessage::Join {
        version: VERSION,
        room: RoomCode::from_random(1),
        name: DisplayName::parse("Eve").unwrap(),
        media: MediaState::default(),
    };

    assert_eq!(room.say(ADA, join), [error_to(ADA, ErrorCode::AlreadyJoined)]);
    assert_eq!(room.room.summary().present, 2);
}

#[test]
fn one_more_than_the_capacity_is_refused_and_closed_and_the_others_notice_nothing() {
    let mut room = TestRoom::new(2);
    room.join(ADA);
    room.join(BOB);
    assert_eq!(room.room.standing(), RoomStanding::Full);

    let error = ServerMessage::Error(ProtocolError::new(ErrorCode::RoomFull, None));
    assert_eq!(
        room.join(EVE),
        [
            Output::Send { to: Recipients::One(id(EVE)), message: error },
            Output::Close { id: id(EVE), code: CloseCode::REFUSED }
        ]
    );

    room.say(BOB, ClientMessage::Leave);
    assert_eq!(names_in(&room.join(EVE)[0]), ["participant 1"]);
}

#[test]
fn the_others_learn_what_is_sent_once_for_each_change() {
    let mut room = TestRoom::with([ADA, BOB]);
    let media = MediaState { microphone: Switch::On, camera: Switch::Off };

    let outputs = room.say(ADA, ClientMessage::SetMedia { media });

    let message = ServerMessage::ParticipantUpdated { id: id(ADA), media };
    assert_eq!(outputs, [Output::Send { to: Recipients::AllBut(id(ADA)), message }]);
    assert_eq!(room.say(ADA, ClientMessage::SetMedia { media }), []);
}

#[test]
fn who_leaves_is_closed_and_who_vanishes_is_announced() {
    let mut room = TestRoom::with([ADA, BOB, 3]);

    assert_eq!(
        room.say(ADA, ClientMessage::Leave),
        [left(ADA, LeaveReason::Left), Output::Close { id: id(ADA), code: CloseCode::NORMAL }]
    );
    assert_eq!(room.disconnect(BOB), [left(BOB, LeaveReason::Disconnected)]);
    assert_eq!(room.disconnect(BOB), [], "twice is once");
}

#[test]
fn a_message_of_somebody_who_left_is_nobodys() {
    let mut room = TestRoom::with([ADA, BOB]);
    room.say(ADA, ClientMessage::Leave);

    assert_eq!(room.say(ADA, signal_to(PeerRef::Participant(id(BOB)))), []);
}

#[test]
fn a_ping_is_answered_to_its_sender_alone() {
    let mut room = TestRoom::with([ADA, BOB]);
    let pong = Output::Send { to: Recipients::One(id(ADA)), message: ServerMessage::Pong };
    assert_eq!(room.say(ADA, ClientMessage::Ping), [pong]);
}

#[test]
fn an_empty_room_ends_after_its_time_and_a_used_one_does_not() {
    let mut room = TestRoom::new(4);
    let kept = RoomSettings::default().kept_when_empty;
    assert_eq!(room.room.poll_timeout(), Some(kept));

    room.join(ADA);
    assert_eq!(room.room.poll_timeout(), None);

    room.now = kept;
    room.disconnect(ADA);
    room.room.handle_timeout(kept * 2 - Duration::from_secs(1));
    assert_eq!(room.drain(), []);
    room.room.handle_timeout(kept * 2);
    assert_eq!(room.drain(), [Output::Expired]);
}

struct TestRoom {
    room: Room,
    now: Duration,
}

impl TestRoom {
    fn new(capacity: u16) -> Self {
        let settings = RoomSettings { capacity, ..RoomSettings::default() };
        Self {
            room: Room::new(Duration::ZERO, RoomCode::from_random(7), settings, vec![]),
            now: Duration::ZERO,
        }
    }

    fn with<const N: usize>(people: [u128; N]) -> Self {
        let mut room = Self::new(4);
        for person in people {
            room.join(person);
        }
        room
    }

    fn join(&mut self, person: u128) -> Vec<Output> {
        self.input(Input::Join {
            id: id(person),
            session: SessionId::new(Uuid::from_u128(person + 1000)),
            name: DisplayName::parse(&format!("participant {person}")).unwrap(),
            media: MediaState::default(),
        })
    }

    fn say(&mut self, person: u128, message: ClientMessage) -> Vec<Output> {
        self.input(Input::Message { from: id(person), frame: ClientFrame { id: Some(MESSAGE), message } })
    }

    fn disconnect(&mut self, person: u128) -> Vec<Output> {
        self.input(Input::Disconnect { id: id(person), reason: LeaveReason::Disconnected })
    }

    fn input(&mut self, input: Input) -> Vec<Output> {
        self.room.handle_input(self.now, input);
        self.drain()
    }

    fn drain(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.room.poll_output()).collect()
    }
}

fn id(person: u128) -> ParticipantId {
    ParticipantId::new(Uuid::from_u128(person))
}

fn offer() -> Signal {
    Signal::Offer { sdp: Sdp::new("v=0".into()).unwrap() }
}

fn signal_to(to: PeerRef) -> ClientMessage {
    ClientMessage::Signal { to, number: SignalNumber(0), signal: offer() }
}

fn error_to(person: u128, code: ErrorCode) -> Output {
    let message = ServerMessage::Error(ProtocolError::new(code, Some(MESSAGE)));
    Output::Send { to: Recipients::One(id(person)), message }
}

fn left(person: u128, reason: LeaveReason) -> Output {
    Output::Send {
        to: Recipients::AllBut(id(person)),
        message: ServerMessage::ParticipantLeft { id: id(person), reason },
    }
}

fn names_in(output: &Output) -> Vec<String> {
    let Output::Send { message: ServerMessage::Joined(joined), .. } = output else { panic!("{output:?}") };
    joined.participants.iter().map(|participant| participant.name.to_string()).collect()
}

const MESSAGE: MessageId = MessageId(5);
