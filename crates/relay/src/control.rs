//! What clients that have proven who they are ask for: sockets, time, peers (RFC 8656 §7 to §12).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use stun_types::AddressFamily;
use stun_types::attribute::{ErrorCode, XorMappedAddress};
use stun_types::message::{IntegrityKey, Message};
use turn_types::attribute::{
    ChannelNumber, EvenPort, Lifetime, RequestedAddressFamily, RequestedTransport, ReservationToken,
    XorPeerAddress, XorRelayedAddress,
};

use crate::allocation::{Allocation, Client, NotBound};
use crate::channel_data::CHANNELS;
use crate::credentials::is_test;
use crate::reply::Asked;
use crate::request::{self, Given, given};
use crate::socket::{Opening, Reservation, Socket};
use crate::users::{Holder, Refused};
use crate::{Family, Flow, Output, PortWish, Relay, SocketFailure, SocketKey};

/// How long a reserved socket waits for its client (RFC 8656 §7.2: at least 30 seconds).
const RESERVED_FOR: Duration = Duration::from_secs(30);

/// An allocation ends after this time, however often it is refreshed: whoever was removed from a room keeps no relay for
/// ever. The others make another, with the credentials of that day.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Which socket an Allocate request wants.
enum Wanted {
    New(Family, Port),
    Reserved(u64),
}

#[derive(Clone, Copy)]
enum Port {
    Any,
    Even,
    EvenAndNext,
}

type Answer = Result<Vec<u8>, u16>;

impl Relay {
    /// RFC 8656 §7.2. `None` while the socket is being opened.
    pub(crate) fn allocate(
        &mut self,
        now: Instant,
        client: Client,
        message: &Message<'_>,
    ) -> Result<Option<Vec<u8>>, u16> {
        if let Some(key) = self.by_flow.get(&client.flow) {
            return match &self.sockets[*key] {
                Socket::Open(same) if same.transaction == message.transaction_id() => {
                    Ok(Some(allocated(now, same, Asked::of(message))))
                }
                Socket::Opening(same) if same.transaction == message.transaction_id() => Ok(None),
                Socket::Open(_) | Socket::Opening(_) | Socket::Reserving(_) | Socket::Reserved(_) => {
                    Err(ErrorCode::ALLOCATION_MISMATCH)
                }
            };
        }
        let wanted = wanted(message)?;
        let lifetime = self.lifetime(given::<Lifetime>(message).value().map(|lifetime| lifetime.seconds()));
        let transaction = message.transaction_id();
        if let Wanted::Reserved(token) = wanted {
            return self.take_reserved(now, client, token, lifetime, Asked::of(message)).map(Some);
        }
        let wants = if matches!(wanted, Wanted::New(_, Port::EvenAndNext)) { 2 } else { 1 };
        self.allow(&client.holder, wants)?;
        if let Wanted::New(family, port) = wanted {
            self.open(now, client, transaction, lifetime, family, port);
        }
        Ok(None)
    }

    /// Whether somebody may have so many more.
    fn allow(&mut self, holder: &Holder, wants: usize) -> Result<(), u16> {
        self.users.may_have_more(&self.config.limits, holder, wants).map_err(|refused| {
            self.counters.over_quota += 1;
            match refused {
                Refused::OwnLimit => ErrorCode::ALLOCATION_QUOTA_REACHED,
                Refused::Full => ErrorCode::INSUFFICIENT_CAPACITY,
            }
        })
    }

    fn open(
        &mut self,
        now: Instant,
        client: Client,
        transaction: stun_types::message::TransactionId,
        lifetime: Duration,
        family: Family,
        port: Port,
    ) {
        let (flow, holder) = (client.flow, client.holder.clone());
        let next =
            matches!(port, Port::EvenAndNext).then(|| self.sockets.insert(Socket::Reserving(holder.clone())));
        let held = 1 + usize::from(next.is_some());
        let key = self.sockets.insert(Socket::Opening(Opening { client, transaction, lifetime, next }));
        for _ in 0..held {
            self.users.add(now, &holder);
        }
        self.by_flow.insert(flow, key);
        let port = match (port, next) {
            (_, Some(next)) => PortWish::EvenAndNext(next),
            (Port::Even, None) => PortWish::Even,
            (Port::Any | Port::EvenAndNext, None) => PortWish::Any,
        };
        self.outputs.push_back(Output::Open { socket: key, family, port });
    }

