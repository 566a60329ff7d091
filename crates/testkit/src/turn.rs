//! What a TURN client says, by a library's messages: for tests of the relay over the wire, and for its benchmark. It opens no
//! socket.

use std::net::SocketAddr;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use stun_types::AddressFamily;
use stun_types::attribute::{AttributeWrite, ErrorCode, Nonce, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageType, MessageWrite,
    MessageWriteExt, MessageWriteVec, Method, TransactionId,
};
use turn_types::attribute::{
    ChannelNumber, Data, Lifetime, RequestedAddressFamily, RequestedTransport, XorPeerAddress,
    XorRelayedAddress,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH, SEND};

/// A client's side of the conversation.
pub struct TurnSpeaker {
    username: String,
    password: String,
    realm: String,
    nonce: String,
    /// A relay takes a number that it knows for the same request once more (RFC 8489 §6.3.1), so they are drawn.
    random: StdRng,
}

/// What can be asked of a relay.
#[derive(Clone, Copy, Debug)]
pub enum TurnWish {
    /// A socket for one version of IP.
    Allocate(AddressFamily),
    /// So many seconds more for it; with 0 it ends.
    Refresh(u32),
    /// A permission for a peer.
    Permit(SocketAddr),
    /// A channel to a peer.
    Bind(u16, SocketAddr),
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnAnswer {
    /// Granted; of an allocation, where peers reach it.
    Yes(Option<SocketAddr>),
    /// Refused, with this code.
    No(u16),
    /// To be asked again, with credentials or a new nonce.
    Again,
    /// No answer to this question.
    Other,
}

impl TurnSpeaker {
    /// Somebody with these credentials. Two with the same seed number their requests alike; at one address, they would be taken
    /// for one.
    pub fn new(username: &str, password: &str, seed: u64) -> Self {
        let (realm, nonce) = (String::new(), String::new());
        let random = StdRng::seed_from_u64(seed);
        Self { username: username.to_owned(), password: password.to_owned(), realm, nonce, random }
    }

    /// A request, and the number by which its answer is known.
    pub fn ask(&mut self, wish: TurnWish) -> (TransactionId, Vec<u8>) {
        let method = match wish {
            TurnWish::Allocate(_) => ALLOCATE,
            TurnWish::Refresh(_) => REFRESH,
            TurnWish::Permit(_) => CREATE_PERMISSION,
            TurnWish::Bind(..) => CHANNEL_BIND,
        };
        let (id, mut message) = self.begin(MessageClass::Request, method);
        match wish {
            TurnWish::Allocate(family) => {
                add(&mut message, &RequestedTransport::new(RequestedTransport::UDP));
                add(&mut message, &RequestedAddressFamily::new(family));
            }
            TurnWish::Refresh(seconds) => add(&mut message, &Lifetime::new(seconds)),
            TurnWish::Permit(peer) => add(&mut message, &XorPeerAddress::new(peer, id)),
            TurnWish::Bind(channel, peer) => {
                add(&mut message, &XorPeerAddress::new(peer, id));
                add(&mut message, &ChannelNumber::new(channel));
            }
        }
        if !self.nonce.is_empty() {
            self.sign(&mut message);
        }
        (id, message.finish())
    }

    /// A Send indication, which nobody answers.
    pub fn send(&mut self, peer: SocketAddr, payload: &[u8]) -> Vec<u8> {
        let (id, mut message) = self.begin(MessageClass::Indication, SEND);
        add(&mut message, &XorPeerAddress::new(peer, id));
        add(&mut message, &Data::new(payload));
        message.finish()
    }

    /// Reads the answer to a request.
    pub fn hear(&mut self, asked: TransactionId, answer: &[u8]) -> TurnAnswer {
        let Ok(message) = Message::from_bytes(answer) else { return TurnAnswer::Other };
        if message.transaction_id() != asked || !message.is_response() {
            return TurnAnswer::Other;
        }
        if message.class() == MessageClass::Success {
            let relayed = message.attribute::<XorRelayedAddress>().ok();
            return TurnAnswer::Yes(relayed.map(|relayed| relayed.addr(asked)));
        }
        let code = message.attribute::<ErrorCode>().map_or(0, |error| error.code());
        let was_signed = !self.nonce.is_empty();
        let wants_nonce = code == ErrorCode::STALE_NONCE || code == ErrorCode::UNAUTHORIZED && !was_signed;
        match (message.attribute::<Nonce>(), message.attribute::<Realm>()) {
            (Ok(nonce), Ok(realm)) if wants_nonce => {
                self.nonce = nonce.nonce().to_owned();
                self.realm = realm.realm().to_owned();
                TurnAnswer::Again
            }
            _ => TurnAnswer::No(code),
        }
    }

    fn begin(&mut self, class: MessageClass, method: Method) -> (TransactionId, MessageWriteVec) {
        let id = TransactionId::from(self.random.random::<u128>());
        (id, Message::builder(MessageType::from_class_method(class, method), id, MessageWriteVec::new()))
    }

    fn sign(&self, message: &mut MessageWriteVec) {
        add(message, &Username::new(&self.username).expect("a short name"));
        add(message, &Realm::new(&self.realm).expect("a short realm"));
        add(message, &Nonce::new(&self.nonce).expect("a short nonce"));
        let key =
            LongTermKeyCredentials::new(self.username.clone(), self.password.clone(), self.realm.clone());
        message.add_message_integrity(&key.into(), IntegrityAlgorithm::Sha1).expect("the first one");
    }
}

fn add(message: &mut MessageWriteVec, attribute: &dyn AttributeWrite) {
    message.add_attribute(attribute).expect("a short message");
}
