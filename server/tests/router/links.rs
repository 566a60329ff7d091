//! What people and programs make of a link to a room.

use serde_json::{Value, json};
use server::config::{Config, LimitsConfig};

use crate::common::{TestServer, join_message};
use crate::sessions::with;

#[tokio::test]
async fn what_programs_make_of_a_link_leads_to_the_right_one() {
    let server = TestServer::start().await;
    let code = server.new_room().await;
    let bare = code.replace('-', "");
    for path in [
        format!("/r/{code}/"),
        format!("/r/{}", code.replace('-', "%2D")),
        format!("/r/{}", code.replace('-', "%2d")),
        format!("/r/{}", code.replace('-', "%E2%80%93")),
        format!("/r/{}", code.to_uppercase()),
        format!("/r/{bare}"),
        format!("/r/{code}."),
        format!("/r/{code}%3E"),
        format!("/r/{code})"),
        format!("/r/{code},"),
        format!("/r/%E2%80%9C{code}%E2%80%9D"),
        format!("/r/{code}%E2%80%8B"),
        format!("/r/%20{code}%20"),
        format!("/r/{code}&utm_source=x"),
        format!("/r/{code}/?utm_source=x"),
    ] {
        let (status, head, _) = server.request("GET", &path, "", "").await;
        assert_eq!(status, 308, "{path}");
        assert!(head.lines().any(|line| line == format!("location: /r/{code}")), "{path}: {head}");
    }
    let (status, head, _) = server.request("GET", &format!("/r/{code}?utm_source=x"), "", "").await;
    assert_eq!(status, 303, "the browser takes the key in the fragment along");
    assert!(head.lines().any(|line| line == format!("location: /r/{code}")), "{head}");
}

#[tokio::test]
async fn the_field_for_a_code_takes_whole_links() {
    let server = TestServer::start().await;
    let code = server.new_room().await;
    let encoded = code.replace('-', "%E2%80%93");
    for field in [
        format!("{encoded}."),
        format!("%3Chttps%3A%2F%2Fmeet.example%2Fr%2F{code}%3E"),
        format!("https%3A%2F%2Fmeet.example%2Fr%2F{code}%3Futm_source%3Dx"),
        format!("Join+https%3A%2F%2Fmeet.example%2Fr%2F{code}+at+five"),
    ] {
        let body = format!("room={field}");
        let head =
            format!("content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n", body.len());
        let (_, head, _) = server.request("POST", "/join", &head, &body).await;
        assert!(head.contains(&format!("location: /r/{code}")), "{field}: {head}");
    }
}

#[tokio::test]
async fn programs_may_write_a_code_loosely_too() {
    let server = TestServer::start().await;
    let code = server.new_room().await;
    let loose = code.replace('-', "%E2%80%93");
    let (status, body) =
        server.post(&format!("/api/v1/rooms/{loose}/validate"), "application/json", "").await;
    assert_eq!(
        (status, serde_json::from_str::<Value>(&body).unwrap()["standing"].clone()),
        (200, json!("open"))
    );
    let (_, told) = server.join(&format!("<{code}>"), "Ada").await;
    assert_eq!(told["room"]["code"], code);
}

#[tokio::test]
async fn a_class_behind_one_address_asks_as_often_as_its_lobbies_do_and_guesses_are_few() {
    let limits = LimitsConfig { lookups_at_once: 10, lookups_per_minute: 1, ..LimitsConfig::default() };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let room = server.new_room().await;
    let validate = async |code: &str| {
        server.post(&format!("/api/v1/rooms/{code}/validate"), "application/json", "").await.0
    };
    for _ in 0..100 {
        assert_eq!(validate(&room).await, 200);
    }
    let guesses = [validate("kfm-pqxz-wtr").await, validate("kfm-pqxz-wts").await];
    assert_eq!(guesses, [200, 200]);
    for _ in 0..8 {
        validate("kfm-pqxz-wtt").await;
    }
    assert_eq!(validate("kfm-pqxz-wtv").await, 429);
    assert_eq!(server.request("GET", &format!("/r/{room}"), "", "").await.0, 200, "the link still opens");
}

#[tokio::test]
async fn right_passwords_cost_nothing_of_what_wrong_ones_may() {
    let limits = LimitsConfig { passwords_at_once: 2, passwords_per_minute: 1, ..LimitsConfig::default() };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let (room, _) = server.new_room_with(json!({ "password": "sesame" })).await;
    let mut inside = Vec::new();
    for number in 0..6 {
        let name = format!("Ada {number}");
        inside.push(server.join_with(with(join_message(&room, &name), "password", "sesame")).await);
    }
}

#[tokio::test]
async fn a_room_never_ends_in_the_past() {
    let server = TestServer::start().await;
    let (room, key) = server.new_room_with(json!({})).await;
    let (mut ada, _) = server.join_with(with(join_message(&room, "Ada"), "credential", &key)).await;
    let past = server.now() - 3_600_000;
    let body = json!({ "ends_at": past }).to_string();
    let (status, answer) = server.post("/api/v1/rooms", "application/json", &body).await;
    assert_eq!(status, 422, "{answer}");
    let head = format!(
        "authorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    let (status, ..) = server.request("PATCH", &format!("/api/v1/rooms/{room}"), &head, &body).await;
    assert_eq!(status, 422);
    let moderation = json!({ "action": "change_settings", "patch": { "ends_at": past } });
    ada.say(json!({ "type": "moderate", "moderation": moderation })).await;
    assert_eq!(ada.hear_of("error").await["code"], "settings_invalid");
}

#[tokio::test]
async fn a_new_room_takes_as_many_people_as_rooms_do_here() {
    let mut config = Config::default();
    config.rooms.capacity = 42;
    let server = TestServer::with(config).await;
    let (_, _, page) = server.request("GET", "/new", "", "").await;
    assert!(page.contains("value=\"42\""), "{page}");
}

#[tokio::test]
async fn each_switch_of_a_new_room_is_a_rule_that_the_room_keeps() {
    let server = TestServer::start().await;
    let (_, _, page) = server.request("GET", "/new", "", "").await;
    for (field, rule) in
        [("hosts_unmute", "may_unmute"), ("hosts_share", "may_share"), ("hosts_chat", "may_chat")]
    {
        assert!(page.contains(&format!("name=\"{field}\"")), "{field}: {page}");
        let body = format!("form=settings&{field}=on");
        let head =
            format!("content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n", body.len());
        let (status, head, _) = server.request("POST", "/rooms", &head, &body).await;
        assert_eq!(status, 303);
        let room =
            head.split("/r/").nth(1).and_then(|rest| rest.split(['?', '#', '\r', '\n']).next()).unwrap();
        let (_, joined) = server.join(room, "Bob").await;
        assert_eq!(joined["settings"][rule], "hosts", "{field}");
    }
}
