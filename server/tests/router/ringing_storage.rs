//! What is kept of rings while storage does not take it: what is kept later, and what must not be.

use std::time::Duration;

use protocol::{PublicKey, RingId};
use storage::{CallRepository as _, ContactChange, ContactRepository as _, Standing};

use crate::common::TestServer;
use crate::ringing_people::{ADA, BOB, EVE, id, storage_of};
use crate::sessions::sqlx_connection;

/// Has the database of a server take no rows of calls, or take them again.
pub(crate) async fn set_refusing(server: &TestServer, refuses: bool) {
    let mut other = sqlx_connection(&server.data.path().join("veranda.sqlite")).await;
    let statement = if refuses {
        "CREATE TRIGGER refuses BEFORE INSERT ON calls BEGIN SELECT RAISE(ABORT, 'it is away'); END"
    } else {
        "DROP TRIGGER refuses"
    };
    sqlx::raw_sql(statement).execute(&mut other).await.unwrap();
}

/// Waits until something is so in storage.
async fn until(is_so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it comes about");
}

#[tokio::test]
async fn two_whose_call_was_kept_only_when_it_was_over_know_each_other() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    ada.rings(&id(1), &bob.call_id.clone()).await;
    bob.hear_of("incoming").await;
    set_refusing(&server, true).await;
    bob.about("answer", &id(1)).await;
    ada.hear_of("answered").await;
    ada.say(serde_json::json!({ "type": "hang_up", "ring": id(1), "reason": "hung_up" })).await;
    ada.hears_end_of(&id(1)).await;
    set_refusing(&server, false).await;
    let storage = storage_of(&server).await;
    let [ada_key, bob_key] = [ADA, BOB].map(|who| who.identity().key().clone());
    let knows = async |one: &PublicKey, other: &PublicKey| {
        storage.contact(one, other).await.unwrap().map(|contact| contact.standing) == Some(Standing::Known)
    };
    until(async || knows(&ada_key, &bob_key).await && knows(&bob_key, &ada_key).await).await;
}

#[tokio::test]
async fn a_ring_that_was_refused_leaves_no_row_though_it_was_written_after_all() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    ada.rings(&id(1), &bob.call_id.clone()).await;
    bob.hear_of("incoming").await;
    let storage = storage_of(&server).await;
    let [first, second]: [RingId; 2] = [id(1), id(2)].map(|ring| ring.parse().unwrap());
    let mut late = storage.call(first).await.unwrap().unwrap();
    ada.about("cancel", &id(1)).await;
    ada.hears_end_of(&id(1)).await;
    set_refusing(&server, true).await;
    ada.place(&id(2), &bob.call_id.clone()).await;
    assert_eq!(ada.hear_of("error").await["code"], "storage_unavailable");
    set_refusing(&server, false).await;
    // What the server took for lost arrives at the database.
    late.ring = second;
    assert!(storage.keep_call(&late, &[]).await.unwrap());
    until(async || storage.call(second).await.unwrap().is_none()).await;
    assert_eq!(storage.count_unseen(BOB.identity().key()).await.unwrap(), 1, "of the first ring alone");
}

#[tokio::test]
async fn a_ring_that_was_refused_is_no_missed_call_though_its_server_dies_before_it_is_taken_back() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    ada.rings(&id(1), &bob.call_id.clone()).await;
    bob.hear_of("incoming").await;
    let storage = storage_of(&server).await;
    let [first, second]: [RingId; 2] = [id(1), id(2)].map(|ring| ring.parse().unwrap());
    let mut late = storage.call(first).await.unwrap().unwrap();
    ada.about("cancel", &id(1)).await;
    ada.hears_end_of(&id(1)).await;
    set_refusing(&server, true).await;
    ada.place(&id(2), &bob.call_id.clone()).await;
    assert_eq!(ada.hear_of("error").await["code"], "storage_unavailable");
    set_refusing(&server, false).await;
    late.ring = second;
    assert!(storage.begin_call(&late).await.unwrap());
    let unseen = async |server: &TestServer| {
        storage_of(server).await.count_unseen(BOB.identity().key()).await.unwrap()
    };
    let next = TestServer::after_crash_of(&server).await;
    // And one that starts when it would have rung out.
    let mut other = sqlx_connection(&server.data.path().join("veranda.sqlite")).await;
    sqlx::query("UPDATE calls SET started_at = started_at - 60000").execute(&mut other).await.unwrap();
    let last = TestServer::after_crash_of(&server).await;
    for server in [&next, &last] {
        let found = storage_of(server).await.call(second).await.unwrap();
        assert!(found.is_some(), "or nothing is shown by this");
    }
    for server in [&next, &last] {
        let storage = storage_of(server).await;
        until(async || storage.call(second).await.unwrap().is_none()).await;
        assert_eq!(unseen(server).await, 1, "of the first ring alone");
    }
}

#[tokio::test]
async fn who_gives_way_to_a_ring_that_is_refused_is_told_and_their_ring_is_kept_as_over() {
    let server = TestServer::start().await;
    let [mut ada, mut bob, mut eve] =
        [ADA.attach(&server).await, BOB.attach(&server).await, EVE.attach(&server).await];
    let storage = storage_of(&server).await;
    let [ada_key, bob_key] = [ADA, BOB].map(|who| who.identity().key().clone());
    let now = protocol::Timestamp(1_782_000_000_000);
    storage.change_contact(&bob_key, &ada_key, ContactChange::Allowed, now).await.unwrap();
    eve.rings(&id(1), &bob.call_id.clone()).await;
    bob.hear_of("incoming").await;
    set_refusing(&server, true).await;
    ada.place(&id(2), &bob.call_id.clone()).await;
    assert_eq!(ada.hear_of("error").await["code"], "storage_unavailable");
    for device in [&mut eve, &mut bob] {
        let ended = async { device.hears_end_of(&id(1)).await };
        let ended = tokio::time::timeout(Duration::from_secs(20), ended).await;
        assert_eq!(ended.expect("it is told"), "busy");
    }
    set_refusing(&server, false).await;
    let [first, second]: [RingId; 2] = [id(1), id(2)].map(|ring| ring.parse().unwrap());
    until(async || storage.call(first).await.unwrap().unwrap().course.end.is_some()).await;
    assert_eq!(storage.call(second).await.unwrap(), None);
}
