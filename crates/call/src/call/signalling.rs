//! Talking with the server: joining, coming back, and one function a message.

use std::time::Duration;

use protocol::{
    DisplayName, ErrorCode, IceServers, Join, Joined, MessageId, OpeningMessage, Password, ProtocolError,
    Resume, RoomMessage, ServerFrame, ServerMessage, Switch, VERSION,
};

use super::Call;
use crate::chat::Delivery;
use crate::line::Wait;
use crate::link::of_use;
use crate::{ChatLine, ChatText, LinkCommand, Notice, Output, Phase, Signalling, Source, SwitchedBy};

/// How long the answer to a question for fresh credentials may take.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(15);

impl Call {
    pub(super) fn join(&mut self, now: Duration, name: DisplayName, password: Option<Password>) {
        match self.phase {
            Phase::Preparing
            | Phase::PasswordAsked { .. }
            | Phase::Left
            | Phase::Refused(_)
            | Phase::Unreachable => {}
            Phase::Joining | Phase::Waiting | Phase::Joined => return,
        }
        self.phase = Phase::Joining;
        self.name = Some(name);
        self.password = password;
        self.dial(now);
    }

    fn dial(&mut self, now: Duration) {
        self.line.dialled(now);
        self.outputs.push_back(Output::OpenSocket);
    }

    pub(super) fn socket_opened(&mut self, now: Duration) {
        let Some(name) = self.name.clone() else { return };
        let media = self.publications.media_state();
        self.told = media;
        let session = self.line.session.clone();
        let first = match session.filter(|_| self.phase == Phase::Joined && self.line.resumable) {
            Some(session) => {
                let hand = self.you.as_ref().is_some_and(|you| you.hand.is_some());
                OpeningMessage::Resume(Box::new(Resume {
                    version: VERSION,
                    room: self.code,
                    session,
                    last: self.line.heard(),
                    media,
                    hand: Switch::from(hand),
                    key: Some(self.encryption.public_key()),
                }))
            }
            None => OpeningMessage::Join(Box::new(Join {
                version: VERSION,
                room: self.code,
                name,
                media,
                password: self.password.clone(),
                credential: None,
                session: self.line.session.clone(),
                key: Some(self.encryption.public_key()),
                room_key: self.encryption.room_key(),
                room_key_origin: Some(self.encryption.origin.for_room()),
            })),
        };
        self.line.dialled(now);
        self.outputs.push_back(Output::Open(first.into()));
    }

    pub(super) fn socket_closed(&mut self, now: Duration) {
        let refusal = self.line.refusal.take();
        match self.phase {
            Phase::Joining => self.end(phase_after(refusal)),
            Phase::Waiting => match refusal {
                Some(code) if is_final(code) => self.end(phase_after(refusal)),
                Some(_) | None => self.line.lost(now),
            },
            Phase::Joined => match refusal {
                Some(ErrorCode::SessionUnknown) => {
                    self.line.resumable = false;
                    self.dial(now);
                }
                Some(code) if is_final(code) => self.end(Phase::Refused(code)),
                Some(_) | None => self.lost(now),
            },
            Phase::Preparing
            | Phase::PasswordAsked { .. }
            | Phase::Left
            | Phase::Refused(_)
            | Phase::Unreachable => {}
        }
    }

    /// People who are connected stay connected; the server is tried again and again.
    fn lost(&mut self, now: Duration) {
        if self.is_connected() {
            self.outputs.push_back(Output::Notify(Notice::SignallingLost));
        }
        self.line.lost(now);
    }

    pub(super) fn network_changed(&mut self, now: Duration) {
        for peer in self.linked_peers() {
            let effects = self.link(peer).map(|link| link.network_changed(now)).unwrap_or_default();
            self.carry_out(peer, effects);
        }
        // A socket that was being opened in the network before will not open.
        if matches!(self.line.wait, Wait::Answer(_)) {
            self.outputs.push_back(Output::CloseSocket);
            self.dial(now);
        }
        self.line.hurry(now);
        self.doubt_line(now);
    }

    /// Something looks broken, and the line may be: it is asked, and not for long. Without it nothing can be repaired.
    pub(super) fn doubt_line(&mut self, now: Duration) {
        if matches!(self.line.wait, Wait::Ping(_)) {
            self.say_once(RoomMessage::Ping);
            self.line.pinged(now);
        }
        self.line.doubt(now);
    }

