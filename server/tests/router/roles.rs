//! Keys, invitations, tokens and passwords: what opens a room, and what does not.

use serde_json::{Value, json};
use server::config::{Config, LimitsConfig};

use crate::common::{Closed, TestServer, join_message};
use crate::sessions::with;

#[tokio::test]
async fn a_key_makes_a_host_and_a_guess_makes_nothing() {
    let server = TestServer::start().await;
    let (room, host_key) = server.new_room_with(json!({})).await;
    let (other, other_key) = server.new_room_with(json!({})).await;
    let (_, told) = server.join_with(with(join_message(&room, "Ada"), "credential", &host_key)).await;
    assert_eq!(told["you"]["role"], "host");
    for guess in [&other_key, "k_00000000000000000000000000000000", "'; DROP TABLE room_keys; --", &room] {
        refused(&server, with(join_message(&room, "Eve"), "credential", guess), "credential_refused").await;
    }
    let (_, told) = server.join(&other, "Bob").await;
    assert_eq!(told["you"]["role"], "guest");
}

#[tokio::test]
async fn an_invitation_gives_its_role_to_as_many_as_it_says_from_its_beginning_to_its_end() {
    let server = TestServer::start().await;
    let (room, key) = server.new_room_with(json!({ "password": "sesame", "waiting_room": "on" })).await;
    let invite = |body: Value| token(&server, &room, &key, body);
    let twice = invite(json!({ "kind": "invitation", "role": "co_host", "uses": 2 })).await;
    for _ in 0..2 {
        let (_, told) = server.join_with(with(join_message(&room, "Ada"), "credential", &twice)).await;
        assert_eq!(told["you"]["role"], "co_host");
    }
    refused(&server, with(join_message(&room, "Eve"), "credential", &twice), "credential_refused").await;
    let later = invite(json!({ "kind": "invitation", "not_before": 4_000_000_000_000_u64 })).await;
    refused(&server, with(join_message(&room, "Eve"), "credential", &later), "credential_refused").await;
    let (status, _) = post(
        &server,
        &format!("/api/v1/rooms/{room}/tokens"),
        &key,
        json!({ "kind": "invitation", "expires_at": 5 }),
    )
    .await;
    assert_eq!(status, 422, "what could never be valid is not made");
}

#[tokio::test]
async fn an_access_token_gives_role_and_name_and_a_forged_one_nothing() {
    let server = TestServer::start().await;
    let (room, key) = server.new_room_with(json!({})).await;
    let (other, _) = server.new_room_with(json!({})).await;
    let access =
        token(&server, &room, &key, json!({ "kind": "access", "role": "co_host", "name": "Ada" })).await;
    let (_, told) = server.join_with(with(join_message(&room, "Mallory"), "credential", &access)).await;
    assert_eq!((&told["you"]["role"], &told["you"]["name"]), (&json!("co_host"), &json!("Ada")));

    refused(&server, with(join_message(&other, "Eve"), "credential", &access), "credential_refused").await;
    let payload = access.split('.').nth(1).unwrap();
    for forged in [
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}."),
        format!("{access}x"),
        format!("a.{payload}.b"),
    ] {
        refused(&server, with(join_message(&room, "Eve"), "credential", &forged), "credential_refused").await;
    }
    let later = token(
        &server,
        &room,
        &key,
        json!({ "kind": "access", "not_before": 4_000_000_000_000_u64, "expires_at": 4_000_000_100_000_u64 }),
    )
    .await;
    refused(&server, with(join_message(&room, "Eve"), "credential", &later), "credential_refused").await;
    refused(
        &server,
        with(join_message(&room, "Eve"), "credential", told["session"].as_str().unwrap()),
        "credential_refused",
    )
    .await;
}

