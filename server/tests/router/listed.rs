//! The rooms that people without a link may find: on the landing page, and over REST.

use std::time::Duration;

use serde_json::{Value, json};
use server::config::{Config, LimitsConfig};

use crate::common::{TestServer, join_message};
use crate::sessions::with;

const LISTED: &str = "/api/v1/rooms?listed";

async fn landing(server: &TestServer) -> String {
    let (status, _, page) = server.request("GET", "/", "", "").await;
    assert_eq!(status, 200);
    assert!(!page.contains("<script"), "{page}");
    page
}

/// What stands below a heading of the landing page, if it has that.
async fn section(server: &TestServer, id: &str) -> Option<String> {
    let page = landing(server).await;
    let section = page.split("<section").find(|part| part.contains(&format!("aria-labelledby=\"{id}\"")))?;
    Some(section.split("</section>").next().unwrap().to_owned())
}

async fn open_rooms(server: &TestServer) -> String {
    section(server, "open-rooms").await.unwrap_or_default()
}

async fn listed(server: &TestServer) -> Vec<Value> {
    let (status, _, body) = server.request("GET", LISTED, "", "").await;
    assert_eq!(status, 200, "{body}");
    let answer: Value = serde_json::from_str(&body).unwrap();
    answer["rooms"].as_array().unwrap().clone()
}

