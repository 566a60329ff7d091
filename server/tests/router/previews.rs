//! What is shown of a link where it is pasted, and how much of a page travels.

use serde_json::json;

use super::common::TestServer;

#[tokio::test]
async fn a_link_shows_the_room_and_never_who_is_inside() {
    let server = TestServer::start().await;
    let (code, _) = server.new_room_with(json!({ "name": "Tea \"&\" biscuits" })).await;
    let _ada = server.join(&code, "Ada Lovelace").await;
    let (_, _, page) = server.request("GET", &format!("/r/{code}"), "accept-language: de\r\n", "").await;
    let head = page.split("</head>").next().unwrap();
    for part in [
        "property=\"og:title\" content=\"Tea &quot;&amp;&quot; biscuits\"",
        "property=\"og:description\" content=\"Komm ",
        &format!("property=\"og:url\" content=\"http://{}/r/{code}\"", server.address),
        &format!("property=\"og:image\" content=\"http://{}/icons/preview.png\"", server.address),
        "name=\"robots\" content=\"noindex\"",
    ] {
        assert!(head.contains(part), "{part} in {head}");
    }
    assert!(!head.contains("Ada") && !head.contains("key="), "{head}");

    let (unnamed, _) = server.new_room_with(json!({})).await;
    let (_, _, page) = server.request("GET", &format!("/r/{unnamed}"), "", "").await;
    assert!(page.contains("property=\"og:title\" content=\"Video call\""), "{page}");

    let (_, _, landing) = server.request("GET", "/", "", "").await;
    assert!(landing.contains("name=\"description\" content=\"Create a room"), "{landing}");
    assert!(!landing.contains("noindex") && !landing.contains("<script"), "{landing}");
}

#[tokio::test]
async fn pages_are_compressed_for_those_who_can_read_that() {
    let server = TestServer::start().await;
    let code = server.new_room().await;
    for path in ["/", &format!("/r/{code}"), "/nowhere"] {
        let (_, head, plain) = server.request("GET", path, "", "").await;
        assert!(!head.contains("content-encoding"), "{path}: {head}");
        let (_, head, packed) = server.request_bytes("GET", path, "accept-encoding: gzip, br\r\n", "").await;
        assert!(head.contains("content-encoding: br") && head.contains("accept-encoding"), "{path}: {head}");
        assert!(packed.len() * 3 < plain.len() * 2, "{path}: {} of {}", packed.len(), plain.len());
    }
}
