//! The table `api_keys`.

use async_trait::async_trait;
use protocol::{RoomCode, Timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::rows::{self, signed};
use crate::{ApiKeyRecord, ApiKeyRepository, Digest, SqlStorage, StorageError};

#[async_trait]
impl ApiKeyRepository for SqlStorage {
    async fn add_api_key(&self, key: &ApiKeyRecord) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO api_keys (id, digest, label, scopes, created_at, expires_at, revoked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(key.id.clone())
        .bind(key.digest.0.clone())
        .bind(key.label.clone())
        .bind(key.scopes.clone())
        .bind(signed(key.created_at.0))
        .bind(key.expires_at.map(|time| signed(time.0)))
        .bind(key.revoked_at.map(|time| signed(time.0)))
        .execute(&self.pool)
        .await
        .map_err(StorageError::of_insert)?;
        Ok(())
    }

    async fn api_key(&self, digest: &Digest) -> Result<Option<ApiKeyRecord>, StorageError> {
        let row = sqlx::query("SELECT * FROM api_keys WHERE digest = $1")
            .bind(digest.0.clone())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(rows::api_key).transpose()
    }

    async fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, StorageError> {
        let rows =
            sqlx::query("SELECT * FROM api_keys ORDER BY created_at, id").fetch_all(&self.pool).await?;
        rows.iter().map(rows::api_key).collect()
    }

    async fn keys_of_api_key(&self, id: &str) -> Result<Vec<(RoomCode, Digest)>, StorageError> {
        let rows = sqlx::query("SELECT room, digest FROM room_keys WHERE api_key = $1 ORDER BY digest")
            .bind(id.to_owned())
            .fetch_all(&self.pool)
            .await?;
        let pair = |row: &AnyRow| -> Result<_, StorageError> {
            let room: String = row.try_get("room")?;
            let room = RoomCode::parse(&room).map_err(|_| StorageError::Unreadable("room"))?;
            Ok((room, Digest(row.try_get("digest")?)))
        };
        rows.iter().map(pair).collect()
    }

    async fn revoke_api_key(&self, id: &str, at: Timestamp) -> Result<bool, StorageError> {
        let revoked = sqlx::query("UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
            .bind(signed(at.0))
            .bind(id.to_owned())
            .execute(&self.pool)
            .await?;
        Ok(revoked.rows_affected() > 0)
    }
}
