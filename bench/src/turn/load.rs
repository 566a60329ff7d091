//! Clients that send at a pace, a peer that sends back, and what the relay's process has used meanwhile.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, anyhow};
use socket2::Socket;
use stun_types::AddressFamily;
use stun_types::attribute::ErrorCode;
use testkit::{TurnAnswer, TurnSpeaker, TurnWish};

use super::relay::{PEER, Relay};
use crate::sfu::{clock, process};

/// The channel that each client binds.
const CHANNEL: u16 = 0x4000;

/// How long an answer may take, and how often it is asked for.
const PATIENCE: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 10;

/// Clients at one address: what a relay answers to an address of which nobody has proven anything yet is limited, and a
/// client asks once without proof.
const AT_ONE_ADDRESS: usize = 50;

/// What is kept for a socket that is not read at once.
const BUFFER: usize = 4 * 1024 * 1024;

/// What is sent by how many.
pub(super) struct Load {
    pub(super) name: &'static str,
    pub(super) clients: usize,
    /// Of a datagram.
    pub(super) bytes: usize,
    /// Datagrams at once.
    pub(super) burst: usize,
    /// Bursts a second of each client.
    pub(super) per_second: u32,
}

/// What was found.
pub(super) struct Found {
    sent: u64,
    /// By the peer, and again by the clients.
    relayed: [u64; 2],
    used: Duration,
}

impl Found {
    /// Microseconds of processor time for each datagram that was relayed, in either direction.
    pub(super) fn cost(&self) -> f64 {
        self.used.as_secs_f64() * 1e6 / (self.relayed[0] + self.relayed[1]).max(1) as f64
    }

    /// Datagrams that did not come back.
    pub(super) fn lost(&self) -> u64 {
        self.sent.saturating_sub(self.relayed[1])
    }
}

struct Client {
    socket: UdpSocket,
    speaker: TurnSpeaker,
}

pub(super) fn run(relay: &Relay, load: &Load, length: Duration) -> anyhow::Result<Found> {
    let echo = Echo::start()?;
    let clients = open(relay, load.clients, Some(echo.address))?;
    let mut datagram = CHANNEL.to_be_bytes().to_vec();
    datagram.extend_from_slice(&u16::try_from(load.bytes)?.to_be_bytes());
    datagram.resize(4 + load.bytes, 7);
    // A second to warm up.
    pace(&clients, load, &datagram, Duration::from_secs(1))?;
    let (before, heard) = (process::time_of_threads(relay.process)?, echo.heard());
    let (sent, returned) = pace(&clients, load, &datagram, length)?;
    let used = process::time_of_threads(relay.process)? - before;
    let relayed = [echo.heard() - heard, returned];
    close(clients)?;
    Ok(Found { sent, relayed, used })
}

fn open(relay: &Relay, count: usize, peer: Option<SocketAddr>) -> anyhow::Result<Vec<Client>> {
    (0..count).map(|number| Client::open(relay, number, peer)).collect()
}

/// Ends the allocations, so that whoever comes next finds the relay as it was.
fn close(clients: Vec<Client>) -> anyhow::Result<()> {
    clients.into_iter().try_for_each(Client::close)
}

/// Sends at the pace of the load, reads what comes back, and counts both.
fn pace(clients: &[Client], load: &Load, datagram: &[u8], length: Duration) -> anyhow::Result<(u64, u64)> {
    let interval = Duration::from_secs(1) / load.per_second / u32::try_from(clients.len())?;
    let start = clock::moment();
    let (mut sent, mut returned, mut turn) = (0, 0, 0_u32);
    let mut bytes = [0; 2_048];
    loop {
        let now = clock::moment().saturating_duration_since(start);
        if now >= length {
            break;
        }
        while interval * turn <= now {
            let client = &clients[turn as usize % clients.len()];
            for _ in 0..load.burst {
                sent += u64::from(client.socket.send(datagram).is_ok());
            }
            turn += 1;
        }
        returned += drain(clients, &mut bytes);
        std::thread::sleep(Duration::from_micros(500));
    }
    std::thread::sleep(Duration::from_millis(200));
    returned += drain(clients, &mut bytes);
    Ok((sent, returned))
}

fn drain(clients: &[Client], bytes: &mut [u8]) -> u64 {
    let mut count = 0;
    for client in clients {
        while client.socket.recv(bytes).is_ok() {
            count += 1;
        }
    }
    count
}

/// Resident memory of the relay for each of so many allocations, in bytes.
pub(super) fn memory(relay: &Relay, count: usize) -> anyhow::Result<f64> {
    let before = process::resident(relay.process)?;
    let clients = open(relay, count, None)?;
    let after = process::resident(relay.process)?;
    close(clients)?;
    Ok(after.saturating_sub(before) as f64 / count as f64)
}

