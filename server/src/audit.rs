//! The audit log: what an admin, an operator, a key or a host has done outside a call. What is done in a call its room keeps itself.

use protocol::{RoomCode, Timestamp};
use storage::{AuditEvent, Change, Storage};

use crate::ids;

/// Who signed in to the admin page.
pub const ADMIN: &str = "admin";

/// Who has the command line.
pub const OPERATOR: &str = "operator";

/// That the database was copied.
pub const BACKUP_MADE: &str = "backup.made";

/// Something that was done.
#[derive(Clone, Copy, Debug)]
pub struct Deed<'a> {
    /// By whom: [`ADMIN`], [`OPERATOR`], or the id of a key.
    pub actor: &'a str,
    /// What, as in `room.deleted`.
    pub action: &'static str,
    /// To which room.
    pub room: Option<RoomCode>,
}

/// Keeps that something was done. It is done by then: when that cannot be kept, the server's log has it.
pub async fn note(storage: &dyn Storage, at: Timestamp, deed: Deed<'_>) {
    let Deed { actor, action, room } = deed;
    let (id, by) = (ids::uuid().to_string(), actor.to_owned());
    let event = AuditEvent { id, at, room, actor: by, action: action.to_owned() };
    if let Err(error) = storage.keep(&[Change::Audit(event)]).await {
        tracing::error!(%error, actor, action, "what was done could not be kept in the audit log");
    }
}
