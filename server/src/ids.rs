//! The one place that makes ids.

use protocol::{ParticipantId, RoomCode, SessionId};
use uuid::Uuid;

#[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
fn uuid() -> Uuid {
    Uuid::new_v4()
}

pub(crate) fn participant() -> ParticipantId {
    ParticipantId::new(uuid())
}

pub(crate) fn session() -> SessionId {
    SessionId::new(uuid())
}

/// Fifty random bits from the system's secure source.
#[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
pub(crate) fn room_code() -> RoomCode {
    RoomCode::from_random(rand::random())
}
