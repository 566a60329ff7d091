//! What a relay wants done.

use std::net::SocketAddr;

use crate::{Flow, SocketKey};

/// One effect.
pub enum Output {
    /// Send this to a client: as a datagram, or into its stream.
    ToClient {
        /// To whom.
        flow: Flow,
        /// The datagram.
        bytes: Vec<u8>,
    },
    /// Send a datagram from the socket that was opened for a client.
    ToPeer {
        /// From which socket.
        socket: SocketKey,
        /// To whom.
        peer: SocketAddr,
        /// The datagram.
        bytes: Vec<u8>,
    },
    /// Open a UDP socket and say so ([`crate::Input::Opened`]).
    Open {
        /// What it is called from now on.
        socket: SocketKey,
        /// For which version of IP.
        family: Family,
        /// On which port.
        port: PortWish,
    },
    /// Close a socket; it may be one that could not be opened.
    Close {
        /// The relayed socket.
        socket: SocketKey,
    },
}

/// A version of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// Which port a socket shall have (RFC 8656 §7.2, EVEN-PORT).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortWish {
    /// Any that is free.
    Any,
    /// An even one.
    Even,
    /// An even one, and the one after it for a second socket, or neither.
    EvenAndNext(SocketKey),
}
