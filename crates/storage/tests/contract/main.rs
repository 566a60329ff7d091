//! What every storage promises, run against SQLite and against a real PostgreSQL, whose address is in
//! `VERANDA_TEST_POSTGRES` (`make test-rust` starts one).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod backends;
mod builds;
mod calls;
mod chat;
mod contacts;
mod fences;
mod identities;
mod keys;
mod neighbours;
mod operation;
mod others;
mod outbox;
mod ownership;
mod push;
mod recordings;
mod rooms;
mod seats;

use protocol::{
    CredentialKind, DisplayName, ParticipantId, PublicKey, Role, RoomCode, RoomSettings, Timestamp,
};
use storage::{
    BrowserId, CallRepository as _, Change, ContactChange, ContactRepository as _, Digest, Fence,
    FencedChange, IdentityRepository as _, KeyRecord, RoomRecord, Sharing, Storage, StorageError,
};
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
    recordings {
        a_recording_is_found_as_it_was_kept_until_it_is_deleted,
        old_ones_are_found_by_their_end_and_bytes_add_up,
        what_a_room_keeps_of_a_recording_goes_with_the_recording_and_with_the_room,
    }
    operation {
        the_audit_log_is_read_by_room_actor_and_action_a_page_at_a_time,
        a_link_opens_one_session_which_ends,
        what_admins_did_stays_however_much_a_host_does,
        of_two_who_use_a_link_at_once_one_gets_in,
        usage_adds_up_by_the_hour_and_peaks_stay,
    }
    builds {
        a_build_is_kept_whole_and_a_content_once,
        a_build_is_forgotten_some_time_after_it_was_replaced,
        of_many_builds_the_last_stay,
    }
    rooms {
        a_room_is_found_as_it_was_kept,
        rules_change_only_from_the_version_they_were_read_at,
        a_password_changes_only_when_asked_to,
        a_deleted_room_leaves_nothing,
        rooms_of_a_creator_come_page_by_page,
        listed_rooms_are_found_until_they_are_listed_no_more,
        a_room_that_nobody_used_goes_and_a_used_one_stays,
        a_clock_that_leaps_ages_nothing_and_is_followed_slowly,
        rooms_of_pages_and_of_programs_are_counted_apart,
        rooms_of_rings_are_found_when_these_are_over,
        a_planned_room_is_not_unused_and_one_that_was_left_is_found,
        an_idempotency_key_counts_for_a_day,
        an_idempotency_key_makes_one_room,
        texts_that_look_like_statements_are_kept_as_they_are,
    }
    keys {
        a_key_is_found_by_its_digest_until_it_is_taken_back,
        an_invitation_lets_in_as_many_as_it_says,
        a_browser_needs_one_use_however_often_it_comes,
        a_browser_has_what_it_got_last,
        keyrings_that_nobody_can_show_any_more_go,
        a_key_is_on_as_many_keyrings_as_may_have_it,
        of_many_at_once_only_as_many_as_allowed_get_in,
        a_host_finds_their_rooms_again,
        what_was_minted_goes_with_what_it_was_minted_with,
        a_key_ends_with_the_api_key_that_it_stands_below,
        a_new_keyring_has_the_keys_of_those_before_it,
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
        another_message_in_the_place_of_one_is_refused,
        a_room_keeps_as_much_as_it_may_and_the_rest_is_refused,
        old_chat_goes_and_makes_room,
    }
    fences {
        a_write_with_a_newer_token_is_taken_and_raises_it,
        an_older_token_is_refused_and_changes_nothing,
        a_token_concerns_its_room_alone,
        of_a_batch_only_what_is_fenced_is_refused,
        a_new_owner_waits_for_the_write_of_the_old_one,
    }
    ownership {
        starts_of_a_node_are_counted_and_another_cluster_is_refused,
        a_room_is_taken_by_whoever_knows_its_last_token,
        whoever_has_lost_a_room_writes_nothing_more_of_it,
    }
    others {
        an_api_key_works_until_it_is_revoked,
        events_are_read_newest_first,
        of_a_room_as_many_events_stay_as_are_kept,
    }
    identities {
        an_identity_is_found_by_its_key_and_by_its_number,
        a_key_that_has_a_number_gets_its_own_back,
        a_number_is_given_once_and_never_again,
        an_old_number_leads_to_nobody,
        of_many_who_draw_one_number_at_once_one_gets_it,
        a_key_that_asks_many_times_at_once_has_one_number,
        rules_are_read_as_they_were_set,
        when_somebody_was_here_is_known_to_the_day,
        a_deleted_identity_leaves_nothing_and_others_keep_theirs,
        who_was_long_away_and_has_no_history_is_forgotten,
    }
    contacts {
        a_peer_has_one_standing,
        a_request_is_read_until_it_is_answered,
        contacts_come_page_by_page_the_last_changed_first,
        of_too_many_contacts_the_oldest_goes_that_is_not_blocked,
        of_too_many_requests_the_oldest_goes,
        of_many_who_ask_at_once_as_many_wait_as_may,
        who_has_no_identity_has_no_contacts,
        contacts_of_somebody_else_are_neither_read_nor_changed,
        notes_of_contacts_are_kept_whatever_is_in_them,
    }
    calls {
        a_history_says_what_the_other_one_is_now,
        a_call_is_in_both_histories_each_with_its_own_note,
        every_outcome_is_read_as_it_was_kept,
        a_call_only_goes_on,
        of_two_ends_at_once_one_counts_and_is_delivered,
        a_new_ring_that_comes_twice_at_once_is_there_once,
        a_ring_with_the_id_of_others_is_refused,
        a_call_and_what_is_delivered_are_kept_together,
        a_history_comes_page_by_page_newest_first,
        what_one_takes_out_of_their_history_the_other_keeps,
        both_may_clear_their_histories_at_once,
        many_calls_are_changed_by_many_at_once,
        a_call_that_is_taken_out_while_it_rings_does_not_come_back,
        a_ring_of_somebody_who_is_blocked_is_in_their_history_alone,
        missed_calls_are_counted_until_they_were_shown,
        what_a_server_left_that_died_is_settled,
        what_a_ring_needs_to_go_on_is_kept,
        who_is_in_a_ring_that_is_confirmed_just_then_is_in_a_call,
        a_call_that_is_long_and_a_ring_that_is_young_are_not_settled,
        a_ring_in_doubt_is_no_missed_call_until_it_is_known_to_have_begun,
        a_call_that_ends_with_its_server_has_lasted_until_that_was_last_there,
        who_has_placed_a_call_is_kept_with_it,
        who_stays_in_a_call_is_in_one_until_they_go,
        a_call_comes_into_the_history_of_a_callee_who_takes_it,
        old_calls_go_from_both_histories,
        calls_of_others_are_neither_read_nor_changed,
        a_note_is_for_the_side_that_made_it,
    }
    outbox {
        entries_of_a_key_come_one_after_the_other_and_others_do_not_wait,
        as_many_are_taken_as_were_asked_for_the_oldest_first,
        of_many_takers_at_once_none_has_what_another_has,
        whatever_is_added_and_taken_at_once_is_delivered_once_and_in_order,
        what_a_taker_has_that_died_is_taken_again_when_the_lease_ends,
        an_entry_is_finished_or_taken_over_and_never_both,
        what_failed_keeps_its_place_and_waits,
        an_entry_takes_the_place_of_one_with_its_tag,
        what_was_replaced_while_somebody_delivered_it_is_not_delivered_again,
        what_is_of_no_use_any_more_is_removed_and_reported,
        an_entry_ends_in_one_way_alone,
        a_payload_is_delivered_whatever_is_in_it,
        what_waits_is_counted_by_topic,
    }
    push {
        a_browser_is_kept_as_it_was_said_last,
        of_more_browsers_than_there_may_be_the_oldest_goes,
        many_browsers_that_come_at_once_are_as_many_as_there_may_be,
        a_browser_is_one_identitys_and_goes_with_it,
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
    let said = error.to_string();
    assert!(said.contains("not a database") && said.contains("veranda.sqlite is damaged"), "{said}");
    assert!(said.contains("put a copy"), "{said}");
}

