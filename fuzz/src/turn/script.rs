//! What attackers do, read from bytes: a byte says what, one who, and the rest what it needs.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use relay::{Credentials, Flow, SocketKey, Transport};
use stun_types::AddressFamily;
use stun_types::attribute::{AttributeWrite, Nonce, RawAttribute, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageType, MessageWrite,
    MessageWriteExt, MessageWriteVec, Method, TransactionId,
};
use turn_types::attribute::{
    ChannelNumber, Data, EvenPort, Lifetime, RequestedAddressFamily, RequestedTransport, ReservationToken,
    XorPeerAddress,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH, SEND};

use super::{BEGINNING, PEERS, SERVER, World};

/// How long a script may last: the honest would have to begin anew after a day.
const LONGEST: Duration = Duration::from_secs(20 * 60 * 60);

/// In steps of so many seconds, within which the honest look after what they have.
const STEP: Duration = Duration::from_secs(100);

/// Where attackers are: the first is where somebody honest is, whose address can be forged.
const PLACES: [(Transport, &str); 8] = [
    (Transport::Udp, "50.0.0.1:4000"),
    (Transport::Udp, "50.0.0.1:4001"),
    (Transport::Udp, "60.0.0.1:5000"),
    (Transport::Udp, "[2a00:5::1]:5000"),
    (Transport::Udp, "[2a00:5::2]:5000"),
    (Transport::Tcp, "50.0.0.1:4000"),
    (Transport::Tls, "60.0.0.1:5000"),
    (Transport::Tcp, "60.0.0.1:5001"),
];

const USERS: [&str; 4] = ["eve", "mallory", "trudy", "honest 0"];

/// Addresses worth a try.
const ADDRESSES: [&str; 16] = [
    "1.1.1.1",
    "1.1.1.9",
    "8.8.8.8",
    "127.0.0.1",
    "10.0.0.1",
    "192.168.7.1",
    "192.168.8.1",
    "169.254.169.254",
    "1.2.3.4",
    "45.0.0.1",
    "2a00::1",
    "2606::1",
    "::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2606:5::1",
];

/// Carries out a script, and fails when anything comes of it that must not.
pub fn play(script: &[u8]) {
    let mut attack = Attack { world: World::new(), nonces: HashMap::new(), token: 0, number: 1 };
    attack.world.check_honest();
    let mut rest = Bytes(script);
    while let Some(what) = rest.byte() {
        attack.step(what, &mut rest);
        attack.listen();
        attack.world.check_honest();
    }
    attack.world.end();
}

struct Attack {
    world: World,
    nonces: HashMap<Flow, String>,
    /// The last socket that was reserved for one of them.
    token: u64,
    number: u128,
}

/// What is left of a script. At its end it goes on with zeros.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> u8 {
        self.byte().unwrap_or_default()
    }

    fn pair(&mut self) -> u16 {
        u16::from_be_bytes([self.number(), self.number()])
    }

    fn some(&mut self, length: usize) -> &'a [u8] {
        let (some, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        some
    }
}

impl Attack {
    fn step(&mut self, what: u8, rest: &mut Bytes<'_>) {
        match what % 16 {
            0 => self.say_anything(rest),
            1 => self.say_nearly_a_message(rest),
            2 => self.ask_anything(rest),
            3 => self.allocate(rest),
            4 => self.refresh(rest),
            5 => self.permit(rest),
            6 => self.bind(rest),
            7 => self.indicate(rest),
            8 => self.say_on_a_channel(rest),
            9 => self.answer_as_a_peer(rest),
            10 => self.wait(rest),
            11 => self.hang_up(rest),
            12 => self.change_the_system(rest),
            13 => self.repeat_the_honest(rest, true),
            14 => self.repeat_the_honest(rest, false),
            _ => self.world.open_all(),
        }
    }

    fn say_anything(&mut self, rest: &mut Bytes<'_>) {
        let flow = flow(rest.number());
        let length = usize::from(rest.number()) * 2;
        self.world.from_client(flow, rest.some(length));
    }

