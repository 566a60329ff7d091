//! The room itself. Each input goes to a function of its own; what they decide is read with [`Room::poll_output`].

use std::collections::VecDeque;
use std::time::Duration;

use protocol::{
    ClientFrame, ClientMessage, CloseCode, ErrorCode, IceServer, Joined, LeaveReason, MediaState, MessageId,
    Mode, Participant, ParticipantId, PeerRef, ProtocolError, RoomCode, RoomStanding, RoomSummary,
    ServerMessage, SessionId, Signal, SignalNumber, Topology,
};

use crate::{Input, Output, Recipients, RoomSettings};

/// A room and the people in it.
///
/// `now` is the time since an origin of the driver's choosing, the same in every call; only differences matter.
#[derive(Debug)]
pub struct Room {
    code: RoomCode,
    settings: RoomSettings,
    ice_servers: Vec<IceServer>,
    /// In the order in which they came.
    participants: Vec<Participant>,
    topology: Topology,
    /// When the last person left, or the room was made; `None` while somebody is in.
    empty_since: Option<Duration>,
    outputs: VecDeque<Output>,
}

impl Room {
    /// Makes an empty room.
    pub fn new(now: Duration, code: RoomCode, settings: RoomSettings, ice_servers: Vec<IceServer>) -> Self {
        Self {
            code,
            settings,
            ice_servers,
            participants: Vec::new(),
            topology: Topology { epoch: 0, mode: Mode::Mesh },
            empty_since: Some(now),
            outputs: VecDeque::new(),
        }
    }

    /// Takes one event.
    pub fn handle_input(&mut self, now: Duration, input: Input) {
        match input {
            Input::Join { id, session, name, media } => self.join(session, Participant { id, name, media }),
            Input::Message { from, frame } => self.message(now, from, frame),
            Input::Disconnect { id, reason } => self.remove(now, id, reason),
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.poll_timeout().is_some_and(|due| now >= due) {
            self.outputs.push_back(Output::Expired);
        }
    }

    /// The next effect, or `None` until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Self::handle_timeout`] has something to do: the end of an empty room.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.empty_since.map(|since| since.saturating_add(self.settings.kept_when_empty))
    }

    /// The room as its link shows it.
    pub fn summary(&self) -> RoomSummary {
        RoomSummary {
            code: self.code,
            name: self.settings.name.clone(),
            capacity: self.settings.capacity,
            present: u16::try_from(self.participants.len()).unwrap_or(u16::MAX),
        }
    }

    /// Whether one more may enter.
    pub fn standing(&self) -> RoomStanding {
        if self.participants.len() >= usize::from(self.settings.capacity) {
            RoomStanding::Full
        } else {
            RoomStanding::Open
        }
    }

    /// The people inside, in the order in which they came.
    pub fn participants(&self) -> &[Participant] {
        &self.participants
    }

    fn join(&mut self, session: SessionId, newcomer: Participant) {
        match self.standing() {
            RoomStanding::Open => self.admit(session, newcomer),
            RoomStanding::Full => self.refuse(newcomer.id, ErrorCode::RoomFull, None),
            RoomStanding::Unknown => self.refuse(newcomer.id, ErrorCode::RoomUnknown, None),
        }
    }

    fn admit(&mut self, session: SessionId, newcomer: Participant) {
        let others = self.participants.clone();
        self.participants.push(newcomer.clone());
        self.empty_since = None;
        let joined = Joined {
            you: newcomer.id,
            session,
            room: self.summary(),
            participants: others,
            topology: self.topology,
            ice_servers: self.ice_servers.clone(),
        };
        self.send(Recipients::One(newcomer.id), ServerMessage::Joined(Box::new(joined)));
        self.send(
            Recipients::AllBut(newcomer.id),
            ServerMessage::ParticipantJoined { participant: newcomer },
        );
    }

    fn message(&mut self, now: Duration, from: ParticipantId, ClientFrame { id, message }: ClientFrame) {
        // What a socket had in flight when it was closed is nobody's any more.
        if self.place_of(from).is_none() {
            return;
        }
        match message {
            ClientMessage::Join { .. } => self.refuse(from, ErrorCode::AlreadyJoined, id),
            ClientMessage::Signal { to, number, signal } => self.relay(from, id, to, number, signal),
            ClientMessage::SetMedia { media } => self.set_media(from, media),
            ClientMessage::Ping => self.send(Recipients::One(from), ServerMessage::Pong),
            ClientMessage::Leave => self.leave(now, from),
        }
    }

    fn relay(
        &mut self,
        from: ParticipantId,
        id: Option<MessageId>,
        to: PeerRef,
        number: SignalNumber,
        signal: Signal,
    ) {
        let target = match to {
            PeerRef::Participant(target) if target == from => {
                return self.refuse(from, ErrorCode::PeerIsSelf, id);
            }
            PeerRef::Participant(target) if self.place_of(target).is_some() => target,
            PeerRef::Participant(_) | PeerRef::Sfu => return self.refuse(from, ErrorCode::PeerUnknown, id),
        };
        let message = ServerMessage::Signal { from: PeerRef::Participant(from), number, signal };
        self.send(Recipients::One(target), message);
    }

    fn set_media(&mut self, from: ParticipantId, media: MediaState) {
        let Some(place) = self.place_of(from) else { return };
        if self.participants[place].media == media {
            return;
        }
        self.participants[place].media = media;
        self.send(Recipients::AllBut(from), ServerMessage::ParticipantUpdated { id: from, media });
    }

    fn leave(&mut self, now: Duration, id: ParticipantId) {
        self.remove(now, id, LeaveReason::Left);
        self.outputs.push_back(Output::Close { id, code: CloseCode::NORMAL });
    }

    fn remove(&mut self, now: Duration, id: ParticipantId, reason: LeaveReason) {
        let Some(place) = self.place_of(id) else { return };
        self.participants.remove(place);
        if self.participants.is_empty() {
            self.empty_since = Some(now);
        }
        self.send(Recipients::AllBut(id), ServerMessage::ParticipantLeft { id, reason });
    }

    fn refuse(&mut self, id: ParticipantId, code: ErrorCode, in_reply_to: Option<MessageId>) {
        self.send(Recipients::One(id), ServerMessage::Error(ProtocolError::new(code, in_reply_to)));
        if let Some(code) = code.closes_with() {
            self.outputs.push_back(Output::Close { id, code });
        }
    }

    fn send(&mut self, to: Recipients, message: ServerMessage) {
        self.outputs.push_back(Output::Send { to, message });
    }

    fn place_of(&self, id: ParticipantId) -> Option<usize> {
        self.participants.iter().position(|participant| participant.id == id)
    }
}
