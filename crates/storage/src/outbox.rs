//! The table `outbox`: what is to be delivered, in order and at least once.
//!
//! Whoever adds, takes or expires entries first locks the one row of `outbox_sequence`. So numbers become visible in their order, whoever
//! sees an entry sees those before it, and of two takers the second finds what the first has left. So does who fails a delivery, to see whether
//! another entry has come in the place of theirs. Who finishes one does not wait: the number of its claims says whether an entry is still theirs.

use async_trait::async_trait;
use protocol::Timestamp;
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe};

use crate::rows::{self, signed, unsigned};
use crate::{
    Claim, ClaimedEntry, OutboxCount, OutboxEntry, OutboxRepository, SqlStorage, StorageError, Topic,
};

#[async_trait]
impl OutboxRepository for SqlStorage {
    async fn add_to_outbox(&self, entries: &[OutboxEntry]) -> Result<(), StorageError> {
        let mut transaction = self.writing().await?;
        insert(&mut transaction, entries).await?;
        Ok(transaction.commit().await?)
    }

    async fn claim_due(
        &self,
        topic: &Topic,
        now: Timestamp,
        leased_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<ClaimedEntry>, StorageError> {
        // Most of the time nothing is due. To find that out nobody has to wait.
        if due(topic, now, 1).fetch_optional(&self.pool).await?.is_none() {
            return Ok(Vec::new());
        }
        let mut transaction = self.writing().await?;
        lock(&mut transaction, self.lock_rows).await?;
        let mut claimed = Vec::new();
        loop {
            let free = limit.saturating_sub(claimed.len() as u32);
            let rows = due(topic, now, free).fetch_all(&mut *transaction).await?;
            let mut are_removed = false;
            for row in &rows {
                let found = rows::claimed_entry(row)?;
                // Whoever had it before and said nothing until their lease ended has failed.
                let has_failed = unsigned(row, "leased_until")? > 0;
                if has_failed && remove_replaced(&mut transaction, found.claim).await? {
                    are_removed = true;
                    continue;
                }
                let claim = Claim { claims: found.claim.claims + 1, ..found.claim };
                let attempts = found.attempts + u64::from(has_failed);
                let entry = ClaimedEntry { claim, attempts, entry: found.entry };
                if lease(&mut transaction, &entry, leased_until).await? {
                    claimed.push(entry);
                }
            }
            // What stood behind is due now.
            if !are_removed {
                break;
            }
        }
        transaction.commit().await?;
        Ok(claimed)
    }

    async fn finish_delivery(&self, claim: Claim) -> Result<bool, StorageError> {
        let mut connection = self.pool.acquire().await?;
        remove(&mut connection, claim).await
    }

    async fn fail_delivery(&self, claim: Claim, not_before: Timestamp) -> Result<bool, StorageError> {
        let mut transaction = self.writing().await?;
        lock(&mut transaction, self.lock_rows).await?;
        if remove_replaced(&mut transaction, claim).await? {
            transaction.commit().await?;
            return Ok(true);
        }
        // The claim ends with it: who has failed once cannot say so twice.
        let failed = sqlx::query(
            "UPDATE outbox SET attempts = attempts + 1, claims = claims + 1, not_before = $1, leased_until = 0
             WHERE number = $2 AND claims = $3",
        )
        .bind(signed(not_before.0))
        .bind(signed(claim.number))
        .bind(signed(claim.claims))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(failed.rows_affected() > 0)
    }

    async fn expire_outbox(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxEntry>, StorageError> {
        let mut transaction = self.writing().await?;
        lock(&mut transaction, self.lock_rows).await?;
        let rows = sqlx::query(
            "SELECT * FROM outbox WHERE expires_at <= $1 AND leased_until <= $1
             ORDER BY expires_at, number LIMIT $2",
        )
        .bind(signed(now.0))
        .bind(i64::from(limit))
        .fetch_all(&mut *transaction)
        .await?;
        let mut expired = Vec::with_capacity(rows.len());
        for row in &rows {
            let ClaimedEntry { claim, entry, .. } = rows::claimed_entry(row)?;
            if remove(&mut transaction, claim).await? {
                expired.push(entry);
            }
        }
        transaction.commit().await?;
        Ok(expired)
    }

    async fn outbox_counts(&self) -> Result<Vec<OutboxCount>, StorageError> {
        let rows = sqlx::query(
            "SELECT topic, COUNT(*) AS entries, MIN(created_at) AS oldest FROM outbox GROUP BY topic ORDER BY topic",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::outbox_count).collect()
    }
}

/// Waits until nobody else adds, takes or expires entries.
async fn lock(connection: &mut AnyConnection, lock_rows: &str) -> Result<(), StorageError> {
    let statement = format!("SELECT last FROM outbox_sequence WHERE id = 1{lock_rows}");
    sqlx::query(AssertSqlSafe(statement)).fetch_one(connection).await?;
    Ok(())
}

/// Adds entries at the end.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    entries: &[OutboxEntry],
) -> Result<(), StorageError> {
    if entries.is_empty() {
        return Ok(());
    }
    sqlx::query("UPDATE outbox_sequence SET last = last + $1 WHERE id = 1")
        .bind(signed(entries.len() as u64))
        .execute(&mut *connection)
        .await?;
    let row =
        sqlx::query("SELECT last FROM outbox_sequence WHERE id = 1").fetch_one(&mut *connection).await?;
    let first = (unsigned(&row, "last")? + 1).saturating_sub(entries.len() as u64);
    for (number, entry) in (first..).zip(entries) {
        replace_tagged(connection, entry).await?;
        insert_one(connection, number, entry).await?;
    }
    Ok(())
}

/// Removes what an entry takes the place of.
async fn replace_tagged(connection: &mut AnyConnection, entry: &OutboxEntry) -> Result<(), StorageError> {
    let Some(tag) = &entry.tag else { return Ok(()) };
    sqlx::query(
        "DELETE FROM outbox WHERE topic = $1 AND ordering_key = $2 AND tag = $3 AND leased_until <= $4",
    )
    .bind(entry.topic.0.clone())
    .bind(entry.ordering_key.clone())
    .bind(tag.clone())
    .bind(signed(entry.created_at.0))
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes an entry in whose place another one was added while somebody delivered it. False when there is none, or the entry is gone or somebody
/// else's.
async fn remove_replaced(connection: &mut AnyConnection, claim: Claim) -> Result<bool, StorageError> {
    let removed = sqlx::query(
        "DELETE FROM outbox WHERE number = $1 AND claims = $2 AND EXISTS (
             SELECT 1 FROM outbox AS newer WHERE newer.topic = outbox.topic
                 AND newer.ordering_key = outbox.ordering_key AND newer.tag = outbox.tag AND newer.number > outbox.number)",
    )
    .bind(signed(claim.number))
    .bind(signed(claim.claims))
    .execute(connection)
    .await?;
    Ok(removed.rows_affected() > 0)
}

async fn insert_one(
    connection: &mut AnyConnection,
    number: u64,
    entry: &OutboxEntry,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO outbox
             (number, topic, ordering_key, tag, payload, created_at, not_before, expires_at, attempts, claims,
              leased_until)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0)",
    )
    .bind(signed(number))
    .bind(entry.topic.0.clone())
    .bind(entry.ordering_key.clone())
    .bind(entry.tag.clone())
    .bind(entry.payload.as_str().to_owned())
    .bind(signed(entry.created_at.0))
    .bind(signed(entry.not_before.0))
    .bind(entry.expires_at.map(|time| signed(time.0)))
    .execute(connection)
    .await?;
    Ok(())
}

