//! What the operator of a server sees of it: what was done, how much it was used, and who may look.

use async_trait::async_trait;
use protocol::Timestamp;

use crate::{AuditEvent, AuditFilter, Digest, StorageError, UsageRecord};

/// What was done, by whom.
#[async_trait]
pub trait AuditRepository {
    /// The last events that a filter lets through, newest first.
    async fn audit_events(&self, filter: &AuditFilter, limit: u32) -> Result<Vec<AuditEvent>, StorageError>;

    /// What there are events of, as in `room.deleted`, in order.
    async fn audit_actions(&self) -> Result<Vec<String>, StorageError>;
}

/// Who may use the admin page.
#[async_trait]
pub trait AdminRepository {
    /// Keeps a link that opens the page once, until it ends.
    async fn add_admin_link(&self, link: &Digest, expires_at: Timestamp) -> Result<(), StorageError>;

    /// Uses a link for a session. False, and nothing is kept, when there is no such link, it was used, or it ended before `now`.
    async fn open_admin_session(
        &self,
        link: &Digest,
        session: &Digest,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError>;

    /// Whether there is such a session, and it has not ended.
    async fn is_admin_session(&self, session: &Digest, now: Timestamp) -> Result<bool, StorageError>;

    /// Ends a session. False when there is none.
    async fn end_admin_session(&self, session: &Digest) -> Result<bool, StorageError>;

    /// Forgets links and sessions that ended before a moment.
    async fn forget_admins(&self, now: Timestamp) -> Result<(), StorageError>;

    /// Ends every session and every link. Returns how many there were together.
    async fn revoke_admins(&self) -> Result<u64, StorageError>;
}

/// How much a server was used.
#[async_trait]
pub trait UsageRepository {
    /// Adds to what was counted in an hour; what is a greatest value stays the greater one. All or nothing.
    async fn add_usage(&self, records: &[UsageRecord]) -> Result<(), StorageError>;

    /// What was counted from a moment on and before another, by hour and measure.
    async fn usage(&self, from: Timestamp, before: Timestamp) -> Result<Vec<UsageRecord>, StorageError>;

    /// Forgets what was counted before a moment, and what admins and operators did. Returns how many records of usage.
    async fn forget_usage(&self, before: Timestamp) -> Result<u64, StorageError>;
}
