//! The table `recordings`, and what a room keeps of the one that goes on.

use async_trait::async_trait;
use protocol::{RecordingEnd, RecordingId, RoomCode, RoomName, Timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::rows::{self, signed, unsigned};
use crate::{RecordingRecord, SqlStorage, StorageError};

/// Recordings on the server: what is known of each beside its files.
#[async_trait]
pub trait RecordingRepository {
    /// Keeps that a recording goes on. One that is there goes on again.
    async fn begin_recording(&self, recording: &RecordingRecord) -> Result<(), StorageError>;

    /// How much there is of a recording, and, once it is over, since when and why; without that, an end that is known stays. Of one that is gone
    /// nothing is kept.
    async fn note_recording(
        &self,
        id: RecordingId,
        bytes: u64,
        ended: Option<(Timestamp, RecordingEnd)>,
    ) -> Result<(), StorageError>;

    /// A recording, if there is one.
    async fn recording(&self, id: RecordingId) -> Result<Option<RecordingRecord>, StorageError>;

    /// Those of a room, newest first.
    async fn recordings_of(&self, room: RoomCode, limit: u32) -> Result<Vec<RecordingRecord>, StorageError>;

    /// Those that have no end, of all rooms.
    async fn open_recordings(&self) -> Result<Vec<RecordingRecord>, StorageError>;

    /// Those that ended before a moment, oldest first.
    async fn old_recordings(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<RecordingRecord>, StorageError>;

    /// Those that ended before a moment and whose room is no more, oldest first.
    async fn recordings_without_room(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<RecordingRecord>, StorageError>;

    /// Bytes of all recordings of a room, or of all rooms.
    async fn recorded_bytes(&self, room: Option<RoomCode>) -> Result<u64, StorageError>;

    /// Gives a recording a name, or takes it away. False when there is none.
    async fn name_recording(&self, id: RecordingId, name: Option<&RoomName>) -> Result<bool, StorageError>;

    /// Forgets a recording. False when there is none.
    async fn delete_recording(&self, id: RecordingId) -> Result<bool, StorageError>;

    /// What a room has kept of the recording that goes on in it, as it wrote it.
    async fn kept_recording(&self, room: RoomCode) -> Result<Option<String>, StorageError>;
}

#[async_trait]
impl RecordingRepository for SqlStorage {
    async fn begin_recording(&self, recording: &RecordingRecord) -> Result<(), StorageError> {
        let RecordingRecord { id, room, name, started_at, ended_at: _, end: _, bytes, is_sealed } = recording;
        sqlx::query(
            "INSERT INTO recordings (id, room, name, started_at, bytes, sealed) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (id) DO UPDATE SET ended_at = NULL, end_reason = NULL",
        )
        .bind(id.to_string())
        .bind(room.to_string())
        .bind(name.as_ref().map(ToString::to_string))
        .bind(signed(started_at.0))
        .bind(signed(*bytes))
        .bind(i64::from(*is_sealed))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn note_recording(
        &self,
        id: RecordingId,
        bytes: u64,
        ended: Option<(Timestamp, RecordingEnd)>,
    ) -> Result<(), StorageError> {
        let query = match ended {
            Some((at, end)) => {
                sqlx::query("UPDATE recordings SET bytes = $1, ended_at = $2, end_reason = $3 WHERE id = $4")
                    .bind(signed(bytes))
                    .bind(signed(at.0))
                    .bind(end_text(end).to_owned())
            }
            None => sqlx::query("UPDATE recordings SET bytes = $1 WHERE id = $2").bind(signed(bytes)),
        };
        query.bind(id.to_string()).execute(&self.pool).await?;
        Ok(())
    }

    async fn recording(&self, id: RecordingId) -> Result<Option<RecordingRecord>, StorageError> {
        let row = sqlx::query("SELECT * FROM recordings WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(record).transpose()
    }

    async fn recordings_of(&self, room: RoomCode, limit: u32) -> Result<Vec<RecordingRecord>, StorageError> {
        let rows =
            sqlx::query("SELECT * FROM recordings WHERE room = $1 ORDER BY started_at DESC, id LIMIT $2")
                .bind(room.to_string())
                .bind(i64::from(limit))
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(record).collect()
    }

    async fn open_recordings(&self) -> Result<Vec<RecordingRecord>, StorageError> {
        let rows = sqlx::query("SELECT * FROM recordings WHERE ended_at IS NULL ORDER BY started_at, id")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(record).collect()
    }

    async fn old_recordings(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<RecordingRecord>, StorageError> {
        let rows = sqlx::query("SELECT * FROM recordings WHERE ended_at < $1 ORDER BY ended_at, id LIMIT $2")
            .bind(signed(before.0))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(record).collect()
    }

    async fn recordings_without_room(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<RecordingRecord>, StorageError> {
        let rows = sqlx::query(
            "SELECT * FROM recordings WHERE ended_at < $1
             AND NOT EXISTS (SELECT 1 FROM rooms WHERE rooms.code = recordings.room) ORDER BY ended_at, id LIMIT $2",
        )
        .bind(signed(before.0))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(record).collect()
    }

    async fn recorded_bytes(&self, room: Option<RoomCode>) -> Result<u64, StorageError> {
        // PostgreSQL sums to a number without bounds, which is read as none.
        let row = sqlx::query(
            "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes FROM recordings WHERE room = $1 OR CAST($2 AS BIGINT) = 1",
        )
        .bind(room.map(|room| room.to_string()).unwrap_or_default())
        .bind(i64::from(room.is_none()))
        .fetch_one(&self.pool)
        .await?;
        unsigned(&row, "bytes")
    }

    async fn name_recording(&self, id: RecordingId, name: Option<&RoomName>) -> Result<bool, StorageError> {
        let named = sqlx::query("UPDATE recordings SET name = $1 WHERE id = $2")
            .bind(name.map(ToString::to_string))
            .bind(id.to_string())
            .execute(&self.pool)
            .await?;
        Ok(named.rows_affected() > 0)
    }

    async fn delete_recording(&self, id: RecordingId) -> Result<bool, StorageError> {
        let deleted = sqlx::query("DELETE FROM recordings WHERE id = $1")
            .bind(id.to_string())
            .execute(&self.pool)
            .await?;
        Ok(deleted.rows_affected() > 0)
    }

    async fn kept_recording(&self, room: RoomCode) -> Result<Option<String>, StorageError> {
        let row = sqlx::query("SELECT recording FROM rooms WHERE code = $1")
            .bind(room.to_string())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.try_get("recording")).transpose()?.flatten())
    }
}

fn record(row: &AnyRow) -> Result<RecordingRecord, StorageError> {
    let name: Option<String> = row.try_get("name")?;
    let end: Option<String> = row.try_get("end_reason")?;
    Ok(RecordingRecord {
        id: rows::parsed(row, "id")?,
        room: rows::code(row, "room")?,
        name: name
            .map(|name| RoomName::parse(&name).map_err(|_| StorageError::Unreadable("name")))
            .transpose()?,
        started_at: rows::time(row, "started_at")?,
        ended_at: rows::optional_time(row, "ended_at")?,
        end: end.map(|end| end_of(&end).ok_or(StorageError::Unreadable("end_reason"))).transpose()?,
        bytes: unsigned(row, "bytes")?,
        is_sealed: unsigned(row, "sealed")? != 0,
    })
}

const ENDS: [RecordingEnd; 4] =
    [RecordingEnd::Stopped, RecordingEnd::DiskFull, RecordingEnd::Failed, RecordingEnd::RoomEmpty];

fn end_text(end: RecordingEnd) -> &'static str {
    match end {
        RecordingEnd::Stopped => "stopped",
        RecordingEnd::DiskFull => "disk_full",
        RecordingEnd::Failed => "failed",
        RecordingEnd::RoomEmpty => "room_empty",
    }
}

fn end_of(text: &str) -> Option<RecordingEnd> {
    ENDS.into_iter().find(|end| end_text(*end) == text)
}
