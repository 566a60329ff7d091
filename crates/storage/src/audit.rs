//! The table `audit_events`, as it is read.

use async_trait::async_trait;
use protocol::RoomCode;

use crate::{AuditEvent, AuditRepository, SqlStorage, StorageError, rows};

#[async_trait]
impl AuditRepository for SqlStorage {
    async fn audit_events(
        &self,
        room: Option<RoomCode>,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StorageError> {
        let rows = match room {
            Some(room) => {
                sqlx::query("SELECT * FROM audit_events WHERE room = $1 ORDER BY at DESC, id LIMIT $2")
                    .bind(room.to_string())
                    .bind(i64::from(limit))
                    .fetch_all(&self.pool)
                    .await?
            }
            None => {
                sqlx::query("SELECT * FROM audit_events ORDER BY at DESC, id LIMIT $1")
                    .bind(i64::from(limit))
                    .fetch_all(&self.pool)
                    .await?
            }
        };
        rows.iter().map(rows::audit_event).collect()
    }
}
