//! The tables `room_keys` and `keyrings`.

use async_trait::async_trait;
use protocol::{RoomCode, Timestamp};
use sqlx::{AnyConnection, Row};

use crate::rows::{self, role_text, signed, unsigned};
use crate::{BrowserId, Digest, HeldKey, KeyRecord, KeyRepository, RoomRecord, SqlStorage, StorageError};

#[async_trait]
impl KeyRepository for SqlStorage {
    async fn add_key(&self, key: &KeyRecord) -> Result<(), StorageError> {
        let mut transaction = self.writing().await?;
        insert(&mut transaction, key).await?;
        Ok(transaction.commit().await?)
    }

    async fn key(&self, digest: &Digest) -> Result<Option<KeyRecord>, StorageError> {
        let row = sqlx::query("SELECT * FROM room_keys WHERE digest = $1")
            .bind(digest.0.clone())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(rows::key).transpose()
    }

    async fn keys_of_room(&self, room: RoomCode) -> Result<Vec<KeyRecord>, StorageError> {
        let rows = sqlx::query("SELECT * FROM room_keys WHERE room = $1 ORDER BY created_at, digest")
            .bind(room.to_string())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(rows::key).collect()
    }

    async fn delete_key(&self, room: RoomCode, digest: &Digest) -> Result<bool, StorageError> {
        let mut transaction = self.writing().await?;
        sqlx::query("DELETE FROM keyrings WHERE room = $1 AND key_digest = $2")
            .bind(room.to_string())
            .bind(digest.0.clone())
            .execute(&mut *transaction)
            .await?;
        let deleted = sqlx::query("DELETE FROM room_keys WHERE room = $1 AND digest = $2")
            .bind(room.to_string())
            .bind(digest.0.clone())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected() > 0)
    }

    async fn use_key(&self, digest: &Digest) -> Result<bool, StorageError> {
        let mut transaction = self.writing().await?;
        let used = take_use(&mut transaction, digest).await?;
        transaction.commit().await?;
        Ok(used)
    }

    async fn hold_key(
        &self,
        browser: &BrowserId,
        key: &KeyRecord,
        at: Timestamp,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO keyrings (browser, key_digest, room, used, added_at) VALUES ($1, $2, $3, 0, $4)
             ON CONFLICT (browser, key_digest) DO NOTHING",
        )
        .bind(browser.0.0.clone())
        .bind(key.digest.0.clone())
        .bind(key.room.to_string())
        .bind(signed(at.0))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn held_keys(&self, browser: &BrowserId, room: RoomCode) -> Result<Vec<HeldKey>, StorageError> {
        let rows = sqlx::query(
            "SELECT room_keys.*, keyrings.used FROM keyrings
             JOIN room_keys ON room_keys.digest = keyrings.key_digest
             WHERE keyrings.browser = $1 AND keyrings.room = $2",
        )
        .bind(browser.0.0.clone())
        .bind(room.to_string())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| Ok(HeldKey { key: rows::key(row)?, used: unsigned(row, "used")? > 0 }))
            .collect()
    }

    async fn use_held_key(&self, browser: &BrowserId, digest: &Digest) -> Result<bool, StorageError> {
        let mut transaction = self.writing().await?;
        let first =
            sqlx::query("UPDATE keyrings SET used = 1 WHERE browser = $1 AND key_digest = $2 AND used = 0")
                .bind(browser.0.0.clone())
                .bind(digest.0.clone())
                .execute(&mut *transaction)
                .await?;
        if first.rows_affected() == 0 {
            let held = sqlx::query("SELECT used FROM keyrings WHERE browser = $1 AND key_digest = $2")
                .bind(browser.0.0.clone())
                .bind(digest.0.clone())
                .fetch_optional(&mut *transaction)
                .await?;
            return Ok(held.is_some());
        }
        let used = take_use(&mut transaction, digest).await?;
        if used {
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        Ok(used)
    }

    async fn rooms_of_host(&self, browser: &BrowserId, limit: u32) -> Result<Vec<RoomRecord>, StorageError> {
        let rows = sqlx::query(
            "SELECT DISTINCT rooms.* FROM keyrings
             JOIN room_keys ON room_keys.digest = keyrings.key_digest
             JOIN rooms ON rooms.code = keyrings.room
             WHERE keyrings.browser = $1 AND room_keys.role = $2
             ORDER BY rooms.used_at DESC, rooms.code LIMIT $3",
        )
        .bind(browser.0.0.clone())
        .bind(role_text(protocol::Role::Host))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::room).collect()
    }
}

pub(crate) async fn insert(connection: &mut AnyConnection, key: &KeyRecord) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO room_keys (digest, room, role, label, not_before, expires_at, uses_left, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(key.digest.0.clone())
    .bind(key.room.to_string())
    .bind(role_text(key.role))
    .bind(key.label.clone())
    .bind(key.not_before.map(|time| signed(time.0)))
    .bind(key.expires_at.map(|time| signed(time.0)))
    .bind(key.uses_left.map(signed))
    .bind(signed(key.created_at.0))
    .execute(connection)
    .await
    .map_err(StorageError::of_insert)?;
    Ok(())
}

/// A key without limit always has one.
async fn take_use(connection: &mut AnyConnection, digest: &Digest) -> Result<bool, StorageError> {
    let taken =
        sqlx::query("UPDATE room_keys SET uses_left = uses_left - 1 WHERE digest = $1 AND uses_left > 0")
            .bind(digest.0.clone())
            .execute(&mut *connection)
            .await?;
    if taken.rows_affected() > 0 {
        return Ok(true);
    }
    let key = sqlx::query("SELECT uses_left FROM room_keys WHERE digest = $1")
        .bind(digest.0.clone())
        .fetch_optional(connection)
        .await?;
    Ok(match key {
        Some(row) => row.try_get::<Option<i64>, _>("uses_left")?.is_none(),
        None => false,
    })
}
