//! A TURN client over UDP that knows nothing of our types: messages by stun-types, and a socket.

use std::net::SocketAddr;
use std::time::Duration;

use stun_types::attribute::{AttributeWrite, ErrorCode, Nonce, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageType, MessageWrite,
    MessageWriteExt, MessageWriteVec, Method, TransactionId,
};
use tokio::net::UdpSocket;
use turn_types::attribute::{
    ChannelNumber, Data, RequestedAddressFamily, RequestedTransport, XorPeerAddress, XorRelayedAddress,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, SEND};

/// How long an answer is waited for. Everything is on this machine.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) struct TurnClient {
    pub(crate) socket: UdpSocket,
    username: String,
    password: String,
    realm: String,
    nonce: String,
    transactions: u128,
    /// Where peers reach it.
    pub(crate) relayed: Option<SocketAddr>,
}

/// What a server said: nothing wrong, or a code.
pub(crate) type Said = Result<Vec<u8>, u16>;

/// No answer came.
pub(crate) const SILENCE: u16 = 0;

impl TurnClient {
    pub(crate) async fn new(server: SocketAddr, username: &str, password: &str) -> Self {
        let any = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any).await.unwrap();
        socket.connect(server).await.unwrap();
        let (realm, nonce) = (String::new(), String::new());
        let (username, password) = (username.to_owned(), password.to_owned());
        Self { socket, username, password, realm, nonce, transactions: 0, relayed: None }
    }

    pub(crate) async fn allocate(&mut self, family: stun_types::AddressFamily) -> Said {
        let (udp, family) =
            (RequestedTransport::new(RequestedTransport::UDP), RequestedAddressFamily::new(family));
        let answer = self.ask(ALLOCATE, |_, message| {
            message.add_attribute(&udp).unwrap();
            message.add_attribute(&family).unwrap();
        });
        let answer = answer.await?;
        let message = Message::from_bytes(&answer).unwrap();
        self.relayed = Some(message.attribute::<XorRelayedAddress>().unwrap().addr(message.transaction_id()));
        Ok(answer)
    }

    pub(crate) async fn permit(&mut self, peer: SocketAddr) -> Said {
        let add = |id, message: &mut MessageWriteVec| add(message, &XorPeerAddress::new(peer, id));
        self.ask(CREATE_PERMISSION, add).await
    }

    pub(crate) async fn bind(&mut self, channel: u16, peer: SocketAddr) -> Said {
        let channel = ChannelNumber::new(channel);
        self.ask(CHANNEL_BIND, |id, message| {
            add(message, &XorPeerAddress::new(peer, id));
            add(message, &channel);
        })
        .await
    }

    /// A Send indication, which nobody answers.
    pub(crate) async fn send(&mut self, peer: SocketAddr, payload: &[u8]) {
        let id = self.next_transaction();
        let kind = MessageType::from_class_method(MessageClass::Indication, SEND);
        let mut message = Message::builder(kind, id, MessageWriteVec::new());
        add(&mut message, &XorPeerAddress::new(peer, id));
        add(&mut message, &Data::new(payload));
        self.socket.send(&message.finish()).await.unwrap();
    }

    /// Asks, with credentials as soon as they are asked for.
    async fn ask(&mut self, method: Method, fill: impl Fn(TransactionId, &mut MessageWriteVec)) -> Said {
        loop {
            let id = self.next_transaction();
            let kind = MessageType::from_class_method(MessageClass::Request, method);
            let mut message = Message::builder(kind, id, MessageWriteVec::new());
            fill(id, &mut message);
            let was_signed = !self.nonce.is_empty();
            if was_signed {
                self.sign(&mut message);
            }
            self.socket.send(&message.finish()).await.unwrap();
            let answer = self.hear().await.ok_or(SILENCE)?;
            let message = Message::from_bytes(&answer).unwrap();
            assert_eq!(message.transaction_id(), id);
            if message.class() == MessageClass::Success {
                return Ok(answer);
            }
            let code = message.attribute::<ErrorCode>().unwrap().code();
            if code == ErrorCode::STALE_NONCE || code == ErrorCode::UNAUTHORIZED && !was_signed {
                self.nonce = message.attribute::<Nonce>().unwrap().nonce().to_owned();
                self.realm = message.attribute::<Realm>().unwrap().realm().to_owned();
            } else {
                return Err(code);
            }
        }
    }

    pub(crate) async fn hear(&self) -> Option<Vec<u8>> {
        let mut bytes = vec![0; 2_000];
        let length = tokio::time::timeout(PATIENCE, self.socket.recv(&mut bytes)).await.ok()?.ok()?;
        bytes.truncate(length);
        Some(bytes)
    }

    fn sign(&self, message: &mut MessageWriteVec) {
        add(message, &Username::new(&self.username).unwrap());
        add(message, &Realm::new(&self.realm).unwrap());
        add(message, &Nonce::new(&self.nonce).unwrap());
        let key =
            LongTermKeyCredentials::new(self.username.clone(), self.password.clone(), self.realm.clone());
        message.add_message_integrity(&key.into(), IntegrityAlgorithm::Sha1).unwrap();
    }

    fn next_transaction(&mut self) -> TransactionId {
        self.transactions += 1;
        self.transactions.into()
    }
}

fn add(message: &mut MessageWriteVec, attribute: &dyn AttributeWrite) {
    message.add_attribute(attribute).unwrap();
}
