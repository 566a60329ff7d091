//! A server in virtual time: the real room, sockets, and a disk that takes a moment and forgets nothing it has confirmed.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use protocol::{
    ChatEntry, IceServers, NodeId, OpeningFrame, OpeningMessage, ParticipantId, Role, RoomCode, RoomSettings,
    ServerFrame, ServerMessage, SessionId, SessionToken, Timestamp,
};
use room::{
    Change, ConnectionId, CredentialClaims, Departure, GiveIceServers, GivenPassword, Input, MediaOrder,
    Output, Resumption, Room, RoomInit, SeatChange, SessionClaims, SignTokens, VerifiedCredential, Visitor,
};
use uuid::Uuid;

use crate::client_frame::ClientFrame;

/// One socket of one browser; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SocketNumber(pub(crate) u128);

/// Something that the disk does after a moment.
#[derive(Clone, Debug)]
pub(crate) struct ToDo {
    /// Of which life of the server.
    life: u64,
    work: Work,
}

#[derive(Clone, Debug)]
enum Work {
    KeepChat(ChatEntry),
    ReadChat(ParticipantId),
}

/// The server.
pub(crate) struct Server {
    room: Room,
    life: u64,
    now: Duration,
    kept_seats: BTreeMap<ParticipantId, SeatChange>,
    kept_chat: Vec<ChatEntry>,
    frames: VecDeque<(SocketNumber, ServerFrame)>,
    closed: VecDeque<SocketNumber>,
    to_do: VecDeque<ToDo>,
    /// What the forwarding unit is told, where there is one.
    orders: VecDeque<(NodeId, ParticipantId, MediaOrder)>,
    /// The node whose forwarding unit is used, if there is any.
    sfu: Option<NodeId>,
    /// Who shows a host's key.
    pub(crate) host: Option<ParticipantId>,
}

/// Tokens that say what they stand for.
struct Plain;

impl GiveIceServers for Plain {
    fn ice_servers(&self, _: ParticipantId) -> IceServers {
        IceServers::default()
    }
}

impl SignTokens for Plain {
    fn sign(&self, claims: &SessionClaims) -> SessionToken {
        let text = format!("{}/{}/{}", claims.participant, claims.session, claims.generation);
        SessionToken::new(text).expect("a short text")
    }
}

fn read(token: &SessionToken) -> SessionClaims {
    let mut parts = token.expose().split('/');
    let mut next = || parts.next().expect("a token has three parts");
    SessionClaims {
        participant: next().parse().expect("an id"),
        session: next().parse().expect("an id"),
        role: Role::Guest,
        generation: next().parse().expect("a number"),
        credential_claims: CredentialClaims::default(),
    }
}

impl Server {
    pub(crate) fn new(sfu: Option<NodeId>) -> Self {
        Self {
            room: begin(Duration::ZERO, Vec::new(), Vec::new(), sfu),
            life: 0,
            now: Duration::ZERO,
            kept_seats: BTreeMap::new(),
            kept_chat: Vec::new(),
            frames: VecDeque::new(),
            closed: VecDeque::new(),
            to_do: VecDeque::new(),
            orders: VecDeque::new(),
            host: None,
            sfu,
        }
    }

    /// Ends without a word, and begins again at `now` with what the disk has.
    pub(crate) fn restart(&mut self, now: Duration) {
        self.life += 1;
        self.frames.clear();
        self.closed.clear();
        self.orders.clear();
        let seats = self.kept_seats.values().cloned().collect();
        self.room = begin(now, seats, self.kept_chat.clone(), self.sfu);
    }

    pub(crate) fn knows_sockets(&self) -> bool {
        self.room.participants().next().is_some()
    }

    pub(crate) fn hear(
        &mut self,
        now: Duration,
        socket: SocketNumber,
        (participant, frame): (ParticipantId, ClientFrame),
    ) {
        let connection = ConnectionId(socket.0);
        let input = match frame {
            ClientFrame::Opening(OpeningFrame { message: OpeningMessage::Join(join), .. }) => {
                let visitor = Box::new(Visitor {
                    participant,
                    session: SessionId::new(Uuid::from_u128(socket.0)),
                    name: join.name,
                    media: join.media,
                    verified: if self.host == Some(participant) {
                        VerifiedCredential::Key(Role::Host)
                    } else {
                        VerifiedCredential::Link
                    },
                    password: GivenPassword::Missing,
                    browser: None,
                    share: 0,
                    earlier: join.session.as_ref().map(read),
                    credential_claims: CredentialClaims::default(),
                    key: join.key,
                    room_key: join.room_key,
                    room_key_origin: join.room_key_origin,
                    grant: None,
                });
                Input::Enter { connection, visitor }
            }
            // Rings have a server of their own, in `ringing/`.
            ClientFrame::Opening(OpeningFrame { message: OpeningMessage::Ring(_), .. }) => return,
            ClientFrame::Opening(OpeningFrame { message: OpeningMessage::Resume(resume), .. }) => {
                let resumption = Box::new(Resumption {
                    claims: read(&resume.session),
                    last: resume.last,
                    media: resume.media,
                    hand: resume.hand,
                    browser: None,
                    key: resume.key,
                });
                Input::Resume { connection, resumption }
            }
            ClientFrame::Room(frame) => Input::Message { connection, frame },
        };
        self.input(now, input);
    }

