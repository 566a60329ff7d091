//! Rooms and their rules.

use std::collections::BTreeSet;
use std::time::Duration;

use protocol::{RoomName, RoomSettings, Switch, Timestamp, WhenEmpty};
use storage::{Creators, Fence, Idempotency, PasswordHash, RoomRecord, Storage, StorageError};

use super::{browser, chat::say, code, digest, exists, key, make_room, person, room};

pub(crate) async fn a_room_is_found_as_it_was_kept(storage: &impl Storage) {
    let kept = RoomRecord {
        settings: RoomSettings {
            name: Some(RoomName::parse("Tea 🍵 with Zoë").unwrap()),
            capacity: 7,
            waiting_room: Switch::On,
            starts_at: Some(Timestamp(u64::MAX / 2)),
            ..RoomSettings::default()
        },
        password_hash: Some(PasswordHash("$argon2id$…".into())),
        created_by: Some("program".into()),
        ..room(1)
    };
    storage.create_room(&kept, &key(1, "secret"), None).await.unwrap();

    assert_eq!(storage.room(code(1)).await.unwrap(), Some(kept.clone()));
    assert_eq!(storage.room(code(2)).await.unwrap(), None);
    assert_eq!(storage.count_rooms(Creators::ApiKeys).await.unwrap(), 1);
    exists(&storage.create_room(&kept, &key(1, "another"), None).await);
    assert_eq!(storage.keys_of_room(code(1)).await.unwrap().len(), 1, "nothing of what failed stays");
}

pub(crate) async fn rules_change_only_from_the_version_they_were_read_at(storage: &impl Storage) {
    make_room(storage, 1).await;
    let locked = RoomSettings { locked: Switch::On, ..RoomSettings::default() };

    let changed = storage.update_room(code(1), Fence::default(), 1, &locked, None).await.unwrap().unwrap();
    assert_eq!((changed.version, changed.settings.clone()), (2, locked));

    let late = storage.update_room(code(1), Fence::default(), 1, &RoomSettings::default(), Some(None)).await;
    assert!(matches!(late, Err(StorageError::Changed)), "{late:?}");
    assert_eq!(storage.room(code(1)).await.unwrap(), Some(changed));
    assert_eq!(
        storage.update_room(code(9), Fence::default(), 1, &RoomSettings::default(), None).await.unwrap(),
        None
    );
}

pub(crate) async fn a_password_changes_only_when_asked_to(storage: &impl Storage) {
    make_room(storage, 1).await;
    let rules = RoomSettings::default();
    let hash = PasswordHash("hash".into());

    storage.update_room(code(1), Fence::default(), 1, &rules, Some(Some(&hash))).await.unwrap();
    let kept = storage.update_room(code(1), Fence::default(), 2, &rules, None).await.unwrap().unwrap();
    assert_eq!(kept.password_hash, Some(hash));
    let gone = storage.update_room(code(1), Fence::default(), 3, &rules, Some(None)).await.unwrap().unwrap();
    assert_eq!(gone.password_hash, None);
}

pub(crate) async fn a_deleted_room_leaves_nothing(storage: &impl Storage) {
    make_room(storage, 1).await;
    make_room(storage, 2).await;
    for number in [1, 2] {
        storage.keep(&[say(number, 1, 1, None)]).await.unwrap();
        storage.hold_key(&browser("b"), &key(number, &format!("host {number}")), Timestamp(1)).await.unwrap();
    }

    assert!(storage.delete_room(code(1), Fence::default()).await.unwrap());
    assert!(!storage.delete_room(code(1), Fence::default()).await.unwrap());

    assert_eq!(storage.room(code(1)).await.unwrap(), None);
    assert_eq!(storage.key(&digest("host 1")).await.unwrap(), None);
    assert!(storage.held_keys(&browser("b"), code(1)).await.unwrap().is_empty());
    assert!(storage.chat(code(1), person(1), None, 9).await.unwrap().entries.is_empty());
    assert_eq!(storage.chat(code(2), person(1), None, 9).await.unwrap().entries.len(), 1);
    assert!(storage.key(&digest("host 2")).await.unwrap().is_some());
}

