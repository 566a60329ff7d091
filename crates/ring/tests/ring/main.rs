//! What rings promise, as lists of inputs and the outputs they cause.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod answering;
mod bounds;
mod busy;
mod coming_back;
mod company;
mod glare;
mod placing;
mod programs;
mod restarting;
mod strangers;
mod unkept;
mod waking;
mod world;
