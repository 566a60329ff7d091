//! The rings of this server: one task, which owns [`ring::Rings`] and carries out what that decides. Whoever has something to say to it asks
//! storage first (`requests.rs`), so that no ring waits for another one's questions.

mod counted_rings;
mod event;
mod handle;
mod identities;
mod left;
mod leftover_rooms;
mod rates;
mod record_writer;
mod records;
mod requests;
mod task;

pub(crate) use handle::RingsHandle;
pub(crate) use identities::{ASKS_WITHIN, identity_of, replace_id, unavailable};
pub(crate) use rates::{Newcomer, RingRates};
pub(crate) use records::{from_storage, outcome_of};
pub(crate) use requests::{Asker, AskingProgram, look_up};
