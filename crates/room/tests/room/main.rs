//! What a room promises, as lists of inputs and the outputs they cause.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chatting;
mod encrypting;
mod ending;
mod entering;
mod moderating;
mod moving;
mod recording;
mod resuming;
mod talking;
mod waiting;
mod world;
