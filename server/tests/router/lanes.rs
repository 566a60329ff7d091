//! What one can fill up, and what that costs the others: nothing.

use serde_json::{Value, json};
use server::AppState;
use server::config::Config;

use crate::common::{Client, TestServer, join_message};

#[tokio::test]
async fn a_second_server_on_the_same_folder_is_refused_by_name() {
    let server = TestServer::start().await;
    let mut config = Config::default();
    config.storage.data = server.data.path().to_owned();
    let said = format!("{:#}", AppState::open(config.clone()).await.err().expect("it starts"));
    assert!(said.contains(&server.data.path().display().to_string()), "{said}");
    assert!(said.contains("another Veranda"), "{said}");
    // Commands work beside it.
    server::open_storage(&config).await.unwrap();
    let findings = server::doctor::examine(&config).await;
    assert!(findings.iter().any(|one| one.what == "database" && one.advice.is_none()));
}

#[tokio::test]
async fn while_a_crowd_reads_in_one_room_another_keeps_its_block_and_its_chat() {
    let server = TestServer::start().await;
    let crowded = server.new_room().await;
    let mut crowd = Vec::new();
    for number in 0..30 {
        crowd.push(server.join(&crowded, &format!("Reader {number}")).await.0);
    }
    let (room, host_key) = server.new_room_with(json!({})).await;
    let (mut host, _) = server.join_with(with(join_message(&room, "Ada"), "credential", &*host_key)).await;
    let cookie = cookie(&server).await;
    let mut bob = server.connect_as(&cookie).await;
    bob.say(join_message(&room, "Bob")).await;
    let guest = bob.hear().await;
    for reader in &mut crowd {
        for _ in 0..200 {
            reader.say(json!({ "type": "read_chat" })).await;
        }
    }
    let block = json!({ "action": "block", "id": guest["you"]["id"] });
    host.say(json!({ "type": "moderate", "moderation": block })).await;
    host.say(chat("5b0f7c7e-0f0d-4b6a-9d2a-3c8e2f1a4b5c", "kept")).await;
    assert_eq!(host.hear_of("chat_kept").await["number"], 1);

    let server = TestServer::after_crash_of(&server).await;
    let (mut host, _) = server.join_with(with(join_message(&room, "Ada"), "credential", &*host_key)).await;
    host.say(json!({ "type": "read_chat" })).await;
    assert_eq!(host.hear_of("chat_history").await["entries"][0]["envelope"]["body"], "kept");
    let mut bob = server.connect_as(&cookie).await;
    bob.say(join_message(&room, "Bob")).await;
    assert_eq!(bob.hear().await["code"], "blocked");
}

/// Of a browser of its own.
async fn cookie(server: &TestServer) -> String {
    let form = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 0\r\n";
    let (_, head, _) = server.request("POST", "/rooms", form, "").await;
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_full_room_tells_the_writer_and_takes_nothing_more() {
    let mut config = Config::default();
    config.rooms.chat_messages = 2;
    let server = TestServer::with(config).await;
    let room = server.new_room().await;
    let (mut ada, _) = server.join(&room, "Ada").await;
    for number in 1..=3 {
        ada.say(chat(&id(number), "text")).await;
    }
    ada.hear_of("chat_not_kept").await;
    ada.say(with(chat(&id(4), "text"), "id", 9)).await;
    let error = ada.hear_of("error").await;
    assert_eq!((&error["code"], &error["in_reply_to"]), (&json!("chat_full"), &json!(9)), "{error}");
    assert_eq!(history(&mut ada).await.len(), 2);
}

#[tokio::test]
async fn an_address_that_writes_too_much_is_told_in_every_room_and_nothing_of_it_is_passed_on() {
    let mut config = Config::default();
    (config.limits.chat_kib_at_once, config.limits.chat_kib_per_minute) = (1, 1);
    let server = TestServer::with(config).await;
    let long = "x".repeat(700);
    let (first, second) = (server.new_room().await, server.new_room().await);
    let (mut ada, _) = server.join(&first, "Ada").await;
    ada.say(chat(&id(1), &long)).await;
    ada.hear_of("chat_kept").await;
    let (mut bob, _) = server.join(&second, "Bob").await;
    bob.say(with(chat(&id(2), &long), "id", 9)).await;
    let error = bob.hear_of("error").await;
    assert_eq!((&error["code"], &error["in_reply_to"]), (&json!("chat_too_fast"), &json!(9)), "{error}");
    assert!(history(&mut bob).await.is_empty());
}

#[tokio::test]
async fn a_room_for_a_far_future_is_refused_in_words_and_programs_have_a_share_of_their_own() {
    let mut config = Config::default();
    config.rooms.most = 1;
    let server = TestServer::with(config).await;
    for far in ["9223372036854775807", "18446744073709551615", "4102444800000"] {
        for field in ["starts_at", "ends_at"] {
            let body = format!(r#"{{"{field}":{far}}}"#);
            let (status, answer) = server.post("/api/v1/rooms", "application/json", &body).await;
            assert!(status == 422 || status == 400, "{status} {answer}");
            assert!(answer.contains("days"), "{answer}");
        }
    }
    server.new_room().await;
    let (status, _) = server.post("/api/v1/rooms", "application/json", "{}").await;
    assert_eq!(status, 503, "the share of pages is used up");
    let mut beside = Config::default();
    beside.storage.data = server.data.path().to_owned();
    let storage = server::open_storage(&beside).await.unwrap();
    let now = protocol::Timestamp(0);
    let scopes = [protocol::Scope::RoomsWrite];
    let key = server::api_keys::create(&storage, "shop".into(), &scopes, now, None).await.unwrap().secret;
    let head =
        format!("authorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n");
    let (status, _, body) = server.request("POST", "/api/v1/rooms", &head, "{}").await;
    assert_eq!(status, 201, "{body}");
}

async fn history(client: &mut Client) -> Vec<Value> {
    client.say(json!({ "type": "read_chat" })).await;
    client.hear_of("chat_history").await["entries"].as_array().unwrap().clone()
}

fn chat(id: &str, body: &str) -> Value {
    json!({ "type": "chat", "chat": id, "to": "everyone", "envelope": { "version": 1, "body": body } })
}

fn id(number: u8) -> String {
    format!("5b0f7c7e-0f0d-4b6a-9d2a-3c8e2f1a4b{number:02}")
}

fn with(mut message: Value, field: &str, value: impl Into<Value>) -> Value {
    message[field] = value.into();
    message
}
