//! Who is at the other end of a connection.

use std::net::SocketAddr;

use crate::browser::Transport;

/// Who is at the other end of a connection.
#[derive(Clone, Copy)]
pub struct Peer {
    /// Their address, or what a trusted proxy in front says it is.
    pub(crate) address: SocketAddr,
    /// Whether the connection itself is TLS.
    pub(crate) transport: Transport,
}

// Without the address.
impl std::fmt::Debug for Peer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Peer").field("transport", &self.transport).finish_non_exhaustive()
    }
}
