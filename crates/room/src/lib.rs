//! The server's room as a state machine: who is in, who may do what, who is told what, what is to be kept.
//!
//! It reads no clock and no socket, makes no ids and no signatures: time, ids, messages and what a signature said are
//! arguments, effects are outputs. It knows nothing of rates and sizes of messages, which the socket's task checks before
//! a message gets here, and nothing of how things are kept.

mod admission;
mod chat;
mod effects;
mod input;
mod moderation;
mod outbox;
mod output;
mod rate;
mod recording;
mod room;
mod rules;
mod seats;
mod session;
mod topology;
mod weight;

pub use input::{
    AdminAction, ConnectionId, Departure, GivenPassword, Input, Resumption, VerifiedCredential, Visitor,
};
pub use output::{
    Change, KeptRecording, MediaOrder, Output, RecordedFact, RecordingEffect, SeatChange, SeatState,
};
pub use room::{Room, RoomInit};
pub use rules::{entry_of_listed, refusal};
pub use session::{CredentialClaims, DrawRecordings, GiveIceServers, SessionClaims, SignTokens};
