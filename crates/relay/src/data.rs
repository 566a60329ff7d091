//! What passes through: from clients to peers and back, to those and from those alone that a client has named.

use std::net::SocketAddr;
use std::time::Instant;

use stun_types::message::Message;
use turn_types::attribute::{Data, XorPeerAddress};

use crate::socket::Socket;
use crate::{Flow, Output, Relay, SocketKey, channel_data, reply, request};

/// What a datagram costs besides its payload, in bytes: IPv4 and UDP headers. Empty ones are not free.
const HEADERS: usize = 28;

impl Relay {
    pub(crate) fn channel_data(&mut self, now: Instant, flow: Flow, channel: u16, payload: &[u8]) {
        let Some(&key) = self.by_flow.get(&flow) else { return self.drop_one() };
        let Some(Socket::Open(allocation)) = self.sockets.get(key) else { return self.drop_one() };
        let Some(peer) = allocation.peer(now, channel) else { return self.drop_one() };
        self.give_to_peer(now, key, peer, payload);
    }

    pub(crate) fn send_indication(&mut self, now: Instant, flow: Flow, message: &Message<'_>) {
        let Some(&key) = self.by_flow.get(&flow) else { return self.drop_one() };
        let (Ok(peer), Ok(data)) = (message.attribute::<XorPeerAddress>(), message.attribute::<Data<'_>>())
        else {
            return self.drop_one();
        };
        if !request::not_understood(message).is_empty() {
            return self.drop_one();
        }
        self.give_to_peer(now, key, peer.addr(message.transaction_id()), data.data());
    }

    /// The rules are asked again although the permission was given by them: they are the last thing before the network.
    fn give_to_peer(&mut self, now: Instant, key: SocketKey, peer: SocketAddr, payload: &[u8]) {
        let Some(Socket::Open(allocation)) = self.sockets.get_mut(key) else { return self.drop_one() };
        if !allocation.is_permitted(now, peer.ip()) || peer.is_ipv4() != allocation.relayed.is_ipv4() {
            return self.drop_one();
        }
        if !self.config.rules.allows(peer, &self.config.live) {
            self.counters.forbidden += 1;
            return;
        }
        let cost = payload.len() + HEADERS;
        if !allocation.may_carry(now, self.allowance, cost) {
            self.counters.over_rate += 1;
            return;
        }
        if !self.users.may_carry(now, allocation.user, cost) {
            self.counters.over_rate_of_user += 1;
            return;
        }
        self.counters.packets_to_peers += 1;
        self.counters.bytes_to_peers += payload.len() as u64;
        let mut bytes = self.buffer();
        bytes.extend_from_slice(payload);
        self.outputs.push_back(Output::ToPeer { socket: key, peer, bytes });
    }

    pub(crate) fn take_from_peer(&mut self, now: Instant, key: SocketKey, peer: SocketAddr, payload: &[u8]) {
        let Some(Socket::Open(allocation)) = self.sockets.get_mut(key) else { return self.drop_one() };
        if !allocation.is_permitted(now, peer.ip()) {
            return self.drop_one();
        }
        let cost = payload.len() + HEADERS;
        if !allocation.may_carry(now, self.allowance, cost) {
            self.counters.over_rate += 1;
            return;
        }
        if !self.users.may_carry(now, allocation.user, cost) {
            self.counters.over_rate_of_user += 1;
            return;
        }
        let flow = allocation.client.flow;
        let bytes = if let Some(channel) = allocation.channel(now, peer) {
            let mut bytes = self.buffer();
            channel_data::write(&mut bytes, channel, payload, flow.transport.is_stream()).then_some(bytes)
        } else {
            // Nobody answers an indication; that its number is not used twice is enough.
            self.indications = self.indications.wrapping_add(1);
            reply::data_indication(self.indications.into(), peer, payload)
        };
        let Some(bytes) = bytes else { return self.drop_one() };
        self.counters.packets_to_clients += 1;
        self.counters.bytes_to_clients += payload.len() as u64;
        self.outputs.push_back(Output::ToClient { flow, bytes });
    }

    fn drop_one(&mut self) {
        self.counters.dropped += 1;
    }
}
