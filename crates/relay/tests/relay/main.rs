//! The relay as a specification: what RFC 8489 and RFC 8656 ask, and the rules that no RFC has.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod allocations;
mod bad_input;
mod credentials;
mod limits;
mod peers;
mod support;
