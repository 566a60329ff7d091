//! Streams that carry datagrams, for networks without UDP: ICE-TCP, each datagram with its length before it (RFC 6544,
//! RFC 4571), and TURN over TCP or TLS, whose messages say themselves how long they are.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use relay::{Flow, Frame, Transport};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::neighbours::Neighbours;
use crate::places::{Place, Places};
use crate::tasks;

/// Streams of one shard.
const MAX_STREAMS: usize = 2_000;

/// How long a stream may say nothing. A browser checks its path every few seconds (RFC 7675), and asks the relay for more time
/// every few minutes.
const SILENT_FOR: Duration = Duration::from_secs(30);
const RELAYED_SILENT_FOR: Duration = Duration::from_secs(660);

/// How long a stream may be without an allocation, or a link, that came for one.
const PROVES_ITSELF_WITHIN: Duration = Duration::from_secs(20);

/// Streams of one address (of IPv6: one /64).
const MAX_OF_ONE_ADDRESS: usize = 500;

/// Streams of all shards whose kind is not known yet, and how many of them one customer may have.
const UNSORTED: usize = 500;
const UNSORTED_OF_ONE: usize = UNSORTED / 8;

/// How long a stream may keep its kind to itself.
const SORTED_WITHIN: Duration = Duration::from_secs(10);

/// Messages and bytes that wait for a slow stream; beyond them what carries media is lost, as on any network.
const WAITING: usize = 512;
const WAITING_BYTES: usize = 512 * 1024;

/// Places that are kept for answers: in a stream nobody asks twice.
const FOR_ANSWERS: usize = 32;

/// How long a stream may take nothing of what is written.
const STUCK_AFTER: Duration = Duration::from_secs(20);

/// What is read at once.
const READ: usize = 16 * 1024;

/// Where the magic cookie of STUN is in the first message of each kind of stream (RFC 8489 §5).
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const IN_ICE: Range<usize> = 6..10;
const IN_TURN: Range<usize> = 4..8;

/// Which stream, and what it carries.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Channel {
    /// Media, with a browser at this address.
    Ice(SocketAddr),
    /// What is to be relayed.
    Relay(Flow),
}

/// What the streams have brought, for the shard.
pub(super) enum FromStream {
    /// A stream is there.
    Opened(Channel, ToStream),
    /// A datagram or a message came.
    Message(Channel, Vec<u8>),
    /// A stream is gone.
    Closed(Channel),
}

/// The streams of a shard.
#[derive(Default)]
pub(super) struct Streams {
    open: HashMap<Channel, Open>,
    of_address: HashMap<IpAddr, usize>,
}

struct Open {
    stream: ToStream,
    since: Instant,
}

/// The way to a stream, for the shard.
pub(super) struct ToStream {
    sender: mpsc::Sender<Vec<u8>>,
    /// Bytes that wait.
    waiting: Arc<AtomicUsize>,
}

impl Streams {
    /// Notes a stream. When there are too many, it ends.
    pub(super) fn add(&mut self, now: Instant, channel: Channel, stream: ToStream) {
        self.remove(channel);
        let customer = relay::one_customer(channel.client().ip());
        let has = self.of_address.get(&customer).copied().unwrap_or_default();
        if self.open.len() < MAX_STREAMS && has < MAX_OF_ONE_ADDRESS {
            self.of_address.insert(customer, has + 1);
            self.open.insert(channel, Open { stream, since: now });
        }
    }

    pub(super) fn remove(&mut self, channel: Channel) {
        if self.open.remove(&channel).is_none() {
            return;
        }
        let customer = relay::one_customer(channel.client().ip());
        if let Some(count) = self.of_address.get_mut(&customer) {
            *count -= 1;
            if *count == 0 {
                self.of_address.remove(&customer);
            }
        }
    }

    pub(super) fn send(&self, channel: Channel, bytes: Vec<u8>) {
        let Some(Open { stream: ToStream { sender, waiting }, .. }) = self.open.get(&channel) else { return };
        let length = bytes.len();
        let is_full = waiting.load(Ordering::Relaxed) + length > WAITING_BYTES;
        if channel.may_lose(&bytes) && (is_full || sender.capacity() < FOR_ANSWERS) {
            return;
        }
        waiting.fetch_add(length, Ordering::Relaxed);
        if sender.try_send(bytes).is_err() {
            waiting.fetch_sub(length, Ordering::Relaxed);
        }
    }

