//! The call itself: one function an input, effects in a queue, and a snapshot for the page.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use protocol::limits::PING_INTERVAL_SECONDS;
use protocol::{
    ClientFrame, ClientMessage, DisplayName, IceServer, Joined, MediaState, Participant, ParticipantId,
    PeerRef, ProtocolError, RoomCode, RoomSummary, ServerMessage, Signal, SignalNumber, Switch, VERSION,
};

use crate::link::Link;
use crate::negotiation::{Effect, Politeness};
use crate::speaking::Speaking;
use crate::{
    Command, Input, Level, LinkCommand, LinkEvent, LinkStatus, Notice, Output, Phase, Publications,
    RemoteParticipant, Role, Signalling, Snapshot, Source,
};

/// How long joining may take before the server counts as out of reach.
const JOIN_WITHIN: Duration = Duration::from_secs(15);

/// Signals that overtake the news of their sender are kept up to this number in all.
const MAX_UNCLAIMED: usize = 256;

/// A call, from the choice of devices to the end.
#[derive(Debug)]
pub struct Call {
    code: RoomCode,
    phase: Phase,
    signalling: Signalling,
    /// When joining is given up, or the next ping is due.
    deadline: Option<Duration>,
    name: Option<DisplayName>,
    me: Option<ParticipantId>,
    room: Option<RoomSummary>,
    ice_servers: Vec<IceServer>,
    publications: Publications,
    /// What the room was told of them last.
    told: MediaState,
    speaking: Speaking,
    /// In the order in which they came.
    others: Vec<Other>,
    /// Signals of people the server has not told of yet.
    unclaimed: BTreeMap<PeerRef, Vec<(SignalNumber, Signal)>>,
    outputs: VecDeque<Output>,
}

/// Somebody else, and the link to them.
#[derive(Debug)]
struct Other {
    participant: Participant,
    link: Link,
    speaking: Speaking,
}