    /// A socket is there, or is not. Of two, the one that is reserved comes first.
    pub(crate) fn opened(&mut self, now: Instant, key: SocketKey, result: Result<SocketAddr, SocketFailure>) {
        match (self.sockets.get(key), result) {
            (Some(Socket::Reserving(holder)), Ok(address)) => {
                let token = u64::from_be_bytes(
                    self.config.secret.mark(&[b"reserved", format!("{key:?}").as_bytes()]),
                );
                let holder = holder.clone();
                let until = now + RESERVED_FOR;
                self.sockets[key] = Socket::Reserved(Reservation { holder, address, token, until });
                self.by_token.insert(token, key);
                self.config.live.insert(address);
                self.watch(key);
            }
            (Some(Socket::Opening(_)), Ok(address)) => self.begin(now, key, address),
            (Some(Socket::Opening(opening)), Err(failure)) => {
                let code = match failure {
                    SocketFailure::NoSuchFamily => ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED,
                    SocketFailure::NoneLeft => ErrorCode::INSUFFICIENT_CAPACITY,
                };
                let asked = Asked { method: turn_types::message::ALLOCATE, transaction: opening.transaction };
                let (flow, bytes) = (opening.client.flow, asked.error(&opening.client.key, code));
                self.outputs.push_back(Output::ToClient { flow, bytes });
                self.end(key);
            }
            (Some(Socket::Reserving(_)), Err(_)) => self.end(key),
            (Some(Socket::Reserved(_) | Socket::Open(_)), _) => {}
            // Its client has gone meanwhile.
            (None, _) => self.outputs.push_back(Output::Close { socket: key }),
        }
    }

    fn begin(&mut self, now: Instant, key: SocketKey, address: SocketAddr) {
        let Some(slot) = self.sockets.get_mut(key) else { return };
        let placeholder = Socket::Reserving(slot.holder().clone());
        let Socket::Opening(opening) = std::mem::replace(slot, placeholder) else { return };
        let Opening { client, transaction, lifetime, next } = opening;
        let reservation = next.and_then(|next| match self.sockets.get(next) {
            Some(Socket::Reserved(reservation)) => Some(reservation.token),
            Some(Socket::Opening(_) | Socket::Reserving(_) | Socket::Open(_)) | None => None,
        });
        let asked = Asked { method: turn_types::message::ALLOCATE, transaction };
        self.start(now, key, client, asked, address, lifetime, reservation);
        if let Some(Socket::Open(allocation)) = self.sockets.get(key) {
            let (flow, bytes) = (allocation.client.flow, allocated(now, allocation, asked));
            self.outputs.push_back(Output::ToClient { flow, bytes });
        }
    }

    #[expect(clippy::too_many_arguments, reason = "it is the one place where an allocation is put together")]
    fn start(
        &mut self,
        now: Instant,
        key: SocketKey,
        client: Client,
        asked: Asked,
        address: SocketAddr,
        lifetime: Duration,
        reservation: Option<u64>,
    ) {
        // Whoever has a socket is known.
        let user = self.users.key(&client.holder).unwrap_or_default();
        let mut allocation =
            Allocation::new(now, client, user, asked.transaction, address, lifetime, self.allowance);
        allocation.reservation = reservation;
        self.sockets[key] = Socket::Open(allocation);
        self.config.live.insert(address);
        self.counters.allocated += 1;
        self.watch(key);
    }