pub(crate) async fn rooms_of_a_creator_come_page_by_page(storage: &impl Storage) {
    for number in 0..5 {
        let record = RoomRecord { created_by: Some("program".into()), ..room(number) };
        storage.create_room(&record, &key(number, &format!("k{number}")), None).await.unwrap();
    }
    make_room(storage, 9).await;

    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = storage.rooms_created_by("program", after, 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(last.code);
        found.extend(page.iter().map(|room| room.code));
    }
    let mut all: Vec<_> = (0..5).map(code).collect();
    all.sort();
    assert_eq!(found, all);
}

pub(crate) async fn rooms_of_rings_are_found_when_these_are_over(storage: &impl Storage) {
    let ring = |number: u128| protocol::RingId::new(uuid::Uuid::from_u128(number));
    for number in 1..=3 {
        let record = RoomRecord { made_for: Some(ring(number.into())), ..room(number) };
        storage.create_room(&record, &key(number, &format!("k{number}")), None).await.unwrap();
        assert_eq!(storage.room(code(number)).await.unwrap(), Some(record));
    }
    make_room(storage, 4).await;
    // The first ring goes on, the second is over, and of the third there is nothing.
    storage.keep_call(&super::calls::ringing(1, 1, 2, 10), &[]).await.unwrap();
    storage.keep_call(&super::calls::ended(2, 1, 2, 10), &[]).await.unwrap();
    let mut expected = [code(2), code(3)];
    expected.sort();
    assert_eq!(storage.rooms_of_past_rings().await.unwrap(), expected);
}