impl Call {
    /// A call to a room, before joining.
    pub fn new(code: RoomCode) -> Self {
        Self {
            code,
            phase: Phase::Preparing,
            signalling: Signalling::Idle,
            deadline: None,
            name: None,
            me: None,
            room: None,
            ice_servers: Vec::new(),
            publications: Publications::default(),
            told: MediaState::default(),
            speaking: Speaking::default(),
            others: Vec::new(),
            unclaimed: BTreeMap::new(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes one event. `now` is the time since an origin of the driver's choosing.
    pub fn handle_input(&mut self, now: Duration, input: Input) {
        match input {
            Input::Command(command) => self.command(now, command),
            Input::SocketOpened => self.socket_opened(),
            Input::SocketClosed => self.socket_closed(),
            Input::Server(message) => self.server_message(now, message),
            Input::Link { peer, event } => self.link_event(now, peer, event),
            Input::Captured(source) => self.captured(source),
            Input::CaptureFailed { source, fault } => {
                self.publications.failed(source, fault);
                self.publish(source);
            }
            Input::Level { participant, level } => self.level(now, participant, level),
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.deadline.is_some_and(|due| now >= due) {
            self.deadline_passed(now);
        }
        for place in 0..self.others.len() {
            let effects = self.others[place].link.handle_timeout(now);
            self.carry_out(self.others[place].link.peer(), effects);
        }
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.others.iter().filter_map(|other| other.link.poll_timeout()).chain(self.deadline).min()
    }

    /// The next effect, or `None` until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The call as a page shows it.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            phase: self.phase,
            signalling: self.signalling,
            me: self.me,
            name: self.name.clone(),
            speaking: self.speaking.is_speaking() && self.publications.microphone.is_on(),
            room: self.room.clone(),
            publications: self.publications,
            participants: self.others.iter().map(Other::snapshot).collect(),
        }
    }

    fn command(&mut self, now: Duration, command: Command) {
        match command {
            Command::Switch { source, to } => self.switch(source, to),
            Command::Join { name } => self.join(now, name),
            Command::Leave => self.leave(),
        }
    }

    fn switch(&mut self, source: Source, to: Switch) {
        let was_on = self.publications.of(source).is_on();
        let capture = self.publications.switch(source, to);
        if was_on {
            self.publish(source); // Sending stops before the device does.
        }
        self.outputs.extend(capture);
    }

    fn captured(&mut self, source: Source) {
        match self.publications.captured_from(source) {
            Some(unwanted) => self.outputs.push_back(unwanted),
            None => self.publish(source),
        }
    }

    /// Tells every link and the room what is sent from a source now.
    fn publish(&mut self, source: Source) {
        let switch = Switch::from(self.publications.of(source).is_on());
        let working =
            self.others.iter().filter(|other| !matches!(other.link.status(), LinkStatus::Failed(_)));
        let peers: Vec<_> = working.map(|other| other.link.peer()).collect();
        for peer in peers {
            self.link_command(peer, LinkCommand::Publish { source, switch });
        }
        self.tell_media();
    }

    /// Tells the room what is sent now, if it was told something else.
    fn tell_media(&mut self) {
        let media = self.publications.media_state();
        if self.phase == Phase::Joined && self.told != media {
            self.told = media;
            self.say(ClientMessage::SetMedia { media });
        }
    }

    fn join(&mut self, now: Duration, name: DisplayName) {
        match self.phase {
            Phase::Preparing | Phase::Left | Phase::Refused(_) | Phase::Unreachable => {}
            Phase::Joining | Phase::Joined => return,
        }
        self.phase = Phase::Joining;
        self.name = Some(name);
        self.deadline = Some(now + JOIN_WITHIN);
        self.outputs.push_back(Output::OpenSocket);
    }

    fn socket_opened(&mut self) {
        let (Phase::Joining, Some(name)) = (self.phase, self.name.clone()) else { return };
        self.signalling = Signalling::Connected;
        let media = self.publications.media_state();
        self.told = media;
        self.say(ClientMessage::Join { version: VERSION, room: self.code, name, media });
    }

    fn socket_closed(&mut self) {
        match self.phase {
            Phase::Joining => self.end(Phase::Unreachable),
            // People who are connected stay connected; nobody new can come.
            Phase::Joined => {
                self.signalling = Signalling::Lost;
                self.deadline = None;
                self.outputs.push_back(Output::Notify(Notice::SignallingLost));
            }
            Phase::Preparing | Phase::Left | Phase::Refused(_) | Phase::Unreachable => {}
        }
    }

    fn leave(&mut self) {
        if self.signalling == Signalling::Connected {
            self.say(ClientMessage::Leave);
        }
        self.end(Phase::Left);
    }

    /// Closes every link, then the socket, then lets go of the devices.
    fn end(&mut self, phase: Phase) {
        for other in std::mem::take(&mut self.others) {
            self.link_command(other.link.peer(), LinkCommand::Close);
        }
        self.outputs.push_back(Output::CloseSocket);
        // Who could not reach the server is still at the choice of devices, and may try again.
        if phase != Phase::Unreachable {
            for source in Source::ALL {
                self.outputs.extend(self.publications.switch(source, Switch::Off));
            }
        }
        self.unclaimed.clear();
        self.phase = phase;
        self.signalling = Signalling::Idle;
        self.deadline = None;
        self.me = None;
    }

    fn server_message(&mut self, now: Duration, message: ServerMessage) {
        match message {
            ServerMessage::Joined(joined) => self.joined(now, *joined),
            ServerMessage::ParticipantJoined { participant } => self.participant_joined(now, participant),
            ServerMessage::ParticipantLeft { id, .. } => self.participant_left(id),
            ServerMessage::ParticipantUpdated { id, media } => {
                if let Some(other) = self.other(PeerRef::Participant(id)) {
                    other.participant.media = media;
                }
            }
            ServerMessage::Signal { from, number, signal } => self.signal(from, number, signal),
            ServerMessage::Pong => {}
            ServerMessage::Error(error) => self.refused(&error),
        }
    }

    fn joined(&mut self, now: Duration, joined: Joined) {
        if self.phase != Phase::Joining {
            return;
        }
        self.phase = Phase::Joined;
        self.me = Some(joined.you);
        self.room = Some(joined.room);
        self.ice_servers = joined.ice_servers;
        self.deadline = Some(now + PING_INTERVAL);
        for participant in joined.participants {
            self.open_link(now, participant, Role::Initiator);
        }
        // A device may have begun or ended to deliver while the join was under way.
        self.tell_media();
    }

    fn participant_joined(&mut self, now: Duration, participant: Participant) {
        let known = self.other(PeerRef::Participant(participant.id)).is_some();
        if self.phase != Phase::Joined || known || self.me == Some(participant.id) {
            return;
        }
        self.outputs.push_back(Output::Notify(Notice::ParticipantJoined(participant.name.clone())));
        self.open_link(now, participant, Role::Responder);
    }

    fn open_link(&mut self, now: Duration, participant: Participant, role: Role) {
        let Some(me) = self.me else { return };
        let peer = PeerRef::Participant(participant.id);
        let politeness = if peer.makes_polite(me) { Politeness::Polite } else { Politeness::Impolite };
        let mut link = Link::new(now, peer, politeness);
        let effects = link.open(role, self.ice_servers.clone(), &self.publications);
        self.carry_out(peer, effects);
        self.others.push(Other { participant, link, speaking: Speaking::default() });
        for (number, signal) in self.unclaimed.remove(&peer).unwrap_or_default() {
            self.signal(peer, number, signal);
        }
    }

    fn participant_left(&mut self, id: ParticipantId) {
        let Some(place) = self.others.iter().position(|other| other.participant.id == id) else { return };
        let other = self.others.remove(place);
        self.link_command(other.link.peer(), LinkCommand::Close);
        self.outputs.push_back(Output::Notify(Notice::ParticipantLeft(other.participant.name)));
    }

    fn signal(&mut self, from: PeerRef, number: SignalNumber, signal: Signal) {
        if let Some(other) = self.other(from) {
            let effects = other.link.handle_signal(number, signal);
            self.carry_out(from, effects);
        } else if self.unclaimed.values().map(Vec::len).sum::<usize>() < MAX_UNCLAIMED {
            self.unclaimed.entry(from).or_default().push((number, signal));
        }
    }

    fn refused(&mut self, error: &ProtocolError) {
        if self.phase == Phase::Joining {
            self.end(Phase::Refused(error.code));
        }
    }

    fn link_event(&mut self, now: Duration, peer: PeerRef, event: LinkEvent) {
        if let Some(other) = self.other(peer) {
            let effects = other.link.handle_event(now, event);
            self.carry_out(peer, effects);
        }
    }

    fn level(&mut self, now: Duration, participant: Option<ParticipantId>, level: Level) {
        match participant {
            None => self.speaking.hear(now, level),
            Some(id) => {
                if let Some(other) = self.other(PeerRef::Participant(id)) {
                    other.speaking.hear(now, level);
                }
            }
        }
    }

    fn deadline_passed(&mut self, now: Duration) {
        match self.phase {
            Phase::Joining => self.end(Phase::Unreachable),
            Phase::Joined => {
                self.deadline = Some(now + PING_INTERVAL);
                self.say(ClientMessage::Ping);
            }
            Phase::Preparing | Phase::Left | Phase::Refused(_) | Phase::Unreachable => self.deadline = None,
        }
    }

    fn carry_out(&mut self, peer: PeerRef, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Do(command) => self.link_command(peer, command),
                Effect::Signal(number, signal) => {
                    self.say(ClientMessage::Signal { to: peer, number, signal });
                }
            }
        }
    }

    fn link_command(&mut self, peer: PeerRef, command: LinkCommand) {
        self.outputs.push_back(Output::Link { peer, command });
    }

    fn say(&mut self, message: ClientMessage) {
        if self.signalling == Signalling::Connected {
            self.outputs.push_back(Output::Send(ClientFrame::from(message)));
        }
    }

    fn other(&mut self, peer: PeerRef) -> Option<&mut Other> {
        self.others.iter_mut().find(|other| other.link.peer() == peer)
    }
}

impl Other {
    fn snapshot(&self) -> RemoteParticipant {
        RemoteParticipant {
            id: self.participant.id,
            name: self.participant.name.clone(),
            media: self.participant.media,
            link: self.link.status(),
            speaking: self.speaking.is_speaking() && self.participant.media.microphone.is_on(),
        }
    }
}

const PING_INTERVAL: Duration = Duration::from_secs(PING_INTERVAL_SECONDS);
