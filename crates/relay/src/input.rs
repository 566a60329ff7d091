//! What can happen to a relay.

use std::net::SocketAddr;
use std::time::Instant;

use crate::{Flow, SocketKey};

/// When something happens, on both clocks: credentials expire by the time of the world.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// The moment. It never goes back.
    pub moment: Instant,
    /// Seconds since 1970.
    pub unix: u64,
}

/// One event, in the order in which the driver saw it.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    /// A client has sent a datagram, or one whole message of its stream ([`crate::next_frame`]).
    FromClient {
        /// Which client.
        flow: Flow,
        /// What it sent.
        bytes: &'a [u8],
    },
    /// A datagram has come to a socket that was opened for a client.
    FromPeer {
        /// Which socket.
        socket: SocketKey,
        /// Who sent it.
        source: SocketAddr,
        /// What it holds.
        bytes: &'a [u8],
    },
    /// A socket that was asked for is there, or is not.
    Opened {
        /// Which socket.
        socket: SocketKey,
        /// The address at which peers reach it.
        result: Result<SocketAddr, SocketFailure>,
    },
    /// A client's stream has ended.
    Closed {
        /// The flow of the client.
        flow: Flow,
    },
    /// What was done about a socket went wrong: it ends, and what it was opened for.
    Failed {
        /// Which socket.
        socket: SocketKey,
    },
}

/// Why there is no socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketFailure {
    /// The server has no address of that family (error 440, RFC 8656 §18.8).
    NoSuchFamily,
    /// Ports or sockets have run out (error 508).
    NoneLeft,
}
