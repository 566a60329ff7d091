//! What can happen to a room.

use protocol::{ClientFrame, DisplayName, LeaveReason, MediaState, ParticipantId, SessionId};

/// One event, in the order in which the driver saw it.
#[derive(Clone, Debug)]
pub enum Input {
    /// A socket asks to enter. The ids are new and are the participant's if the room lets them in.
    Join {
        /// The id to have.
        id: ParticipantId,
        /// The id of the stay.
        session: SessionId,
        /// How they are called.
        name: DisplayName,
        /// What they send.
        media: MediaState,
    },
    /// A message from somebody who has joined.
    Message {
        /// Who.
        from: ParticipantId,
        /// What.
        frame: ClientFrame,
    },
    /// Somebody's socket is gone.
    Disconnect {
        /// Who.
        id: ParticipantId,
        /// Why.
        reason: LeaveReason,
    },
}
