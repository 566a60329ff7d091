//! What pages and components read: the answer of the server about a room, and the view of a call.

mod call_handle;
mod call_view;
mod connection_test;
mod draft;
mod room_lookup;

pub use call_handle::{CallCommand, CallHandle, DeviceKind, provide_call_handle, use_call_handle};
pub use call_view::{
    CallView, CallViewStoreFields, ChatLineView, ChatLineViewStoreFields, DeliveryView, Device, Devices,
    Fault, KeyWarnings, LinkView, MediaView, Notice, ParticipantView, ParticipantViewStoreFields, PathKind,
    PathView, Phase, ReactionView, RoomSecrecy, SecrecyView, SourceView, TopologyView, publish,
};
pub use connection_test::{
    ConnectionTestCommand, ConnectionTestHandle, ConnectionTestView, HopView, MappingView, RelayHopView,
    provide_connection_test, use_connection_test,
};
pub use draft::{Draft, DraftProblem, Recipient};
pub use room_lookup::{RoomLookup, provide_room_lookup, use_room_lookup};
