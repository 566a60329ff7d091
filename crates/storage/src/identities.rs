//! The tables `call_identities` and `call_ids`.

use async_trait::async_trait;
use protocol::{CallId, PublicKey, Timestamp};
use sqlx::{AnyConnection, AssertSqlSafe};

use crate::rows::{self, signed, who_may_ring_text};
use crate::{CallIdentity, CallRules, IdentityRepository, SEEN_TO, SqlStorage, StorageError, calls};

#[async_trait]
impl IdentityRepository for SqlStorage {
    async fn give_call_id(
        &self,
        key: &PublicKey,
        drawn: CallId,
        now: Timestamp,
    ) -> Result<CallIdentity, StorageError> {
        if let Some(own) = self.identity(key).await? {
            return Ok(own);
        }
        let mut transaction = self.writing().await?;
        if take(&mut transaction, drawn).await? && insert(&mut transaction, key, drawn, now).await? {
            transaction.commit().await?;
        } else {
            // What was drawn is free again when the key has got an ID in the meantime.
            transaction.rollback().await?;
        }
        self.identity(key).await?.ok_or(StorageError::Exists)
    }

    async fn replace_call_id(
        &self,
        key: &PublicKey,
        drawn: CallId,
    ) -> Result<Option<CallIdentity>, StorageError> {
        let mut transaction = self.writing().await?;
        if !take(&mut transaction, drawn).await? {
            return Err(StorageError::Exists);
        }
        let replaced = sqlx::query("UPDATE call_identities SET call_id = $1 WHERE public_key = $2")
            .bind(i64::from(drawn.number()))
            .bind(key.as_str().to_owned())
            .execute(&mut *transaction)
            .await?;
        if replaced.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(None);
        }
        transaction.commit().await?;
        self.identity(key).await
    }

    async fn identity(&self, key: &PublicKey) -> Result<Option<CallIdentity>, StorageError> {
        let row = sqlx::query("SELECT * FROM call_identities WHERE public_key = $1")
            .bind(key.as_str().to_owned())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(rows::identity).transpose()
    }

    async fn identity_of(&self, call_id: CallId) -> Result<Option<CallIdentity>, StorageError> {
        let row = sqlx::query("SELECT * FROM call_identities WHERE call_id = $1")
            .bind(i64::from(call_id.number()))
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(rows::identity).transpose()
    }

    async fn note_seen(&self, key: &PublicKey, now: Timestamp) -> Result<(), StorageError> {
        // Most pages are opened on a day that is noted already: that is found out without a write.
        sqlx::query("UPDATE call_identities SET seen_at = $1 WHERE public_key = $2 AND seen_at < $1")
            .bind(signed(coarse(now).0))
            .bind(key.as_str().to_owned())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn set_call_rules(&self, key: &PublicKey, rules: &CallRules) -> Result<bool, StorageError> {
        let CallRules { who_may_ring, quiet_hours, quiet_zone, undisturbed_until } = rules;
        let changed = sqlx::query(
            "UPDATE call_identities SET who_may_ring = $1, quiet_from = $2, quiet_until = $3, undisturbed_until = $4,
                 quiet_zone = $5
             WHERE public_key = $6",
        )
        .bind(who_may_ring_text(*who_may_ring))
        .bind(quiet_hours.map(|hours| i64::from(hours.from())))
        .bind(quiet_hours.map(|hours| i64::from(hours.until())))
        .bind(undisturbed_until.map(|time| signed(time.0)))
        .bind(quiet_zone.clone())
        .bind(key.as_str().to_owned())
        .execute(&self.pool)
        .await?;
        Ok(changed.rows_affected() > 0)
    }

    async fn delete_identity(&self, key: &PublicKey) -> Result<bool, StorageError> {
        let mut transaction = self.writing().await?;
        let was_there = delete(&mut transaction, key).await?;
        calls::hide_all(&mut transaction, self.lock_rows, key).await?;
        transaction.commit().await?;
        Ok(was_there)
    }

    async fn forget_identities(&self, since: Timestamp) -> Result<u64, StorageError> {
        let mut transaction = self.writing().await?;
        let statement = format!(
            "SELECT public_key FROM call_identities AS identity WHERE seen_at < $1
                 AND NOT EXISTS (SELECT 1 FROM calls WHERE caller = identity.public_key AND hidden_by_caller = 0)
                 AND NOT EXISTS (SELECT 1 FROM calls WHERE callee = identity.public_key AND hidden_by_callee = 0)
             ORDER BY seen_at LIMIT 1000{}",
            self.lock_rows
        );
        let unused =
            sqlx::query(AssertSqlSafe(statement)).bind(signed(since.0)).fetch_all(&mut *transaction).await?;
        for row in &unused {
            delete(&mut transaction, &rows::public_key(row, "public_key")?).await?;
        }
        transaction.commit().await?;
        Ok(unused.len() as u64)
    }
}

/// Takes an ID out of those that can be given. False when it was given before.
async fn take(connection: &mut AnyConnection, drawn: CallId) -> Result<bool, StorageError> {
    let taken = sqlx::query("INSERT INTO call_ids (call_id) VALUES ($1) ON CONFLICT DO NOTHING")
        .bind(i64::from(drawn.number()))
        .execute(connection)
        .await?;
    Ok(taken.rows_affected() > 0)
}

/// False when the key has an ID.
async fn insert(
    connection: &mut AnyConnection,
    key: &PublicKey,
    call_id: CallId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let inserted = sqlx::query(
        "INSERT INTO call_identities (public_key, call_id, seen_at, who_may_ring) VALUES ($1, $2, $3, $4)
         ON CONFLICT (public_key) DO NOTHING",
    )
    .bind(key.as_str().to_owned())
    .bind(i64::from(call_id.number()))
    .bind(signed(coarse(now).0))
    .bind(who_may_ring_text(CallRules::default().who_may_ring))
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() > 0)
}

/// Deletes an identity, its contacts and the browsers that are pushed to for it, in this order: who adds one of them holds the identity.
async fn delete(connection: &mut AnyConnection, key: &PublicKey) -> Result<bool, StorageError> {
    let deleted = sqlx::query("DELETE FROM call_identities WHERE public_key = $1")
        .bind(key.as_str().to_owned())
        .execute(&mut *connection)
        .await?;
    for statement in
        ["DELETE FROM call_contacts WHERE owner = $1", "DELETE FROM push_subscriptions WHERE owner = $1"]
    {
        sqlx::query(statement).bind(key.as_str().to_owned()).execute(&mut *connection).await?;
    }
    Ok(deleted.rows_affected() > 0)
}

fn coarse(time: Timestamp) -> Timestamp {
    let step = SEEN_TO.as_millis() as u64;
    Timestamp(time.0 - time.0 % step)
}
