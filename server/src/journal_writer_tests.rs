//! What becomes of changes when the database stands still, refuses something, or everybody reads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use protocol::{
    ChatEntry, ChatTarget, CredentialKind, DisplayName, Envelope, Role, RoomCode, RoomSettings, Timestamp,
};
use storage::{
    BrowserId, ChatPage, Digest, KeyRecord, Refusal, RoomRecord, RoomRepository as _, SeatRepository as _,
    SqlStorage, StorageError,
};

use super::*;
use crate::rooms::queue::{RoomQueueReceiver, queue};

/// A database that can stand still, and never takes a certain text.
#[derive(Default)]
struct Fragile {
    failures: AtomicU32,
    kept: Mutex<Vec<Change>>,
}

#[async_trait]
impl Journal for Fragile {
    async fn keep_within(
        &self,
        _: ChatQuota,
        changes: &[FencedChange],
    ) -> Result<Vec<Refusal>, StorageError> {
        if self.failures.load(Ordering::Relaxed) > 0 {
            self.failures.fetch_sub(1, Ordering::Relaxed);
            return Err(StorageError::InUse("the database".into()));
        }
        let is_poison =
            |change: &Change| matches!(change, Change::Chat(_, entry) if entry.envelope.body() == "poison");
        if changes.iter().any(|fenced| is_poison(&fenced.change)) {
            return Err(StorageError::Unreadable("body"));
        }
        self.kept.lock().unwrap().extend(changes.iter().map(|fenced| fenced.change.clone()));
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
    let journal_writer = JournalWriter::start(Arc::clone(&storage), ChatQuota::UNLIMITED);
    let ((crowd, mut answers), (other, mut events)) =
        (room_writer(&journal_writer, 1), room_writer(&journal_writer, 2));
    let taken = (0..20_000).filter(|number| crowd.read_chat(person(number % 80), None)).count();
    assert!((1..=64).contains(&taken), "{taken} wait");

    other.keep(block(2, "b"), None).unwrap();
    assert!(say(&other, 2, 1, "hello"));
    assert!(other.read_chat(person(1), None), "nobody reads there");
    assert!(journal_writer.flush(LONG).await);

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
    let journal_writer = JournalWriter::start(Arc::clone(&storage), ChatQuota::UNLIMITED);
    let ((busy, _), (other, _)) = (room_writer(&journal_writer, 1), room_writer(&journal_writer, 2));
    let changes: Vec<_> = (0..12_000).map(|number| block(1, &number.to_string())).collect();
    for change in changes.clone() {
        busy.keep(change, None).unwrap();
    }
    assert!(tokio::time::timeout(Duration::from_millis(1), busy.ready()).await.is_err(), "it waits");
    other.ready().await;

    busy.ready().await;
    assert!(journal_writer.flush(LONG).await);
    assert_eq!(*storage.kept.lock().unwrap(), changes);
}

#[tokio::test]
async fn a_database_that_takes_nothing_is_said_to_be_behind_from_the_first_try_until_it_takes_everything() {
    let storage = Arc::new(Fragile::default());
    storage.failures.store(1, Ordering::Relaxed);
    let journal_writer = JournalWriter::start(Arc::clone(&storage), ChatQuota::UNLIMITED);
    room_writer(&journal_writer, 1).0.keep(block(1, "b"), None).unwrap();
    while storage.failures.load(Ordering::Relaxed) > 0 {
        tokio::task::yield_now().await;
    }
    assert!(journal_writer.is_behind());
    assert!(journal_writer.flush(LONG).await);
    assert!(!journal_writer.is_behind());
}

#[tokio::test]
async fn a_room_that_floods_a_standing_database_is_refused_and_others_are_not() {
    let storage = Arc::new(Fragile::default());
    storage.failures.store(4, Ordering::Relaxed);
    let journal_writer = JournalWriter::start(Arc::clone(&storage), ChatQuota::UNLIMITED);
    let (crowd, events): (Vec<_>, Vec<_>) =
        (0..100).map(|number| room_writer(&journal_writer, number)).unzip();
    for room_writer in &crowd {
        let taken = (0..500).filter(|number| say(room_writer, 1, *number, "x")).count();
        assert!((RESERVED..=ROOM_CHAT_WAITING).contains(&taken), "{taken}");
    }
    let (quiet, mut answers) = room_writer(&journal_writer, 200);
    assert!(say(&quiet, 200, 1, "hello"));
    for mut events in events {
        tasks::spawn(async move { while events.recv().await.is_some() {} });
    }
    // It was told, one way or the other.
    assert!(answers.recv().await.is_some());
}

#[tokio::test]
async fn what_the_database_never_takes_costs_nobody_else_anything() {
    let storage = Arc::new(Fragile::default());
    let journal_writer = JournalWriter::start(Arc::clone(&storage), ChatQuota::UNLIMITED);
    let ((bad, mut of_bad), (good, mut of_good)) =
        (room_writer(&journal_writer, 1), room_writer(&journal_writer, 2));
    for number in 0..20 {
        assert!(say(&good, 2, number, "hello"));
    }
    assert!(say(&bad, 1, 99, "poison"));
    good.keep(block(2, "b"), None).unwrap();
    assert!(journal_writer.flush(LONG).await);

    assert_eq!(storage.kept.lock().unwrap().len(), 21);
    assert!(matches!(of_bad.recv().await.unwrap().event, RoomEvent::ChatNotKept { .. }));
    for _ in 0..20 {
        assert!(matches!(of_good.recv().await.unwrap().event, RoomEvent::ChatKept { .. }));
    }
}

#[tokio::test]
async fn a_room_that_has_as_much_chat_as_it_may_keep_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Arc::new(SqlStorage::sqlite(folder.path()).await.unwrap());
    let journal_writer = JournalWriter::start(storage, ChatQuota { messages: 1, ..ChatQuota::UNLIMITED });
    let (room_writer, mut events) = room_writer(&journal_writer, 1);
    for number in 1..=2 {
        assert!(say(&room_writer, 1, number, "hello"));
    }
    assert!(matches!(events.recv().await.unwrap().event, RoomEvent::ChatKept { .. }));
    assert!(matches!(events.recv().await.unwrap().event, RoomEvent::ChatNotKept { .. }));
    assert!(room_writer.is_full());
}