    pub(super) fn line_due(&mut self, now: Duration) {
        match self.line.wait {
            Wait::Nothing => {}
            Wait::Answer(_) if self.phase == Phase::Joining => self.end(Phase::Unreachable),
            Wait::Answer(_) | Wait::Pong(_) => {
                self.outputs.push_back(Output::CloseSocket);
                self.lost(now);
            }
            Wait::Ping(_) => self.ping(now),
            Wait::Retry(_) => self.dial(now),
        }
    }

    fn ping(&mut self, now: Duration) {
        self.say_once(RoomMessage::Ping);
        self.line.pinged(now);
    }

    pub(super) fn leave(&mut self) {
        self.say_once(RoomMessage::Leave);
        self.end(Phase::Left);
    }

    /// Forgets everything about the line but the session, with which one may come again.
    pub(super) fn hang_up(&mut self) {
        self.line = self.line.ended();
    }

    pub(super) fn server_frame(&mut self, now: Duration, frame: ServerFrame) {
        self.line.heard_something(now);
        if let Some(received) = frame.received {
            self.line.confirm(received);
        }
        match (frame.seq, &frame.message) {
            (Some(number), ServerMessage::Joined(_)) => self.line.count_from(number),
            (Some(number), _) if !self.line.take(number) => return,
            (Some(_) | None, _) => {}
        }
        self.server_message(now, frame.message);
        if self.line.owes_acknowledgement() {
            self.say_once(RoomMessage::Ping);
        }
    }

    fn server_message(&mut self, now: Duration, message: ServerMessage) {
        match message {
            ServerMessage::Joined(joined) => self.joined(now, &joined),
            ServerMessage::Waiting { room, lacks_secret, host_inside } => {
                self.lacks_secret = lacks_secret;
                self.host_inside = host_inside;
                self.must_wait(now, room);
            }
            ServerMessage::Resumed { session } => self.resumed(now, session),
            ServerMessage::ParticipantJoined { participant } => self.participant_joined(now, participant),
            ServerMessage::ParticipantLeft { id, reason } => self.participant_left(now, id, reason),
            ServerMessage::ParticipantUpdated { participant } => self.participant_updated(now, participant),
            ServerMessage::TurnedOff { source } => self.turned_off(source),
            ServerMessage::AskedToTurnOn { source } => self.asked_to_turn_on(source),
            ServerMessage::WaitingRoom { people } => self.others_wait(people),
            ServerMessage::RoomUpdated { settings, password } => {
                self.settings = Some(settings);
                self.has_password = password;
                self.room_key_changed();
            }
            ServerMessage::Chat { entry } => self.hear_chat(entry),
            ServerMessage::ChatKept { chat, .. } => {
                let me = self.you.as_ref().map(|you| you.id);
                self.chat.kept(chat, me);
            }
            ServerMessage::ChatNotKept { chat } => {
                let me = self.you.as_ref().map(|you| you.id);
                self.chat.failed(chat, me, None);
            }
            ServerMessage::ChatHistory { entries, more } => {
                let read = |entry: protocol::ChatEntry| (self.read_chat(&entry), entry);
                let entries = entries.into_iter().map(read).map(|(text, entry)| (entry, text)).collect();
                if let Some(before) = self.chat.hear_history(entries, more) {
                    self.say(RoomMessage::ReadChat { before: Some(before) });
                }
            }
            ServerMessage::Letter { from, letter } => self.hear_letter(from, &letter),
            ServerMessage::Reacted { from, reaction } => {
                if let Some(name) = self.name_of(from) {
                    let from = (!self.is_me(from)).then_some(from);
                    self.outputs.push_back(Output::Notify(Notice::Reacted { from, name, reaction }));
                }
            }
            ServerMessage::Signal { from, link, number, expects, signal } => {
                self.signal(from, link, (number, expects, signal));
            }
            ServerMessage::Topology { topology } => self.topology_changed(now, topology),
            ServerMessage::MoveCalledOff { mode, reason } => {
                self.outputs.push_back(Output::Notify(Notice::MoveCalledOff { mode, reason }));
            }
            ServerMessage::AudioSlots { link, slots } => self.audio_slots(now, link, slots),
            ServerMessage::PausedVideo { link, participants } => self.paused_video(link, participants),
            ServerMessage::WantedLayers { link, source, layers } => self.wanted_layers(link, source, layers),
            ServerMessage::SfuLinkClosed { link } => self.server_link_closed(now, link),
            ServerMessage::IceServers(servers) => self.take_ice_servers(now, servers),
            ServerMessage::Pong => {}
            ServerMessage::Error(error) => self.refused(&error),
        }
    }

