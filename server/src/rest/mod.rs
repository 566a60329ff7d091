//! REST under `/api/v1`. One endpoint, or one resource, a file.

mod auth;
mod create_room;
mod create_token;
mod participants;
mod problem;
mod room;
mod validate_room;

pub(crate) use create_room::create_room;
pub(crate) use create_token::create_token;
pub(crate) use participants::{list_participants, remove_participant, turn_off};
pub(crate) use problem::{ProblemResponse, problem};
pub(crate) use room::{change_room, delete_room, read_room};
pub(crate) use validate_room::validate_room;
