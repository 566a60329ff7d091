//! What only the server renders: the document around every page, and the pages without script.

pub mod admin;
mod form_problem;
mod hydration;
mod illustration;
mod landing;
mod my_rooms;
mod new_room;
mod no_entry;
mod not_found;
mod open_rooms;
mod preview;
mod room_links;
mod room_recordings;
mod shell;

pub use form_problem::{FormProblem, RecordingsProblem};
pub use hydration::{BuildFiles, Cdn, SPLIT_MANIFEST, start_script};
use illustration::Illustration;
pub use landing::Landing;
pub use my_rooms::{MyRoom, MyRooms};
pub use new_room::NewRoom;
pub use no_entry::NoEntry;
pub use not_found::NotFound;
use open_rooms::OpenRooms;
pub use preview::{Preview, PreviewOf};
pub use room_links::{RoomLink, RoomLinks};
pub use room_recordings::RoomRecordings;
pub use shell::{PageQuery, PageTexts, Scripts, shell};

pub use crate::components::SiteHeader;
