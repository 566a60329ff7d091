//! What a forwarding unit wants done.

use std::net::SocketAddr;

use protocol::{LinkId, ParticipantId, Signal, SignalNumber, Source};

use crate::{Transport, Who};

/// One effect.
#[derive(Debug)]
pub enum Output {
    /// Send a datagram.
    Transmit(Transmit),
    /// Tell a participant's room something about their link.
    Event {
        /// Whose.
        who: Who,
        /// Which link.
        link: LinkId,
        /// What.
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
    /// Whom the audio slots carry now.
    AudioSlots(Vec<Option<ParticipantId>>),
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
