//! What happens in rooms, written many at a time in one transaction.

use async_trait::async_trait;
use protocol::{ChatEntry, ChatTarget, RoomCode, Timestamp};
use sqlx::AnyConnection;

use crate::rows::{self, role_text, signed, state_text};
use crate::{
    AuditEvent, BrowserId, Change, ChatQuota, FencedChange, Journal, Refusal, RefusalReason, SeatRecord,
    SqlStorage, StorageError,
};

#[async_trait]
impl Journal for SqlStorage {
    async fn keep_within(
        &self,
        quota: ChatQuota,
        changes: &[FencedChange],
    ) -> Result<Vec<Refusal>, StorageError> {
        let mut transaction = self.writing().await?;
        let rooms = changes.iter().filter_map(|fenced| fenced.change.room()).collect();
        let mut fences = self.fences(&mut transaction, rooms).await?;
        let mut refusals = Vec::new();
        for (index, FencedChange { fence, change }) in changes.iter().enumerate() {
            let is_taken = match change.room() {
                Some(room) => fences.check(&mut transaction, room, *fence).await?,
                None => true,
            };
            let refused = if is_taken {
                keep_one(&mut transaction, quota, change).await?
            } else {
                Some(RefusalReason::Fenced)
            };
            refusals.extend(refused.map(|reason| Refusal { change: index, reason }));
        }
        transaction.commit().await?;
        Ok(refusals)
    }
}

/// Keeps a change, or says why it is refused.
async fn keep_one(
    connection: &mut AnyConnection,
    quota: ChatQuota,
    change: &Change,
) -> Result<Option<RefusalReason>, StorageError> {
    match change {
        Change::Chat(room, entry) => return chat(connection, quota, *room, entry).await,
        Change::Seat(seat) => self::seat(connection, seat).await?,
        Change::Audit(event) => audit(connection, event).await?,
        Change::Blocked(room, browser, at) => block(connection, *room, browser, *at).await?,
        Change::Used(room, at) => used(connection, *room, *at).await?,
        Change::Recording(room, kept) => recording(connection, *room, kept.clone()).await?,
    }
    Ok(None)
}

async fn block(
    connection: &mut AnyConnection,
    room: RoomCode,
    browser: &BrowserId,
    at: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO blocked_browsers (room, browser, blocked_at) VALUES ($1, $2, $3)
         ON CONFLICT (room, browser) DO NOTHING",
    )
    .bind(room.to_string())
    .bind(browser.0.0.clone())
    .bind(signed(at.0))
    .execute(connection)
    .await?;
    Ok(())
}

async fn used(connection: &mut AnyConnection, room: RoomCode, at: Timestamp) -> Result<(), StorageError> {
    sqlx::query("UPDATE rooms SET used_at = $1 WHERE code = $2 AND used_at < $3")
        .bind(signed(at.0))
        .bind(room.to_string())
        .bind(signed(at.0))
        .execute(connection)
        .await?;
    Ok(())
}

