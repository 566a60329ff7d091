//! A relay whose sockets are a table, and clients that speak to it with a library's messages.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use relay::{
    Config, Credentials, Family, Flow, Input, Limits, LivePorts, Now, Output, PeerRules, PortWish, Relay,
    Secret, SocketFailure, SocketKey, Transport,
};
use stun_types::attribute::{AttributeWrite, ErrorCode, Nonce, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageType, MessageWrite,
    MessageWriteExt, MessageWriteVec, Method, TransactionId,
};
use turn_types::attribute::{
    ChannelNumber, Data, Lifetime, RequestedTransport, XorPeerAddress, XorRelayedAddress,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH, SEND};

pub(crate) const REALM: &str = "veranda";
pub(crate) const SERVER: &str = "45.0.0.1:3478";
/// When tests begin, in seconds since 1970.
pub(crate) const BEGINNING: u64 = 1_800_000_000;

pub(crate) struct World {
    pub(crate) relay: Relay,
    pub(crate) secret: Secret,
    beginning: Instant,
    passed: Duration,
    next_port: u16,
    /// Whether there is IPv6.
    pub(crate) has_v6: bool,
    /// How many more sockets there can be.
    pub(crate) sockets_left: usize,
    pub(crate) sockets: HashMap<SocketKey, SocketAddr>,
    pub(crate) to_clients: Vec<(Flow, Vec<u8>)>,
    pub(crate) to_peers: Vec<(SocketAddr, SocketAddr, Vec<u8>)>,
    transactions: u128,
}

#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) flow: Flow,
    pub(crate) credentials: Credentials,
    pub(crate) nonce: String,
}

