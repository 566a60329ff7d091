//! Behind proxies: what browsers call this server, and which of their pages may speak to it.

use serde_json::json;
use server::config::Config;

use crate::common::TestServer;

async fn behind_a_proxy() -> TestServer {
    let mut config = Config::default();
    config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    TestServer::with(config).await
}

const FORM: &str = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 0\r\n";

#[tokio::test]
async fn a_page_of_the_same_name_may_send_forms_however_the_name_is_written() {
    let server = TestServer::start().await;
    for (host, origin, status) in [
        ("meet.example:443", "https://meet.example", 303),
        ("meet.example", "https://meet.example", 303),
        ("Meet.Example.", "https://meet.example", 303),
        ("[2001:DB8::1]:443", "https://[2001:db8::1]", 303),
        ("meet.example:443", "https://evil.example", 403),
        ("meet.example:443", "https://meet.example:8443", 403),
    ] {
        let head = format!("host: {host}\r\norigin: {origin}\r\n{FORM}");
        assert_eq!(server.request("POST", "/rooms", &head, "").await.0, status, "{host} {origin}");
    }
}

#[tokio::test]
async fn links_have_the_name_that_the_proxy_says_and_only_a_trusted_one() {
    let said = [
        "x-forwarded-for: 192.0.2.9\r\nx-forwarded-host: meet.example\r\nx-forwarded-proto: https\r\n",
        "forwarded: for=192.0.2.9;host=meet.example;proto=https\r\n",
        "x-forwarded-for: 192.0.2.9\r\nx-forwarded-host: meet.example:443\r\nx-forwarded-proto: https, http\r\n",
    ];
    for headers in said {
        let [trusting, other] = [behind_a_proxy().await, TestServer::start().await];
        for (server, link) in [(&trusting, "https://meet.example/r/"), (&other, "http://inner.local:3000/r/")]
        {
            let (code, _) = server.new_room_with(json!({})).await;
            let head = format!("host: inner.local:3000\r\n{headers}");
            let path = format!("/r/{code}/calendar.ics");
            let calendar = server.request("GET", &path, &head, "").await.2.replace("\r\n ", "");
            assert!(calendar.contains(&format!("URL:{link}{code}")), "{headers}{calendar}");
        }
        let head = format!("host: inner.local:3000\r\norigin: https://meet.example\r\n{headers}{FORM}");
        assert_eq!(trusting.request("POST", "/rooms", &head, "").await.0, 303, "{headers}");
        assert_eq!(other.request("POST", "/rooms", &head, "").await.0, 403, "{headers}");
    }
}

#[tokio::test]
async fn over_tls_cookies_belong_to_this_host_alone_and_browsers_come_no_other_way() {
    let server = behind_a_proxy().await;
    let head = format!("x-forwarded-proto: https\r\n{FORM}");
    let (status, head, _) = server.request("POST", "/rooms", &head, "").await;
    assert_eq!(status, 303);
    assert!(head.contains("strict-transport-security: max-age=31536000"), "{head}");
    assert!(!head.contains("includesubdomains"), "{head}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: __host-veranda=")).unwrap();
    assert!(
        cookie.contains("secure") && cookie.contains("path=/;") && !cookie.contains("domain"),
        "{cookie}"
    );
    let (_, head, _) = server.request("GET", "/", "", "").await;
    assert!(!head.contains("strict-transport-security"), "in the clear it means nothing: {head}");
}
