//! Streams that carry datagrams, for networks without UDP: ICE-TCP, each datagram with its length before it (RFC 6544,
//! RFC 4571), and TURN over TCP or TLS, whose messages say themselves how long they are.

use std::cell::Cell;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use relay::{Flow, Frame, Transport};
use tokio::sync::mpsc;

/// Streams of one shard.
const MAX_STREAMS: usize = 2_000;

/// How long a stream may be without an allocation, or a link, that came for one.
const PROVES_ITSELF_WITHIN: Duration = Duration::from_secs(20);

/// Streams of one address (of IPv6: one /64).
const MAX_OF_ONE_ADDRESS: usize = 500;

/// Messages and bytes that wait for a slow stream; beyond them what carries media is lost, as on any network.
const WAITING: usize = 512;
const WAITING_BYTES: usize = 512 * 1024;

/// Records that are kept for answers: in a stream nobody asks twice.
const FOR_ANSWERS: usize = 32;

/// What is read at once, and written.
pub(super) const READ: usize = 16 * 1024;

/// Which stream, and what it carries.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum TcpFlow {
    /// Media, with a browser at this address.
    Ice(SocketAddr),
    /// What is to be relayed.
    Relay(Flow),
}

/// What the streams have brought, for the shard.
pub(super) enum FromStream {
    /// A stream is there.
    Opened(TcpFlow, ToStream),
    /// A datagram or a message came.
    Message(TcpFlow, Vec<u8>),
    /// A stream is gone.
    Closed(TcpFlow),
}

/// The streams of a shard.
#[derive(Default)]
pub(super) struct Streams {
    open: HashMap<TcpFlow, Open>,
    of_address: HashMap<IpAddr, usize>,
    /// Datagrams for which a stream had no room.
    refused: Cell<u64>,
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

/// What waits for a stream to take it.
pub(super) struct Waiting {
    pub(super) messages: mpsc::Receiver<Vec<u8>>,
    /// Bytes that wait.
    pub(super) bytes: Arc<AtomicUsize>,
}

impl ToStream {
    /// A way, and its other end.
    pub(super) fn new() -> (Self, Waiting) {
        let (sender, messages) = mpsc::channel(WAITING);
        let bytes = Arc::default();
        (Self { sender, waiting: Arc::clone(&bytes) }, Waiting { messages, bytes })
    }
}

impl Streams {
    /// Notes a stream. When there are too many, it ends.
    pub(super) fn add(&mut self, now: Instant, flow: TcpFlow, stream: ToStream) {
        self.remove(flow);
        let prefix = relay::client_prefix(flow.client().ip());
        let has = self.of_address.get(&prefix).copied().unwrap_or_default();
        if self.open.len() < MAX_STREAMS && has < MAX_OF_ONE_ADDRESS {
            self.of_address.insert(prefix, has + 1);
            self.open.insert(flow, Open { stream, since: now });
        }
    }

    pub(super) fn remove(&mut self, flow: TcpFlow) {
        if self.open.remove(&flow).is_none() {
            return;
        }
        let prefix = relay::client_prefix(flow.client().ip());
        if let Some(count) = self.of_address.get_mut(&prefix) {
            *count -= 1;
            if *count == 0 {
                self.of_address.remove(&prefix);
            }
        }
    }

    pub(super) fn send(&self, flow: TcpFlow, bytes: Vec<u8>) {
        let Some(Open { stream: ToStream { sender, waiting }, .. }) = self.open.get(&flow) else { return };
        let length = bytes.len();
        let is_full = waiting.load(Ordering::Relaxed) + length > WAITING_BYTES;
        if flow.may_lose(&bytes) && (is_full || sender.capacity() < FOR_ANSWERS) {
            return self.note_refused();
        }
        waiting.fetch_add(length, Ordering::Relaxed);
        if sender.try_send(bytes).is_err() {
            waiting.fetch_sub(length, Ordering::Relaxed);
            self.note_refused();
        }
    }

    fn note_refused(&self) {
        self.refused.set(self.refused.get() + 1);
    }

    /// How many datagrams had no room.
    pub(super) fn refused(&self) -> u64 {
        self.refused.get()
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Ends those that have not proven in time that they may be here.
    pub(super) fn end_unproven(&mut self, now: Instant, is_served: impl Fn(TcpFlow) -> bool) {
        let is_late = |open: &Open| now.saturating_duration_since(open.since) >= PROVES_ITSELF_WITHIN;
        let unproven = self.open.iter().filter(|(flow, open)| is_late(open) && !is_served(**flow));
        for flow in unproven.map(|(flow, _)| *flow).collect::<Vec<_>>() {
            self.remove(flow);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}

impl TcpFlow {
    fn client(self) -> SocketAddr {
        match self {
            Self::Ice(client) | Self::Relay(Flow { client, .. }) => client,
        }
    }

    /// How much is written in one piece. Inside TLS a piece is a record, and some clients look for one message in each.
    pub(super) fn most_at_once(self) -> usize {
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
    pub(super) fn next(self, read: &[u8]) -> io::Result<Option<(Range<usize>, usize)>> {
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

    pub(super) fn frame(self, frames: &mut Vec<u8>, message: &[u8]) {
        if let Self::Ice(_) = self {
            let Ok(length) = u16::try_from(message.len()) else { return };
            frames.extend_from_slice(&length.to_be_bytes());
        }
        frames.extend_from_slice(message);
    }
}

/// When unproven streams are looked for again.
pub(super) fn next_look(now: Instant) -> Instant {
    now + PROVES_ITSELF_WITHIN / 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn ice(address: &str) -> TcpFlow {
        TcpFlow::Ice(address.parse().unwrap())
    }

    fn way() -> ToStream {
        ToStream::new().0
    }

    #[test]
    fn a_stream_for_media_ends_that_belongs_to_no_link() {
        let (mut streams, now) = (Streams::default(), clock::moment());
        let (known, stranger) = (ice("192.0.2.1:1"), ice("192.0.2.2:1"));
        streams.add(now, known, way());
        streams.add(now, stranger, way());
        let is_served = |flow: TcpFlow| flow == known;
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
        for flow in streams.open.keys().copied().collect::<Vec<_>>() {
            streams.remove(flow);
        }
        assert!(streams.of_address.is_empty());
    }
}
