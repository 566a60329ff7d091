//! The doctor beside a running server, and the way to the connection test.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use server::config::Config;
use server::doctor::{Finding, Health, examine};
use tokio::net::{TcpListener, UdpSocket};

use crate::common::TestServer;

fn of<'a>(findings: &'a [Finding], what: &str) -> Vec<&'a Finding> {
    findings.iter().filter(|finding| finding.what == what).collect()
}

/// A port that was free a moment ago, and that the system gives to nobody who has not asked for it: it takes those from 32768 on.
async fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = std::process::id().wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = 20_000 + (number % 12_000) as u16;
        let (udp, tcp) =
            (UdpSocket::bind(("0.0.0.0", port)).await, TcpListener::bind(("0.0.0.0", port)).await);
        if udp.is_ok() && tcp.is_ok() {
            return port;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_runs_is_told_from_a_program_in_its_place_and_from_nobody() {
    let server = TestServer::start().await;
    let mut config = Config::default();
    config.storage.data = server.data.path().to_owned();
    config.media.port = free_port().await;
    config.server.address = server.address;
    let findings = examine(&config).await;
    assert_eq!(of(&findings, "web port")[0].health, Health::Well, "{findings:?}");
    assert!(of(&findings, "media ports").iter().all(|one| one.health == Health::Doubtful), "it has none");

    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    config.server.address = other.local_addr().unwrap();
    let findings = examine(&config).await;
    assert_eq!(of(&findings, "web port")[0].health, Health::Ill);
    assert_eq!(of(&findings, "media ports")[0].health, Health::Well, "they are free");

    drop(other);
    let findings = examine(&config).await;
    assert_eq!(of(&findings, "web port")[0].health, Health::Doubtful);
    assert!(findings.iter().all(|one| one.advice.is_some() == (one.health != Health::Well)), "{findings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_have_taken_and_what_does_not_answer_is_found() {
    let taken = UdpSocket::bind("0.0.0.0:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.storage.data = folder.path().to_owned();
    config.server.address = SocketAddr::from(([127, 0, 0, 1], free_port().await));
    config.media.port = taken.local_addr().unwrap().port();
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let url = format!("turn:{}", silent.local_addr().unwrap());
    config.turn = toml::from_str(&format!("[east]\nurls = [\"{url}\"]\nsecret = \"north\"")).unwrap();
    let findings = examine(&config).await;
    assert_eq!(of(&findings, "media ports")[0].health, Health::Ill);
    assert_eq!(of(&findings, "TURN server")[0].health, Health::Ill);
    config.turn.values_mut().for_each(|turn| turn.secret.clear());
    let findings = examine(&config).await;
    assert_eq!((findings.len(), findings[0].what, findings[0].health), (1, "settings", Health::Ill));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_is_given_each_way_by_itself_and_may_not_be_asked_for_without_end() {
    let mut config = Config::default();
    (config.media.port, config.media.shards) = (0, 1);
    (config.limits.lookups_at_once, config.limits.lookups_per_minute) = (2, 1);
    config.turn = toml::from_str("[east]\nurls = [\"turns:east.example:443\"]\nsecret = \"north\"").unwrap();
    let server = TestServer::with(config).await;
    let ask = || server.post("/api/v1/connection-test", "application/json", "");
    let (status, answer) = ask().await;
    let plan: Value = serde_json::from_str(answer.split("\r\n\r\n").last().unwrap()).unwrap();
    assert_eq!(status, 200);
    let ways: Vec<_> = plan["relays"]
        .as_array()
        .unwrap()
        .iter()
        .map(|way| format!("{}/{}", way["owner"].as_str().unwrap(), way["transport"].as_str().unwrap()))
        .collect();
    assert_eq!(ways, ["server/udp", "server/tcp", "other/tls"]);
    assert!(plan["stun"][0].as_str().unwrap().starts_with("stun:"));
    let name = plan["relays"][0]["ice_server"]["username"].as_str().unwrap();
    assert!(name.contains(":test:"), "{name}");
    ask().await;
    assert_eq!(ask().await.0, 429);
}
