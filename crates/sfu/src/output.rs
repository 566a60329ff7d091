//! What a forwarding unit wants done.

use std::net::SocketAddr;
use std::time::Instant;

use protocol::{LinkId, MediaKey, Signal, SignalNumber, Source};

use crate::{Datagram, RecordedPacket, Transport, Who};

/// One effect.
#[derive(Debug)]
pub enum Output {
    /// Send a datagram.
    Transmit(Transmit),
    /// Give a datagram to the shard that has its link.
    PassOn(Misrouted),
    /// Give a packet to the recording of its room.
    Recorded(RecordedPacket),
    /// Tell a participant's room something about their link.
    Event {
        /// The participant, in their room.
        who: Who,
        /// Which link.
        link: LinkId,
        /// The event.
        event: Event,
    },
}

/// A datagram to be sent.
#[derive(Debug)]
pub struct Transmit {
    /// What carries it.
    pub transport: Transport,
    /// From which of the server's addresses.
    pub source: SocketAddr,
    /// To where.
    pub destination: SocketAddr,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// A datagram that came to another shard than its link's.
#[derive(Debug)]
pub struct Misrouted {
    /// The shard that it is for.
    pub shard: u16,
    /// What carried it.
    pub transport: Transport,
    /// From where.
    pub source: SocketAddr,
    /// To which of the server's addresses.
    pub destination: SocketAddr,
    /// The time at which its datagram was read.
    pub came: Instant,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl Misrouted {
    /// What it was when it came.
    #[must_use]
    pub fn datagram(&self) -> Datagram<'_> {
        let &Self { transport, source, destination, came, ref bytes, .. } = self;
        Datagram { transport, source, destination, came, bytes }
    }
}

/// News of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A signal for the participant.
    Signal {
        /// Its place among those about this link.
        number: SignalNumber,
        /// The first of the participant's signals that has not come.
        expects: SignalNumber,
        /// The signal.
        signal: Signal,
    },
    /// What the audio slots carry now.
    AudioSlots(Vec<Option<MediaKey>>),
    /// The pictures that are left out for now, because the participant's line does not carry them.
    PausedVideo(Vec<MediaKey>),
    /// How many layers of what the participant sends anybody takes.
    WantedLayers {
        /// Of what.
        source: Source,
        /// How many, from the smallest on.
        layers: u8,
    },
    /// The link is over.
    Closed,
}