    /// With a good header.
    fn say_nearly_a_message(&mut self, rest: &mut Bytes<'_>) {
        let flow = flow(rest.number());
        let kind = rest.pair() & 0x3fff;
        let length = usize::from(rest.number()) * 4;
        let attributes = rest.some(length);
        let attributes = &attributes[..attributes.len() / 4 * 4];
        let mut bytes = kind.to_be_bytes().to_vec();
        bytes.extend_from_slice(&(attributes.len() as u16).to_be_bytes());
        bytes.extend_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
        bytes.extend_from_slice(&[7; 12]);
        bytes.extend_from_slice(attributes);
        self.world.from_client(flow, &bytes);
    }

    /// A request or an indication with any attributes, and a good signature or none.
    fn ask_anything(&mut self, rest: &mut Bytes<'_>) {
        let who = Who::read(rest);
        let (method, count) = (rest.number(), rest.number() % 6);
        let class = if method & 0x80 == 0 { MessageClass::Request } else { MessageClass::Indication };
        let mut attributes = Vec::new();
        for _ in 0..count {
            let (kind, length) = (rest.pair(), usize::from(rest.number() % 64));
            // These are a signature's, and are written as such.
            if ![0x0008, 0x001c, 0x8028].contains(&kind) {
                attributes.push(RawAttribute::new(kind.into(), rest.some(length)));
            }
        }
        let written: Vec<_> = attributes.iter().map(|raw| raw as &dyn AttributeWrite).collect();
        let transaction = self.transaction(who);
        self.send(who, class, Method::new(u16::from(method & 0x7f)), transaction, &written);
    }

    fn allocate(&mut self, rest: &mut Bytes<'_>) {
        let who = Who::read(rest);
        let (wish, lifetime) = (rest.number(), u32::from(rest.number()) * 16);
        let transport = RequestedTransport::new(RequestedTransport::UDP);
        let family = RequestedAddressFamily::new(if wish & 1 == 0 {
            AddressFamily::IPV4
        } else {
            AddressFamily::IPV6
        });
        let (even, lifetime) = (EvenPort::new(wish & 8 != 0), Lifetime::new(lifetime));
        let token = ReservationToken::new(self.token);
        let mut attributes: Vec<&dyn AttributeWrite> = vec![&transport, &lifetime];
        let optional: [(u8, &dyn AttributeWrite); 3] = [(2, &family), (4, &even), (16, &token)];
        attributes
            .extend(optional.into_iter().filter(|(bit, _)| wish & bit != 0).map(|(_, attribute)| attribute));
        let transaction = self.transaction(who);
        self.send(who, MessageClass::Request, ALLOCATE, transaction, &attributes);
    }

    fn refresh(&mut self, rest: &mut Bytes<'_>) {
        let who = Who::read(rest);
        let lifetime = Lifetime::new(u32::from(rest.number()) * 16);
        let transaction = self.transaction(who);
        self.send(who, MessageClass::Request, REFRESH, transaction, &[&lifetime]);
    }

    fn permit(&mut self, rest: &mut Bytes<'_>) {
        let who = Who::read(rest);
        let transaction = self.transaction(who);
        let peers: Vec<_> = (0..=rest.number() % 4).map(|_| self.peer(rest)).collect();
        let peers: Vec<_> = peers.into_iter().map(|peer| XorPeerAddress::new(peer, transaction)).collect();
        let written: Vec<_> = peers.iter().map(|peer| peer as &dyn AttributeWrite).collect();
        self.send(who, MessageClass::Request, CREATE_PERMISSION, transaction, &written);
    }

    fn bind(&mut self, rest: &mut Bytes<'_>) {
        let who = Who::read(rest);
        let transaction = self.transaction(who);
        let number = ChannelNumber::new(channel(rest));
        let peer = XorPeerAddress::new(self.peer(rest), transaction);
        self.send(who, MessageClass::Request, CHANNEL_BIND, transaction, &[&number, &peer]);
    }

