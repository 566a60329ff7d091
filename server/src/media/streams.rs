//! Streams that carry datagrams, for networks without UDP: ICE-TCP, each datagram with its length before it (RFC 6544,
//! RFC 4571), and TURN over TCP or TLS, whose messages say themselves how long they are.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use relay::{Flow, Frame, Transport};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::{clock, tasks};

/// Streams of one shard.
const MAX_STREAMS: usize = 2_000;

/// How long a stream may say nothing. A browser checks its path every few seconds (RFC 7675), and asks the relay for more time
/// every few minutes.
const SILENT_FOR: Duration = Duration::from_secs(30);
const RELAYED_SILENT_FOR: Duration = Duration::from_secs(660);

/// How long a stream may be without an allocation that came to have one.
const PROVES_ITSELF_WITHIN: Duration = Duration::from_secs(20);

/// Datagrams that wait for a slow stream; beyond them they are lost, as on any network.
const WAITING: usize = 512;

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
    Opened(Channel, mpsc::Sender<Vec<u8>>),
    /// A datagram or a message came.
    Message(Channel, Vec<u8>),
    /// A stream is gone.
    Closed(Channel),
}

/// The streams of a shard.
#[derive(Default)]
pub(super) struct Streams {
    open: HashMap<Channel, Open>,
}

struct Open {
    sender: mpsc::Sender<Vec<u8>>,
    since: Instant,
}

impl Streams {
    /// Notes a stream. When there are too many, it ends.
    pub(super) fn add(&mut self, now: Instant, channel: Channel, sender: mpsc::Sender<Vec<u8>>) {
        if self.open.len() < MAX_STREAMS {
            self.open.insert(channel, Open { sender, since: now });
        }
    }

    pub(super) fn remove(&mut self, channel: Channel) {
        self.open.remove(&channel);
    }

    pub(super) fn send(&self, channel: Channel, bytes: Vec<u8>) {
        if let Some(open) = self.open.get(&channel) {
            _ = open.sender.try_send(bytes);
        }
    }

    /// Ends those that came to be relayed, and have not proven in time that they may be.
    pub(super) fn end_unproven(&mut self, now: Instant, is_served: impl Fn(Flow) -> bool) {
        self.open.retain(|channel, open| match channel {
            Channel::Ice(_) => true,
            Channel::Relay(flow) => {
                now.saturating_duration_since(open.since) < PROVES_ITSELF_WITHIN || is_served(*flow)
            }
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}

/// Takes connections until the shard ends.
pub(super) async fn accept(listener: TcpListener, shard: mpsc::Sender<FromStream>) {
    loop {
        match listener.accept().await {
            Ok((stream, client)) => drop(tasks::spawn(sort(stream, client, shard.clone()))),
            // Too many open files, for one, is not over at once.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
        if shard.is_closed() {
            return;
        }
    }
}

/// Looks at the first message: which kind of stream it is stands there.
async fn sort(mut stream: TcpStream, client: SocketAddr, shard: mpsc::Sender<FromStream>) -> io::Result<()> {
    _ = stream.set_nodelay(true);
    let server = canonical(stream.local_addr()?);
    let client = canonical(client);
    let mut read = Vec::with_capacity(READ);
    while read.len() < IN_ICE.end {
        let more = tokio::time::timeout(SILENT_FOR, stream.read_buf(&mut read)).await??;
        if more == 0 {
            return Ok(());
        }
    }
    let channel = if read[IN_TURN] == COOKIE {
        Channel::Relay(Flow { transport: Transport::Tcp, client, server })
    } else if read[IN_ICE] == COOKIE {
        Channel::Ice(client)
    } else {
        return Ok(());
    };
    serve(stream, read, channel, shard).await;
    Ok(())
}

/// Carries messages between a stream, of which some was read already, and the shard.
pub(super) async fn serve<S>(stream: S, read: Vec<u8>, channel: Channel, shard: mpsc::Sender<FromStream>)
where
    S: AsyncRead + AsyncWrite + Send,
{
    let (incoming, outgoing) = tokio::io::split(stream);
    let (sender, waiting) = mpsc::channel(WAITING);
    if shard.send(FromStream::Opened(channel, sender)).await.is_err() {
        return;
    }
    tokio::select! {
        _ = receive(incoming, read, channel, &shard) => {}
        _ = send(outgoing, waiting, channel) => {}
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
    mut waiting: mpsc::Receiver<Vec<u8>>,
    channel: Channel,
) -> io::Result<()> {
    let mut frames = Vec::new();
    while let Some(message) = waiting.recv().await {
        frames.clear();
        channel.frame(&mut frames, &message);
        while frames.len() < READ
            && let Ok(message) = waiting.try_recv()
        {
            channel.frame(&mut frames, &message);
        }
        outgoing.write_all(&frames).await?;
        outgoing.flush().await?;
    }
    outgoing.shutdown().await
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// When unproven streams are looked for again.
pub(super) fn next_look() -> Instant {
    clock::moment() + PROVES_ITSELF_WITHIN / 4
}
