//! The sockets of all clients, one each, at this machine's own address: what is sent there stays inside. The loopback address
//! would not do, because Janus does not use it. Runs of datagrams that the kernel has put together come in one call.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::time::Duration;

use anyhow::Context;
use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, Event, EventData, EventFlags};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, Protocol, Socket, Type};

/// Datagrams, or runs of them, that one call can bring.
const RECEIVES: usize = 8;

/// Sockets that are read in one turn.
const READY: usize = 64;

/// Room for a run of them.
const RECEIVE_BYTES: usize = 65_536;

/// What the kernel keeps for a socket that is not read at once, in bytes.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;

/// All sockets.
pub(super) struct Network {
    sockets: Vec<(UdpSocket, UdpSocketState)>,
    ready: OwnedFd,
    /// Clients for whom something has come.
    served: Vec<usize>,
    received: Box<[u8]>,
}

/// Which address each client has.
#[derive(Clone)]
pub(super) struct Addresses(Vec<SocketAddr>);

/// A datagram that came.
pub(super) struct Datagram<'a> {
    /// For which client.
    pub(super) client: usize,
    pub(super) source: SocketAddr,
    /// When the kernel took it, in nanoseconds of the time of day.
    pub(super) stamp: Option<u64>,
    pub(super) bytes: &'a [u8],
}

impl Network {
    pub(super) fn open(clients: usize) -> anyhow::Result<(Self, Addresses)> {
        let own = own_address()?;
        let ready = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut sockets = Vec::new();
        let mut addresses = Vec::new();
        for client in 0..clients {
            let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
            socket.bind(&SocketAddr::from((own, 0)).into())?;
            socket.set_nonblocking(true)?;
            socket.set_recv_buffer_size(SOCKET_BUFFER)?;
            let socket: UdpSocket = socket.into();
            let state = UdpSocketState::new((&socket).into())?;
            epoll::add(&ready, &socket, EventData::new_u64(client as u64), EventFlags::IN)?;
            addresses.push(socket.local_addr()?);
            sockets.push((socket, state));
        }
        let received = vec![0; RECEIVES * RECEIVE_BYTES].into();
        let served = Vec::with_capacity(READY);
        Ok((Self { sockets, ready, served, received }, Addresses(addresses)))
    }

    /// Waits until something comes, but not longer than this.
    pub(super) fn wait(&mut self, limit: Duration) -> anyhow::Result<()> {
        let limit = Timespec { tv_sec: limit.as_secs().try_into()?, tv_nsec: limit.subsec_nanos().into() };
        let mut events: Vec<Event> = Vec::with_capacity(READY);
        self.served.clear();
        // The list of what is ready is waited for like a socket: it can itself only be asked to wait whole milliseconds.
        match poll(&mut [PollFd::new(&self.ready, PollFlags::IN)], Some(&limit)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error).context("cannot wait for datagrams"),
        }
        epoll::wait(&self.ready, spare_capacity(&mut events), Some(&Timespec::default()))?;
        self.served.extend(events.iter().filter_map(|event| usize::try_from(event.data.u64()).ok()));
        Ok(())
    }

    /// Takes what one call brings from each socket that was seen to have something.
    pub(super) fn receive(&mut self, mut take: impl FnMut(Datagram<'_>)) {
        for client in self.served.drain(..) {
            let (socket, state) = &self.sockets[client];
            let mut metas = [RecvMeta::default(); RECEIVES];
            let mut chunks = self.received.chunks_mut(RECEIVE_BYTES);
            let mut buffers: [IoSliceMut<'_>; RECEIVES] =
                std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
            let Ok(count) = state.recv(socket.into(), &mut buffers, &mut metas) else { continue };
            for (meta, buffer) in metas.iter().zip(&buffers).take(count) {
                let stamp = meta.timestamp.and_then(|stamp| u64::try_from(stamp.as_nanos()).ok());
                for bytes in buffer[..meta.len].chunks(meta.stride.max(1)) {
                    take(Datagram { client, source: meta.addr, stamp, bytes });
                }
            }
        }
    }

    pub(super) fn send(&self, client: usize, destination: SocketAddr, contents: &[u8]) -> io::Result<()> {
        let (socket, state) = &self.sockets[client];
        let transmit = Transmit { destination, ecn: None, contents, segment_size: None, src_ip: None };
        state.try_send(socket.into(), &transmit)
    }
}

impl Addresses {
    pub(super) fn of(&self, client: usize) -> SocketAddr {
        self.0[client]
    }
}

/// An address of this machine that is not the loopback one.
pub(super) fn own_address() -> anyhow::Result<Ipv4Addr> {
    let mut addresses = if_addrs::get_if_addrs()?.into_iter().map(|interface| interface.ip());
    let found = addresses.find_map(|address| match address {
        IpAddr::V4(address) if !address.is_loopback() => Some(address),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    });
    found.context("the benchmark needs an address beside the loopback one")
}
