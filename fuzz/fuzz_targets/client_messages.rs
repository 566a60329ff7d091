//! Whatever a guest says, a line a frame, two honest people in the same room see nothing of it but what that guest does.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use protocol::{
    DisplayName, IceServers, MediaState, OpeningFrame, OpeningMessage, Participant, ParticipantId, Role,
    RoomCode, RoomFrame, RoomMessage, RoomSettings, ServerMessage, SessionId, SessionToken, Signal, SignalNumber, Timestamp,
};
use room::{
    RoomInit, Change, ConnectionId, GiveIceServers, GivenPassword, Input, MediaOrder, Output, VerifiedCredential,
    Resumption, Room, SessionClaims, SignTokens, CredentialClaims, Visitor,
};
use uuid::Uuid;

const ADA: u128 = 1;
const BOB: u128 = 2;
const EVE: u128 = 3;

struct Plain;

impl GiveIceServers for Plain {
    fn ice_servers(&self, _: ParticipantId) -> IceServers {
        IceServers::default()
    }
}

impl SignTokens for Plain {
    fn sign(&self, _: &SessionClaims) -> SessionToken {
        SessionToken::new("token".into()).unwrap()
    }
}

fuzz_target!(|data: &[u8]| {
    let mut world = World::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(text) = std::str::from_utf8(line) else { continue };
        if let Ok(frame) = RoomFrame::parse(text) {
            world.say(frame);
        } else if let Ok(frame) = OpeningFrame::parse(text) {
            world.open(frame);
        }
    }
    world.signal_still_arrives();
});

struct World {
    room: Room,
    now: Duration,
    sockets: u64,
    eve: ConnectionId,
    honest: [Participant; 2],
    settings: RoomSettings,
}

impl World {
    fn new() -> Self {
        let code = RoomCode::from_random(1);
        let init = RoomInit {
            code,
            settings: RoomSettings::default(),
            password: false,
            ice_servers: Box::new(Plain),
            wall: Timestamp(1_000_000),
            seats: Vec::new(),
            blocked: Vec::new(),
            recent_chat: Vec::new(),
            has_sfu: true,
            recorder: None,
            recording: None,
            signer: Box::new(Plain),
        };
        let mut room = Room::new(Duration::ZERO, init);
        for (person, verified) in [(ADA, VerifiedCredential::Key(Role::Host)), (BOB, VerifiedCredential::Link), (EVE, VerifiedCredential::Link)] {
            let visitor = Box::new(visitor(person, verified, MediaState::default(), None));
            room.handle_input(Duration::ZERO, Input::Enter { connection: connection(person), visitor });
        }
        while room.poll_output().is_some() {}
        let person = |person| room.participants().find(|one| one.id == id(person)).unwrap().clone();
        let honest = [person(ADA), person(BOB)];
        let settings = room.settings().clone();
        Self { room, now: Duration::ZERO, sockets: 100, eve: connection(EVE), honest, settings }
    }

    /// Eve says something on her socket.
    fn say(&mut self, frame: RoomFrame) {
        self.input(Input::Message { connection: self.eve, frame });
    }

    /// Eve opens another socket.
    fn open(&mut self, frame: OpeningFrame) {
        let claims = claims(frame.id.map_or(0, |id| id.0 as u32));
        let connection = self.new_socket();
        let input = match frame.message {
            OpeningMessage::Join(join) => {
                let earlier = join.session.as_ref().map(|_| claims);
                let visitor = visitor(99 + u128::from(self.sockets), VerifiedCredential::Link, join.media, earlier);
                let visitor = Visitor {
                    key: join.key,
                    room_key: join.room_key,
                    room_key_origin: join.room_key_origin,
                    ..visitor
                };
                Input::Enter { connection, visitor: Box::new(visitor) }
            }
            OpeningMessage::Resume(resume) => {
                let resumption = Resumption {
                    claims,
                    last: resume.last,
                    media: resume.media,
                    hand: resume.hand,
                    browser: None,
                    key: resume.key,
                };
                Input::Resume { connection, resumption: Box::new(resumption) }
            }
            // Rings have a target of their own.
            OpeningMessage::Ring(_) => return,
        };
        self.input(input);
    }

    fn input(&mut self, input: Input) {
        self.now += Duration::from_millis(20);
        if self.room.poll_timeout(self.now).is_some_and(|due| due <= self.now) {
            self.room.handle_timeout(self.now);
        }
        self.room.handle_input(self.now, input);
        self.check();
    }

