//! The unit, its clients, and the network between them.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::{
    MediaState, ParticipantId, RoomCode, Sdp, SectionMap, Signal, Source, Subscription, Subscriptions, Switch,
};
use sfu::{Address, Config, Datagram, Directory, Input, Output, Sfu, Transmit, Transport, Who};
use uuid::Uuid;

use super::{Client, Nonces};

/// One way through the network.
const DELAY: Duration = Duration::from_millis(10);

/// What a narrow line keeps before it drops.
const QUEUE: Duration = Duration::from_millis(250);

/// A downlink that is not as it should be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line {
    /// One of so many datagrams is lost.
    pub loses_one_of: Option<u64>,
    /// In bits per second.
    pub rate: Option<u64>,
    /// What passes at once after a pause, in bytes: lines have token buckets.
    pub burst: u64,
    /// When what was sent will have gone through.
    pub clear_at: Duration,
    /// Datagrams so far.
    pub count: u64,
}

/// A machine with too much to do: a client gets the processor only now and then, reads then what its socket has kept, and reports
/// then what came.
#[derive(Clone, Copy, Debug)]
pub struct Busy {
    /// How often it has a turn.
    pub every: Duration,
    /// How long a turn is.
    pub turn: Duration,
    /// What its socket keeps meanwhile, in bytes.
    pub socket: usize,
}

/// Does something and counts something of it.
pub type Watch = fn(&mut dyn FnMut()) -> u64;

/// A unit with its clients in virtual time.
pub struct World {
    /// The unit.
    pub sfu: Sfu,
    /// In the order in which they came.
    pub clients: Vec<Client>,
    /// How long it has run.
    pub now: Duration,
    /// The downlinks that are not as they should be, by the place of their client.
    pub lines: BTreeMap<usize, Line>,
    /// Whose machines have too much to do, by number.
    pub busy: BTreeMap<u8, Busy>,
    /// What their sockets keep.
    sockets: BTreeMap<u8, Vec<Vec<u8>>>,
    /// Datagrams that no socket had room for.
    pub overflowed: u64,
    /// Datagrams that went to each client, and their bytes.
    pub sent_to: BTreeMap<usize, (u64, u64)>,
    /// Under which nonces datagrams went out, when a test wants to know.
    pub nonces: Option<Nonces>,
    /// Watches the unit while it takes and hands on what the client with this number sends.
    pub watched: Option<(u8, Watch)>,
    /// Lines of offers with this word are left out: clients who come now know of no such thing.
    pub unheard_of: Option<&'static str>,
    /// Offers do not say which section carries this.
    pub unnamed: Option<Source>,
    /// What watching has counted.
    pub counted: u64,
    /// What recordings were given.
    pub recorded: Vec<sfu::RecordedPacket>,
    /// How late the unit's thread takes what comes at a time.
    pub late: fn(Duration) -> Duration,
    /// Another shard, to which everything comes first.
    pub neighbour: Option<Sfu>,
    directory: Arc<Directory>,
    start: Instant,
    up: VecDeque<(Duration, SocketAddr, Vec<u8>)>,
    down: BTreeMap<(Duration, u64), (usize, Vec<u8>)>,
    sent: u64,
    wakes: Vec<Duration>,
}

/// Where the unit is.
pub fn unit_address() -> SocketAddr {
    SocketAddr::from(([10, 0, 1, 1], 3_478))
}

/// The participant with this number.
pub fn who(number: u8) -> Who {
    let participant = ParticipantId::new(Uuid::from_u128(u128::from(number)));
    Who { room: RoomCode::from_random(1), participant }
}

/// Microphone and camera on.
pub fn on() -> MediaState {
    MediaState { microphone: Switch::On, camera: Switch::On, ..MediaState::default() }
}

#[expect(clippy::disallowed_methods, reason = "there is no other way to have a moment to count from")]
fn a_moment() -> Instant {
    Instant::now()
}

