//! The list of rooms that are listed, kept for a moment: the landing page is asked for often, and shows it. How it is made is not
//! known here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use protocol::ListedRoom;
use tokio::sync::Mutex;

use crate::clock::Clock;

/// Listed rooms in the order in which they are shown.
pub(crate) type RoomListing = Arc<[ListedRoom]>;

/// How long a list is shown. Raising it shows numbers that are further behind; lowering it has the database asked more often.
const SHOWN_FOR: Duration = Duration::from_secs(1);

/// The last list.
#[derive(Default)]
pub(super) struct ListCache {
    last: Mutex<Option<Made>>,
    /// How many changes there were of what is in the list, people coming and leaving aside.
    changes: AtomicU64,
}

struct Made {
    at: Duration,
    /// The changes that were known before it was made.
    changes: u64,
    /// None, when it could not be made: the database is not asked again by everybody at once.
    list: Option<RoomListing>,
}

impl ListCache {
    /// The next who asks gets another list than the last.
    pub(super) fn note_change(&self) {
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// The last list, or a new one when that is older than a second, or something was changed. Whoever asks meanwhile waits for the same one.
    pub(super) async fn get(
        &self,
        clock: Clock,
        make: impl Future<Output = Option<RoomListing>>,
    ) -> Option<RoomListing> {
        let mut last = self.last.lock().await;
        let changes = self.changes.load(Ordering::Acquire);
        let is_good =
            |made: &&Made| made.changes == changes && clock.now().saturating_sub(made.at) < SHOWN_FOR;
        if let Some(made) = last.as_ref().filter(is_good) {
            return made.list.clone();
        }
        let list = make.await;
        *last = Some(Made { at: clock.now(), changes, list: list.clone() });
        list
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn a_list_is_made_once_for_all_who_ask_until_something_is_changed() {
        let (cache, clock, made) = (ListCache::default(), Clock::start(), Cell::new(0));
        let make = |list: Option<RoomListing>| {
            cache.get(clock, async {
                made.set(made.get() + 1);
                list
            })
        };
        assert!(make(Some(Arc::default())).await.is_some());
        assert!(make(None).await.is_some());
        assert_eq!(made.get(), 1);
        cache.note_change();
        assert!(make(None).await.is_none());
        assert!(make(Some(Arc::default())).await.is_none(), "what failed is not tried by everybody");
        assert_eq!(made.get(), 2);
    }

    #[tokio::test]
    async fn what_is_changed_while_a_list_is_made_is_in_the_next() {
        let (cache, clock) = (ListCache::default(), Clock::start());
        let first = cache.get(clock, async {
            cache.note_change();
            Some(Arc::default())
        });
        assert!(first.await.is_some());
        assert!(cache.get(clock, async { None }).await.is_none());
    }
}