#[tokio::test]
async fn a_database_that_was_overwritten_in_its_middle_is_named_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let first = storage::SqlStorage::sqlite(folder.path()).await.unwrap();
    make_room(&first, 1).await;
    first.close().await;
    let file = folder.path().join("veranda.sqlite");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100..].fill(0x5a);
    std::fs::write(&file, bytes).unwrap();
    let said = storage::SqlStorage::sqlite(folder.path()).await.unwrap_err().to_string();
    assert!(said.contains("veranda.sqlite is damaged"), "{said}");
}

#[tokio::test]
async fn a_newer_database_and_an_interrupted_change_are_named_with_a_way_out() {
    for (statement, words) in [
        (
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'later', TRUE, x'00', 0)",
            "newer version of Veranda",
        ),
        ("UPDATE _sqlx_migrations SET success = FALSE WHERE version = 6", "was interrupted (step 6)"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        storage::SqlStorage::sqlite(folder.path()).await.unwrap().close().await;
        let url = format!("sqlite://{}/veranda.sqlite", folder.path().display());
        let pool = sqlx::AnyPool::connect(&url).await.unwrap();
        sqlx::raw_sql(statement).execute(&pool).await.unwrap();
        pool.close().await;
        let said = storage::SqlStorage::sqlite(folder.path()).await.unwrap_err().to_string();
        assert!(said.contains(words) && said.contains("veranda.sqlite") && said.contains("a copy"), "{said}");
    }
}

