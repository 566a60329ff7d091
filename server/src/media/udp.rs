//! One UDP socket: many datagrams a call, both ways.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Instant;

use quinn_udp::{RecvMeta, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;

use super::batch::Batch;
use crate::clock::Moments;

/// Calls to the system that can be answered at once.
const RECEIVES: usize = 16;

/// Room for what one of them can bring: the system puts datagrams of one sender together.
const RECEIVE_BYTES: usize = 65_536;

/// What the system keeps for a shard that is busy, in bytes. A picture of everybody's in a large room comes within a
/// millisecond.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;

/// And for one client of the relay: half a second of what one sends at the most.
const RELAY_BUFFER: usize = 1024 * 1024;

/// A socket that takes and gives many datagrams a call.
pub(super) struct UdpPort {
    socket: tokio::net::UdpSocket,
    state: UdpSocketState,
    is_v6: bool,
}

/// Room for what comes; ports on one thread share it.
pub(super) struct Receiver(Box<[u8]>);

/// What a port sends: datagram by datagram in, many at once out.
pub(super) struct Outbox {
    port: UdpPort,
    batch: Batch,
}

/// Binds an address of one version of IP.
pub(super) fn bind_to(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.set_nonblocking(true)?;
    _ = socket.set_recv_buffer_size(RELAY_BUFFER);
    _ = socket.set_send_buffer_size(RELAY_BUFFER);
    Ok(socket.into())
}

/// Binds a port for both versions of IP, or for the older one where there is only that.
pub(super) fn bind(port: u16, sharing: Sharing) -> io::Result<UdpSocket> {
    let socket = bind_any(Type::DGRAM, Protocol::UDP, port, sharing)?;
    socket.set_nonblocking(true)?;
    // The system gives what it allows.
    _ = socket.set_recv_buffer_size(SOCKET_BUFFER);
    _ = socket.set_send_buffer_size(SOCKET_BUFFER);
    Ok(socket.into())
}

/// Whether several sockets of this process have the same port, among which the system divides what comes by its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// The port is this socket's alone, or it is not had.
    Alone,
    /// It is shared with others that say so too.
    Shared,
}

/// Binds a port of all addresses.
pub(super) fn bind_any(kind: Type, protocol: Protocol, port: u16, sharing: Sharing) -> io::Result<Socket> {
    let bind = |domain, address: SocketAddr| -> io::Result<Socket> {
        let socket = Socket::new(domain, kind, Some(protocol))?;
        if domain == Domain::IPV6 {
            socket.set_only_v6(false)?;
        }
        if kind == Type::STREAM && cfg!(unix) {
            socket.set_reuse_address(true)?; // Connections of a server that has just ended do not keep the port.
        }
        #[cfg(target_os = "linux")]
        socket.set_reuse_port(sharing == Sharing::Shared)?;
        #[cfg(not(target_os = "linux"))]
        let _ = sharing;
        socket.bind(&address.into())?;
        Ok(socket)
    };
    match bind(Domain::IPV6, (Ipv6Addr::UNSPECIFIED, port).into()) {
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
            bind(Domain::IPV4, (Ipv4Addr::UNSPECIFIED, port).into())
        }
        bound => bound,
    }
}

impl UdpPort {
    /// Has to be called on the shard's runtime.
    pub(super) fn new(socket: UdpSocket) -> io::Result<Self> {
        let is_v6 = socket.local_addr()?.is_ipv6();
        let socket = tokio::net::UdpSocket::from_std(socket)?;
        let state = UdpSocketState::new((&socket).into())?;
        let_be_fragmented(&socket, is_v6);
        Ok(Self { socket, state, is_v6 })
    }

