//! The server as its clients see it: the real router on a real socket.

mod common;
mod configuration;
mod http;
mod signalling;
