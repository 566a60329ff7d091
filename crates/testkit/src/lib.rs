//! Development only: seeded randomness, a network that misbehaves, a model of a browser's peer connection, a world
//! that puts calls and a room together in virtual time, and one of people who ring each other. Nothing here sleeps or opens a socket.

#![expect(clippy::expect_used, reason = "only tests use it, and a test that cannot go on fails")]

mod browser;
mod client_frame;
mod event;
mod forbidden_peers;
mod forwarding;
mod gaps;
mod identity;
mod lying;
pub mod media;
mod moves;
mod network;
mod peer_connection;
pub mod ringing;
mod seed;
mod server;
mod turn;
mod world;

pub use forbidden_peers::FORBIDDEN_PEERS;
pub use gaps::Hindrance;
pub use identity::Identity;
pub use lying::{LyingWorld, People};
pub use network::{Faults, Network};
pub use peer_connection::PeerConnection;
pub use seed::{Seed, is_replay, play};
pub use turn::{TurnAnswer, TurnSpeaker, TurnWish};
pub use world::{Report, World};
