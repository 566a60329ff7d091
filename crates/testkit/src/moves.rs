//! Worlds whose rooms migrate between direct links and the forwarding units of two nodes, and what is looked at in them: whether
//! anybody ever goes without a publication that they had.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use call::LinkKey;
use call::{Command, ConnectionState, Input, LinkEvent, Phase, ShownVia, Snapshot};
use protocol::{
    DisplayName, MediaKey, MediaKind, MediaVia, NodeId, ParticipantId, PeerRef, Source, Subscription,
};
use room::MediaOrder;
use stage::{Size, StageInput};
use uuid::Uuid;

use crate::World;
use crate::browser::Browser;
use crate::event::Event;
use crate::forwarding::ForwardingUnit;
use crate::server::Server;

/// How often it is looked which frames came.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The nodes there are; rooms begin with the first.
const NODES: [NodeId; 2] = [NodeId::new(Uuid::from_u128(1)), NodeId::new(Uuid::from_u128(2))];

impl World {
    /// A world of `people` who come and go over some seconds, in a room that can migrate. Sockets break; by the seed, some share
    /// their screens for a while, the room is to use the other node, some pairs cannot reach each other, or somebody cannot reach
    /// any node.
    pub fn moving(seed: u64, people: usize) -> Self {
        let mut world = Self::new(seed, 0);
        world.server = Server::new(Some(NODES[0]));
        world.network = crate::Network::new();
        for index in 0..people {
            world.add_browser(index);
            let name = DisplayName::parse(&format!("person {index}")).expect("a plain name");
            for source in [Source::Camera, Source::Microphone] {
                let on = Command::Switch { source, to: true.into() };
                world.network.send_at(Duration::ZERO, Event::Command(index, on));
            }
            let comes = world.seed.millis(0..=12_000);
            world.share(index, comes);
            world.network.send_at(comes, Event::Command(index, Command::Join { name, password: None }));
            if index > 1 && world.seed.chance(0.4) {
                let goes = comes + world.seed.millis(1_000..=40_000);
                world.network.send_at(goes, Event::Command(index, Command::Leave));
            }
            while world.seed.chance(0.3) {
                let at = world.seed.millis(600..=40_000);
                world.network.send_at(at, Event::DropSocket(index));
            }
        }
        world.gaps.are_watched = true;
        world.hinder(people);
        world.drain();
        let looks = (1..2_000_u32).map(|number| LOOK_EVERY * number);
        for at in looks {
            world.network.send_at(at, Event::Look);
        }
        world
    }

    /// The same, where the server ends and starts again too.
    pub fn moving_with_restarts(seed: u64, people: usize) -> Self {
        let mut world = Self::moving(seed, people);
        let at = world.seed.millis(3_000..=40_000);
        world.network.send_at(at, Event::RestartServer);
        world
    }

    /// By the seed, somebody shares their screen for a while, with its sound or without.
    fn share(&mut self, index: usize, comes: Duration) {
        if !self.seed.chance(0.4) {
            return;
        }
        let begins = comes + self.seed.millis(0..=20_000);
        let ends = begins + self.seed.millis(500..=40_000);
        let is_heard = self.seed.chance(0.5);
        for source in [Source::Screen, Source::ScreenAudio] {
            if source == Source::ScreenAudio && !is_heard {
                continue;
            }
            for (at, to) in [(begins, true), (ends, false)] {
                let switch = Command::Switch { source, to: to.into() };
                self.network.send_at(at, Event::Command(index, switch));
            }
        }
    }

    /// By the seed, the room is to use the other node, and perhaps the first again.
    fn drain(&mut self) {
        let mut at = self.seed.millis(5_000..=60_000);
        for node in [NODES[1], NODES[0]] {
            if self.seed.chance(0.5) {
                self.network.send_at(at, Event::UseNode(node));
                at += self.seed.millis(500..=60_000);
            }
        }
    }

    fn hinder(&mut self, people: usize) {
        let kind = self.seed.number(0..4);
        if kind == 0 {
            let somebody = self.seed.number(0..people as u64) as usize;
            self.hindrance.blocked.insert(somebody);
        } else if kind == 1 {
            let [a, b] = [(); 2].map(|()| self.seed.number(0..people as u64) as usize);
            self.hindrance.apart.insert((a.min(b), a.max(b)));
        }
    }

    /// The longest time for which somebody was without a publication that they had had, while both were there and it was sent.
    pub fn longest_gap(&self) -> Duration {
        self.gaps.longest
    }

    /// Everybody who is in sees everybody who is in.
    pub fn all_see_all(&self) -> bool {
        let inside = self.inside();
        let known = self.known();
        inside.iter().all(|a| inside.iter().all(|b| a == b || self.missing(&known, *a, *b).is_empty()))
    }

    /// How many are in.
    pub fn people_inside(&self) -> usize {
        self.inside().len()
    }

