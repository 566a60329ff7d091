//! One shard: a thread that waits for datagrams, orders and time, hands them to the forwarding unit, and sends what it wants. A
//! shard that ends by an error or a panic is started again on the same sockets (`supervisor.rs`).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use relay::{Flow, SocketKey};
use room::MediaOrder;
use sfu::{Datagram, Event, Input, Misrouted, Output, Sfu, Transmit, Transport, Who};

use super::addresses::Addresses;
use super::health::Health;
use super::link_traces::LinkTraces;
use super::meter::{Meter, Refused};
use super::orders::{Next, RecordOrder};
use super::relay::Relaying;
use super::report::Report;
use super::shard_links::ShardLinks;
use super::streams::{self, FromStream, Streams, TcpFlow};
use super::surviving_state::SurvivingState;
use super::udp::{Outbox, Receiver};
use crate::clock;

/// Datagrams of other shards that are taken one behind the other, before what came here has its turn.
const MISROUTED_AT_ONCE: usize = 64;

/// How many orders are carried out before packets are read again; more would delay media.
const ORDERS_AT_ONCE: usize = 16;

/// When nothing is due before, a shard shows only that it still turns.
const IDLE: Duration = Duration::from_secs(2);

/// A shard while it lives.
pub(super) struct Shard<'a> {
    pub(super) surviving: &'a mut SurvivingState,
    pub(super) sfu: Sfu,
    pub(super) relaying: Option<Relaying>,
    pub(super) udp: Outbox,
    pub(super) receiver: Receiver,
    pub(super) streams: Streams,
    pub(super) shard_links: ShardLinks,
    pub(super) addresses: Addresses,
    pub(super) port: u16,
    pub(super) report: Report,
    pub(super) number: u16,
    pub(super) health: Arc<Health>,
    pub(super) meter: Arc<Meter>,
    pub(super) refused: Refused,
    pub(super) traces: LinkTraces,
    /// When streams that prove nothing are looked for.
    pub(super) look: Instant,
}

/// What there is to do.
enum Woken {
    Orders,
    Stream(FromStream),
    Misrouted(Misrouted),
    Udp,
    Peer(SocketKey),
    Time,
}

/// What is known of orders.
enum Ordered {
    /// They are followed; there may be more from this moment on.
    Until(Option<Instant>),
    /// Nobody gives orders any more.
    Closed,
}

