//! Server-rendered pages and the forms on them. One handler a file.

mod create_form;
mod join_form;
mod landing;
mod not_found;
mod render;
mod room_page;

pub(crate) use create_form::create_form;
pub(crate) use join_form::join_form;
pub(crate) use landing::landing;
pub(crate) use not_found::not_found;
pub(crate) use render::{interactive, plain};
pub(crate) use room_page::room_page;
