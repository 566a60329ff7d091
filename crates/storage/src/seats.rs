//! The tables `seats` and `blocked_browsers`, as they are read when a room is opened.

use async_trait::async_trait;
use protocol::{RoomCode, Timestamp};
use sqlx::Row;

use crate::rows::{self, signed};
use crate::{BrowserId, Digest, SeatRecord, SeatRepository, SqlStorage, StorageError};

/// Seats that are read at the most: several times as many as a room takes.
const MOST: i64 = 4000;

#[async_trait]
impl SeatRepository for SqlStorage {
    async fn seats(&self, room: RoomCode, since: Timestamp) -> Result<Vec<SeatRecord>, StorageError> {
        let rows = sqlx::query(
            "SELECT * FROM seats WHERE room = $1 AND changed_at >= $2 ORDER BY changed_at DESC, participant DESC LIMIT $3",
        )
        .bind(room.to_string())
        .bind(signed(since.0))
        .bind(MOST)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().rev().map(rows::seat).collect()
    }

    async fn blocked_browsers(&self, room: RoomCode) -> Result<Vec<BrowserId>, StorageError> {
        let rows = sqlx::query("SELECT browser FROM blocked_browsers WHERE room = $1 ORDER BY browser")
            .bind(room.to_string())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok(BrowserId(Digest(row.try_get("browser")?)))).collect()
    }
}
