//! REST for programs: API keys, paging, requests that are sent twice, refusals, pages of other origins, the description.

use std::path::Path;

use crate::common::TestServer;
use protocol::{Scope, Timestamp};
use serde_json::{Value, json};
use server::config::{Config, LimitsConfig, RoomsConfig};
use server::{api_keys, open_storage};
use storage::ApiKeyRepository as _;

/// An answer, its head in lower case.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// What kind of problem it is.
    pub(crate) fn problem(&self) -> &str {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.head);
        assert_eq!(self.body["status"], self.status, "{}", self.body);
        self.body["type"].as_str().unwrap().strip_prefix("/problems/").unwrap()
    }
}

pub(crate) async fn ask(
    server: &TestServer,
    method: &str,
    path: &str,
    key: &str,
    body: Option<Value>,
) -> Answer {
    ask_with(server, method, path, &format!("authorization: Bearer {key}\r\n"), body).await
}

async fn ask_with(server: &TestServer, method: &str, path: &str, head: &str, body: Option<Value>) -> Answer {
    let body = body.map(|body| body.to_string());
    let of_body = body
        .as_ref()
        .map(|body| format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
    let head = format!("{head}{}", of_body.unwrap_or_default());
    let (status, head, body) = server.request(method, path, &head, &body.unwrap_or_default()).await;
    Answer { status, head, body: serde_json::from_str(&body).unwrap_or(Value::Null) }
}

/// An API key, as the operator makes it beside the running server.
pub(crate) async fn key(server: &TestServer, scopes: &[Scope]) -> String {
    let mut config = Config::default();
    config.storage.data = server.data.path().to_owned();
    let storage = open_storage(&config).await.unwrap();
    api_keys::create(&storage, "test".into(), scopes, Timestamp(1), None).await.unwrap().secret
}

const ROOMS: &str = "/api/v1/rooms";

/// What the endpoints with a body take at the least.
fn body_of(operation: &str) -> Option<Value> {
    match operation {
        "changeRoom" | "nameRecording" => Some(json!({ "name": "Tea" })),
        "createToken" => Some(json!({ "kind": "invitation" })),
        "createCall" => {
            let key = "A".repeat(43);
            let id = "00000000-0000-4000-8000-000000000001";
            let mut body = json!({ "id": id, "callee": "482-119-305", "invitation": "c2VhbGVk" });
            (body["caller_key"], body["proof"]) = (json!(key), json!(key));
            Some(body)
        }
        "turnOff" => Some(json!({ "source": "microphone" })),
        _ => None,
    }
}

#[tokio::test]
async fn without_a_key_every_endpoint_with_a_scope_is_closed() {
    let server = TestServer::start().await;
    let key = key(&server, &Scope::ALL).await;
    let made = ask(&server, "POST", ROOMS, &key, Some(json!({ "name": "Tea" }))).await;
    let code = made.body["code"].as_str().unwrap();
    let document = ask(&server, "GET", "/api/v1/openapi.json", &key, None).await.body;
    let mut closed = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if operation["security"].as_array().unwrap().contains(&json!({})) {
                continue;
            }
            let path = path.replace("{code}", code).replace("{id}", "1");
            let body = body_of(operation["operationId"].as_str().unwrap());
            let answer = ask_with(&server, &method.to_uppercase(), &path, "", body).await;
            assert_eq!((answer.status, answer.problem()), (401, "credential_needed"), "{method} {path}");
            closed += 1;
        }
    }
    assert!(closed >= 12, "only {closed} endpoints ask for a scope");
}

