//! A room, the sockets that lead to it, and what each of them heard.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::{
    CloseCode, DisplayName, ErrorCode, IceServers, Joined, MediaState, MessageId, Moderation, NodeId,
    Participant, ParticipantId, ProtocolError, Role, RoomCode, RoomFrame, RoomMessage, RoomSettings,
    RoomSettingsPatch, Sequence, ServerMessage, SessionId, SessionToken, Switch, Timestamp,
};
use room::{
    Change, ConnectionId, CredentialClaims, Departure, GiveIceServers, GivenPassword, Input, MediaOrder,
    Output, RecordingEffect, Resumption, Room, RoomInit, SeatChange, SessionClaims, SignTokens,
    VerifiedCredential, Visitor,
};
use uuid::Uuid;

/// The node whose forwarding unit rooms use.
pub(crate) const NODE: NodeId = NodeId::new(Uuid::from_u128(1));
pub(crate) const ADA: u128 = 1;
pub(crate) const BOB: u128 = 2;
pub(crate) const CEM: u128 = 3;
pub(crate) const EVE: u128 = 9;

/// What the world's clock shows when a test begins.
/// In the summer of 2026.
pub(crate) const START: Timestamp = Timestamp(1_782_000_000_000);

/// Everything one socket was sent, and how it ended.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) messages: Vec<ServerMessage>,
    pub(crate) numbers: Vec<Sequence>,
    pub(crate) received: Option<MessageId>,
    pub(crate) closed: Option<CloseCode>,
}

pub(crate) struct World {
    pub(crate) room: Room,
    pub(crate) now: Duration,
    pub(crate) heard: BTreeMap<ConnectionId, Heard>,
    /// The socket of each person, the latest.
    pub(crate) sockets: BTreeMap<u128, ConnectionId>,
    pub(crate) kept: Vec<Change>,
    pub(crate) other: Vec<Output>,
    /// What the forwarding unit was told.
    pub(crate) orders: Vec<(NodeId, ParticipantId, MediaOrder)>,
    /// What the recorder was told.
    pub(crate) recorder: Vec<RecordingEffect>,
    sockets_made: u64,
    messages_said: u64,
}

/// Tokens that hide nothing.
struct Plain;

impl GiveIceServers for Plain {
    fn ice_servers(&self, _: ParticipantId) -> IceServers {
        IceServers::default()
    }
}

impl SignTokens for Plain {
    fn sign(&self, claims: &SessionClaims) -> SessionToken {
        SessionToken::new(format!("{} of {}", claims.generation, claims.participant)).unwrap()
    }
}

impl World {
    pub(crate) fn new(settings: RoomSettings) -> Self {
        Self::restored(settings, Vec::new(), Vec::new())
    }

    /// A room as a server finds it that has just started.
    pub(crate) fn restored(
        settings: RoomSettings,
        seats: Vec<SeatChange>,
        recent_chat: Vec<protocol::ChatEntry>,
    ) -> Self {
        Self::begin(RoomInit { settings, seats, recent_chat, ..Self::beginning() })
    }

    /// A room on a server that can forward media.
    pub(crate) fn with_sfu() -> Self {
        Self::begin(RoomInit { sfu: Some(NODE), ..Self::beginning() })
    }

    pub(crate) fn beginning() -> RoomInit {
        RoomInit {
            code: RoomCode::from_random(7),
            settings: RoomSettings::default(),
            password: false,
            ice_servers: Box::new(Plain),
            wall: START,
            seats: vec![],
            blocked: vec![],
            recent_chat: vec![],
            sfu: None,
            recorder: None,
            recording: None,
            signer: Box::new(Plain),
        }
    }

    pub(crate) fn begin(init: RoomInit) -> Self {
        Self {
            room: Room::new(Duration::ZERO, init),
            now: Duration::ZERO,
            heard: BTreeMap::new(),
            sockets: BTreeMap::new(),
            kept: Vec::new(),
            other: Vec::new(),
            orders: Vec::new(),
            recorder: Vec::new(),
            sockets_made: 0,
            messages_said: 0,
        }
    }

