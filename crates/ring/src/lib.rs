//! The server's side of direct calls: which devices of a call ID are there, who is busy, who is told what, and how each ring ends.
//!
//! It reads no clock and no socket and keeps nothing: time, ids, rooms and what storage knows are arguments, effects are outputs. It opens no
//! invitation, counts no attempts and limits no rates, which a driver does before a message gets here, and makes no rooms.

mod calls;
mod deadlines;
mod decoy;
mod identity_proof;
mod input;
mod lines;
mod output;
mod record;
mod ring;
mod rings;
mod rules;
mod seat;

pub use decoy::decoy_key;
pub use identity_proof::IdentityChallenge;
pub use input::{Attachment, ConnectionId, Departure, Input, Placement, Program, Waking};
pub use output::Output;
pub use record::{CallRecord, CallState, Readers};
pub use ring::{CALLER_GRACE, REACHED_WITHIN, RECEIVED_WITHIN, REMEMBERED_FOR, RING_FOR};
pub use rings::{MOST_IN_CALL, Rings, RingsInit};
pub use rules::{Admission, CallRules, Relation, Trace, WhoMayRing};
pub use seat::{CALL_GRACE, RELOAD_GRACE};
