//! The forwarding unit with clients that are real (str0m's other side: ICE, DTLS, SRTP, simulcast, feedback) over a network in
//! virtual time that delays, loses and is too narrow.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "there is no other way to have a moment to count from")]

mod allocations;
mod client;
mod hostile;
mod layers;
mod meeting;
mod narrow;
mod world;
