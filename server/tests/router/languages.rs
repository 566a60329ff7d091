//! In which language answers come, and the files of this build and of earlier ones.

use serde_json::json;

use super::common::TestServer;

#[tokio::test]
async fn pages_problems_and_calendars_speak_what_is_asked_for() {
    let server = TestServer::start().await;
    let (code, _) = server.new_room_with(json!({})).await;
    for (header, language, direction) in [
        ("accept-language: de-AT, en;q=0.5\r\n", "de", "ltr"),
        ("accept-language: xx\r\n", "en", "ltr"),
        ("accept-language: de\r\ncookie: language=ar\r\n", "ar", "rtl"),
        ("accept-language: ja\r\ncookie: language=tlh; veranda=x\r\n", "ja", "ltr"),
    ] {
        for path in ["/", "/rooms", "/nowhere", "/connection-test", &format!("/r/{code}"), "/r/kfm-pqxz-wtr"]
        {
            let (_, head, page) = server.request("GET", path, header, "").await;
            let root = format!("<html lang=\"{language}\" dir=\"{direction}\"");
            assert!(page.contains(&root), "{path} {header}: {}", &page[..page.len().min(200)]);
            assert!(head.contains(&format!("content-language: {language}")), "{path}: {head}");
            assert!(head.contains("vary: accept-language, cookie"), "{path}: {head}");
        }
    }
    let title = async |header: &str| {
        let (status, _, body) = server.request("GET", "/api/v1/rooms/kfm-pqxz-wtr", header, "").await;
        let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
        (status, problem["type"].clone(), problem["title"].as_str().unwrap().to_owned())
    };
    let (english, german) = (title("").await, title("accept-language: de\r\n").await);
    assert_eq!((english.0, &english.1), (german.0, &german.1), "only the words are others");
    assert_ne!(english.2, german.2);
    let path = format!("/r/{code}/calendar.ics");
    let summary = async |header: &str| server.request("GET", &path, header, "").await.2;
    assert!(summary("").await.contains("SUMMARY:Video call"));
    let french = summary("accept-language: fr\r\n").await;
    assert!(!french.contains("SUMMARY:Video call") && french.contains("SUMMARY:"), "{french}");
}

#[tokio::test]
async fn the_form_of_a_language_sets_it_and_leads_back_where_it_was() {
    let server = TestServer::start().await;
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let send = async |head: &str, body: &str| {
        let head = format!("{form}content-length: {}\r\n{head}", body.len());
        server.request("POST", "/language", &head, body).await
    };
    let (status, head, _) = send("referer: http://x/rooms\r\n", "language=fr").await;
    assert_eq!(status, 303);
    assert!(head.contains("location: /rooms"), "{head}");
    assert!(head.contains("set-cookie: language=fr; path=/; max-age="), "{head}");
    let (_, head, _) = send("referer: //elsewhere/\r\n", "language=xx").await;
    assert!(head.contains("location: /\r") || head.ends_with("location: /"), "{head}");
    assert!(!head.contains("set-cookie"), "{head}");
    let (_, head, _) = send("origin: https://elsewhere.example\r\n", "language=fr").await;
    assert!(!head.contains("set-cookie"), "another site does not choose: {head}");
    assert!(send("", "nothing=fr").await.0 >= 400);
}

#[tokio::test]
async fn files_of_this_build_stay_what_they_are_and_there_are_no_others() {
    let server = TestServer::start().await;
    let code = server.new_room().await;
    let (_, _, page) = server.request("GET", &format!("/r/{code}"), "", "").await;
    let root = page.split("data-root=\"").nth(1).unwrap().split('"').next().unwrap();
    let (status, head, body) = server.request("GET", &format!("{root}/languages/ja.json"), "", "").await;
    assert_eq!(status, 200);
    assert!(head.contains("max-age=31536000, immutable"), "{head}");
    assert!(body.contains("\"language\":\"ja\""), "{}", &body[..100]);
    assert!(page.contains("<script id=\"language\" type=\"application/json\""), "{page}");
    for path in [
        "/languages/xx.json",
        "/favicon.svg",
        "/pkg/../../Cargo.toml",
        "/pkg/%2e%2e/%2e%2e/Cargo.toml",
        "/worker",
        "/",
    ] {
        let (status, head, _) = server.request("GET", &format!("{root}{path}"), "", "").await;
        assert!(status >= 400 && !head.contains("immutable"), "{path}: {head}");
    }
    for path in ["/builds/0000000000000000/pkg/veranda.js", "/builds/x/languages/ja.json", "/builds/'/a"] {
        assert_eq!(server.request("GET", path, "", "").await.0, 404, "{path}");
    }
}
