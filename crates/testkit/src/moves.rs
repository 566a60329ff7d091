//! Worlds whose rooms move between direct links and the forwarding unit, and what is looked at in them: whether anybody ever
//! goes without somebody they had.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use call::{Command, ConnectionState, Input, LinkEvent, Path, Phase, Source};
use protocol::{DisplayName, Mode, ParticipantId, PeerRef};
use room::MediaOrder;

use crate::World;
use crate::event::Event;
use crate::server::Server;

/// How often it is looked which frames came.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl World {
    /// A world of `people` who come and go over some seconds, in a room that can move. Sockets break; by the seed, some pairs
    /// cannot reach each other, or somebody cannot reach the forwarding unit.
    pub fn moving(seed: u64, people: usize) -> Self {
        let mut world = Self::new(seed, 0);
        world.server = Server::new(true);
        world.network = crate::Network::new();
        for place in 0..people {
            world.add_browser(place);
            let name = DisplayName::parse(&format!("person {place}")).expect("a plain name");
            let camera = Command::Switch { source: Source::Camera, to: true.into() };
            let comes = world.seed.millis(0..=12_000);
            world.network.send_at(Duration::ZERO, Event::Command(place, camera));
            world.network.send_at(comes, Event::Command(place, Command::Join { name, password: None }));
            if place > 1 && world.seed.chance(0.4) {
                let goes = comes + world.seed.millis(1_000..=40_000);
                world.network.send_at(goes, Event::Command(place, Command::Leave));
            }
            while world.seed.chance(0.3) {
                let at = world.seed.millis(600..=40_000);
                world.network.send_at(at, Event::DropSocket(place));
            }
        }
        world.hinder(people);
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

    /// The longest time for which somebody was without somebody they had had, while both were there.
    pub fn longest_gap(&self) -> Duration {
        self.gaps.longest
    }

    /// Everybody who is in sees everybody who is in.
    pub fn all_see_all(&self) -> bool {
        let inside = self.inside();
        inside.iter().all(|a| inside.iter().all(|b| a == b || self.has_media(*a, *b)))
    }

    /// How many are in.
    pub fn people_inside(&self) -> usize {
        self.inside().len()
    }

    /// How media travels, as everybody has been told, when they all have been told the same.
    pub fn mode(&self) -> Option<Mode> {
        let modes: BTreeSet<_> = self
            .inside()
            .into_iter()
            .map(|place| self.browsers[place].call.snapshot().topology)
            .map(|topology| (topology.epoch, topology.mode == Mode::Sfu, topology.moving.is_some()))
            .collect();
        match modes.into_iter().collect::<Vec<_>>().as_slice() {
            [(_, is_sfu, false)] => Some(if *is_sfu { Mode::Sfu } else { Mode::Mesh }),
            _ => None,
        }
    }

    /// Whether somebody cannot reach the forwarding unit who is in.
    pub fn is_anybody_blocked(&self) -> bool {
        self.inside().iter().any(|place| self.hindrance.blocked.contains(place))
    }

    /// What everybody is shown, for a test that fails.
    pub fn describe_media(&self) -> String {
        let one = |place: &usize| {
            let browser = &self.browsers[*place];
            let topology = browser.call.snapshot().topology;
            let missing: Vec<_> =
                self.inside().into_iter().filter(|b| b != place && !self.has_media(*place, *b)).collect();
            format!("{place} {topology:?} links {:?} misses {missing:?}", browser.links.keys().len())
        };
        let lines: Vec<_> = self.inside().iter().map(one).collect();
        format!("{:?}, worst gap {:?}\n{}", self.hindrance, self.gaps.worst, lines.join("\n"))
    }

    fn inside(&self) -> Vec<usize> {
        let is_in = |place: &usize| self.browsers[*place].call.phase() == Phase::Joined;
        (0..self.browsers.len()).filter(is_in).collect()
    }

    /// Whether one is shown another over a path that carries media.
    fn has_media(&self, a: usize, b: usize) -> bool {
        let (here, there) = (&self.browsers[a], &self.browsers[b]);
        let up = |browser: &crate::browser::Browser, peer: PeerRef| {
            browser.links.get(&peer).is_some_and(|link| link.connected)
        };
        match here.shown.get(&there.id) {
            Some(Path::Direct) => {
                up(here, PeerRef::Participant(there.id)) && up(there, PeerRef::Participant(here.id))
            }
            Some(Path::Server { link, slot }) => {
                let is_this = self.unit.link(here.id) == Some(*link);
                slot.is_some() && is_this && up(here, PeerRef::Sfu) && up(there, PeerRef::Sfu)
            }
            None => false,
        }
    }

    pub(crate) fn watch_media(&mut self) {
        let inside = self.inside();
        let knows = |a: usize, b: usize| self.browsers[a].call.knows(self.browsers[b].id);
        let mut pairs = BTreeMap::new();
        for &a in &inside {
            for &b in inside.iter().filter(|b| **b != a) {
                if knows(a, b) && knows(b, a) {
                    pairs.insert((a, b), self.has_media(a, b));
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

    pub(crate) fn show(&mut self, place: usize, who: ParticipantId, path: Option<Path>) {
        match path {
            Some(path) => _ = self.browsers[place].shown.insert(who, path),
            None => _ = self.browsers[place].shown.remove(&who),
        }
    }

    pub(crate) fn unit_told(&mut self, who: ParticipantId, order: MediaOrder) {
        self.unit.order(who, order);
        while let Some((to, message)) = self.unit.next_message() {
            self.server.pass_on(self.now, to, message);
        }
        self.server_speaks();
    }

    /// The server ends, and with it every link to it. Browsers notice after a while.
    pub(crate) fn unit_ends(&mut self) {
        self.unit = crate::forwarding::ForwardingUnit::default();
        self.gaps.excused_until = self.now + Duration::from_secs(20);
        for place in 0..self.browsers.len() {
            if let Some(link) = self.browsers[place].links.get_mut(&PeerRef::Sfu) {
                link.connected = false;
                let lost = LinkEvent::ConnectionState(ConnectionState::Disconnected);
                let at = self.now + Duration::from_secs(5);
                self.network.send_at(at, Event::Browser(place, PeerRef::Sfu, lost));
            }
        }
    }

    pub(crate) fn connect_to_unit(&mut self) {
        for place in 0..self.browsers.len() {
            if self.hindrance.blocked.contains(&place) {
                continue;
            }
            let browser = &self.browsers[place];
            let Some(link) = browser.links.get(&PeerRef::Sfu).filter(|link| !link.connected) else {
                continue;
            };
            let other = self.unit.connection(browser.id);
            if other.is_some_and(|other| link.connection.is_connected_to(other)) {
                self.connected(place, PeerRef::Sfu);
            }
        }
    }

    /// Every browser counts the frames that came in its slots, and over its direct links.
    pub(crate) fn look(&mut self) {
        for place in 0..self.browsers.len() {
            let waits = self.browsers[place].call.waits_for_frames();
            for peer in waits {
                let frames = match peer {
                    PeerRef::Sfu => self.frames_of_slots(place),
                    PeerRef::Participant(_) => {
                        let is_up = |link: &crate::browser::BrowserLink| link.connected;
                        vec![u32::from(self.browsers[place].links.get(&peer).is_some_and(is_up))]
                    }
                };
                self.input(place, Input::Link { peer, event: LinkEvent::Frames(frames) });
            }
        }
    }

    fn frames_of_slots(&mut self, place: usize) -> Vec<u32> {
        let wishes = self.unit.wishes(self.browsers[place].id).to_vec();
        let is_linked = |id: ParticipantId| {
            let sender = self.browsers.iter().find(|browser| browser.id == id);
            sender.and_then(|sender| sender.links.get(&PeerRef::Sfu)).is_some_and(|link| link.connected)
        };
        let came: Vec<_> =
            wishes.iter().map(|wish| wish.is_some_and(|wish| is_linked(wish.participant))).collect();
        let frames = &mut self.browsers[place].frames;
        frames.resize(frames.len().max(came.len()), 0);
        for (count, came) in frames.iter_mut().zip(came) {
            *count += u32::from(came);
        }
        frames.clone()
    }

    fn add_browser(&mut self, place: usize) {
        let code = protocol::RoomCode::from_random(1);
        let browser = crate::browser::Browser::new(&mut self.seed, code, place);
        self.browsers.push(browser);
    }
}
