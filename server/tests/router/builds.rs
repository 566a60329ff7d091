//! The files of this build and of earlier ones.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use server::config::{Config, LimitsConfig};
use storage::{BuildRepository as _, SqlStorage};
use tempfile::TempDir;

use super::common::TestServer;

/// The folder of a site whose script says this.
fn site(script: &str) -> TempDir {
    let site = tempfile::tempdir().unwrap();
    for folder in ["pkg", "worker"] {
        std::fs::create_dir(site.path().join(folder)).unwrap();
    }
    write(site.path(), script);
    site
}

fn write(site: &Path, script: &str) {
    std::fs::write(site.join("pkg/veranda.js"), script).unwrap();
    std::fs::write(site.join("pkg/veranda.js.br"), format!("{script}, compressed")).unwrap();
}

fn config(site: &TempDir) -> Config {
    let mut config = Config::default();
    config.server.site = site.path().to_owned();
    config
}

/// The address of a server's build.
async fn root(server: &TestServer) -> String {
    let (_, _, page) = server.request("GET", "/nowhere", "", "").await;
    page.split("data-root=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Waits until a build is in storage.
async fn kept(server: &TestServer, root: &str) {
    let storage = SqlStorage::sqlite(server.data.path()).await.unwrap();
    let id = root.strip_prefix("/builds/").unwrap();
    while storage.file_of_build(id, "pkg/veranda.js").await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
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

#[tokio::test]
async fn the_licences_of_what_is_inside_are_shown_and_offered_where_the_build_has_them() {
    let site = site("any");
    let server = TestServer::with(config(&site)).await;
    let landing = async || server.request("GET", "/", "", "").await.2;
    assert_eq!(server.request("GET", "/licenses.txt", "", "").await.0, 404);
    assert!(!landing().await.contains("licenses.txt"));
    std::fs::write(site.path().join("licenses.txt"), "Copyright (C) Jörg").unwrap();
    let (status, head, text) = server.request("GET", "/licenses.txt", "", "").await;
    assert_eq!((status, &*text), (200, "Copyright (C) Jörg"));
    assert!(head.contains("content-type: text/plain; charset=utf-8"), "{head}");
    assert!(landing().await.contains("href=\"/licenses.txt\""));
}

#[tokio::test]
async fn a_file_that_was_replaced_under_a_running_server_is_still_the_old_one() {
    let site = site("old");
    let server = TestServer::with(config(&site)).await;
    let root = root(&server).await;
    kept(&server, &root).await;
    let script = format!("{root}/pkg/veranda.js");
    let ask = async |head: &str| server.request("GET", &script, head, "").await;
    assert_eq!(ask("").await.2, "old");
    assert_eq!(ask("accept-encoding: br\r\n").await.2, "old, compressed");

    write(site.path(), "a newer one");
    std::fs::write(site.path().join("pkg/later.js"), "of no build").unwrap();
    for _ in 0..2 {
        let (status, head, body) = ask("").await;
        assert_eq!((status, &*body), (200, "old"), "{head}");
        assert!(head.contains("immutable") && head.contains("vary: accept-encoding"), "{head}");
        let (_, head, body) = ask("accept-encoding: br;q=1\r\n").await;
        assert_eq!(body, "old, compressed", "{head}");
        assert!(head.contains("content-encoding: br") && head.contains("vary: accept-encoding"), "{head}");
        assert_eq!(ask("accept-encoding: br;q=0\r\n").await.2, "old");
        std::fs::remove_file(site.path().join("pkg/veranda.js")).ok();
    }
    let (status, head, body) = server.request("HEAD", &script, "", "").await;
    assert_eq!((status, &*body), (200, ""));
    assert!(head.contains("content-length: 3") && head.contains("immutable"), "{head}");
    for path in ["pkg/later.js", "pkg/nothing.js"] {
        let (status, head, _) = server.request("GET", &format!("{root}/{path}"), "", "").await;
        assert!(status == 404 && !head.contains("immutable"), "{path}: {head}");
    }
}

#[tokio::test]
async fn a_file_that_was_replaced_before_it_was_kept_is_not_there() {
    let site = site("old");
    let server = TestServer::with(config(&site)).await;
    let root = root(&server).await;
    kept(&server, &root).await;
    let storage = SqlStorage::sqlite(server.data.path()).await.unwrap();
    let id = root.strip_prefix("/builds/").unwrap();
    storage.start_build("another", protocol::Timestamp(1)).await.unwrap();
    storage.forget_builds(protocol::Timestamp(u64::MAX), 0).await.unwrap();
    assert!(storage.file_of_build(id, "pkg/veranda.js").await.unwrap().is_none());
    write(site.path(), "a newer one");
    let (status, head, _) = server.request("GET", &format!("{root}/pkg/veranda.js"), "", "").await;
    assert!(status == 404 && !head.contains("immutable"), "{head}");
}

#[tokio::test]
async fn an_answer_that_nothing_has_changed_lasts_as_long_as_the_file() {
    let site = site("old");
    let server = TestServer::with(config(&site)).await;
    let script = format!("{}/pkg/veranda.js", root(&server).await);
    let (_, head, _) = server.request("GET", &script, "", "").await;
    let modified = head.lines().find_map(|line| line.strip_prefix("last-modified: ")).unwrap();
    // Dates are not read in lower case.
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let capital = |text: &str| format!("{}{}", text[..1].to_uppercase(), &text[1..]);
    let date = months
        .iter()
        .chain(&days)
        .fold(modified.replace("gmt", "GMT"), |date, word| date.replace(word, &capital(word)));
    let (status, head, _) =
        server.request("GET", &script, &format!("if-modified-since: {date}\r\n"), "").await;
    assert_eq!(status, 304, "{date}: {head}");
    assert!(head.contains("immutable"), "{head}");
}

#[tokio::test]
async fn an_earlier_builds_files_are_there_after_a_newer_one_has_started_and_guesses_are_limited() {
    let (old, newer) = (site("old"), site("newer"));
    let limits = LimitsConfig { lookups_at_once: 1, lookups_per_minute: 1, ..LimitsConfig::default() };
    let server = TestServer::with(config(&old)).await;
    let earlier = root(&server).await;
    kept(&server, &earlier).await;
    let data = tempfile::tempdir().unwrap();
    // The newer server starts with what the earlier one has kept.
    let from = SqlStorage::sqlite(server.data.path()).await.unwrap();
    let to = SqlStorage::sqlite(data.path()).await.unwrap();
    let id = earlier.strip_prefix("/builds/").unwrap();
    let file = from.file_of_build(id, "pkg/veranda.js").await.unwrap().unwrap();
    let content = from.content_of_file(&file.digest).await.unwrap().unwrap();
    let file = storage::BuildFile { path: "pkg/veranda.js".into(), digest: file.digest, content };
    to.keep_build(id, &[file]).await.unwrap();
    drop(to);
    let server = TestServer::with_data(Config { limits, ..config(&newer) }, Arc::new(data)).await;
    assert_ne!(root(&server).await, earlier);
    let script = format!("{earlier}/pkg/veranda.js");
    let mut last = server.request("GET", &script, "", "").await;
    assert_eq!((last.0, &*last.2), (200, "old"));
    for _ in 0..100 {
        last = server.request("GET", &script, "", "").await;
        if last.0 == 429 {
            break;
        }
    }
    let (status, head, _) = last;
    assert!(status == 429 && head.contains("retry-after: ") && !head.contains("immutable"), "{head}");
}
