//! The relay's driver: opens the sockets that `crates/relay` asks for, and carries datagrams between them and it.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt as _;
use futures::future::{AbortHandle, Abortable, LocalBoxFuture};
use futures::stream::FuturesUnordered;
use relay::{Counters, Family, Flow, Input, LivePorts, Output, PortWish, Relay, SocketFailure, SocketKey};
use slotmap::SecondaryMap;

use super::addresses::Addresses;
use super::batch::Batch;
use super::udp::{self, Receiver, UdpPort};
use crate::{clock, ids};

/// How many ports are tried before there is said to be none.
const ATTEMPTS: usize = 64;

/// The relay of one shard, with its sockets.
pub(super) struct Relaying {
    config: relay::Config,
    relay: Relay,
    sockets: SecondaryMap<SocketKey, Opened>,
    /// One for each socket that was found empty.
    waiting: FuturesUnordered<LocalBoxFuture<'static, Option<SocketKey>>>,
    ports: RangeInclusive<u16>,
    addresses: Addresses,
    live: Arc<LivePorts>,
    /// What is about to be sent from one of the sockets, and from which.
    batch: Option<(SocketKey, Batch)>,
    spare: Option<Batch>,
}

struct Opened {
    port: Rc<UdpPort>,
    waiting: AbortHandle,
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.waiting.abort();
    }
}

impl Relaying {
    pub(super) fn new(config: relay::Config, ports: RangeInclusive<u16>, addresses: Addresses) -> Self {
        Self {
            live: Arc::clone(&config.live),
            relay: Relay::new(config.clone()),
            config,
            sockets: SecondaryMap::new(),
            waiting: FuturesUnordered::new(),
            ports,
            addresses,
            batch: None,
            spare: None,
        }
    }

