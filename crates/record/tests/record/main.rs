//! Recordings: files, formats, tracks on bad lines in virtual time, and what a decoder says of them.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;
mod decoders;
mod film;
mod formats;
mod mixing;
mod playing;
mod simulated;
mod webm;
