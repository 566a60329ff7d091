//! The table `push_subscriptions`.

use async_trait::async_trait;
use protocol::{PublicKey, Timestamp};
use sqlx::AnyConnection;

use crate::contacts::hold_owner;
use crate::rows::{self, signed};
use crate::{Digest, PUSHES_OF_IDENTITY, PushRecord, PushRepository, SqlStorage, StorageError};

#[async_trait]
impl PushRepository for SqlStorage {
    async fn keep_push(&self, push: &PushRecord, at: Timestamp) -> Result<bool, StorageError> {
        let mut transaction = self.writing().await?;
        if !hold_owner(&mut transaction, self.lock_rows, &push.owner).await? {
            return Ok(false);
        }
        upsert(&mut transaction, push, at).await?;
        sqlx::query(EVICT)
            .bind(push.owner.as_str().to_owned())
            .bind(push.id.0.clone())
            .bind(i64::from(u32::MAX))
            .bind(i64::from(PUSHES_OF_IDENTITY) - 1)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn push(&self, id: &Digest) -> Result<Option<PushRecord>, StorageError> {
        let row = sqlx::query("SELECT * FROM push_subscriptions WHERE id = $1")
            .bind(id.0.clone())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(rows::push).transpose()
    }

    async fn pushes(&self, owner: &PublicKey) -> Result<Vec<PushRecord>, StorageError> {
        let rows = sqlx::query(
            "SELECT * FROM push_subscriptions WHERE owner = $1 ORDER BY subscribed_at DESC, id LIMIT $2",
        )
        .bind(owner.as_str().to_owned())
        .bind(i64::from(PUSHES_OF_IDENTITY))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::push).collect()
    }

    async fn is_pushed_to(&self, owner: &PublicKey) -> Result<bool, StorageError> {
        let row = sqlx::query("SELECT 1 FROM push_subscriptions WHERE owner = $1 LIMIT 1")
            .bind(owner.as_str().to_owned())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    async fn forget_push(&self, owner: &PublicKey, id: &Digest) -> Result<bool, StorageError> {
        let forgotten = sqlx::query("DELETE FROM push_subscriptions WHERE owner = $1 AND id = $2")
            .bind(owner.as_str().to_owned())
            .bind(id.0.clone())
            .execute(&self.pool)
            .await?;
        Ok(forgotten.rows_affected() > 0)
    }
}

async fn upsert(
    connection: &mut AnyConnection,
    PushRecord { id, owner, subscription }: &PushRecord,
    at: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO push_subscriptions (id, owner, endpoint, p256dh, auth, subscribed_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, endpoint = excluded.endpoint,
             p256dh = excluded.p256dh, auth = excluded.auth, subscribed_at = excluded.subscribed_at",
    )
    .bind(id.0.clone())
    .bind(owner.as_str().to_owned())
    .bind(subscription.endpoint.expose().to_owned())
    .bind(subscription.p256dh.as_str().to_owned())
    .bind(subscription.auth.as_str().to_owned())
    .bind(signed(at.0))
    .execute(connection)
    .await?;
    Ok(())
}

/// Of those besides the new one all but the last. SQLite knows no `OFFSET` without a `LIMIT`.
const EVICT: &str = "DELETE FROM push_subscriptions WHERE owner = $1 AND id IN (
    SELECT id FROM push_subscriptions WHERE owner = $1 AND id <> $2
    ORDER BY subscribed_at DESC, id LIMIT $3 OFFSET $4)";
