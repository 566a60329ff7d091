//! Two to four calls and their room in virtual time: real state machines, a modelled browser, a bad network.

use std::collections::BTreeMap;
use std::time::Duration;

use call::{
    Command, ConnectionState, Input, LinkCommand, LinkEvent, LinkKey, LinkStatus, Notice, Output, Phase, Role,
};
use protocol::{
    ChatId, ChatTarget, DisplayName, IceCandidate, NodeId, PeerRef, RoomCode, RoomFrame, RoomMessage, Sdp,
    SectionMap, ServerFrame, ServerMessage, Source,
};
use uuid::Uuid;

use crate::browser::{Browser, BrowserLink};
use crate::client_frame::ClientFrame;
use crate::event::Event;
use crate::forwarding::ForwardingUnit;
use crate::gaps::{Gaps, Hindrance};
use crate::server::{Server, SocketNumber};
use crate::{Faults, Network, Seed};

/// Some browsers, a server and what is on its way between them.
pub struct World {
    pub(crate) seed: Seed,
    pub(crate) now: Duration,
    pub(crate) server: Server,
    pub(crate) browsers: Vec<Browser>,
    sockets_made: u128,
    /// Until when nobody can connect.
    server_is_down_until: Duration,
    pub(crate) network: Network<Event>,
    pub(crate) report: Report,
    /// The forwarding units of the nodes there are.
    pub(crate) units: BTreeMap<NodeId, ForwardingUnit>,
    /// What is in the way of media.
    pub(crate) hindrance: Hindrance,
    pub(crate) gaps: Gaps,
}

/// What happened in a world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What the network did.
    pub faults: Faults,
    /// Offers taken back because both ends offered at once.
    pub glare: u64,
    /// Links that were cut on purpose.
    pub cuts: u64,
    /// Sockets that broke.
    pub drops: u64,
    /// Times the server ended without a word and was started again.
    pub restarts: u64,
    /// Chat messages written.
    pub written: u64,
    /// Things done that a browser would have refused.
    pub refusals: u64,
    /// Candidates refused; harmless, but a sign of disorder.
    pub stray_candidates: u64,
    /// Times the room moved to another path.
    pub moves: u64,
    /// Migrations that were aborted.
    pub called_off: u64,
}

impl World {
    /// A world of `people` who join within half a second, add media at the same time, and lose links, all by the seed.
    pub fn new(seed: u64, people: usize) -> Self {
        let mut seed = Seed::new(seed);
        let mut network = Network::new();
        let browsers: Vec<_> =
            (0..people).map(|index| Browser::new(&mut seed, RoomCode::from_random(1), index)).collect();
        for (index, browser) in browsers.iter().enumerate() {
            let name = DisplayName::parse(&format!("person {index}")).expect("a plain name");
            let camera = Command::Switch { source: Source::Camera, to: true.into() };
            network.send_at(Duration::ZERO, Event::Command(index, camera));
            network
                .send_at(seed.millis(0..=500), Event::Command(index, Command::Join { name, password: None }));
            for other in browsers.iter().filter(|other| other.id != browser.id) {
                if seed.chance(0.6) {
                    let at = seed.millis(600..=900);
                    network.send_at(at, Event::Renegotiate(index, PeerRef::Participant(other.id)));
                }
            }
        }
        if people > 1 && seed.chance(0.5) {
            network.send_at(seed.millis(1500..=3000), Event::Cut(0, people - 1));
        }
        Self {
            seed,
            now: Duration::ZERO,
            server: Server::new(None),
            browsers,
            sockets_made: 0,
            server_is_down_until: Duration::ZERO,
            network,
            report: Report::default(),
            units: BTreeMap::new(),
            hindrance: Hindrance::default(),
            gaps: Gaps::default(),
        }
    }

