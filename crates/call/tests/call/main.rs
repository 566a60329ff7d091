//! What a call promises, as lists of inputs and the outputs they cause.

#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for one thing, and fails without"
)]

mod calling;
mod coming_back;
mod default_device;
mod device_recording;
mod devices;
mod encrypting;
mod page;
mod protecting;
mod recording;
mod ringing;
mod ringing_book;
mod ringing_push;
mod speaker;
mod statistics;
mod support;
mod together;
mod unanswered;
