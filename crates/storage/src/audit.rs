//! The table `audit_events`, as it is read.

use async_trait::async_trait;
use sqlx::Row as _;

use crate::rows::signed;
use crate::{AuditEvent, AuditFilter, AuditRepository, SqlStorage, StorageError, rows};

#[async_trait]
impl AuditRepository for SqlStorage {
    async fn audit_events(&self, filter: &AuditFilter, limit: u32) -> Result<Vec<AuditEvent>, StorageError> {
        let AuditFilter { room, actor, action, before } = filter;
        let mut conditions = vec!["1 = 1".to_owned()];
        let texts = [room.map(|room| room.to_string()), actor.clone(), action.clone()];
        let mut values = Vec::new();
        for (column, text) in ["room", "actor", "action"].into_iter().zip(texts) {
            if let Some(text) = text {
                values.push(text);
                conditions.push(format!("{column} = ${}", values.len()));
            }
        }
        if before.is_some() {
            let (at, id) = (values.len() + 1, values.len() + 2);
            conditions.push(format!("(at < ${at} OR (at = ${at} AND id > ${id}))"));
        }
        // Only names of columns and numbers of values stand in it.
        let statement = format!(
            "SELECT * FROM audit_events WHERE {} ORDER BY at DESC, id LIMIT {limit}",
            conditions.join(" AND ")
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
        for value in values {
            query = query.bind(value);
        }
        if let Some(before) = before {
            query = query.bind(signed(before.at.0)).bind(before.id.clone());
        }
        query.fetch_all(&self.pool).await?.iter().map(rows::audit_event).collect()
    }

    async fn audit_actions(&self) -> Result<Vec<String>, StorageError> {
        let rows = sqlx::query("SELECT DISTINCT action FROM audit_events ORDER BY action")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok(row.try_get("action")?)).collect()
    }
}
