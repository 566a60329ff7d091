//! What the server knows of the room in the link, carried from the server's render to the browser's.

use leptos::prelude::*;
use protocol::ValidateRoomResponse;
use serde::{Deserialize, Serialize};

/// The room that the page is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomLookup {
    /// What everybody may know of it.
    pub found: ValidateRoomResponse,
    /// The link that makes its bearer a host, told to the maker of the room once.
    pub host_link: Option<String>,
}

impl From<ValidateRoomResponse> for RoomLookup {
    fn from(found: ValidateRoomResponse) -> Self {
        Self { found, host_link: None }
    }
}

/// Says what the server found. The server calls this before it renders a room's page.
pub fn provide_room_lookup(lookup: RoomLookup) {
    provide_context(lookup);
}

/// What the server found; the browser reads it from the document.
pub fn use_room_lookup() -> RoomLookup {
    SharedValue::new(|| use_context::<RoomLookup>().unwrap_or_else(|| ValidateRoomResponse::UNKNOWN.into()))
        .into_inner()
}
