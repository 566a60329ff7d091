//! Sessions over real sockets: broken, resumed, replayed, and found again by the next server with the same data.

use serde_json::{Value, json};

use crate::common::{Client, Closed, TestServer, join_message};

#[tokio::test]
async fn a_session_that_is_resumed_gets_what_it_missed_and_nothing_twice() {
    let server = TestServer::start().await;
    let room = server.new_room().await;
    let (mut ada, _) = server.join(&room, "Ada").await;
    let (bob, told_bob) = server.join(&room, "Bob").await;
    ada.say(json!({ "type": "react", "reaction": "heart" })).await;
    let last = bob.last;
    drop(bob);
    ada.hear_of("reacted").await;
    assert_eq!(ada.hear_of("participant_updated").await["participant"]["presence"], "away");
    ada.say(json!({ "type": "react", "reaction": "applause" })).await;
    ada.hear_of("reacted").await;

    let mut bob = server.connect().await;
    bob.say(resume_message(&room, &told_bob["session"], last)).await;
    let resumed = bob.hear().await;
    assert_eq!(resumed["type"], "resumed", "{resumed}");
    let missed = [bob.hear_of("reacted").await, bob.hear_of("reacted").await];
    assert_eq!(missed.map(|one| one["reaction"].clone()), [json!("heart"), json!("applause")]);
    assert_eq!(ada.hear_of("participant_updated").await["participant"]["presence"], "here");
}

#[tokio::test]
async fn a_replayed_forged_or_foreign_token_opens_nothing_and_leaves_its_owner_alone() {
    let server = TestServer::start().await;
    let room = server.new_room().await;
    let other_room = server.new_room().await;
    let (mut ada, told_ada) = server.join(&room, "Ada").await;
    let (_, foreign) = server.join(&other_room, "Ada").await;
    let old = told_ada["session"].as_str().unwrap().to_owned();
    let (mut ada_again, _) = {
        let mut client = server.connect().await;
        client.say(resume_message(&room, &told_ada["session"], ada.last)).await;
        let resumed = client.hear().await;
        (client, resumed)
    };
    let (error, closed) = ada.hear_end().await;
    assert_eq!((&error["code"], closed), (&json!("session_taken_over"), Closed { code: 4409 }));
    ping(&mut ada_again).await; // The second token is used now.

    let payload = old.split('.').nth(1).unwrap();
    let forged = [
        old.clone(),
        foreign["session"].as_str().unwrap().to_owned(),
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}."),
        format!("{old}x"),
        "nonsense".to_owned(),
    ];
    for token in forged {
        let mut eve = server.connect().await;
        eve.say(resume_message(&room, &json!(token), 1)).await;
        let (error, closed) = eve.hear_end().await;
        assert_eq!((&error["code"], closed), (&json!("session_unknown"), Closed { code: 4404 }), "{token}");
        ping(&mut ada_again).await;
    }
}

#[tokio::test]
async fn the_next_server_knows_everybody_and_everything_that_was_acknowledged() {
    let server = TestServer::start().await;
    let (room, host_key) = server.new_room_with(json!({ "name": "Tea" })).await;
    let (mut ada, told_ada) =
        server.join_with(with(join_message(&room, "Ada"), "credential", &host_key)).await;
    assert_eq!(told_ada["you"]["role"], "host");
    ada.say(json!({ "type": "set_hand", "hand": "on" })).await;
    ada.say(chat_message("5b0f7c7e-0f0d-4b6a-9d2a-3c8e2f1a4b5c", "kept")).await;
    ada.hear_of("chat_kept").await;
    let last = ada.last;
    let server = TestServer::after_crash_of(&server).await;

    let mut ada = server.connect().await;
    ada.say(with(resume_message(&room, &told_ada["session"], last), "hand", "on")).await;
    let joined = ada.hear().await;
    assert_eq!((&joined["type"], &joined["continued"]), (&json!("joined"), &json!(true)), "{joined}");
    assert_eq!((&joined["you"]["id"], &joined["you"]["role"]), (&told_ada["you"]["id"], &json!("host")));
    assert!(joined["you"]["hand"].is_number(), "{joined}");
    assert_eq!(joined["room"]["name"], "Tea");
    assert!(ada.last > last, "numbers go on");
    ada.say(json!({ "type": "read_chat" })).await;
    let history = ada.hear_of("chat_history").await;
    assert_eq!(history["entries"][0]["envelope"]["body"], "kept");
    ada.say(chat_message("5b0f7c7e-0f0d-4b6a-9d2a-3c8e2f1a4b5c", "kept")).await;
    assert_eq!(ada.hear_of("chat_kept").await["number"], 1, "it is known by its id");
}

