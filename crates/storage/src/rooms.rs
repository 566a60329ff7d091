//! The tables `rooms` and `idempotency`.

use std::time::Duration;

use async_trait::async_trait;
use protocol::{RoomCode, RoomSettings, Timestamp};
use sqlx::Row;

use crate::rows::{self, signed, unsigned};
use crate::{
    AUDIT_OF_ROOM, Creators, Digest, Fence, IDEMPOTENT_FOR, Idempotency, KeyRecord, PasswordHash, RoomRecord,
    RoomRepository, SqlStorage, StorageError, keys,
};

#[async_trait]
impl RoomRepository for SqlStorage {
    async fn create_room(
        &self,
        room: &RoomRecord,
        host_key: &KeyRecord,
        idempotency: Option<&Idempotency>,
    ) -> Result<(), StorageError> {
        let mut transaction = self.writing().await?;
        sqlx::query(
            "INSERT INTO rooms (code, settings, password_hash, version, created_at, used_at, created_by, fence, listed,
                 made_for)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(room.code.to_string())
        .bind(settings_text(&room.settings)?)
        .bind(room.password_hash.as_ref().map(|hash| hash.0.clone()))
        .bind(signed(room.version))
        .bind(signed(room.created_at.0))
        .bind(signed(room.used_at.0))
        .bind(room.created_by.clone())
        .bind(signed(room.fence.0))
        .bind(i64::from(room.settings.listed.is_on()))
        .bind(room.made_for.map(|ring| ring.to_string()))
        .execute(&mut *transaction)
        .await
        .map_err(StorageError::of_insert)?;
        keys::insert(&mut transaction, host_key).await?;
        if let Some(idempotency) = idempotency {
            insert_idempotency(&mut transaction, idempotency).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn room(&self, code: RoomCode) -> Result<Option<RoomRecord>, StorageError> {
        let row = sqlx::query("SELECT * FROM rooms WHERE code = $1")
            .bind(code.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(rows::room).transpose()
    }

    async fn update_room(
        &self,
        code: RoomCode,
        fence: Fence,
        version: u64,
        settings: &RoomSettings,
        password_hash: Option<Option<&PasswordHash>>,
    ) -> Result<Option<RoomRecord>, StorageError> {
        let mut transaction = self.writing().await?;
        self.check(&mut transaction, code, fence).await?;
        let updated = sqlx::query(
            "UPDATE rooms SET settings = $1, version = version + 1,
                 used_at = CASE WHEN used_at < $2 THEN $3 ELSE used_at END, listed = $4
             WHERE code = $5 AND version = $6",
        )
        .bind(settings_text(settings)?)
        .bind(signed(settings.starts_at.map_or(0, |start| start.0)))
        .bind(signed(settings.starts_at.map_or(0, |start| start.0)))
        .bind(i64::from(settings.listed.is_on()))
        .bind(code.to_string())
        .bind(signed(version))
        .execute(&mut *transaction)
        .await?;
        if let (Some(hash), 1) = (password_hash, updated.rows_affected()) {
            sqlx::query("UPDATE rooms SET password_hash = $1 WHERE code = $2")
                .bind(hash.map(|hash| hash.0.clone()))
                .bind(code.to_string())
                .execute(&mut *transaction)
                .await?;
        }
        let row = sqlx::query("SELECT * FROM rooms WHERE code = $1")
            .bind(code.to_string())
            .fetch_optional(&mut *transaction)
            .await?;
        transaction.commit().await?;
        match row {
            None => Ok(None),
            Some(_) if updated.rows_affected() == 0 => Err(StorageError::Changed),
            Some(row) => rows::room(&row).map(Some),
        }
    }

    async fn delete_room(&self, code: RoomCode, fence: Fence) -> Result<bool, StorageError> {
        let mut transaction = self.writing().await?;
        self.check(&mut transaction, code, fence).await?;
        for statement in DELETE_CONTENTS {
            sqlx::query(statement).bind(code.to_string()).execute(&mut *transaction).await?;
        }
        let deleted = sqlx::query("DELETE FROM rooms WHERE code = $1")
            .bind(code.to_string())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected() > 0)
    }

    async fn rooms_created_by(
        &self,
        creator: &str,
        after: Option<RoomCode>,
        limit: u32,
    ) -> Result<Vec<RoomRecord>, StorageError> {
        let rows =
            sqlx::query("SELECT * FROM rooms WHERE created_by = $1 AND code > $2 ORDER BY code LIMIT $3")
                .bind(creator.to_owned())
                .bind(after.map(|code| code.to_string()).unwrap_or_default())
                .bind(i64::from(limit))
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(rows::room).collect()
    }

    async fn listed_rooms(&self, limit: u32) -> Result<Vec<RoomRecord>, StorageError> {
        // The number stands in the statement, as in the index, or SQLite would not use that.
        let rows =
            sqlx::query("SELECT * FROM rooms WHERE listed = 1 ORDER BY used_at DESC, code DESC LIMIT $1")
                .bind(i64::from(limit))
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(rows::room).collect()
    }

    async fn rooms_of_past_rings(&self) -> Result<Vec<RoomCode>, StorageError> {
        let rows = sqlx::query(
            "SELECT code FROM rooms WHERE made_for IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM calls WHERE ring = rooms.made_for AND ended_at IS NULL)
             ORDER BY code LIMIT 10000",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(code).collect()
    }

    async fn count_rooms(&self, creators: Creators) -> Result<u64, StorageError> {
        let statement = match creators {
            Creators::Pages => "SELECT COUNT(*) AS rooms FROM rooms WHERE created_by IS NULL",
            Creators::ApiKeys => "SELECT COUNT(*) AS rooms FROM rooms WHERE created_by IS NOT NULL",
        };
        let row = sqlx::query(statement).fetch_one(&self.pool).await?;
        unsigned(&row, "rooms")
    }

    async fn retention_time(&self, wall: Timestamp, passed: Duration) -> Result<Timestamp, StorageError> {
        let mut transaction = self.writing().await?;
        let row = sqlx::query(
            "SELECT COALESCE((SELECT at FROM retention_clock), (SELECT MAX(created_at) FROM rooms)) AS at",
        )
        .fetch_one(&mut *transaction)
        .await?;
        let last = row.try_get::<Option<i64>, _>("at")?.and_then(|at| u64::try_from(at).ok());
        let last = last.map_or(wall, Timestamp);
        // A clock that was behind does not set it back; one that is ahead is followed slowly.
        let next = last.max(wall.min(last.after(passed.saturating_mul(2))));
        if passed.is_zero() {
            return Ok(last);
        }
        sqlx::query(
            "INSERT INTO retention_clock (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at",
        )
        .bind(signed(next.0))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(next.min(wall))
    }

    async fn delete_unused(&self, since: Timestamp, seats_since: Timestamp) -> Result<u64, StorageError> {
        let rows = sqlx::query("SELECT code, fence FROM rooms WHERE used_at < $1 LIMIT 1000")
            .bind(signed(since.0))
            .fetch_all(&self.pool)
            .await?;
        let mut deleted = 0;
        for row in rows {
            match self.delete_room(code(&row)?, Fence(unsigned(&row, "fence")?)).await {
                Ok(was_there) => deleted += u64::from(was_there),
                // Somebody has opened it in this moment.
                Err(StorageError::Fenced) => {}
                Err(error) => return Err(error),
            }
        }
        sqlx::query("DELETE FROM idempotency WHERE created_at < $1")
            .bind(signed(since.0))
            .execute(&self.pool)
            .await?;
        sqlx::query("DELETE FROM seats WHERE changed_at < $1")
            .bind(signed(seats_since.0))
            .execute(&self.pool)
            .await?;
        for statement in DELETE_ORPHANS {
            sqlx::query(statement).execute(&self.pool).await?;
        }
        // What admins and operators did stays longer, and no host can push it out.
        sqlx::query("DELETE FROM audit_events WHERE at < $1 AND actor NOT IN ('admin', 'operator')")
            .bind(signed(since.0))
            .execute(&self.pool)
            .await?;
        sqlx::query(
            "DELETE FROM audit_events WHERE id IN (SELECT id FROM (
                SELECT id, ROW_NUMBER() OVER (PARTITION BY room ORDER BY at DESC, id) AS place
                FROM audit_events WHERE room IS NOT NULL AND actor NOT IN ('admin', 'operator')) AS placed
                WHERE place > $1)",
        )
        .bind(i64::from(AUDIT_OF_ROOM))
        .execute(&self.pool)
        .await?;
        Ok(deleted)
    }

    async fn left_rooms(&self, since: Timestamp) -> Result<Vec<RoomCode>, StorageError> {
        let rows = sqlx::query(
            "SELECT code FROM rooms WHERE used_at < $1 AND used_at > created_at AND settings LIKE $2 LIMIT 1000",
        )
        .bind(signed(since.0))
        .bind("%\"when_empty\":\"delete\"%")
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(code).collect()
    }

    async fn made_by(
        &self,
        owner: &str,
        key: &str,
        since: Timestamp,
    ) -> Result<Option<Idempotency>, StorageError> {
        let row = sqlx::query(
            "SELECT * FROM idempotency WHERE owner = $1 AND idempotency_key = $2 AND created_at >= $3",
        )
        .bind(owner.to_owned())
        .bind(key.to_owned())
        .bind(signed(since.0))
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Idempotency {
            owner: row.try_get("owner")?,
            key: row.try_get("idempotency_key")?,
            request: Digest(row.try_get("request_digest")?),
            room: RoomCode::parse(&row.try_get::<String, _>("room")?)
                .map_err(|_| StorageError::Unreadable("room"))?,
            created_at: Timestamp(unsigned(&row, "created_at")?),
        }))
    }
}

