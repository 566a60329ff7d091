//! Talking with the server: joining, coming back, and one function a message.

use std::time::Duration;

use crate::LinkKey;
use protocol::{
    DisplayName, ErrorCode, IceServers, Join, Joined, MessageId, OpeningMessage, ParticipantId, Password,
    ProtocolError, Reaction, Resume, RoomMessage, RoomSummary, ServerFrame, ServerMessage, SessionToken,
    Source, Switch, VERSION, WaitingPerson,
};

use view::Publication;

use super::Call;
use super::media::link_to;
use crate::links::NumberedSignal;
use crate::media_paths::PathsInput;
use crate::signalling::Wait;
use crate::slots::SlotsInput;
use crate::{Notice, Output, Phase, Signalling, SwitchedBy};

impl Call {
    /// The person has pressed *Join*.
    pub(super) fn join(&mut self, now: Duration, name: DisplayName, password: Option<Password>) {
        if self.may_join() {
            self.protection.join_by_press();
            self.begin_to_join(now, name, password);
        }
    }

    /// The page goes back into the call by itself.
    pub(super) fn rejoin(&mut self, now: Duration, name: DisplayName) {
        if self.may_join() {
            self.protection.join_by_itself();
            self.begin_to_join(now, name, None);
        }
    }

    /// Whether the person is before the call.
    pub(super) fn may_join(&self) -> bool {
        match self.phase {
            Phase::Preparing
            | Phase::PasswordAsked { .. }
            | Phase::Left
            | Phase::Refused(_)
            | Phase::Unreachable => true,
            Phase::Joining | Phase::Waiting | Phase::Joined => false,
        }
    }

    fn begin_to_join(&mut self, now: Duration, name: DisplayName, password: Option<Password>) {
        self.phase = Phase::Joining;
        self.name = Some(name);
        self.password = password;
        self.dial(now);
    }

    fn dial(&mut self, now: Duration) {
        self.signalling.dialled(now);
        self.outputs.push_back(Output::OpenSocket);
    }

