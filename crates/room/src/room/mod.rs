//! The room itself. Each input goes to a function of its own; what they decide is read with [`Room::poll_output`].

mod key_messages;
mod measures;
mod people;
mod recording;
mod seating;
mod timers;

use std::sync::Arc;
use std::time::Duration;

use protocol::{
    ChatEntry, ErrorCode, MessageId, NodeId, Participant, ParticipantId, PeerRef, ProtocolError, Role,
    RoomCode, RoomFrame, RoomMessage, RoomSettings, RoomStanding, RoomSummary, Sequence, ServerMessage,
    Timestamp, Topology, WaitingPerson,
};

use crate::admission::{AdmissionEffect, AdmissionInput, AdmissionMachine, AdmissionView, Decision};
use crate::chat::{ChatEffect, ChatInput, ChatMachine, ChatView};
use crate::effects::Effects;
use crate::moderation::{ModerationInput, ModerationMachine};
use crate::recording::{RecordingInput, RecordingMachine, RecordingView};
use crate::rules::Rules;
use crate::seats::{Receipt, Seats};
use crate::topology::{TopologyEffect, TopologyInput, TopologyMachine, TopologyView};
use crate::{
    Change, ConnectionId, DrawRecordings, GiveIceServers, Input, KeptRecording, MediaOrder, Output,
    SeatChange, SeatState, SignTokens,
};

/// A room and the people in it.
///
/// `now` is the time since an origin of the driver's choosing, the same in every call; only differences matter.
pub struct Room {
    code: RoomCode,
    rules: Rules,
    ice_servers: Box<dyn GiveIceServers>,
    seats: Seats,
    admission: AdmissionMachine,
    topology: TopologyMachine,
    chat: ChatMachine,
    moderation: ModerationMachine,
    recording: RecordingMachine,
    /// The number of the last raised hand.
    last_hand: u64,
    /// When the last person left, or the room began; `None` while somebody is in or waits.
    empty_since: Option<Duration>,
    /// Whether somebody has been in since the room began.
    was_used: bool,
    /// The moment the driver calls zero.
    origin: Timestamp,
    signer: Box<dyn SignTokens>,
    outputs: Effects<Output>,
}

/// What a room begins with: its rules, and what was kept of it.
pub struct RoomInit {
    /// Its address.
    pub code: RoomCode,
    /// Its rules.
    pub settings: RoomSettings,
    /// Whether it has a password.
    pub password: bool,
    /// Servers that help to get through.
    pub ice_servers: Box<dyn GiveIceServers>,
    /// What the world's clock shows at `now`.
    pub wall: Timestamp,
    /// Who was in lately. Whose seat is taken gets the usual time to come back.
    pub seats: Vec<SeatChange>,
    /// Browsers that may not enter.
    pub blocked: Vec<String>,
    /// The last messages, oldest first, so that one sent again is known.
    pub recent_chat: Vec<ChatEntry>,
    /// The node whose forwarding unit the room may use, if it has one.
    pub sfu: Option<NodeId>,
    /// Names recordings; `None` where the server has no recorder.
    pub recorder: Option<Box<dyn DrawRecordings>>,
    /// The recording that went on when the server before ended.
    pub recording: Option<KeptRecording>,
    /// Signs session tokens.
    pub signer: Box<dyn SignTokens>,
}

