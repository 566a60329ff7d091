//! A relay whose sockets are a table, two honest clients of it, and attackers with and without credentials. What they send and
//! in which order is read from bytes; what may come of it is for [`judge`] to say.

mod judge;
mod model;
mod script;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use ipnet::IpNet;
use relay::{
    Config, Credentials, Family, Flow, Input, Limits, LivePorts, Now, Output, PeerRules, PortWish, Relay,
    Secret, SocketFailure, SocketKey, Transport,
};
use stun_types::AddressFamily;
use testkit::{TurnAnswer, TurnSpeaker, TurnWish};

use model::Model;

pub use script::play;

const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(45, 0, 0, 1)), 3478);
const OWN: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(45, 0, 0, 1)), IpAddr::V6(Ipv6Addr::new(0x2a00, 0, 0, 0, 0, 0, 0, 1))];

/// Peers of the honest.
const PEERS: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(1, 1, 1, 1)), 7_000),
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(1, 1, 1, 2)), 7_000),
];

const LIMITS: Limits = Limits {
    allocations: 12,
    per_user: 4,
    per_address: 4,
    bytes_per_second: 2_500_000,
    user_bytes_per_second: 10_000_000,
    lifetime: Duration::from_secs(1_200),
};

/// When it begins, in seconds since 1970.
const BEGINNING: u64 = 1_800_000_000;

/// Ports of the relay.
const FIRST_PORT: u16 = 49_152;

static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

pub(crate) struct World {
    relay: Relay,
    secret: Secret,
    passed: Duration,
    sockets: HashMap<SocketKey, Socket>,
    /// Asked for and not opened yet.
    opening: Vec<(SocketKey, Family, PortWish)>,
    next_port: u16,
    /// Whether sockets are opened only when the script says so.
    is_slow: bool,
    has_v6: bool,
    has_sockets: bool,
    model: Model,
    /// What clients were told since somebody looked.
    told: Vec<(Flow, Vec<u8>)>,
    /// What peers heard: from which socket, who, and what.
    heard: Vec<(SocketKey, SocketAddr, Vec<u8>)>,
    honest: Vec<Honest>,
    /// What the honest said last, numbered.
    said: u32,
}

/// A socket that was asked for.
struct Socket {
    address: Option<SocketAddr>,
    /// Who asked.
    user: String,
    /// For whom it relays, or who asked for it.
    flow: Flow,
    is_taken: bool,
}

/// Somebody whose calls go by way of the relay.
struct Honest {
    flow: Flow,
    speaker: TurnSpeaker,
    peer: SocketAddr,
    relayed: SocketAddr,
    asked: Duration,
    /// Signed requests: one that was made, and one that was not.
    overheard: [Vec<u8>; 2],
}