/// What a client was told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Yes,
    No(u16),
    Nothing,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Limits::default(), PeerRules::new(own(), vec![SERVER.parse().unwrap()], vec![], vec![]))
    }

    pub(crate) fn with(limits: Limits, rules: PeerRules) -> Self {
        let secret = Secret::new(vec![3; 32]);
        let config = Config {
            realm: REALM.to_owned(),
            secret: secret.clone(),
            rules,
            limits,
            live: Arc::new(LivePorts::default()),
        };
        Self {
            relay: Relay::new(config),
            secret,
            beginning: a_moment(),
            passed: Duration::ZERO,
            next_port: 50_000,
            has_v6: true,
            sockets_left: 10_000,
            sockets: HashMap::new(),
            to_clients: Vec::new(),
            to_peers: Vec::new(),
            transactions: 1 << 64,
        }
    }

    pub(crate) fn now(&self) -> Now {
        Now { moment: self.beginning + self.passed, unix: BEGINNING + self.passed.as_secs() }
    }

    /// Time passes, and what is due is done.
    pub(crate) fn wait(&mut self, seconds: u64) {
        let until = self.passed + Duration::from_secs(seconds);
        while let Some(due) = self.relay.poll_timeout().filter(|due| *due <= self.beginning + until) {
            self.passed = due - self.beginning;
            self.relay.handle_timeout(due);
            self.work();
        }
        self.passed = until;
    }

    pub(crate) fn client(&self, name: &str, address: &str) -> Client {
        self.client_over(Transport::Udp, name, address)
    }

    pub(crate) fn client_over(&self, transport: Transport, name: &str, address: &str) -> Client {
        let flow = Flow { transport, client: address.parse().unwrap(), server: SERVER.parse().unwrap() };
        let credentials = self.secret.credentials(self.now().unix + 600, name);
        Client { flow, credentials, nonce: String::new() }
    }

    /// A client with an allocation.
    pub(crate) fn allocated(&mut self, name: &str, address: &str) -> Client {
        let mut client = self.client(name, address);
        assert_eq!(self.allocate(&mut client, &[]), Told::Yes);
        client
    }

    pub(crate) fn transaction(&mut self) -> TransactionId {
        self.transactions += 1;
        self.transactions.into()
    }

    /// Bytes of a client.
    pub(crate) fn send(&mut self, client: &Client, bytes: &[u8]) {
        let now = self.now();
        self.relay.handle_input(now, Input::FromClient { flow: client.flow, bytes });
        self.work();
    }

    /// A datagram of a peer to where a client is reached.
    pub(crate) fn send_from_peer(&mut self, source: &str, relayed: SocketAddr, bytes: &[u8]) {
        let found = self.sockets.iter().find(|(_, address)| **address == relayed).map(|(key, _)| *key);
        let socket = found.expect("a socket with this address");
        let now = self.now();
        self.relay.handle_input(now, Input::FromPeer { socket, source: source.parse().unwrap(), bytes });
        self.work();
    }

    /// Does what the relay wants done.
    pub(crate) fn work(&mut self) {
        while let Some(output) = self.relay.poll_output() {
            match output {
                Output::ToClient { flow, bytes } => self.to_clients.push((flow, bytes)),
                Output::ToPeer { socket, peer, bytes } => {
                    self.to_peers.push((self.sockets[&socket], peer, bytes));
                }
                Output::Open { socket, family, port } => self.open(socket, family, port),
                Output::Close { socket } => _ = self.sockets.remove(&socket),
            }
        }
    }

    fn open(&mut self, socket: SocketKey, family: Family, port: PortWish) {
        if family == Family::V6 && !self.has_v6 {
            return self.opened(socket, Err(SocketFailure::NoSuchFamily));
        }
        if self.sockets_left == 0 {
            return self.opened(socket, Err(SocketFailure::NoneLeft));
        }
        self.sockets_left -= 1;
        let ip = match family {
            Family::V4 => own()[0],
            Family::V6 => own()[1],
        };
        if port != PortWish::Any {
            self.next_port = self.next_port.next_multiple_of(2);
        }
        let address = SocketAddr::new(ip, self.next_port);
        self.next_port += 1;
        if let PortWish::EvenAndNext(next) = port {
            let second = SocketAddr::new(ip, self.next_port);
            self.next_port += 1;
            self.sockets.insert(next, second);
            self.opened(next, Ok(second));
        }
        self.sockets.insert(socket, address);
        self.opened(socket, Ok(address));
    }

    fn opened(&mut self, socket: SocketKey, result: Result<SocketAddr, SocketFailure>) {
        let now = self.now();
        self.relay.handle_input(now, Input::Opened { socket, result });
    }

    /// What a client was told last, taken.
    pub(crate) fn told(&mut self) -> (Told, Vec<u8>) {
        let Some((_, bytes)) = self.to_clients.pop() else { return (Told::Nothing, Vec::new()) };
        let message = Message::from_bytes(&bytes).unwrap();
        let told = match message.class() {
            MessageClass::Success => Told::Yes,
            MessageClass::Error => Told::No(message.attribute::<ErrorCode>().unwrap().code()),
            MessageClass::Request | MessageClass::Indication => panic!("an answer"),
        };
        (told, bytes)
    }

    /// A signed request, asked anew with the nonce of the answer when that is wanted.
    pub(crate) fn ask(
        &mut self,
        client: &mut Client,
        method: Method,
        attributes: &[&dyn AttributeWrite],
    ) -> Told {
        self.ask_for_answer(client, method, attributes).0
    }

    pub(crate) fn ask_for_answer(
        &mut self,
        client: &mut Client,
        method: Method,
        attributes: &[&dyn AttributeWrite],
    ) -> (Told, Vec<u8>) {
        if client.nonce.is_empty() {
            let bytes = self.unsigned(method, attributes);
            self.send(client, &bytes);
            client.nonce = nonce_of(&self.told().1).expect("a nonce for a stranger");
        }
        let bytes = self.signed(client, method, attributes);
        self.send(client, &bytes);
        let (told, answer) = self.told();
        if told == Told::No(ErrorCode::STALE_NONCE) {
            client.nonce = nonce_of(&answer).unwrap();
            return self.ask_for_answer(client, method, attributes);
        }
        (told, answer)
    }

    pub(crate) fn unsigned(&mut self, method: Method, attributes: &[&dyn AttributeWrite]) -> Vec<u8> {
        self.message(MessageClass::Request, method, attributes).finish()
    }

    pub(crate) fn signed(
        &mut self,
        client: &Client,
        method: Method,
        attributes: &[&dyn AttributeWrite],
    ) -> Vec<u8> {
        let mut message = self.message(MessageClass::Request, method, attributes);
        sign(&mut message, client);
        message.finish()
    }

    pub(crate) fn message(
        &mut self,
        class: MessageClass,
        method: Method,
        attributes: &[&dyn AttributeWrite],
    ) -> MessageWriteVec {
        let kind = MessageType::from_class_method(class, method);
        let mut message = Message::builder(kind, self.transaction(), MessageWriteVec::new());
        for attribute in attributes {
            message.add_attribute(*attribute).unwrap();
        }
        message
    }

    pub(crate) fn allocate(&mut self, client: &mut Client, more: &[&dyn AttributeWrite]) -> Told {
        let transport = RequestedTransport::new(RequestedTransport::UDP);
        let mut attributes: Vec<&dyn AttributeWrite> = vec![&transport];
        attributes.extend(more);
        self.ask(client, ALLOCATE, &attributes)
    }

    pub(crate) fn refresh(&mut self, client: &mut Client, seconds: u32) -> Told {
        self.ask(client, REFRESH, &[&Lifetime::new(seconds)])
    }

    pub(crate) fn permit(&mut self, client: &mut Client, peer: &str) -> Told {
        self.ask_about(client, CREATE_PERMISSION, peer, None)
    }

    pub(crate) fn bind(&mut self, client: &mut Client, channel: u16, peer: &str) -> Told {
        self.ask_about(client, CHANNEL_BIND, peer, Some(channel))
    }

    /// XOR-PEER-ADDRESS depends on the transaction.
    fn ask_about(&mut self, client: &mut Client, method: Method, peer: &str, channel: Option<u16>) -> Told {
        let peer: SocketAddr = peer.parse().unwrap();
        loop {
            let transaction = self.transaction();
            let kind = MessageType::from_class_method(MessageClass::Request, method);
            let mut message = Message::builder(kind, transaction, MessageWriteVec::new());
            message.add_attribute(&XorPeerAddress::new(peer, transaction)).unwrap();
            if let Some(channel) = channel {
                message.add_attribute(&ChannelNumber::new(channel)).unwrap();
            }
            sign(&mut message, client);
            self.send(client, &message.finish());
            let (told, answer) = self.told();
            if told != Told::No(ErrorCode::STALE_NONCE) {
                return told;
            }
            client.nonce = nonce_of(&answer).unwrap();
        }
    }

    /// A Send indication.
    pub(crate) fn indicate(&mut self, client: &Client, peer: &str, payload: &[u8]) {
        let transaction = self.transaction();
        let kind = MessageType::from_class_method(MessageClass::Indication, SEND);
        let mut message = Message::builder(kind, transaction, MessageWriteVec::new());
        message.add_attribute(&XorPeerAddress::new(peer.parse().unwrap(), transaction)).unwrap();
        message.add_attribute(&Data::new(payload)).unwrap();
        self.send(client, &message.finish());
    }

    /// Channel data.
    pub(crate) fn say(&mut self, client: &Client, channel: u16, payload: &[u8]) {
        self.send(client, &channel_data(channel, payload));
    }

    /// Where peers reach the client that was told last of all.
    pub(crate) fn relayed(&self) -> SocketAddr {
        *self.sockets.values().max_by_key(|address| address.port()).unwrap()
    }

    /// Payloads that went to peers, taken.
    pub(crate) fn heard_by_peers(&mut self) -> Vec<Vec<u8>> {
        self.to_peers.drain(..).map(|(_, _, bytes)| bytes).collect()
    }
}

