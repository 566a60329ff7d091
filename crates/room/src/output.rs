//! What a room wants done.

use protocol::{CloseCode, ParticipantId, ServerMessage};

/// One effect, to be carried out in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Deliver a message.
    Send {
        /// To whom.
        to: Recipients,
        /// What.
        message: ServerMessage,
    },
    /// Close a socket once everything sent to it before is written. The room has forgotten its owner already.
    Close {
        /// Whose.
        id: ParticipantId,
        /// With which code.
        code: CloseCode,
    },
    /// The room has been empty for long enough; nothing follows.
    Expired,
}

/// Who gets a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// One socket, whether or not the room has let it in.
    One(ParticipantId),
    /// Everybody in the room but one.
    AllBut(ParticipantId),
}
