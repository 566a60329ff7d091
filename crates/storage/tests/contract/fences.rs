//! Tokens of owners: who has lost a room writes nothing to it any more.

use protocol::{RoomSettings, Switch, Timestamp};
use storage::{BrowserId, Change, ChatQuota, Fence, Refusal, RefusalReason, Storage, StorageError};

use super::{browser, chat::say, code, fenced, make_room, person};

const ALL: ChatQuota = ChatQuota::UNLIMITED;

pub(crate) async fn a_write_with_a_newer_token_is_taken_and_raises_it(storage: &impl Storage) {
    make_room(storage, 1).await;
    assert_eq!(last(storage, 1).await, Fence(0), "of a server that has the database for itself");
    for fence in [0, 0, 3, 3, 7] {
        let changes = fenced(fence, &[block("b", 1)]);
        assert_eq!(storage.keep_within(ALL, &changes).await.unwrap(), []);
        assert_eq!(last(storage, 1).await, Fence(fence));
    }
    let record = storage.room(code(1)).await.unwrap().unwrap();
    let updated = storage.update_room(code(1), Fence(9), record.version, &record.settings, None).await;
    assert_eq!(updated.unwrap().unwrap().fence, Fence(9));
    assert!(storage.delete_room(code(1), Fence(9)).await.unwrap());
}

pub(crate) async fn an_older_token_is_refused_and_changes_nothing(storage: &impl Storage) {
    make_room(storage, 1).await;
    storage.keep_within(ALL, &fenced(2, &[say(1, 1, 1, None)])).await.unwrap();
    let before = storage.room(code(1)).await.unwrap().unwrap();

    let late = [say(1, 2, 1, None), block("late", 1), Change::Used(code(1), Timestamp(u64::MAX / 4))];
    let refused = storage.keep_within(ALL, &fenced(1, &late)).await.unwrap();
    assert_eq!(refused, [0, 1, 2].map(|change| Refusal { change, reason: RefusalReason::Fenced }));
    let locked = RoomSettings { locked: Switch::On, ..RoomSettings::default() };
    let updated = storage.update_room(code(1), Fence(1), before.version, &locked, Some(None)).await;
    assert!(matches!(updated, Err(StorageError::Fenced)), "{updated:?}");
    let deleted = storage.delete_room(code(1), Fence(1)).await;
    assert!(matches!(deleted, Err(StorageError::Fenced)), "{deleted:?}");

    assert_eq!(storage.room(code(1)).await.unwrap(), Some(before));
    assert_eq!(storage.chat(code(1), person(1), None, 9).await.unwrap().entries.len(), 1);
    assert_eq!(storage.blocked_browsers(code(1)).await.unwrap(), Vec::<BrowserId>::new());
}

pub(crate) async fn a_token_concerns_its_room_alone(storage: &impl Storage) {
    make_room(storage, 1).await;
    make_room(storage, 2).await;
    storage.keep_within(ALL, &fenced(5, &[block("b", 1)])).await.unwrap();
    assert_eq!(storage.keep_within(ALL, &fenced(0, &[block("b", 2)])).await.unwrap(), []);
    assert_eq!((last(storage, 1).await, last(storage, 2).await), (Fence(5), Fence(0)));
}

pub(crate) async fn of_a_batch_only_what_is_fenced_is_refused(storage: &impl Storage) {
    make_room(storage, 1).await;
    make_room(storage, 2).await;
    storage.keep_within(ALL, &fenced(4, &[block("b", 1)])).await.unwrap();

    let mut batch = fenced(3, &[say(1, 1, 1, None), say(2, 1, 1, None)]);
    batch.extend(fenced(5, &[say(1, 2, 1, None)]));
    batch.extend(fenced(4, &[say(1, 3, 1, None), say(2, 2, 1, None)]));
    let refused = storage.keep_within(ALL, &batch).await.unwrap();

    let fenced = |change| Refusal { change, reason: RefusalReason::Fenced };
    assert_eq!(refused, [fenced(0), fenced(3)], "the token rises within a batch, too");
    assert_eq!(storage.recent_chat(code(1), 9).await.unwrap().len(), 1);
    assert_eq!(storage.recent_chat(code(2), 9).await.unwrap().len(), 2);
    assert_eq!((last(storage, 1).await, last(storage, 2).await), (Fence(5), Fence(4)));
}

/// Whatever was written with a token was written before a newer one was taken.
pub(crate) async fn a_new_owner_waits_for_the_write_of_the_old_one(storage: &impl Storage) {
    make_room(storage, 1).await;
    let old: Vec<_> = (1..=40).map(|number| fenced(1, &[say(1, number, 1, None)])).collect();
    let old = old.iter().map(|changes| storage.keep_within(ALL, changes));
    let takeover = async {
        let changes = fenced(2, &[block("taken over", 1)]);
        storage.keep_within(ALL, &changes).await.unwrap();
        storage.recent_chat(code(1), 99).await.unwrap().len()
    };
    let (kept, seen) = futures::future::join(futures::future::join_all(old), takeover).await;
    let taken = kept.into_iter().filter(|kept| kept.as_ref().unwrap().is_empty()).count();
    assert_eq!(storage.recent_chat(code(1), 99).await.unwrap().len(), taken);
    assert!(seen == taken, "{taken} were written with the old token, {seen} before the new one");
}

async fn last(storage: &impl Storage, room: u64) -> Fence {
    storage.room(code(room)).await.unwrap().unwrap().fence
}

fn block(by: &str, room: u64) -> Change {
    Change::Blocked(code(room), browser(by), Timestamp(1))
}
