//! A call, what it is told, and what it wants.

use std::time::Duration;

use call::LinkKey;
use call::{
    Call, Command, ConnectionState, Identity, Input, LinkCommand, LinkEvent, LinkStatus, Output, Role,
};
use protocol::{
    DisplayName, ErrorCode, Forbidden, IceServers, Joined, LinkId, MediaState, MediaVia, NodeId,
    OpeningMessage, Participant, ParticipantId, PeerRef, Presence, ProtocolError, RoomCode, RoomMessage,
    RoomSettings, RoomSummary, Sdp, SectionMap, Sequence, ServerFrame, ServerMessage, SessionToken, Signal,
    SignalNumber, Source, Switch, Topology, TopologyReason,
};
use uuid::Uuid;

pub(crate) const ME: u128 = 5;
pub(crate) const ADA: u128 = 1;
pub(crate) const BOB: u128 = 9;

/// The node whose forwarding unit the room uses.
pub(crate) const NODE: NodeId = NodeId::new(Uuid::from_u128(77));

/// A call and the time it is told.
pub(crate) struct TestCall(pub(crate) Call, Duration);

impl TestCall {
    pub(crate) fn new() -> Self {
        Self(Call::new(RoomCode::from_random(1), None, 7, Identity::of_seed(7)), Duration::ZERO)
    }

    pub(crate) fn of(call: Call) -> Self {
        Self(call, Duration::ZERO)
    }

    pub(crate) fn in_room<const N: usize>(people: [u128; N]) -> Self {
        let mut call = Self::new();
        call.join_room(people);
        call
    }

    pub(crate) fn join_room<const N: usize>(&mut self, people: [u128; N]) -> Vec<Output> {
        self.command(join());
        self.input(Input::SocketOpened);
        self.hear_numbered(1, joined(people, false))
    }

    pub(crate) fn command(&mut self, command: Command) -> Vec<Output> {
        self.input(Input::Command(command))
    }

    /// Turns a source on or off. What is remembered of it is left out.
    pub(crate) fn switch(&mut self, source: Source, to: Switch) -> Vec<Output> {
        let mut outputs = self.command(Command::Switch { source, to });
        outputs.retain(|output| !matches!(output, Output::RememberSwitch { .. }));
        outputs
    }

    pub(crate) fn hear(&mut self, message: ServerMessage) -> Vec<Output> {
        self.input(Input::Server(Box::new(message.into())))
    }

    pub(crate) fn hear_numbered(&mut self, number: u64, message: ServerMessage) -> Vec<Output> {
        let frame = ServerFrame { seq: Some(Sequence(number)), received: None, message };
        self.input(Input::Server(Box::new(frame)))
    }

    /// The server refuses something, and closes the socket when that is what the refusal means.
    pub(crate) fn refuse(&mut self, code: ErrorCode) -> Vec<Output> {
        let mut outputs = self.hear(ServerMessage::Error(ProtocolError::new(code, None)));
        outputs.extend(self.input(Input::SocketClosed));
        outputs
    }

    pub(crate) fn connection(&mut self, person: u128, state: ConnectionState) -> Vec<Output> {
        self.input(Input::Link { link: link_to(person), event: LinkEvent::ConnectionState(state) })
    }

    pub(crate) fn input(&mut self, input: Input) -> Vec<Output> {
        self.0.handle_input(self.1, input);
        self.drain()
    }

    /// Lets time pass, waking the call whenever it asks for it.
    pub(crate) fn wait(&mut self, time: Duration) -> Vec<Output> {
        let until = self.1 + time;
        let mut outputs = Vec::new();
        while let Some(due) = self.0.poll_timeout().filter(|due| *due <= until) {
            self.1 = due;
            self.0.handle_timeout(due);
            outputs.extend(self.drain());
        }
        self.1 = until;
        outputs
    }

    pub(crate) fn drain(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.0.poll_output()).collect()
    }

    pub(crate) fn status_of(&self, person: u128) -> LinkStatus {
        let participants = self.0.snapshot().participants;
        participants.iter().find(|participant| participant.participant.id == id(person)).unwrap().link
    }
}