pub(crate) async fn listed_rooms_are_found_until_they_are_listed_no_more(storage: &impl Storage) {
    let listed = RoomSettings { listed: Switch::On, ..RoomSettings::default() };
    for number in 1..=3 {
        let record = RoomRecord { settings: listed.clone(), used_at: Timestamp(number), ..room(number) };
        storage.create_room(&record, &key(number, &format!("k{number}")), None).await.unwrap();
    }
    // A name is no rule, whatever it says.
    let quoted = RoomSettings { name: RoomName::parse(r#"","listed":"on"#).ok(), ..RoomSettings::default() };
    storage.create_room(&RoomRecord { settings: quoted, ..room(4) }, &key(4, "k4"), None).await.unwrap();
    let found = async |limit| {
        let rooms = storage.listed_rooms(limit).await.unwrap();
        rooms.into_iter().map(|room| room.code).collect::<Vec<_>>()
    };
    assert_eq!(found(9).await, [code(3), code(2), code(1)], "last used first");
    assert_eq!(found(2).await, [code(3), code(2)]);

    let unlisted = RoomSettings::default();
    storage.update_room(code(3), Fence::default(), 1, &unlisted, None).await.unwrap();
    storage.update_room(code(4), Fence::default(), 1, &listed, None).await.unwrap();
    storage.delete_room(code(2), Fence::default()).await.unwrap();
    assert_eq!(found(9).await.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([code(1), code(4)]));
    assert_eq!(storage.listed_rooms(9).await.unwrap()[0].settings.listed, Switch::On);
}

pub(crate) async fn a_room_that_nobody_used_goes_and_a_used_one_stays(storage: &impl Storage) {
    make_room(storage, 1).await;
    make_room(storage, 2).await;
    storage.keep(&[storage::Change::Used(code(2), Timestamp(5000))]).await.unwrap();

    assert_eq!(storage.delete_unused(Timestamp(4000), Timestamp(0)).await.unwrap(), 1);

    assert_eq!(storage.room(code(1)).await.unwrap(), None);
    assert!(storage.room(code(2)).await.unwrap().is_some());
}

pub(crate) async fn a_planned_room_is_not_unused_and_one_that_was_left_is_found(storage: &impl Storage) {
    make_room(storage, 1).await;
    make_room(storage, 2).await;
    let record = storage.room(code(1)).await.unwrap().unwrap();
    let planned = RoomSettings {
        starts_at: Some(Timestamp(9000)),
        when_empty: WhenEmpty::Delete,
        ..record.settings.clone()
    };
    storage.update_room(code(1), Fence::default(), record.version, &planned, None).await.unwrap();
    storage.keep(&[storage::Change::Used(code(1), Timestamp(5000))]).await.unwrap();

    assert_eq!(storage.left_rooms(Timestamp(9000)).await.unwrap(), []);
    assert_eq!(storage.left_rooms(Timestamp(9001)).await.unwrap(), [code(1)]);
    assert_eq!(storage.delete_unused(Timestamp(8000), Timestamp(0)).await.unwrap(), 1);
    assert!(storage.room(code(1)).await.unwrap().is_some());
}

pub(crate) async fn an_idempotency_key_counts_for_a_day(storage: &impl Storage) {
    let day = storage::IDEMPOTENT_FOR.as_millis() as u64;
    let made = |room, at| Idempotency {
        owner: "program".into(),
        key: "order 66".into(),
        request: digest("request"),
        room: code(room),
        created_at: Timestamp(at),
    };
    storage.create_room(&room(1), &key(1, "a"), Some(&made(1, 1000))).await.unwrap();
    exists(&storage.create_room(&room(2), &key(2, "b"), Some(&made(2, 1000 + day))).await);
    storage.create_room(&room(3), &key(3, "c"), Some(&made(3, 1001 + day))).await.unwrap();
    assert_eq!(
        storage.made_by("program", "order 66", Timestamp(0)).await.unwrap(),
        Some(made(3, 1001 + day))
    );
}

pub(crate) async fn an_idempotency_key_makes_one_room(storage: &impl Storage) {
    let made = |room| Idempotency {
        owner: "program".into(),
        key: "order 66".into(),
        request: digest("request"),
        room: code(room),
        created_at: Timestamp(1000),
    };
    storage.create_room(&room(1), &key(1, "a"), Some(&made(1))).await.unwrap();

    exists(&storage.create_room(&room(2), &key(2, "b"), Some(&made(2))).await);

    assert_eq!(storage.room(code(2)).await.unwrap(), None, "nothing of what failed stays");
    assert_eq!(storage.made_by("program", "order 66", Timestamp(0)).await.unwrap(), Some(made(1)));
    assert_eq!(storage.made_by("another", "order 66", Timestamp(0)).await.unwrap(), None);
    assert_eq!(storage.made_by("program", "order 66", Timestamp(2000)).await.unwrap(), None, "it is too old");
}

pub(crate) async fn texts_that_look_like_statements_are_kept_as_they_are(storage: &impl Storage) {
    let text = "Robert'); DROP TABLE rooms; -- \" $1 %s \\";
    let settings = RoomSettings { name: Some(RoomName::parse(text).unwrap()), ..RoomSettings::default() };
    storage.create_room(&RoomRecord { settings, ..room(1) }, &key(1, text), None).await.unwrap();

    let found = storage.room(code(1)).await.unwrap().unwrap();
    assert_eq!(found.settings.name.unwrap().as_str(), text);
    assert!(storage.key(&digest(text)).await.unwrap().is_some());
    assert!(storage.rooms_created_by(text, None, 9).await.unwrap().is_empty());
}

pub(crate) async fn rooms_of_pages_and_of_programs_are_counted_apart(storage: &impl Storage) {
    for number in 0..3 {
        make_room(storage, number).await;
    }
    let record = RoomRecord { created_by: Some("program".into()), ..room(9) };
    storage.create_room(&record, &key(9, "k"), None).await.unwrap();
    assert_eq!(storage.count_rooms(Creators::Pages).await.unwrap(), 3);
    assert_eq!(storage.count_rooms(Creators::ApiKeys).await.unwrap(), 1);
}

pub(crate) async fn a_clock_that_leaps_ages_nothing_and_is_followed_slowly(storage: &impl Storage) {
    let hour = Duration::from_secs(3600);
    let (start, day) = (Timestamp(1_800_000_000_000), hour * 24);
    let at = |wall| storage.retention_time(wall, hour);
    assert_eq!(at(start).await.unwrap(), start);
    assert_eq!(at(start.after(hour)).await.unwrap(), start.after(hour), "it goes with a clock that goes");
    let leapt = at(start.after(day * 90)).await.unwrap();
    assert!(leapt <= start.after(hour * 3), "90 days ahead for an hour: {leapt:?}");
    assert_eq!(at(start.after(hour * 2)).await.unwrap(), start.after(hour * 2), "and it was set right");
    assert_eq!(at(Timestamp(5)).await.unwrap(), Timestamp(5), "a clock without battery");
    let back = at(start.after(hour * 4)).await.unwrap();
    assert_eq!(back, start.after(hour * 4), "does not set it back for good");
    for wall in [Timestamp(5), start.after(hour * 4), start.after(day * 90)] {
        let read = storage.retention_time(wall, Duration::ZERO).await.unwrap();
        assert_eq!(read, back, "what begins now is as young whatever the clock says");
    }
}