    pub(super) fn socket_opened(&mut self, now: Duration) {
        let Some(name) = self.name.clone() else { return };
        let media = self.media_state();
        self.told = media;
        let session = self.signalling.session().cloned();
        let may_resume = self.phase == Phase::Joined && self.signalling.is_resumable();
        let first = match session.filter(|_| may_resume) {
            Some(session) => {
                let hand = self.you.as_ref().is_some_and(|you| you.hand.is_some());
                OpeningMessage::Resume(Box::new(Resume {
                    version: VERSION,
                    room: self.code,
                    session,
                    last: self.signalling.heard(),
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
                session: self.signalling.session().cloned(),
                key: Some(self.encryption.public_key()),
                room_key: self.encryption.room_key(),
                room_key_origin: Some(self.encryption.origin().for_room()),
            })),
        };
        self.signalling.dialled(now);
        self.outputs.push_back(Output::Open(first.into()));
    }

    pub(super) fn socket_closed(&mut self, now: Duration) {
        self.protection.forget_decision();
        let refusal = self.signalling.take_refusal();
        match self.phase {
            Phase::Joining => match refusal {
                None if self.keeps_joining => self.signalling.try_again(now),
                None | Some(_) => self.end(phase_after(refusal)),
            },
            Phase::Waiting => match refusal {
                Some(code) if is_final(code) => self.end(phase_after(refusal)),
                Some(_) | None => self.signalling.lost(now),
            },
            Phase::Joined => match refusal {
                Some(ErrorCode::SessionUnknown) => {
                    self.signalling.cannot_resume();
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
        self.protection.forget_decision();
        if self.signalling.is_connected() {
            self.outputs.push_back(Output::Notify(Notice::SignallingLost));
        }
        self.signalling.lost(now);
    }

    pub(super) fn network_changed(&mut self, now: Duration) {
        self.links.network_changed(now);
        self.carry_out_links();
        // A socket that was being opened in the network before will not open.
        if matches!(self.signalling.wait(), Wait::Answer(_)) {
            self.outputs.push_back(Output::CloseSocket);
            self.dial(now);
        }
        self.signalling.hurry(now);
        self.doubt_signalling(now);
    }

    /// Something looks broken, and the connection may be: it is asked, and not for long. Without it nothing can be repaired.
    pub(super) fn doubt_signalling(&mut self, now: Duration) {
        if matches!(self.signalling.wait(), Wait::Ping(_)) {
            self.say_once(RoomMessage::Ping);
            self.signalling.pinged(now);
        }
        self.signalling.doubt(now);
    }

    pub(super) fn signalling_due(&mut self, now: Duration) {
        match self.signalling.wait() {
            Wait::Nothing => {}
            Wait::Answer(_) if self.phase == Phase::Joining => {
                self.outputs.push_back(Output::CloseSocket);
                self.socket_closed(now);
            }
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
        self.signalling.pinged(now);
    }

    pub(super) fn leave(&mut self) {
        self.say_once(RoomMessage::Leave);
        self.end(Phase::Left);
    }

    pub(super) fn server_frame(&mut self, now: Duration, frame: ServerFrame) {
        self.signalling.heard_something(now);
        if let Some(received) = frame.received {
            self.signalling.confirm(received);
        }
        match (frame.seq, &frame.message) {
            (Some(number), ServerMessage::Joined(_)) => self.signalling.count_from(number),
            (Some(number), _) if !self.signalling.take(number) => return,
            (Some(_) | None, _) => {}
        }
        self.server_message(now, frame.message);
        if self.signalling.owes_acknowledgement() {
            self.say_once(RoomMessage::Ping);
        }
    }

    fn server_message(&mut self, now: Duration, message: ServerMessage) {
        match message {
            ServerMessage::Joined(joined) => self.joined(now, &joined),
            ServerMessage::Waiting { room, lacks_secret, host_inside } => {
                (self.lacks_secret, self.host_inside) = (lacks_secret, host_inside);
                self.must_wait(now, room);
            }
            ServerMessage::Resumed { session } => self.resumed(now, session),
            person @ (ServerMessage::ParticipantJoined { .. }
            | ServerMessage::ParticipantLeft { .. }
            | ServerMessage::ParticipantUpdated { .. }) => self.person_message(now, person),
            ServerMessage::TurnedOff { source } => self.turned_off(source),
            ServerMessage::AskedToTurnOn { source } => self.asked_to_turn_on(source),
            ServerMessage::Recording { recording, ended } => self.recording_changed(now, recording, ended),
            ServerMessage::WaitingRoom { people } => self.others_wait(people),
            ServerMessage::RoomUpdated { settings, password } => {
                self.has_password = password;
                self.settings_changed(now, settings);
            }
            ServerMessage::Chat { entry } => self.hear_chat(entry),
            ServerMessage::ChatKept { chat, .. } => self.chat.kept(chat, self.me()),
            ServerMessage::ChatNotKept { chat } => self.chat.failed(chat, self.me(), None),
            ServerMessage::ChatHistory { entries, more } => self.hear_history(entries, more),
            ServerMessage::KeyMessage { from, key_message } => {
                self.encrypt(|encryption, view| encryption.hear_key_message(from, &key_message, view));
            }
            ServerMessage::Reacted { from, reaction } => self.reacted(from, reaction),
            ServerMessage::Signal { from: peer, link: id, number, expects, signal } => {
                self.links.signal(LinkKey { peer, id }, NumberedSignal { number, expects, signal });
                self.carry_out_links();
            }
            ServerMessage::Topology { topology } => self.paths(now, PathsInput::Changed(topology)),
            ServerMessage::MigrationAborted { via, reason } => {
                self.outputs.push_back(Output::Notify(Notice::MigrationAborted { via, reason }));
            }
            ServerMessage::AudioSlots { node, link, slots } => {
                self.slots(now, SlotsInput::Audio(link_to(node, link), slots));
            }
            ServerMessage::PausedVideo { node, link, publications } => {
                self.slots(now, SlotsInput::Paused(link_to(node, link), publications));
            }
            ServerMessage::WantedLayers { node, link, source, layers } => {
                self.wanted_layers(link_to(node, link), source, layers);
            }
            ServerMessage::SfuLinkClosed { node, link } => {
                self.paths(now, PathsInput::Ended(link_to(node, link)));
            }
            ServerMessage::IceServers(servers) => self.take_ice_servers(now, servers),
            ServerMessage::Pong => {}
            ServerMessage::Error(error) => self.refused(&error),
        }
    }

    fn reacted(&mut self, from: ParticipantId, reaction: Reaction) {
        let is_me = self.is_me(from);
        let own = self.you.as_ref().filter(|_| is_me).map(|you| &you.name);
        if let Some(name) = self.people.name_of(from).or(own).cloned() {
            let from = (!is_me).then_some(from);
            self.outputs.push_back(Output::Notify(Notice::Reacted { from, name, reaction }));
        }
    }

    fn joined(&mut self, now: Duration, joined: &Joined) {
        let was_joined = self.phase == Phase::Joined;
        if !was_joined && !matches!(self.phase, Phase::Joining | Phase::Waiting) {
            return;
        }
        let others = joined.participants.iter().filter(|other| other.id != joined.you.id).count();
        if self.unanswered.as_ref().is_some_and(|unanswered| unanswered.is_one_too_many(others)) {
            // The server is told, or it keeps the seat for one who may come back.
            self.signalling.connected(now, joined.session.clone());
            return self.leave();
        }
        self.phase = Phase::Joined;
        self.password = None;
        self.came_back(now, joined.session.clone());
        self.you = Some(joined.you.clone());
        self.name = Some(joined.you.name.clone());
        self.room = Some(joined.room.clone());
        self.protection.forget_decision();
        let seals_again = self.take_settings(now, joined.settings.clone());
        self.waiting.clear();
        self.take_ice_servers(now, joined.ice_servers.clone());
        // What the room was told in the first message is all it needs to know, but for what only the people decide.
        self.signalling.keep_only(|message| matches!(message, RoomMessage::Moderate { .. }));
        self.say_unconfirmed_again();
        self.find_recording(now, joined, was_joined);
        self.meet(now, joined);
        if seals_again {
            self.seal_anew();
        }
        self.links.say_all_again(now);
        self.carry_out_links();
        self.send_unfinished_chat();
        self.chat.begin_to_catch_up();
        self.say(RoomMessage::ReadChat { before: None });
        // A device may have begun or ended to deliver while the join was under way.
        self.tell_media();
    }

    fn take_ice_servers(&mut self, now: Duration, given: IceServers) {
        if self.ice.take(now, given) {
            self.links.set_ice_servers(self.ice.servers());
            self.carry_out_links();
        }
    }

    fn resumed(&mut self, now: Duration, session: SessionToken) {
        if self.phase != Phase::Joined {
            return;
        }
        self.came_back(now, session);
        self.say_unconfirmed_again();
        self.links.say_all_again(now);
        self.carry_out_links();
        self.tell_media();
    }

    fn came_back(&mut self, now: Duration, session: SessionToken) {
        if self.signalling.state() == Signalling::Lost {
            self.outputs.push_back(Output::Notify(Notice::SignallingBack));
        }
        self.outputs.push_back(Output::RememberSession(Some(session.clone())));
        self.signalling.connected(now, session);
    }

    fn must_wait(&mut self, now: Duration, room: RoomSummary) {
        if matches!(self.phase, Phase::Joining | Phase::Waiting) {
            self.phase = Phase::Waiting;
            self.room = Some(room);
            // Pings keep the connection; there is no session yet.
            self.signalling.wait_for_host(now);
        }
    }

    fn others_wait(&mut self, people: Vec<WaitingPerson>) {
        for person in &people {
            if !self.waiting.iter().any(|known| known.id == person.id) {
                self.outputs.push_back(Output::Notify(Notice::Knocked(person.name.clone())));
            }
        }
        self.waiting = people;
    }

    /// The room cannot know what is starting, so it says this also of what is off: then there is nothing to do or to say.
    fn turned_off(&mut self, source: Source) {
        // What does not deliver is wanted too, and would be sent again by itself once it does.
        if self.publications.of(source) != Publication::Off {
            self.switch(source, Switch::Off, SwitchedBy::Host);
            self.outputs.push_back(Output::Notify(Notice::TurnedOff(source)));
        }
    }

    fn asked_to_turn_on(&mut self, source: Source) {
        if !self.publications.of(source).is_on() {
            self.asked_for = Some(source);
            self.outputs.push_back(Output::Notify(Notice::AskedToTurnOn(source)));
        }
    }

    /// Whether the server closes the connection with an error. What is asked of a room in a call is answered, and the call goes on: a
    /// host may admit somebody into a full room.
    fn closes(&self, error: &ProtocolError) -> bool {
        let is_in_call = self.phase == Phase::Joined && self.signalling.is_connected();
        let is_answer = is_in_call && error.in_reply_to.is_some();
        error.code.closes_with().is_some() && (!is_answer || error.code == ErrorCode::Malformed)
    }

    fn refused(&mut self, error: &ProtocolError) {
        self.protection.forget_decision();
        if self.closes(error) {
            self.signalling.refuse(error.code);
            if matches!(self.phase, Phase::Joining) || self.phase == Phase::Waiting && is_final(error.code) {
                self.end(phase_after(Some(error.code)));
            }
        } else if let Some(chat) = self.chat.said_as(error.in_reply_to) {
            self.chat.failed(chat, self.me(), Some(error.code));
        } else if !matches!(error.code, ErrorCode::PeerUnknown | ErrorCode::PeerIsSelf) {
            self.outputs.push_back(Output::Notify(Notice::Refused(error.code)));
        }
    }

    /// Says something until the server has it.
    pub(super) fn say(&mut self, message: RoomMessage) {
        _ = self.say_numbered(message);
    }

    pub(super) fn say_numbered(&mut self, message: RoomMessage) -> MessageId {
        let id = self.signalling.number(&message);
        if self.signalling.is_connected() && self.phase == Phase::Joined {
            let frame = self.signalling.frame(Some(id), message);
            self.outputs.push_back(Output::Send(frame));
        }
        id
    }

    /// Says something now or not at all.
    pub(super) fn say_once(&mut self, message: RoomMessage) {
        if self.signalling.is_connected() {
            let frame = self.signalling.frame(None, message);
            self.outputs.push_back(Output::Send(frame));
        }
    }

    fn say_unconfirmed_again(&mut self) {
        for (id, message) in self.signalling.unconfirmed() {
            let frame = self.signalling.frame(Some(id), message);
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
        | ErrorCode::EncryptionRequired
        | ErrorCode::NotAdmitted
        | ErrorCode::Removed
        | ErrorCode::Blocked
        | ErrorCode::CredentialRefused
        | ErrorCode::NotOffered
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
        | ErrorCode::RecordingUnavailable
        | ErrorCode::StorageUnavailable
        | ErrorCode::CallerBusy
        | ErrorCode::PeerInCall
        | ErrorCode::RingUnknown
        | ErrorCode::RateLimited
        | ErrorCode::TooSlow
        | ErrorCode::Silent
        | ErrorCode::ServerStopping
        | ErrorCode::Internal => false,
    }
}