    /// Does something that no single client is to blame for. After a panic the relay begins anew, without clients: nobody can say
    /// how far it was changed.
    pub(super) fn guarded<T: Default>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        catch_unwind(AssertUnwindSafe(|| work(self))).unwrap_or_else(|_| {
            tracing::error!("a relay begins anew after a panic; its allocations ended");
            *self = Self::new(self.config.clone(), self.ports.clone(), self.addresses.clone());
            T::default()
        })
    }

    pub(super) fn counters(&self) -> Counters {
        self.relay.counters()
    }

    /// Whether a client has an allocation.
    pub(super) fn serves(&self, flow: Flow) -> bool {
        self.relay.serves(flow)
    }

    /// A message of a client. A panic on the way ends that client's allocation, and nobody else's.
    pub(super) fn take(&mut self, flow: Flow, bytes: &[u8]) {
        let taken = catch_unwind(AssertUnwindSafe(|| {
            self.relay.handle_input(clock::now_on_both(), Input::FromClient { flow, bytes });
        }));
        if taken.is_err() {
            tracing::error!("what a client of the relay sent made it panic; its allocation ended");
            self.end(flow);
        }
    }

    /// A client's stream has ended.
    pub(super) fn end(&mut self, flow: Flow) {
        self.guarded(|relaying| relaying.relay.handle_input(clock::now_on_both(), Input::Closed { flow }));
    }

    /// The next socket to which something has come; `None` when there is no socket.
    pub(super) async fn readable(&mut self) -> Option<SocketKey> {
        loop {
            if let Some(key) = self.waiting.next().await? {
                return Some(key);
            }
        }
    }

    /// Takes what has come to a socket. A panic on the way ends that socket's allocation.
    pub(super) fn receive(&mut self, key: SocketKey, receiver: &mut Receiver) {
        let Some(port) = self.sockets.get(key).map(|opened| Rc::clone(&opened.port)) else { return };
        let Self { relay, addresses, live, .. } = self;
        let now = clock::now_on_both();
        // An error is about a datagram that was sent to a peer who is not there.
        let received = catch_unwind(AssertUnwindSafe(|| {
            port.receive(receiver, |source, _, _, bytes| {
                let source = addresses.outward(source, live.contains(source));
                relay.handle_input(now, Input::FromPeer { socket: key, source, bytes });
            })
        }));
        if received.is_err() {
            tracing::error!("what a peer sent made the relay panic; the allocation ended");
            return self.guarded(|relaying| relaying.relay.handle_input(now, Input::Failed { socket: key }));
        }
        self.wait(key, &port);
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.relay.poll_timeout()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        self.guarded(|relaying| relaying.relay.handle_timeout(now));
    }

    /// What clients are to be sent. What is for peers is sent, and sockets are opened and closed.
    pub(super) fn poll_client(&mut self) -> Option<(Flow, Vec<u8>)> {
        self.guarded(Self::poll)
    }

    fn poll(&mut self) -> Option<(Flow, Vec<u8>)> {
        while let Some(output) = self.relay.poll_output() {
            match output {
                Output::ToClient { flow, bytes } => return Some((flow, bytes)),
                Output::ToPeer { socket, peer, bytes } => {
                    self.send(socket, self.addresses.inward(peer), &bytes);
                    self.relay.recycle(bytes);
                }
                Output::Open { socket, family, port } => self.open(socket, family, port),
                Output::Close { socket } => self.close(socket),
            }
        }
        self.flush();
        None
    }

    pub(super) fn recycle(&mut self, bytes: Vec<u8>) {
        self.relay.recycle(bytes);
    }

    fn send(&mut self, key: SocketKey, peer: SocketAddr, bytes: &[u8]) {
        if self.batch.as_ref().is_some_and(|(of, _)| *of != key) {
            self.flush();
        }
        let Some(Opened { port, .. }) = self.sockets.get(key) else { return };
        let (_, batch) =
            self.batch.get_or_insert_with(|| (key, self.spare.take().unwrap_or_else(|| port.batch())));
        if !port.push(batch, peer, None, bytes) {
            // What the system has no room for is lost, as on any network; other clients do not wait for it.
            _ = port.try_send(batch);
            batch.clear();
            port.push(batch, peer, None, bytes);
        }
    }

    fn flush(&mut self) {
        let Some((key, mut batch)) = self.batch.take() else { return };
        if let Some(Opened { port, .. }) = self.sockets.get(key) {
            _ = port.try_send(&batch);
        }
        batch.clear();
        self.spare = Some(batch);
    }

    fn close(&mut self, key: SocketKey) {
        if self.batch.as_ref().is_some_and(|(of, _)| *of == key) {
            self.flush();
        }
        self.sockets.remove(key);
    }

    fn open(&mut self, key: SocketKey, family: Family, wish: PortWish) {
        let Some((announced, bound)) = self.addresses.relay(family) else {
            return self.opened(key, Err(SocketFailure::NoSuchFamily));
        };
        for _ in 0..ATTEMPTS {
            match self.bind(bound, wish) {
                Ok(sockets) => return self.keep(key, wish, announced, sockets),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => {
                    tracing::warn!(%error, "the relay could not open a socket");
                    break;
                }
            }
        }
        self.opened(key, Err(SocketFailure::NoneLeft));
    }

    fn bind(&self, bound: IpAddr, wish: PortWish) -> io::Result<(UdpSocket, Option<UdpSocket>)> {
        let any = ids::port(&self.ports);
        let port = if wish == PortWish::Any { any } else { any & !1 };
        if !self.ports.contains(&port) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        let socket = udp::bind_to(SocketAddr::new(bound, port))?;
        let PortWish::EvenAndNext(_) = wish else { return Ok((socket, None)) };
        let next = port.checked_add(1).filter(|next| self.ports.contains(next));
        let next = next.ok_or(io::ErrorKind::AddrInUse)?;
        Ok((socket, Some(udp::bind_to(SocketAddr::new(bound, next))?)))
    }

    fn keep(
        &mut self,
        key: SocketKey,
        wish: PortWish,
        announced: IpAddr,
        (socket, second): (UdpSocket, Option<UdpSocket>),
    ) {
        if let (PortWish::EvenAndNext(next), Some(second)) = (wish, second) {
            let address = self.add(next, second, announced);
            self.opened(next, address);
        }
        let address = self.add(key, socket, announced);
        self.opened(key, address);
    }

    fn add(
        &mut self,
        key: SocketKey,
        socket: UdpSocket,
        announced: IpAddr,
    ) -> Result<SocketAddr, SocketFailure> {
        let port = socket.local_addr().map_err(|_| SocketFailure::NoneLeft)?.port();
        let opened = Rc::new(UdpPort::new(socket).map_err(|_| SocketFailure::NoneLeft)?);
        self.wait(key, &opened);
        Ok(SocketAddr::new(announced, port))
    }

    fn wait(&mut self, key: SocketKey, port: &Rc<UdpPort>) {
        let (waiting, registration) = AbortHandle::new_pair();
        let waits_for = Rc::clone(port);
        let readable = Abortable::new(async move { waits_for.readable().await }, registration);
        self.waiting
            .push(Box::pin(async move { readable.await.is_ok_and(|ready| ready.is_ok()).then_some(key) }));
        self.sockets.insert(key, Opened { port: Rc::clone(port), waiting });
    }

    fn opened(&mut self, socket: SocketKey, result: Result<SocketAddr, SocketFailure>) {
        self.relay.handle_input(clock::now_on_both(), Input::Opened { socket, result });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_relay_that_panics_begins_anew_and_the_shard_goes_on() {
        let Config { relay, media, .. } = Config::default();
        let addresses = Addresses::find(&media.addresses, &[]);
        let secret = ::relay::Secret::new(vec![7; 32]);
        let config = super::super::relay_config(&relay, &secret, &addresses, &[], 1);
        let mut relaying = Relaying::new(config, relay.first_port..=relay.last_port, addresses);
        let flow = Flow {
            transport: ::relay::Transport::Tcp,
            client: SocketAddr::from(([127, 0, 0, 1], 9)),
            server: SocketAddr::from(([127, 0, 0, 1], 10)),
        };
        relaying.take(flow, &[0; 20]);
        assert_eq!(relaying.counters().dropped, 1);
        assert_eq!(relaying.guarded(|_| -> usize { panic!("a test asks for it") }), 0);
        assert_eq!(relaying.counters().dropped, 0, "another relay");
        relaying.take(flow, &[0; 20]);
        assert_eq!(relaying.counters().dropped, 1);
    }
}
