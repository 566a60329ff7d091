//! The rings of this server: one task, which owns [`ring::Rings`] and carries out what that decides. Whoever has something to say to it asks
//! storage first (`server/src/signalling/ring_requests.rs`), so that no ring waits for another one's questions.

mod counted_rings;
mod event;
mod handle;
mod leftover_rooms;
mod rates;
mod record_writer;
mod records;
mod task;

pub(crate) use handle::RingsHandle;
pub(crate) use rates::RingRates;
pub(crate) use records::{from_storage, outcome_of};
