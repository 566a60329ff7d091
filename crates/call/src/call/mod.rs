//! The call itself: composes the machines, carries what one wants done to the others and to the driver, and makes the snapshot for
//! the page. One function an input.
//!
//! Timers are the machines' own, each in a table at the top of its file: `signalling`, `media_paths`, `links/link`, `people`, `encryption`,
//! `ice`, `chat_pace`; the stage has its own.
//! Those of links and people rest while the server is out of reach, those of encryption and ICE servers also before somebody is inside. A
//! machine with a new one is added to [`Call::poll_timeout`] and to [`Call::handle_timeout`], which stand one below the other.

mod chatting;
mod encrypting;
mod media;
mod people;
mod protecting;
mod recording;
mod server_messages;
mod staging;

use std::collections::VecDeque;
use std::time::Duration;

use crate::LinkKey;
use protocol::{
    DisplayName, MediaState, Participant, ParticipantId, Password, RingSide, RoomCode, RoomMessage,
    RoomSettings, RoomSummary, SessionToken, Source, Subscription, Switch, WaitingPerson,
};
use seal::{RoomSecret, SafetyPhrase};
use stage::Stage;

use crate::chat::Chat;
use crate::chat_pace::ChatPace;
use crate::encryption::Encryption;
use crate::ice::Ice;
use crate::links::Links;
use crate::media_paths::MediaPaths;
use crate::people::People;
use crate::protection::ProtectionMachine;
use crate::recording::Recording;
use crate::signalling::SignallingConnection;
use crate::slots::{Slots, SlotsInput};
use crate::unanswered::Unanswered;
use crate::uplink::Uplink;
use crate::voice::Voice;
use crate::{
    Began, ChatLine, Command, Identity, Input, Level, Notice, Output, Phase, Publications, SecretOrigin,
    Snapshot, StageSnapshot, SwitchedBy, Switches,
};

/// A call, from the choice of devices to the end.
#[derive(Debug)]
pub struct Call {
    code: RoomCode,
    phase: Phase,
    name: Option<DisplayName>,
    password: Option<Password>,
    /// The person at this browser, as the room knows them.
    you: Option<Participant>,
    room: Option<RoomSummary>,
    settings: Option<RoomSettings>,
    has_password: bool,
    waiting: Vec<WaitingPerson>,
    /// What a host asks to turn on.
    asked_for: Option<Source>,
    /// Whether the person waits because they have not the room's secret.
    lacks_secret: bool,
    /// Whether joining is tried again by itself when the server cannot be reached.
    keeps_joining: bool,
    /// What is kept back while it rings.
    unanswered: Option<Unanswered>,
    /// Whether somebody is inside who can let the person in, while they wait.
    host_inside: bool,
    publications: Publications,
    /// Whether the call is recorded on this device.
    records: Switch,
    /// What the room was told of them last.
    told: MediaState,
    signalling: SignallingConnection,
    ice: Ice,
    people: People,
    links: Links,
    slots: Slots,
    paths: MediaPaths,
    uplink: Uplink,
    voice: Voice,
    chat: Chat,
    chat_pace: ChatPace,
    /// Since when the call goes on.
    began: Option<Began>,
    stage: Stage,
    /// Whether the page has said how large the stage is.
    is_stage_seen: bool,
    /// Pixels of the screen for one of CSS.
    pixel_ratio: f32,
    /// For which layout, and how many pixels, it was looked what to subscribe to.
    drawn: (u32, f32),
    /// What was subscribed to last.
    subscribed: Vec<Subscription>,
    encryption: Encryption,
    /// Whether what leaves is sealed.
    protection: ProtectionMachine,
    recording: Recording,
    outputs: VecDeque<Output>,
}

impl Call {
    /// A call to a room, before joining. `session` is the token of an earlier stay in this tab; `random` is any number.
    pub fn new(code: RoomCode, session: Option<SessionToken>, random: u64, identity: Identity) -> Self {
        Self {
            encryption: Encryption::new(code, identity),
            code,
            phase: Phase::Preparing,
            name: None,
            password: None,
            you: None,
            room: None,
            settings: None,
            has_password: false,
            waiting: Vec::new(),
            asked_for: None,
            lacks_secret: false,
            keeps_joining: false,
            unanswered: None,
            host_inside: false,
            publications: Publications::default(),
            records: Switch::Off,
            told: MediaState::default(),
            signalling: SignallingConnection::new(session, random),
            ice: Ice::default(),
            people: People::default(),
            links: Links::default(),
            slots: Slots::default(),
            paths: MediaPaths::default(),
            uplink: Uplink::default(),
            voice: Voice::default(),
            chat: Chat::default(),
            chat_pace: ChatPace::default(),
            began: None,
            stage: Stage::default(),
            is_stage_seen: false,
            pixel_ratio: 1.0,
            drawn: (0, 0.0),
            subscribed: Vec::new(),
            protection: ProtectionMachine::default(),
            recording: Recording::default(),
            outputs: VecDeque::new(),
        }
    }

