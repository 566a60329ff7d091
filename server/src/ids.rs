//! The one place that makes ids and secrets, from the system's secure source.

use protocol::{CallId, ParticipantId, RoomCode, SessionId};
use uuid::Uuid;

#[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
pub(crate) fn uuid() -> Uuid {
    Uuid::new_v4()
}

pub(crate) fn participant() -> ParticipantId {
    ParticipantId::new(uuid())
}

pub(crate) fn session() -> SessionId {
    SessionId::new(uuid())
}

/// 64 random bits.
#[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
pub(crate) fn node_bits() -> u64 {
    rand::random()
}

/// Fifty random bits.
#[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
pub(crate) fn room_code() -> RoomCode {
    RoomCode::from_random(rand::random())
}

/// One of all call IDs, each as likely as any other to within a third of a billionth.
#[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
pub(crate) fn call_id() -> CallId {
    let number = rand::random::<u64>() % u64::from(CallId::COUNT);
    CallId::nth(u32::try_from(number).unwrap_or_default())
}

/// 256 random bits.
#[expect(clippy::disallowed_methods, reason = "the one place that makes secrets")]
pub(crate) fn secret_bytes() -> [u8; 32] {
    rand::random()
}

/// One of these ports.
#[expect(clippy::disallowed_methods, reason = "the one place that draws at random")]
pub(crate) fn port(ports: &std::ops::RangeInclusive<u16>) -> u16 {
    let count = u32::from(*ports.end()).saturating_sub(u32::from(*ports.start())) + 1;
    ports.start().saturating_add((rand::random::<u32>() % count) as u16)
}

/// A prefix that says what it is for, and 128 random bits: what stands in a link or a cookie.
#[expect(clippy::disallowed_methods, reason = "the one place that makes secrets")]
pub(crate) fn secret(prefix: &str) -> String {
    format!("{prefix}_{:032x}", rand::random::<u128>())
}
