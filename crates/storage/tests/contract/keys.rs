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
    assert!(storage.add_key(&invitation, Timestamp(1)).await.unwrap());

    assert_eq!(storage.key(&digest("invitation")).await.unwrap(), Some(invitation));
    assert_eq!(storage.keys_of_room(code(1)).await.unwrap().len(), 2);
    for (room, id, found) in [(1, "invit", true), (2, "invit", false), (1, "invitations", false)] {
        assert_eq!(storage.key_of_room(code(room), id).await.unwrap().is_some(), found, "{id}");
    }
    assert!(storage.delete_key(code(2), &digest("invitation")).await.unwrap().is_empty(), "of another room");
    assert_eq!(storage.delete_key(code(1), &digest("invitation")).await.unwrap(), [digest("invitation")]);
    assert_eq!(storage.key(&digest("invitation")).await.unwrap(), None);
}

pub(crate) async fn an_invitation_lets_in_as_many_as_it_says(storage: &impl Storage) {
    make_room(storage, 1).await;
    assert!(storage.add_key(&KeyRecord { uses_left: Some(2), ..key(1, "two") }, Timestamp(1)).await.unwrap());

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
    assert!(storage.add_key(&one, Timestamp(1)).await.unwrap());
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
    assert!(storage.add_key(&three, Timestamp(1)).await.unwrap());

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
    assert!(storage.add_key(&guest, Timestamp(1)).await.unwrap());
    storage.hold_key(&browser("ada"), &guest, Timestamp(1)).await.unwrap();
    storage.keep(&[storage::Change::Used(code(2), Timestamp(9000))]).await.unwrap();

    let rooms = storage.rooms_of_host(&browser("ada"), Timestamp(1), 10).await.unwrap();

    assert_eq!(rooms.iter().map(|room| room.code).collect::<Vec<_>>(), [code(2), code(1)]);
    assert!(storage.rooms_of_host(&browser("bob"), Timestamp(1), 10).await.unwrap().is_empty());
}

pub(crate) async fn what_was_minted_goes_with_what_it_was_minted_with(storage: &impl Storage) {
    make_room(storage, 1).await;
    let below = |secret: &str, parent: &str| KeyRecord { parent: Some(digest(parent)), ..key(1, secret) };
    for (secret, parent) in [("a", "host 1"), ("b", "a"), ("c", "b"), ("d", "a"), ("other", "host 1")] {
        assert!(storage.add_key(&below(secret, parent), Timestamp(1)).await.unwrap());
    }
    storage.hold_key(&browser("ada"), &below("c", "b"), Timestamp(1)).await.unwrap();

    let mut taken = storage.delete_key(code(1), &digest("a")).await.unwrap();

    taken.sort_by_key(|digest| digest.0.clone());
    assert_eq!(taken, ["a", "b", "c", "d"].map(digest));
    let left = storage.keys_of_room(code(1)).await.unwrap();
    assert_eq!(left.iter().map(|key| &*key.digest.0).collect::<Vec<_>>(), ["host 1", "other"]);
    assert!(storage.held_keys(&browser("ada"), code(1)).await.unwrap().is_empty());
    assert!(!storage.add_key(&below("late", "b"), Timestamp(1)).await.unwrap(), "its parent is gone");
    assert_eq!(storage.key(&digest("late")).await.unwrap(), None);
}

pub(crate) async fn a_key_ends_with_the_api_key_that_it_stands_below(storage: &impl Storage) {
    make_room(storage, 1).await;
    let program = storage::ApiKeyRecord {
        id: "program".into(),
        digest: digest("secret"),
        label: "test".into(),
        scopes: "rooms:write".into(),
        created_at: Timestamp(1),
        expires_at: Some(Timestamp(50)),
        revoked_at: None,
    };
    storage.add_api_key(&program).await.unwrap();
    let below = |api_key: &str, secret: &str| KeyRecord { api_key: Some(api_key.into()), ..key(1, secret) };
    for (api_key, secret) in [("program", "one"), ("nobody's", "two")] {
        assert!(storage.add_key(&below(api_key, secret), Timestamp(1)).await.unwrap());
    }
    storage.hold_key(&browser("ada"), &below("program", "one"), Timestamp(1)).await.unwrap();
    let end = async |secret: &str| storage.key(&digest(secret)).await.unwrap().unwrap().expires_at;

    assert_eq!((end("one").await, end("two").await), (Some(Timestamp(50)), Some(Timestamp(0))));
    let found = storage.key(&digest("one")).await.unwrap().unwrap();
    assert_eq!(found.scopes.as_deref(), Some("rooms:write"));
    assert_eq!(storage.rooms_of_host(&browser("ada"), Timestamp(49), 9).await.unwrap().len(), 1);
    assert!(storage.rooms_of_host(&browser("ada"), Timestamp(50), 9).await.unwrap().is_empty());
    assert!(storage.revoke_api_key("program", Timestamp(7)).await.unwrap());
    assert_eq!(end("one").await, Some(Timestamp(7)));
    let held = storage.held_keys(&browser("ada"), code(1)).await.unwrap();
    assert_eq!(held[0].key.expires_at, Some(Timestamp(7)));
}

