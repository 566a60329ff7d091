//! What every storage promises, run against SQLite and against a real PostgreSQL, whose address is in
//! `VERANDA_TEST_POSTGRES` (`make test-rust` starts one).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod backends;
mod chat;
mod keys;
mod others;
mod rooms;
mod seats;

use protocol::{CredentialKind, DisplayName, ParticipantId, Role, RoomCode, RoomSettings, Timestamp};
use storage::{BrowserId, Digest, KeyRecord, RoomRecord, Storage, StorageError};
use uuid::Uuid;

/// One test a promise and a backend.
macro_rules! contract {
    ($($promises:ident { $($promise:ident),+ $(,)? })+) => {
        mod sqlite {
            $(mod $promises {
                $(#[tokio::test]
                async fn $promise() {
                    let backend = crate::backends::Sqlite::new().await;
                    crate::$promises::$promise(&backend.storage).await;
                })+
            })+
        }
        mod postgres {
            $(mod $promises {
                $(#[tokio::test]
                async fn $promise() {
                    let backend = crate::backends::Postgres::new().await;
                    crate::$promises::$promise(&backend.storage).await;
                    backend.drop().await;
                })+
            })+
        }
    };
}

contract! {
    rooms {
        a_room_is_found_as_it_was_kept,
        rules_change_only_from_the_version_they_were_read_at,
        a_password_changes_only_when_asked_to,
        a_deleted_room_leaves_nothing,
        rooms_of_a_creator_come_page_by_page,
        a_room_that_nobody_used_goes_and_a_used_one_stays,
        a_planned_room_is_not_unused_and_one_that_was_left_is_found,
        an_idempotency_key_counts_for_a_day,
        an_idempotency_key_makes_one_room,
        texts_that_look_like_statements_are_kept_as_they_are,
    }
    keys {
        a_key_is_found_by_its_digest_until_it_is_taken_back,
        an_invitation_lets_in_as_many_as_it_says,
        a_browser_needs_one_use_however_often_it_comes,
        of_many_at_once_only_as_many_as_allowed_get_in,
        a_host_finds_their_rooms_again,
        what_was_minted_goes_with_what_it_was_minted_with,
        a_key_ends_with_the_api_key_that_it_stands_below,
        a_new_keyring_has_the_keys_of_the_old_one,
    }
    seats {
        a_seat_is_as_it_was_said_last,
        a_blocked_browser_stays_blocked,
        old_seats_are_not_read,
    }
    chat {
        history_comes_page_by_page_oldest_first,
        a_page_of_long_messages_is_short,
        what_is_between_two_is_read_by_these_two,
        what_is_kept_twice_is_there_once,
        numbers_go_on_where_they_ended,
        a_batch_is_kept_whole_or_not_at_all,
    }
    others {
        an_api_key_works_until_it_is_revoked,
        events_are_read_newest_first,
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("veranda.sqlite"),
        "this is no database, but a letter to a friend\n".repeat(99),
    )
    .unwrap();
    let error = storage::SqlStorage::sqlite(folder.path()).await.unwrap_err();
    assert!(error.to_string().contains("not a database"), "{error}");
}

#[tokio::test]
async fn a_file_is_read_again_by_the_next_server() {
    let folder = tempfile::tempdir().unwrap();
    let first = storage::SqlStorage::sqlite(folder.path()).await.unwrap();
    make_room(&first, 1).await;
    first.close().await;
    let second = storage::SqlStorage::sqlite(folder.path()).await.unwrap();
    assert!(storage::RoomRepository::room(&second, code(1)).await.unwrap().is_some());
}

fn code(number: u64) -> RoomCode {
    RoomCode::from_random(number)
}

fn person(number: u128) -> ParticipantId {
    ParticipantId::new(Uuid::from_u128(number))
}

fn name(text: &str) -> DisplayName {
    DisplayName::parse(text).unwrap()
}

fn digest(text: &str) -> Digest {
    Digest(text.to_owned())
}

fn browser(text: &str) -> BrowserId {
    BrowserId(digest(text))
}

fn room(number: u64) -> RoomRecord {
    RoomRecord {
        code: code(number),
        settings: RoomSettings::default(),
        password_hash: None,
        version: 1,
        created_at: Timestamp(1000),
        used_at: Timestamp(1000),
        created_by: None,
    }
}

fn key(number: u64, secret: &str) -> KeyRecord {
    KeyRecord {
        digest: digest(secret),
        kind: CredentialKind::HostKey,
        parent: None,
        api_key: None,
        scopes: None,
        room: code(number),
        role: Role::Host,
        label: None,
        not_before: None,
        expires_at: None,
        uses_left: None,
        created_at: Timestamp(1000),
    }
}

async fn make_room(storage: &impl Storage, number: u64) {
    storage.create_room(&room(number), &key(number, &format!("host {number}")), None).await.unwrap();
}

fn exists(result: &Result<(), StorageError>) {
    assert!(matches!(result, Err(StorageError::Exists)), "{result:?}");
}
