//! Fencing: whatever a room's owner writes carries a token, and a write with an older token than the last one of that room is refused. So
//! a server that does not know yet that it has lost a room changes nothing of it (Kleppmann, How to do distributed locking, 2016).

use std::collections::{BTreeMap, BTreeSet};

use protocol::RoomCode;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use crate::rows::{signed, unsigned};
use crate::{Fence, SqlStorage, StorageError};

/// The last tokens of some rooms, which nobody else raises before the transaction ends.
pub(crate) struct Fences(BTreeMap<RoomCode, Fence>);

impl SqlStorage {
    /// Reads the tokens of rooms, all at once. Of a room that there is not every token is taken.
    pub(crate) async fn fences(
        &self,
        transaction: &mut AnyConnection,
        rooms: BTreeSet<RoomCode>,
    ) -> Result<Fences, StorageError> {
        if rooms.is_empty() {
            return Ok(Fences(BTreeMap::new()));
        }
        let placeholders: Vec<_> = (1..=rooms.len()).map(|index| format!("${index}")).collect();
        // In one order for all, so that two servers do not wait for each other.
        let statement = format!(
            "SELECT code, fence FROM rooms WHERE code IN ({}) ORDER BY code{}",
            placeholders.join(", "),
            self.lock_rows
        );
        let mut query = sqlx::query(AssertSqlSafe(statement));
        for room in rooms {
            query = query.bind(room.to_string());
        }
        let rows = query.fetch_all(transaction).await?;
        let fence = |row: &sqlx::any::AnyRow| -> Result<_, StorageError> {
            let code = RoomCode::parse(&row.try_get::<String, _>("code")?);
            let code = code.map_err(|_| StorageError::Unreadable("code"))?;
            Ok((code, Fence(unsigned(row, "fence")?)))
        };
        rows.iter().map(fence).collect::<Result<_, _>>().map(Fences)
    }

    /// Takes a write of one room, or refuses it.
    ///
    /// # Errors
    ///
    /// [`StorageError::Fenced`] when its token is older than the last.
    pub(crate) async fn check(
        &self,
        transaction: &mut AnyConnection,
        room: RoomCode,
        fence: Fence,
    ) -> Result<(), StorageError> {
        let mut fences = self.fences(transaction, BTreeSet::from([room])).await?;
        if fences.check(transaction, room, fence).await? { Ok(()) } else { Err(StorageError::Fenced) }
    }
}

impl Fences {
    /// Whether a write with this token is taken. A newer token than the last becomes the last.
    pub(crate) async fn check(
        &mut self,
        transaction: &mut AnyConnection,
        room: RoomCode,
        fence: Fence,
    ) -> Result<bool, StorageError> {
        let Some(last) = self.0.get_mut(&room) else { return Ok(true) };
        if fence > *last {
            sqlx::query("UPDATE rooms SET fence = $1 WHERE code = $2")
                .bind(signed(fence.0))
                .bind(room.to_string())
                .execute(transaction)
                .await?;
            *last = fence;
        }
        Ok(fence >= *last)
    }
}