    pub(super) async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// Takes what has come: `take` gets the sender, the address it came to, when the system had it, and the datagram.
    pub(super) fn receive(
        &self,
        receiver: &mut Receiver,
        mut take: impl FnMut(SocketAddr, Option<IpAddr>, Instant, &[u8]),
    ) -> io::Result<()> {
        let mut metas = [RecvMeta::default(); RECEIVES];
        let Self { socket, state, .. } = self;
        let mut chunks = receiver.0.chunks_mut(RECEIVE_BYTES);
        let mut buffers: [IoSliceMut<'_>; RECEIVES] =
            std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
        let mut count = 0;
        let received = socket.try_io(Interest::READABLE, || {
            count = state.recv(socket.into(), &mut buffers, &mut metas)?;
            if found_the_end(count) { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        match received {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && count > 0 => {}
            Err(error) => return Err(error),
        }
        let moments = Moments::now();
        for (meta, buffer) in metas.iter().zip(&buffers).take(count) {
            let source = SocketAddr::new(meta.addr.ip().to_canonical(), meta.addr.port());
            let destination = meta.dst_ip.map(|address| address.to_canonical());
            let came = moments.of(meta.timestamp);
            if meta.len == 0 {
                take(source, destination, came, &[]);
            }
            for datagram in buffer[..meta.len].chunks(meta.stride.max(1)) {
                take(source, destination, came, datagram);
            }
        }
        Ok(())
    }

    /// A batch for what this port sends.
    pub(super) fn batch(&self) -> Batch {
        Batch::new(self.state.max_gso_segments())
    }

    /// Adds a datagram to a batch of this port's; false when what is in it has to go first.
    pub(super) fn push(
        &self,
        batch: &mut Batch,
        destination: SocketAddr,
        source: Option<IpAddr>,
        datagram: &[u8],
    ) -> bool {
        let destination = if self.is_v6 { as_v6(destination) } else { destination };
        let source = source.map(|source| if self.is_v6 { IpAddr::V6(ip_as_v6(source)) } else { source });
        batch.push(destination, source, datagram)
    }

    /// Sends what is in a batch, unless the system has no room for it now.
    pub(super) fn try_send(&self, batch: &Batch) -> io::Result<()> {
        let Some(transmit) = batch.transmit() else { return Ok(()) };
        let (socket, state) = (&self.socket, &self.state);
        socket.try_io(Interest::WRITABLE, || state.try_send(socket.into(), &transmit))
    }
}

impl Receiver {
    pub(super) fn new() -> Self {
        Self(vec![0; RECEIVES * RECEIVE_BYTES].into())
    }
}

impl Outbox {
    pub(super) fn new(port: UdpPort) -> Self {
        let batch = port.batch();
        Self { port, batch }
    }

    pub(super) fn port(&self) -> &UdpPort {
        &self.port
    }

    /// Sends a datagram, now or with those after it.
    pub(super) async fn send(&mut self, destination: SocketAddr, source: Option<IpAddr>, datagram: &[u8]) {
        if !self.port.push(&mut self.batch, destination, source, datagram) {
            self.flush().await;
            self.port.push(&mut self.batch, destination, source, datagram);
        }
    }

    /// Sends what waits.
    pub(super) async fn flush(&mut self) {
        loop {
            match self.port.try_send(&self.batch) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    _ = self.port.socket.writable().await;
                }
                // What cannot be sent is lost, as on any network.
                Ok(()) | Err(_) => return self.batch.clear(),
            }
        }
    }
}

/// Whether a call that brought so much has also found that there is no more: then nobody has to ask again to hear so, which
/// costs as much as a datagram. recvmmsg(2) stops early for nothing else; elsewhere a call may bring one.
fn found_the_end(count: usize) -> bool {
    cfg!(target_os = "linux") && count < RECEIVES.min(quinn_udp::BATCH_SIZE)
}

/// What is relayed is as large as its sender made it, and gets four bytes or more on its way to a client: a datagram that filled
/// a packet would be lost otherwise. What we make ourselves is smaller.
fn let_be_fragmented(socket: &tokio::net::UdpSocket, is_v6: bool) {
    #[cfg(target_os = "linux")]
    {
        use rustix::net::sockopt;
        // A socket for both versions has both settings. Where there is no such thing, datagrams may be lost.
        _ = sockopt::set_ip_mtu_discover(socket, sockopt::Ipv4PathMtuDiscovery::DONT);
        if is_v6 {
            _ = sockopt::set_ipv6_mtu_discover(socket, sockopt::Ipv6PathMtuDiscovery::DONT);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (socket, is_v6);
}

fn as_v6(address: SocketAddr) -> SocketAddr {
    SocketAddr::from((ip_as_v6(address.ip()), address.port()))
}

fn ip_as_v6(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}
