//! What becomes of changes when the database stands still, refuses something, or everybody reads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use protocol::{ChatEntry, ChatTarget, DisplayName, Envelope, Timestamp};
use storage::{BrowserId, ChatPage, Digest, Refusal, SeatRepository as _, SqlStorage, StorageError};

use super::*;
use crate::rooms::queue::queue;

/// A database that can stand still, and never takes a certain text.
#[derive(Default)]
struct Fragile {
    failures: AtomicU32,
    kept: Mutex<Vec<Change>>,
}

#[async_trait]
impl Journal for Fragile {
    async fn keep_within(&self, _: ChatQuota, changes: &[Change]) -> Result<Vec<Refusal>, StorageError> {
        if self.failures.load(Ordering::Relaxed) > 0 {
            self.failures.fetch_sub(1, Ordering::Relaxed);
            return Err(StorageError::InUse("the database".into()));
        }
        let is_poison =
            |change: &Change| matches!(change, Change::Chat(_, entry) if entry.envelope.body() == "poison");
        if changes.iter().any(is_poison) {
            return Err(StorageError::Unreadable("body"));
        }
        self.kept.lock().unwrap().extend_from_slice(changes);
        Ok(Vec::new())
    }
}

#[async_trait]
impl ChatRepository for Fragile {
    async fn chat(
        &self,
        _: RoomCode,
        _: ParticipantId,
        _: Option<ChatNumber>,
        _: u32,
    ) -> Result<ChatPage, StorageError> {
        Ok(ChatPage { entries: Vec::new(), more: false })
    }

    async fn delete_chat(&self, _: Timestamp) -> Result<u64, StorageError> {
        Ok(0)
    }

    async fn recent_chat(&self, _: RoomCode, _: u32) -> Result<Vec<ChatEntry>, StorageError> {
        Ok(Vec::new())
    }
}

const LONG: Duration = Duration::from_secs(600);

#[tokio::test]
async fn however_many_read_in_one_room_another_keeps_its_block_and_its_chat() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Arc::new(SqlStorage::sqlite(folder.path()).await.unwrap());
    let keeper = Keeper::start(Arc::clone(&storage), ChatQuota::UNLIMITED);
    let (crowd, other) = (keeper.lane(code(1)), keeper.lane(code(2)));
    let (answer, mut answers) = queue(code(1), 100_000);
    let taken =
        (0..20_000).filter(|number| crowd.read_chat(person(number % 80), None, answer.clone())).count();
    assert!((1..=64).contains(&taken), "{taken} wait");

    let (room, mut events) = queue(code(1), 9);
    other.keep(block(2, "b"), None).unwrap();
    assert!(say(&other, 2, 1, "hello", &room));
    assert!(other.read_chat(person(1), None, room.clone()), "nobody reads there");
    assert!(keeper.flush(LONG).await);

    let browser = BrowserId(Digest("b".into()));
    assert_eq!(storage.blocked_browsers(code(2)).await.unwrap(), [browser]);
    assert!(matches!(events.recv().await.unwrap().event, RoomEvent::ChatKept { .. }));
    let RoomEvent::HistoryRead { page, .. } = events.recv().await.unwrap().event else { panic!("not read") };
    assert_eq!(page.entries.len(), 1, "what was said before is read");
    for _ in 0..taken {
        assert!(matches!(answers.recv().await.unwrap().event, RoomEvent::HistoryRead { .. }));
    }
}

#[tokio::test]
async fn what_must_not_be_lost_waits_for_a_database_that_stands_still_and_so_does_its_room() {
    let storage = Arc::new(Fragile::default());
    storage.failures.store(4, Ordering::Relaxed);
    let keeper = Keeper::start(Arc::clone(&storage), ChatQuota::UNLIMITED);
    let (busy, other) = (keeper.lane(code(1)), keeper.lane(code(2)));
    let changes: Vec<_> = (0..12_000).map(|number| block(1, &number.to_string())).collect();
    for change in changes.clone() {
        busy.keep(change, None).unwrap();
    }
    assert!(tokio::time::timeout(Duration::from_millis(1), busy.ready()).await.is_err(), "it waits");
    other.ready().await;

    busy.ready().await;
    assert!(keeper.flush(LONG).await);
    assert_eq!(*storage.kept.lock().unwrap(), changes);
}

