//! The forwarding unit with clients that are real (str0m's other side: ICE, DTLS, SRTP, simulcast, feedback) over a network in
//! virtual time that delays, loses and is too narrow.

mod allocations;
mod guard;
mod hostile;
mod layers;
mod lies;
mod meeting;
mod narrow;
mod nonces;
mod publications;
mod recording;
mod shared_port;
mod sinks;
mod starved;
