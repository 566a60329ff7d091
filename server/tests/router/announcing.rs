//! The address that people are told, found by asking a STUN server: another Veranda.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use server::config::Config;
use server::doctor::{self, Health};
use tokio::net::UdpSocket;

use crate::common::TestServer;

/// A server that has its media on a port that the system chose.
fn config() -> Config {
    let mut config = Config::default();
    (config.media.port, config.media.shards) = (0, 1);
    config
}

fn asking(urls: &[String]) -> Config {
    let mut config = config();
    config.media.stun_servers = urls.iter().map(|url| url.parse().unwrap()).collect();
    config
}

/// A server that answers STUN on the loopback address, from which it sees everybody at 127.0.0.1.
async fn stun_server() -> (TestServer, String) {
    let server = TestServer::with(config()).await;
    let (_, port) = told(&server).await[0];
    (server, format!("stun:127.0.0.1:{port}"))
}

/// Where a participant is told to look for the relay over UDP: at the first announced address of each version of IP.
async fn told(server: &TestServer) -> Vec<(IpAddr, u16)> {
    let room = server.new_room().await;
    let (_socket, joined) = server.join(&room, "Ada").await;
    let urls = joined["ice_servers"]["servers"][0]["urls"].as_array().unwrap();
    let udp =
        urls.iter().filter_map(|url| url.as_str()?.strip_prefix("turn:")?.strip_suffix("?transport=udp"));
    udp.map(|at| at.parse::<SocketAddr>().unwrap()).map(|at| (at.ip(), at.port())).collect()
}

async fn addresses(server: &TestServer) -> Vec<IpAddr> {
    told(server).await.into_iter().map(|(address, _)| address).collect()
}

#[tokio::test]
async fn a_server_sends_people_first_to_where_it_is_seen() {
    let plain = TestServer::with(config()).await;
    let (_stun, url) = stun_server().await;
    let asked = TestServer::with(asking(&[url])).await;
    let mut expected = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    expected.extend(addresses(&plain).await.into_iter().filter(IpAddr::is_ipv6));
    assert_eq!(addresses(&asked).await, expected);
}

#[tokio::test]
async fn configured_addresses_are_announced_whatever_stun_servers_say() {
    let (_stun, url) = stun_server().await;
    let mut config = asking(&[url]);
    config.media.addresses = vec!["203.0.113.7".parse().unwrap()];
    let server = TestServer::with(config).await;
    assert_eq!(addresses(&server).await, ["203.0.113.7".parse::<IpAddr>().unwrap()]);
}

#[tokio::test]
async fn a_server_that_nobody_answers_starts_with_its_own_addresses() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let url = format!("stun:{}", silent.local_addr().unwrap());
    let plain = TestServer::with(config()).await;
    let asked = TestServer::with(asking(&[url])).await;
    assert_eq!(addresses(&asked).await, addresses(&plain).await);
    assert!(silent.try_recv(&mut [0; 100]).is_ok(), "it was not asked");
}

#[tokio::test]
async fn the_doctor_compares_what_stun_servers_say_with_what_is_announced() {
    let (_stun, url) = stun_server().await;
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("stun:{}", silent.local_addr().unwrap());
    let found = async |config: &Config| {
        let findings =
            doctor::examine(config).await.into_iter().filter(|finding| finding.what == "STUN server");
        findings.map(|finding| (finding.health, finding.detail)).collect::<Vec<_>>()
    };
    let data = tempfile::tempdir().unwrap();
    let mut config = asking(&[silent.clone(), url.clone()]);
    config.storage.data = data.path().to_owned();
    let unanswered = (Health::Doubtful, format!("{silent} does not answer"));
    let sees = format!("{url} sees this machine at 127.0.0.1, which is");
    assert_eq!(found(&config).await, [unanswered.clone(), (Health::Well, format!("{sees} announced"))]);
    config.media.addresses = vec!["203.0.113.7".parse().unwrap()];
    assert_eq!(found(&config).await, [unanswered, (Health::Doubtful, format!("{sees} not announced"))]);
}
