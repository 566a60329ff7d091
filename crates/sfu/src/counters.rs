//! What a forwarding unit has done since it began.

/// Numbers that only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams that came.
    pub datagrams_in: u64,
    /// Bytes of them.
    pub bytes_in: u64,
    /// Datagrams that belonged to nobody, or could not be read.
    pub datagrams_dropped: u64,
    /// Datagrams that were for a link of another shard.
    pub datagrams_misrouted: u64,
    /// Datagrams to be sent.
    pub datagrams_out: u64,
    /// Bytes of them.
    pub bytes_out: u64,
    /// Media packets that came.
    pub packets_in: u64,
    /// Media packets handed on, once for each receiver.
    pub packets_forwarded: u64,
    /// Media packets sent again because a receiver missed them, and padding that finds out what a line carries.
    pub packets_retransmitted: u64,
    /// Keyframes asked for by receivers.
    pub keyframes_wanted: u64,
    /// Keyframes asked for from senders.
    pub keyframes_requested: u64,
    /// Peers whose transport failed in a way that is a fault of the server.
    pub panics: u64,
}