    /// How media travels, as everybody has been told, when they all have been told the same.
    pub fn via(&self) -> Option<MediaVia> {
        let told: BTreeSet<_> = self
            .inside()
            .into_iter()
            .map(|index| self.browsers[index].call.snapshot().topology)
            .map(|topology| (topology.epoch, topology.via, topology.migration.is_some()))
            .collect();
        match told.into_iter().collect::<Vec<_>>().as_slice() {
            [(_, via, false)] => Some(*via),
            _ => None,
        }
    }

    /// Which of the nodes carries media, by its number.
    pub fn node(&self) -> Option<usize> {
        let node = self.via()?.node()?;
        NODES.iter().position(|one| *one == node)
    }

    /// Whether somebody cannot reach the forwarding unit who is in.
    pub fn is_anybody_blocked(&self) -> bool {
        self.inside().iter().any(|index| self.hindrance.blocked.contains(index))
    }

    /// What everybody is shown, for a test that fails.
    pub fn describe_media(&self) -> String {
        let known = self.known();
        let one = |index: &usize| {
            let browser = &self.browsers[*index];
            let topology = browser.call.snapshot().topology;
            let others = self.inside().into_iter().filter(|b| b != index);
            let missing: Vec<_> = others.flat_map(|b| self.missing(&known, *index, b)).collect();
            format!("{index} {topology:?} links {:?} misses {missing:?}", browser.links.keys().len())
        };
        let lines: Vec<_> = self.inside().iter().map(one).collect();
        format!("{:?}, worst gap {:?}\n{}", self.hindrance, self.gaps.worst, lines.join("\n"))
    }

    fn inside(&self) -> Vec<usize> {
        let is_in = |index: &usize| self.browsers[*index].call.phase() == Phase::Joined;
        (0..self.browsers.len()).filter(is_in).collect()
    }

    /// What each page knows.
    fn known(&self) -> Vec<Snapshot> {
        self.browsers.iter().map(|browser| browser.call.snapshot()).collect()
    }

    /// What of another's publications is sent, as both know, and not to be seen or heard.
    fn missing(&self, known: &[Snapshot], a: usize, b: usize) -> Vec<MediaKey> {
        let sent = self.sent(known, a, b);
        sent.into_iter().filter(|key| !self.has_media(a, b, *key)).collect()
    }

    /// What another sends, as both know.
    fn sent(&self, known: &[Snapshot], a: usize, b: usize) -> Vec<MediaKey> {
        let there = &self.browsers[b];
        let Some(other) = known[a].participants.iter().find(|other| other.participant.id == there.id) else {
            return Vec::new();
        };
        let is_sent = |source: &Source| {
            other.participant.media.of(*source).is_on() && known[b].publications.of(*source).is_on()
        };
        Source::ALL.into_iter().filter(is_sent).map(|source| there.id.publication(source)).collect()
    }

    /// Whether one is shown a publication of another over a link that carries it.
    fn has_media(&self, a: usize, b: usize, key: MediaKey) -> bool {
        let (here, there) = (&self.browsers[a], &self.browsers[b]);
        let Some(ShownVia { link, slot }) = here.shown.get(&key) else { return false };
        match link.peer {
            PeerRef::Participant(_) => here.is_up(link.peer) && there.is_up(PeerRef::Participant(here.id)),
            PeerRef::Sfu(node) => {
                let has_slot = slot.is_some() || key.source.kind() == MediaKind::Audio;
                let known = self.units.get(&node).and_then(|unit| unit.link(here.id));
                has_slot && known == Some(link.id) && here.is_up(link.peer) && there.is_up(link.peer)
            }
        }
    }

    pub(crate) fn watch_media(&mut self) {
        if !self.gaps.are_watched {
            return;
        }
        let (inside, known) = (self.inside(), self.known());
        let knows = |a: usize, b: usize| self.browsers[a].call.knows(self.browsers[b].id);
        let mut pairs = BTreeMap::new();
        for &a in &inside {
            for &b in inside.iter().filter(|b| **b != a) {
                if knows(a, b) && knows(b, a) {
                    pairs.extend(
                        self.sent(&known, a, b).into_iter().map(|key| ((a, key), self.has_media(a, b, key))),
                    );
                }
            }
        }
        let is_excused = self.now < self.gaps.excused_until;
        self.gaps.pairs.retain(|pair, _| pairs.contains_key(pair));
        for (pair, has_media) in pairs {
            if has_media {
                if let Some(since) = self.gaps.pairs.insert(pair, None).flatten()
                    && self.now - since > self.gaps.longest
                {
                    self.gaps.longest = self.now - since;
                    self.gaps.worst = Some((pair, since));
                }
            } else if let Some(since) = self.gaps.pairs.get_mut(&pair).filter(|_| !is_excused) {
                since.get_or_insert(self.now);
            }
        }
    }

