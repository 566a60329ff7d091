//! The forwarding unit with clients that are real (str0m's other side: ICE, DTLS, SRTP, simulcast, feedback) over a network in
//! virtual time that delays, loses and is too narrow.

mod client;
mod decoder;
mod liar;
mod nonces;
mod share;
mod world;

pub use client::{Client, Heard, LAYERS, Lie};
pub use decoder::Decoder;
pub use liar::{Harm, lie_to_a_meeting};
pub use nonces::Nonces;
pub use share::SHARED;
pub use world::{Busy, Line, Watch, World, on, unit_address, who};
