//! What a client sends, first or later: what carries frames does not ask which.

use protocol::{OpeningFrame, RoomFrame};

/// One frame on its way to the server.
#[derive(Clone, Debug)]
pub(crate) enum ClientFrame {
    Opening(OpeningFrame),
    Room(RoomFrame),
}