impl Client {
    /// A client with an allocation, and a channel to a peer. A port at which a relay still remembers somebody is left to it
    /// (RFC 8656 §7.4, 437): coturn does so for a while after an allocation has ended.
    fn open(relay: &Relay, number: usize, peer: Option<SocketAddr>) -> anyhow::Result<Self> {
        for _ in 0..ATTEMPTS {
            let mut client = Self::connect(relay, number)?;
            match client.ask(TurnWish::Allocate(AddressFamily::IPV4)) {
                Ok(()) => {}
                Err(Denied::Refused(ErrorCode::ALLOCATION_MISMATCH)) => continue,
                Err(denied) => anyhow::bail!("an allocation was {denied}"),
            }
            if let Some(peer) = peer {
                client
                    .ask(TurnWish::Bind(CHANNEL, peer))
                    .map_err(|denied| anyhow!("a channel was {denied}"))?;
            }
            client.socket.set_nonblocking(true)?;
            return Ok(client);
        }
        anyhow::bail!("the relay remembers somebody at each port")
    }

    fn connect(relay: &Relay, number: usize) -> anyhow::Result<Self> {
        let socket = UdpSocket::bind((address(number), 0))?;
        Socket::set_recv_buffer_size(&socket2::SockRef::from(&socket), BUFFER)?;
        socket.connect(relay.address)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let seed = RandomState::new().build_hasher().finish();
        Ok(Self { socket, speaker: TurnSpeaker::new(&relay.username, &relay.password, seed) })
    }

    fn close(mut self) -> anyhow::Result<()> {
        self.socket.set_nonblocking(false)?;
        match self.ask(TurnWish::Refresh(0)) {
            // It has ended, and the answer that said so was lost.
            Ok(()) | Err(Denied::Refused(ErrorCode::ALLOCATION_MISMATCH)) => Ok(()),
            Err(denied) => anyhow::bail!("the end of an allocation was {denied}"),
        }
    }

    /// Asks, and asks the same again when no answer comes: a relay knows it by its number.
    fn ask(&mut self, wish: TurnWish) -> Result<(), Denied> {
        let mut bytes = [0; 2_048];
        let (mut asked, mut request) = self.speaker.ask(wish);
        for _ in 0..ATTEMPTS {
            // What cannot be sent is not answered either.
            _ = self.socket.send(&request);
            // Data that is on its way may come before the answer.
            while let Ok(length) = self.socket.recv(&mut bytes) {
                match self.speaker.hear(asked, &bytes[..length]) {
                    TurnAnswer::Yes(_) => return Ok(()),
                    TurnAnswer::No(code) => return Err(Denied::Refused(code)),
                    TurnAnswer::Again => {
                        (asked, request) = self.speaker.ask(wish);
                        break;
                    }
                    TurnAnswer::Other => {}
                }
            }
        }
        Err(Denied::Unanswered)
    }
}

/// Why a client has not got what it asked for.
enum Denied {
    Refused(u16),
    Unanswered,
}

impl std::fmt::Display for Denied {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(code) => write!(formatter, "refused with {code}"),
            Self::Unanswered => formatter.write_str("not answered"),
        }
    }
}

/// The address of a client, on this machine: all of 127.0.0.0/8 is.
fn address(number: usize) -> IpAddr {
    let [.., high, low] = (number / AT_ONE_ADDRESS + 1).to_be_bytes();
    Ipv4Addr::new(127, 1, high, low).into()
}

/// A peer that sends back what comes.
struct Echo {
    address: SocketAddr,
    heard: Arc<AtomicU64>,
    ends: Arc<AtomicBool>,
}

impl Echo {
    fn start() -> anyhow::Result<Self> {
        let socket = UdpSocket::bind((PEER, 0)).context("the loopback network")?;
        Socket::set_recv_buffer_size(&socket2::SockRef::from(&socket), BUFFER)?;
        socket.set_read_timeout(Some(Duration::from_millis(100)))?;
        let address = socket.local_addr()?;
        let (heard, ends) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, ending) = (Arc::clone(&heard), Arc::clone(&ends));
        std::thread::Builder::new().name("echo".to_owned()).spawn(move || {
            let mut bytes = [0; 2_048];
            while !ending.load(Ordering::Relaxed) {
                // An error is that nothing has come, or that somebody is gone to whom something was sent back.
                if let Ok((length, from)) = socket.recv_from(&mut bytes) {
                    counted.fetch_add(1, Ordering::Relaxed);
                    _ = socket.send_to(&bytes[..length], from);
                }
            }
        })?;
        Ok(Self { address, heard, ends })
    }

    fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}