pub(crate) fn own() -> Vec<IpAddr> {
    vec![IpAddr::V4(Ipv4Addr::new(45, 0, 0, 1)), IpAddr::V6(Ipv6Addr::new(0x2a00, 0, 0, 0, 0, 0, 0, 1))]
}

pub(crate) fn channel_data(channel: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = channel.to_be_bytes().to_vec();
    bytes.extend_from_slice(&(payload.len() as u16).to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

pub(crate) fn sign(message: &mut MessageWriteVec, client: &Client) {
    sign_with(message, client, REALM, &client.credentials.password);
}

pub(crate) fn sign_with(message: &mut MessageWriteVec, client: &Client, realm: &str, password: &str) {
    message.add_attribute(&Username::new(&client.credentials.username).unwrap()).unwrap();
    message.add_attribute(&Realm::new(realm).unwrap()).unwrap();
    message.add_attribute(&Nonce::new(&client.nonce).unwrap()).unwrap();
    let username = client.credentials.username.clone();
    let key = LongTermKeyCredentials::new(username, password.to_owned(), realm.to_owned());
    message.add_message_integrity(&key.into(), IntegrityAlgorithm::Sha1).unwrap();
}

pub(crate) fn nonce_of(answer: &[u8]) -> Option<String> {
    Message::from_bytes(answer).ok()?.attribute::<Nonce>().ok().map(|nonce| nonce.nonce().to_owned())
}

pub(crate) fn relayed_of(answer: &[u8]) -> SocketAddr {
    let message = Message::from_bytes(answer).unwrap();
    message.attribute::<XorRelayedAddress>().unwrap().addr(message.transaction_id())
}

#[expect(clippy::disallowed_methods, reason = "there is no other way to have a moment")]
fn a_moment() -> Instant {
    Instant::now()
}
