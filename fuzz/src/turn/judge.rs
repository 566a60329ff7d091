//! What may come of what the relay is told: every answer and every datagram is held to what was granted.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use relay::{Flow, SocketKey, Transport};
use stun_types::attribute::{Attribute as _, AttributeFromRaw as _, ErrorCode, MessageIntegrity};
use stun_types::message::{Message, MessageClass};
use stun_types::prelude::AttributeStaticType as _;
use turn_types::attribute::{ChannelNumber, Data, XorPeerAddress, XorRelayedAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION};

use super::model::NETWORKS;
use super::{Cause, LIMITS, OWN, SERVER, World};

/// A permission's time (RFC 8656 §9), and a channel's (§12), in seconds.
const PERMISSION: Duration = Duration::from_secs(300);
const CHANNEL: Duration = Duration::from_secs(600);

/// The longest answer to a stranger who has asked in less: docs/getting-through.md.
const CHALLENGE: usize = 60;

/// What strangers at one address get: so many bytes at once, and per second.
const STRANGERS: [usize; 2] = [16_384, 2_048];

impl World {
    /// Judges what goes to a client: an answer to what it has just said, or what a peer has said.
    pub(super) fn judge_answer(&mut self, cause: Cause<'_>, flow: Flow, bytes: &[u8]) {
        match cause {
            Cause::Client(from, request) => {
                assert!(from == flow, "somebody else is answered");
                self.judge_reply(flow, request, bytes);
            }
            Cause::Peer(socket, source, payload) => self.judge_data(flow, socket, source, payload, bytes),
            Cause::Other => {
                let message = Message::from_bytes(bytes).expect("an answer can be read");
                assert!(message.method() == ALLOCATE && message.has_attribute(MessageIntegrity::TYPE));
                self.learn(flow, &message);
            }
        }
    }

    fn judge_reply(&mut self, flow: Flow, request: &[u8], bytes: &[u8]) {
        let answer = Message::from_bytes(bytes).expect("an answer can be read");
        let asked = Message::from_bytes(request).expect("what cannot be read is not answered");
        assert!(answer.is_response() && asked.class() == MessageClass::Request);
        assert_eq!((answer.transaction_id(), answer.method()), (asked.transaction_id(), asked.method()));
        if !answer.has_attribute(MessageIntegrity::TYPE) {
            return self.judge_stranger(flow, request, bytes, &answer);
        }
        if answer.class() != MessageClass::Success {
            return;
        }
        self.learn(flow, &answer);
        let now = self.passed;
        let peers: Vec<_> = peers(&asked).collect();
        match asked.method() {
            CREATE_PERMISSION => {
                for peer in peers {
                    self.model.permissions.insert((flow, peer.ip()), now + PERMISSION);
                }
            }
            CHANNEL_BIND => {
                let number =
                    asked.attribute::<ChannelNumber>().expect("a bound channel has a number").channel();
                let key = (flow, number);
                let is_same = |(peer, until): &(SocketAddr, Duration)| *peer == peers[0] || *until <= now;
                assert!(self.model.channels.get(&key).is_none_or(is_same), "a channel has two peers");
                self.model.channels.insert(key, (peers[0], now + CHANNEL));
                self.model.permissions.insert((flow, peers[0].ip()), now + PERMISSION);
            }
            _ => {}
        }
    }

    /// Whoever has proven nothing gets little, and never much for little.
    fn judge_stranger(&mut self, flow: Flow, request: &[u8], bytes: &[u8], answer: &Message<'_>) {
        let code = answer.attribute::<ErrorCode>().map_or(0, |error| error.code());
        if code == ErrorCode::STALE_NONCE {
            assert!(bytes.len() <= request.len(), "{} bytes for {}", bytes.len(), request.len());
        } else if flow.transport == Transport::Udp {
            assert!(bytes.len() <= request.len().max(CHALLENGE), "{} for {}", bytes.len(), request.len());
            let had = self.model.strangers.entry(relay::client_prefix(flow.client.ip())).or_default();
            *had += bytes.len();
            let [at_once, per_second] = STRANGERS;
            assert!(*had as f64 <= at_once as f64 + 1.0 + per_second as f64 * self.passed.as_secs_f64());
        }
    }

    /// An allocation has begun, or is said again.
    fn learn(&mut self, flow: Flow, answer: &Message<'_>) {
        if answer.method() != ALLOCATE || answer.class() != MessageClass::Success {
            return;
        }
        let relayed = answer.attribute::<XorRelayedAddress>().expect("where").addr(answer.transaction_id());
        let key = self.socket_at(relayed).expect("a socket that is there");
        let socket = self.sockets.get_mut(&key).expect("it was just found");
        if !socket.is_taken {
            (socket.is_taken, socket.flow) = (true, flow);
            self.model.permissions.retain(|(of, _), _| *of != flow);
            self.model.channels.retain(|(of, _), _| *of != flow);
        }
        assert!(socket.flow == flow, "a socket of somebody else's");
    }

