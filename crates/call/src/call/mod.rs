//! The call itself: one function an input, effects in a queue, and a snapshot for the page.

mod encrypting;
mod media_paths;
mod people;
mod signalling;
mod uplink;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use protocol::{
    DisplayName, IceServer, LinkId, MediaState, Participant, ParticipantId, Password, PeerRef, RoomCode,
    RoomMessage, RoomSettings, RoomSummary, SessionToken, Switch, WaitingPerson,
};

use crate::chat::Chat;
use crate::encryption::Encryption;
use crate::line::Line;
use crate::link::Link;
use crate::other::{Other, Unclaimed};
use crate::paths::Paths;
use crate::speaking::Speaking;
use crate::uplink::Uplink;
use crate::{
    ChatLine, Command, Identity, Input, Level, LinkCommand, LinkStatus, Output, Phase, Publications,
    Signalling, Snapshot, Source, SwitchedBy, Switches,
};

/// How long somebody has to speak before their raised hand is lowered: they have been given the word.
const HAND_IS_LOWERED_AFTER: Duration = Duration::from_secs(4);

/// A call, from the choice of devices to the end.
#[derive(Debug)]
pub struct Call {
    code: RoomCode,
    phase: Phase,
    line: Line,
    name: Option<DisplayName>,
    password: Option<Password>,
    /// The person at this browser, as the room knows them.
    you: Option<Participant>,
    room: Option<RoomSummary>,
    settings: Option<RoomSettings>,
    has_password: bool,
    waiting: Vec<WaitingPerson>,
    ice_servers: Vec<IceServer>,
    /// When fresh credentials for them are asked for.
    renew_ice_servers_at: Option<Duration>,
    publications: Publications,
    /// What the room was told of them last.
    told: MediaState,
    /// What a host asks to turn on.
    asked_for: Option<Source>,
    /// Whether the person waits because they have not the room's secret.
    lacks_secret: bool,
    /// Whether somebody is inside who can let the person in, while they wait.
    host_inside: bool,
    speaking: Speaking,
    /// Since when the person speaks with a raised hand.
    speaking_since: Option<Duration>,
    /// In the order in which they came.
    others: Vec<Other>,
    paths: Paths,
    uplink: Uplink,
    /// Signals of people the server has not told of yet, or of links that are not open yet.
    unclaimed: BTreeMap<(PeerRef, LinkId), Vec<Unclaimed>>,
    chat: Chat,
    encryption: Encryption,
    outputs: VecDeque<Output>,
}

