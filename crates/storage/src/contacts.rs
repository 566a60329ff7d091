//! The table `call_contacts`.

use async_trait::async_trait;
use protocol::{PublicKey, Timestamp};
use sqlx::{AnyConnection, AssertSqlSafe};

use crate::rows::{self, signed, standing_text};
use crate::{
    CONTACTS_OF_IDENTITY, ContactChange, ContactCursor, ContactPage, ContactRecord, ContactRepository,
    REQUESTS_OF_IDENTITY, RequestNote, SealedNote, SqlStorage, Standing, StorageError,
};

#[async_trait]
impl ContactRepository for SqlStorage {
    async fn change_contact(
        &self,
        owner: &PublicKey,
        peer: &PublicKey,
        change: ContactChange<'_>,
        at: Timestamp,
    ) -> Result<Option<Standing>, StorageError> {
        let mut transaction = self.writing().await?;
        if !hold_owner(&mut transaction, self.lock_rows, owner).await? {
            return Ok(None);
        }
        let before = find(&mut transaction, owner, peer).await?.map(|contact| contact.standing);
        let Some((standing, request)) = changed(before, change) else { return Ok(before) };
        upsert(&mut transaction, owner, peer, (standing, request), at).await?;
        evict(&mut transaction, owner, standing).await?;
        let kept = find(&mut transaction, owner, peer).await?;
        transaction.commit().await?;
        Ok(kept.map(|contact| contact.standing))
    }

    async fn note_contact(
        &self,
        owner: &PublicKey,
        peer: &PublicKey,
        note: Option<&SealedNote>,
    ) -> Result<bool, StorageError> {
        let noted = sqlx::query("UPDATE call_contacts SET note = $1 WHERE owner = $2 AND peer = $3")
            .bind(note.map(|note| note.as_str().to_owned()))
            .bind(owner.as_str().to_owned())
            .bind(peer.as_str().to_owned())
            .execute(&self.pool)
            .await?;
        Ok(noted.rows_affected() > 0)
    }

    async fn forget_contact(&self, owner: &PublicKey, peer: &PublicKey) -> Result<bool, StorageError> {
        let forgotten = sqlx::query("DELETE FROM call_contacts WHERE owner = $1 AND peer = $2")
            .bind(owner.as_str().to_owned())
            .bind(peer.as_str().to_owned())
            .execute(&self.pool)
            .await?;
        Ok(forgotten.rows_affected() > 0)
    }

    async fn contact(
        &self,
        owner: &PublicKey,
        peer: &PublicKey,
    ) -> Result<Option<ContactRecord>, StorageError> {
        let mut connection = self.pool.acquire().await?;
        find(&mut connection, owner, peer).await
    }

    async fn contacts(
        &self,
        owner: &PublicKey,
        standing: Standing,
        before: Option<&ContactCursor>,
        limit: u32,
    ) -> Result<ContactPage, StorageError> {
        let rows = sqlx::query(
            "SELECT * FROM call_contacts
             WHERE owner = $1 AND standing = $2 AND (changed_at, peer) < ($3, $4)
             ORDER BY changed_at DESC, peer DESC LIMIT $5",
        )
        .bind(owner.as_str().to_owned())
        .bind(standing_text(standing))
        .bind(before.map_or(i64::MAX, |cursor| signed(cursor.changed_at.0)))
        .bind(before.map(|cursor| cursor.peer.as_str().to_owned()).unwrap_or_default())
        .bind(i64::from(limit) + 1) // One more, to know whether there is one.
        .fetch_all(&self.pool)
        .await?;
        let more = rows.len() > limit as usize;
        let entries = rows.iter().take(limit as usize).map(rows::contact).collect::<Result<_, _>>()?;
        Ok(ContactPage { entries, more })
    }
}

/// What a peer becomes, and what they say while they ask. `None` when nothing changes.
fn changed(before: Option<Standing>, change: ContactChange<'_>) -> Option<(Standing, Option<&RequestNote>)> {
    match (change, before) {
        (ContactChange::Allowed, _) => Some((Standing::Known, None)),
        (ContactChange::Blocked, _) => Some((Standing::Blocked, None)),
        (ContactChange::Met, Some(Standing::Blocked))
        | (ContactChange::Asked(_), Some(Standing::Known | Standing::Blocked)) => None,
        (ContactChange::Met, Some(Standing::Known | Standing::Asked) | None) => Some((Standing::Known, None)),
        (ContactChange::Asked(request), Some(Standing::Asked) | None) => {
            Some((Standing::Asked, Some(request)))
        }
    }
}

/// Keeps an identity where it is until the transaction ends, so that its contacts are counted one after the other and none is kept of
/// an identity that is just deleted. False when there is none.
pub(crate) async fn hold_owner(
    connection: &mut AnyConnection,
    lock_rows: &str,
    owner: &PublicKey,
) -> Result<bool, StorageError> {
    let statement = format!("SELECT public_key FROM call_identities WHERE public_key = $1{lock_rows}");
    let row = sqlx::query(AssertSqlSafe(statement))
        .bind(owner.as_str().to_owned())
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

async fn find(
    connection: &mut AnyConnection,
    owner: &PublicKey,
    peer: &PublicKey,
) -> Result<Option<ContactRecord>, StorageError> {
    let row = sqlx::query("SELECT * FROM call_contacts WHERE owner = $1 AND peer = $2")
        .bind(owner.as_str().to_owned())
        .bind(peer.as_str().to_owned())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(rows::contact).transpose()
}

async fn upsert(
    connection: &mut AnyConnection,
    owner: &PublicKey,
    peer: &PublicKey,
    (standing, request): (Standing, Option<&RequestNote>),
    at: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO call_contacts (owner, peer, standing, request, changed_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (owner, peer) DO UPDATE SET
             standing = excluded.standing, request = excluded.request, changed_at = excluded.changed_at",
    )
    .bind(owner.as_str().to_owned())
    .bind(peer.as_str().to_owned())
    .bind(standing_text(standing))
    .bind(request.map(|request| request.as_str().to_owned()))
    .bind(signed(at.0))
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes what is more than an identity may have of the kind to which something was added.
async fn evict(
    connection: &mut AnyConnection,
    owner: &PublicKey,
    added: Standing,
) -> Result<(), StorageError> {
    let (statement, most) = match added {
        Standing::Known | Standing::Blocked => (EVICT_CONTACTS, CONTACTS_OF_IDENTITY),
        Standing::Asked => (EVICT_REQUESTS, REQUESTS_OF_IDENTITY),
    };
    sqlx::query(statement)
        .bind(owner.as_str().to_owned())
        .bind(i64::from(u32::MAX))
        .bind(i64::from(most))
        .execute(connection)
        .await?;
    Ok(())
}

/// SQLite knows no `OFFSET` without a `LIMIT`.
const EVICT_CONTACTS: &str = "DELETE FROM call_contacts WHERE owner = $1 AND peer IN (
    SELECT peer FROM call_contacts WHERE owner = $1 AND standing IN ('known', 'blocked')
    ORDER BY CASE standing WHEN 'blocked' THEN 0 ELSE 1 END, changed_at DESC, peer DESC LIMIT $2 OFFSET $3)";

const EVICT_REQUESTS: &str = "DELETE FROM call_contacts WHERE owner = $1 AND peer IN (
    SELECT peer FROM call_contacts WHERE owner = $1 AND standing = 'asked'
    ORDER BY changed_at DESC, peer DESC LIMIT $2 OFFSET $3)";