    /// The same, to which a ring leads: there is nobody at a door who would press *Try again*, and no room makes it anything but end-to-end
    /// encrypted.
    pub fn keeps_joining(mut self) -> Self {
        self.protection.of_direct_call();
        Self { keeps_joining: true, ..self }
    }

    /// The same while it rings: nothing is sent to anybody, and nothing of anybody is shown, before [`Command::GoAhead`].
    pub fn unanswered(self, side: RingSide) -> Self {
        Self { unanswered: Some(Unanswered::at(side)), ..self }
    }

    /// Takes one event. `now` is the time since an origin of the driver's choosing.
    pub fn handle_input(&mut self, now: Duration, input: Input) {
        match input {
            Input::Command(command) => self.command(now, command),
            Input::SocketOpened => self.socket_opened(now),
            Input::SocketClosed => self.socket_closed(now),
            Input::NetworkChanged => self.network_changed(now),
            Input::Server(frame) => self.server_frame(now, *frame),
            Input::Link { link, event } => self.link_event(now, link, event),
            Input::Captured(source) => self.captured(source),
            Input::CaptureFailed { source, fault } => {
                self.publications.failed(source, fault);
                self.publish(source);
                self.silence_ended_share(source);
            }
            Input::Level { participant: None, level } => self.own_level(now, level),
            Input::Level { participant: Some(id), level } => self.people.hear(now, id, level),
            Input::SlotLevel { link, slot, level } => self.slot_level(now, link, slot, level),
        }
        self.arrange(now);
        self.send_due_chat(now);
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.signalling.poll_timeout().is_some_and(|due| now >= due) {
            self.signalling_due(now);
        }
        // Without the server no link can be repaired; that it cannot be must not count against it.
        if self.signalling.is_connected() {
            self.links.handle_timeout(now);
            self.carry_out_links();
            self.part_from_lost(now);
            if self.phase == Phase::Joined {
                self.encryption_timeout(now);
                if self.ice.is_renewal_due(now) {
                    self.say_once(RoomMessage::RenewIceServers);
                }
            }
            self.review_paths(now);
        }
        self.paths_timeout(now);
        self.arrange(now);
        self.send_due_chat(now);
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub fn poll_timeout(&self) -> Option<Duration> {
        let is_connected = self.signalling.is_connected();
        let is_inside = self.is_inside();
        let of_links = [self.links.poll_timeout(), self.people.poll_timeout()];
        let of_stay = [
            self.encryption.poll_timeout(),
            self.ice.poll_timeout(),
            self.chat_pace.poll_timeout().filter(|_| self.protection.sends()),
            self.stage.poll_timeout(),
        ];
        let links = of_links.into_iter().flatten().filter(|_| is_connected);
        let stay = of_stay.into_iter().flatten().filter(|_| is_inside);
        links.chain(stay).chain(self.signalling.poll_timeout()).chain(self.paths.poll_timeout()).min()
    }

    fn is_inside(&self) -> bool {
        self.signalling.is_connected() && self.phase == Phase::Joined
    }

    /// The next effect, or `None` until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        loop {
            let output = self.outputs.pop_front()?;
            let Some(unanswered) = &mut self.unanswered else { return Some(output) };
            if let Some(at_once) = unanswered.pass(output) {
                return Some(at_once);
            }
        }
    }

    /// The call as a page shows it, but for the chat.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            phase: self.phase,
            signalling: self.signalling.state(),
            you: self.you.clone(),
            name: self.name.clone(),
            speaking: self.voice.is_speaking() && self.publications.of(Source::Microphone).is_on(),
            room: self.room.clone(),
            settings: self.settings.clone(),
            has_password: self.has_password,
            waiting: self.waiting.clone(),
            asked_for: self.asked_for,
            publications: self.publications,
            uplink_is_weak: self.uplink_is_weak(),
            participants: self.shown_people().map(|person| self.snapshot_of(person)).collect(),
            topology: self.paths.topology(),
            lacks_secret: self.lacks_secret,
            encryption: self.protection.shown(),
            key_warnings: self.encryption.key_warnings(&self.encryption_view()),
            host_inside: self.host_inside,
            recording: self.recording_snapshot(),
            stage: StageSnapshot {
                layout: self.stage.layout().clone(),
                pins: self.stage.pins().to_vec(),
                mode: self.stage.mode(),
                shows_self: self.stage.shows_self(),
                corner: self.stage.corner(),
            },
        }
    }

    /// Since when the call goes on, once joined.
    pub fn began(&self) -> Option<Began> {
        self.began
    }

    /// How far the call is.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether somebody is in the call, as far as this end knows.
    pub fn knows(&self, id: ParticipantId) -> bool {
        self.people.contains(id)
    }

    /// What was written, oldest first.
    pub fn chat(&self) -> &[ChatLine] {
        self.chat.lines()
    }

    /// Whether there is older chat to be read.
    pub fn has_more_chat(&self) -> bool {
        self.chat.has_more()
    }

    /// A number that is another one whenever the chat is.
    pub fn chat_revision(&self) -> u32 {
        self.chat.revision()
    }

    /// The private key of this tab, to be the same person after the page was loaded again.
    pub fn private_key(&self) -> [u8; 32] {
        self.encryption.private_key()
    }

    /// What is the same for everybody in the call when nobody sits in between.
    pub fn safety_phrase(&self) -> SafetyPhrase {
        self.encryption.safety_phrase(&self.people)
    }

    /// How the page came by the secret.
    pub fn secret_origin(&self) -> SecretOrigin {
        self.encryption.origin()
    }

    /// The secret as the link carries it.
    pub fn secret(&self) -> &RoomSecret {
        self.encryption.secret()
    }

    /// Links of which it matters how many keyframes were decoded: pictures are to come.
    pub fn waits_for_keyframes(&self) -> Vec<LinkKey> {
        self.paths.waits_for_keyframes(&self.paths_view())
    }

    fn command(&mut self, now: Duration, command: Command) {
        match command {
            Command::Switch { source, to } => self.switch(source, to, SwitchedBy::Person),
            Command::Talk { to } => self.switch(Source::Microphone, to, SwitchedBy::HeldKey),
            Command::Begin { switches } => self.begin(switches),
            Command::GoAhead { switches } => self.go_ahead(switches),
            Command::Join { name, password } => self.join(now, name, password),
            Command::Rejoin { name } => self.rejoin(now, name),
            Command::Leave => self.leave(),
            Command::TellRecording { to } => {
                self.records = to;
                self.tell_media();
            }
            Command::SetHand { hand } => self.say(RoomMessage::SetHand { hand }),
            Command::React { reaction } => self.say(RoomMessage::React { reaction }),
            Command::Write { id, to, text } => self.write(id, to, &text),
            Command::WriteAgain { id } => self.write_again(id),
            Command::ReadOlderChat => self.read_older_chat(),
            Command::Moderate { moderation } => self.moderate(now, moderation),
            Command::Verify { participant } => {
                self.encrypt(|encryption, view| encryption.verify(participant, view));
            }
            Command::ShareSecret { with } => {
                self.encrypt(|encryption, view| encryption.share_secret(now, with, view));
            }
            Command::Stage(input) => self.stage_input(now, input),
            Command::SetPixelRatio { ratio } => self.pixel_ratio = ratio.clamp(0.5, 4.0),
            Command::SetSeen { seen } => self.slots(now, SlotsInput::Watched(seen.is_on())),
            Command::DeclineAsking => self.asked_for = None,
            Command::LobbyShows { encryption } => self.note_lobby(encryption),
            Command::SecretIsInLink => self.encryption.is_in_link(),
            Command::AcceptTransport => self.accept_transport(),
            Command::StartRecording => self.say(RoomMessage::StartRecording),
            Command::StopRecording => self.stop_recording(),
            Command::BeRecorded { recorded } => self.be_recorded(recorded),
        }
    }

    fn begin(&mut self, switches: Switches) {
        for source in Source::ALL.into_iter().filter(|source| switches.of(*source).is_on()) {
            let capture = self.publications.switch(source, Switch::On);
            self.outputs.extend(capture);
        }
    }

    /// Somebody has answered: what is on is sent, and what was kept back is done.
    fn go_ahead(&mut self, switches: Switches) {
        if let Some(unanswered) = self.unanswered.take() {
            self.outputs.extend(unanswered.into_withheld());
            self.begin(switches);
            for source in self.publications.captured().collect::<Vec<_>>() {
                self.publish(source);
            }
        }
    }

    /// What others are sent of what is captured.
    pub fn sent(&self) -> Vec<Source> {
        let is_sent = self.unanswered.is_none() && self.protection.sends();
        self.publications.captured().filter(|_| is_sent).collect()
    }

    fn switch(&mut self, source: Source, to: Switch, by: SwitchedBy) {
        // What is heard of a screen comes after its picture: the screen may be forbidden, or given up, by then.
        if source == Source::ScreenAudio && to.is_on() && !self.publications.of(Source::Screen).is_wanted() {
            return;
        }
        self.outputs.push_back(Output::RememberSwitch { source, to, by });
        if self.asked_for == Some(source) {
            self.asked_for = None;
        }
        let was_on = self.publications.of(source).is_on();
        let capture = self.publications.switch(source, to);
        if was_on {
            self.publish(source); // Sending stops before the device does.
        }
        self.outputs.extend(capture);
        self.silence_ended_share(source);
    }

    /// What is heard of a screen ends with it.
    fn silence_ended_share(&mut self, source: Source) {
        let is_shown = self.publications.of(Source::Screen).is_wanted();
        if source == Source::Screen && !is_shown && self.publications.of(Source::ScreenAudio).is_wanted() {
            let stop = self.publications.switch(Source::ScreenAudio, Switch::Off);
            self.publish(Source::ScreenAudio);
            self.outputs.extend(stop);
        }
    }

    fn captured(&mut self, source: Source) {
        match self.publications.captured_from(source) {
            Some(unwanted) => self.outputs.push_back(unwanted),
            None => {
                self.publish(source);
                if source == Source::Screen {
                    self.outputs.push_back(Output::Notify(Notice::YouShare));
                }
            }
        }
    }

    /// Tells every link and the room what is sent from a source now.
    fn publish(&mut self, source: Source) {
        if self.unanswered.is_none() {
            let is_sent = self.publications.of(source).is_on() && self.protection.sends();
            let switch = Switch::from(is_sent);
            self.links.publish(source, switch);
            self.carry_out_links();
            self.tell_media();
        }
    }

    /// What the room is told.
    fn media_state(&self) -> MediaState {
        let mut media = MediaState { recording: self.records, ..MediaState::default() };
        for source in self.sent() {
            media.set(source, Switch::On);
        }
        media
    }

    /// Tells the room what is sent now, if it was told something else.
    fn tell_media(&mut self) {
        let media = self.media_state();
        if self.phase == Phase::Joined && self.told != media {
            self.told = media;
            self.say(RoomMessage::SetMedia { media });
        }
    }

    /// Closes every link, then the socket, then lets go of the devices.
    fn end(&mut self, phase: Phase) {
        self.end_links();
        self.links.forget_unclaimed();
        self.people.clear();
        self.outputs.push_back(Output::CloseSocket);
        // Who could not get in for a reason that can be mended is still at the choice of devices, and may try again.
        if !matches!(phase, Phase::Unreachable | Phase::PasswordAsked { .. }) {
            for source in Source::ALL {
                self.outputs.extend(self.publications.switch(source, Switch::Off));
            }
            // Coming again is a decision, and so it is as a newcomer.
            if self.signalling.take_session().is_some() {
                self.outputs.push_back(Output::RememberSession(None));
            }
        }
        self.waiting.clear();
        self.asked_for = None;
        self.outputs.extend(self.protection.end().map(Output::Protect));
        // Whoever comes again is asked again.
        self.recording = Recording::default();
        self.encryption.forget_agreement();
        self.phase = phase;
        self.you = None;
        self.signalling = self.signalling.ended();
    }

    fn own_level(&mut self, now: Duration, level: Level) {
        let has_raised_hand = self.you.as_ref().is_some_and(|you| you.hand.is_some());
        let is_on = self.publications.of(Source::Microphone).is_on();
        if self.voice.hear(now, level, has_raised_hand, is_on) {
            self.say(RoomMessage::SetHand { hand: Switch::Off });
        }
    }

    /// Sound of a screen is nobody's voice.
    fn slot_level(&mut self, now: Duration, link: LinkKey, slot: usize, level: Level) {
        let carried = self.slots.audio(link).get(slot).copied().flatten();
        if let Some(key) = carried.filter(|key| key.source == Source::Microphone) {
            self.people.hear(now, key.participant, level);
        }
    }

    fn me(&self) -> Option<ParticipantId> {
        self.you.as_ref().map(|you| you.id)
    }

    fn is_me(&self, id: ParticipantId) -> bool {
        self.me() == Some(id)
    }
}