pub(crate) fn commands_to(person: u128, outputs: &[Output]) -> Vec<LinkCommand> {
    let to_them = |output: &Output| match output {
        Output::Link { link, command } if link.peer == peer(person) => Some(command.clone()),
        _ => None,
    };
    outputs.iter().filter_map(to_them).collect()
}

pub(crate) fn told(outputs: &[Output]) -> Vec<MediaState> {
    let media = |output: &Output| match output {
        Output::Send(frame) => match frame.message {
            RoomMessage::SetMedia { media } => Some(media),
            _ => None,
        },
        _ => None,
    };
    outputs.iter().filter_map(media).collect()
}

pub(crate) fn open(role: Role) -> LinkCommand {
    LinkCommand::Open { role, ice_servers: Vec::new() }
}

pub(crate) fn joined_later(person: u128) -> ServerMessage {
    ServerMessage::ParticipantJoined { participant: participant(person) }
}

pub(crate) fn offer_from(person: u128) -> ServerMessage {
    let signal = Signal::Offer { sdp: sdp("offer"), sections: sections() };
    ServerMessage::Signal {
        from: peer(person),
        link: LinkId(0),
        number: SignalNumber(0),
        expects: None,
        signal,
    }
}

pub(crate) fn participant(person: u128) -> Participant {
    Participant {
        id: id(person),
        name: name(&person.to_string()),
        role: protocol::Role::Guest,
        media: MediaState::default(),
        hand: None,
        presence: Presence::Here,
        forbidden: Forbidden::default(),
        key: None,
        recorded: None,
    }
}

/// Direct links, since the beginning.
pub(crate) const MESH: Topology =
    Topology { epoch: 0, via: MediaVia::Mesh, reason: TopologyReason::FewPeople, migration: None };

pub(crate) fn joined<const N: usize>(people: [u128; N], continued: bool) -> ServerMessage {
    ServerMessage::Joined(Box::new(Joined {
        you: participant(ME),
        session: token("first"),
        continued,
        room: RoomSummary {
            code: RoomCode::from_random(1),
            name: None,
            capacity: 4,
            present: 1,
            room_key: None,
        },
        settings: RoomSettings::default(),
        participants: people.map(participant).to_vec(),
        topology: MESH,
        ice_servers: IceServers::default(),
        recording: None,
        grant: None,
        running: 0,
    }))
}

pub(crate) fn join() -> Command {
    Command::Join { name: name("Me"), password: None }
}

pub(crate) fn token(text: &str) -> SessionToken {
    SessionToken::new(text.to_owned()).unwrap()
}

/// The first message on a socket, if that is sent.
pub(crate) fn opened(outputs: &[Output]) -> Option<OpeningMessage> {
    outputs.iter().find_map(|output| match output {
        Output::Open(frame) => Some(frame.message.clone()),
        _ => None,
    })
}

/// The messages that are sent after the first, without their numbers.
pub(crate) fn said(outputs: &[Output]) -> Vec<RoomMessage> {
    let message = |output: &Output| match output {
        Output::Send(frame) => Some(frame.message.clone()),
        _ => None,
    };
    outputs.iter().filter_map(message).collect()
}

/// The link to somebody, opened when the room had not migrated.
pub(crate) fn link_to(person: u128) -> LinkKey {
    LinkKey { peer: peer(person), id: LinkId(0) }
}

pub(crate) fn sections() -> SectionMap {
    SectionMap::new([("0".to_owned(), Source::Microphone), ("1".to_owned(), Source::Camera)].into()).unwrap()
}

pub(crate) fn peer(person: u128) -> PeerRef {
    PeerRef::Participant(id(person))
}

pub(crate) fn id(person: u128) -> ParticipantId {
    ParticipantId::new(Uuid::from_u128(person))
}

pub(crate) fn name(text: &str) -> DisplayName {
    DisplayName::parse(text).unwrap()
}

pub(crate) fn sdp(text: &str) -> Sdp {
    Sdp::new(text.to_owned()).unwrap()
}