#[tokio::test]
async fn a_database_out_of_reach_is_named_at_once_and_without_its_password() {
    // A port that was just free.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://veranda:hushhush@127.0.0.1:{port}/rooms");
    let said = storage::SqlStorage::postgres(&url).await.unwrap_err().to_string();
    assert!(said.contains(&format!("127.0.0.1:{port}/rooms")) && said.contains("refused"), "{said}");
    assert!(!said.contains("hushhush") && !said.contains("timed out"), "{said}");
    let said = storage::SqlStorage::postgres("postgres://[").await.unwrap_err().to_string();
    assert!(said.contains("postgres://user:password@host/database"), "{said}");
}

#[tokio::test]
async fn a_folder_has_one_server_until_that_one_ends() {
    let folder = tempfile::tempdir().unwrap();
    let first = storage::FolderLock::take(folder.path()).unwrap();
    let said = storage::FolderLock::take(folder.path()).unwrap_err().to_string();
    assert!(
        said.contains(&folder.path().display().to_string()) && said.contains("another Veranda"),
        "{said}"
    );
    storage::SqlStorage::sqlite(folder.path()).await.unwrap(); // A command beside the server.
    drop(first);
    storage::FolderLock::take(folder.path()).unwrap();
}

#[tokio::test]
async fn a_database_of_postgresql_has_one_server_until_that_one_ends() {
    let backend = backends::Postgres::new().await;
    let first = storage::DatabaseLock::take(&backend.url(), Sharing::Alone).await.unwrap();
    first.renew(&backend.url()).await.unwrap();
    let said = storage::DatabaseLock::take(&backend.url(), Sharing::Alone).await.unwrap_err().to_string();
    assert!(said.contains("another Veranda"), "{said}");
    drop(first);
    while storage::DatabaseLock::take(&backend.url(), Sharing::Alone).await.is_err() {
        tokio::task::yield_now().await; // The server notes the end of a connection a moment later.
    }
    backend.drop_by_force().await;
}