    /// Ends those that have not proven in time that they may be here.
    pub(super) fn end_unproven(&mut self, now: Instant, is_served: impl Fn(Channel) -> bool) {
        let is_late = |open: &Open| now.saturating_duration_since(open.since) >= PROVES_ITSELF_WITHIN;
        let unproven = self.open.iter().filter(|(channel, open)| is_late(open) && !is_served(**channel));
        for channel in unproven.map(|(channel, _)| *channel).collect::<Vec<_>>() {
            self.remove(channel);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}

/// Where streams of all shards wait until their kind is known.
pub(super) fn places_of_unsorted() -> Arc<Places> {
    Places::new(UNSORTED, UNSORTED_OF_ONE)
}

/// Takes connections until the shard ends. Those for which there is no place are closed, so that the others need not wait.
pub(super) async fn accept(listener: TcpListener, shard: u16, neighbours: Neighbours, unsorted: Arc<Places>) {
    loop {
        match listener.accept().await {
            Ok((stream, client)) => {
                if let Some(place) = unsorted.take(Some(client.ip())) {
                    tasks::spawn(take(stream, client, place, shard, neighbours.clone()));
                }
            }
            // Too many open files, for one, is not over at once.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
        if neighbours.streams(shard).is_none_or(mpsc::Sender::is_closed) {
            return;
        }
    }
}

async fn take(mut stream: TcpStream, client: SocketAddr, place: Place, here: u16, neighbours: Neighbours) {
    _ = stream.set_nodelay(true);
    let Ok(server) = stream.local_addr() else { return };
    let (client, server) = (canonical(client), canonical(server));
    let sorted = tokio::time::timeout(SORTED_WITHIN, sort(&mut stream, client, server)).await;
    drop(place);
    let Ok(Ok(Some((channel, first, read)))) = sorted else { return };
    let shard = match channel {
        Channel::Ice(_) => neighbours.of_check(&read[first]).or(neighbours.streams(here)),
        Channel::Relay(flow) => neighbours.of_customer(flow.client.ip()),
    };
    if let Some(shard) = shard.cloned() {
        serve(stream, read, channel, shard).await;
    }
}

/// Looks at the first message: which kind of stream it is stands there.
async fn sort(
    stream: &mut (impl AsyncRead + Unpin),
    client: SocketAddr,
    server: SocketAddr,
) -> io::Result<Option<(Channel, Range<usize>, Vec<u8>)>> {
    let mut read = Vec::with_capacity(READ);
    while read.len() < IN_ICE.end {
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(None);
        }
    }
    let channel = if read[IN_TURN] == COOKIE {
        Channel::Relay(Flow { transport: Transport::Tcp, client, server })
    } else if read[IN_ICE] == COOKIE {
        Channel::Ice(client)
    } else {
        return Ok(None);
    };
    loop {
        if let Some((first, _)) = channel.next(&read)? {
            return Ok(Some((channel, first, read)));
        }
        if read.len() >= READ || stream.read_buf(&mut read).await? == 0 {
            return Ok(None);
        }
    }
}

/// Carries messages between a stream, of which some was read already, and the shard.
pub(super) async fn serve<S>(stream: S, read: Vec<u8>, channel: Channel, shard: mpsc::Sender<FromStream>)
where
    S: AsyncRead + AsyncWrite + Send,
{
    let (incoming, outgoing) = tokio::io::split(stream);
    let (sender, messages) = mpsc::channel(WAITING);
    let waiting = Arc::new(AtomicUsize::new(0));
    let opened = ToStream { sender, waiting: Arc::clone(&waiting) };
    if shard.send(FromStream::Opened(channel, opened)).await.is_err() {
        return;
    }
    tokio::select! {
        _ = receive(incoming, read, channel, &shard) => {}
        _ = send(outgoing, messages, &waiting, channel) => {}
    }
    _ = shard.send(FromStream::Closed(channel)).await;
}

async fn receive(
    mut incoming: impl AsyncRead + Unpin,
    mut read: Vec<u8>,
    channel: Channel,
    shard: &mpsc::Sender<FromStream>,
) -> io::Result<()> {
    let silent_for = match channel {
        Channel::Ice(_) => SILENT_FOR,
        Channel::Relay(_) => RELAYED_SILENT_FOR,
    };
    loop {
        let mut taken = 0;
        while let Some((message, end)) = channel.next(&read[taken..])? {
            let message = read[taken..][message].to_vec();
            taken += end;
            if shard.send(FromStream::Message(channel, message)).await.is_err() {
                return Ok(());
            }
        }
        read.drain(..taken);
        read.reserve(READ);
        if tokio::time::timeout(silent_for, incoming.read_buf(&mut read)).await?? == 0 {
            return Ok(());
        }
    }
}

impl Channel {
    fn client(self) -> SocketAddr {
        match self {
            Self::Ice(client) | Self::Relay(Flow { client, .. }) => client,
        }
    }

    /// How much is written in one piece. Inside TLS a piece is a record, and some clients look for one message in each.
    fn most_at_once(self) -> usize {
        match self {
            Self::Relay(Flow { transport: Transport::Tls, .. }) => 0,
            Self::Ice(_) | Self::Relay(_) => READ,
        }
    }

    /// Whether a message carries media, or is one that whoever sent it would say again.
    fn may_lose(self, message: &[u8]) -> bool {
        match self {
            Self::Ice(_) => true,
            Self::Relay(_) => relay::is_data(message),
        }
    }

    /// Where the first message is in what was read, and where it ends; `None` while it is not whole.
    fn next(self, read: &[u8]) -> io::Result<Option<(Range<usize>, usize)>> {
        match self {
            Self::Ice(_) => {
                let Some(length) = read.first_chunk() else { return Ok(None) };
                let end = 2 + usize::from(u16::from_be_bytes(*length));
                Ok((end <= read.len()).then_some((2..end, end)))
            }
            Self::Relay(_) => match relay::next_frame(read).map_err(io::Error::other)? {
                Frame::Whole { message, taken } => Ok(Some((0..message, taken))),
                Frame::Partial => Ok(None),
            },
        }
    }

    fn frame(self, frames: &mut Vec<u8>, message: &[u8]) {
        if let Self::Ice(_) = self {
            let Ok(length) = u16::try_from(message.len()) else { return };
            frames.extend_from_slice(&length.to_be_bytes());
        }
        frames.extend_from_slice(message);
    }
}

/// Ends when the shard has dropped the stream.
async fn send(
    mut outgoing: impl AsyncWrite + Unpin,
    mut messages: mpsc::Receiver<Vec<u8>>,
    waiting: &AtomicUsize,
    channel: Channel,
) -> io::Result<()> {
    let mut frames = Vec::new();
    while let Some(message) = messages.recv().await {
        frames.clear();
        let mut taken = message.len();
        channel.frame(&mut frames, &message);
        while frames.len() < channel.most_at_once()
            && let Ok(message) = messages.try_recv()
        {
            taken += message.len();
            channel.frame(&mut frames, &message);
        }
        let written = async {
            outgoing.write_all(&frames).await?;
            outgoing.flush().await
        };
        tokio::time::timeout(STUCK_AFTER, written).await??;
        waiting.fetch_sub(taken, Ordering::Relaxed);
    }
    outgoing.shutdown().await
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// When unproven streams are looked for again.
pub(super) fn next_look(now: Instant) -> Instant {
    now + PROVES_ITSELF_WITHIN / 4
}

/// Sorts a stream, and gives its messages to `take`; whether it is one of ICE, `None` when it is of no kind.
#[cfg(feature = "fuzzing")]
pub(crate) async fn read_for_fuzzing(
    mut stream: impl AsyncRead + Unpin,
    mut take: impl FnMut(Vec<u8>),
) -> io::Result<Option<bool>> {
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    let Some((channel, _, read)) = sort(&mut stream, address, address).await? else { return Ok(None) };
    let (shard, mut messages) = mpsc::channel(1);
    let taking = async {
        while let Some(FromStream::Message(_, message)) = messages.recv().await {
            take(message);
        }
    };
    let receiving = async {
        let shard = shard;
        receive(stream, read, channel, &shard).await
    };
    let (ended, ()) = tokio::join!(receiving, taking);
    ended.map(|()| Some(matches!(channel, Channel::Ice(_))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn ice(address: &str) -> Channel {
        Channel::Ice(address.parse().unwrap())
    }

    fn way() -> ToStream {
        ToStream { sender: mpsc::channel(1).0, waiting: Arc::default() }
    }

    #[test]
    fn a_stream_for_media_ends_that_belongs_to_no_link() {
        let (mut streams, now) = (Streams::default(), clock::moment());
        let (known, stranger) = (ice("192.0.2.1:1"), ice("192.0.2.2:1"));
        streams.add(now, known, way());
        streams.add(now, stranger, way());
        let is_served = |channel: Channel| channel == known;
        streams.end_unproven(now + PROVES_ITSELF_WITHIN / 2, is_served);
        assert_eq!(streams.open.len(), 2, "there is time to prove it");
        streams.end_unproven(now + PROVES_ITSELF_WITHIN, is_served);
        assert!(streams.open.len() == 1 && streams.open.contains_key(&known));
    }

    #[test]
    fn of_an_address_whose_streams_have_gone_or_were_refused_nothing_stays() {
        let (mut streams, now) = (Streams::default(), clock::moment());
        for port in 0..MAX_STREAMS {
            let address = format!("10.0.{}.{}:{port}", port / 200, port % 200);
            streams.add(now, ice(&address), way());
        }
        let of_address = streams.of_address.len();
        streams.add(now, ice("192.0.2.1:1"), way());
        assert_eq!((streams.open.len(), streams.of_address.len()), (MAX_STREAMS, of_address));
        for channel in streams.open.keys().copied().collect::<Vec<_>>() {
            streams.remove(channel);
        }
        assert!(streams.of_address.is_empty());
    }
}