#[tokio::test]
async fn a_flood_of_password_guesses_is_stopped() {
    let limits = LimitsConfig { passwords_at_once: 3, passwords_per_minute: 1, ..LimitsConfig::default() };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let (room, _) = server.new_room_with(json!({ "password": "sesame" })).await;
    refused(&server, join_message(&room, "Eve"), "password_needed").await;
    for _ in 0..3 {
        refused(&server, with(join_message(&room, "Eve"), "password", "barley"), "password_wrong").await;
    }
    let mut eve = server.connect().await;
    eve.say(with(join_message(&room, "Eve"), "password", "sesame")).await;
    let (error, closed) = eve.hear_end().await;
    assert_eq!((&error["code"], closed), (&json!("rate_limited"), Closed { code: 4429 }));
}

#[tokio::test]
async fn a_program_reads_changes_and_deletes_a_room_with_its_hosts_key_and_not_without() {
    let server = TestServer::start().await;
    let (room, key) = server.new_room_with(json!({ "name": "Tea" })).await;
    let path = format!("/api/v1/rooms/{room}");
    let (status, head, _) = server.request("GET", &path, "", "").await;
    assert_eq!(status, 401);
    assert!(head.contains("www-authenticate: bearer"), "{head}");
    assert_eq!(server.request("GET", &path, &bearer("k_0"), "").await.0, 403);

    let (status, head, body) = server.request("GET", &path, &bearer(&key), "").await;
    assert_eq!(status, 200, "{body}");
    assert!(head.contains("etag: \"v1\""), "{head}");
    let patch = |tag: &str, body: &str| {
        let head = format!(
            "{}if-match: {tag}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
            bearer(&key),
            body.len()
        );
        let (path, body) = (path.clone(), body.to_owned());
        let server = &server;
        async move { server.request("PATCH", &path, &head, &body).await }
    };
    let (mut ada, _) = server.join(&room, "Ada").await;
    let (status, head, body) = patch("\"v1\"", r#"{"name":null,"locked":"on"}"#).await;
    assert_eq!(status, 200, "{body}");
    assert!(head.contains("etag: \"v2\"") && !body.contains("Tea"), "{head} {body}");
    assert_eq!(ada.hear_of("room_updated").await["settings"]["locked"], "on");
    assert_eq!(patch("\"v1\"", r#"{"locked":"off"}"#).await.0, 412);
    assert_eq!(patch("\"v2\"", r#"{"capacity":0}"#).await.0, 422);
    assert_eq!(patch("\"v2\"", r#"{"lokced":"off"}"#).await.0, 422);

    let (status, _, body) = server.request("GET", &format!("{path}/participants"), &bearer(&key), "").await;
    let people: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &people[0]["name"]), (200, &json!("Ada")));
    let id = people[0]["id"].as_str().unwrap();
    assert_eq!(
        server.request("DELETE", &format!("{path}/participants/{id}"), &bearer(&key), "").await.0,
        204
    );
    assert_eq!(ada.hear_end().await.0["code"], "removed");

    assert_eq!(server.request("DELETE", &path, &bearer(&key), "").await.0, 204);
    assert_eq!(server.request("GET", &path, &bearer(&key), "").await.0, 403, "the key went with the room");
    assert_eq!(server.request("GET", &format!("/r/{room}"), "", "").await.0, 404);
}

#[tokio::test]
async fn a_browser_is_host_by_its_cookie_and_another_is_not() {
    let server = TestServer::start().await;
    let form = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 0\r\n";
    let (status, head, _) = server.request("POST", "/rooms", form, "").await;
    assert_eq!(status, 303);
    let header = |name: &str| {
        head.lines().filter_map(|line| line.strip_prefix(name)).map(str::to_owned).collect::<Vec<_>>()
    };
    let path = header("location: ").remove(0);
    let cookies = header("set-cookie: ");
    assert!(
        cookies.iter().all(|cookie| cookie.contains("httponly") && cookie.contains("samesite=")),
        "{cookies:?}"
    );
    let cookie =
        cookies.iter().find(|cookie| cookie.starts_with("veranda=")).unwrap().split(';').next().unwrap();
    let validate = |head: String| {
        let path = path.replace("/r/", "/api/v1/rooms/") + "/validate";
        let server = &server;
        async move { server.request("POST", &path, &head, "").await.2 }
    };
    let length = "content-length: 0\r\n";
    assert!(validate(format!("cookie: {cookie}\r\n{length}")).await.contains(r#""role":"host""#));
    assert!(validate(length.to_owned()).await.contains(r#""role":"guest""#));
    let link = format!("{path}/host-link");
    assert_eq!(server.request("POST", &link, length, "").await.0, 403);
    assert_eq!(
        server
            .request(
                "POST",
                &link,
                &format!("cookie: {cookie}\r\norigin: https://evil.example\r\n{length}"),
                ""
            )
            .await
            .0,
        403
    );
    assert_eq!(server.request("POST", &link, &format!("cookie: {cookie}\r\n{length}"), "").await.0, 200);
}

#[tokio::test]
async fn a_page_of_another_site_that_may_ask_does_not_ask_as_the_host_who_looks_at_it() {
    let mut config = Config::default();
    config.server.allowed_origins = vec!["https://embed.example".into()];
    let server = TestServer::with(config).await;
    let made = server.make_room_in_browser(None).await;
    let link = format!("{}/host-link", made.path);
    let ask = async |more: &str| {
        let head = format!("host: meet.example\r\ncookie: {}\r\ncontent-length: 0\r\n{more}", made.cookie);
        server.request("POST", &link, &head, "").await.0
    };
    assert_eq!(ask("origin: http://meet.example\r\n").await, 200);
    assert_eq!(ask("origin: https://embed.example\r\n").await, 403);
    // The server's own page, under a name that a proxy has changed.
    assert_eq!(ask("origin: https://embed.example\r\nsec-fetch-site: same-origin\r\n").await, 200);
}

async fn token(server: &TestServer, room: &str, key: &str, body: Value) -> String {
    let (status, body) = post(server, &format!("/api/v1/rooms/{room}/tokens"), key, body).await;
    assert_eq!(status, 201, "{body}");
    body["token"].as_str().unwrap().to_owned()
}

async fn post(server: &TestServer, path: &str, key: &str, body: Value) -> (u16, Value) {
    let body = body.to_string();
    let head = format!("{}content-type: application/json\r\ncontent-length: {}\r\n", bearer(key), body.len());
    let (status, _, body) = server.request("POST", path, &head, &body).await;
    (status, serde_json::from_str(&body).unwrap())
}

fn bearer(key: &str) -> String {
    format!("authorization: Bearer {key}\r\n")
}

async fn refused(server: &TestServer, first: Value, code: &str) {
    let mut client = server.connect().await;
    client.say(first).await;
    let (error, closed) = client.hear_end().await;
    assert_eq!((&error["code"], closed), (&json!(code), Closed { code: 4403 }));
}

#[tokio::test]
async fn the_right_password_opens_also_to_somebody_whose_session_does_not_count_any_more() {
    let server = TestServer::start().await;
    let (room, key) = server.new_room_with(json!({ "password": "sesame" })).await;
    let (_ada, _) = server.join_with(with(join_message(&room, "Ada"), "credential", &key)).await;
    let (mut bob, told) = server.join_with(with(join_message(&room, "Bob"), "password", "sesame")).await;
    let people = format!("/api/v1/rooms/{room}/participants/{}", told["you"]["id"].as_str().unwrap());
    assert_eq!(server.request("DELETE", &people, &bearer(&key), "").await.0, 204);
    assert_eq!(bob.hear_end().await.0["code"], "removed");
    let stale = with(join_message(&room, "Bob"), "session", told["session"].as_str().unwrap());
    refused(&server, stale.clone(), "password_needed").await;
    let (_, told) = server.join_with(with(stale, "password", "sesame")).await;
    assert_eq!(told["you"]["name"], "Bob");
}

#[tokio::test]
async fn an_invitation_is_used_up_by_entering_and_by_nothing_else() {
    let server = TestServer::start().await;
    let (room, key) = server.new_room_with(json!({ "capacity": 2 })).await;
    let once = json!({ "kind": "invitation", "role": "host", "uses": 1 });
    let invitation = token(&server, &room, &key, once).await;
    let path = format!("/api/v1/rooms/{room}");
    assert_eq!(
        server.request("GET", &path, &bearer(&invitation), "").await.0,
        403,
        "it is no key for programs"
    );
    let (_, head, _) = server.request("GET", &format!("/r/{room}?key={invitation}"), "", "").await;
    let cookie =
        head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap().split(';').next().unwrap();
    let cookie = format!("cookie: {cookie}\r\ncontent-length: 0\r\n");
    let (status, _, _) = server.request("POST", &format!("/r/{room}/host-link"), &cookie, "").await;
    assert_eq!(status, 403, "nor one for its copies");

    let (ada, _) = server.join(&room, "Ada").await;
    let (_bob, _) = server.join(&room, "Bob").await;
    let shown = with(join_message(&room, "Cleo"), "credential", &invitation);
    refused(&server, shown.clone(), "room_full").await;
    ada.close().await;
    let (cleo, told) = server.join_with(shown.clone()).await;
    assert_eq!(told["you"]["role"], "host", "it was not used up by finding the room full");
    drop(cleo);
    let again = with(shown, "session", told["session"].as_str().unwrap());
    let (_, told) = server.join_with(again).await;
    assert_eq!(told["you"]["role"], "host", "who is in comes back without it");
}

#[tokio::test]
async fn the_name_of_an_access_token_stays() {
    let server = TestServer::start().await;
    let (room, key) = server.new_room_with(json!({})).await;
    let access = token(&server, &room, &key, json!({ "kind": "access", "name": "Student" })).await;
    let (_student, told) =
        server.join_with(with(join_message(&room, "Student"), "credential", &access)).await;
    let session = told["session"].as_str().unwrap();
    let (_, told) = server.join_with(with(join_message(&room, "Teacher"), "session", session)).await;
    assert_eq!(told["you"]["name"], "Student");
}

#[tokio::test]
async fn changes_of_the_rules_are_made_in_their_order() {
    let server = TestServer::start().await;
    let (room, key) = server.new_room_with(json!({})).await;
    let (mut ada, _) = server.join_with(with(join_message(&room, "Ada"), "credential", &key)).await;
    // The first takes longer: its password is hashed.
    for password in [json!("sesame"), json!(null)] {
        let moderation = json!({ "action": "change_settings", "patch": { "password": password } });
        ada.say(json!({ "type": "moderate", "moderation": moderation })).await;
    }
    let mut heard = Vec::new();
    while heard.iter().filter(|one: &&Value| one["type"] == "room_updated").count() < 2 {
        let message = ada.hear().await;
        let is_refusal = message["type"] == "error";
        heard.push(message);
        assert!(!is_refusal, "{heard:?}");
    }
    // A room says the newest rules it knows: where the second change is kept before the first is told, that is said twice.
    let passwords = heard.iter().filter_map(|one| one["password"].as_bool()).collect::<Vec<_>>();
    assert!([[true, false], [false, false]].iter().any(|one| *one == *passwords), "{heard:?}");
}

#[tokio::test]
async fn pages_of_rooms_are_asked_for_only_so_often() {
    let limits = LimitsConfig { lookups_at_once: 2, lookups_per_minute: 1, ..LimitsConfig::default() };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let statuses = async {
        let mut all = Vec::new();
        for _ in 0..3 {
            all.push(server.request("GET", "/r/kfm-pqxz-wtr", "", "").await.0);
        }
        all
    };
    assert_eq!(statuses.await, [404, 404, 429]);
}