#[tokio::test]
async fn a_room_that_another_server_owns_is_told_once_and_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Arc::new(SqlStorage::sqlite(folder.path()).await.unwrap());
    for room in [1, 2] {
        storage.create_room(&record(room), &key(room), None).await.unwrap();
    }
    let newer = FencedChange { fence: Fence(1), change: block(1, "of the new owner") };
    storage.keep_within(ChatQuota::UNLIMITED, &[newer]).await.unwrap();

    let journal_writer = JournalWriter::start(Arc::clone(&storage), ChatQuota::UNLIMITED);
    let ((lost, mut of_lost), (own, mut of_own)) =
        (room_writer(&journal_writer, 1), room_writer(&journal_writer, 2));
    assert!(say(&lost, 1, 1, "too late"));
    lost.keep(block(1, "too late"), None).unwrap();
    assert!(say(&own, 2, 1, "hello"));
    assert!(journal_writer.flush(LONG).await);

    assert!(lost.is_fenced() && !own.is_fenced());
    let told = of_lost.recv().await.unwrap().event;
    assert!(matches!(told, RoomEvent::Fenced { fence: Fence(0) }), "{told:?}");
    assert!(of_lost.try_recv().is_err(), "once, and no message is acknowledged or refused");
    assert!(matches!(of_own.recv().await.unwrap().event, RoomEvent::ChatKept { .. }));
    assert_eq!(storage.blocked_browsers(code(1)).await.unwrap().len(), 1);
    assert!(storage.recent_chat(code(1), 9).await.unwrap().is_empty());
}

/// A room's writer, and what the room is told.
fn room_writer(journal_writer: &JournalWriter, room: u64) -> (RoomWriter, RoomQueueReceiver) {
    let (queue, told) = queue(code(room), 100);
    (journal_writer.room_writer(queue, Fence::default()), told)
}

fn record(room: u64) -> RoomRecord {
    RoomRecord {
        code: code(room),
        settings: RoomSettings::default(),
        password_hash: None,
        version: 1,
        created_at: Timestamp(1),
        used_at: Timestamp(1),
        created_by: None,
        made_for: None,
        fence: Fence::default(),
    }
}

fn key(room: u64) -> KeyRecord {
    KeyRecord {
        digest: Digest(room.to_string()),
        kind: CredentialKind::HostKey,
        parent: None,
        api_key: None,
        scopes: None,
        room: code(room),
        role: Role::Host,
        label: None,
        not_before: None,
        expires_at: None,
        uses_left: None,
        created_at: Timestamp(1),
    }
}

fn say(room_writer: &RoomWriter, room: u64, number: u64, text: &str) -> bool {
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
    let waiter = Waiter { from, chat };
    room_writer.keep(Change::Chat(code(room), entry), Some(waiter)).is_ok()
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