    fn joined(&mut self, now: Duration, joined: &Joined) {
        let was_joined = self.phase == Phase::Joined;
        if !was_joined && !matches!(self.phase, Phase::Joining | Phase::Waiting) {
            return;
        }
        self.phase = Phase::Joined;
        self.password = None;
        self.came_back(now, joined.session.clone());
        self.you = Some(joined.you.clone());
        self.name = Some(joined.you.name.clone());
        self.room = Some(joined.room.clone());
        self.settings = Some(joined.settings.clone());
        self.waiting.clear();
        self.take_ice_servers(now, joined.ice_servers.clone());
        // What the room was told in the first message is all it needs to know, but for what only the people decide.
        self.line.keep_only(|message| matches!(message, RoomMessage::Moderate { .. }));
        self.say_unconfirmed_again();
        self.meet(now, joined);
        self.say_all_signals_again(now);
        self.send_unfinished_chat();
        self.chat.begin_to_catch_up();
        self.say(RoomMessage::ReadChat { before: None });
        // A device may have begun or ended to deliver while the join was under way.
        self.tell_media();
    }

    /// Half of the time for which they are good is left when fresh ones are asked for.
    fn take_ice_servers(&mut self, now: Duration, given: IceServers) {
        if self.ice_servers != given.servers {
            for peer in self.linked_peers() {
                self.link_command(peer, LinkCommand::SetIceServers(of_use(&given.servers, peer)));
            }
        }
        self.ice_servers = given.servers;
        self.renew_ice_servers_at = given
            .good_for
            .map(|seconds| now + (Duration::from_secs(seconds.into()) / 2).max(ASK_AGAIN_AFTER));
    }

    pub(super) fn ice_servers_due(&mut self, now: Duration) {
        if self.renew_ice_servers_at.is_some_and(|at| at <= now) {
            self.renew_ice_servers_at = Some(now + ASK_AGAIN_AFTER);
            self.say_once(RoomMessage::RenewIceServers);
        }
    }

    fn resumed(&mut self, now: Duration, session: protocol::SessionToken) {
        if self.phase != Phase::Joined {
            return;
        }
        self.came_back(now, session);
        self.say_unconfirmed_again();
        self.say_all_signals_again(now);
        self.tell_media();
    }

    fn came_back(&mut self, now: Duration, session: protocol::SessionToken) {
        if self.line.signalling == Signalling::Lost {
            self.outputs.push_back(Output::Notify(Notice::SignallingBack));
        }
        self.outputs.push_back(Output::RememberSession(Some(session.clone())));
        self.line.connected(now, session);
    }

    fn must_wait(&mut self, now: Duration, room: protocol::RoomSummary) {
        if matches!(self.phase, Phase::Joining | Phase::Waiting) {
            self.phase = Phase::Waiting;
            self.room = Some(room);
            // Pings keep the connection; there is no session yet.
            self.line.wait_for_host(now);
        }
    }

    fn others_wait(&mut self, people: Vec<protocol::WaitingPerson>) {
        for person in &people {
            if !self.waiting.iter().any(|known| known.id == person.id) {
                self.outputs.push_back(Output::Notify(Notice::Knocked(person.name.clone())));
            }
        }
        self.waiting = people;
    }

    fn turned_off(&mut self, source: protocol::Source) {
        if let Some(source) = Source::from_protocol(source) {
            self.switch(source, Switch::Off, SwitchedBy::Host);
            self.outputs.push_back(Output::Notify(Notice::TurnedOff(source)));
        }
    }

    fn asked_to_turn_on(&mut self, source: protocol::Source) {
        if let Some(source) = Source::from_protocol(source)
            && !self.publications.of(source).is_on()
        {
            self.asked_for = Some(source);
            self.outputs.push_back(Output::Notify(Notice::AskedToTurnOn(source)));
        }
    }

    fn refused(&mut self, error: &ProtocolError) {
        if error.code.closes_with().is_some() {
            self.line.refusal = Some(error.code);
            if matches!(self.phase, Phase::Joining) || self.phase == Phase::Waiting && is_final(error.code) {
                self.end(phase_after(Some(error.code)));
            }
        } else if let Some(chat) = self.chat.said_as(error.in_reply_to) {
            let me = self.you.as_ref().map(|you| you.id);
            self.chat.failed(chat, me, Some(error.code));
        } else if !matches!(error.code, ErrorCode::PeerUnknown | ErrorCode::PeerIsSelf) {
            self.outputs.push_back(Output::Notify(Notice::Refused(error.code)));
        }
    }