pub(crate) async fn a_new_keyring_has_the_keys_of_those_before_it(storage: &impl Storage) {
    make_room(storage, 1).await;
    make_room(storage, 2).await;
    let once = KeyRecord { uses_left: Some(1), ..key(1, "once") };
    assert!(storage.add_key(&once, Timestamp(1)).await.unwrap());
    let hold = async |keyring: &str, key: &KeyRecord| {
        storage.hold_key(&browser(keyring), key, Timestamp(1)).await.unwrap();
    };
    let add = async |keyring: &str, parent: &str| {
        storage.add_keyring(&browser(keyring), &browser(parent), Timestamp(2)).await.unwrap();
    };
    hold("first", &key(1, "host 1")).await;
    // Two jars with one cookie: neither takes anything from the other, nor sees what the other gets.
    for jar in ["left", "right"] {
        add(jar, "first").await;
        add(jar, "first").await;
    }
    hold("left", &once).await;
    hold("right", &key(2, "host 2")).await;
    add("last", "left").await;
    let holds =
        async |one: &str, room: u64| storage.held_keys(&browser(one), code(room)).await.unwrap().len();
    for (one, count) in [("first", [1, 0]), ("left", [2, 0]), ("right", [1, 1]), ("last", [2, 0])] {
        assert_eq!([holds(one, 1).await, holds(one, 2).await], count, "{one}");
    }
    let hosted = storage.rooms_of_host(&browser("right"), Timestamp(3), 9).await.unwrap();
    assert_eq!(hosted.len(), 2);
    for (one, used) in [("last", true), ("left", true), ("right", false)] {
        assert_eq!(storage.use_held_key(&browser(one), &digest("once")).await.unwrap(), used, "{one}");
    }
    let held = storage.held_keys(&browser("left"), code(1)).await.unwrap();
    assert!(held.iter().any(|held| held.used && held.key.digest == digest("once")));
}

pub(crate) async fn a_browser_has_what_it_got_last(storage: &impl Storage) {
    make_room(storage, 1).await;
    storage.hold_key(&browser("0"), &key(1, "host 1"), Timestamp(1)).await.unwrap();
    for number in 1..=200 {
        let [keyring, parent] = [number, number - 1].map(|number: u64| browser(&number.to_string()));
        storage.add_keyring(&keyring, &parent, Timestamp(number)).await.unwrap();
    }
    for (keyring, count) in [("199", 1), ("200", 0)] {
        assert_eq!(storage.held_keys(&browser(keyring), code(1)).await.unwrap().len(), count, "{keyring}");
    }
}

pub(crate) async fn keyrings_that_nobody_can_show_any_more_go(storage: &impl Storage) {
    make_room(storage, 1).await;
    make_room(storage, 2).await;
    for (keyring, room, at) in [("root", 2, 1), ("old", 1, 2), ("left", 1, 3), ("new", 1, 9)] {
        let key = key(room, &format!("host {room}"));
        storage.hold_key(&browser(keyring), &key, Timestamp(at)).await.unwrap();
    }
    for (keyring, parent, at) in [("old", "root", 2), ("left", "old", 3), ("new", "old", 9)] {
        storage.add_keyring(&browser(keyring), &browser(parent), Timestamp(at)).await.unwrap();
    }
    storage.delete_unused_keyrings(Timestamp(5)).await.unwrap();
    let holds =
        async |one: &str, room: u64| storage.held_keys(&browser(one), code(room)).await.unwrap().len();
    assert_eq!([holds("left", 1).await, holds("left", 2).await], [0, 0]);
    assert_eq!(
        [holds("new", 1).await, holds("new", 2).await],
        [1, 1],
        "what it goes on from is older, and stays"
    );
    // A keyring that is empty, and goes on from nothing, is no longer gone on from; what follows loses nothing.
    assert!(storage.delete_room(code(2), storage::Fence::default()).await.unwrap());
    for _ in 0..2 {
        storage.delete_unused_keyrings(Timestamp(5)).await.unwrap();
    }
    assert_eq!([holds("new", 1).await, holds("old", 1).await], [1, 1]);
}

pub(crate) async fn a_key_is_on_as_many_keyrings_as_may_have_it(storage: &impl Storage) {
    make_room(storage, 1).await;
    for number in 0..1_010 {
        let holder = browser(&number.to_string());
        storage.hold_key(&holder, &key(1, "host 1"), Timestamp(number)).await.unwrap();
    }
    for (number, count) in [(0, 0), (9, 0), (10, 1), (1_009, 1)] {
        let held = storage.held_keys(&browser(&number.to_string()), code(1)).await.unwrap();
        assert_eq!(held.len(), count, "{number}");
    }
}