fn code(row: &sqlx::any::AnyRow) -> Result<RoomCode, StorageError> {
    let text: String = row.try_get("code")?;
    RoomCode::parse(&text).map_err(|_| StorageError::Unreadable("code"))
}

/// Everything in a room, which goes with it.
const DELETE_CONTENTS: [&str; 6] = [
    "DELETE FROM room_keys WHERE room = $1",
    "DELETE FROM keyrings WHERE room = $1",
    "DELETE FROM seats WHERE room = $1",
    "DELETE FROM blocked_browsers WHERE room = $1",
    "DELETE FROM chat WHERE room = $1",
    "DELETE FROM chat_usage WHERE room = $1",
];

/// What was kept in the moment in which its room was deleted.
const DELETE_ORPHANS: [&str; 6] = [
    "DELETE FROM room_keys WHERE room NOT IN (SELECT code FROM rooms)",
    "DELETE FROM keyrings WHERE room NOT IN (SELECT code FROM rooms)",
    "DELETE FROM seats WHERE room NOT IN (SELECT code FROM rooms)",
    "DELETE FROM blocked_browsers WHERE room NOT IN (SELECT code FROM rooms)",
    "DELETE FROM chat WHERE room NOT IN (SELECT code FROM rooms)",
    "DELETE FROM chat_usage WHERE room NOT IN (SELECT code FROM rooms)",
];

async fn insert_idempotency(
    transaction: &mut sqlx::AnyConnection,
    idempotency: &Idempotency,
) -> Result<(), StorageError> {
    // One that is too old to count makes room.
    let since = idempotency.created_at.0.saturating_sub(IDEMPOTENT_FOR.as_millis() as u64);
    sqlx::query("DELETE FROM idempotency WHERE owner = $1 AND idempotency_key = $2 AND created_at < $3")
        .bind(idempotency.owner.clone())
        .bind(idempotency.key.clone())
        .bind(signed(since))
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "INSERT INTO idempotency (owner, idempotency_key, request_digest, room, created_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(idempotency.owner.clone())
    .bind(idempotency.key.clone())
    .bind(idempotency.request.0.clone())
    .bind(idempotency.room.to_string())
    .bind(signed(idempotency.created_at.0))
    .execute(transaction)
    .await
    .map_err(StorageError::of_insert)?;
    Ok(())
}

fn settings_text(settings: &RoomSettings) -> Result<String, StorageError> {
    serde_json::to_string(settings).map_err(|_| StorageError::Unreadable("settings"))
}