    pub(crate) fn notice_broken(&mut self, now: Duration, socket: SocketNumber) {
        let connection = ConnectionId(socket.0);
        self.input(now, Input::Disconnect { connection, departure: Departure::Broken });
    }

    /// The disk has done something, unless the server ended before it could.
    pub(crate) fn store(&mut self, now: Duration, ToDo { life, work }: ToDo) {
        if life != self.life {
            return;
        }
        let input = match work {
            Work::KeepChat(entry) => {
                let (from, chat) = (entry.from, entry.id);
                if !self.kept_chat.iter().any(|kept| kept.id == chat && kept.from == from) {
                    self.kept_chat.push(entry);
                    self.kept_chat.sort_by_key(|entry| entry.number);
                }
                Input::ChatKept { from, chat }
            }
            Work::ReadChat(reader) => {
                Input::HistoryRead { reader, entries: self.kept_chat.clone(), more: false }
            }
        };
        self.input(now, input);
    }

    pub(crate) fn handle_timeout(&mut self, now: Duration) {
        if self.poll_timeout(now).is_some_and(|due| due <= now) {
            self.now = now;
            self.room.handle_timeout(now);
            self.collect();
        }
    }

    pub(crate) fn poll_timeout(&self, now: Duration) -> Option<Duration> {
        self.room.poll_timeout(now).filter(|_| self.knows_sockets())
    }

    pub(crate) fn next_frame(&mut self) -> Option<(SocketNumber, ServerFrame)> {
        self.frames.pop_front()
    }

    pub(crate) fn next_closed(&mut self) -> Option<SocketNumber> {
        self.closed.pop_front()
    }

    pub(crate) fn next_order(&mut self) -> Option<(NodeId, ParticipantId, MediaOrder)> {
        self.orders.pop_front()
    }

    /// Rooms use the forwarding unit of this node from now on.
    pub(crate) fn use_node(&mut self, now: Duration, node: NodeId) {
        self.sfu = Some(node);
        self.input(now, Input::UseNode { node });
    }

    /// The forwarding unit has something to say to somebody.
    pub(crate) fn pass_on(&mut self, now: Duration, participant: ParticipantId, message: ServerMessage) {
        self.input(now, Input::Media { participant, message: Box::new(message) });
    }

    pub(crate) fn next_to_do(&mut self) -> Option<ToDo> {
        self.to_do.pop_front()
    }

    fn input(&mut self, now: Duration, input: Input) {
        self.now = now;
        self.room.handle_input(now, input);
        self.collect();
    }

    fn collect(&mut self) {
        let mut patches = Vec::new();
        while let Some(output) = self.room.poll_output() {
            match output {
                Output::Send { to, seq, received, message } => {
                    let frame = ServerFrame { seq, received, message: (*message).clone() };
                    self.frames.push_back((SocketNumber(to.0), frame));
                }
                Output::Close { connection, .. } => self.closed.push_back(SocketNumber(connection.0)),
                Output::Keep(Change::Chat(entry)) => self.later(Work::KeepChat(entry)),
                Output::Keep(Change::Seat(seat)) => _ = self.kept_seats.insert(seat.participant, seat),
                Output::ReadHistory { reader, .. } => self.later(Work::ReadChat(reader)),
                Output::ChangeSettings { patch, .. } => patches.push(patch),
                Output::Media { node, participant, order } => {
                    self.orders.push_back((node, participant, order));
                }
                Output::Keep(
                    Change::Blocked(_) | Change::Recording(_) | Change::Used(_) | Change::Done { .. },
                )
                | Output::Recording(_)
                | Output::Unload
                | Output::Delete => {}
            }
        }
        for patch in patches {
            let settings = patch.apply(self.room.settings()).expect("rules that can be");
            let changed = Input::SettingsChanged { settings, password: false, is_new_password: false };
            self.input(self.now, changed);
        }
    }

    fn later(&mut self, work: Work) {
        self.to_do.push_back(ToDo { life: self.life, work });
    }
}

fn begin(now: Duration, seats: Vec<SeatChange>, recent_chat: Vec<ChatEntry>, sfu: Option<NodeId>) -> Room {
    let init = RoomInit {
        code: RoomCode::from_random(1),
        settings: RoomSettings::default(),
        password: false,
        ice_servers: Box::new(Plain),
        // In the summer of 2026.
        wall: Timestamp(1_782_000_000_000).after(now),
        seats,
        blocked: Vec::new(),
        recent_chat,
        sfu,
        recorder: None,
        recording: None,
        signer: Box::new(Plain),
    };
    Room::new(now, init)
}
