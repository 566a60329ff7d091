//! One shard: a thread that waits for datagrams, orders and time, hands them to the forwarding unit, and sends what it wants.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use relay::{Flow, SocketKey};
use room::MediaOrder;
use sfu::{Address, Datagram, Input, Output, Sfu, Strayed, Transmit, Transport};
use tokio::sync::mpsc;

use super::addresses::Addresses;
use super::carrier;
use super::neighbours::{Incoming, Neighbours};
use super::relay::Relaying;
use super::report::Report;
use super::sockets::Sockets;
use super::streams::{self, Channel, FromStream, Streams};
use super::udp::{Outbox, Receiver, UdpPort};
use super::{News, Order, message};
use crate::clock;
use crate::config::MediaConfig;
use crate::places::Places;
use crate::tasks;

/// Datagrams of other shards that are taken one behind the other, before what came here has its turn.
const STRAYED_AT_ONCE: usize = 64;

/// When nothing is due.
const LONG: Duration = Duration::from_secs(3_600);

struct Shard {
    sfu: Sfu,
    relaying: Option<Relaying>,
    udp: Outbox,
    receiver: Receiver,
    streams: Streams,
    incoming: Incoming,
    neighbours: Neighbours,
    orders: mpsc::UnboundedReceiver<Order>,
    news: mpsc::UnboundedSender<News>,
    addresses: Addresses,
    port: u16,
    report: Report,
    /// When streams that prove nothing are looked for.
    look: Instant,
}

/// What a shard is told once.
pub(super) struct Beginning {
    pub(super) number: u16,
    pub(super) sockets: Sockets,
    pub(super) addresses: Addresses,
    pub(super) relay: Option<(relay::Config, std::ops::RangeInclusive<u16>)>,
    pub(super) incoming: Incoming,
    pub(super) neighbours: Neighbours,
    /// What all shards have together.
    pub(super) unsorted: Arc<Places>,
    pub(super) orders: mpsc::UnboundedReceiver<Order>,
    pub(super) news: mpsc::UnboundedSender<News>,
}

/// What there is to do.
enum Woken {
    Order(Option<Order>),
    Stream(FromStream),
    Strayed(Strayed),
    Udp,
    Peer(SocketKey),
    Time,
}

/// Starts a shard's thread. It ends when nobody can give it orders any more.
pub(super) fn start(config: &MediaConfig, beginning: Beginning) -> io::Result<()> {
    let Beginning { number, sockets, addresses, relay, incoming, neighbours, unsorted, orders, news } =
        beginning;
    let Sockets { udp, tcp, port } = sockets;
    let ways = |transport| {
        let at = move |address: &_| Address { transport, address: SocketAddr::new(*address, port) };
        addresses.announced.iter().map(at)
    };
    let config = sfu::Config {
        addresses: ways(Transport::Udp).chain(ways(Transport::Tcp)).collect(),
        initial_downlink: config.initial_downlink_kbps.saturating_mul(1_000),
        max_downlink: config.max_downlink_kbps.saturating_mul(1_000),
        shard: number,
        directory: Arc::clone(neighbours.directory()),
    };
    std::thread::Builder::new().name(format!("media-{number}")).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        // The unit stays on the thread where it was made.
        let (Ok(runtime), Some(sfu)) = (runtime, Sfu::new(config)) else {
            return tracing::error!("a media shard could not start");
        };
        let ended = runtime.block_on(async move {
            let tcp = tokio::net::TcpListener::from_std(tcp)?;
            tasks::spawn(carrier::accept(tcp, number, neighbours.clone(), unsorted));
            let udp = Outbox::new(UdpPort::new(udp)?);
            let now = clock::moment();
            let relaying = relay.map(|(config, ports)| Relaying::new(config, ports, addresses.clone()));
            let shard = Shard {
                sfu,
                relaying,
                udp,
                receiver: Receiver::new(),
                streams: Streams::default(),
                incoming,
                neighbours,
                orders,
                news,
                addresses,
                port,
                report: Report::new(number, now),
                look: now,
            };
            shard.run().await
        });
        if let Err(error) = ended {
            tracing::error!(%error, "a media shard ended");
        }
    })?;
    Ok(())
}

impl Shard {
    async fn run(mut self) -> io::Result<()> {
        let mut came = clock::moment();
        loop {
            self.write_out().await;
            let now = clock::moment();
            self.report.note(came, now);
            self.report.tell(now, &self.sfu, self.relaying.as_ref());
            let due = self.due().unwrap_or(now + LONG);
            let Self { orders, incoming, udp, relaying, .. } = &mut self;
            let peers = async {
                match relaying {
                    Some(relaying) => relaying.readable().await,
                    None => None,
                }
            };
            let woken = tokio::select! {
                order = orders.recv() => Woken::Order(order),
                Some(from) = incoming.streams.recv() => Woken::Stream(from),
                Some(strayed) = incoming.strayed.recv() => Woken::Strayed(strayed),
                ready = udp.port().readable() => ready.map(|()| Woken::Udp)?,
                Some(socket) = peers => Woken::Peer(socket),
                () = tokio::time::sleep_until(due.into()) => Woken::Time,
            };
            came = clock::moment();
            match woken {
                Woken::Order(Some(order)) => self.follow(order),
                Woken::Order(None) => return Ok(()),
                Woken::Stream(from) => self.take_from_stream(from),
                Woken::Strayed(strayed) => self.take_strayed(strayed),
                Woken::Udp => self.receive(),
                Woken::Peer(socket) => self.receive_from_peer(socket),
                Woken::Time => {}
            }
            self.handle_timeouts(came);
        }
    }

