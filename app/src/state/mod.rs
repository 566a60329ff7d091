//! What pages and components read: the answer of the server about a room, and the view of a call.

mod call_book;
mod call_handle;
mod call_view;
mod connection_test;
mod direct;
mod draft;
mod language_handle;
mod player;
mod rings_over;
mod room_lookup;

pub use call_book::{
    BlockedLine, CallBook, Day, LocalHours, PastCallLine, RulesLine, Undisturbed, UndisturbedUntil,
};
pub use call_handle::{
    CallCommand, CallHandle, DeviceRecordingCommand, provide_call_handle, use_call_handle,
};
pub(crate) use call_view::publication_of;
pub use call_view::{
    CallView, CallViewStoreFields, ChatLineView, ChatLineViewStoreFields, Device, Devices, KeptRecordingView,
    LinkFigures, ParticipantView, ParticipantViewStoreFields, PathView, PublicationFigures, ReactionView,
    RecordingView, RoomSecrecy, StageView, publish,
};
pub use connection_test::{
    ConnectionTestCommand, ConnectionTestHandle, provide_connection_test, use_connection_test,
};
pub(crate) use direct::use_direct_call;
pub use direct::{
    DirectCommand, DirectHandle, DirectView, IDENTITY_FILE_FIELD, IdentityNotice, RingLine,
    provide_direct_handle, use_direct_handle,
};
pub use draft::{Draft, DraftProblem, Recipient};
pub(crate) use language_handle::use_language_handle;
pub use language_handle::{LanguageHandle, provide_language_handle};
pub use player::{PlayerCommand, PlayerHandle, PlayerView, provide_player, use_player};
pub use rings_over::provide_rings_over;
pub(crate) use rings_over::use_rings_over;
pub use room_lookup::{RoomLookup, provide_room_lookup, use_room_lookup};