    fn take_reserved(
        &mut self,
        now: Instant,
        client: Client,
        token: u64,
        lifetime: Duration,
        asked: Asked,
    ) -> Answer {
        let key = self.by_token.get(&token).copied().ok_or(ErrorCode::INSUFFICIENT_CAPACITY)?;
        let address = match self.sockets.get(key) {
            Some(Socket::Reserved(reservation)) if reservation.holder.user == client.holder.user => {
                reservation.address
            }
            Some(_) | None => return Err(ErrorCode::INSUFFICIENT_CAPACITY),
        };
        // It was counted when it was reserved, for the address that its reserver had.
        let held = self.sockets[key].holder().clone();
        self.users.remove(&held);
        if let Err(code) = self.allow(&client.holder, 1) {
            self.users.add(now, &held);
            return Err(code);
        }
        self.users.add(now, &client.holder);
        self.by_token.remove(&token);
        self.by_flow.insert(client.flow, key);
        self.start(now, key, client, asked, address, lifetime, None);
        match &self.sockets[key] {
            Socket::Open(allocation) => Ok(allocated(now, allocation, asked)),
            Socket::Opening(_) | Socket::Reserving(_) | Socket::Reserved(_) => Err(ErrorCode::SERVER_ERROR),
        }
    }

    /// RFC 8656 §8.2.
    pub(crate) fn refresh(
        &mut self,
        now: Instant,
        flow: Flow,
        message: &Message<'_>,
        key: &IntegrityKey,
    ) -> Answer {
        let asked = given::<Lifetime>(message).value().map(|lifetime| lifetime.seconds());
        let family = given::<RequestedAddressFamily>(message).value().map(|family| family.family());
        let lifetime = self.lifetime(asked);
        let allocation = self.allocation(now, flow)?;
        let own = if allocation.relayed.is_ipv4() { AddressFamily::IPV4 } else { AddressFamily::IPV6 };
        if family.is_some_and(|family| family != own) {
            return Err(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH);
        }
        let left = (allocation.made + LONGEST).saturating_duration_since(now);
        let lifetime = if asked == Some(0) { Duration::ZERO } else { lifetime.min(left) };
        allocation.expires = now + lifetime;
        if lifetime.is_zero()
            && let Some(socket) = self.by_flow.get(&flow)
        {
            self.end(*socket);
        }
        let seconds = u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX);
        Ok(Asked::of(message).success(key, &[&Lifetime::new(seconds)]))
    }

    /// RFC 8656 §10.2. Of several peers, none is permitted when one may not be.
    pub(crate) fn create_permission(
        &mut self,
        now: Instant,
        flow: Flow,
        message: &Message<'_>,
        key: &IntegrityKey,
    ) -> Answer {
        self.allocation(now, flow)?;
        let peers =
            request::peers(message).filter(|peers| !peers.is_empty()).ok_or(ErrorCode::BAD_REQUEST)?;
        for peer in &peers {
            self.check_peer(now, flow, *peer, Scope::AnyPort)?;
        }
        let peers: Vec<_> = peers.iter().map(SocketAddr::ip).collect();
        self.allocation(now, flow)?.permit_all(now, &peers).map_err(refusal)?;
        Ok(Asked::of(message).success(key, &[]))
    }

    /// RFC 8656 §12.2.
    pub(crate) fn channel_bind(
        &mut self,
        now: Instant,
        flow: Flow,
        message: &Message<'_>,
        key: &IntegrityKey,
    ) -> Answer {
        self.allocation(now, flow)?;
        let (Given::Value(number), Given::Value(peer)) =
            (given::<ChannelNumber>(message), given::<XorPeerAddress>(message))
        else {
            return Err(ErrorCode::BAD_REQUEST);
        };
        let (number, peer) = (number.channel(), peer.addr(message.transaction_id()));
        if !CHANNELS.contains(&number) {
            return Err(ErrorCode::BAD_REQUEST);
        }
        self.check_peer(now, flow, peer, Scope::OnePort)?;
        self.allocation(now, flow)?.bind(now, number, peer).map_err(refusal)?;
        Ok(Asked::of(message).success(key, &[]))
    }

    fn allocation(&mut self, now: Instant, flow: Flow) -> Result<&mut Allocation, u16> {
        let socket = self.by_flow.get(&flow).and_then(|key| self.sockets.get_mut(*key));
        match socket {
            Some(Socket::Open(allocation)) if now < allocation.expires => Ok(allocation),
            Some(Socket::Open(_) | Socket::Opening(_) | Socket::Reserving(_) | Socket::Reserved(_))
            | None => Err(ErrorCode::ALLOCATION_MISMATCH),
        }
    }

    fn check_peer(&mut self, now: Instant, flow: Flow, peer: SocketAddr, scope: Scope) -> Result<(), u16> {
        // Of a special address, that it may not be reached says more than that its family is another.
        let rules = &self.config.rules;
        let is_allowed = match scope {
            Scope::AnyPort => rules.allows_address(peer.ip()),
            Scope::OnePort => rules.allows(peer, &self.config.live),
        };
        // Permissions of tests are for ourselves and for whoever tests, and without one nothing goes anywhere.
        let is_test = self.client(flow).is_some_and(|client| is_test(&client.username));
        let is_near = rules.is_own(peer.ip()) || peer.ip() == flow.client.ip();
        if !is_allowed || (is_test && !is_near) {
            self.counters.forbidden += 1;
            return Err(ErrorCode::FORBIDDEN);
        }
        if self.allocation(now, flow)?.relayed.is_ipv4() == peer.is_ipv4() {
            Ok(())
        } else {
            Err(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH)
        }
    }
}