    /// The same, where people also write, sockets break, and the server ends and starts again.
    pub fn with_outages(seed: u64, people: usize) -> Self {
        let mut world = Self::new(seed, people);
        for index in 0..people {
            // Some write more at once than a room takes at once.
            let together = if world.seed.chance(0.3) { 14 } else { 0 };
            let at_once = world.seed.millis(1_000..=20_000);
            for number in 0..6 + together {
                let id = ChatId(Uuid::from_u128((index as u128) << 64 | number));
                let text = format!("{number} of {index}");
                let write = Command::Write { id, to: ChatTarget::Everyone, text };
                let at = if number < together { at_once } else { world.seed.millis(1_000..=20_000) };
                world.network.send_at(at, Event::Command(index, write));
                world.report.written += 1;
            }
            while world.seed.chance(0.6) {
                let at = world.seed.millis(600..=20_000);
                world.network.send_at(at, Event::DropSocket(index));
            }
        }
        while world.seed.chance(0.5) {
            let at = world.seed.millis(600..=20_000);
            world.network.send_at(at, Event::RestartServer);
        }
        world
    }

    /// Runs for this long and says what happened.
    pub fn run(&mut self, until: Duration) -> Report {
        while let Some(at) = self.next_moment().filter(|at| *at <= until) {
            self.now = at;
            while let Some(event) = self.network.receive(at) {
                self.happen(event);
            }
            for index in 0..self.browsers.len() {
                self.browsers[index].call.handle_timeout(at);
                self.execute(index);
            }
            self.server.handle_timeout(at);
            self.server_speaks();
        }
        let rollbacks = self.browsers.iter().flat_map(|browser| browser.links.values());
        self.report.glare = rollbacks.map(|link| u64::from(link.connection.rollbacks)).sum();
        self.report.faults = self.network.faults();
        self.report
    }

    /// Whether every pair is connected and every call knows it.
    pub fn all_connected(&self) -> bool {
        self.browsers.iter().all(|browser| {
            let snapshot = browser.call.snapshot();
            snapshot.phase == Phase::Joined
                && snapshot.participants.len() + 1 == self.browsers.len()
                && snapshot.participants.iter().all(|other| other.link == LinkStatus::Connected)
                && browser.links.values().all(|link| link.connected)
        })
    }

    /// Pairs of whom the second does not open what the first seals now though both are inside, or does though they have
    /// left and the first knows it.
    pub fn wrongly_opened(&mut self) -> Vec<(usize, usize)> {
        let mut wrong = Vec::new();
        let frames: Vec<_> = self.browsers.iter_mut().map(Browser::seal).collect();
        let ids: Vec<_> = self.browsers.iter().map(|browser| browser.id).collect();
        let known = |browser: &Browser| ids.iter().map(|id| browser.call.knows(*id)).collect::<Vec<_>>();
        let known: Vec<_> = self.browsers.iter().map(known).collect();
        let is_inside = |browser: &Browser| browser.call.phase() == Phase::Joined;
        let inside: Vec<_> = self.browsers.iter().map(is_inside).collect();
        for (index, browser) in self.browsers.iter_mut().enumerate() {
            for (sender, (id, frame)) in frames.iter().enumerate().filter(|(sender, _)| *sender != index) {
                let opened = browser.opens(*id, frame);
                if inside[sender] && known[sender][index] != opened && (opened || inside[index]) {
                    wrong.push((sender, index));
                }
            }
        }
        wrong
    }

    /// Who seals with which key and knows which, for a test that fails.
    pub fn describe_keys(&self) -> String {
        let one = |browser: &Browser| {
            format!("{} {:?} {:?} {:?}", browser.id, browser.call.phase(), browser.sealer, browser.opener)
        };
        self.browsers.iter().map(one).collect::<Vec<_>>().join("\n")
    }

    /// What each person sees of the chat, in order.
    pub fn chats(&self) -> Vec<Vec<String>> {
        let text = |line: &call::ChatLine| match &line.text {
            call::ChatText::Sealed(text) => text.clone(),
            call::ChatText::Open(_) | call::ChatText::Closed => "unreadable".to_owned(),
        };
        let of = |browser: &Browser| browser.call.chat().iter().map(text).collect();
        self.browsers.iter().map(of).collect()
    }

