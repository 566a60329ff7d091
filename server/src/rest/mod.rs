//! REST under `/api/v1`. One endpoint a file.

mod create_room;
mod problem;
mod validate_room;

pub(crate) use create_room::create_room;
pub(crate) use problem::{ProblemResponse, problem};
pub(crate) use validate_room::validate_room;