async fn change(server: &TestServer, room: &str, key: &str, patch: Value) {
    let body = patch.to_string();
    let head = format!(
        "authorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    let (status, _, answer) = server.request("PATCH", &format!("/api/v1/rooms/{room}"), &head, &body).await;
    assert_eq!(status, 200, "{answer}");
}

/// Asks until the list is so.
async fn until(server: &TestServer, is_so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    for _ in 0..100 {
        let rooms = listed(server).await;
        if is_so(&rooms) {
            return rooms;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the list is {:?}", listed(server).await);
}

#[tokio::test]
async fn a_listed_room_is_found_with_its_number_of_people_and_never_with_their_names() {
    let server = TestServer::start().await;
    let (code, _) = server.new_room_with(json!({ "name": "Monday tea", "listed": "on" })).await;
    let (unlisted, _) = server.new_room_with(json!({ "name": "Secret tea" })).await;
    let mut inside = Vec::new();
    for name in ["Ada Lovelace", "Bob Builder", "Cleo Patra"] {
        inside.push(server.join(&code, name).await);
    }
    let rooms = until(&server, |rooms| rooms.iter().any(|room| room["present"] == 3)).await;
    let found = json!({ "code": code, "name": "Monday tea", "present": 3, "entry": "open" });
    assert_eq!(rooms, [found]);

    let page = landing(&server).await;
    assert!(page.contains("Open rooms") && page.contains("3 people"), "{page}");
    assert!(page.contains(&format!("href=\"/r/{code}\"")), "the link carries no key: {page}");
    assert!(!page.contains("Secret tea") && !page.contains(&unlisted), "{page}");
    for name in ["Ada", "Bob", "Cleo"] {
        assert!(!page.contains(name), "{page}");
    }
    for (client, _) in &mut inside {
        client.say(json!({ "type": "leave" })).await;
    }
    until(&server, |rooms| rooms.iter().any(|room| room["present"] == 0)).await;
}

#[tokio::test]
async fn without_listed_rooms_there_is_no_list() {
    let server = TestServer::start().await;
    server.new_room_with(json!({ "name": "Tea" })).await;
    let page = landing(&server).await;
    assert!(!page.contains("Open rooms") && !page.contains("Other rooms"), "{page}");
    assert!(listed(&server).await.is_empty());
}

#[tokio::test]
async fn a_room_that_is_listed_no_more_or_deleted_is_gone_at_once() {
    let server = TestServer::start().await;
    let (code, key) = server.new_room_with(json!({ "name": "Tea" })).await;
    assert!(!landing(&server).await.contains(&code));
    change(&server, &code, &key, json!({ "listed": "on" })).await;
    assert!(open_rooms(&server).await.contains("Tea"));
    change(&server, &code, &key, json!({ "listed": "off" })).await;
    assert!(!landing(&server).await.contains(&code));
    // The same with a task that knows of it.
    let _ada = server.join(&code, "Ada").await;
    change(&server, &code, &key, json!({ "listed": "on" })).await;
    assert_eq!(listed(&server).await[0]["present"], 1);
    change(&server, &code, &key, json!({ "listed": "off" })).await;
    assert!(listed(&server).await.is_empty());
    change(&server, &code, &key, json!({ "listed": "on" })).await;
    let head = format!("authorization: Bearer {key}\r\n");
    assert_eq!(server.request("DELETE", &format!("/api/v1/rooms/{code}"), &head, "").await.0, 204);
    until(&server, <[Value]>::is_empty).await;
}

#[tokio::test]
async fn what_cannot_be_entered_by_everybody_is_never_open() {
    let server = TestServer::start().await;
    let (code, key) = server.new_room_with(json!({ "name": "Tea", "listed": "on", "capacity": 1 })).await;
    let open = json!({ "password": null, "waiting_room": "off", "locked": "off" });
    for (closes, entry, mark) in [
        (json!({ "password": "sesame" }), "password", "Password"),
        (json!({ "waiting_room": "on" }), "waiting_room", "Waiting room"),
        (json!({ "locked": "on" }), "locked", "Locked"),
    ] {
        assert!(open_rooms(&server).await.contains("Tea"));
        change(&server, &code, &key, closes).await;
        assert_eq!(open_rooms(&server).await, "", "{entry}");
        let others = section(&server, "other-rooms").await.unwrap();
        assert!(others.contains("Tea") && others.contains(mark), "{others}");
        assert_eq!(listed(&server).await[0]["entry"], entry);
        change(&server, &code, &key, open.clone()).await;
    }
    let _ada = server.join(&code, "Ada").await;
    until(&server, |rooms| rooms[0]["entry"] == "full").await;
    let others = section(&server, "other-rooms").await.unwrap();
    assert!(others.contains("Full") && others.contains("1 person"), "{others}");
}

#[tokio::test]
async fn a_room_is_listed_from_its_start_to_its_end() {
    let server = TestServer::start().await;
    let (now, hour) = (server.now(), 3_600_000);
    let (code, key) = server.new_room_with(json!({ "listed": "on", "starts_at": now + hour })).await;
    assert!(listed(&server).await.is_empty() && !landing(&server).await.contains(&code));
    change(&server, &code, &key, json!({ "starts_at": now - hour })).await;
    assert_eq!(listed(&server).await.len(), 1);
    let shown = open_rooms(&server).await;
    assert_eq!(shown.matches(&code).count(), 2, "one without a name has its code: {shown}");
    change(&server, &code, &key, json!({ "ends_at": now - 1_000 })).await;
    assert!(listed(&server).await.is_empty() && !landing(&server).await.contains(&code));
}

#[tokio::test]
async fn a_name_is_text_whatever_it_says() {
    let server = TestServer::start().await;
    let name = r#"Tea" onclick="x &lt;b&gt; eat"#;
    let (code, key) = server.new_room_with(json!({ "name": "Tea", "listed": "on" })).await;
    change(&server, &code, &key, json!({ "name": name })).await;
    let rooms = open_rooms(&server).await;
    assert!(rooms.contains("dir=\"auto\""), "{rooms}");
    assert!(rooms.contains("&amp;lt;b&amp;gt;") && !rooms.contains("<b>"), "{rooms}");
    let link = rooms.split("<a ").nth(1).unwrap().split('>').next().unwrap();
    assert!(!link.contains("onclick"), "{link}");
}

#[tokio::test]
async fn most_people_come_first_then_names_and_fifty_are_shown() {
    let limits = LimitsConfig { rooms_at_once: 100, ..LimitsConfig::default() };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    for number in 0..60 {
        server.new_room_with(json!({ "name": format!("Room {number:02}"), "listed": "on" })).await;
    }
    let (pair, _) = server.new_room_with(json!({ "name": "zebra pair", "listed": "on" })).await;
    let (single, _) = server.new_room_with(json!({ "name": "Zebra single", "listed": "on" })).await;
    let mut inside = Vec::new();
    for (room, name) in [(&pair, "Ada"), (&pair, "Bob"), (&single, "Cleo")] {
        inside.push(server.join(room, name).await);
    }
    let rooms = until(&server, |rooms| rooms.iter().filter(|room| room["present"] != 0).count() == 2).await;
    assert_eq!(rooms.len(), 50);
    let names: Vec<_> = rooms.iter().take(4).map(|room| room["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["zebra pair", "Zebra single", "Room 00", "Room 01"]);
    assert_eq!(open_rooms(&server).await.matches("<li").count(), 50);
}

#[tokio::test]
async fn the_list_needs_no_key_and_the_rooms_of_a_key_still_do() {
    let server = TestServer::start().await;
    server.new_room_with(json!({ "listed": "on" })).await;
    for (query, status) in
        [("?listed", 200), ("?listed=true", 200), ("?listed=false", 401), ("", 401), ("?listed=maybe", 400)]
    {
        let (got, _, body) = server.request("GET", &format!("/api/v1/rooms{query}"), "", "").await;
        assert_eq!(got, status, "{query}: {body}");
    }
    let (_, _, body) = server.request("GET", "/api/v1/rooms?listed=true&limit=1", "", "").await;
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["rooms"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_list_is_asked_for_only_so_often_by_one_address() {
    let limits = LimitsConfig { lookups_at_once: 1, lookups_per_minute: 1, ..LimitsConfig::default() };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let mut last = (200, String::new());
    for _ in 0..60 {
        let (status, head, _) = server.request("GET", LISTED, "", "").await;
        last = (status, head);
    }
    assert_eq!(last.0, 429);
    assert!(last.1.contains("retry-after"), "{}", last.1);
    landing(&server).await;
}

#[tokio::test]
async fn the_form_lists_a_room_when_it_is_ticked_and_a_host_may_stop_it_from_inside() {
    let server = TestServer::start().await;
    let (_, _, form) = server.request("GET", "/new", "", "").await;
    assert!(form.contains("List this room on the home page"), "{form}");
    let body = "form=settings&name=Tea&listed=on";
    let head =
        format!("content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n", body.len());
    assert_eq!(server.request("POST", "/rooms", &head, body).await.0, 303);
    assert!(open_rooms(&server).await.contains("Tea"));

    let (room, key) = server.new_room_with(json!({ "name": "Coffee" })).await;
    let list = |on: &str| {
        let moderation = json!({ "action": "change_settings", "patch": { "listed": on } });
        json!({ "type": "moderate", "moderation": moderation })
    };
    let (mut guest, _) = server.join(&room, "Bob").await;
    guest.say(list("on")).await;
    assert_eq!(guest.hear_of("error").await["code"], "not_allowed");
    assert!(!landing(&server).await.contains("Coffee"));
    let (mut host, joined) = server.join_with(with(join_message(&room, "Ada"), "credential", &key)).await;
    assert_eq!(joined["settings"]["listed"], "off");
    host.say(list("on")).await;
    assert_eq!(host.hear_of("room_updated").await["settings"]["listed"], "on");
    until(&server, |rooms| rooms.iter().any(|room| room["name"] == "Coffee")).await;
    host.say(list("off")).await;
    assert_eq!(host.hear_of("room_updated").await["settings"]["listed"], "off");
    until(&server, |rooms| rooms.iter().all(|room| room["name"] != "Coffee")).await;
}
