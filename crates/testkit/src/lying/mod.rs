//! Pages and a room with a server in between that lies: what people's pages do with what they are told, whatever that is. No links
//! and no network, for those have worlds of their own; what is sealed is handed over as it is.

mod liar;
mod page;
mod recording;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use call::{Command, Encryption, Input, Phase, SecretOrigin};
use protocol::{
    ChatId, ChatTarget, DisplayName, Moderation, ParticipantId, PublicKey, RoomCode, RoomFrame, RoomMessage,
    ServerFrame, Switch,
};
use seal::RoomSecret;
use uuid::Uuid;

use self::liar::Liar;
use self::page::{FRAME, Page};
use self::recording::RecordingWitness;
use crate::client_frame::ClientFrame;
use crate::server::{Server, SocketNumber};
use crate::{Network, Seed};

/// How people in a world of lies behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    /// All have come with the link, and the host lets nobody in without it.
    WithLink,
    /// One has come with the bare code.
    OneWithCode,
    /// All have come with the link; the server says at every turn that the room is without end-to-end encryption, and now and then somebody presses *Continue
    /// without end-to-end encryption*.
    ToldTransport,
    /// And the host lets in whoever is said to wait, and passes the key on to whoever seems to lack it.
    Trusting,
}

/// How long a step is.
const STEP: Duration = Duration::from_millis(50);

/// Three pages, their room, and the liar in between.
pub struct LyingWorld {
    seed: Seed,
    now: Duration,
    server: Server,
    liar: Liar,
    pages: Vec<Page>,
    people: People,
    sockets_made: u128,
    /// What is delayed.
    late: Network<(SocketNumber, ServerFrame)>,
    /// What people wrote, by message.
    written: BTreeMap<ChatId, String>,
    /// Frames of media, and who sent them when.
    frames: Vec<(ParticipantId, Duration, Vec<u8>)>,
    /// The public keys that everybody has had.
    had_keys: Vec<(ParticipantId, PublicKey)>,
    /// Chat that people have let out unsealed.
    plain_chat: BTreeSet<String>,
    /// Frames that people have let out unsealed.
    plain_frames: u64,
    /// What becomes of recordings that the server claims.
    recordings: RecordingWitness,
    wrong: Vec<String>,
}

impl LyingWorld {
    /// A world of this seed.
    pub fn new(number: u64, people: People) -> Self {
        let room = RoomCode::from_random(1);
        let mut seed = Seed::new(number);
        let pages: Vec<_> = (0..3)
            .map(|index| {
                let secret = match people {
                    People::WithLink | People::ToldTransport => Some(link()),
                    People::OneWithCode | People::Trusting if index == 2 => None,
                    People::OneWithCode | People::Trusting => Some(link()),
                };
                Page::new(
                    room,
                    index,
                    seed.number(1..u64::MAX),
                    secret.map(|link| (link, SecretOrigin::Link)),
                )
            })
            .collect();
        let mut server = Server::new(None);
        server.host = Some(pages[0].id);
        let mut liar = Liar::new(room);
        liar.says_transport = people == People::ToldTransport;
        Self {
            seed,
            now: Duration::ZERO,
            server,
            liar,
            pages,
            people,
            sockets_made: 0,
            late: Network::new(),
            written: BTreeMap::new(),
            frames: Vec::new(),
            had_keys: Vec::new(),
            plain_chat: BTreeSet::new(),
            plain_frames: 0,
            recordings: RecordingWitness::default(),
            wrong: Vec::new(),
        }
    }

    /// Runs for this long, and says what went wrong: what was read or forged without any page saying so.
    pub fn run(&mut self, until: Duration) -> Vec<String> {
        while self.now < until && self.wrong.is_empty() {
            self.now += STEP;
            self.people_act();
            while let Some((socket, frame)) = self.late.receive(self.now) {
                self.deliver(socket, frame);
            }
            self.server.handle_timeout(self.now);
            while let Some(work) = self.server.next_to_do() {
                self.server.store(self.now, work);
            }
            self.server_speaks();
            for index in 0..self.pages.len() {
                self.pages[index].call.handle_timeout(self.now);
                self.collect(index);
            }
            self.media();
            self.look();
        }
        std::mem::take(&mut self.wrong)
    }

