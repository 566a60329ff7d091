//! Pages, forms and REST through the real router.

use crate::common::TestServer;
use futures::future::join_all;
use serde_json::{Value, json};
use server::config::{Config, LimitsConfig};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

#[tokio::test]
async fn the_landing_page_has_no_script() {
    let server = TestServer::start().await;
    let (status, head, body) = server.request("GET", "/", "", "").await;
    assert_eq!(status, 200);
    assert!(head.contains("x-content-type-options: nosniff"), "{head}");
    assert!(body.contains("New room") && !body.contains("<script"), "{body}");
    assert!(head.contains("cache-control: no-cache"), "{head}");
}

#[tokio::test]
async fn a_browser_with_a_call_identity_gets_the_script_that_shows_rings_and_no_cache_keeps_it() {
    let server = TestServer::start().await;
    for path in ["/", "/rooms"] {
        let (status, head, body) = server.request("GET", path, "cookie: a=b; rings=1\r\n", "").await;
        assert_eq!(status, 200);
        let nonce = head.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
        let body = body.to_lowercase();
        let scripts: Vec<_> = body.split("<script").skip(1).collect();
        assert_eq!(scripts.len(), 2, "the texts and the module: {body}");
        assert!(scripts.iter().all(|script| script.contains(&format!("nonce=\"{nonce}\""))), "{body}");
        assert!(body.contains("id=\"rings\"") && body.contains("language-form"), "{body}");
        assert!(head.contains("cache-control: no-store") && head.contains("vary: "), "{head}");
        let (_, _, again) = server.request("GET", path, "cookie: rings=1\r\n", "").await;
        assert!(!again.to_lowercase().contains(nonce), "a nonce is used once");
    }
    for path in ["/new", "/nowhere"] {
        let (_, _, body) = server.request("GET", path, "cookie: rings=1\r\n", "").await;
        assert!(!body.contains("<script"), "{path}: {body}");
    }
}

#[tokio::test]
async fn pages_let_run_only_what_carries_their_nonce_and_others_nothing_at_all() {
    let server = TestServer::start().await;
    let code = server.new_room().await;
    let (_, head, page) = server.request("GET", &format!("/r/{code}"), "", "").await;
    let nonce = head.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    let scripts = page.to_lowercase();
    let scripts: Vec<_> = scripts.split("<script").skip(1).collect();
    assert!(!scripts.is_empty());
    for script in scripts {
        let tag = script.split('>').next().unwrap();
        assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{tag}");
    }
    assert!(
        head.contains("frame-ancestors 'self'") && head.contains("permissions-policy: camera=(self)"),
        "{head}"
    );
    for path in ["/", "/r/kfm-pqxz-wtr", "/nowhere", "/api/v1/rooms"] {
        let (_, head, _) = server.request("GET", path, "", "").await;
        assert!(head.contains("default-src 'none'") && !head.contains("script-src"), "{path}: {head}");
    }
}

/// With threads of which one goes on with what another has begun.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_page_is_of_its_own_request_however_many_are_made_at_once() {
    let server = TestServer::start().await;
    let mut pages = vec![
        ("/call".to_owned(), "en", "Call someone · Veranda"),
        ("/call".to_owned(), "de", "Jemanden anrufen · Veranda"),
    ];
    for (name, title) in [("Azalea", "Azalea · Veranda"), ("Bluebell", "Bluebell · Veranda")] {
        let (code, _) = server.new_room_with(json!({ "name": name })).await;
        pages.push((format!("/r/{code}"), "en", title));
    }
    let code = server.new_room().await;
    for (language, title) in [("en", "Room · Veranda"), ("de", "Raum · Veranda")] {
        pages.push((format!("/r/{code}"), language, title));
    }
    for _ in 0..25 {
        join_all(pages.iter().chain(&pages).map(async |(path, language, title)| {
            let (status, _, page) =
                server.request("GET", path, &format!("accept-language: {language}\r\n"), "").await;
            assert_eq!(status, 200, "{path}");
            let shown = page.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
            assert_eq!(shown, *title, "{path} {language}");
        }))
        .await;
    }
}

#[tokio::test]
async fn the_form_makes_a_room_and_leads_there() {
    let server = TestServer::start().await;
    let head = format!("content-type: {FORM}\r\ncontent-length: 8\r\n");
    let (status, head, _) = server.request("POST", "/rooms", &head, "name=Tea").await;
    assert_eq!(status, 303);
    let path = head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap().to_owned();
    let (status, _, page) = server.request("GET", &path, "", "").await;
    assert_eq!(status, 200);
    assert!(page.contains("<h1>Tea"), "{page}");
}