#[tokio::test]
async fn a_database_that_takes_nothing_is_said_to_be_behind_from_the_first_try_until_it_takes_everything() {
    let storage = Arc::new(Fragile::default());
    storage.failures.store(1, Ordering::Relaxed);
    let keeper = Keeper::start(Arc::clone(&storage), ChatQuota::UNLIMITED);
    keeper.lane(code(1)).keep(block(1, "b"), None).unwrap();
    while storage.failures.load(Ordering::Relaxed) > 0 {
        tokio::task::yield_now().await;
    }
    assert!(keeper.is_behind());
    assert!(keeper.flush(LONG).await);
    assert!(!keeper.is_behind());
}

#[tokio::test]
async fn a_room_that_floods_a_standing_database_is_refused_and_others_are_not() {
    let storage = Arc::new(Fragile::default());
    storage.failures.store(4, Ordering::Relaxed);
    let keeper = Keeper::start(Arc::clone(&storage), ChatQuota::UNLIMITED);
    let (room, mut events) = queue(code(1), 9);
    let crowd: Vec<_> = (0..100).map(|number| keeper.lane(code(number))).collect();
    for lane in &crowd {
        let taken = (0..500).filter(|number| say(lane, 1, *number, "x", &room)).count();
        assert!((RESERVED..=ROOM_CHAT_WAITING).contains(&taken), "{taken}");
    }
    let (quiet, mut answers) = queue(code(1), 9);
    assert!(say(&keeper.lane(code(200)), 200, 1, "hello", &quiet));
    tasks::spawn(async move { while events.recv().await.is_some() {} });
    // It was told, one way or the other.
    assert!(answers.recv().await.is_some());
}

#[tokio::test]
async fn what_the_database_never_takes_costs_nobody_else_anything() {
    let storage = Arc::new(Fragile::default());
    let keeper = Keeper::start(Arc::clone(&storage), ChatQuota::UNLIMITED);
    let (bad, good) = (keeper.lane(code(1)), keeper.lane(code(2)));
    let (room, mut events) = queue(code(1), 99);
    for number in 0..20 {
        assert!(say(&good, 2, number, "hello", &room));
    }
    assert!(say(&bad, 1, 99, "poison", &room));
    good.keep(block(2, "b"), None).unwrap();
    assert!(keeper.flush(LONG).await);

    assert_eq!(storage.kept.lock().unwrap().len(), 21);
    let mut refused = 0;
    for _ in 0..21 {
        refused += usize::from(matches!(events.recv().await.unwrap().event, RoomEvent::ChatNotKept { .. }));
    }
    assert_eq!(refused, 1);
}

#[tokio::test]
async fn a_room_that_has_as_much_chat_as_it_may_keep_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Arc::new(SqlStorage::sqlite(folder.path()).await.unwrap());
    let keeper = Keeper::start(storage, ChatQuota { messages: 1, ..ChatQuota::UNLIMITED });
    let lane = keeper.lane(code(1));
    let (room, mut events) = queue(code(1), 9);
    for number in 1..=2 {
        assert!(say(&lane, 1, number, "hello", &room));
    }
    assert!(matches!(events.recv().await.unwrap().event, RoomEvent::ChatKept { .. }));
    assert!(matches!(events.recv().await.unwrap().event, RoomEvent::ChatNotKept { .. }));
    assert!(lane.is_full());
}

fn say(lane: &Lane, room: u64, number: u64, text: &str, to: &RoomQueue) -> bool {
    let (from, chat) = (person(1), ChatId(uuid::Uuid::from_u128(number.into())));
    let entry = ChatEntry {
        number: ChatNumber(number),
        id: chat,
        from,
        name: DisplayName::parse("Ada").unwrap(),
        to: ChatTarget::Everyone,
        at: Timestamp(1),
        envelope: Envelope::new(1, text.to_owned()).unwrap(),
    };
    let asker = Asker { room: to.clone(), from, chat };
    lane.keep(Change::Chat(code(room), entry), Some(asker)).is_ok()
}

fn block(room: u64, browser: &str) -> Change {
    Change::Blocked(code(room), BrowserId(Digest(browser.to_owned())), Timestamp(1))
}

fn code(number: u64) -> RoomCode {
    RoomCode::from_random(number)
}

fn person(number: u128) -> ParticipantId {
    ParticipantId::new(uuid::Uuid::from_u128(number))
}
