//! Rooms of direct calls: whose key a ring gives, and what becomes of a room when its ring is over.

use protocol::{CallId, RingId, RoomCode};
use serde_json::json;
use storage::{CallRepository as _, RoomRepository as _};

use crate::common::{TestServer, join_message};
use crate::ringing_people::{ADA, BOB, Device, EVE, Who, id, storage_of};
use crate::sessions::{sqlx_connection, with};

/// Eve, and another identity of hers.
const MALLORY: Who = Who { person: 4, device: 1 };

/// Two who say that they are in a call with each other, which was ring 1, in this room.
async fn inventing(server: &TestServer, room: &str) -> (Device, Device) {
    let [_, mallory] = [EVE.attach(server).await.call_id, MALLORY.attach(server).await.call_id];
    let in_call = |peer: &str, side: &str| json!({ "in_call": { "ring": id(1), "peer": peer, "side": side, "room": room, "talked_ms": 1000 } });
    let eve = EVE.comes_back(server, in_call(&mallory, "caller")).await;
    let mut mallory = MALLORY.comes_back(server, in_call(eve.call_id.as_str(), "callee")).await;
    // What the server makes of it is kept.
    mallory.hears_nothing_else().await;
    (eve, mallory)
}

/// Whether there is a room, for the server and in its storage.
async fn is_there(server: &TestServer, room: &str) -> bool {
    let code: RoomCode = RoomCode::parse(room).unwrap();
    storage_of(server).await.room(code).await.unwrap().is_some()
}

/// The rooms that are of no use any more are gone.
async fn a_minute_later(server: &TestServer) {
    server.state.clear_rooms_of_rings().await;
}

#[tokio::test]
async fn a_call_that_two_have_invented_gives_them_no_key_of_anybodys_room() {
    let server = TestServer::start().await;
    let (room, _) = server.new_room_with(json!({})).await;
    let (mut eve, mallory) = inventing(&server, &room).await;
    for _ in 0..2 {
        let placed = eve.rings(&id(1), &mallory.call_id).await;
        assert_ne!(placed["room"], json!(room), "it is nobody else's room");
        let mut client = server.connect().await;
        let key = placed["credential"].as_str().unwrap();
        client.say(with(join_message(&room, "Eve"), "credential", key)).await;
        assert_eq!(client.hear_end().await.0["code"], "credential_refused");
    }
}

#[tokio::test]
async fn a_call_that_two_have_invented_deletes_nobodys_room() {
    let server = TestServer::start().await;
    let (room, _) = server.new_room_with(json!({})).await;
    let (mut eve, mut mallory) = inventing(&server, &room).await;
    eve.say(json!({ "type": "hang_up", "ring": id(1), "reason": "hung_up" })).await;
    assert!(mallory.hears_end_of(&id(1)).await["answered"]["seconds"].is_u64());
    a_minute_later(&server).await;
    assert!(is_there(&server, &room).await);
}

#[tokio::test]
async fn a_row_that_an_older_server_has_made_of_such_a_call_is_none_of_that_rooms_either() {
    let server = TestServer::start().await;
    let (room, _) = server.new_room_with(json!({})).await;
    let (mut eve, mallory) = inventing(&server, &room).await;
    let storage = storage_of(&server).await;
    let [first, second]: [RingId; 2] = [id(1), id(2)].map(|ring| ring.parse().unwrap());
    let mut row = storage.call(first).await.unwrap().unwrap();
    (row.ring, row.room) = (second, Some(RoomCode::parse(&room).unwrap()));
    storage.keep_call(&row, &[]).await.unwrap();
    eve.say(json!({ "type": "hang_up", "ring": id(1), "reason": "hung_up" })).await;
    eve.hears_end_of(&id(1)).await;
    let standing =
        json!({ "in_call": { "ring": id(2), "peer": mallory.call_id, "side": "caller", "talked_ms": 1000 } });
    let mut eve = EVE.attach_with(&server, standing).await;
    assert_ne!(eve.rings(&id(2), &mallory.call_id).await["room"], json!(room));
    eve.say(json!({ "type": "hang_up", "ring": id(2), "reason": "hung_up" })).await;
    eve.hear_of("over").await;
    a_minute_later(&server).await;
    assert!(is_there(&server, &room).await);
}

#[tokio::test]
async fn the_room_of_a_ring_goes_with_it_whatever_its_host_has_set() {
    let server = TestServer::start().await;
    let (mut ada, bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    let placed = ada.rings(&id(1), &bob.call_id).await;
    let room = placed["room"].as_str().unwrap().to_owned();
    let key = placed["credential"].as_str().unwrap();
    let (mut host, joined) = server.join_with(with(join_message(&room, "Ada"), "credential", key)).await;
    assert_eq!(joined["you"]["role"], "host");
    let patch = json!({ "when_empty": "keep", "capacity": 50, "listed": "on" });
    host.say(
        json!({ "type": "moderate", "id": 2, "moderation": { "action": "change_settings", "patch": patch } }),
    )
    .await;
    assert_eq!(host.hear_of("room_updated").await["settings"]["when_empty"], "keep");
    ada.about("cancel", &id(1)).await;
    ada.hear_of("over").await;
    a_minute_later(&server).await;
    assert!(is_there(&server, &room).await, "somebody is inside");
    host.say(json!({ "type": "leave" })).await;
    while host.next().await.is_ok() {}
    a_minute_later(&server).await;
    assert!(!is_there(&server, &room).await);
}

#[tokio::test]
async fn the_room_of_a_call_stays_while_they_talk() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    let placed = ada.rings(&id(1), &bob.call_id).await;
    bob.about("answer", &id(1)).await;
    ada.hear_of("answered").await;
    ada.rings(&id(1), &bob.call_id).await;
    a_minute_later(&server).await;
    assert!(is_there(&server, placed["room"].as_str().unwrap()).await);
}

#[tokio::test]
async fn who_was_called_has_no_key_made_by_placing_the_ring_themselves() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    ada.rings(&id(1), &bob.call_id).await;
    bob.hear_of("incoming").await;
    let mut database = sqlx_connection(&server.data.path().join("veranda.sqlite")).await;
    let mut count = async || {
        let counting = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM room_keys");
        counting.fetch_one(&mut database).await.unwrap()
    };
    let before = count().await;
    for callee in [&ada.call_id, &CallId::nth(5).to_string()] {
        bob.place(&id(1), callee).await;
        assert_eq!(bob.hear_of("error").await["code"], "ring_unknown");
    }
    assert_eq!(count().await, before);
}

#[tokio::test]
async fn the_room_of_a_ring_goes_though_its_server_has_died_before() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    let placed = ada.rings(&id(1), &bob.call_id).await;
    bob.about("decline", &id(1)).await;
    bob.hears_end_of(&id(1)).await;
    let (mut eve, cem) = (EVE.attach(&server).await, MALLORY.attach(&server).await);
    let going_on = eve.rings(&id(2), &cem.call_id).await;
    cem.client.close().await;
    let others = server.new_room().await;
    eve.hears_nothing_else().await;
    let next = TestServer::after_crash_of(&server).await;
    a_minute_later(&next).await;
    let room = |placed: &serde_json::Value| placed["room"].as_str().unwrap().to_owned();
    assert!(!is_there(&next, &room(&placed)).await);
    assert!(is_there(&next, &room(&going_on)).await && is_there(&next, &others).await);
}
