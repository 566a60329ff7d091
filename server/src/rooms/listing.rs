//! The rooms that people without a link may find: those that are listed, and going on. How many are inside is told, never who.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use protocol::limits::MAX_LISTED_ROOMS;
use protocol::{ListedRoom, RoomCode};
use storage::{RoomRecord, StorageError};

use super::Rooms;
use super::list_cache::RoomListing;
use crate::nodes::Neighbours;

/// Of rooms with nobody inside so many are looked at, those first that were used last. All with people are.
const MOST_EMPTY: u32 = 200;

/// How long a page may wait for the database on account of the list. Raising it keeps the landing page back while that is away.
const MADE_WITHIN: Duration = Duration::from_millis(500);

/// Rooms, with how many are inside, as far as that is known.
type FoundRooms = BTreeMap<RoomCode, (Option<u16>, RoomRecord)>;

impl Rooms {
    /// At most [`MAX_LISTED_ROOMS`], those with most people first, then by name; at most a second old.
    ///
    /// # Errors
    ///
    /// When the database does not answer in half a second.
    pub(crate) async fn listed(&self) -> Result<RoomListing, StorageError> {
        if !self.shows_listed() {
            return Ok(RoomListing::default());
        }
        let make = async { tokio::time::timeout(MADE_WITHIN, self.make_list()).await.ok()?.ok() };
        self.list_cache.get(self.clock, make).await.ok_or(StorageError::Behind)
    }

    async fn make_list(&self) -> Result<RoomListing, StorageError> {
        let elsewhere = match &self.cluster {
            Some(cluster) => cluster.neighbours().await,
            None => Arc::default(),
        };
        let kept = self.storage.listed_rooms(MOST_EMPTY).await?;
        let counted = |record: RoomRecord| (record.code, (elsewhere.people_in(record.code), record));
        let mut rooms: BTreeMap<_, _> = kept.into_iter().map(counted).collect();
        self.add_elsewhere(&elsewhere, &mut rooms).await?;
        // A room's task knows of changes at once, and of people.
        for handle in self.all_running() {
            if handle.is_listed() {
                rooms.insert(handle.code(), (Some(handle.figures().present), handle.record()));
            } else {
                rooms.remove(&handle.code());
            }
        }
        Ok(self.in_order(rooms))
    }

    /// Those that other nodes have, with people inside, and that were not read yet.
    async fn add_elsewhere(
        &self,
        elsewhere: &Neighbours,
        rooms: &mut FoundRooms,
    ) -> Result<(), StorageError> {
        let listed = elsewhere.rooms().filter(|room| room.is_listed && !rooms.contains_key(&room.code));
        let mut missing: Vec<_> = listed.map(|room| (room.code, room.people)).collect();
        missing.sort_by_key(|(_, people)| Reverse(*people));
        for (code, people) in missing.into_iter().take(MAX_LISTED_ROOMS) {
            if let Some(record) = self.storage.room(code).await? {
                rooms.insert(code, (Some(people), record));
            }
        }
        Ok(())
    }

    fn in_order(&self, rooms: FoundRooms) -> RoomListing {
        let now = self.clock.wall();
        let shown = rooms.into_values().filter_map(|(present, record)| {
            let RoomRecord { code, settings, password_hash, .. } = record;
            let people = present.unwrap_or(0);
            let entry = room::entry_of_listed(&settings, password_hash.is_some(), people, now)?;
            Some(ListedRoom { code, name: settings.name, present, entry })
        });
        let mut shown: Vec<_> = shown.collect();
        shown.sort_by_cached_key(|room| {
            let title = room.name.as_ref().map_or_else(|| room.code.to_string(), ToString::to_string);
            (Reverse(room.present), title.to_lowercase(), room.code)
        });
        shown.truncate(MAX_LISTED_ROOMS);
        shown.into()
    }
}