    pub(super) fn write(&mut self, id: protocol::ChatId, to: protocol::ChatTarget, text: &str) {
        let (Some(from), Some(name)) = (self.you.as_ref().map(|you| you.id), self.name.clone()) else {
            return;
        };
        let Some(envelope) = self.seal_chat(id, to, text) else {
            return self.outputs.push_back(Output::Notify(Notice::NotSealed { text: text.to_owned() }));
        };
        let text = ChatText::Sealed(text.to_owned());
        let line = ChatLine { id, from, name, to, envelope, text, place: None, delivery: Delivery::Sending };
        self.send_chat(line);
    }

    pub(super) fn write_again(&mut self, id: protocol::ChatId) {
        let line = self.you.as_ref().and_then(|you| self.chat.find(id, you.id));
        if let Some(line) = line {
            self.send_chat(ChatLine { delivery: Delivery::Sending, ..line });
        }
    }

    /// What the server may have lost when it ended; it knows what it has by its id.
    fn send_unfinished_chat(&mut self) {
        let Some(me) = self.you.as_ref().map(|you| you.id) else { return };
        for line in self.chat.unfinished(me) {
            self.send_chat(line);
        }
    }

    fn send_chat(&mut self, line: ChatLine) {
        let message = RoomMessage::Chat { chat: line.id, to: line.to, envelope: line.envelope.clone() };
        let id = self.say_numbered(message);
        match line.place {
            None => self.chat.send(line, id),
            Some(_) => self.chat.send_again(line.id, id),
        }
    }

    pub(super) fn read_older_chat(&mut self) {
        let before = self.chat.oldest();
        self.say(RoomMessage::ReadChat { before });
    }

    fn hear_chat(&mut self, entry: protocol::ChatEntry) {
        let is_mine = self.is_me(entry.from);
        let name = entry.name.clone();
        let text = self.read_chat(&entry);
        let is_new = self.chat.hear(entry, text, Delivery::Delivered);
        if is_new && !is_mine {
            self.outputs.push_back(Output::Notify(Notice::Wrote(name)));
        }
    }

    /// Says something until the server has it.
    pub(super) fn say(&mut self, message: RoomMessage) {
        _ = self.say_numbered(message);
    }

    fn say_numbered(&mut self, message: RoomMessage) -> MessageId {
        let id = self.line.number(&message);
        if self.is_connected() && self.phase == Phase::Joined {
            let frame = self.line.frame(Some(id), message);
            self.outputs.push_back(Output::Send(frame));
        }
        id
    }

    /// Says something now or not at all.
    pub(super) fn say_once(&mut self, message: RoomMessage) {
        if self.is_connected() {
            let frame = self.line.frame(None, message);
            self.outputs.push_back(Output::Send(frame));
        }
    }

    fn say_unconfirmed_again(&mut self) {
        for (id, message) in self.line.unconfirmed() {
            let frame = self.line.frame(Some(id), message);
            self.outputs.push_back(Output::Send(frame));
        }
    }
}

/// Where somebody is who was not let in.
fn phase_after(refusal: Option<ErrorCode>) -> Phase {
    match refusal {
        None => Phase::Unreachable,
        Some(ErrorCode::PasswordNeeded) => Phase::PasswordAsked { wrong: false },
        Some(ErrorCode::PasswordWrong) => Phase::PasswordAsked { wrong: true },
        Some(code) => Phase::Refused(code),
    }
}

/// Whether trying again by itself makes no sense.
fn is_final(code: ErrorCode) -> bool {
    match code {
        ErrorCode::TooLarge
        | ErrorCode::Malformed
        | ErrorCode::NotJoined
        | ErrorCode::UnsupportedVersion
        | ErrorCode::OriginRefused
        | ErrorCode::RoomUnknown
        | ErrorCode::RoomFull
        | ErrorCode::RoomLocked
        | ErrorCode::RoomNotStarted
        | ErrorCode::RoomEnded
        | ErrorCode::PasswordNeeded
        | ErrorCode::PasswordWrong
        | ErrorCode::NotAdmitted
        | ErrorCode::Removed
        | ErrorCode::Blocked
        | ErrorCode::CredentialRefused
        | ErrorCode::SessionTakenOver => true,
        ErrorCode::SessionUnknown
        | ErrorCode::AlreadyJoined
        | ErrorCode::PeerUnknown
        | ErrorCode::PeerIsSelf
        | ErrorCode::NotAllowed
        | ErrorCode::ParticipantUnknown
        | ErrorCode::SettingsInvalid
        | ErrorCode::SettingsTooFast
        | ErrorCode::ChatTooFast
        | ErrorCode::ChatFull
        | ErrorCode::StorageUnavailable
        | ErrorCode::RateLimited
        | ErrorCode::TooSlow
        | ErrorCode::Silent
        | ErrorCode::ServerStopping
        | ErrorCode::Internal => false,
    }
}