impl Call {
    /// A call to a room, before joining. `session` is the token of an earlier stay in this tab; `random` is any number.
    pub fn new(code: RoomCode, session: Option<SessionToken>, random: u64, identity: Identity) -> Self {
        Self {
            encryption: Encryption::new(code, identity),
            code,
            phase: Phase::Preparing,
            line: Line::new(session, random),
            name: None,
            password: None,
            you: None,
            room: None,
            settings: None,
            has_password: false,
            waiting: Vec::new(),
            ice_servers: Vec::new(),
            renew_ice_servers_at: None,
            publications: Publications::default(),
            told: MediaState::default(),
            asked_for: None,
            lacks_secret: false,
            host_inside: false,
            speaking: Speaking::default(),
            speaking_since: None,
            others: Vec::new(),
            paths: Paths::default(),
            uplink: Uplink::default(),
            unclaimed: BTreeMap::new(),
            chat: Chat::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes one event. `now` is the time since an origin of the driver's choosing.
    pub fn handle_input(&mut self, now: Duration, input: Input) {
        match input {
            Input::Command(command) => self.command(now, command),
            Input::SocketOpened => self.socket_opened(now),
            Input::SocketClosed => self.socket_closed(now),
            Input::NetworkChanged => self.network_changed(now),
            Input::Server(frame) => self.server_frame(now, *frame),
            Input::Link { peer, event } => self.link_event(now, peer, event),
            Input::Captured(source) => self.captured(source),
            Input::CaptureFailed { source, fault } => {
                self.publications.failed(source, fault);
                self.publish(source);
            }
            Input::Level { participant, level } => self.level(now, participant, level),
            Input::SlotLevel { slot, level } => {
                let carried = self.paths.server.as_ref().and_then(|server| *server.audio.get(slot)?);
                if let Some(participant) = carried {
                    self.level(now, Some(participant), level);
                }
            }
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.line.due().is_some_and(|due| now >= due) {
            self.line_due(now);
        }
        // Without the server no link can be repaired; that it cannot be must not count against it.
        if self.line.signalling == Signalling::Connected {
            for peer in self.linked_peers() {
                let effects = self.link(peer).map(|link| link.handle_timeout(now)).unwrap_or_default();
                self.carry_out(peer, effects);
            }
            self.part_from_given_up(now);
            self.review_paths(now);
            if self.phase == Phase::Joined {
                self.encryption_due(now);
                self.ice_servers_due(now);
            }
        }
        self.paths_due(now);
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub fn poll_timeout(&self) -> Option<Duration> {
        let is_connected = self.line.signalling == Signalling::Connected;
        let direct = self.others.iter().filter_map(|other| other.link.as_ref());
        let links =
            direct.chain(self.paths.server.as_ref().map(|server| &server.link)).filter(|_| is_connected);
        let given_up = self.next_given_up().filter(|_| is_connected);
        let keys = self.encryption.due().filter(|_| is_connected && self.phase == Phase::Joined);
        let ice_servers = self.renew_ice_servers_at.filter(|_| is_connected && self.phase == Phase::Joined);
        let of_links = links.filter_map(Link::poll_timeout).chain(given_up).chain(keys).chain(ice_servers);
        of_links.chain(self.line.due()).chain(self.next_path_timeout()).min()
    }

    /// The next effect, or `None` until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The call as a page shows it, but for the chat.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            phase: self.phase,
            signalling: self.line.signalling,
            you: self.you.clone(),
            name: self.name.clone(),
            speaking: self.speaking.is_speaking() && self.publications.microphone.is_on(),
            room: self.room.clone(),
            settings: self.settings.clone(),
            has_password: self.has_password,
            waiting: self.waiting.clone(),
            asked_for: self.asked_for,
            publications: self.publications,
            participants: self.others.iter().map(|other| self.snapshot_of(other)).collect(),
            topology: self.paths.topology,
            lacks_secret: self.lacks_secret,
            key_warnings: self.key_warnings(),
            host_inside: self.host_inside,
        }
    }

    /// How far the call is.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether somebody is in the call, as far as this end knows.
    pub fn knows(&self, id: ParticipantId) -> bool {
        self.others.iter().any(|other| other.participant.id == id)
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

    fn command(&mut self, now: Duration, command: Command) {
        match command {
            Command::Switch { source, to } => self.switch(source, to, SwitchedBy::Person),
            Command::Begin { switches } => self.begin(switches),
            Command::Join { name, password } => self.join(now, name, password),
            Command::Leave => self.leave(),
            Command::SetHand { hand } => self.say(RoomMessage::SetHand { hand }),
            Command::React { reaction } => self.say(RoomMessage::React { reaction }),
            Command::Write { id, to, text } => self.write(id, to, &text),
            Command::WriteAgain { id } => self.write_again(id),
            Command::ReadOlderChat => self.read_older_chat(),
            Command::Moderate { moderation } => self.moderate(now, moderation),
            Command::Verify { participant } => self.verify(participant),
            Command::ShareSecret { with } => self.share_secret(now, with),
            Command::ShowTiles { tiles } => self.show_tiles(now, tiles),
            Command::SetSeen { seen } => self.seen(seen),
            Command::DeclineAsking => self.asked_for = None,
        }
    }

    fn begin(&mut self, switches: Switches) {
        for source in Source::ALL.into_iter().filter(|source| switches.of(*source).is_on()) {
            let capture = self.publications.switch(source, Switch::On);
            self.outputs.extend(capture);
        }
    }

    fn switch(&mut self, source: Source, to: Switch, by: SwitchedBy) {
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
        for peer in self.linked_peers() {
            let has_failed = |link: &mut Link| matches!(link.status(), LinkStatus::Failed(_));
            if !self.link(peer).is_some_and(has_failed) {
                self.link_command(peer, LinkCommand::Publish { source, switch });
            }
        }
        self.tell_media();
    }

    /// Tells the room what is sent now, if it was told something else.
    fn tell_media(&mut self) {
        let media = self.publications.media_state();
        if self.phase == Phase::Joined && self.told != media {
            self.told = media;
            self.say(RoomMessage::SetMedia { media });
        }
    }

    /// Closes every link, then the socket, then lets go of the devices.
    fn end(&mut self, phase: Phase) {
        self.end_paths();
        self.others.clear();
        self.outputs.push_back(Output::CloseSocket);
        // Who could not get in for a reason that can be mended is still at the choice of devices, and may try again.
        if !matches!(phase, Phase::Unreachable | Phase::PasswordAsked { .. }) {
            for source in Source::ALL {
                self.outputs.extend(self.publications.switch(source, Switch::Off));
            }
            // Coming again is a decision, and so it is as a newcomer.
            if self.line.session.take().is_some() {
                self.outputs.push_back(Output::RememberSession(None));
            }
        }
        self.unclaimed.clear();
        self.waiting.clear();
        self.asked_for = None;
        self.phase = phase;
        self.you = None;
        self.hang_up();
    }

    fn level(&mut self, now: Duration, participant: Option<ParticipantId>, level: Level) {
        match participant {
            None => {
                self.speaking.hear(now, level);
                self.lower_hand_after_speaking(now);
            }
            Some(id) => {
                if let Some(other) = self.other(id.into()) {
                    other.speaking.hear(now, level);
                }
            }
        }
    }

    fn lower_hand_after_speaking(&mut self, now: Duration) {
        let has_raised = self.you.as_ref().is_some_and(|you| you.hand.is_some());
        if !has_raised || !self.speaking.is_speaking() || !self.publications.microphone.is_on() {
            self.speaking_since = None;
            return;
        }
        let since = *self.speaking_since.get_or_insert(now);
        if now >= since + HAND_IS_LOWERED_AFTER {
            self.speaking_since = None;
            self.say(RoomMessage::SetHand { hand: Switch::Off });
        }
    }

    fn link_command(&mut self, peer: PeerRef, command: LinkCommand) {
        self.outputs.push_back(Output::Link { peer, command });
    }

    fn other(&mut self, peer: PeerRef) -> Option<&mut Other> {
        self.others.iter_mut().find(|other| PeerRef::Participant(other.participant.id) == peer)
    }

    fn link(&mut self, peer: PeerRef) -> Option<&mut Link> {
        match peer {
            PeerRef::Sfu => self.paths.server.as_mut().map(|server| &mut server.link),
            PeerRef::Participant(_) => self.other(peer)?.link.as_mut(),
        }
    }

    /// Everybody to whom there is a link.
    fn linked_peers(&self) -> Vec<PeerRef> {
        let direct = self.others.iter().filter_map(|other| other.link.as_ref());
        direct.chain(self.paths.server.as_ref().map(|server| &server.link)).map(Link::peer).collect()
    }
}
