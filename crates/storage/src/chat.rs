//! The table `chat`, as it is read.

use async_trait::async_trait;
use protocol::limits::CHAT_PAGE_BYTES;
use protocol::{ChatEntry, ChatNumber, ParticipantId, RoomCode, Timestamp};
use sqlx::Row;

use crate::rows::{self, signed};
use crate::{ChatPage, ChatRepository, SqlStorage, StorageError};

#[async_trait]
impl ChatRepository for SqlStorage {
    async fn chat(
        &self,
        room: RoomCode,
        reader: ParticipantId,
        before: Option<ChatNumber>,
        limit: u32,
    ) -> Result<ChatPage, StorageError> {
        let rows = sqlx::query(
            "SELECT * FROM chat
             WHERE room = $1 AND number < $2 AND (recipient IS NULL OR recipient = $3 OR sender = $4)
             ORDER BY number DESC LIMIT $5",
        )
        .bind(room.to_string())
        .bind(before.map_or(i64::MAX, |number| signed(number.0)))
        .bind(reader.to_string())
        .bind(reader.to_string())
        .bind(i64::from(limit) + 1) // One more, to know whether there is one.
        .fetch_all(&self.pool)
        .await?;
        let found = rows.iter().map(rows::chat).collect::<Result<Vec<_>, _>>()?;
        let fitting = longest_page(&found).min(limit as usize);
        let more = found.len() > fitting;
        let mut entries = found;
        entries.truncate(fitting);
        entries.reverse();
        Ok(ChatPage { entries, more })
    }

    async fn delete_chat(&self, since: Timestamp) -> Result<u64, StorageError> {
        let rows = sqlx::query("SELECT DISTINCT room FROM chat WHERE sent_at < $1 LIMIT 1000")
            .bind(signed(since.0))
            .fetch_all(&self.pool)
            .await?;
        let mut deleted = 0;
        for row in rows {
            let room: String = row.try_get("room")?;
            let mut transaction = self.writing().await?;
            deleted += sqlx::query("DELETE FROM chat WHERE room = $1 AND sent_at < $2")
                .bind(room.clone())
                .bind(signed(since.0))
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            sqlx::query(
                "UPDATE chat_usage SET
                     messages = (SELECT COUNT(*) FROM chat WHERE chat.room = chat_usage.room),
                     bytes = (SELECT COALESCE(SUM(OCTET_LENGTH(body)), 0) FROM chat WHERE chat.room = chat_usage.room)
                 WHERE room = $1",
            )
            .bind(room)
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await?;
        }
        Ok(deleted)
    }

    async fn recent_chat(&self, room: RoomCode, limit: u32) -> Result<Vec<ChatEntry>, StorageError> {
        let rows = sqlx::query("SELECT * FROM chat WHERE room = $1 ORDER BY number DESC LIMIT $2")
            .bind(room.to_string())
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().rev().map(rows::chat).collect()
    }
}

/// How many of the messages fit on a page that a socket can carry; one always does.
fn longest_page(messages: &[ChatEntry]) -> usize {
    let sizes = messages.iter().scan(0, |bytes, message| {
        *bytes += message.envelope.body().len();
        Some(*bytes)
    });
    sizes.take_while(|bytes| *bytes <= CHAT_PAGE_BYTES).count().max(1)
}
