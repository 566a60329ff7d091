//! The way by which a peer is reached.

use std::net::SocketAddr;

use crate::{Datagram, Transmit, Transport};

/// By what, from where, and to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FiveTuple {
    pub(crate) transport: Transport,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
}

impl FiveTuple {
    /// The way back from where a datagram came.
    pub(crate) fn back(datagram: &Datagram<'_>) -> Self {
        Self { transport: datagram.transport, source: datagram.destination, destination: datagram.source }
    }

    pub(crate) fn carries(self, bytes: Vec<u8>) -> Transmit {
        let Self { transport, source, destination } = self;
        Transmit { transport, source, destination, bytes }
    }
}

/// Whether a datagram is media, or a report. A peer sends them by the way that it has chosen, and checks by all (RFC 7983 §7).
pub(crate) fn is_media(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| first >> 6 == 2)
}

/// Whether a datagram is of anything but checks of ways.
pub(crate) fn is_no_check(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| *first > 3)
}