/// Why the relay does what it does.
#[derive(Clone, Copy)]
enum Cause<'a> {
    Client(Flow, &'a [u8]),
    Peer(SocketKey, SocketAddr, &'a [u8]),
    Other,
}

/// The channel that the honest use.
const CHANNEL: u16 = 0x4000;

impl World {
    fn new() -> Self {
        let secret = Secret::new(vec![3; 32]);
        let networks =
            |list: &[&str]| -> Vec<IpNet> { list.iter().map(|text| text.parse().unwrap()).collect() };
        let rules =
            PeerRules::new(OWN.to_vec(), vec![SERVER], networks(&model::OPENED), networks(&model::CLOSED));
        let config = Config {
            realm: "veranda".to_owned(),
            secret: secret.clone(),
            rules,
            limits: LIMITS,
            live: Arc::new(LivePorts::default()),
        };
        let mut world = Self {
            relay: Relay::new(config),
            secret,
            passed: Duration::ZERO,
            sockets: HashMap::new(),
            opening: Vec::new(),
            next_port: FIRST_PORT,
            is_slow: false,
            has_v6: true,
            has_sockets: true,
            model: Model::default(),
            told: Vec::new(),
            heard: Vec::new(),
            honest: Vec::new(),
            said: 0,
        };
        for (number, (transport, address)) in
            [(Transport::Udp, "50.0.0.1:4000"), (Transport::Tls, "50.0.0.2:4000")].into_iter().enumerate()
        {
            let flow = Flow { transport, client: address.parse().unwrap(), server: SERVER };
            world.enter(number, flow);
        }
        world
    }

    /// Somebody honest makes an allocation.
    fn enter(&mut self, number: usize, flow: Flow) {
        let Credentials { username, password } =
            self.secret.credentials(BEGINNING + 600, &format!("honest {number}"));
        self.honest.push(Honest {
            flow,
            speaker: TurnSpeaker::new(&username, &password, number as u64),
            peer: PEERS[number],
            relayed: SERVER,
            asked: self.passed,
            overheard: [Vec::new(), Vec::new()],
        });
        let relayed = self.ask(number, TurnWish::Allocate(AddressFamily::IPV4));
        self.honest[number].relayed = relayed.expect("an address");
        self.keep(number);
    }

    /// Asks for more time for everything.
    fn keep(&mut self, number: usize) {
        self.ask(number, TurnWish::Refresh(600));
        self.ask(number, TurnWish::Bind(CHANNEL, PEERS[number]));
        let (_, unsaid) = self.honest[number].speaker.ask(TurnWish::Refresh(0));
        self.honest[number].overheard[1] = unsaid;
        self.honest[number].asked = self.passed;
    }

    fn ask(&mut self, number: usize, wish: TurnWish) -> Option<SocketAddr> {
        for _ in 0..3 {
            let flow = self.honest[number].flow;
            let (asked, request) = self.honest[number].speaker.ask(wish);
            self.told.clear();
            self.from_client(flow, &request);
            let told = self.told.iter().find(|(to, _)| *to == flow).map(|(_, bytes)| bytes.clone());
            self.honest[number].overheard[0] = request;
            let told = told.unwrap_or_else(|| panic!("an honest client was not answered: {wish:?}"));
            match self.honest[number].speaker.hear(asked, &told) {
                TurnAnswer::Yes(relayed) => return relayed,
                TurnAnswer::Again => {}
                answer @ (TurnAnswer::No(_) | TurnAnswer::Other) => panic!("{wish:?}: {answer:?}"),
            }
        }
        panic!("an honest client is asked for its credentials for ever");
    }

    /// Fails when what the honest say does not reach their peers, or not the other way.
    fn check_honest(&mut self) {
        for number in 0..self.honest.len() {
            if self.passed - self.honest[number].asked >= Duration::from_secs(120) {
                let is_slow = std::mem::take(&mut self.is_slow);
                self.keep(number);
                self.is_slow = is_slow;
            }
            self.said += 1;
            let Honest { flow, peer, relayed, .. } = self.honest[number];
            let payload = self.said.to_be_bytes();
            let mut message = CHANNEL.to_be_bytes().to_vec();
            message.extend_from_slice(&[0, 4]);
            message.extend_from_slice(&payload);
            (self.heard.clear(), self.told.clear());
            self.from_client(flow, &message);
            let socket = self.socket_at(relayed).expect("the honest keep their socket");
            assert!(
                self.heard.contains(&(socket, peer, payload.to_vec())),
                "an honest datagram did not arrive"
            );
            self.from_peer(socket, peer, &payload);
            assert!(self.told.contains(&(flow, message)), "an honest client did not hear its peer");
        }
    }

    fn now(&self) -> Now {
        Now { moment: *BEGAN + self.passed, unix: BEGINNING + self.passed.as_secs() }
    }

    fn from_client(&mut self, flow: Flow, bytes: &[u8]) {
        _ = relay::is_for_relay(bytes);
        // It may as well be what somebody answers whom the server asks for its address.
        let is_ours = bytes.get(8..20).is_some_and(|number| number == &7_u128.to_be_bytes()[4..]);
        assert!(is_ours || relay::mapped_address(7, bytes).is_none(), "the answer to another question");
        self.relay.handle_input(self.now(), Input::FromClient { flow, bytes });
        self.work(Cause::Client(flow, bytes));
    }

    fn from_peer(&mut self, socket: SocketKey, source: SocketAddr, bytes: &[u8]) {
        self.relay.handle_input(self.now(), Input::FromPeer { socket, source, bytes });
        self.work(Cause::Peer(socket, source, bytes));
    }

    fn close(&mut self, flow: Flow) {
        self.relay.handle_input(self.now(), Input::Closed { flow });
        self.work(Cause::Other);
        assert!(!self.relay.serves(flow));
    }

    /// Time passes, and what is due is done.
    fn wait(&mut self, time: Duration) {
        let until = self.passed + time;
        while let Some(due) = self.relay.poll_timeout().filter(|due| *due <= *BEGAN + until) {
            self.passed = self.passed.max(due.saturating_duration_since(*BEGAN));
            self.relay.handle_timeout(*BEGAN + self.passed);
            self.work(Cause::Other);
            let next = self.relay.poll_timeout();
            assert!(next.is_none_or(|next| next > *BEGAN + self.passed), "a timer that never ends");
        }
        self.passed = until;
    }

    /// Does what the relay wants done, and has it judged.
    fn work(&mut self, cause: Cause<'_>) {
        while let Some(output) = self.relay.poll_output() {
            match output {
                Output::ToClient { flow, bytes } => {
                    self.judge_answer(cause, flow, &bytes);
                    self.told.push((flow, bytes));
                }
                Output::ToPeer { socket, peer, bytes } => {
                    self.judge_datagram(cause, socket, peer, &bytes);
                    self.heard.push((socket, peer, bytes.clone()));
                    self.relay.recycle(bytes);
                }
                Output::Open { socket, family, port } => self.note(cause, socket, family, port),
                Output::Close { socket } => _ = self.sockets.remove(&socket),
            }
        }
        self.judge_limits();
        if !self.is_slow {
            self.open_all();
        }
    }

    fn note(&mut self, cause: Cause<'_>, socket: SocketKey, family: Family, port: PortWish) {
        let Cause::Client(flow, request) = cause else { panic!("a socket that nobody asked for") };
        let user = model::user(request);
        let second = if let PortWish::EvenAndNext(next) = port { Some(next) } else { None };
        for key in [socket].into_iter().chain(second) {
            self.sockets.insert(key, Socket { address: None, user: user.clone(), flow, is_taken: false });
        }
        self.opening.push((socket, family, port));
    }

    /// Opens the sockets that were asked for, or says that there are none.
    fn open_all(&mut self) {
        for (socket, family, port) in std::mem::take(&mut self.opening) {
            let failure = match family {
                Family::V6 if !self.has_v6 => Some(SocketFailure::NoSuchFamily),
                Family::V4 | Family::V6 if !self.has_sockets => Some(SocketFailure::NoneLeft),
                Family::V4 | Family::V6 => None,
            };
            if let Some(failure) = failure {
                self.opened(socket, Err(failure));
                continue;
            }
            let own = OWN[usize::from(family == Family::V6)];
            let first = self.free_ports();
            if let PortWish::EvenAndNext(next) = port {
                self.opened(next, Ok(SocketAddr::new(own, first + 1)));
            }
            self.opened(socket, Ok(SocketAddr::new(own, first)));
        }
    }

    /// An even port that is free, and the one after it too.
    fn free_ports(&mut self) -> u16 {
        loop {
            self.next_port = self.next_port.checked_add(2).unwrap_or(FIRST_PORT);
            let is_free = |port: u16| {
                !self
                    .sockets
                    .values()
                    .any(|socket| socket.address.is_some_and(|address| address.port() == port))
            };
            if is_free(self.next_port) && is_free(self.next_port + 1) {
                return self.next_port;
            }
        }
    }

    fn opened(&mut self, socket: SocketKey, result: Result<SocketAddr, SocketFailure>) {
        if let (Ok(address), Some(open)) = (result, self.sockets.get_mut(&socket)) {
            open.address = Some(address);
        }
        self.relay.handle_input(self.now(), Input::Opened { socket, result });
        let is_slow = std::mem::replace(&mut self.is_slow, true);
        self.work(Cause::Other);
        self.is_slow = is_slow;
    }

    fn socket_at(&self, address: SocketAddr) -> Option<SocketKey> {
        self.sockets.iter().find(|(_, socket)| socket.address == Some(address)).map(|(key, _)| *key)
    }

    /// Fails when something is left after a day in which nobody asked for more.
    fn end(mut self) {
        self.is_slow = false;
        self.open_all();
        self.check_honest();
        self.wait(Duration::from_secs(25 * 60 * 60));
        assert!(
            self.sockets.is_empty() && self.relay.counters().allocations == 0,
            "something is never closed"
        );
        assert!(self.relay.poll_timeout().is_none());
    }
}
