//! A room is this node's before it is opened, where it could be another's.

use cluster::Arrival;
use protocol::RoomCode;
use storage::{Fence, Ownable, RoomRecord, StorageError};

use super::Rooms;
use super::registry::Missing;
use crate::nodes::{Lead, Stay};

impl Rooms {
    /// A room as it is kept, once it is this node's.
    pub(super) async fn take(&self, code: RoomCode) -> Result<(RoomRecord, Option<Stay>), Missing> {
        let record = self.storage.room(code).await?.ok_or(Missing::Unknown)?;
        let Some(stay) = self.stay(code).await? else { return Ok((record, None)) };
        // What it was before it was this node's may have changed since.
        let record = self.storage.room(code).await?.ok_or(Missing::Unknown)?;
        if stay.fence() != record.fence {
            stay.was_fenced();
            return Err(Missing::Unreadable(StorageError::Fenced));
        }
        Ok((record, Some(stay)))
    }

    /// The token under which a room is written to, and what keeps the room this node's meanwhile: the token of its task, if it has one.
    ///
    /// # Errors
    ///
    /// As of [`Self::stay`]: nobody writes with another node's token.
    pub(super) async fn fence(&self, code: RoomCode) -> Result<(Fence, Option<Stay>), StorageError> {
        if let Some(handle) = self.running(code).await {
            return Ok((handle.record().fence, None));
        }
        let Some(record) = self.storage.room(code).await? else { return Ok((Fence::default(), None)) };
        match self.stay(code).await? {
            Some(stay) => Ok((stay.fence(), Some(stay))),
            None => Ok((record.fence, None)),
        }
    }

    /// Sees to it that a room is this node's for as long as what is returned is kept; nothing is to be kept where there is only this one.
    ///
    /// # Errors
    ///
    /// [`StorageError::Fenced`] when it is another node's, [`StorageError::Behind`] when nobody can tell just now.
    async fn stay(&self, code: RoomCode) -> Result<Option<Stay>, StorageError> {
        let Some(cluster) = &self.cluster else { return Ok(None) };
        // Whoever asks was led here; that it is elsewhere all the same, they are told.
        match cluster.lead(Ownable::Room(code), Arrival::Client).await {
            Lead::Here(stay) => Ok(Some(stay)),
            Lead::Elsewhere(_) => Err(StorageError::Fenced),
            Lead::Refused(_) => Err(StorageError::Behind),
        }
    }
}