    pub(crate) fn show(&mut self, index: usize, key: MediaKey, via: Option<ShownVia>) {
        match via {
            Some(via) => _ = self.browsers[index].shown.insert(key, via),
            None => _ = self.browsers[index].shown.remove(&key),
        }
    }

    pub(crate) fn unit_told(&mut self, node: NodeId, who: ParticipantId, order: MediaOrder) {
        let unit = self.units.entry(node).or_insert_with(|| ForwardingUnit::new(node));
        unit.order(who, order);
        while let Some((to, message)) = unit.next_message() {
            self.server.pass_on(self.now, to, message);
        }
        self.server_speaks();
    }

    /// The server ends, and with it every link to it. Browsers notice after a while.
    pub(crate) fn units_end(&mut self) {
        self.units.clear();
        self.gaps.excused_until = self.now + Duration::from_secs(20);
        let at = self.now + Duration::from_secs(5);
        for index in 0..self.browsers.len() {
            for (peer, link) in &mut self.browsers[index].links {
                if matches!(peer, PeerRef::Sfu(_)) {
                    link.connected = false;
                    let lost = LinkEvent::ConnectionState(ConnectionState::Disconnected);
                    let link = LinkKey { peer: *peer, id: link.id };
                    self.network.send_at(at, Event::Browser(index, link, lost));
                }
            }
        }
    }

    pub(crate) fn connect_to_units(&mut self) {
        for index in 0..self.browsers.len() {
            if self.hindrance.blocked.contains(&index) {
                continue;
            }
            for node in NODES {
                let browser = &self.browsers[index];
                let link = browser.links.get(&PeerRef::Sfu(node)).filter(|link| !link.connected);
                let other = self.units.get(&node).and_then(|unit| unit.connection(browser.id));
                if link.zip(other).is_some_and(|(link, other)| link.connection.is_connected_to(other)) {
                    self.connected(index, PeerRef::Sfu(node));
                }
            }
        }
    }

    /// Every page tells what it shows, and every browser counts the keyframes that came in its slots, and over its direct links.
    pub(crate) fn look(&mut self) {
        for index in 0..self.browsers.len() {
            self.tell_stage(index);
            for link in self.browsers[index].call.waits_for_keyframes() {
                let event = match link.peer {
                    PeerRef::Sfu(node) => {
                        LinkEvent::SlotKeyframes(self.keyframes_of_slots(index, link, node))
                    }
                    PeerRef::Participant(id) => {
                        LinkEvent::Keyframes(self.keyframes_of_person(index, link, id))
                    }
                };
                self.input(index, Input::Link { link, event });
            }
        }
    }

    /// As a page does, once it has one to show.
    fn tell_stage(&mut self, index: usize) {
        let browser = &mut self.browsers[index];
        if browser.call.phase() == Phase::Joined && !browser.has_told_stage {
            browser.has_told_stage = true;
            let window = StageInput::Window(Size { width: 1_200.0, height: 600.0 });
            self.input(index, Input::Command(Command::Stage(window)));
        }
    }

    fn keyframes_of_person(&self, index: usize, link: LinkKey, id: ParticipantId) -> Vec<(Source, u32)> {
        let (here, there) = (&self.browsers[index], self.browser_of(id));
        let is_up =
            here.is_up(link.peer) && there.is_some_and(|there| there.is_up(PeerRef::Participant(here.id)));
        let came = |source| u32::from(is_up && there.is_some_and(|there| there.sends(source)));
        Source::of_kind(MediaKind::Video).map(|source| (source, came(source))).collect()
    }

    fn keyframes_of_slots(&mut self, index: usize, link: LinkKey, node: NodeId) -> Vec<u32> {
        let id = self.browsers[index].id;
        let subscriptions = self.units.get(&node).map_or(Vec::new(), |unit| unit.subscriptions(id).to_vec());
        let comes = |one: &Option<Subscription>| {
            let sender = one.and_then(|one| Some((self.browser_of(one.participant)?, one.source)));
            sender.is_some_and(|(sender, source)| sender.is_up(PeerRef::Sfu(node)) && sender.sends(source))
        };
        let came: Vec<_> = subscriptions.iter().map(comes).collect();
        let counts = self.browsers[index].keyframes.entry(link).or_default();
        counts.resize(counts.len().max(came.len()), 0);
        for (count, came) in counts.iter_mut().zip(came) {
            *count += u32::from(came);
        }
        counts.clone()
    }

    fn browser_of(&self, id: ParticipantId) -> Option<&Browser> {
        self.browsers.iter().find(|browser| browser.id == id)
    }

    fn add_browser(&mut self, index: usize) {
        let browser = Browser::new(&mut self.seed, protocol::RoomCode::from_random(1), index);
        self.browsers.push(browser);
    }
}
