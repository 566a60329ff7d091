//! The tables `room_keys` and `keyrings`.

use async_trait::async_trait;
use protocol::{CredentialKind, RoomCode, Timestamp};
use sqlx::{AnyConnection, Row};

use crate::rows::{self, kind_text, role_text, signed, unsigned};
use crate::{
    BrowserId, Digest, HOLDERS_OF_KEY, HeldKey, KEYRINGS_OF_BROWSER, KEYS_OF_ROOM, KeyRecord, KeyRepository,
    RoomRecord, SqlStorage, StorageError,
};

/// A keyring ($1), and those that it goes on from, at most $2 of them.
const KEYRINGS: &str = "WITH RECURSIVE own (browser, place) AS (
    SELECT CAST($1 AS TEXT), 1
    UNION ALL
    SELECT keyring_parents.parent, own.place + 1 FROM own
    JOIN keyring_parents ON keyring_parents.keyring = own.browser WHERE own.place < $2) ";

#[async_trait]
impl KeyRepository for SqlStorage {
    async fn add_key(&self, key: &KeyRecord, now: Timestamp) -> Result<bool, StorageError> {
        let mut transaction = self.writing().await?;
        forget_ended_tokens(&mut transaction, key.room, now).await?;
        if !has_parent(&mut transaction, key).await? || is_full(&mut transaction, key.room).await? {
            transaction.rollback().await?;
            return Ok(false);
        }
        insert(&mut transaction, key).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn key(&self, digest: &Digest) -> Result<Option<KeyRecord>, StorageError> {
        let row = sqlx::query(
            "SELECT room_keys.*, api_keys.scopes AS api_key_scopes, api_keys.expires_at AS api_key_expires_at,
                    api_keys.revoked_at AS api_key_revoked_at
             FROM room_keys LEFT JOIN api_keys ON api_keys.id = room_keys.api_key WHERE room_keys.digest = $1",
        )
        .bind(digest.0.clone())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(rows::key).transpose()
    }

    async fn key_of_room(&self, room: RoomCode, id: &str) -> Result<Option<KeyRecord>, StorageError> {
        let row = sqlx::query(
            "SELECT room_keys.*, api_keys.scopes AS api_key_scopes, api_keys.expires_at AS api_key_expires_at,
                    api_keys.revoked_at AS api_key_revoked_at
             FROM room_keys LEFT JOIN api_keys ON api_keys.id = room_keys.api_key
             WHERE room_keys.room = $1 AND room_keys.digest >= $2 AND room_keys.digest < $3
             ORDER BY room_keys.digest LIMIT 1",
        )
        .bind(room.to_string())
        .bind(id.to_owned())
        .bind(format!("{id}g"))
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(rows::key).transpose()
    }

    async fn keys_of_room(&self, room: RoomCode) -> Result<Vec<KeyRecord>, StorageError> {
        let rows = sqlx::query(
            "SELECT room_keys.*, api_keys.scopes AS api_key_scopes, api_keys.expires_at AS api_key_expires_at,
                    api_keys.revoked_at AS api_key_revoked_at
             FROM room_keys LEFT JOIN api_keys ON api_keys.id = room_keys.api_key
             WHERE room_keys.room = $1 ORDER BY room_keys.created_at, room_keys.digest",
        )
        .bind(room.to_string())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::key).collect()
    }