#[tokio::test]
async fn the_nodes_of_a_cluster_share_a_database_and_whoever_wants_it_alone_waits() {
    let backend = backends::Postgres::new().await;
    let take = async |sharing| storage::DatabaseLock::take(&backend.url(), sharing).await;
    let (one, other) = (take(Sharing::Shared).await.unwrap(), take(Sharing::Shared).await.unwrap());
    assert!(take(Sharing::Alone).await.is_err());
    drop((one, other));
    let alone = loop {
        match take(Sharing::Alone).await {
            Ok(lock) => break lock,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    assert!(take(Sharing::Shared).await.is_err());
    drop(alone);
    backend.drop_by_force().await;
}

#[tokio::test]
async fn postgresql_is_reached_over_tls() {
    let backend = backends::Postgres::new().await;
    let root = std::env::var("VERANDA_TEST_POSTGRES_ROOT").unwrap();
    for mode in ["sslmode=require".to_owned(), format!("sslmode=verify-full&sslrootcert={root}")] {
        let storage = storage::SqlStorage::postgres(&format!("{}?{mode}", backend.url())).await;
        storage.unwrap_or_else(|error| panic!("{mode}: {error}")).close().await;
    }
    // The certificate vouches for this address, and nobody vouches for the certificate.
    let unknown = storage::SqlStorage::postgres(&format!("{}?sslmode=verify-full", backend.url())).await;
    assert!(unknown.is_err(), "a certificate of a stranger is taken");
    backend.drop().await;
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

#[tokio::test]
async fn a_backup_has_identities_contacts_calls_and_what_is_to_be_delivered() {
    let [from, to] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let running = storage::SqlStorage::sqlite(from.path()).await.unwrap();
    contacts::make_owner(&running, 1).await;
    let [one, other] = [1, 2].map(public_key);
    running.change_contact(&one, &other, ContactChange::Blocked, Timestamp(5)).await.unwrap();
    let (call, out) = (calls::ringing(1, 1, 2, 10), [outbox::entry("push", "a", "1")]);
    running.keep_call(&call, &out).await.unwrap();

    storage::back_up(from.path(), &to.path().join("veranda.sqlite")).await.unwrap();

    let copy = storage::SqlStorage::sqlite(to.path()).await.unwrap();
    assert_eq!(copy.identity(&one).await.unwrap(), running.identity(&one).await.unwrap());
    assert_eq!(copy.contact(&one, &other).await.unwrap(), running.contact(&one, &other).await.unwrap());
    assert_eq!(copy.call(calls::ring(1)).await.unwrap(), Some(call));
    assert_eq!(outbox::claim(&copy, "push", 50).await[0].entry, out[0]);
    assert!(copy.give_call_id(&other, protocol::CallId::nth(1), Timestamp(5)).await.is_err(), "it was given");
}

/// Changes under one token.
fn fenced(fence: u64, changes: &[Change]) -> Vec<FencedChange> {
    changes.iter().map(|change| FencedChange { fence: Fence(fence), change: change.clone() }).collect()
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

/// Opens as many connections as there may be, so that what is begun at once then happens at once.
async fn connect_all(storage: &impl Storage) {
    for read in futures::future::join_all((0..64).map(|_| storage.outbox_counts())).await {
        read.unwrap();
    }
}

fn public_key(number: u64) -> PublicKey {
    PublicKey::new(format!("{number:042}A")).unwrap()
}

/// Texts of so many characters with all in them that are most likely to be changed on the way: the first thousands, which those that control
/// and those that mean something to a database are among, the last of each length in bytes, and those that look alike.
fn every_character(characters: usize) -> Vec<String> {
    let first = (1..0x3000).filter_map(char::from_u32);
    let edges =
        "\u{d7ff}\u{e000}\u{feff}\u{fffd}\u{ffff}\u{10000}\u{1f375}\u{10ffff}e\u{301}\u{e9}\u{212b}\u{c5}"
            .chars();
    let all: Vec<_> = first.chain(edges).collect();
    let mut texts: Vec<String> = all.chunks(characters).map(|chunk| chunk.iter().collect()).collect();
    texts.push("\u{10ffff}".repeat(characters));
    texts
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
        made_for: None,
        fence: Fence::default(),
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