impl Room {
    /// Begins a room, new or known.
    pub fn new(now: Duration, init: RoomInit) -> Self {
        let RoomInit {
            code,
            settings,
            password,
            ice_servers,
            wall,
            seats,
            blocked,
            recent_chat,
            sfu,
            recorder,
            recording,
            signer,
        } = init;
        let origin = wall.0.saturating_sub(u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
        let mut room = Self {
            code,
            rules: Rules::new(settings, password),
            ice_servers,
            seats: Seats::default(),
            admission: AdmissionMachine::new(blocked),
            topology: TopologyMachine::new(wall, sfu),
            chat: ChatMachine::new(recent_chat),
            moderation: ModerationMachine::default(),
            recording: RecordingMachine::default(),
            last_hand: seats.iter().filter_map(|seat| Some(seat.hand?.0)).max().unwrap_or_default(),
            empty_since: None,
            was_used: false,
            origin: Timestamp(origin),
            signer,
            outputs: Effects::default(),
        };
        room.seats.note_read(seats.len());
        for seat in seats {
            room.was_used |= seat.state == SeatState::Taken;
            room.seats.restore(now, seat);
        }
        room.recording = RecordingMachine::new(recorder, recording, &room.recording_view());
        room.restore_answers(now);
        let (limit, is_recorded) = (room.rules.settings().mesh_limit, room.recording.state().is_some());
        room.topology.choose_first(&TopologyView::new(&room.seats, limit, is_recorded));
        room.note_emptiness(now);
        room
    }

    /// Takes one event.
    pub fn handle_input(&mut self, now: Duration, input: Input) {
        match input {
            Input::Enter { connection, visitor } => {
                self.admission(now, AdmissionInput::Enter { connection, visitor });
            }
            Input::Resume { connection, resumption } => {
                self.admission(now, AdmissionInput::Resume { connection, resumption });
            }
            Input::Message { connection, frame } => self.message(now, connection, frame),
            Input::Refused { connection, id, ack, code } => self.refused(now, connection, (id, ack), code),
            Input::Disconnect { connection, departure } => self.disconnect(now, connection, departure),
            Input::SettingsChanged { settings, password, is_new_password } => {
                if is_new_password {
                    self.admission(now, AdmissionInput::PasswordChanged);
                }
                self.settings_changed(now, settings, password);
            }
            Input::SettingsRefused { participant, in_reply_to, code } => {
                self.refuse(participant, code, in_reply_to);
            }
            Input::ChatKept { from, chat } => self.chat(now, ChatInput::Kept { from, chat }),
            Input::ChatNotKept { from, chat } => self.chat(now, ChatInput::NotKept { from, chat }),
            Input::HistoryRead { reader, entries, more } => {
                self.tell(reader, ServerMessage::ChatHistory { entries, more });
            }
            Input::HistoryNotRead { reader } => self.refuse(reader, ErrorCode::StorageUnavailable, None),
            Input::AdminAction { participant, action } => self.act(now, participant, action),
            Input::UseNode { node } => self.topology(now, TopologyInput::UseNode { node }),
            Input::Revoke { credentials } => self.revoke(now, credentials),
            Input::Media { participant, message } => self.tell(participant, *message),
            Input::RecordingFailed { recording, reason } => {
                self.record_call(now, RecordingInput::Failed { recording, reason });
            }
            Input::Deleted => self.end_for_all(now, ErrorCode::RoomEnded),
            Input::Moved => self.let_go(now),
            Input::HandedOver => self.hand_over(now),
        }
        self.admission(now, AdmissionInput::Review);
        self.record_call(now, RecordingInput::Review);
        self.note_emptiness(now);
    }

    /// The next effect, or `None` until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The room as its link shows it.
    pub fn summary(&self) -> RoomSummary {
        AdmissionView::new(self.code, &self.seats, &self.rules, self.origin).summary()
    }

    /// How many are inside.
    pub fn present(&self) -> u16 {
        u16::try_from(self.seats.len()).unwrap_or(u16::MAX)
    }

    /// By which path media travels, and where to it migrates.
    pub fn current_topology(&self) -> Topology {
        self.topology.current()
    }

    /// Its rules.
    pub fn settings(&self) -> &RoomSettings {
        self.rules.settings()
    }

    /// Whether it has a password.
    pub fn has_password(&self) -> bool {
        self.rules.has_password()
    }

    /// Whether one more with this role may enter. Whoever was let in before with the same browser will show their session,
    /// which opens what is closed to strangers.
    pub fn standing(&self, now: Duration, role: Role, browser: Option<&str>) -> RoomStanding {
        let by_rules = self.rules.standing(self.wall(now), role);
        let is_closed = matches!(by_rules, RoomStanding::Locked | RoomStanding::NotStarted);
        let standing = if is_closed && self.knows(browser) { RoomStanding::Open } else { by_rules };
        let taken = self.seats.seats_taken_for_page(now, browser);
        let is_full = taken >= usize::from(self.rules.settings().capacity);
        if standing == RoomStanding::Open && is_full { RoomStanding::Full } else { standing }
    }

    fn knows(&self, browser: Option<&str>) -> bool {
        browser.is_some_and(|browser| self.seats.knows_browser(browser))
    }

    /// The people inside, in the order in which they came.
    pub fn participants(&self) -> impl Iterator<Item = &Participant> {
        self.seats.participants()
    }

    fn message(&mut self, now: Duration, connection: ConnectionId, frame: RoomFrame) {
        let RoomFrame { id, ack, message } = frame;
        if self.admission.contains(connection) {
            let message = Box::new(message);
            return self.admission(now, AdmissionInput::Message { connection, id, message });
        }
        if let Some(from) = self.receive(now, connection, id, ack) {
            self.dispatch(now, from, id, message);
        }
    }

    fn refused(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        (id, ack): (Option<MessageId>, Option<Sequence>),
        code: ErrorCode,
    ) {
        if self.admission.contains(connection) {
            self.tell_socket(connection, ServerMessage::Error(ProtocolError::new(code, id)));
        } else if let Some(from) = self.receive(now, connection, id, ack) {
            self.refuse(from, code, id);
        }
    }

    /// Notes that a message has come, and says from whom, unless it is not to be looked at.
    fn receive(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        id: Option<MessageId>,
        ack: Option<Sequence>,
    ) -> Option<ParticipantId> {
        let (from, receipt) = self.seats.receive(connection, id, ack)?;
        match receipt {
            Receipt::Known => return None,
            Receipt::New => {}
            Receipt::FirstWithToken => self.keep_seat(now, from),
        }
        Some(from)
    }

    fn dispatch(&mut self, now: Duration, from: ParticipantId, id: Option<MessageId>, message: RoomMessage) {
        match message {
            RoomMessage::Signal { to: PeerRef::Sfu(node), link, number, signal, .. } => {
                self.order(from, id, node, MediaOrder::Signal { link, number, signal });
            }
            RoomMessage::Signal { to: PeerRef::Participant(to), link, number, expects, signal } => {
                let message = ServerMessage::Signal { from: from.into(), link, number, expects, signal };
                self.relay(from, id, to, message);
            }
            RoomMessage::TopologyReady { epoch } => {
                self.topology(now, TopologyInput::Ready { from, epoch });
            }
            RoomMessage::TopologyFailed { epoch } => {
                self.topology(now, TopologyInput::Failed { from, epoch });
            }
            RoomMessage::ReportTrouble { trouble } => {
                self.topology(now, TopologyInput::Trouble { from, trouble });
            }
            RoomMessage::SetSlots { node, link, slots } => {
                self.order(from, id, node, MediaOrder::Slots { link, slots });
            }
            RoomMessage::SetMedia { media } => self.set_media(from, id, media),
            RoomMessage::SetHand { hand } => self.set_hand(now, from, hand),
            RoomMessage::React { reaction } => {
                self.tell_all(ServerMessage::Reacted { from, reaction });
                self.record_call(now, RecordingInput::Reacted { from, reaction });
            }
            RoomMessage::Chat { chat, to, envelope } => {
                self.chat(now, ChatInput::Write { from, in_reply_to: id, chat, to, envelope });
            }
            RoomMessage::ReadChat { before } => {
                self.outputs.push_back(Output::ReadHistory { reader: from, before });
            }
            RoomMessage::SendKeyMessages { key_messages } => self.pass_key_messages(from, key_messages),
            RoomMessage::Moderate { moderation } => {
                self.moderate(now, ModerationInput { from, in_reply_to: id, moderation });
            }
            RoomMessage::RenewIceServers => {
                let servers = self.ice_servers.ice_servers(from);
                self.answer(from, ServerMessage::IceServers(servers));
            }
            // For whoever runs the server, who has heard it on the way here.
            RoomMessage::ReportJoin { .. } => {}
            RoomMessage::StartRecording => {
                let at = self.wall(now);
                self.record_call(now, RecordingInput::Start { from, in_reply_to: id, at });
            }
            RoomMessage::StopRecording { recording } => {
                self.record_call(now, RecordingInput::Stop { from, in_reply_to: id, recording });
            }
            RoomMessage::AnswerRecording { recording, consent } => {
                self.record_call(now, RecordingInput::Answer { from, in_reply_to: id, recording, consent });
            }
            RoomMessage::KeepRecordingKeys { recording, keys } => {
                self.record_call(now, RecordingInput::Keys { from, in_reply_to: id, recording, keys });
            }
            RoomMessage::Ping => self.answer(from, ServerMessage::Pong),
            RoomMessage::Leave => self.leave(now, from),
        }
    }

    fn admission(&mut self, now: Duration, input: AdmissionInput) {
        let view = AdmissionView::new(self.code, &self.seats, &self.rules, self.wall(now));
        self.admission.handle_input(now, input, &view);
        self.carry_out_admission(now);
    }

    /// What a moderator decides about somebody who waits.
    fn decide_admission(&mut self, now: Duration, decision: Decision) -> Result<(), ErrorCode> {
        let view = AdmissionView::new(self.code, &self.seats, &self.rules, self.wall(now));
        let decided = self.admission.decide(now, decision, &view);
        self.carry_out_admission(now);
        decided
    }

    /// Lets those in who could come in by what they have shown, now that the room's rules or its secret are others.
    fn admit_those_who_may(&mut self, now: Duration) {
        let view = AdmissionView::new(self.code, &self.seats, &self.rules, self.wall(now));
        for id in self.admission.who_may_enter(now, &view) {
            _ = self.decide_admission(now, Decision::Admit { id, grant: None });
        }
    }

    /// Who waits, as moderators know it.
    fn waiting_people(&self, now: Duration) -> Vec<WaitingPerson> {
        self.admission.people(&AdmissionView::new(self.code, &self.seats, &self.rules, self.wall(now)))
    }

    fn carry_out_admission(&mut self, now: Duration) {
        while let Some(effect) = self.admission.poll_output() {
            match effect {
                AdmissionEffect::Admit(admitted) => self.admit(now, *admitted),
                AdmissionEffect::Resume { connection, resumption, key } => {
                    self.take_seat_again(now, connection, &resumption, key);
                }
                AdmissionEffect::Vacate(id) => self.vacate(now, id),
                AdmissionEffect::TurnAway { connection, code } => self.turn_away(connection, code),
                AdmissionEffect::Close { connection, code } => {
                    self.outputs.push_back(Output::Close { connection, code });
                }
                AdmissionEffect::Tell { connection, message } => self.tell_socket(connection, message),
                AdmissionEffect::TellModerators(people) => {
                    let message = ServerMessage::WaitingRoom { people };
                    self.tell_those(message, |participant| participant.role.moderates());
                }
            }
        }
    }

    /// Tells somebody who waits, if it is theirs to know and anybody does.
    fn tell_waiting_room_to(&mut self, now: Duration, id: ParticipantId) {
        let moderates = self.seats.participant(id).is_some_and(|participant| participant.role.moderates());
        if moderates && !self.admission.is_empty() {
            let people = self.waiting_people(now);
            self.tell(id, ServerMessage::WaitingRoom { people });
        }
    }

    fn chat(&mut self, now: Duration, input: ChatInput) {
        let view = ChatView::new(&self.seats, &self.rules, self.wall(now));
        self.chat.handle_input(now, input, &view);
        while let Some(effect) = self.chat.poll_output() {
            match effect {
                ChatEffect::Keep(entry) => self.outputs.push_back(Output::Keep(Change::Chat(entry))),
                ChatEffect::Deliver(entry) => {
                    let message = ServerMessage::Chat { entry: entry.clone() };
                    self.tell_those(message, |reader| entry.is_for(reader.id));
                    self.record_call(now, RecordingInput::Wrote(entry));
                }
                ChatEffect::Kept { from, chat, number } => {
                    self.tell(from, ServerMessage::ChatKept { chat, number });
                }
                ChatEffect::NotKept { from, chat } => self.tell(from, ServerMessage::ChatNotKept { chat }),
                ChatEffect::Refuse { from, code, in_reply_to } => self.refuse(from, code, in_reply_to),
            }
        }
    }

    fn topology(&mut self, now: Duration, input: TopologyInput) {
        let view = TopologyView::new(
            &self.seats,
            self.rules.settings().mesh_limit,
            self.recording.state().is_some(),
        );
        self.topology.handle_input(now, input, &view);
        self.carry_out_topology();
    }

    fn topology_timeout(&mut self, now: Duration) {
        let view = TopologyView::new(
            &self.seats,
            self.rules.settings().mesh_limit,
            self.recording.state().is_some(),
        );
        self.topology.handle_timeout(now, &view);
        self.carry_out_topology();
    }

    fn carry_out_topology(&mut self) {
        while let Some(effect) = self.topology.poll_output() {
            match effect {
                TopologyEffect::Changed(topology) => self.tell_all(ServerMessage::Topology { topology }),
                TopologyEffect::Aborted { via, reason } => {
                    let message = ServerMessage::MigrationAborted { via, reason };
                    self.tell_those(message, |participant| participant.role.moderates());
                }
                TopologyEffect::SfuBegins(node) => {
                    for id in self.seats.ids().collect::<Vec<_>>() {
                        self.tell_node_media(node, id);
                    }
                }
                TopologyEffect::SfuLeft(node, participant) => {
                    let order = MediaOrder::Left;
                    self.outputs.push_back(Output::Media { node, participant, order });
                }
            }
        }
    }

    /// Tells the SFUs that are used what somebody may send.
    fn tell_sfu_media(&mut self, id: ParticipantId) {
        for node in self.topology.wanted_nodes() {
            self.tell_node_media(node, id);
        }
    }

    fn tell_node_media(&mut self, node: NodeId, id: ParticipantId) {
        if let Some(participant) = self.seats.participant(id) {
            let order = MediaOrder::State(participant.media);
            self.outputs.push_back(Output::Media { node, participant: id, order });
        }
    }

    /// The world's clock.
    fn wall(&self, now: Duration) -> Timestamp {
        self.origin.after(now)
    }

    /// Tells one participant something that they get even if their connection breaks now.
    fn tell(&mut self, id: ParticipantId, message: ServerMessage) {
        self.seats.tell(id, message, &mut self.outputs);
    }

    /// Tells everybody.
    fn tell_all(&mut self, message: ServerMessage) {
        self.tell_those(message, |_| true);
    }

    /// Tells everybody but one.
    fn tell_all_but(&mut self, id: ParticipantId, message: ServerMessage) {
        self.tell_those(message, |participant| participant.id != id);
    }

    /// Tells some.
    fn tell_those(&mut self, message: ServerMessage, whom: impl Fn(&Participant) -> bool) {
        self.seats.tell_those(message, whom, &mut self.outputs);
    }

    /// Tells a socket something that is not repeated.
    fn tell_socket(&mut self, to: ConnectionId, message: ServerMessage) {
        self.outputs.push_back(Output::Send { to, seq: None, received: None, message: Arc::new(message) });
    }

    /// Refuses a participant's message.
    fn refuse(&mut self, id: ParticipantId, code: ErrorCode, in_reply_to: Option<MessageId>) {
        self.tell(id, ServerMessage::Error(ProtocolError::new(code, in_reply_to)));
    }

    /// Tells a socket why it is closed, and closes it.
    fn turn_away(&mut self, connection: ConnectionId, code: ErrorCode) {
        self.tell_socket(connection, ServerMessage::Error(ProtocolError::new(code, None)));
        let code = code.closes_with().unwrap_or(protocol::CloseCode::POLICY);
        self.outputs.push_back(Output::Close { connection, code });
    }

    /// Tells everybody how a participant is now.
    fn announce(&mut self, id: ParticipantId) {
        if let Some(participant) = self.seats.participant(id).cloned() {
            self.tell_all(ServerMessage::ParticipantUpdated { participant });
            let view = RecordingView::new(&self.seats, self.rules.settings(), self.topology.has_node());
            self.recording.log_changes(id, &view);
        }
    }

    /// Has a seat kept as it is now.
    fn keep_seat(&mut self, now: Duration, id: ParticipantId) {
        let at = self.wall(now);
        if let Some(seat) = self.seats.get(id) {
            let change = Change::Seat(seat.change(SeatState::Taken, at));
            self.outputs.push_back(Output::Keep(change));
        }
    }

    fn note_emptiness(&mut self, now: Duration) {
        if !self.seats.is_empty() || !self.admission.is_empty() {
            self.empty_since = None;
        } else if self.empty_since.is_none() {
            self.empty_since = Some(now);
        }
    }
}
