//! REST under `/api/v1`. One endpoint, or one resource, a file; [`endpoints`] lists them all with their descriptions.

mod as_problem;
mod audited;
mod auth;
mod call_ids;
mod calls;
mod connection_test;
mod create_room;
mod create_token;
mod credentials;
mod endpoint;
mod endpoints;
mod list_rooms;
mod object;
mod openapi;
mod participants;
mod problem;
mod recording_archive;
mod recordings;
mod room;
mod routes;
mod validate_room;

pub(crate) use as_problem::as_problem;
pub(crate) use create_token::refusal as mint_refusal;
pub(crate) use openapi::document;
pub(crate) use problem::{Detail, ProblemResponse, problem};
pub(crate) use recordings::recordings_of;
pub(crate) use routes::routes;
