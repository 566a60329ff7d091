//! How sockets of devices end: which end is the person's, and which is only the line's.

use std::time::Duration;

use serde_json::{Value, json};

use crate::common::TestServer;
use crate::ringing_people::{ADA, BOB, Device, Who, id};
use crate::sessions::sqlx_connection;

async fn talking(server: &TestServer) -> (Device, Device) {
    let (mut ada, mut bob) = (ADA.attach(server).await, BOB.attach(server).await);
    ada.rings(&id(1), &bob.call_id.clone()).await;
    bob.about("answer", &id(1)).await;
    bob.hear_of("answered").await;
    ada.hear_of("answered").await;
    (ada, bob)
}

fn in_call(peer: &Device) -> Value {
    json!({ "in_call": { "ring": id(1), "peer": peer.call_id, "side": "callee", "talked_ms": 1000 } })
}

#[tokio::test]
async fn a_page_that_drops_its_socket_or_is_loaded_anew_has_not_hung_up() {
    // What gloo closes with, which says nothing; what programs say; what a server says; and what a browser and a page say that goes.
    for code in [None, Some(1000), Some(4000), Some(1001), Some(4410)] {
        let server = TestServer::start().await;
        let (mut ada, bob) = talking(&server).await;
        bob.client.close_with(code).await;
        ada.hears_nothing_else().await;
        let mut bob = BOB.comes_back(&server, in_call(&ada)).await;
        bob.hears_nothing_else().await;
        ada.hears_nothing_else().await;
        bob.say(json!({ "type": "hang_up", "ring": id(1), "reason": "hung_up" })).await;
        assert!(ada.hears_end_of(&id(1)).await["answered"]["seconds"].is_u64());
    }
    // Another page of his calls somebody else: this one does not come back.
    let server = TestServer::start().await;
    let (mut ada, bob) = talking(&server).await;
    bob.client.close().await;
    let mut other = Who { device: 7, ..BOB }.attach(&server).await;
    other.place(&id(2), &ada.call_id).await;
    assert!(ada.hears_end_of(&id(1)).await["answered"]["seconds"].is_u64());
}

#[tokio::test]
async fn a_ping_is_answered_though_storage_is_not() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    ada.rings(&id(1), &bob.call_id.clone()).await;
    bob.hear_of("incoming").await;
    let mut other = sqlx_connection(&server.data.path().join("veranda.sqlite")).await;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    bob.about("answer", &id(1)).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    ada.say(json!({ "type": "ping" })).await;
    assert_eq!(ada.client.hear().await["type"], "pong");
    ada.hear_of("answered").await;
}