#[tokio::test]
async fn another_spelling_of_a_code_leads_to_the_usual_one() {
    let server = TestServer::start().await;
    let code = server.new_room().await;
    let loose = code.replace('-', "").to_uppercase();
    let (status, head, _) = server.request("GET", &format!("/r/{loose}"), "", "").await;
    assert_eq!(status, 308);
    assert!(head.contains(&format!("location: /r/{code}")), "{head}");
}

#[tokio::test]
async fn unknown_and_full_rooms_have_a_page_and_a_status_of_their_own() {
    let server = TestServer::start().await;
    assert_eq!(server.request("GET", "/r/kfm-pqxz-wtr", "", "").await.0, 404);
    assert_eq!(server.request("GET", "/r/nonsense", "", "").await.0, 404);
    let (code, _) = server.new_room_with(json!({ "capacity": 4 })).await;
    let mut people = Vec::new();
    for name in ["Ada", "Bob", "Cleo", "Dan"] {
        people.push(server.join(&code, name).await);
    }
    let (status, _, page) = server.request("GET", &format!("/r/{code}"), "", "").await;
    assert_eq!(status, 409);
    assert!(page.contains("This room is full") && !page.contains("<script"), "{page}");
}

#[tokio::test]
async fn a_room_can_be_asked_about() {
    let server = TestServer::start().await;
    let (code, _) = server.new_room_with(json!({ "capacity": 4 })).await;
    let ask = |code: String| {
        let server = &server;
        async move {
            let (status, body) = server.post(&format!("/api/v1/rooms/{code}/validate"), JSON, "").await;
            (status, serde_json::from_str::<Value>(&body).unwrap())
        }
    };
    let _ada = server.join(&code, "Ada").await;
    let room = json!({ "code": code, "capacity": 4, "present": 1 });
    let answer = json!({
        "standing": "open", "room": room, "people": ["Ada"], "password": false, "waiting_room": false, "recording": false,
        "encryption": "end_to_end", "role": "guest"
    });
    assert_eq!(ask(code).await, (200, answer));
    assert_eq!(ask("kfm-pqxz-wtr".into()).await.1["standing"], "unknown");
    let (status, problem) = ask("tea".into()).await;
    assert_eq!((status, &problem["type"]), (400, &json!("/problems/malformed")));
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_a_problem_document() {
    let server = TestServer::start().await;
    for (body, status) in [("{", 400), (r#"{"name":"<b>"}"#, 422), (r#"{"colour":"red"}"#, 422)] {
        let (got, body) = server.post("/api/v1/rooms", JSON, body).await;
        assert_eq!(got, status, "{body}");
        let problem: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(problem["status"], status);
    }
    assert_eq!(server.post("/api/v1/rooms", JSON, &"x".repeat(100_000)).await.0, 413);
}

#[tokio::test]
async fn a_form_with_something_that_cannot_be_leads_back_and_says_so() {
    let server = TestServer::start().await;
    for (path, body, back) in
        [("/rooms", "name=%3Cb%3E", "/?problem=name"), ("/join", "room=tea+at+five", "/?problem=code")]
    {
        let head = format!("content-type: {FORM}\r\ncontent-length: {}\r\n", body.len());
        let (status, head, _) = server.request("POST", path, &head, body).await;
        assert_eq!(status, 303);
        assert!(head.contains(&format!("location: {back}")), "{head}");
        let (_, _, page) = server.request("GET", back, "", "").await;
        assert!(page.contains("role=\"alert\""), "{page}");
    }
}

#[tokio::test]
async fn a_form_on_another_site_makes_no_room() {
    let server = TestServer::start().await;
    let head = format!("content-type: {FORM}\r\ncontent-length: 0\r\norigin: https://evil.example\r\n");
    assert_eq!(server.request("POST", "/rooms", &head, "").await.0, 403);
}

#[tokio::test]
async fn an_address_makes_only_so_many_rooms() {
    let limits = LimitsConfig { rooms_at_once: 1, rooms_per_minute: 1, ..LimitsConfig::default() };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    server.new_room().await;
    let (status, body) = server.post("/api/v1/rooms", JSON, "{}").await;
    assert_eq!(status, 429, "{body}");
}