    fn new_socket(&mut self) -> ConnectionId {
        self.sockets += 1;
        self.eve = ConnectionId(self.sockets.into());
        self.eve
    }

    fn check(&mut self) {
        while let Some(output) = self.room.poll_output() {
            match output {
                Output::Send { to, message, .. } if is_honest_socket(to) => {
                    assert!(is_about_others(&message), "{message:?}");
                }
                Output::Close { connection, .. } => assert!(!is_honest_socket(connection)),
                Output::ChangeSettings { .. } => panic!("a guest changes the rules"),
                Output::Keep(Change::Blocked(_)) => panic!("a guest blocks somebody"),
                Output::Keep(Change::Done { by, .. }) => assert!(!is_honest(by)),
                Output::Recording(_) => panic!("a guest records, where nothing can"),
                Output::Delete | Output::Unload => panic!("a room with people in it ends"),
                // The forwarding unit hears of somebody what only they have said.
                Output::Media {
                    participant,
                    order: MediaOrder::Signal { .. } | MediaOrder::Slots { .. },
                } => {
                    assert!(!is_honest(participant));
                }
                Output::Media { .. } | Output::Send { .. } | Output::Keep(_) | Output::ReadHistory { .. } => {
                }
            }
        }
        for one in &self.honest {
            assert_eq!(self.room.participants().find(|now| now.id == one.id), Some(one));
        }
        assert_eq!(*self.room.settings(), self.settings);
    }

    fn signal_still_arrives(&mut self) {
        let message = RoomMessage::Signal {
            to: id(BOB).into(),
            link: protocol::LinkId(0),
            number: SignalNumber(1),
            expects: None,
            signal: Signal::EndOfCandidates,
        };
        let input = Input::Message { connection: connection(ADA), frame: message.into() };
        self.room.handle_input(self.now, input);
        let mut came = false;
        while let Some(output) = self.room.poll_output() {
            let Output::Send { to, message, .. } = output else { continue };
            assert_eq!(to, connection(BOB));
            came |= matches!(&*message, ServerMessage::Signal { from, .. } if *from == id(ADA).into());
        }
        assert!(came);
    }
}

fn is_about_others(message: &ServerMessage) -> bool {
    match message {
        ServerMessage::ParticipantJoined { participant }
        | ServerMessage::ParticipantUpdated { participant } => !is_honest(participant.id),
        ServerMessage::ParticipantLeft { id, .. } => !is_honest(*id),
        ServerMessage::Chat { entry } => !is_honest(entry.from),
        ServerMessage::Reacted { from, .. } => !is_honest(*from),
        ServerMessage::Signal { from, .. } => *from != id(ADA).into() && *from != id(BOB).into(),
        // Anybody may find that a path does not work; then all are told where media goes.
        ServerMessage::Topology { .. } | ServerMessage::MigrationAborted { .. } => true,
        _ => false,
    }
}

fn visitor(person: u128, verified: VerifiedCredential, media: MediaState, earlier: Option<SessionClaims>) -> Visitor {
    Visitor {
        participant: id(person),
        session: SessionId::new(Uuid::from_u128(person + 1000)),
        name: DisplayName::parse("Somebody").unwrap(),
        media,
        verified,
        password: GivenPassword::Missing,
        browser: None,
        share: 0,
        earlier,
        credential_claims: CredentialClaims::default(),
        key: None,
        room_key: None,
        room_key_origin: None,
        grant: None,
    }
}

/// Eve's own; those of others are not hers to show, because they are signed.
fn claims(generation: u32) -> SessionClaims {
    SessionClaims {
        participant: id(EVE),
        session: SessionId::new(Uuid::from_u128(EVE + 1000)),
        role: Role::Guest,
        generation,
        credential_claims: CredentialClaims::default(),
    }
}

fn id(person: u128) -> ParticipantId {
    ParticipantId::new(Uuid::from_u128(person))
}

fn connection(person: u128) -> ConnectionId {
    ConnectionId(person)
}

fn is_honest(who: ParticipantId) -> bool {
    who == id(ADA) || who == id(BOB)
}

fn is_honest_socket(socket: ConnectionId) -> bool {
    socket == connection(ADA) || socket == connection(BOB)
}
