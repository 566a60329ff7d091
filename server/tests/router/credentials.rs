//! What opens a room, as a tree: what was minted neither outlives nor outranks what minted it, and is taken back with it.

use protocol::{Scope, Timestamp};
use serde_json::{Value, json};
use server::config::Config;
use server::{api_keys, open_storage};
use storage::ApiKeyRepository as _;

use crate::common::{TestServer, join_message};
use crate::sessions::with;

const ROOMS: &str = "/api/v1/rooms";

async fn ask(server: &TestServer, method: &str, path: &str, key: &str, body: Option<Value>) -> (u16, Value) {
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let head = format!(
        "authorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    let (status, _, answer) = server.request(method, path, &head, &body).await;
    (status, serde_json::from_str(&answer).unwrap_or(Value::Null))
}

async fn mint(server: &TestServer, room: &str, key: &str, body: Value) -> Value {
    let (status, made) = ask(server, "POST", &format!("{ROOMS}/{room}/tokens"), key, Some(body)).await;
    assert_eq!(status, 201, "{made}");
    made
}

fn text(of: &Value, field: &str) -> String {
    of[field].as_str().unwrap_or_else(|| panic!("no {field} in {of}")).to_owned()
}

async fn refused(server: &TestServer, room: &str, credential: &str) {
    let mut client = server.connect().await;
    client.say(with(join_message(room, "Eve"), "credential", credential)).await;
    assert_eq!(client.hear_end().await.0["code"], "credential_refused");
}

#[tokio::test]
async fn what_a_token_mints_ends_with_the_token() {
    let server = TestServer::start().await;
    let (room, key) = server.new_room_with(json!({})).await;
    let soon = server.now() + 3_600_000;
    let short =
        mint(&server, &room, &key, json!({ "kind": "access", "role": "host", "expires_at": soon })).await;
    let token = text(&short, "token");
    for body in [
        json!({ "kind": "invitation", "role": "host" }),
        json!({ "kind": "access", "role": "host" }),
        json!({ "kind": "invitation", "role": "host", "expires_at": soon + 3_600_000 }),
    ] {
        let made = mint(&server, &room, &token, body).await;
        assert_eq!(made["expires_at"], soon);
        let further = mint(&server, &room, &text(&made, "token"), json!({ "kind": "invitation" })).await;
        assert_eq!(further["expires_at"], soon);
    }
}

#[tokio::test]
async fn what_is_taken_back_takes_with_it_what_came_of_it_and_whoever_is_inside() {
    let server = TestServer::start().await;
    let (room, key) = server.new_room_with(json!({})).await;
    let first = mint(&server, &room, &key, json!({ "kind": "access", "role": "host" })).await;
    let second =
        mint(&server, &room, &text(&first, "token"), json!({ "kind": "invitation", "role": "host" })).await;
    let other = mint(&server, &room, &key, json!({ "kind": "invitation", "role": "co_host" })).await;
    let enter = async |name: &str, made: &Value| {
        let credential = text(made, "token");
        server.join_with(with(join_message(&room, name), "credential", &credential)).await
    };
    let (mut bob, bobs) = enter("Bob", &second).await;
    let (mut cleo, _) = enter("Cleo", &other).await;

    let list = format!("{ROOMS}/{room}/credentials");
    let (status, all) = ask(&server, "GET", &list, &key, None).await;
    assert_eq!((status, all.as_array().unwrap().len()), (200, 4), "{all}");
    let (_, below) = ask(&server, "GET", &list, &text(&first, "token"), None).await;
    assert_eq!(below.as_array().unwrap().len(), 2, "itself and what it has made: {below}");
    assert!(!all.to_string().contains(&key), "no secret is told");

    // What is below takes back nothing that is above.
    let root = text(&all[0], "id");
    assert_eq!(ask(&server, "DELETE", &format!("{list}/{root}"), &text(&first, "token"), None).await.0, 404);
    let one = format!("{list}/{}", text(&first, "id"));
    assert_eq!(ask(&server, "DELETE", &one, &key, None).await.0, 204);
    assert_eq!(bob.hear_end().await.0["code"], "credential_refused");
    assert_eq!(ask(&server, "DELETE", &one, &key, None).await.0, 404);
    for made in [&first, &second] {
        refused(&server, &room, &text(made, "token")).await;
        assert_eq!(ask(&server, "GET", &list, &text(made, "token"), None).await.0, 403);
    }
    // Nor does the session bring the role along.
    let again = with(join_message(&room, "Bob"), "session", &text(&bobs, "session"));
    assert_eq!(server.join_with(again).await.1["you"]["role"], "guest");
    let resume = json!({
        "type": "resume", "id": 1, "version": 1, "room": room, "session": text(&bobs, "session"), "last": 1,
        "media": { "microphone": "off", "camera": "off" }, "hand": false,
    });
    let mut late = server.connect().await;
    late.say(resume).await;
    assert_ne!(late.hear().await["type"], "resumed");
    cleo.say(json!({ "type": "ping" })).await;
    cleo.hear_of("pong").await;
}

#[tokio::test]
async fn a_host_key_does_no_more_than_the_api_key_that_it_came_from_and_ends_with_it() {
    let server = TestServer::start().await;
    let mut config = Config::default();
    config.storage.data = server.data.path().to_owned();
    let storage = open_storage(&config).await.unwrap();
    let writer = api_keys::create(&storage, "w".into(), &[Scope::RoomsWrite], Timestamp(1), None)
        .await
        .unwrap()
        .secret;
    let (status, made) = ask(&server, "POST", ROOMS, &writer, Some(json!({}))).await;
    assert_eq!(status, 201);
    let (room, host_key) = (text(&made, "code"), text(&made, "host_key"));
    let path = format!("{ROOMS}/{room}");
    for (method, path, body) in [
        ("GET", format!("{path}/participants"), None),
        ("GET", path.clone(), None),
        ("POST", format!("{path}/tokens"), Some(json!({ "kind": "invitation" }))),
        ("GET", format!("{path}/credentials"), None),
        ("DELETE", format!("{path}/participants/00000000-0000-0000-0000-000000000000"), None),
    ] {
        let (status, problem) = ask(&server, method, &path, &host_key, body).await;
        assert_eq!((status, &problem["type"]), (403, &json!("/problems/scope_missing")), "{method} {path}");
    }
    assert_eq!(ask(&server, "PATCH", &path, &host_key, Some(json!({ "name": "Tea" }))).await.0, 200);
    let (mut host, told) = server.join_with(with(join_message(&room, "Ada"), "credential", &host_key)).await;
    assert_eq!(told["you"]["role"], "host");

    let id = storage.api_keys().await.unwrap().remove(0).id;
    assert!(storage.revoke_api_key(&id, Timestamp(3)).await.unwrap());
    assert_eq!(ask(&server, "PATCH", &path, &host_key, Some(json!({ "name": "Tea" }))).await.0, 403);
    refused(&server, &room, &host_key).await;
    assert_eq!(host.hear_end().await.0["code"], "credential_refused", "whoever is inside goes, too");
    let again = with(join_message(&room, "Ada"), "session", &text(&told, "session"));
    assert_eq!(server.join_with(again).await.1["you"]["role"], "guest");
}

#[tokio::test]
async fn an_api_key_takes_back_everything_of_its_rooms_and_nothing_of_others() {
    let server = TestServer::start().await;
    let mut config = Config::default();
    config.storage.data = server.data.path().to_owned();
    let storage = open_storage(&config).await.unwrap();
    let program = async || {
        api_keys::create(&storage, "all".into(), &Scope::ALL, Timestamp(1), None).await.unwrap().secret
    };
    let (ours, theirs) = (program().await, program().await);
    let (_, made) = ask(&server, "POST", ROOMS, &ours, Some(json!({}))).await;
    let list = format!("{ROOMS}/{}/credentials", text(&made, "code"));
    let (_, all) = ask(&server, "GET", &list, &ours, None).await;
    assert_eq!(all[0]["kind"], "host_key");
    let one = format!("{list}/{}", text(&all[0], "id"));
    assert_eq!(ask(&server, "DELETE", &one, &theirs, None).await.0, 404);
    assert_eq!(ask(&server, "DELETE", &one, &ours, None).await.0, 204);
    assert_eq!(
        ask(
            &server,
            "PATCH",
            &format!("{ROOMS}/{}", text(&made, "code")),
            &text(&made, "host_key"),
            Some(json!({}))
        )
        .await
        .0,
        403
    );
}

#[tokio::test]
async fn a_host_lists_and_revokes_links_on_a_page() {
    let server = TestServer::start().await;
    let made = server.make_room_in_browser(None).await;
    let links = format!("{}/links", made.path);
    let send = async |cookie: &str, method: &str, form: &str| {
        let head = format!(
            "cookie: {cookie}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
            form.len()
        );
        server.request(method, &links, &head, form).await
    };
    let (status, head, page) = send(&made.cookie, "GET", "").await;
    assert_eq!(status, 200, "{page}");
    assert!(head.contains("no-store") && !page.contains("<script"));
    assert_eq!(page.matches(">Revoke<").count(), 1, "the link that was shown, not what the browser holds");
    let id = page.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let (status, ..) = send(&made.cookie, "POST", &format!("id={id}")).await;
    assert_eq!(status, 303);
    let (_, _, page) = send(&made.cookie, "GET", "").await;
    assert_eq!(page.matches(">Revoke<").count(), 0);
    assert_eq!(send("a=b", "GET", "").await.0, 403);
    assert_eq!(send("a=b", "POST", &format!("id={id}")).await.0, 403);
}

#[tokio::test]
async fn whoever_has_planted_a_cookie_is_host_of_nothing() {
    let server = TestServer::start().await;
    let planted = server.cookie_of_visit().await;
    let made = server.make_room_in_browser(Some(&planted)).await;
    assert_ne!(made.cookie, planted);
    let role = async |cookie: &str| {
        let path = made.path.replace("/r/", "/api/v1/rooms/") + "/validate";
        let head = format!("cookie: {cookie}\r\ncontent-length: 0\r\n");
        let (_, _, answer) = server.request("POST", &path, &head, "").await;
        serde_json::from_str::<Value>(&answer).unwrap()["role"].clone()
    };
    assert_eq!((role(&made.cookie).await, role(&planted).await), (json!("host"), json!("guest")));
    for forged in ["veranda=b_00000000000000000000000000000000", "__Host-veranda=x", "veranda="] {
        assert_eq!(role(forged).await, "guest");
    }
}

#[tokio::test]
async fn an_invitation_whose_time_has_not_come_is_not_there_for_good() {
    let server = TestServer::start().await;
    let (room, key) = server.new_room_with(json!({})).await;
    let now = server.now();
    for kind in ["invitation", "access"] {
        let soon = mint(&server, &room, &key, json!({ "kind": kind, "not_before": now + 3_000 })).await;
        let credential = text(&soon, "token");
        server.join_with(with(join_message(&room, "Ada"), "credential", &credential)).await;
        let later =
            mint(&server, &room, &key, json!({ "kind": kind, "role": "host", "not_before": now + 600_000 }))
                .await;
        let head = format!("authorization: Bearer {}\r\n", text(&later, "token"));
        let (status, head, body) = server.request("GET", &format!("{ROOMS}/{room}"), &head, "").await;
        assert_eq!(status, 403);
        assert!(head.contains("retry-after: ") && body.contains("credential_early"), "{head} {body}");
    }
}

#[tokio::test]
async fn what_is_minted_with_what_was_minted_has_an_end_and_is_listed_to_it() {
    let server = TestServer::start().await;
    let (room, first) = server.new_room_with(json!({})).await;
    let mut key = first.clone();
    for _ in 0..16 {
        let made = mint(&server, &room, &key, json!({ "kind": "invitation", "role": "host" })).await;
        mint(&server, &room, &key, json!({ "kind": "invitation" })).await;
        key = text(&made, "token");
    }
    let tokens = format!("{ROOMS}/{room}/tokens");
    let (status, refusal) =
        ask(&server, "POST", &tokens, &key, Some(json!({ "kind": "invitation", "role": "host" }))).await;
    assert_eq!((status, &refusal["type"]), (422, &json!("/problems/token_invalid")), "{refusal}");
    let list = format!("{ROOMS}/{room}/credentials");
    let (_, all) = ask(&server, "GET", &list, &first, None).await;
    assert_eq!(all.as_array().unwrap().len(), 33);
    let (_, last) = ask(&server, "GET", &list, &key, None).await;
    assert_eq!(last.as_array().unwrap().len(), 1);
}
