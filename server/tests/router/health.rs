//! What a balancer and an operator ask: does it live, does it take traffic, what does not work.

use std::time::Duration;

use serde_json::{Value, json};
use server::config::{Config, TlsMode};

use crate::common::{TestServer, join_message};
use crate::sessions::sqlx_connection;

async fn ask(server: &TestServer, path: &str) -> (u16, String, Value) {
    let (status, head, body) = server.request("GET", path, "", "").await;
    (status, head, serde_json::from_str(&body).unwrap())
}

/// Asks until something is so, as those who ask every few seconds do.
async fn wait_for(server: &TestServer, is_so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..300 {
        let (status, _, readiness) = ask(server, "/readyz").await;
        assert_eq!(status, 200, "people can come: {readiness}");
        if is_so(&readiness) {
            return readiness;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it did not become so");
}

fn parts(readiness: &Value) -> Vec<&str> {
    readiness["degraded"].as_array().unwrap().iter().map(|part| part["part"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_server_says_that_it_lives_that_it_is_ready_and_that_it_stops() {
    let server = TestServer::start().await;
    let (status, head, alive) = ask(&server, "/healthz").await;
    assert_eq!((status, &alive["status"]), (200, &json!("alive")));
    assert!(alive["version"].is_string() && head.contains("cache-control: no-store"));
    assert!(alive["build"].as_str().is_some_and(|build| !build.is_empty()), "{alive}");
    let (status, _, readiness) = ask(&server, "/readyz").await;
    assert_eq!(status, 200);
    assert_eq!(readiness, json!({ "status": "ready", "degraded": [], "media_restarts": 0 }));

    // Somebody is there to whom it says so, and so it takes a moment.
    let _ada = server.join(&server.new_room().await, "Ada").await;
    let (stopped, said) = tokio::join!(server.state.stop(), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        (ask(&server, "/readyz").await, ask(&server, "/healthz").await)
    });
    let ((status, _, readiness), (lives, ..)) = said;
    assert_eq!((stopped, status, &readiness["status"], lives), ((), 503, &json!("stopping"), 200));
}

#[tokio::test]
async fn who_asks_in_the_clear_is_answered_where_everybody_else_is_sent_to_https() {
    let mut config = Config::default();
    config.tls.mode = TlsMode::SelfSigned;
    let server = TestServer::with(config).await;
    assert_eq!(ask(&server, "/healthz").await.0, 200);
    assert_eq!(ask(&server, "/readyz").await.0, 200);
    assert_ne!(server.request("GET", "/", "", "").await.0, 200);
}

#[tokio::test]
async fn a_database_that_fails_is_named_until_it_works_and_people_go_on() {
    let server = TestServer::start().await;
    let room = server.new_room().await;
    let (mut ada, _) = server.join(&room, "Ada").await;
    let mut other = sqlx_connection(&server.data.path().join("veranda.sqlite")).await;

    let full = "CREATE TRIGGER full BEFORE INSERT ON seats BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END";
    sqlx::raw_sql(full).execute(&mut other).await.unwrap();
    let _bob = server.join(&room, "Bob").await;
    let readiness = wait_for(&server, |readiness| parts(readiness) == ["journal"]).await;
    assert_eq!(readiness["status"], "degraded");
    sqlx::raw_sql("DROP TRIGGER full").execute(&mut other).await.unwrap();
    wait_for(&server, |readiness| readiness["status"] == "ready").await;

    sqlx::raw_sql("ALTER TABLE rooms RENAME TO lost").execute(&mut other).await.unwrap();
    wait_for(&server, |readiness| parts(readiness) == ["storage"]).await;
    let mut bob = server.connect().await;
    bob.say(join_message(&room, "Cleo")).await;
    bob.hear_of("joined").await;
    ada.say(json!({ "type": "ping" })).await;
    ada.hear_of("pong").await;
    sqlx::raw_sql("ALTER TABLE lost RENAME TO rooms").execute(&mut other).await.unwrap();
    wait_for(&server, |readiness| readiness["status"] == "ready").await;
}
