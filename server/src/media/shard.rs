//! One shard: a thread that waits for datagrams, orders and time, hands them to the forwarding unit, and sends what it wants.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

use room::MediaOrder;
use sfu::{Address, Datagram, Input, Output, Sfu, Transmit, Transport};
use tokio::sync::mpsc;

use super::report::Report;
use super::tcp::{Connections, FromTcp};
use super::udp::{self, UdpPort};
use super::{News, Order, addresses, message, tcp};
use crate::clock;
use crate::config::MediaConfig;
use crate::tasks;

/// Datagrams of TCP connections that wait for the shard before their readers wait too.
const WAITING_TCP: usize = 1_024;

/// When nothing is due.
const LONG: Duration = Duration::from_secs(3_600);

/// How often a free port is looked for that UDP and TCP both have.
const PORT_ATTEMPTS: usize = 32;

/// The two sockets of a shard, on the same port number.
pub(super) struct Sockets {
    udp: UdpSocket,
    tcp: TcpListener,
    port: u16,
}

struct Shard {
    sfu: Sfu,
    udp: UdpPort,
    connections: Connections,
    from_tcp: mpsc::Receiver<FromTcp>,
    orders: mpsc::UnboundedReceiver<Order>,
    news: mpsc::UnboundedSender<News>,
    announced: Vec<IpAddr>,
    /// Addresses from which a datagram can be sent on purpose.
    local: Vec<IpAddr>,
    port: u16,
    report: Report,
}

/// What there is to do.
enum Woken {
    Order(Option<Order>),
    Tcp(FromTcp),
    Udp,
    Time,
}

impl Sockets {
    pub(super) fn bind(config: &MediaConfig, number: u16) -> io::Result<Self> {
        let wanted = if config.port == 0 { 0 } else { config.port.saturating_add(number) };
        let mut attempts = if wanted == 0 { PORT_ATTEMPTS } else { 1 };
        loop {
            attempts -= 1;
            let udp = udp::bind(wanted)?;
            let port = udp.local_addr()?.port();
            match listen(port) {
                Ok(tcp) => return Ok(Self { udp, tcp, port }),
                Err(error) if attempts == 0 => return Err(error),
                Err(_) => {}
            }
        }
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).or_else(|error| {
        if error.kind() == io::ErrorKind::AddrInUse {
            Err(error)
        } else {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))
        }
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Starts a shard's thread. It ends when nobody can give it orders any more.
pub(super) fn start(
    number: u16,
    config: &MediaConfig,
    sockets: Sockets,
    orders: mpsc::UnboundedReceiver<Order>,
    news: mpsc::UnboundedSender<News>,
) -> anyhow::Result<()> {
    let Sockets { udp, tcp, port } = sockets;
    let announced = addresses::announced(&config.addresses);
    let ways = |transport| {
        announced.iter().map(move |address| Address { transport, address: SocketAddr::new(*address, port) })
    };
    let config = sfu::Config {
        addresses: ways(Transport::Udp).chain(ways(Transport::Tcp)).collect(),
        initial_downlink: config.initial_downlink_kbps.saturating_mul(1_000),
        max_downlink: config.max_downlink_kbps.saturating_mul(1_000),
    };
    tracing::info!(port, ?announced, "media is forwarded");
    std::thread::Builder::new().name(format!("media-{number}")).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        // The unit stays on the thread where it was made.
        let (Ok(runtime), Some(sfu)) = (runtime, Sfu::new(config)) else {
            return tracing::error!("a media shard could not start");
        };
        let ended = runtime.block_on(async move {
            let (to_shard, from_tcp) = mpsc::channel(WAITING_TCP);
            tasks::spawn(tcp::accept(tokio::net::TcpListener::from_std(tcp)?, to_shard));
            let udp = UdpPort::new(udp)?;
            let local = addresses::local();
            let connections = Connections::default();
            let report = Report::new(number, clock::moment());
            Shard { sfu, udp, connections, from_tcp, orders, news, announced, local, port, report }
                .run()
                .await
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
            self.report.tell(now, &self.sfu);
            let due = self.sfu.poll_timeout().unwrap_or(now + LONG);
            let woken = tokio::select! {
                order = self.orders.recv() => Woken::Order(order),
                Some(from) = self.from_tcp.recv() => Woken::Tcp(from),
                ready = self.udp.readable() => ready.map(|()| Woken::Udp)?,
                () = tokio::time::sleep_until(due.into()) => Woken::Time,
            };
            came = clock::moment();
            match woken {
                Woken::Order(Some(order)) => self.follow(order),
                Woken::Order(None) => return Ok(()),
                Woken::Tcp(from) => self.take_tcp(from),
                Woken::Udp => self.receive(),
                Woken::Time => {}
            }
            if self.sfu.poll_timeout().is_some_and(|due| due <= came) {
                self.sfu.handle_timeout(came);
            }
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
        let Self { udp, sfu, announced, port, .. } = self;
        // An error is about a datagram that was sent to somebody who is gone.
        _ = udp.receive(|source, to, came, bytes| {
            let Some(destination) = came_to(announced, source, to, *port) else { return };
            let datagram = Datagram { transport: Transport::Udp, source, destination, came, bytes };
            sfu.handle_input(now, Input::Datagram(datagram));
        });
    }

    fn take_tcp(&mut self, from: FromTcp) {
        match from {
            FromTcp::Opened(address, sender) => self.connections.add(address, sender),
            FromTcp::Closed(address) => self.connections.remove(address),
            FromTcp::Datagram(source, bytes) => {
                let Some(destination) = came_to(&self.announced, source, None, self.port) else { return };
                let came = clock::moment();
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
                    let source = Some(source.ip()).filter(|source| self.local.contains(source));
                    self.udp.send(destination, source, &bytes).await;
                    self.sfu.recycle(bytes);
                }
                Output::Transmit(Transmit { transport: Transport::Tcp, destination, bytes, .. }) => {
                    self.connections.send(destination, bytes);
                }
                Output::Event { who, link, event } => {
                    let message = message(link, event);
                    _ = self.news.send(News { room: who.room, participant: who.participant, message });
                }
            }
        }
        self.udp.flush().await;
    }
}

/// Which announced address a datagram came to: behind a NAT it is not the one on the datagram.
fn came_to(announced: &[IpAddr], source: SocketAddr, to: Option<IpAddr>, port: u16) -> Option<SocketAddr> {
    let exact = announced.iter().find(|address| Some(**address) == to);
    let same_version = || announced.iter().find(|address| address.is_ipv4() == source.is_ipv4());
    Some(SocketAddr::new(*exact.or_else(same_version)?, port))
}