/// False when whoever had the entry before has finished it in this moment.
async fn lease(
    connection: &mut AnyConnection,
    ClaimedEntry { claim, attempts, .. }: &ClaimedEntry,
    leased_until: Timestamp,
) -> Result<bool, StorageError> {
    let leased = sqlx::query(
        "UPDATE outbox SET claims = claims + 1, attempts = $1, leased_until = $2
         WHERE number = $3 AND claims = $4 - 1",
    )
    .bind(signed(*attempts))
    .bind(signed(leased_until.0))
    .bind(signed(claim.number))
    .bind(signed(claim.claims))
    .execute(connection)
    .await?;
    Ok(leased.rows_affected() > 0)
}

/// False when the entry is gone, or somebody else's.
async fn remove(connection: &mut AnyConnection, claim: Claim) -> Result<bool, StorageError> {
    let removed = sqlx::query("DELETE FROM outbox WHERE number = $1 AND claims = $2")
        .bind(signed(claim.number))
        .bind(signed(claim.claims))
        .execute(connection)
        .await?;
    Ok(removed.rows_affected() > 0)
}

/// The entries of a topic that may be taken at a moment.
fn due(topic: &Topic, now: Timestamp, limit: u32) -> Query<'static, Any, AnyArguments> {
    sqlx::query(DUE).bind(topic.0.clone()).bind(signed(now.0)).bind(i64::from(limit))
}

/// The keys of a topic are visited one after the other along the index, however many entries each has, and of each its first entry alone
/// is looked at. One that is of no use any more holds up nobody.
const DUE: &str = "WITH RECURSIVE waiting (ordering_key) AS (
        SELECT MIN(ordering_key) FROM outbox WHERE topic = $1
        UNION ALL
        SELECT (SELECT MIN(outbox.ordering_key) FROM outbox
                WHERE outbox.topic = $1 AND outbox.ordering_key > waiting.ordering_key)
        FROM waiting WHERE waiting.ordering_key IS NOT NULL)
    SELECT outbox.* FROM waiting JOIN outbox ON outbox.number = (
        SELECT foremost.number FROM outbox AS foremost
        WHERE foremost.topic = $1 AND foremost.ordering_key = waiting.ordering_key
            AND (foremost.expires_at IS NULL OR foremost.expires_at > $2 OR foremost.leased_until > $2)
        ORDER BY foremost.number LIMIT 1)
    WHERE outbox.not_before <= $2 AND outbox.leased_until <= $2
    ORDER BY outbox.number LIMIT $3";
