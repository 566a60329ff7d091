//! What the server knows of the room in the link, carried from the server's render to the browser's.

use leptos::prelude::*;
use protocol::ValidateRoomResponse;

/// The room that the page is about.
pub type RoomLookup = ValidateRoomResponse;

/// Says what the server found. The server calls this before it renders a room's page.
pub fn provide_room_lookup(lookup: RoomLookup) {
    provide_context(lookup);
}

/// What the server found; the browser reads it from the document.
pub fn use_room_lookup() -> RoomLookup {
    SharedValue::new(|| use_context::<RoomLookup>().unwrap_or(RoomLookup::UNKNOWN)).into_inner()
}