    /// A room for ten with people in it; the first is the host.
    pub(crate) fn with<const N: usize>(people: [u128; N]) -> Self {
        let mut world = Self::new(RoomSettings { capacity: 10, ..RoomSettings::default() });
        for (index, person) in people.into_iter().enumerate() {
            if index == 0 {
                world.enter_as(person, Role::Host)
            } else {
                world.enter(person)
            };
            world.say(person, RoomMessage::Ping); // The first message shows that the token came.
        }
        world.forget();
        world
    }

    pub(crate) fn visitor(person: u128) -> Visitor {
        Visitor {
            participant: id(person),
            session: session(person),
            name: DisplayName::parse(&format!("participant {person}")).unwrap(),
            media: MediaState::default(),
            verified: VerifiedCredential::Link,
            password: GivenPassword::Missing,
            browser: Some(format!("browser {person}")),
            share: u64::try_from(person).unwrap(),
            earlier: None,
            credential_claims: CredentialClaims::default(),
            key: None,
            room_key: None,
            room_key_origin: None,
            grant: None,
        }
    }

    pub(crate) fn enter(&mut self, person: u128) -> &Heard {
        self.enter_with(person, Self::visitor(person))
    }

    pub(crate) fn enter_as(&mut self, person: u128, role: Role) -> &Heard {
        self.enter_with(person, Visitor { verified: VerifiedCredential::Key(role), ..Self::visitor(person) })
    }

    pub(crate) fn enter_with(&mut self, person: u128, visitor: Visitor) -> &Heard {
        let connection = self.new_socket(person);
        self.input(Input::Enter { connection, visitor: Box::new(visitor) });
        &self.heard[&connection]
    }

    /// Takes a seat again with the token of a generation.
    pub(crate) fn resume(&mut self, person: u128, generation: u32, last: u64) -> &Heard {
        self.resume_with(person, Self::resumption(person, generation, last))
    }

    pub(crate) fn resumption(person: u128, generation: u32, last: u64) -> Resumption {
        Resumption {
            claims: claims(person, generation),
            last: Sequence(last),
            media: MediaState::default(),
            hand: Switch::Off,
            browser: Some(format!("browser {person}")),
            key: None,
        }
    }

    pub(crate) fn resume_with(&mut self, person: u128, resumption: Resumption) -> &Heard {
        let connection = self.new_socket(person);
        self.input(Input::Resume { connection, resumption: Box::new(resumption) });
        &self.heard[&connection]
    }

    pub(crate) fn say(&mut self, person: u128, message: RoomMessage) -> MessageId {
        self.messages_said += 1;
        let said = MessageId(self.messages_said);
        self.say_as(person, Some(said), message);
        said
    }

    pub(crate) fn say_as(&mut self, person: u128, number: Option<MessageId>, message: RoomMessage) {
        let connection = self.sockets[&person];
        let frame = RoomFrame { id: number, ack: None, message };
        self.input(Input::Message { connection, frame });
    }

    /// Something comes from somebody that is none of the room's business.
    pub(crate) fn refuse(&mut self, person: u128, id: MessageId, code: ErrorCode) {
        let connection = self.sockets[&person];
        self.input(Input::Refused { connection, id: Some(id), ack: None, code });
    }

    pub(crate) fn moderate(&mut self, person: u128, moderation: Moderation) -> MessageId {
        self.say(person, RoomMessage::Moderate { moderation })
    }

    pub(crate) fn change(&mut self, person: u128, patch: RoomSettingsPatch) -> MessageId {
        self.moderate(person, Moderation::ChangeSettings { patch: Box::new(patch) })
    }

    pub(crate) fn drop_socket(&mut self, person: u128, departure: Departure) {
        let connection = self.sockets[&person];
        self.input(Input::Disconnect { connection, departure });
    }