/// A permission is for all ports of a peer, a channel for one.
#[derive(Clone, Copy)]
enum Scope {
    AnyPort,
    OnePort,
}

fn refusal(not_bound: NotBound) -> u16 {
    match not_bound {
        NotBound::Conflict => ErrorCode::BAD_REQUEST,
        NotBound::Full => ErrorCode::INSUFFICIENT_CAPACITY,
    }
}

/// What socket a client wants. Two families at once (ADDITIONAL-ADDRESS-FAMILY) need not be understood, and are not.
fn wanted(message: &Message<'_>) -> Result<Wanted, u16> {
    let Given::Value(transport) = given::<RequestedTransport>(message) else {
        return Err(ErrorCode::BAD_REQUEST);
    };
    if transport.protocol() != RequestedTransport::UDP {
        return Err(ErrorCode::UNSUPPORTED_TRANSPORT_PROTOCOL);
    }
    let (family, even) = (given::<RequestedAddressFamily>(message), given::<EvenPort>(message));
    match given::<ReservationToken>(message) {
        Given::Value(token) if family.is_absent() && even.is_absent() => {
            return Ok(Wanted::Reserved(token.token()));
        }
        Given::Value(_) | Given::Malformed => return Err(ErrorCode::BAD_REQUEST),
        Given::Absent => {}
    }
    let family = match family {
        Given::Absent => Family::V4,
        Given::Value(family) if family.family() == AddressFamily::IPV4 => Family::V4,
        Given::Value(_) => Family::V6,
        Given::Malformed => return Err(ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED),
    };
    let port = match even {
        Given::Absent => Port::Any,
        Given::Value(even) if even.requested() => Port::EvenAndNext,
        Given::Value(_) => Port::Even,
        Given::Malformed => return Err(ErrorCode::BAD_REQUEST),
    };
    Ok(Wanted::New(family, port))
}

fn allocated(now: Instant, allocation: &Allocation, asked: Asked) -> Vec<u8> {
    let relayed = XorRelayedAddress::new(allocation.relayed, asked.transaction);
    let mapped = XorMappedAddress::new(allocation.client.flow.client, asked.transaction);
    let left = allocation.expires.saturating_duration_since(now).as_secs();
    let lifetime = Lifetime::new(u32::try_from(left).unwrap_or(u32::MAX));
    let key = &allocation.client.key;
    match allocation.reservation {
        Some(token) => asked.success(key, &[&relayed, &lifetime, &ReservationToken::new(token), &mapped]),
        None => asked.success(key, &[&relayed, &lifetime, &mapped]),
    }
}