    fn indicate(&mut self, rest: &mut Bytes<'_>) {
        let who = Who { is_signed: false, ..Who::read(rest) };
        let transaction = self.transaction(who);
        let peer = XorPeerAddress::new(self.peer(rest), transaction);
        let length = usize::from(rest.number());
        self.send(who, MessageClass::Indication, SEND, transaction, &[&peer, &Data::new(rest.some(length))]);
    }

    fn say_on_a_channel(&mut self, rest: &mut Bytes<'_>) {
        let flow = flow(rest.number());
        let mut bytes = channel(rest).to_be_bytes().to_vec();
        let length = rest.number();
        let payload = rest.some(usize::from(length));
        bytes.extend_from_slice(&(payload.len() as u16).to_be_bytes());
        bytes.extend_from_slice(payload);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        self.world.from_client(flow, &bytes);
    }

    fn answer_as_a_peer(&mut self, rest: &mut Bytes<'_>) {
        let socket = self.socket(rest.number());
        let source = self.peer(rest);
        let length = usize::from(rest.number()) * 4;
        let Some((key, _)) = socket else { return };
        self.world.from_peer(key, source, rest.some(length));
    }

    fn wait(&mut self, rest: &mut Bytes<'_>) {
        let time = match rest.number() {
            short @ 0..100 => Duration::from_millis(10) * u32::from(short),
            long => Duration::from_secs(4) * u32::from(long - 99),
        };
        let until = (self.world.passed + time).min(LONGEST);
        while self.world.passed < until {
            self.world.wait(STEP.min(until - self.world.passed));
            self.world.check_honest();
        }
    }

    /// A stream ends; of datagrams nobody can say so, and no honest one ends.
    fn hang_up(&mut self, rest: &mut Bytes<'_>) {
        let flow = flow(rest.number());
        if flow.transport.is_stream() {
            self.world.close(flow);
        }
    }

    fn change_the_system(&mut self, rest: &mut Bytes<'_>) {
        let how = rest.number();
        (self.world.has_v6, self.world.has_sockets, self.world.is_slow) =
            (how & 1 == 0, how & 2 == 0, how & 4 != 0);
    }

    /// What an honest client has signed, with bits turned round or from somewhere else.
    fn repeat_the_honest(&mut self, rest: &mut Bytes<'_>, is_forged: bool) {
        let which = rest.number();
        let honest = &self.world.honest[usize::from(which & 1)];
        let (from, whole) = (honest.flow, &honest.overheard[usize::from(which >> 1 & 1)]);
        let mut bytes = whole.clone();
        for _ in 0..=rest.number() % 4 {
            let index = usize::from(rest.number()) % bytes.len();
            bytes[index] ^= rest.number();
        }
        let from =
            if is_forged && from.transport == Transport::Udp { from } else { flow(1 + rest.number() % 7) };
        if bytes != *whole || from != honest.flow {
            self.world.from_client(from, &bytes);
        }
    }

    /// Learns nonces and tokens from the answers.
    fn listen(&mut self) {
        for (flow, bytes) in std::mem::take(&mut self.world.told) {
            let Ok(message) = Message::from_bytes(&bytes) else { continue };
            if let Ok(nonce) = message.attribute::<Nonce>() {
                self.nonces.insert(flow, nonce.nonce().to_owned());
            }
            if let Ok(token) = message.attribute::<ReservationToken>() {
                self.token = token.token();
            }
        }
    }

    fn send(
        &mut self,
        who: Who,
        class: MessageClass,
        method: Method,
        transaction: TransactionId,
        attributes: &[&dyn AttributeWrite],
    ) {
        if who.is_signed && !self.nonces.contains_key(&who.flow) {
            let refresh = write(MessageClass::Request, REFRESH, 9.into(), &[]);
            self.world.from_client(who.flow, &refresh.finish());
            self.listen();
        }
        let mut message = write(class, method, transaction, attributes);
        if who.is_signed {
            self.sign(&mut message, who);
        }
        self.world.from_client(who.flow, &message.finish());
        if !self.world.is_slow {
            self.world.open_all();
        }
    }

