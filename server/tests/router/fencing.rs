//! A room that another server owns now: whoever wrote to it last has a newer token.

use protocol::{RoomCode, Timestamp};
use serde_json::{Value, json};
use storage::{
    AuditEvent, Change, ChatQuota, ChatRepository as _, Fence, FencedChange, Journal as _,
    RoomRepository as _, SqlStorage,
};

use crate::common::{Client, Closed, TestServer, join_message};

/// How a connection ends whose room has moved.
const MOVED: Closed = Closed { code: 4421 };

#[tokio::test]
async fn a_server_whose_write_is_refused_lets_go_of_the_room_at_once_and_of_no_other() {
    let server = TestServer::start().await;
    let (room, mut host, key) = hosted_room(&server, json!({ "waiting_room": "on" })).await;
    let mut waiting = server.connect().await;
    waiting.say(join_message(&room, "Bob")).await;
    assert_eq!(waiting.hear().await["type"], "waiting");
    let other = server.new_room().await;
    let (mut elsewhere, _) = server.join(&other, "Cleo").await;

    take_over(&server, &room).await;
    host.say(chat(2)).await;
    let (heard, closed) = hear_to_the_end(&mut host).await;
    assert_eq!(closed, MOVED);
    assert!(!heard.iter().any(|message| message["type"] == "chat_kept"), "{heard:?}");
    assert_eq!(hear_to_the_end(&mut waiting).await.1, MOVED);
    let kept = storage(&server).await.recent_chat(code(&room), 9).await.unwrap();
    assert_eq!(kept.len(), 1, "what came before");

    elsewhere.say(json!({ "type": "ping" })).await;
    elsewhere.hear_of("pong").await;
    // Who comes back is led to where the room is: here again, with the new token, since no other server runs.
    let (mut back, _) = server.join_with(join_as_host(&room, &key)).await;
    back.say(chat(3)).await;
    back.hear_of("chat_kept").await;
}

#[tokio::test]
async fn rules_and_the_end_of_a_room_that_another_server_owns_are_refused_too() {
    let server = TestServer::start().await;
    for (method, body) in [("PATCH", json!({ "capacity": 3 }).to_string()), ("DELETE", String::new())] {
        let (room, mut host, key) = hosted_room(&server, json!({})).await;
        take_over(&server, &room).await;
        let head = format!(
            "authorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
        let (status, ..) = server.request(method, &format!("/api/v1/rooms/{room}"), &head, &body).await;
        assert_eq!(status, 503, "{method}");
        assert_eq!(hear_to_the_end(&mut host).await.1, MOVED, "{method}");
        let record = storage(&server).await.room(code(&room)).await.unwrap().unwrap();
        assert_eq!((record.version, record.fence), (1, Fence(1)), "{method}");
    }
}

/// A room, its host inside, and the host's key. Everything of it that is to be kept is kept.
async fn hosted_room(server: &TestServer, settings: Value) -> (String, Client, String) {
    let (room, key) = server.new_room_with(settings).await;
    let (mut host, _) = server.join_with(join_as_host(&room, &key)).await;
    host.say(chat(1)).await;
    host.hear_of("chat_kept").await;
    (room, host, key)
}

fn join_as_host(room: &str, key: &str) -> Value {
    let mut join = join_message(room, "Ada");
    join["credential"] = json!(key);
    join
}

fn chat(number: u32) -> Value {
    let (id, envelope) =
        (format!("00000000-0000-4000-8000-{number:012}"), json!({ "version": 1, "body": "hello" }));
    json!({ "type": "chat", "chat": id, "to": "everyone", "envelope": envelope })
}

/// Another server takes the room.
async fn take_over(server: &TestServer, room: &str) {
    let taken = AuditEvent {
        id: room.to_owned(),
        at: Timestamp(1),
        room: Some(code(room)),
        actor: "operator".to_owned(),
        action: "room.taken".to_owned(),
        subject: None,
    };
    let taken = FencedChange { fence: Fence(1), change: Change::Audit(taken) };
    storage(server).await.keep_within(ChatQuota::UNLIMITED, &[taken]).await.unwrap();
}

async fn storage(server: &TestServer) -> SqlStorage {
    SqlStorage::sqlite(server.data.path()).await.unwrap()
}

async fn hear_to_the_end(client: &mut Client) -> (Vec<Value>, Closed) {
    let mut heard = Vec::new();
    loop {
        match client.next().await {
            Ok(message) => heard.push(message),
            Err(closed) => return (heard, closed),
        }
    }
}

fn code(room: &str) -> RoomCode {
    RoomCode::parse(room).unwrap()
}
