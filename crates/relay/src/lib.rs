//! STUN (RFC 8489) and TURN (RFC 8656) without sockets: who may relay what to whom, for how long, and how much.
//!
//! One [`Relay`] serves the clients of one shard. It reads no clock, no random source and no socket: what clients and peers
//! send are inputs, what is to be sent and which sockets are to be opened are outputs. Reading and writing messages is
//! `stun-types`' and `turn-types`' work; the rules are here.
//!
//! It does not relay TCP to peers (RFC 6062), and has no accounts: a credential is made for one participant, and expires.

mod allocation;
mod bucket;
mod channel_data;
mod config;
mod control;
mod counters;
mod credentials;
mod data;
mod flow;
mod frame;
mod input;
mod live_ports;
mod nonce;
mod output;
mod peer_rules;
mod probe;
mod relay;
mod reply;
mod request;
mod socket;
mod unverified;
mod users;

pub use config::{Config, Limits};
pub use counters::Counters;
pub use credentials::{Credentials, Secret};
pub use flow::{Flow, Transport};
pub use frame::{Frame, TooLong, next_frame};
pub use input::{Input, Now, SocketFailure};
pub use live_ports::LivePorts;
pub use output::{Family, Output, PortWish};
pub use peer_rules::PeerRules;
pub use probe::{binding_request, mapped_address};
pub use relay::Relay;
pub use socket::SocketKey;
pub use unverified::client_prefix;

/// Whether a message to a client carries what a peer sent, and may get lost as on any network.
#[must_use]
pub fn is_data(message: &[u8]) -> bool {
    let is_indication = message.starts_with(&[0x00, 0x17]); // RFC 8656 §17: Data
    is_indication || message.first().is_some_and(|first| channel_data::FIRST_BYTES.contains(first))
}

/// Whether a datagram on a port that others use too is for the relay: STUN that is no connectivity check between browsers,
/// or channel data (RFC 7983 §7, with the channels of RFC 5766).
#[must_use]
pub fn is_for_relay(datagram: &[u8]) -> bool {
    match datagram.first() {
        Some(0..=3) => request::is_for_relay(datagram),
        Some(first) => channel_data::FIRST_BYTES.contains(first),
        None => false,
    }
}