    /// Lets time verified, and does what is due in it.
    pub(crate) fn wait(&mut self, duration: Duration) {
        let until = self.now + duration;
        while let Some(due) = self.room.poll_timeout(self.now).filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.room.handle_timeout(self.now);
            self.collect();
            if self.other.iter().any(|output| matches!(output, Output::Unload | Output::Delete)) {
                return;
            }
        }
        self.now = until;
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.room.handle_input(self.now, input);
        self.collect();
    }

    fn collect(&mut self) {
        while let Some(output) = self.room.poll_output() {
            match output {
                Output::Send { to, seq, received, message } => {
                    let heard = self.heard.entry(to).or_default();
                    assert_eq!(heard.closed, None, "a closed socket is written to");
                    heard.messages.push((*message).clone());
                    heard.numbers.extend(seq);
                    heard.received = received.or(heard.received);
                }
                Output::Close { connection, code } => {
                    self.heard.entry(connection).or_default().closed = Some(code);
                }
                Output::Keep(change) => self.kept.push(change),
                Output::ChangeSettings { patch, .. } => {
                    let settings = patch.apply(self.room.settings()).unwrap();
                    let password = patch.password.as_ref().map_or(self.room.has_password(), Option::is_some);
                    let is_new_password = matches!(patch.password, Some(Some(_)));
                    let changed = Input::SettingsChanged { settings, password, is_new_password };
                    self.room.handle_input(self.now, changed);
                }
                Output::Recording(effect) => self.recorder.push(effect),
                Output::Media { node, participant, order } => self.orders.push((node, participant, order)),
                Output::ReadHistory { .. } | Output::Unload | Output::Delete => {
                    self.other.push(output);
                }
            }
        }
    }

    fn new_socket(&mut self, person: u128) -> ConnectionId {
        self.sockets_made += 1;
        let connection = ConnectionId(self.sockets_made.into());
        self.sockets.insert(person, connection);
        self.heard.insert(connection, Heard::default());
        connection
    }

    /// What the latest socket of a person has heard.
    pub(crate) fn ears(&self, person: u128) -> &Heard {
        &self.heard[&self.sockets[&person]]
    }

    /// Forgets what was heard and kept so far.
    pub(crate) fn forget(&mut self) {
        for heard in self.heard.values_mut() {
            heard.messages.clear();
            heard.numbers.clear();
        }
        self.kept.clear();
        self.orders.clear();
        self.recorder.clear();
    }

    pub(crate) fn people(&self) -> Vec<u128> {
        let number = |who: &Participant| (1..20).find(|number| id(*number) == who.id).unwrap();
        self.room.participants().map(number).collect()
    }

    pub(crate) fn person(&self, person: u128) -> &Participant {
        self.room.participants().find(|one| one.id == id(person)).unwrap()
    }

    /// The seats as storage has them in the end.
    pub(crate) fn kept_seats(&self) -> Vec<SeatChange> {
        let mut seats = BTreeMap::new();
        for change in &self.kept {
            if let Change::Seat(seat) = change {
                seats.insert(seat.participant, seat.clone());
            }
        }
        seats.into_values().collect()
    }
}

impl Heard {
    pub(crate) fn joined(&self) -> Option<&Joined> {
        self.messages.iter().find_map(|message| {
            if let ServerMessage::Joined(joined) = message { Some(&**joined) } else { None }
        })
    }

    pub(crate) fn errors(&self) -> Vec<ErrorCode> {
        let error = |message: &ServerMessage| {
            if let ServerMessage::Error(ProtocolError { code, .. }) = message { Some(*code) } else { None }
        };
        self.messages.iter().filter_map(error).collect()
    }

    /// The reason for which the socket was closed; `None` while it is open.
    pub(crate) fn turned_away(&self) -> Option<ErrorCode> {
        self.closed.and_then(|_| self.errors().last().copied())
    }
}

pub(crate) fn claims(person: u128, generation: u32) -> SessionClaims {
    let credential_claims = CredentialClaims::default();
    SessionClaims {
        participant: id(person),
        session: session(person),
        role: Role::Guest,
        generation,
        credential_claims,
    }
}

pub(crate) fn id(person: u128) -> ParticipantId {
    ParticipantId::new(Uuid::from_u128(person))
}

pub(crate) fn session(person: u128) -> SessionId {
    SessionId::new(Uuid::from_u128(person + 1000))
}

pub(crate) fn on_air() -> MediaState {
    MediaState {
        microphone: Switch::On,
        camera: Switch::On,
        screen: Switch::On,
        screen_audio: Switch::Off,
        recording: Switch::Off,
    }
}