    /// Judges what goes to a peer: only what a client has just said, to a peer that it was granted and nobody forbids.
    pub(super) fn judge_datagram(&self, cause: Cause<'_>, key: SocketKey, peer: SocketAddr, bytes: &[u8]) {
        let Cause::Client(flow, message) = cause else { panic!("a peer is sent what no client said") };
        let socket = self.sockets.get(&key).expect("a socket that is there");
        assert!(socket.is_taken && socket.flow == flow, "from somebody else's socket");
        assert!(self.may_reach(peer), "a forbidden peer was reached: {peer}");
        assert!(self.is_permitted(flow, peer), "a peer without permission was reached");
        if let [first @ 0x40..=0x7f, second, high, low, rest @ ..] = message {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            assert_eq!(bytes, &rest[..length]);
            assert!(self.is_bound(flow, u16::from_be_bytes([*first, *second]), peer));
        } else {
            let message = Message::from_bytes(message).expect("it was read");
            assert_eq!(message.attribute::<Data<'_>>().expect("data").data(), bytes);
            assert_eq!(peers(&message).next(), Some(peer));
        }
    }

    fn judge_data(&self, flow: Flow, key: SocketKey, source: SocketAddr, payload: &[u8], bytes: &[u8]) {
        let socket = self.sockets.get(&key).expect("a socket that is there");
        assert!(socket.is_taken && socket.flow == flow, "somebody else is told");
        assert!(self.is_permitted(flow, source), "a peer without permission was heard");
        assert!(relay::is_data(bytes));
        if let [first @ 0x40..=0x7f, second, high, low, rest @ ..] = bytes {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            assert_eq!(payload, &rest[..length]);
            let padding =
                if flow.transport == Transport::Udp { 0 } else { length.next_multiple_of(4) - length };
            assert_eq!(rest.len(), length + padding);
            assert!(self.is_bound(flow, u16::from_be_bytes([*first, *second]), source));
        } else {
            let message = Message::from_bytes(bytes).expect("an indication can be read");
            assert_eq!(message.attribute::<Data<'_>>().expect("data").data(), payload);
            assert_eq!(peers(&message).next(), Some(source));
        }
    }

    fn is_permitted(&self, flow: Flow, peer: SocketAddr) -> bool {
        self.model.permissions.get(&(flow, peer.ip())).is_some_and(|until| self.passed < *until)
    }

    fn is_bound(&self, flow: Flow, number: u16, peer: SocketAddr) -> bool {
        let bound = self.model.channels.get(&(flow, number));
        bound.is_some_and(|(to, until)| *to == peer && self.passed < *until)
    }

    /// Whether a datagram may go to an address, by the registries and by what is open here.
    fn may_reach(&self, peer: SocketAddr) -> bool {
        if OWN.contains(&peer.ip()) {
            return peer == SERVER || self.socket_at(peer).is_some();
        }
        let [opened, closed, special] =
            NETWORKS.each_ref().map(|list| list.iter().any(|network| network.contains(&peer.ip())));
        peer.port() != 0 && !closed && (opened || !special)
    }

    /// Nobody has more sockets than they may.
    pub(super) fn judge_limits(&self) {
        assert!(self.sockets.len() <= LIMITS.allocations, "{} sockets", self.sockets.len());
        assert!(self.relay.counters().allocations <= self.sockets.len() as u64);
        let mut of = HashMap::new();
        for socket in self.sockets.values() {
            *of.entry((Some(&*socket.user), None)).or_insert(0) += 1;
            *of.entry((None, Some(relay::client_prefix(socket.flow.client.ip())))).or_insert(0) += 1;
        }
        for ((user, address), count) in of {
            let most = if user.is_some() { LIMITS.per_user } else { LIMITS.per_address };
            assert!(count <= most, "{user:?} {address:?} has {count} sockets");
        }
    }
}

fn peers(message: &Message<'_>) -> impl Iterator<Item = SocketAddr> {
    let named = message.iter_attributes().map(|(_, attribute)| attribute);
    let named = named.filter(|attribute| attribute.get_type() == XorPeerAddress::TYPE);
    named.filter_map(|raw| Some(XorPeerAddress::from_raw(raw).ok()?.addr(message.transaction_id())))
}
