//! Server-rendered pages and the forms on them. One handler a file.

mod api_docs;
mod authority;
mod calendar;
mod claim_key;
mod connection_test;
mod create_form;
mod direct;
mod host_link;
mod join_form;
mod landing;
mod links;
mod make_host_link;
mod my_rooms;
mod not_found;
mod problem;
mod recording;
mod recordings_of_room;
mod render;
mod reopen_form;
mod room_of_host;
mod room_page;

pub(crate) use api_docs::api_docs;
pub(crate) use authority::authority;
pub(crate) use calendar::calendar;
use claim_key::claim_key;
pub(crate) use connection_test::connection_test;
pub(crate) use create_form::create_form;
pub(crate) use direct::direct;
pub(crate) use join_form::join_form;
pub(crate) use landing::{landing, new_room};
pub(crate) use links::{links, revoke_form};
pub(crate) use make_host_link::make_host_link;
pub(crate) use my_rooms::{delete_form, my_rooms};
pub(crate) use not_found::not_found;
pub(crate) use problem::PageProblem;
pub(crate) use recording::recording;
pub(crate) use recordings_of_room::{delete_recording_form, name_recording_form, recordings_of_room};
pub(crate) use render::{interactive, plain, plain_with_rings};
pub(crate) use reopen_form::reopen_form;
pub(crate) use room_page::room_page;

/// The picture of previews.
const PICTURE: &str = "/icons/preview.png";
