//! How a client is connected: the 5-tuple of RFC 8656 §2.

use std::net::SocketAddr;

/// What carries messages between a client and the relay. To peers it is always UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// One message a datagram.
    Udp,
    /// A stream of messages.
    Tcp,
    /// A stream of messages inside TLS.
    Tls,
}

impl Transport {
    /// Whether messages follow each other in a stream, where channel data is padded (RFC 8656 §12.5).
    #[must_use]
    pub fn is_stream(self) -> bool {
        self != Self::Udp
    }
}

/// One client's connection, or its datagrams from one address to one of ours.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// What carries it.
    pub transport: Transport,
    /// The client's address, as it is seen here.
    pub client: SocketAddr,
    /// The address of ours to which the client sends.
    pub server: SocketAddr,
}

// Without addresses: they are the participants' own affair.
impl std::fmt::Debug for Flow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Flow").field("transport", &self.transport).finish_non_exhaustive()
    }
}