    /// How often each lie was told.
    pub fn told(&self) -> &BTreeMap<&'static str, u64> {
        &self.liar.told
    }

    /// How much was written.
    pub fn written(&self) -> usize {
        self.written.len()
    }

    /// How often pages refused another secret, took one, or said that a key had changed.
    pub fn said_so(&self) -> u64 {
        self.pages.iter().map(|page| page.said_so).sum()
    }

    /// How many secrets the liar has been given.
    pub fn given_away(&self) -> usize {
        self.liar.loot.secrets.len()
    }

    /// How many messages and frames people have let out unsealed.
    pub fn let_out(&self) -> (usize, u64) {
        (self.plain_chat.len(), self.plain_frames)
    }

    /// How many frames can be opened by somebody who has a recording, and how many not, of those who were asked.
    pub fn recorded(&self) -> (u64, u64) {
        self.recordings.count()
    }

    fn people_act(&mut self) {
        for index in 0..self.pages.len() {
            match self.pages[index].call.phase() {
                Phase::Joined => self.act_inside(index),
                Phase::Joining | Phase::Waiting => {}
                Phase::Preparing
                | Phase::Left
                | Phase::Unreachable
                | Phase::Refused(_)
                | Phase::PasswordAsked { .. } => {
                    if self.seed.chance(0.2) {
                        let name = DisplayName::parse(&format!("person {index}")).expect("a plain name");
                        self.command(index, Command::Join { name, password: None });
                    }
                }
            }
        }
    }

    fn act_inside(&mut self, index: usize) {
        if self.pages[index].call.snapshot().encryption == Encryption::Undecided && self.seed.chance(0.02) {
            self.pages[index].has_continued = true;
            self.command(index, Command::AcceptTransport);
        }
        if self.seed.chance(0.05) {
            let id = ChatId(Uuid::from_u128(u128::from(self.seed.number(1..u64::MAX))));
            let text = format!("said by {index}: {}", self.written.len());
            let to = self.pages[index].call.snapshot().participants.first().map(|one| one.participant.id);
            let to =
                to.filter(|_| self.seed.chance(0.2)).map_or(ChatTarget::Everyone, ChatTarget::Participant);
            self.written.insert(id, text.clone());
            self.command(index, Command::Write { id, to, text });
        }
        self.answer(index);
        if self.seed.chance(0.01)
            && let Some(socket) = self.pages[index].socket.take()
        {
            self.server.notice_broken(self.now, socket);
            self.input(index, Input::SocketClosed);
        }
        if self.seed.chance(0.005) {
            self.reload(index);
        }
        if self.people == People::Trusting && index == 0 && self.seed.chance(0.2) {
            self.be_trusting(index);
        }
    }

    /// The first agrees to be recorded and takes that back, the second refuses, the third does not answer.
    fn answer(&mut self, index: usize) {
        if index < 2 && self.pages[index].call.snapshot().recording.is_some() && self.seed.chance(0.05) {
            let recorded = Switch::from(index == 0 && self.seed.chance(0.7));
            self.command(index, Command::BeRecorded { recorded });
        }
    }

    /// The page is loaded again: of the call, it knows what the tab and the browser remember.
    fn reload(&mut self, index: usize) {
        if let Some(socket) = self.pages[index].socket.take() {
            self.server.notice_broken(self.now, socket);
        }
        let seed = self.seed.number(1..u64::MAX);
        self.pages[index].reload(RoomCode::from_random(1), seed, self.now);
    }

    fn be_trusting(&mut self, index: usize) {
        let snapshot = self.pages[index].call.snapshot();
        if let Some(person) = snapshot.waiting.first() {
            let moderation = Moderation::Admit { id: person.id, key_message: None };
            self.command(index, Command::Moderate { moderation });
        }
        let lacking = snapshot.participants.iter().find(|one| one.secrecy == call::Secrecy::OtherSecret);
        if let Some(lacking) = lacking {
            self.command(index, Command::ShareSecret { with: lacking.participant.id });
        }
    }

    fn command(&mut self, index: usize, command: Command) {
        self.input(index, Input::Command(command));
    }

    fn input(&mut self, index: usize, input: Input) {
        self.pages[index].call.handle_input(self.now, input);
        let page = &mut self.pages[index];
        page.has_continued &= page.call.snapshot().encryption == Encryption::Transport;
        self.collect(index);
    }

    fn collect(&mut self, index: usize) {
        let (mut frames, wants_socket) = self.pages[index].collect();
        if wants_socket {
            self.sockets_made += 1;
            self.pages[index].socket = Some(SocketNumber(self.sockets_made));
            return self.input(index, Input::SocketOpened);
        }
        frames.reverse();
        while let Some(frame) = frames.pop() {
            self.hear(index, frame);
        }
    }

    fn hear(&mut self, index: usize, frame: ClientFrame) {
        let id = self.pages[index].id;
        let Some(socket) = self.pages[index].socket else { return };
        self.watch(index, &frame);
        if let ClientFrame::Room(RoomFrame {
            message: RoomMessage::KeepRecordingKeys { recording, keys },
            ..
        }) = &frame
        {
            let keys = Vec::from(keys.clone());
            self.wrong.extend(self.recordings.hear(&self.pages[index], *recording, &keys));
        }
        if self.liar.hear(&mut self.seed, id, &frame) {
            self.server.hear(self.now, socket, (id, frame));
        }
    }

    /// The witness of what leaves a page unsealed: nothing that its person has not let out.
    fn watch(&mut self, index: usize, frame: &ClientFrame) {
        let ClientFrame::Room(RoomFrame { message: RoomMessage::Chat { envelope, .. }, .. }) = frame else {
            return;
        };
        let page = &self.pages[index];
        if page.call.snapshot().encryption == Encryption::Undecided {
            self.wrong.push(format!("page {index} writes while its person is asked"));
        }
        if let Some(text) = envelope.text() {
            if !page.has_continued {
                self.wrong.push(format!("page {index} writes in the clear: {text}"));
            }
            self.plain_chat.insert(text.to_owned());
        }
    }

    /// The same of a frame of media.
    fn watch_frame(&mut self, index: usize, frame: &[u8]) {
        let page = &self.pages[index];
        let shown = page.call.snapshot().encryption;
        if shown == Encryption::Undecided {
            self.wrong.push(format!("page {index} sends while its person is asked"));
        }
        if frame == FRAME {
            if !page.has_continued || shown != Encryption::Transport {
                self.wrong.push(format!("page {index} sends in the clear and shows {shown:?}"));
            }
            self.plain_frames += 1;
        }
    }

    fn server_speaks(&mut self) {
        for index in 0..self.pages.len() {
            let Some(socket) = self.pages[index].socket else { continue };
            if let Some(message) = self.liar.downgrade(&mut self.seed) {
                self.deliver(socket, message.into());
            }
        }
        while let Some((socket, frame)) = self.server.next_frame() {
            let Some(index) = self.page_of(socket) else { continue };
            let ServerFrame { seq, received, message } = frame;
            let said = self.liar.twist(&mut self.seed, self.pages[index].id, message);
            for (at, message) in said.into_iter().enumerate() {
                let frame = ServerFrame { seq: seq.filter(|_| at == 0), received, message };
                if self.seed.chance(0.1) && self.liar.tell("message delayed").is_some() {
                    let at = self.now + self.seed.millis(50..=3_000);
                    self.late.send_at(at, (socket, frame));
                } else {
                    self.deliver(socket, frame);
                }
            }
        }
        while let Some(socket) = self.server.next_closed() {
            if let Some(index) = self.page_of(socket) {
                self.pages[index].socket = None;
                self.input(index, Input::SocketClosed);
            }
        }
        while self.server.next_order().is_some() {}
    }

    fn deliver(&mut self, socket: SocketNumber, frame: ServerFrame) {
        if let Some(index) = self.page_of(socket) {
            self.input(index, Input::Server(Box::new(frame)));
        }
    }

    fn page_of(&self, socket: SocketNumber) -> Option<usize> {
        self.pages.iter().position(|page| page.socket == Some(socket))
    }

    /// Everybody sends a frame, and the liar hands over old ones and its own.
    fn media(&mut self) {
        let mut frames = Vec::new();
        for page in &mut self.pages {
            let key = (page.id, page.public_key());
            if !self.had_keys.contains(&key) {
                self.had_keys.push(key); // A page that is loaded again has another one.
            }
            if let Some(frame) = page.seal() {
                self.wrong.extend(self.recordings.see(page, &frame));
                frames.push((page.id, self.now, frame));
            }
        }
        for index in 0..self.pages.len() {
            let id = self.pages[index].id;
            if let Some((_, _, frame)) = frames.iter().find(|(from, _, _)| *from == id).cloned() {
                self.watch_frame(index, &frame);
            }
        }
        let ids: Vec<_> = self.pages.iter().map(|page| page.id).collect();
        for page in &mut self.pages {
            let own = page.id;
            for (from, _, frame) in frames.iter().filter(|(from, _, _)| *from != own) {
                _ = page.opens(*from, frame);
            }
        }
        self.frames.extend(frames);
        let index = self.seed.number(0..self.pages.len() as u64) as usize;
        let old = self.seed.number(0..self.frames.len().max(1) as u64) as usize;
        if let Some((from, at, frame)) = self.frames.get(old).cloned() {
            _ = self.liar.tell("media played again");
            let was_before = at < self.pages[index].born;
            let name = ids[self.seed.number(0..ids.len() as u64) as usize];
            // Ids are the server's: it may give somebody another one, and the key goes with them.
            let keys = self.had_keys.iter().filter(|(of, _)| *of == from).map(|(_, key)| key);
            let page = &mut self.pages[index];
            let is_theirs = name == from || keys.into_iter().any(|key| page.knows_as(name, Some(key)));
            // Whatever is open to a page was handed to it at once; what was not may come late, but once and as its sender's.
            let was_opened = page.opened.contains(&frame);
            let is_theirs = is_theirs || page.has_continued; // They play anything, and say so.
            let (was_opened, was_before) =
                (was_opened && !page.has_continued, was_before && !page.has_continued);
            if page.id != from && page.opens(name, &frame) && (was_opened || was_before || !is_theirs) {
                self.wrong.push(format!("page {index} plays what {from} sent at {at:?} as {name}'s"));
            }
        }
        let forged = self.liar.forge_frame();
        for (index, page) in self.pages.iter_mut().enumerate() {
            for name in &ids {
                // Whoever has the secret can forge; that it was given away is said by the page that did.
                let has_secret = !self.liar.loot.secrets.is_empty();
                let is_warned = page.is_warned(*name) || page.has_continued;
                if page.opens(*name, &forged) && !is_warned && !has_secret {
                    self.wrong.push(format!("page {index} plays a forgery as {name}'s"));
                }
            }
        }
    }

    /// The promise.
    fn look(&mut self) {
        for (index, page) in self.pages.iter().enumerate() {
            let (secret, origin) = (page.call.secret(), page.call.secret_origin());
            let snapshot = page.call.snapshot();
            if page.came_with_link() && (*secret != link() || origin != SecretOrigin::Link) {
                self.wrong.push(format!("page {index} has another secret than its link"));
            }
            if self.liar.has_made(secret) && !snapshot.key_warnings.was_granted {
                self.wrong.push(format!("page {index} has the liar's secret and does not say so"));
            }
            for other in &snapshot.participants {
                let is_liars = other.participant.key.as_ref().is_some_and(|key| self.liar.is_own(key));
                let is_shown = other.unverified || other.secrecy != call::Secrecy::Sealed;
                if is_liars && !is_shown && self.liar.loot.secrets.is_empty() {
                    self.wrong.push(format!("page {index} takes the liar for {}", other.participant.name));
                }
            }
            for line in page.call.chat() {
                let call::ChatText::Sealed(text) = &line.text else { continue };
                let is_true = self.written.values().any(|written| written == text);
                if !is_true && !snapshot.key_warnings.was_granted && self.liar.loot.secrets.is_empty() {
                    self.wrong.push(format!("page {index} shows a forgery: {text}"));
                }
            }
        }
        self.look_at_loot();
    }

    fn look_at_loot(&mut self) {
        let gave_it_away = !self.liar.loot.secrets.is_empty();
        if gave_it_away && !self.pages[0].call.snapshot().key_warnings.was_passed_on {
            self.wrong.push("the host's page gave the secret away and does not say so".to_owned());
        }
        if gave_it_away && self.people != People::Trusting {
            self.wrong.push("a page gave its secret away without anybody's decision".to_owned());
        }
        if gave_it_away {
            return;
        }
        for (from, text) in std::mem::take(&mut self.liar.loot.chat) {
            if !self.is_warned(from) && !self.plain_chat.contains(&text) {
                self.wrong.push(format!("the liar reads what {from} wrote: {text}"));
            }
        }
        let last: Vec<_> = self.frames.iter().rev().take(3).cloned().collect();
        for (from, _, frame) in last {
            if self.liar.opens(from, &frame) && !self.is_warned(from) {
                self.wrong.push(format!("the liar hears {from}"));
            }
        }
    }

    fn is_warned(&self, id: ParticipantId) -> bool {
        let page = self.pages.iter().find(|page| page.id == id);
        page.is_some_and(|page| page.call.snapshot().key_warnings.was_granted)
    }
}

/// What the link carries.
fn link() -> RoomSecret {
    RoomSecret::new([1; 16])
}
