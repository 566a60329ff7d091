//! Keys, invitations and keyrings.

use protocol::{Role, Timestamp};
use storage::{KeyRecord, Storage};

use super::{browser, code, digest, key, make_room};

pub(crate) async fn a_key_is_found_by_its_digest_until_it_is_taken_back(storage: &impl Storage) {
    make_room(storage, 1).await;
    let invitation = KeyRecord {
        role: Role::CoHost,
        label: Some("for Ada".into()),
        not_before: Some(Timestamp(5)),
        expires_at: Some(Timestamp(9)),
        uses_left: Some(3),
        ..key(1, "invitation")
    };
    storage.add_key(&invitation).await.unwrap();

    assert_eq!(storage.key(&digest("invitation")).await.unwrap(), Some(invitation));
    assert_eq!(storage.keys_of_room(code(1)).await.unwrap().len(), 2);
    assert!(!storage.delete_key(code(2), &digest("invitation")).await.unwrap(), "of another room");
    assert!(storage.delete_key(code(1), &digest("invitation")).await.unwrap());
    assert_eq!(storage.key(&digest("invitation")).await.unwrap(), None);
}

pub(crate) async fn an_invitation_lets_in_as_many_as_it_says(storage: &impl Storage) {
    make_room(storage, 1).await;
    storage.add_key(&KeyRecord { uses_left: Some(2), ..key(1, "two") }).await.unwrap();

    let mut uses = Vec::new();
    for _ in 0..3 {
        uses.push(storage.use_key(&digest("two")).await.unwrap());
    }
    assert_eq!(uses, [true, true, false]);
    assert!(storage.use_key(&digest("host 1")).await.unwrap(), "one without limit always lets in");
    assert!(!storage.use_key(&digest("unknown")).await.unwrap());
}

pub(crate) async fn a_browser_needs_one_use_however_often_it_comes(storage: &impl Storage) {
    make_room(storage, 1).await;
    let one = KeyRecord { uses_left: Some(1), ..key(1, "one") };
    storage.add_key(&one).await.unwrap();
    for holder in ["ada", "bob"] {
        storage.hold_key(&browser(holder), &one, Timestamp(1)).await.unwrap();
        storage.hold_key(&browser(holder), &one, Timestamp(2)).await.unwrap();
    }

    for _ in 0..2 {
        assert!(storage.use_held_key(&browser("ada"), &one.digest).await.unwrap());
        assert!(!storage.use_held_key(&browser("bob"), &one.digest).await.unwrap());
    }
    assert!(!storage.use_held_key(&browser("eve"), &one.digest).await.unwrap(), "it holds none");
    let held = storage.held_keys(&browser("ada"), code(1)).await.unwrap();
    assert_eq!(held.iter().map(|held| held.used).collect::<Vec<_>>(), [true]);
}

pub(crate) async fn of_many_at_once_only_as_many_as_allowed_get_in(storage: &impl Storage) {
    make_room(storage, 1).await;
    let three = KeyRecord { uses_left: Some(3), ..key(1, "three") };
    storage.add_key(&three).await.unwrap();

    let tries = (0..12).map(|_| storage.use_key(&three.digest));
    let results = futures::future::join_all(tries).await;

    assert_eq!(results.into_iter().filter(|used| matches!(used, Ok(true))).count(), 3);
}

pub(crate) async fn a_host_finds_their_rooms_again(storage: &impl Storage) {
    for number in 1..=3 {
        make_room(storage, number).await;
    }
    storage.hold_key(&browser("ada"), &key(1, "host 1"), Timestamp(1)).await.unwrap();
    storage.hold_key(&browser("ada"), &key(2, "host 2"), Timestamp(1)).await.unwrap();
    let guest = KeyRecord { role: Role::Guest, ..key(3, "guest of 3") };
    storage.add_key(&guest).await.unwrap();
    storage.hold_key(&browser("ada"), &guest, Timestamp(1)).await.unwrap();
    storage.keep(&[storage::Change::Used(code(2), Timestamp(9000))]).await.unwrap();

    let rooms = storage.rooms_of_host(&browser("ada"), 10).await.unwrap();

    assert_eq!(rooms.iter().map(|room| room.code).collect::<Vec<_>>(), [code(2), code(1)]);
    assert!(storage.rooms_of_host(&browser("bob"), 10).await.unwrap().is_empty());
}