fn unit(shard: u16, directory: Arc<Directory>) -> Sfu {
    let address = Address { transport: Transport::Udp, address: unit_address() };
    let config = Config {
        addresses: vec![address],
        initial_downlink: 1_000_000,
        max_downlink: 50_000_000,
        shard,
        directory,
    };
    Sfu::new(config).expect("what was set up is there")
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A unit with nobody.
    pub fn new() -> Self {
        let directory = Arc::default();
        Self {
            sfu: unit(0, Arc::clone(&directory)),
            directory,
            clients: Vec::new(),
            now: Duration::ZERO,
            lines: BTreeMap::new(),
            busy: BTreeMap::new(),
            sockets: BTreeMap::new(),
            overflowed: 0,
            sent_to: BTreeMap::new(),
            nonces: None,
            watched: None,
            unheard_of: None,
            unnamed: None,
            counted: 0,
            recorded: Vec::new(),
            late: |_| Duration::ZERO,
            neighbour: None,
            start: a_moment(),
            up: VecDeque::new(),
            down: BTreeMap::new(),
            sent: 0,
            wakes: Vec::new(),
        }
    }

    /// Another shard, with nobody, on the same port.
    pub fn another_shard(&self) -> Sfu {
        unit(1, Arc::clone(&self.directory))
    }

    /// A meeting in which everybody sees everybody in tiles of this height.
    pub fn meeting(people: u8, height: u16) -> Self {
        let mut world = Self::new();
        for number in 1..=people {
            world.join(number, usize::from(people) - 1);
        }
        for number in 1..=people {
            let others: Vec<_> = (1..=people).filter(|other| *other != number).collect();
            world.watch(number, &others, height);
        }
        world
    }

    /// Somebody comes, with so many slots for pictures.
    pub fn join(&mut self, number: u8, slots: usize) {
        let client = Client::new(self.start, self.instant(), who(number), number, slots);
        self.clients.push(client);
        self.wakes.push(self.now);
        self.media(number, on());
        self.pass_signals();
    }

    /// What somebody sends and may send.
    pub fn media(&mut self, number: u8, media: MediaState) {
        self.sfu.handle_input(self.instant(), Input::Media { who: who(number), media });
    }

    /// Somebody goes.
    pub fn leave(&mut self, number: u8) {
        self.sfu.handle_input(self.instant(), Input::Left { who: who(number) });
        self.clients.retain(|client| client.number != number);
        self.wakes.pop();
    }

    /// Whom somebody wants to see, in tiles of this height.
    pub fn watch(&mut self, number: u8, others: &[u8], height: u16) {
        let cameras: Vec<_> = others.iter().map(|other| (*other, Source::Camera)).collect();
        self.subscribe(number, &cameras, height);
    }

    /// Which publications somebody wants to see, in tiles of this height.
    pub fn subscribe(&mut self, number: u8, publications: &[(u8, Source)], height: u16) {
        let one = |(other, source): &(u8, Source)| {
            Some(Subscription { participant: who(*other).participant, source: *source, height })
        };
        let subscriptions =
            Subscriptions::new(publications.iter().map(one).collect()).expect("what was set up is there");
        let client = self.client(number);
        let (who, link) = (client.who, client.link());
        self.sfu.handle_input(self.instant(), Input::Slots { who, link, subscriptions });
    }

    /// Somebody.
    pub fn client(&mut self, number: u8) -> &mut Client {
        self.clients.iter_mut().find(|client| client.number == number).expect("what was set up is there")
    }

    /// Lets somebody do at once what they have decided.
    pub fn wake(&mut self, number: u8) {
        let index = self.clients.iter().position(|client| client.number == number);
        self.wakes[index.expect("what was set up is there")] = self.now;
        self.pass_signals();
    }

    /// This moment, as the unit counts.
    pub fn instant(&self) -> Instant {
        self.start + self.now
    }

    /// Lets time verified.
    pub fn run(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(next) = self.next_moment().filter(|next| *next <= until) {
            self.now = next.max(self.now);
            self.step();
        }
        self.now = until;
    }

    fn next_moment(&self) -> Option<Duration> {
        let unit = self.sfu.poll_timeout().map(|due| due.saturating_duration_since(self.start));
        let up = self.up.front().map(|(at, ..)| *at + (self.late)(*at));
        let down = self.down.keys().next().map(|(at, _)| *at);
        self.wakes.iter().copied().chain(unit).chain(up).chain(down).min()
    }

    fn step(&mut self) {
        let now = self.instant();
        while self.up.front().is_some_and(|(at, ..)| *at + (self.late)(*at) <= self.now) {
            let Some((at, source, bytes)) = self.up.pop_front() else { break };
            self.datagram_of(at, source, &bytes);
        }
        if self.sfu.poll_timeout().is_some_and(|due| due <= now) {
            self.sfu.handle_timeout(now);
        }
        self.read_unit();
        while self.down.first_key_value().is_some_and(|((at, _), _)| *at <= self.now) {
            let Some((_, (index, bytes))) = self.down.pop_first() else { break };
            let Some(number) = self.clients.get(index).map(|client| client.number) else { continue };
            let turn = self.turn_of(number);
            if turn <= self.now && !self.sockets.contains_key(&number) {
                self.clients[index].receive(now, unit_address(), &bytes);
            } else {
                self.keep(number, bytes);
            }
            self.wakes[index] = turn;
        }
        for index in 0..self.clients.len() {
            if self.wakes[index] > self.now {
                continue;
            }
            let number = self.clients[index].number;
            let turn = self.turn_of(number);
            if turn > self.now {
                self.wakes[index] = turn;
                continue;
            }
            for bytes in self.sockets.remove(&number).unwrap_or_default() {
                self.clients[index].receive(now, unit_address(), &bytes);
            }
            let (sent, due) = self.clients[index].advance(now);
            self.wakes[index] = due.max(self.now + Duration::from_millis(1));
            let source = self.clients[index].address;
            for (_, bytes) in sent {
                self.up.push_back((self.now + DELAY, source, bytes));
            }
        }
        self.pass_signals();
    }

    /// When a client has the processor next.
    fn turn_of(&self, number: u8) -> Duration {
        let Some(busy) = self.busy.get(&number) else { return self.now };
        let phase =
            (self.now + Duration::from_millis(137) * u32::from(number)).as_micros() % busy.every.as_micros();
        let phase = Duration::from_micros(phase as u64);
        if phase < busy.turn { self.now } else { self.now + (busy.every - phase) }
    }

    fn keep(&mut self, number: u8, bytes: Vec<u8>) {
        let limit = self.busy.get(&number).map_or(usize::MAX, |busy| busy.socket);
        let socket = self.sockets.entry(number).or_default();
        if socket.iter().map(Vec::len).sum::<usize>() + bytes.len() <= limit {
            socket.push(bytes);
        } else {
            self.overflowed += 1;
        }
    }

    /// A datagram comes to the unit.
    pub fn datagram(&mut self, source: SocketAddr, bytes: &[u8]) {
        self.datagram_of(self.now, source, bytes);
    }

    fn datagram_of(&mut self, at: Duration, source: SocketAddr, bytes: &[u8]) {
        let (now, came) = (self.instant(), self.start + at);
        let datagram =
            Datagram { transport: Transport::Udp, source, destination: unit_address(), came, bytes };
        if let Some(neighbour) = &mut self.neighbour {
            neighbour.handle_input(now, Input::Datagram(datagram));
            while let Some(output) = neighbour.poll_output() {
                if let Output::PassOn(misrouted) = output {
                    self.sfu.handle_input(now, Input::Datagram(misrouted.datagram()));
                }
            }
            return;
        }
        let sender = self.clients.iter().find(|client| client.address == source).map(|client| client.number);
        let Some((_, watch)) = self.watched.filter(|(number, _)| sender == Some(*number)) else {
            return self.sfu.handle_input(now, Input::Datagram(datagram));
        };
        self.read_unit();
        let unit = &mut self.sfu;
        let mut outputs = Vec::with_capacity(1_000);
        let mut carried = Vec::with_capacity(1_000_000);
        self.counted += watch(&mut || {
            unit.handle_input(now, Input::Datagram(datagram));
            // As a driver does: datagrams are copied to where the system takes them, and their buffers are given back.
            while let Some(output) = unit.poll_output() {
                outputs.push(match output {
                    Output::Transmit(mut transmit) => {
                        carried.extend_from_slice(&transmit.bytes);
                        let length = transmit.bytes.len();
                        unit.recycle(std::mem::take(&mut transmit.bytes));
                        (length, Output::Transmit(transmit))
                    }
                    other @ (Output::PassOn(_) | Output::Recorded(_) | Output::Event { .. }) => (0, other),
                });
            }
        });
        let mut carried = carried.as_slice();
        for (length, output) in outputs {
            let (bytes, rest) = carried.split_at(length);
            carried = rest;
            match output {
                Output::Transmit(transmit) => {
                    self.carry_out(Output::Transmit(Transmit { bytes: bytes.to_vec(), ..transmit }));
                }
                other @ (Output::PassOn(_) | Output::Recorded(_) | Output::Event { .. }) => {
                    self.carry_out(other);
                }
            }
        }
    }

    fn pass_signals(&mut self) {
        for index in 0..self.clients.len() {
            let (who, link) = (self.clients[index].who, self.clients[index].link());
            for (number, mut signal) in std::mem::take(&mut self.clients[index].signals) {
                if let (Signal::Offer { sdp, .. }, Some(word)) = (&mut signal, self.unheard_of) {
                    let known = sdp.as_str().split_inclusive('\n').filter(|line| !line.contains(word));
                    *sdp = Sdp::new(known.collect::<String>()).expect("it is shorter");
                }
                if let (Signal::Offer { sections, .. }, Some(unnamed)) = (&mut signal, self.unnamed) {
                    let named = sections.iter().filter(|(_, source)| *source != unnamed);
                    let named = named.map(|(mid, source)| (mid.to_owned(), source));
                    *sections = SectionMap::new(named.collect()).expect("there are fewer");
                }
                self.sfu.handle_input(self.instant(), Input::Signal { who, link, number, signal });
            }
        }
        self.read_unit();
    }

    /// Does what the unit wants.
    pub fn read_unit(&mut self) {
        while let Some(output) = self.sfu.poll_output() {
            self.carry_out(output);
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Transmit(transmit) => {
                let to = self.clients.iter().position(|client| client.address == transmit.destination);
                if let Some(index) = to {
                    self.send_down(index, transmit.bytes.clone());
                }
                self.sfu.recycle(transmit.bytes);
            }
            // There is no other shard, unless a test has one.
            Output::PassOn(_) => {}
            Output::Recorded(packet) => self.recorded.push(packet),
            Output::Event { who, event, .. } => {
                if let Some(index) = self.clients.iter().position(|client| client.who == who) {
                    self.clients[index].hear_event(event);
                    self.wakes[index] = self.now;
                }
            }
        }
    }

    fn send_down(&mut self, index: usize, bytes: Vec<u8>) {
        if let Some(nonces) = &mut self.nonces {
            nonces.note(index, &bytes);
        }
        let sent = self.sent_to.entry(index).or_default();
        *sent = (sent.0 + 1, sent.1 + bytes.len() as u64);
        let mut at = self.now + DELAY;
        if let Some(line) = self.lines.get_mut(&index) {
            line.count += 1;
            if line.loses_one_of.is_some_and(|one| line.count * 7 % one == 0) {
                return;
            }
            if let Some(rate) = line.rate {
                let takes = |bytes: u64| Duration::from_secs_f64(bytes as f64 * 8.0 / rate as f64);
                let begins = line.clear_at.max(self.now.saturating_sub(takes(line.burst)));
                if begins > self.now + QUEUE {
                    return;
                }
                line.clear_at = begins + takes(bytes.len() as u64);
                at = line.clear_at.max(self.now) + DELAY;
            }
        }
        self.sent += 1;
        self.down.insert((at, self.sent), (index, bytes));
    }
}