impl Shard<'_> {
    pub(super) async fn run(mut self) -> io::Result<()> {
        let mut came = clock::moment();
        loop {
            let Ordered::Until(ordered) = self.follow_orders() else { return Ok(()) };
            self.write_out().await;
            let now = clock::moment();
            self.report.note(came, now);
            self.health.beats(self.number, now);
            self.report.tell(now, &self.sfu, self.relaying.as_ref());
            self.note(now);
            // An allocation that nobody uses is due in minutes.
            let due =
                self.due().into_iter().chain(ordered).min().map_or(now + IDLE, |due| due.min(now + IDLE));
            let Self { surviving, udp, relaying, .. } = &mut self;
            let SurvivingState { orders, incoming, .. } = &mut **surviving;
            let peers = async {
                match relaying {
                    Some(relaying) => relaying.readable().await,
                    None => None,
                }
            };
            let woken = tokio::select! {
                () = orders.more() => Woken::Orders,
                Some(from) = incoming.streams.recv() => Woken::Stream(from),
                Some(misrouted) = incoming.misrouted.recv() => Woken::Misrouted(misrouted),
                ready = udp.port().readable() => ready.map(|()| Woken::Udp)?,
                Some(socket) = peers => Woken::Peer(socket),
                () = tokio::time::sleep_until(due.into()) => Woken::Time,
            };
            came = clock::moment();
            match woken {
                Woken::Stream(from) => self.take_from_stream(from),
                Woken::Misrouted(misrouted) => self.take_misrouted(misrouted),
                Woken::Udp => self.receive(),
                Woken::Peer(socket) => self.receive_from_peer(socket),
                Woken::Orders | Woken::Time => {}
            }
            self.handle_timeouts(came);
        }
    }

    fn note(&self, now: Instant) {
        let relaying = self.relaying.as_ref();
        let refused = Refused { by_streams: self.streams.refused(), ..self.refused };
        self.meter.note(self.number, now, &self.sfu, relaying, &self.streams, refused);
    }

    /// Follows some of the orders that wait.
    fn follow_orders(&mut self) -> Ordered {
        for _ in 0..ORDERS_AT_ONCE {
            match self.surviving.orders.next(clock::moment()) {
                Next::Order(who, order) => self.follow(who, order),
                Next::Record(who, order) => self.record(who, order),
                Next::Overflowed(who, link) => {
                    tracing::info!("a link to the server ended: more was said about it than can wait");
                    self.refused.orders += 1;
                    self.sfu.handle_input(clock::moment(), Input::Overflowed { who, link });
                }
                Next::Later(at) => return Ordered::Until(Some(at)),
                Next::Nothing => return Ordered::Until(None),
                Next::Closed => return Ordered::Closed,
                #[cfg(debug_assertions)]
                #[expect(clippy::panic, reason = "a test asks for it")]
                Next::Panic => panic!("a test asked a media shard to panic"),
            }
        }
        Ordered::Until(Some(clock::moment()))
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
                TcpFlow::Ice(client) => self.sfu.serves(client),
                TcpFlow::Relay(flow) => relaying.is_some_and(|relaying| relaying.serves(flow)),
            });
            self.look = streams::next_look(now);
        }
    }

    fn follow(&mut self, who: Who, order: MediaOrder) {
        self.surviving.roster.note(who, &order);
        let now = clock::moment();
        let offered = match &order {
            MediaOrder::Signal { link, signal: protocol::Signal::Offer { .. }, .. } => Some(*link),
            MediaOrder::Signal { .. } | MediaOrder::Slots { .. } | MediaOrder::State(_) => None,
            MediaOrder::Left => {
                self.traces.left(who);
                None
            }
        };
        let traced = offered.and_then(|link| self.traces.offered(who, link));
        let input = match order {
            MediaOrder::Signal { link, number, signal } => Input::Signal { who, link, number, signal },
            MediaOrder::Slots { link, slots } => Input::Slots { who, link, subscriptions: slots },
            MediaOrder::State(media) => Input::Media { who, media },
            MediaOrder::Left => Input::Left { who },
        };
        self.sfu.handle_input(now, input);
        if let Some(began) = traced {
            self.traces.described(who, began);
        }
        if offered.is_some() {
            let done = clock::moment();
            self.surviving.orders.spent(done, done.saturating_duration_since(now));
        }
    }

    fn record(&mut self, who: Who, order: RecordOrder) {
        let input = match order {
            RecordOrder::Begin => Input::Record { who },
            RecordOrder::End => Input::StopRecording { who },
            RecordOrder::Keyframe(source) => Input::RecorderWantsKeyframe { who, source },
        };
        match order {
            RecordOrder::Begin => self.surviving.roster.note_recorded(who, true),
            RecordOrder::End => self.surviving.roster.note_recorded(who, false),
            RecordOrder::Keyframe(_) => {}
        }
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
                    let flow = Flow { transport: relay::Transport::Udp, client: source, server };
                    relaying.take(flow, bytes);
                }
                return;
            }
            let destination = SocketAddr::new(address, *port);
            let datagram = Datagram { transport: Transport::Udp, source, destination, came, bytes };
            sfu.handle_input(now, Input::Datagram(datagram));
        });
    }

    /// What has come to another shard, and is for a link of this one.
    fn take_misrouted(&mut self, first: Misrouted) {
        let now = clock::moment();
        let Self { surviving, sfu, .. } = self;
        let others = std::iter::from_fn(|| surviving.incoming.misrouted.try_recv().ok());
        for misrouted in std::iter::once(first).chain(others).take(MISROUTED_AT_ONCE) {
            sfu.handle_input(now, Input::Datagram(misrouted.datagram()));
            sfu.recycle(misrouted.bytes);
        }
    }

    fn receive_from_peer(&mut self, socket: SocketKey) {
        if let Some(relaying) = &mut self.relaying {
            relaying.receive(socket, &mut self.receiver);
        }
    }

    fn take_from_stream(&mut self, from: FromStream) {
        match from {
            FromStream::Opened(flow, stream) => self.streams.add(clock::moment(), flow, stream),
            FromStream::Closed(flow) => {
                self.streams.remove(flow);
                if let (TcpFlow::Relay(flow), Some(relaying)) = (flow, &mut self.relaying) {
                    relaying.end(flow);
                }
            }
            FromStream::Message(TcpFlow::Relay(flow), bytes) => {
                if let Some(relaying) = &mut self.relaying {
                    relaying.take(flow, &bytes);
                }
            }
            FromStream::Message(TcpFlow::Ice(source), bytes) => {
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
                    self.streams.send(TcpFlow::Ice(destination), bytes);
                }
                Output::PassOn(misrouted) => {
                    self.refused.by_shards += u64::from(self.shard_links.pass_on(misrouted).is_err());
                }
                Output::Recorded(packet) => self.surviving.recordings.offer(packet),
                Output::Event { who, link, event } => {
                    if matches!(event, Event::AudioSlots(_)) {
                        self.traces.connected(who, link);
                    }
                    if event == Event::Closed {
                        self.surviving.roster.closed(who, link);
                    }
                    self.surviving.news.send(who, link, event);
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
                self.streams.send(TcpFlow::Relay(flow), bytes);
            } else {
                let source = self.addresses.source(flow.server.ip());
                self.udp.send(flow.client, source, &bytes).await;
                relaying.recycle(bytes);
            }
        }
    }
}