async fn recording(
    connection: &mut AnyConnection,
    room: RoomCode,
    kept: Option<String>,
) -> Result<(), StorageError> {
    sqlx::query("UPDATE rooms SET recording = $1 WHERE code = $2")
        .bind(kept)
        .bind(room.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

async fn chat(
    connection: &mut AnyConnection,
    quota: ChatQuota,
    room: RoomCode,
    entry: &ChatEntry,
) -> Result<Option<RefusalReason>, StorageError> {
    if !insert_chat(connection, room, entry).await? {
        let is_kept = is_kept(connection, room, entry).await?;
        return Ok((!is_kept).then_some(RefusalReason::Taken));
    }
    if count_chat(connection, quota, room, entry).await? {
        return Ok(None);
    }
    sqlx::query("DELETE FROM chat WHERE room = $1 AND number = $2")
        .bind(room.to_string())
        .bind(signed(entry.number.0))
        .execute(connection)
        .await?;
    Ok(Some(RefusalReason::RoomIsFull))
}

/// Whether what is in the place of a message is the same message, sent again.
async fn is_kept(
    connection: &mut AnyConnection,
    room: RoomCode,
    entry: &ChatEntry,
) -> Result<bool, StorageError> {
    let row = sqlx::query("SELECT * FROM chat WHERE room = $1 AND sender = $2 AND id = $3")
        .bind(room.to_string())
        .bind(entry.from.to_string())
        .bind(entry.id.0.to_string())
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(false) };
    let kept = rows::chat(&row)?;
    Ok(kept.envelope == entry.envelope && kept.to == entry.to)
}

/// Adds a message to what its room keeps. False when that would be more than it may.
async fn count_chat(
    connection: &mut AnyConnection,
    quota: ChatQuota,
    room: RoomCode,
    entry: &ChatEntry,
) -> Result<bool, StorageError> {
    let bytes = signed(entry.envelope.body().len() as u64);
    if quota.messages == 0 || signed(quota.bytes) < bytes {
        return Ok(false);
    }
    let counted = sqlx::query(
        "INSERT INTO chat_usage (room, messages, bytes) VALUES ($1, 1, $2)
         ON CONFLICT (room) DO UPDATE SET
             messages = chat_usage.messages + 1, bytes = chat_usage.bytes + excluded.bytes
         WHERE chat_usage.messages < $3 AND chat_usage.bytes <= $4",
    )
    .bind(room.to_string())
    .bind(bytes)
    .bind(signed(quota.messages))
    .bind(signed(quota.bytes) - bytes)
    .execute(connection)
    .await?;
    Ok(counted.rows_affected() > 0)
}

/// False when there is one with its number or its id.
async fn insert_chat(
    connection: &mut AnyConnection,
    room: RoomCode,
    entry: &ChatEntry,
) -> Result<bool, StorageError> {
    let recipient = match entry.to {
        ChatTarget::Everyone => None,
        ChatTarget::Participant(id) => Some(id.to_string()),
    };
    let inserted = sqlx::query(
        "INSERT INTO chat
             (room, number, id, sender, sender_name, recipient, sent_at, envelope_version, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT DO NOTHING",
    )
    .bind(room.to_string())
    .bind(signed(entry.number.0))
    .bind(entry.id.0.to_string())
    .bind(entry.from.to_string())
    .bind(entry.name.to_string())
    .bind(recipient)
    .bind(signed(entry.at.0))
    .bind(i64::from(entry.envelope.version()))
    .bind(entry.envelope.body().to_owned())
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() > 0)
}

async fn seat(connection: &mut AnyConnection, seat: &SeatRecord) -> Result<(), StorageError> {
    let forbidden =
        serde_json::to_string(&seat.forbidden).map_err(|_| StorageError::Unreadable("forbidden"))?;
    sqlx::query(
        "INSERT INTO seats
             (room, participant, session, name, role, hand, forbidden, state, generation, browser, public_key,
              changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (room, participant) DO UPDATE SET
             session = excluded.session, name = excluded.name, role = excluded.role, hand = excluded.hand,
             forbidden = excluded.forbidden, state = excluded.state, generation = excluded.generation,
             browser = excluded.browser, public_key = excluded.public_key, changed_at = excluded.changed_at",
    )
    .bind(seat.room.to_string())
    .bind(seat.participant.to_string())
    .bind(seat.session.to_string())
    .bind(seat.name.to_string())
    .bind(role_text(seat.role))
    .bind(seat.hand.map(|hand| signed(hand.0)))
    .bind(forbidden)
    .bind(state_text(seat.state))
    .bind(i64::from(seat.generation))
    .bind(seat.browser.as_ref().map(|browser| browser.0.0.clone()))
    .bind(seat.key.clone().map(String::from))
    .bind(signed(seat.changed_at.0))
    .execute(connection)
    .await?;
    Ok(())
}

async fn audit(connection: &mut AnyConnection, event: &AuditEvent) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO audit_events (id, at, room, actor, action, subject) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(event.id.clone())
    .bind(signed(event.at.0))
    .bind(event.room.map(|room| room.to_string()))
    .bind(event.actor.clone())
    .bind(event.action.clone())
    .bind(event.subject.clone())
    .execute(connection)
    .await?;
    Ok(())
}