    fn sign(&self, message: &mut MessageWriteVec, who: Who) {
        let expires = if who.has_expired { BEGINNING - 1 } else { BEGINNING + 24 * 60 * 60 };
        let Credentials { username, mut password } = self.world.secret.credentials(expires, who.user);
        if who.user == "honest 0" {
            // Nobody but its owner knows it.
            password.push('x');
        }
        let nonce = self.nonces.get(&who.flow).map_or("", String::as_str);
        _ = message.add_attribute(&Username::new(&username).unwrap());
        _ = message.add_attribute(&Realm::new("veranda").unwrap());
        _ = message.add_attribute(&Nonce::new(nonce).unwrap());
        let key = LongTermKeyCredentials::new(username, password, "veranda".to_owned());
        _ = message.add_message_integrity(&key.into(), IntegrityAlgorithm::Sha1);
    }

    /// A new number, or the last one once more.
    fn transaction(&mut self, who: Who) -> TransactionId {
        self.number += u128::from(!who.says_it_again);
        self.number.into()
    }

    /// A peer: a known address, a socket of the relay, or anything.
    fn peer(&self, rest: &mut Bytes<'_>) -> SocketAddr {
        match rest.number() {
            known @ 0..64 => {
                let address: IpAddr = ADDRESSES[usize::from(known % 16)].parse().unwrap();
                SocketAddr::new(address, [7_000, 0, 3_478, 5_432][usize::from(known / 16)])
            }
            socket @ 64..128 => self.socket(socket).map_or(SERVER, |(_, address)| address),
            128..160 => PEERS[0],
            160..224 => {
                let octets: [u8; 4] = std::array::from_fn(|_| rest.number());
                (octets, rest.pair()).into()
            }
            224.. => {
                let octets: [u8; 16] = std::array::from_fn(|_| rest.number());
                (octets, rest.pair()).into()
            }
        }
    }

    /// One of the open sockets.
    fn socket(&self, number: u8) -> Option<(SocketKey, SocketAddr)> {
        let sockets = self.world.sockets.iter();
        let mut open: Vec<_> = sockets.filter_map(|(key, socket)| Some((*key, socket.address?))).collect();
        open.sort_by_key(|(_, address)| address.port());
        (!open.is_empty()).then(|| open[usize::from(number) % open.len()])
    }
}

/// Who speaks, from where, and how.
#[derive(Clone, Copy)]
struct Who {
    flow: Flow,
    user: &'static str,
    is_signed: bool,
    has_expired: bool,
    says_it_again: bool,
}

impl Who {
    fn read(rest: &mut Bytes<'_>) -> Self {
        let (index, how) = (rest.number(), rest.number());
        Self {
            flow: flow(index),
            user: USERS[usize::from(how & 3)],
            is_signed: how & 4 == 0,
            has_expired: how & 24 == 24,
            says_it_again: how & 32 != 0,
        }
    }
}

fn flow(number: u8) -> Flow {
    let (transport, address) = PLACES[usize::from(number % 8)];
    Flow { transport, client: address.parse().unwrap(), server: SERVER }
}

fn channel(rest: &mut Bytes<'_>) -> u16 {
    match rest.number() {
        few @ 0..128 => 0x4000 + u16::from(few % 4),
        128.. => rest.pair(),
    }
}

fn write(
    class: MessageClass,
    method: Method,
    transaction: TransactionId,
    attributes: &[&dyn AttributeWrite],
) -> MessageWriteVec {
    let kind = MessageType::from_class_method(class, method);
    let mut message = Message::builder(kind, transaction, MessageWriteVec::new());
    for attribute in attributes {
        // It fails on what is too long alone.
        _ = message.add_attribute(*attribute);
    }
    message
}
