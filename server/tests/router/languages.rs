//! In which language answers come.

use serde_json::json;

use super::common::{TestServer, join_message};

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
        let (status, head, body) = server.request("GET", "/api/v1/rooms/kfm-pqxz-wtr", header, "").await;
        let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
        (status, problem["type"].clone(), problem["title"].as_str().unwrap().to_owned(), head)
    };
    let (english, german) = (title("").await, title("accept-language: de\r\n").await);
    assert_eq!((english.0, &english.1), (german.0, &german.1), "only the words are others");
    assert_ne!(english.2, german.2);
    assert!(german.3.contains("content-language: de") && english.3.contains("content-language: en"));
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
async fn what_is_partly_english_is_not_announced_as_another_language() {
    let server = TestServer::start().await;
    let german = "accept-language: de\r\n";
    let (status, head, _) = server.request("DELETE", "/api/v1/rooms", german, "").await;
    assert!(status == 405 && !head.contains("content-language"), "{head}");
    let body = "{\"capacity\":";
    let json = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    let (status, head, _) = server.request("POST", "/api/v1/rooms", &format!("{german}{json}"), body).await;
    assert!(status >= 400 && !head.contains("content-language"), "{head}");
    let (_, head, _) = server.request("POST", "/api/v1/rooms", &json, body).await;
    assert!(head.contains("content-language: en"), "{head}");
    let (_, _, docs) = server.request("GET", "/api/docs", "accept-language: ar\r\n", "").await;
    assert!(docs.contains("<html lang=\"ar\" dir=\"rtl\""), "the page around it is Arabic");
    let main = docs.split("<main").nth(1).unwrap().split('>').next().unwrap();
    assert!(main.contains("lang=\"en\"") && main.contains("dir=\"ltr\""), "{main}");
}

/// Where a response leads.
fn location(head: &str) -> &str {
    head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_default()
}

#[tokio::test]
async fn a_language_in_the_query_is_remembered_and_leads_to_the_same_address_without_it() {
    let server = TestServer::start().await;
    let code = server.new_room().await;
    for (path, to, chosen) in [
        ("/rooms?language=fr", "/rooms".to_owned(), Some("fr")),
        ("/?problem=code&language=fr", "/?problem=code".to_owned(), Some("fr")),
        ("/r/kfm-pqxz-wtr?language=ar", "/r/kfm-pqxz-wtr".to_owned(), Some("ar")),
        (&format!("/r/{code}?language=ja"), format!("/r/{code}"), Some("ja")),
        ("/nowhere?language=DE&a=b", "/nowhere?a=b".to_owned(), Some("de")),
        ("/rooms?language=xx", "/rooms".to_owned(), None),
        ("/rooms?language=../../x", "/rooms".to_owned(), None),
    ] {
        let (status, head, _) = server.request("GET", path, "", "").await;
        assert_eq!((status, location(&head)), (303, &*to), "{path}: {head}");
        let cookie = chosen.map(|tag| format!("set-cookie: language={tag}; path=/; max-age="));
        assert!(
            cookie.map_or(!head.contains("set-cookie"), |cookie| head.contains(&cookie)),
            "{path}: {head}"
        );
        assert!(head.contains("cache-control: no-store"), "{path}: {head}");
    }
    for (said, is_heard) in
        [("same-origin", true), ("none", true), ("cross-site", false), ("same-site", false)]
    {
        let said = format!("sec-fetch-site: {said}\r\n");
        let (status, head, _) = server.request("GET", "/rooms?language=fr", &said, "").await;
        assert_eq!((status, head.contains("set-cookie: language=fr")), (303, is_heard), "{said}");
    }
    // The name of another host.
    let (status, head, _) = server.request("GET", "//elsewhere.example/?language=fr", "", "").await;
    assert!(status == 404 && location(&head).is_empty(), "{head}");
    assert_ne!(server.request("GET", "/api/v1/rooms?language=fr", "", "").await.0, 303, "that is no page");
}

#[tokio::test]
async fn forms_of_pages_without_script_keep_what_the_page_was_asked_for_with() {
    let server = TestServer::start().await;
    for path in ["/r/kfm-pqxz-wtr", "/rooms", "/nowhere", "/api/docs", "/?problem=code"] {
        let (_, _, page) = server.request("GET", path, "", "").await;
        let form = page.split("<form").find(|form| form.contains("language-form")).unwrap();
        let (tag, form) = form.split("</form>").next().unwrap().split_once('>').unwrap();
        // Sent to another address, even to one that leads back, it would lose the key behind the `#`.
        assert!(tag.contains("method=\"get\"") && !tag.contains("action"), "{path}: {tag}");
        let keeps = form.contains("type=\"hidden\" name=\"problem\" value=\"code\"");
        assert_eq!(keeps, path.contains("problem"), "{path}: {form}");
    }
    let (_, _, page) = server.request("GET", "/nowhere?a=%22%3E%3Cscript%3E", "", "").await;
    assert!(!page.contains("<script"), "{page}");
}

#[tokio::test]
async fn an_ended_room_is_opened_again_at_its_own_address_which_keeps_the_key() {
    let server = TestServer::start().await;
    let made = server.make_room_in_browser(None).await;
    let cookie = format!("cookie: {}\r\n", made.cookie);
    let mut ada = server.connect_as(&made.cookie).await;
    ada.say(join_message(made.path.strip_prefix("/r/").unwrap(), "Ada")).await;
    ada.hear_of("joined").await;
    let soon = json!({ "action": "change_settings", "patch": { "ends_at": server.now() + 300 } });
    ada.say(json!({ "type": "moderate", "moderation": soon })).await;
    assert_eq!(ada.hear_of("error").await["code"], "room_ended");
    let (status, _, page) = server.request("GET", &made.path, &cookie, "").await;
    assert!(status == 410 && page.contains("<form method=\"post\" action=\"\">"), "{status} {page}");
    let (_, _, rooms) = server.request("GET", "/rooms", &cookie, "").await;
    assert!(rooms.contains(&format!("{} · ended<", made.path.strip_prefix("/r/").unwrap())), "{rooms}");
    let (status, head, _) = server.request("POST", &made.path, &cookie, "").await;
    assert_eq!((status, location(&head)), (303, &*made.path), "{head}");
    assert_eq!(server.request("GET", &made.path, &cookie, "").await.0, 200);
    assert_eq!(server.request("POST", &made.path, "", "").await.0, 403, "only hosts reopen");
}