    async fn delete_key(&self, room: RoomCode, digest: &Digest) -> Result<Vec<Digest>, StorageError> {
        let mut transaction = self.writing().await?;
        let mut taken = Vec::new();
        let mut next: Vec<_> = delete_one(&mut transaction, room, digest).await?.into_iter().collect();
        while let Some(parent) = next.pop() {
            let children = sqlx::query("SELECT digest FROM room_keys WHERE parent = $1 AND room = $2")
                .bind(parent.0.clone())
                .bind(room.to_string())
                .fetch_all(&mut *transaction)
                .await?;
            taken.push(parent);
            for row in children {
                let child = Digest(row.try_get("digest")?);
                next.extend(delete_one(&mut transaction, room, &child).await?);
            }
        }
        transaction.commit().await?;
        Ok(taken)
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
        let mut transaction = self.writing().await?;
        sqlx::query(
            "INSERT INTO keyrings (browser, key_digest, room, used, added_at) VALUES ($1, $2, $3, 0, $4)
             ON CONFLICT (browser, key_digest) DO NOTHING",
        )
        .bind(browser.0.0.clone())
        .bind(key.digest.0.clone())
        .bind(key.room.to_string())
        .bind(signed(at.0))
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "DELETE FROM keyrings WHERE key_digest = $1 AND added_at < (
                SELECT added_at FROM keyrings WHERE key_digest = $2
                ORDER BY added_at DESC LIMIT 1 OFFSET $3)",
        )
        .bind(key.digest.0.clone())
        .bind(key.digest.0.clone())
        .bind(i64::from(HOLDERS_OF_KEY) - 1)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn add_keyring(
        &self,
        keyring: &BrowserId,
        parent: &BrowserId,
        at: Timestamp,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO keyring_parents (keyring, parent, made_at) VALUES ($1, $2, $3)
             ON CONFLICT (keyring) DO NOTHING",
        )
        .bind(keyring.0.0.clone())
        .bind(parent.0.0.clone())
        .bind(signed(at.0))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn delete_unused_keyrings(&self, since: Timestamp) -> Result<(), StorageError> {
        for statement in [
            "DELETE FROM keyrings WHERE added_at < $1 AND browser NOT IN (SELECT parent FROM keyring_parents)",
            "DELETE FROM keyring_parents WHERE made_at < $1 AND keyring NOT IN (SELECT parent FROM keyring_parents)",
        ] {
            sqlx::query(statement).bind(signed(since.0)).execute(&self.pool).await?;
        }
        sqlx::query(
            "DELETE FROM keyring_parents WHERE parent NOT IN (SELECT browser FROM keyrings)
             AND parent NOT IN (SELECT keyring FROM keyring_parents)",
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn held_keys(&self, browser: &BrowserId, room: RoomCode) -> Result<Vec<HeldKey>, StorageError> {
        let rows = of_keyrings(
            "SELECT room_keys.*, keyrings.used, api_keys.scopes AS api_key_scopes,
                    api_keys.expires_at AS api_key_expires_at, api_keys.revoked_at AS api_key_revoked_at
             FROM keyrings JOIN room_keys ON room_keys.digest = keyrings.key_digest
             LEFT JOIN api_keys ON api_keys.id = room_keys.api_key
             WHERE keyrings.browser IN (SELECT browser FROM own) AND keyrings.room = $3
             ORDER BY room_keys.digest, keyrings.used DESC",
            browser,
        )
        .bind(room.to_string())
        .fetch_all(&self.pool)
        .await?;
        let held =
            rows.iter().map(|row| Ok(HeldKey { key: rows::key(row)?, used: unsigned(row, "used")? > 0 }));
        let mut held = held.collect::<Result<Vec<_>, StorageError>>()?;
        held.dedup_by(|one, before| one.key.digest == before.key.digest);
        Ok(held)
    }

    async fn use_held_key(&self, browser: &BrowserId, digest: &Digest) -> Result<bool, StorageError> {
        let mut transaction = self.writing().await?;
        let held = of_keyrings(
            "SELECT MAX(used) AS used FROM keyrings
             WHERE key_digest = $3 AND browser IN (SELECT browser FROM own)",
            browser,
        )
        .bind(digest.0.clone())
        .fetch_one(&mut *transaction)
        .await?;
        let Some(used) = held.try_get::<Option<i64>, _>("used")? else { return Ok(false) };
        let first = of_keyrings(
            "UPDATE keyrings SET used = 1
             WHERE key_digest = $3 AND used = 0 AND browser IN (SELECT browser FROM own)",
            browser,
        )
        .bind(digest.0.clone())
        .execute(&mut *transaction)
        .await?;
        if used > 0 || first.rows_affected() == 0 {
            transaction.commit().await?;
            return Ok(true);
        }
        let used = take_use(&mut transaction, digest).await?;
        if used {
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        Ok(used)
    }

    async fn rooms_of_host(
        &self,
        browser: &BrowserId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<RoomRecord>, StorageError> {
        let rows = of_keyrings(
            "SELECT DISTINCT rooms.* FROM keyrings
             JOIN room_keys ON room_keys.digest = keyrings.key_digest
             JOIN rooms ON rooms.code = keyrings.room
             LEFT JOIN api_keys ON api_keys.id = room_keys.api_key
             WHERE keyrings.browser IN (SELECT browser FROM own) AND room_keys.role = $3
               AND (room_keys.expires_at IS NULL OR room_keys.expires_at > $4)
               AND (room_keys.api_key IS NULL OR (api_keys.id IS NOT NULL AND api_keys.revoked_at IS NULL
                    AND (api_keys.expires_at IS NULL OR api_keys.expires_at > $5)))
             ORDER BY rooms.used_at DESC, rooms.code LIMIT $6",
            browser,
        )
        .bind(role_text(protocol::Role::Host))
        .bind(signed(now.0))
        .bind(signed(now.0))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::room).collect()
    }
}

/// A statement over a browser's keyrings, `own` in it; what is bound next is $3.
fn of_keyrings(
    statement: &'static str,
    browser: &BrowserId,
) -> sqlx::query::Query<'static, sqlx::Any, sqlx::any::AnyArguments> {
    sqlx::query(sqlx::AssertSqlSafe(format!("{KEYRINGS}{statement}")))
        .bind(browser.0.0.clone())
        .bind(i64::from(KEYRINGS_OF_BROWSER))
}

pub(crate) async fn insert(connection: &mut AnyConnection, key: &KeyRecord) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO room_keys
            (digest, room, role, label, not_before, expires_at, uses_left, created_at, kind, parent, api_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(key.digest.0.clone())
    .bind(key.room.to_string())
    .bind(role_text(key.role))
    .bind(key.label.clone())
    .bind(key.not_before.map(|time| signed(time.0)))
    .bind(key.expires_at.map(|time| signed(time.0)))
    .bind(key.uses_left.map(signed))
    .bind(signed(key.created_at.0))
    .bind(kind_text(key.kind))
    .bind(key.parent.as_ref().map(|parent| parent.0.clone()))
    .bind(key.api_key.clone())
    .execute(connection)
    .await
    .map_err(StorageError::of_insert)?;
    Ok(())
}

/// Access tokens are many and short; one that ended a day ago is of no use even to clocks that are behind.
async fn forget_ended_tokens(
    connection: &mut AnyConnection,
    room: RoomCode,
    now: Timestamp,
) -> Result<(), StorageError> {
    let ended = signed(now.0.saturating_sub(24 * 60 * 60 * 1000));
    sqlx::query("DELETE FROM room_keys WHERE room = $1 AND kind = $2 AND expires_at < $3")
        .bind(room.to_string())
        .bind(kind_text(CredentialKind::AccessToken))
        .bind(ended)
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether what a key was minted with is there. It is written to, so that nobody takes it back before the key is kept.
async fn has_parent(connection: &mut AnyConnection, key: &KeyRecord) -> Result<bool, StorageError> {
    let Some(parent) = &key.parent else { return Ok(true) };
    let found = sqlx::query("UPDATE room_keys SET kind = kind WHERE digest = $1 AND room = $2")
        .bind(parent.0.clone())
        .bind(key.room.to_string())
        .execute(connection)
        .await?;
    Ok(found.rows_affected() > 0)
}

async fn is_full(connection: &mut AnyConnection, room: RoomCode) -> Result<bool, StorageError> {
    let row = sqlx::query("SELECT COUNT(*) AS number FROM room_keys WHERE room = $1")
        .bind(room.to_string())
        .fetch_one(connection)
        .await?;
    Ok(unsigned(&row, "number")? >= KEYS_OF_ROOM)
}

async fn delete_one(
    connection: &mut AnyConnection,
    room: RoomCode,
    digest: &Digest,
) -> Result<Option<Digest>, StorageError> {
    let deleted = sqlx::query("DELETE FROM room_keys WHERE room = $1 AND digest = $2")
        .bind(room.to_string())
        .bind(digest.0.clone())
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM keyrings WHERE room = $1 AND key_digest = $2")
        .bind(room.to_string())
        .bind(digest.0.clone())
        .execute(connection)
        .await?;
    Ok((deleted.rows_affected() > 0).then(|| digest.clone()))
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