#[tokio::test]
async fn a_database_that_is_locked_keeps_nobody_from_talking_and_loses_nothing() {
    let server = TestServer::start().await;
    let room = server.new_room().await;
    let (mut ada, _) = server.join(&room, "Ada").await;
    let (mut bob, _) = server.join(&room, "Bob").await;
    let file = server.data.path().join("veranda.sqlite");
    let mut other = sqlx_connection(&file).await;
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();

    ada.say(chat_message("5b0f7c7e-0f0d-4b6a-9d2a-3c8e2f1a4b5c", "during the lock")).await;
    assert_eq!(bob.hear_of("chat").await["entry"]["envelope"]["body"], "during the lock");
    ping(&mut ada).await;
    assert_eq!(server.request("GET", "/", "", "").await.0, 200);

    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(ada.hear_of("chat_kept").await["number"], 1);
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_acknowledged_that_is_not_kept() {
    let server = TestServer::start().await;
    let room = server.new_room().await;
    let (mut ada, _) = server.join(&room, "Ada").await;
    let (mut bob, _) = server.join(&room, "Bob").await;
    ada.say(chat_message("00000000-0000-4000-8000-000000000001", "before")).await;
    ada.hear_of("chat_kept").await;
    // From now on the table takes nothing more, as on a disk that is full.
    let mut other = sqlx_connection(&server.data.path().join("veranda.sqlite")).await;
    let full =
        "CREATE TRIGGER full BEFORE INSERT ON chat BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END";
    sqlx::raw_sql(full).execute(&mut other).await.unwrap();

    ada.say(chat_message("00000000-0000-4000-8000-000000000002", "during")).await;
    assert_eq!(ada.hear_of("chat_not_kept").await["chat"], "00000000-0000-4000-8000-000000000002");
    ping(&mut bob).await;

    sqlx::raw_sql("DROP TRIGGER full").execute(&mut other).await.unwrap();
    ada.say(chat_message("00000000-0000-4000-8000-000000000002", "during")).await;
    ada.hear_of("chat_kept").await;
    bob.say(json!({ "type": "read_chat" })).await;
    let history = bob.hear_of("chat_history").await;
    let texts: Vec<_> =
        history["entries"].as_array().unwrap().iter().map(|one| one["envelope"]["body"].clone()).collect();
    assert_eq!(texts, ["before", "during"]);
}

pub(crate) fn with(mut message: Value, field: &str, value: &str) -> Value {
    message[field] = json!(value);
    message
}

pub(crate) fn resume_message(room: &str, session: &Value, last: u64) -> Value {
    json!({ "type": "resume", "version": 1, "room": room, "session": session, "last": last })
}

fn chat_message(id: &str, text: &str) -> Value {
    json!({ "type": "chat", "chat": id, "to": "everyone", "envelope": { "version": 1, "body": text } })
}

async fn ping(client: &mut Client) {
    client.say(json!({ "type": "ping" })).await;
    client.hear_of("pong").await;
}

pub(crate) async fn sqlx_connection(file: &std::path::Path) -> sqlx::AnyConnection {
    use sqlx::Connection as _;

    sqlx::any::install_default_drivers();
    sqlx::AnyConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap()
}

#[tokio::test]
async fn a_room_full_of_long_messages_can_still_be_entered_and_read() {
    let server = TestServer::start().await;
    let (code, _) = server.new_room_with(json!({})).await;
    let (mut ada, _) = server.join(&code, "Ada").await;
    // Each byte of it takes six as JSON.
    let long = "\u{1}".repeat(8192);
    for number in 0..9 {
        let chat = format!("00000000-0000-4000-8000-{number:012}");
        let envelope = json!({ "version": 1, "body": long });
        ada.say(
            json!({ "type": "chat", "id": number + 2, "chat": chat, "to": "everyone", "envelope": envelope }),
        )
        .await;
        ada.hear_of("chat_kept").await;
    }
    let (mut bob, _) = server.join(&code, "Bob").await;
    let (mut seen, mut before) = (Vec::new(), json!(null));
    loop {
        bob.say(json!({ "type": "read_chat", "before": before })).await;
        let page = bob.hear_of("chat_history").await;
        let entries = page["entries"].as_array().unwrap();
        assert!(entries.iter().all(|entry| entry["envelope"]["body"] == long));
        seen.splice(0..0, entries.iter().map(|entry| entry["number"].as_u64().unwrap()));
        before = entries[0]["number"].clone();
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(seen, (1..=9).collect::<Vec<_>>());
}