    fn due(&self) -> Option<Instant> {
        let relay = self.relaying.as_ref().and_then(Relaying::poll_timeout);
        let look = (!self.streams.is_empty()).then_some(self.look);
        self.sfu.poll_timeout().into_iter().chain(relay).chain(look).min()
    }

    fn handle_timeouts(&mut self, now: Instant) {
        if self.sfu.poll_timeout().is_some_and(|due| due <= now) {
            self.sfu.handle_timeout(now);
        }
        if let Some(relaying) = &mut self.relaying
            && relaying.poll_timeout().is_some_and(|due| due <= now)
        {
            relaying.handle_timeout(now);
        }
        if self.look <= now {
            let relaying = self.relaying.as_ref();
            self.streams.end_unproven(now, |channel| match channel {
                Channel::Ice(client) => self.sfu.serves(client),
                Channel::Relay(flow) => relaying.is_some_and(|relaying| relaying.serves(flow)),
            });
            self.look = streams::next_look(now);
        }
    }

    fn follow(&mut self, order: Order) {
        let Order { who, order } = order;
        let input = match order {
            MediaOrder::Signal { link, number, signal } => Input::Signal { who, link, number, signal },
            MediaOrder::Slots { link, slots } => Input::Slots { who, link, wishes: slots },
            MediaOrder::State(media) => Input::Media { who, media },
            MediaOrder::Left => Input::Left { who },
        };
        self.sfu.handle_input(clock::moment(), input);
    }

    fn receive(&mut self) {
        let now = clock::moment();
        let Self { udp, receiver, sfu, relaying, addresses, port, .. } = self;
        // An error is about a datagram that was sent to somebody who is gone.
        _ = udp.port().receive(receiver, |source, to, came, bytes| {
            let Some(address) = addresses.came_to(source, to) else { return };
            if relay::is_for_relay(bytes) {
                if let Some(relaying) = relaying {
                    // Whoever asked at an address is answered from it.
                    let server = SocketAddr::new(to.unwrap_or(address), *port);
                    relaying.take(Flow { transport: relay::Transport::Udp, client: source, server }, bytes);
                }
                return;
            }
            let destination = SocketAddr::new(address, *port);
            let datagram = Datagram { transport: Transport::Udp, source, destination, came, bytes };
            sfu.handle_input(now, Input::Datagram(datagram));
        });
    }

    /// What has come to another shard, and is for a link of this one.
    fn take_strayed(&mut self, first: Strayed) {
        let now = clock::moment();
        let Self { incoming, sfu, .. } = self;
        let others = std::iter::from_fn(|| incoming.strayed.try_recv().ok());
        for strayed in std::iter::once(first).chain(others).take(STRAYED_AT_ONCE) {
            sfu.handle_input(now, Input::Datagram(strayed.datagram()));
            sfu.recycle(strayed.bytes);
        }
    }

    fn receive_from_peer(&mut self, socket: SocketKey) {
        if let Some(relaying) = &mut self.relaying {
            relaying.receive(socket, &mut self.receiver);
        }
    }

    fn take_from_stream(&mut self, from: FromStream) {
        match from {
            FromStream::Opened(channel, stream) => self.streams.add(clock::moment(), channel, stream),
            FromStream::Closed(channel) => {
                self.streams.remove(channel);
                if let (Channel::Relay(flow), Some(relaying)) = (channel, &mut self.relaying) {
                    relaying.end(flow);
                }
            }
            FromStream::Message(Channel::Relay(flow), bytes) => {
                if let Some(relaying) = &mut self.relaying {
                    relaying.take(flow, &bytes);
                }
            }
            FromStream::Message(Channel::Ice(source), bytes) => {
                let Some(address) = self.addresses.came_to(source, None) else { return };
                let (came, destination) = (clock::moment(), SocketAddr::new(address, self.port));
                let datagram =
                    Datagram { transport: Transport::Tcp, source, destination, came, bytes: &bytes };
                self.sfu.handle_input(came, Input::Datagram(datagram));
            }
        }
    }

    async fn write_out(&mut self) {
        while let Some(output) = self.sfu.poll_output() {
            match output {
                Output::Transmit(Transmit { transport: Transport::Udp, source, destination, bytes }) => {
                    let source = self.addresses.source(source.ip());
                    self.udp.send(destination, source, &bytes).await;
                    self.sfu.recycle(bytes);
                }
                Output::Transmit(Transmit { transport: Transport::Tcp, destination, bytes, .. }) => {
                    self.streams.send(Channel::Ice(destination), bytes);
                }
                Output::PassOn(strayed) => self.neighbours.pass_on(strayed),
                Output::Event { who, link, event } => {
                    let message = message(link, event);
                    _ = self.news.send(News { room: who.room, participant: who.participant, message });
                }
            }
        }
        self.write_to_clients().await;
        self.udp.flush().await;
    }

    async fn write_to_clients(&mut self) {
        let Some(relaying) = &mut self.relaying else { return };
        while let Some((flow, bytes)) = relaying.poll_client() {
            if flow.transport.is_stream() {
                self.streams.send(Channel::Relay(flow), bytes);
            } else {
                let source = self.addresses.source(flow.server.ip());
                self.udp.send(flow.client, source, &bytes).await;
                relaying.recycle(bytes);
            }
        }
    }
}