#[tokio::test]
async fn an_api_key_makes_reads_changes_lists_and_deletes_its_rooms() {
    let server = TestServer::start().await;
    let key = key(&server, &Scope::ALL).await;
    let made = ask(&server, "POST", ROOMS, &key, Some(json!({ "name": "Tea" }))).await;
    assert_eq!((made.status, made.header("etag")), (201, Some("\"v1\"")), "{}", made.body);
    let room = format!("{ROOMS}/{}", made.body["code"].as_str().unwrap());
    assert_eq!(made.header("location"), Some(room.as_str()));

    let read = ask(&server, "GET", &room, &key, None).await;
    assert_eq!((read.status, &read.body["settings"]["name"]), (200, &json!("Tea")));
    let changed = ask(&server, "PATCH", &room, &key, Some(json!({ "name": "Coffee" }))).await;
    assert_eq!((changed.status, changed.header("etag")), (200, Some("\"v2\"")));
    let listed = ask(&server, "GET", ROOMS, &key, None).await;
    assert_eq!(listed.body, json!({ "rooms": [changed.body] }));
    let (_ada, ada) = server.join(made.body["code"].as_str().unwrap(), "Ada").await;
    assert_eq!(ask(&server, "GET", ROOMS, &key, None).await.body["rooms"][0]["present"], 1);
    let people = ask(&server, "GET", &format!("{room}/participants"), &key, None).await;
    assert_eq!(people.body[0]["id"], ada["you"]["id"]);
    assert_eq!(ask(&server, "DELETE", &room, &key, None).await.status, 204);
    assert_eq!(ask(&server, "GET", &room, &key, None).await.problem(), "room_unknown");
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_and_nothing_else() {
    let server = TestServer::start().await;
    let [all, reader] = [key(&server, &Scope::ALL).await, key(&server, &[Scope::RoomsRead]).await];
    let made = ask(&server, "POST", ROOMS, &all, Some(json!({}))).await;
    let room = format!("{ROOMS}/{}", made.body["code"].as_str().unwrap());
    assert_eq!(ask(&server, "GET", ROOMS, &reader, None).await.status, 200);
    let someone = format!("{room}/participants/00000000-0000-0000-0000-000000000000");
    for (method, path, body) in [
        ("POST", ROOMS.to_owned(), Some(json!({}))),
        ("PATCH", room.clone(), Some(json!({}))),
        ("DELETE", room.clone(), None),
        ("POST", format!("{room}/tokens"), Some(json!({ "kind": "access" }))),
        ("GET", format!("{room}/participants"), None),
        ("DELETE", someone.clone(), None),
        ("POST", format!("{someone}/turn-off"), Some(json!({ "source": "microphone" }))),
        ("GET", "/api/v1/call-ids/482-119-305".to_owned(), None),
        ("POST", "/api/v1/calls".to_owned(), body_of("createCall")),
        ("GET", "/api/v1/calls/00000000-0000-4000-8000-000000000001".to_owned(), None),
        ("DELETE", "/api/v1/calls/00000000-0000-4000-8000-000000000001".to_owned(), None),
    ] {
        let answer = ask(&server, method, &path, &reader, body).await;
        assert_eq!((answer.status, answer.problem()), (403, "scope_missing"), "{method} {path}");
    }
}

#[tokio::test]
async fn a_key_learns_nothing_of_the_rooms_of_others() {
    let server = TestServer::start().await;
    let [ours, theirs] = [key(&server, &Scope::ALL).await, key(&server, &Scope::ALL).await];
    let (anyones, _) = server.new_room_with(json!({})).await;
    let made = ask(&server, "POST", ROOMS, &theirs, Some(json!({}))).await;
    for code in [made.body["code"].as_str().unwrap(), anyones.as_str(), "kfm-pqxz-wtr"] {
        for (method, body) in [("GET", None), ("PATCH", Some(json!({}))), ("DELETE", None)] {
            let answer = ask(&server, method, &format!("{ROOMS}/{code}"), &ours, body).await;
            assert_eq!((answer.status, answer.problem()), (404, "room_unknown"));
        }
    }
    assert_eq!(ask(&server, "GET", ROOMS, &ours, None).await.body, json!({ "rooms": [] }));
}

#[tokio::test]
async fn unknown_expired_and_revoked_keys_open_nothing() {
    let server = TestServer::start().await;
    let mut config = Config::default();
    config.storage.data = server.data.path().to_owned();
    let storage = open_storage(&config).await.unwrap();
    let expired = api_keys::create(&storage, "old".into(), &Scope::ALL, Timestamp(1), Some(Timestamp(2)));
    let expired = expired.await.unwrap().secret;
    let revoked = key(&server, &Scope::ALL).await;
    assert_eq!(ask(&server, "GET", ROOMS, &revoked, None).await.status, 200);
    let id = storage.api_keys().await.unwrap().into_iter().find(|key| key.label == "test").unwrap().id;
    assert!(storage.revoke_api_key(&id, Timestamp(3)).await.unwrap());
    for key in [expired.as_str(), &revoked, "a_0123456789abcdef0123456789abcdef", "a_' OR '1'='1"] {
        let answer = ask(&server, "GET", ROOMS, key, None).await;
        assert_eq!((answer.status, answer.problem()), (401, "credential_refused"));
        assert_eq!(answer.header("www-authenticate"), Some("bearer"));
    }
    let without = ask_with(&server, "GET", ROOMS, "", None).await;
    assert_eq!((without.status, without.problem()), (401, "credential_needed"));
}

#[tokio::test]
async fn rooms_are_listed_a_page_at_a_time() {
    let server = TestServer::start().await;
    let key = key(&server, &Scope::ALL).await;
    let mut codes = Vec::new();
    for _ in 0..5 {
        let made = ask(&server, "POST", ROOMS, &key, Some(json!({}))).await;
        codes.push(made.body["code"].clone());
    }
    codes.sort_by_key(|code| code.as_str().unwrap().to_owned());
    let mut seen = Vec::new();
    let mut path = format!("{ROOMS}?limit=2");
    loop {
        let page = ask(&server, "GET", &path, &key, None).await;
        let rooms = page.body["rooms"].as_array().unwrap();
        assert!((1..=2).contains(&rooms.len()));
        seen.extend(rooms.iter().map(|room| room["code"].clone()));
        let Some(next) = page.body["next"].as_str() else { break };
        assert_eq!(page.header("link"), Some(&*format!("<{ROOMS}?limit=2&after={next}>; rel=\"next\"")));
        path = format!("{ROOMS}?limit=2&after={next}");
    }
    assert_eq!(seen, codes);
    let answer = ask(&server, "GET", &format!("{ROOMS}?limit=many"), &key, None).await;
    assert_eq!((answer.status, answer.problem()), (400, "malformed"));
}

#[tokio::test]
async fn a_request_that_is_sent_twice_makes_one_room() {
    let server = TestServer::start().await;
    let key = key(&server, &Scope::ALL).await;
    let send = |bearer: Option<&str>, idempotency: &str, body: Value| {
        let bearer = bearer.map(|key| format!("authorization: Bearer {key}\r\n")).unwrap_or_default();
        let head = format!("{bearer}idempotency-key: {idempotency}\r\n");
        let server = &server;
        async move { ask_with(server, "POST", ROOMS, &head, Some(body)).await }
    };
    let once = "7f5c1bb0-0f3e-4b3b-9a5a-0c4b8f6b1b11";
    let request = json!({ "name": "Tea", "password": "kettle" });
    for bearer in [Some(key.as_str()), None] {
        let (first, second) =
            tokio::join!(send(bearer, once, request.clone()), send(bearer, once, request.clone()));
        assert_eq!((first.status, second.status), (201, 201), "{} {}", first.body, second.body);
        assert_eq!(first.body["code"], second.body["code"]);
        let room = format!("{ROOMS}/{}", first.body["code"].as_str().unwrap());
        for made in [&first, &second] {
            let host_key = made.body["host_key"].as_str().unwrap();
            assert_eq!(ask(&server, "GET", &room, host_key, None).await.status, 200);
        }
        let other = send(bearer, once, json!({ "name": "Coffee", "password": "kettle" })).await;
        assert_eq!((other.status, other.problem()), (422, "idempotency_key_reused"));
        let host_key = first.body["host_key"].as_str().unwrap();
        assert_eq!(ask(&server, "DELETE", &room, host_key, None).await.status, 204);
        let late = send(bearer, once, request.clone()).await;
        assert_eq!((late.status, late.problem()), (409, "room_deleted"));
    }
    assert_eq!(send(None, "1", json!({})).await.problem(), "malformed");
}

#[tokio::test]
async fn whoever_has_a_version_is_not_told_it_again() {
    let server = TestServer::start().await;
    let (code, key) = server.new_room_with(json!({})).await;
    let head = |tag: &str| format!("authorization: Bearer {key}\r\nif-none-match: {tag}\r\n");
    let path = format!("{ROOMS}/{code}");
    assert_eq!(ask_with(&server, "GET", &path, &head("\"v1\""), None).await.status, 304);
    assert_eq!(ask_with(&server, "GET", &path, &head("\"v2\""), None).await.status, 200);
}

#[tokio::test]
async fn every_refusal_is_a_problem_document() {
    let server = TestServer::start().await;
    let (code, host_key) = server.new_room_with(json!({})).await;
    let tokens = format!("{ROOMS}/{code}/tokens");
    for (method, path, body, expected) in [
        ("GET", "/api/v1/nothing", None, (404, "unknown")),
        ("GET", "/api/v2", None, (404, "unknown")),
        ("PUT", ROOMS, None, (405, "method_not_allowed")),
        ("POST", ROOMS, None, (415, "malformed")),
        ("POST", &tokens, Some(json!({ "kind": "none" })), (422, "malformed")),
        ("POST", ROOMS, Some(json!([null, null])), (422, "malformed")),
        ("POST", &tokens, Some(json!({ "kind": "access", "expires_at": 1 })), (422, "token_invalid")),
        ("POST", &tokens, Some(json!("x".repeat(70_000))), (413, "too_large")),
        ("GET", "/api/v1/rooms/tea", None, (400, "malformed")),
        ("GET", "/api/v1/rooms/%00", None, (400, "malformed")),
        ("GET", "/api/v1/rooms/%ff", None, (400, "malformed")),
        ("GET", "/api/v1/ws", None, (400, "malformed")),
    ] {
        let answer = ask(&server, method, path, &host_key, body).await;
        assert_eq!((answer.status, answer.problem()), expected, "{method} {path}");
    }
    let answer = ask(&server, "PUT", ROOMS, &host_key, None).await;
    assert_eq!(answer.header("allow"), Some("get,head,post"));
}

#[tokio::test]
async fn an_api_key_has_a_rate_of_its_own_and_is_told_when_to_come_back() {
    let limits = LimitsConfig {
        requests_at_once: 2,
        requests_per_minute: 1,
        rooms_at_once: 1,
        rooms_per_minute: 1,
        ..LimitsConfig::default()
    };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let [one, other] = [key(&server, &Scope::ALL).await, key(&server, &Scope::ALL).await];
    // The address's share of rooms is not that of its programs.
    for _ in 0..2 {
        assert_eq!(ask(&server, "POST", ROOMS, &one, Some(json!({}))).await.status, 201);
    }
    let refused = ask(&server, "POST", ROOMS, &one, Some(json!({}))).await;
    assert_eq!((refused.status, refused.problem()), (429, "rate_limited"));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    assert_eq!(ask(&server, "POST", ROOMS, &other, Some(json!({}))).await.status, 201);
}

#[tokio::test]
async fn a_server_can_keep_the_making_of_rooms_to_programs() {
    let rooms = RoomsConfig { anyone_creates: false, ..RoomsConfig::default() };
    let server = TestServer::with(Config { rooms, ..Config::default() }).await;
    let refused = ask_with(&server, "POST", ROOMS, "", Some(json!({}))).await;
    assert_eq!((refused.status, refused.problem()), (401, "credential_needed"));
    let head = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 8\r\n";
    let (status, head, _) = server.request("POST", "/rooms", head, "name=Tea").await;
    assert!(status == 303 && head.contains("location: /?problem=closed"), "{head}");
    let (_, _, page) = server.request("GET", "/", "", "").await;
    assert!(!page.contains("action=\"/rooms\"") && page.contains("action=\"/join\""), "{page}");
    let key = key(&server, &Scope::ALL).await;
    assert_eq!(ask(&server, "POST", ROOMS, &key, Some(json!({}))).await.status, 201);
}

#[tokio::test]
async fn only_pages_that_the_configuration_names_may_ask_from_elsewhere() {
    let mut config = Config::default();
    config.server.allowed_origins = vec!["https://shop.example/".into()];
    let server = TestServer::with(config).await;
    for (origin, allowed) in [("https://shop.example", true), ("https://evil.example", false)] {
        let head = format!(
            "origin: {origin}\r\naccess-control-request-method: PATCH\r\naccess-control-request-headers: authorization\r\n"
        );
        let preflight = ask_with(&server, "OPTIONS", "/api/v1/rooms/kfm-pqxz-wtr", &head, None).await;
        let may = preflight.header("access-control-allow-origin");
        assert_eq!(may, allowed.then_some(origin), "{}", preflight.head);
        assert_eq!(preflight.header("access-control-allow-credentials"), None);
        let head = format!("origin: {origin}\r\n");
        let made = ask_with(&server, "POST", ROOMS, &head, Some(json!({}))).await;
        assert_eq!(made.header("access-control-allow-origin"), allowed.then_some(origin));
    }
}

#[tokio::test]
async fn a_thousand_rooms_from_one_address_are_not_made_and_keep_nobody_else_from_one() {
    let config = Config::default();
    let (at_once, host) = (config.limits.rooms_at_once, "127.0.0.0/8");
    let mut config = config;
    config.server.trusted_proxies = vec![host.parse().unwrap()];
    let server = TestServer::with(config).await;
    let (mut made, mut refused) = (0, 0);
    for _ in 0..1000 {
        let answer =
            ask_with(&server, "POST", ROOMS, "x-forwarded-for: 192.0.2.1\r\n", Some(json!({}))).await;
        match answer.status {
            201 => made += 1,
            429 => refused += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!(made + refused, 1000);
    // What the address may at once, and what a slow machine lets it have again meanwhile.
    assert!((at_once..at_once + 10).contains(&made), "{made}");
    let other = ask_with(&server, "POST", ROOMS, "x-forwarded-for: 192.0.2.2\r\n", Some(json!({}))).await;
    assert_eq!(other.status, 201);
}

#[tokio::test]
async fn the_description_is_kept_and_the_page_names_every_operation() {
    let server = TestServer::start().await;
    let (status, _, body) = server.request("GET", "/api/v1/openapi.json", "", "").await;
    assert_eq!(status, 200);
    let document: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written == text, "docs/openapi.json is not that of the server; run this test with UPDATE_DOCS=1");

    let (status, head, page) = server.request("GET", "/api/docs", "", "").await;
    assert_eq!(status, 200);
    assert!(head.contains("default-src 'none'") && !page.contains("<script"), "{head}");
    assert!(!page.contains("https://") && !page.contains("src=\"//"), "something comes from elsewhere");
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap());
    for (_, operation) in operations {
        let id = operation["operationId"].as_str().unwrap();
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
}
