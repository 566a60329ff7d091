//! The table `chat`, as it is read.

use async_trait::async_trait;
use protocol::{ChatEntry, ChatNumber, ParticipantId, RoomCode};

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
        let mut entries = rows.iter().map(rows::chat).collect::<Result<Vec<_>, _>>()?;
        let more = entries.len() > limit as usize;
        entries.truncate(limit as usize);
        entries.reverse();
        Ok(ChatPage { entries, more })
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