    /// How everybody is connected, for a test that fails.
    pub fn describe(&self) -> String {
        let one = |browser: &Browser| {
            let snapshot = browser.call.snapshot();
            let links: Vec<_> = snapshot
                .participants
                .iter()
                .map(|other| format!("{} {:?}", other.participant.name, other.link))
                .collect();
            let ready: Vec<_> = browser.links.values().map(|link| link.connected).collect();
            format!("{:?} {:?} {:?} {ready:?}", snapshot.phase, snapshot.signalling, links)
        };
        self.browsers.iter().map(one).collect::<Vec<_>>().join("\n")
    }

    /// Messages whose writers do not know that they are kept.
    pub fn unkept(&self) -> usize {
        let mine = |browser: &Browser| {
            let unkept =
                |line: &&call::ChatLine| line.from == browser.id && line.delivery != call::Delivery::Kept;
            browser.call.chat().iter().filter(unkept).count()
        };
        self.browsers.iter().map(mine).sum()
    }

    /// How often somebody was told that another has left.
    pub fn partings(&self) -> u64 {
        self.browsers.iter().map(|browser| browser.partings).sum()
    }

    fn next_moment(&self) -> Option<Duration> {
        let timeouts = self.browsers.iter().filter_map(|browser| browser.call.poll_timeout());
        let server = self.server.poll_timeout(self.now);
        timeouts.chain(self.network.next_arrival()).chain(server).min().map(|at| at.max(self.now))
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Command(index, command) => self.input(index, Input::Command(command)),
            Event::SocketOpened(index, socket) => {
                if self.browsers[index].socket == Some(socket) {
                    self.input(index, Input::SocketOpened);
                }
            }
            Event::SocketClosed(index, socket) => {
                if self.browsers[index].socket.take_if(|current| *current == socket).is_some() {
                    self.input(index, Input::SocketClosed);
                }
            }
            Event::ToServer(index, socket, frame) => self.hear(index, socket, frame),
            Event::ToClient(index, socket, frame) => {
                // Signals travel badly, and may come late; whatever has a place in order ends with its socket.
                let is_signal =
                    matches!(frame.message, ServerMessage::Signal { from: PeerRef::Participant(_), .. });
                if is_signal || self.browsers[index].socket == Some(socket) {
                    self.input(index, Input::Server(frame));
                }
            }
            Event::ServerNotices(socket) => {
                self.server.notice_broken(self.now, socket);
                self.server_speaks();
            }
            Event::ServerStores(work) => {
                self.server.store(self.now, work);
                self.server_speaks();
            }
            Event::Unit(node, who, order) => self.unit_told(node, who, order),
            Event::UseNode(node) => {
                self.server.use_node(self.now, node);
                self.server_speaks();
            }
            Event::Look => self.look(),
            Event::DropSocket(index) => self.drop_socket(index),
            Event::RestartServer => self.restart_server(),
            Event::Browser(index, link, event) => self.browser(index, link, event),
            Event::Renegotiate(index, peer) => self.renegotiate(index, peer),
            Event::Cut(a, b) => self.cut(a, b),
        }
        self.connect_pairs();
    }

    pub(crate) fn input(&mut self, index: usize, input: Input) {
        self.browsers[index].call.handle_input(self.now, input);
        self.execute(index);
    }

    fn browser(&mut self, index: usize, key: LinkKey, event: LinkEvent) {
        let known = self.browsers[index].links.get(&key.peer);
        let Some(link) = known.filter(|link| link.id == key.id) else { return };
        let fragment = link.connection.local_fragment().to_string();
        // A rollback ends the gathering of the offer that is taken back.
        let of_rolled_back =
            matches!(&event, LinkEvent::Candidate(candidate) if candidate.candidate != fragment);
        let no_longer_needed =
            matches!(event, LinkEvent::NegotiationNeeded) && !link.connection.negotiation_needed();
        if !of_rolled_back && !no_longer_needed {
            self.input(index, Input::Link { link: key, event });
        }
    }

    fn hear(&mut self, index: usize, socket: SocketNumber, frame: ClientFrame) {
        if self.now < self.server_is_down_until {
            return;
        }
        self.server.hear(self.now, socket, (self.browsers[index].id, frame));
        self.server_speaks();
    }

    pub(crate) fn server_speaks(&mut self) {
        while let Some((socket, frame)) = self.server.next_frame() {
            if let Some(index) = self.index_of_socket(socket) {
                self.send_down(index, socket, frame);
            }
        }
        while let Some(socket) = self.server.next_closed() {
            if let Some(index) = self.index_of_socket(socket) {
                let at = self.browsers[index].down_clear_at.max(self.now) + Duration::from_millis(1);
                self.network.send_at(at, Event::SocketClosed(index, socket));
            }
        }
        while let Some((node, who, order)) = self.server.next_order() {
            self.network.send_at(self.now + Duration::from_millis(2), Event::Unit(node, who, order));
        }
        while let Some(work) = self.server.next_to_do() {
            let at = self.now + self.seed.millis(1..=30);
            self.network.send_at(at, Event::ServerStores(work));
        }
    }

    fn index_of_socket(&self, socket: SocketNumber) -> Option<usize> {
        self.browsers.iter().position(|browser| browser.socket == Some(socket))
    }

    fn drop_socket(&mut self, index: usize) {
        let Some(socket) = self.browsers[index].socket.filter(|_| self.server.knows_sockets()) else {
            return;
        };
        self.report.drops += 1;
        self.network.send_at(self.now, Event::SocketClosed(index, socket));
        let at = self.now + self.seed.millis(1..=2_000);
        self.network.send_at(at, Event::ServerNotices(socket));
    }

    /// What was on its way to the disk is lost; so is every socket.
    fn restart_server(&mut self) {
        if self.now < self.server_is_down_until {
            return;
        }
        self.report.restarts += 1;
        self.server_is_down_until = self.now + self.seed.millis(0..=3_000);
        self.server.restart(self.server_is_down_until);
        self.units_end();
        for index in 0..self.browsers.len() {
            if let Some(socket) = self.browsers[index].socket {
                let at = self.now + self.seed.millis(1..=50);
                self.network.send_at(at, Event::SocketClosed(index, socket));
            }
        }
    }

    fn open_socket(&mut self, index: usize) {
        self.sockets_made += 1;
        let socket = SocketNumber(self.sockets_made);
        self.browsers[index].socket = Some(socket);
        if self.now < self.server_is_down_until {
            self.later(Event::SocketClosed(index, socket));
        } else {
            self.later(Event::SocketOpened(index, socket));
        }
    }

    fn send_up(&mut self, index: usize, frame: ClientFrame) {
        let Some(socket) = self.browsers[index].socket else { return };
        if let ClientFrame::Room(RoomFrame { message: RoomMessage::Signal { to, .. }, .. }) = &frame
            && let to @ PeerRef::Participant(_) = *to
        {
            let ends = (index as u64, self.end_of(to));
            let event = Event::ToServer(index, socket, frame);
            return self.network.send_badly(self.now, &mut self.seed, ends, event);
        }
        let at = self.browsers[index].up_clear_at.max(self.now + self.seed.millis(1..=80));
        self.browsers[index].up_clear_at = at;
        self.network.send_at(at, Event::ToServer(index, socket, frame));
    }

    fn send_down(&mut self, index: usize, socket: SocketNumber, mut frame: ServerFrame) {
        if let ServerMessage::Signal { from: from @ PeerRef::Participant(_), .. } = &frame.message {
            let ends = (SERVER + self.end_of(*from), index as u64);
            frame.seq = None;
            let event = Event::ToClient(index, socket, Box::new(frame));
            return self.network.send_badly(self.now, &mut self.seed, ends, event);
        }
        let at = self.browsers[index].down_clear_at.max(self.now + self.seed.millis(1..=80));
        self.browsers[index].down_clear_at = at;
        self.network.send_at(at, Event::ToClient(index, socket, Box::new(frame)));
    }

    fn end_of(&self, peer: PeerRef) -> u64 {
        let index = self.browsers.iter().position(|browser| PeerRef::Participant(browser.id) == peer);
        index.expect("signals go to browsers") as u64
    }

    fn execute(&mut self, index: usize) {
        while let Some(output) = self.browsers[index].call.poll_output() {
            match output {
                Output::OpenSocket => self.open_socket(index),
                Output::CloseSocket => {
                    if let Some(socket) = self.browsers[index].socket.take() {
                        // What was said before comes before.
                        let at = self.browsers[index].up_clear_at.max(self.now) + Duration::from_millis(1);
                        self.network.send_at(at, Event::ServerNotices(socket));
                    }
                }
                Output::Notify(Notice::MigrationAborted { .. }) => self.report.called_off += 1,
                Output::Notify(Notice::ParticipantLeft(_)) => self.browsers[index].partings += 1,
                Output::Open(frame) => self.send_up(index, ClientFrame::Opening(frame)),
                Output::Send(frame) => self.send_up(index, ClientFrame::Room(frame)),
                Output::StartCapture(source) => self.input(index, Input::Captured(source)),
                Output::Link { link, command } => self.link_command(index, link, command),
                Output::Show { key, via } => self.show(index, key, via),
                Output::Protect(protection) => {
                    self.browsers[index].sealer.protect(protection);
                    self.browsers[index].opener.protect(protection);
                }
                Output::SetOwnKey(key) => self.browsers[index].sealer.set_key(&key),
                Output::SetKeyOf { participant, key } => {
                    self.browsers[index].opener.add_key(participant, key);
                }
                Output::ForgetKeysOf(participant) => self.browsers[index].opener.forget(participant),
                Output::PlaySlots { .. }
                | Output::ExpectInSlots { .. }
                | Output::KeepSecret { .. }
                | Output::RememberPassedOn(_)
                | Output::RememberSession(_)
                | Output::StopCapture(_)
                | Output::RememberSwitch { .. }
                | Output::Notify(_) => {}
            }
        }
    }

    fn link_command(&mut self, index: usize, key: LinkKey, command: LinkCommand) {
        if let LinkCommand::Open { role, .. } = command {
            let sections = if role == Role::Initiator { 2 } else { 0 };
            self.browsers[index].links.insert(key.peer, BrowserLink::new(key.id, sections));
        } else if command == LinkCommand::Close {
            self.browsers[index].links.remove(&key.peer);
        } else {
            self.connection_command(index, key, command);
        }
        self.negotiation_needed(index, key.peer);
    }

    fn connection_command(&mut self, index: usize, key: LinkKey, command: LinkCommand) {
        let known = self.browsers[index].links.get_mut(&key.peer);
        let Some(link) = known.filter(|link| link.id == key.id) else { return };
        let connection = &mut link.connection;
        let result = match command {
            LinkCommand::CreateOffer => connection.create_offer().map(described).map(Some),
            LinkCommand::CreateAnswer => connection.create_answer().map(described).map(Some),
            LinkCommand::ApplyOffer { sdp, .. } => {
                connection.apply_offer(&sdp).map(|()| Some(LinkEvent::RemoteDescriptionApplied))
            }
            LinkCommand::ApplyAnswer(sdp) => {
                connection.apply_answer(&sdp).map(|()| Some(LinkEvent::RemoteDescriptionApplied))
            }
            LinkCommand::AddCandidate(candidate) => {
                let added = connection.add_candidate(&candidate.candidate);
                self.report.stray_candidates += u64::from(added.is_err());
                Ok(None)
            }
            LinkCommand::RestartIce => {
                connection.restart_ice();
                Ok(None)
            }
            LinkCommand::SetSlots { video } => {
                // Each section is one more to be agreed on.
                connection.want_sections(2 + video as u32);
                Ok(None)
            }
            LinkCommand::AddEndOfCandidates
            | LinkCommand::Publish { .. }
            | LinkCommand::SetLayers { .. }
            | LinkCommand::SetIceServers(_)
            | LinkCommand::Open { .. }
            | LinkCommand::Close => Ok(None),
        };
        self.report.refusals += u64::from(result.is_err());
        let event = result.unwrap_or(Some(LinkEvent::NegotiationFailed));
        let described = matches!(event, Some(LinkEvent::LocalDescription { .. }));
        if let Some(event) = event {
            self.later(Event::Browser(index, key, event));
        }
        if described {
            self.gather(index, key);
        }
    }

    /// Candidates of a new description, some of them before the engine hears that the description is set.
    fn gather(&mut self, index: usize, key: LinkKey) {
        let fragment = self.browsers[index].links[&key.peer].connection.local_fragment();
        let candidate = IceCandidate {
            candidate: fragment.to_string(),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: None,
        };
        for _ in 0..3 {
            self.later(Event::Browser(index, key, LinkEvent::Candidate(candidate.clone())));
        }
        let at = self.now + Duration::from_millis(40);
        self.network.send_at(at, Event::Browser(index, key, LinkEvent::EndOfCandidates));
    }

    fn negotiation_needed(&mut self, index: usize, peer: PeerRef) {
        let links = &self.browsers[index].links;
        let needed = links.get(&peer).filter(|link| link.connection.negotiation_needed());
        if let Some(id) = needed.map(|link| link.id) {
            self.later(Event::Browser(index, LinkKey { peer, id }, LinkEvent::NegotiationNeeded));
        }
    }

    fn renegotiate(&mut self, index: usize, peer: PeerRef) {
        if let Some(link) = self.browsers[index].links.get_mut(&peer) {
            link.connection.add_section();
        }
        self.negotiation_needed(index, peer);
    }

    /// Both ends of a link find it dead, at about the same time.
    fn cut(&mut self, a: usize, b: usize) {
        for (here, there) in [(a, b), (b, a)] {
            let peer = PeerRef::Participant(self.browsers[there].id);
            let other = self.fragment(there, here);
            let Some(link) = self.browsers[here].links.get_mut(&peer) else { return };
            if !link.connected {
                return;
            }
            link.cut = Some((link.connection.local_fragment(), other));
            link.connected = false;
            let key = LinkKey { peer, id: link.id };
            self.later(Event::Browser(here, key, LinkEvent::ConnectionState(ConnectionState::Failed)));
        }
        self.report.cuts += 1;
    }

    fn fragment(&self, index: usize, towards: usize) -> u32 {
        let peer = PeerRef::Participant(self.browsers[towards].id);
        self.browsers[index].links.get(&peer).map_or(0, |link| link.connection.local_fragment())
    }

    /// Lets ICE succeed where both ends agree and the path was not cut.
    fn connect_pairs(&mut self) {
        for here in 0..self.browsers.len() {
            for there in 0..self.browsers.len() {
                let peer = PeerRef::Participant(self.browsers[there].id);
                let back = PeerRef::Participant(self.browsers[here].id);
                let (Some(link), Some(other)) =
                    (self.browsers[here].links.get(&peer), self.browsers[there].links.get(&back))
                else {
                    continue;
                };
                let path = (link.connection.local_fragment(), other.connection.local_fragment());
                if !link.connected
                    && !self.hindrance.is_between(here, there)
                    && link.cut != Some(path)
                    && link.connection.is_connected_to(&other.connection)
                {
                    self.connected(here, peer);
                }
            }
        }
        self.connect_to_units();
        self.watch_media();
    }

    pub(crate) fn connected(&mut self, index: usize, peer: PeerRef) {
        let Some(link) = self.browsers[index].links.get_mut(&peer) else { return };
        link.connected = true;
        let key = LinkKey { peer, id: link.id };
        self.later(Event::Browser(index, key, LinkEvent::ConnectionState(ConnectionState::Connected)));
    }

    /// A browser does nothing at once.
    pub(crate) fn later(&mut self, event: Event) {
        let at = self.now + self.seed.millis(1..=20);
        self.network.send_at(at, event);
    }
}

fn described(sdp: Sdp) -> LinkEvent {
    LinkEvent::LocalDescription { sdp, sections: SectionMap::default() }
}

/// Tells the way from the server to a browser from the way to the server.
const SERVER: u64 = 1_000;
