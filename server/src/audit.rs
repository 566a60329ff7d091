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
    /// In which room.
    pub room: Option<RoomCode>,
    /// To what: the id of a key, a participant or a ring.
    pub subject: Option<&'a str>,
}

impl<'a> Deed<'a> {
    /// One that concerns no room and nothing that has an id.
    pub fn of(actor: &'a str, action: &'static str) -> Self {
        Self { actor, action, room: None, subject: None }
    }
}

/// Keeps that something was done. It is done by then: when that cannot be kept, the server's log has it.
pub async fn note(storage: &dyn Storage, at: Timestamp, deed: Deed<'_>) {
    let Deed { actor, action, room, subject } = deed;
    let event = AuditEvent {
        id: ids::uuid().to_string(),
        at,
        room,
        actor: actor.to_owned(),
        action: action.to_owned(),
        subject: subject.map(str::to_owned),
    };
    match storage.keep(&[Change::Audit(event)]).await {
        Ok(refused) if refused.is_empty() => {}
        Ok(_) => tracing::error!(actor, action, "the audit log did not take what was done"),
        Err(error) => {
            tracing::error!(%error, actor, action, "what was done could not be kept in the audit log");
        }
    }
}
