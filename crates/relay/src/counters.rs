//! What a relay has done so far.

use std::ops::Add;

/// Counted from the start; nothing goes down but `allocations`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Allocations that are there now.
    pub allocations: u64,
    /// Allocations that were made.
    pub allocated: u64,
    /// Allocations that a limit has kept from being made.
    pub over_quota: u64,
    /// Requests with no, wrong or expired credentials.
    pub unauthorized: u64,
    /// Answers to strangers that were not given, because their address had had enough of them.
    pub withheld: u64,
    /// Peers that were refused because of their address, and datagrams to such.
    pub forbidden: u64,
    /// Datagrams and messages that were not understood, or belong to nothing.
    pub dropped: u64,
    /// Datagrams beyond what an allocation may carry.
    pub over_rate: u64,
    /// Datagrams beyond what all allocations of a participant may carry together.
    pub over_rate_of_user: u64,
    /// Datagrams to peers.
    pub packets_to_peers: u64,
    /// Datagrams to clients.
    pub packets_to_clients: u64,
    /// Bytes to peers, headers not counted.
    pub bytes_to_peers: u64,
    /// Bytes to clients, headers not counted.
    pub bytes_to_clients: u64,
}

impl Add for Counters {
    type Output = Self;

    /// What two relays have done, or one after another.
    fn add(self, other: Self) -> Self {
        Self {
            allocations: self.allocations + other.allocations,
            allocated: self.allocated + other.allocated,
            over_quota: self.over_quota + other.over_quota,
            unauthorized: self.unauthorized + other.unauthorized,
            withheld: self.withheld + other.withheld,
            forbidden: self.forbidden + other.forbidden,
            dropped: self.dropped + other.dropped,
            over_rate: self.over_rate + other.over_rate,
            over_rate_of_user: self.over_rate_of_user + other.over_rate_of_user,
            packets_to_peers: self.packets_to_peers + other.packets_to_peers,
            packets_to_clients: self.packets_to_clients + other.packets_to_clients,
            bytes_to_peers: self.bytes_to_peers + other.bytes_to_peers,
            bytes_to_clients: self.bytes_to_clients + other.bytes_to_clients,
        }
    }
}
