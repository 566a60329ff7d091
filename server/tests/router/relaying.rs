//! The relay over the wire: credentials from the room, and the list of peers that are not reached, beside a coturn of the
//! distribution as the control.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use server::config::Config;
use stun_types::AddressFamily;
use testkit::FORBIDDEN_PEERS;
use testkit::TurnWish::{Allocate, Bind, Permit};
use tokio::net::UdpSocket;

use crate::common::TestServer;
use crate::turn_client::{SILENCE, TurnClient};

async fn server() -> TestServer {
    TestServer::with(config()).await
}

fn config() -> Config {
    let mut config = Config::default();
    config.media.port = 0;
    config.media.shards = 1;
    // Addresses that this machine need not have, but for the peers.
    config.media.addresses = vec!["45.0.0.1".parse().unwrap(), "2a00::45".parse().unwrap()];
    config
}

/// A client with the credentials that a participant gets.
async fn client(server: &TestServer, name: &str) -> (TurnClient, Value) {
    let room = server.new_room().await;
    let (_socket, joined) = server.join(&room, name).await;
    let servers = joined["ice_servers"]["servers"].clone();
    let given = &servers[0];
    let url = given["urls"][0].as_str().unwrap();
    let port = url.split('?').next().unwrap().rsplit(':').next().unwrap().parse().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let text = |field: &str| given[field].as_str().unwrap();
    (TurnClient::new(address, text("username"), text("credential")).await, servers)
}

#[tokio::test]
async fn a_participant_gets_credentials_that_open_the_relay() {
    let server = server().await;
    let (mut ada, servers) = client(&server, "Ada").await;
    let [of_sfu, streams] = [0, 1].map(|index| &servers[index]);
    assert_eq!((of_sfu["urls"].as_array().unwrap().len(), &of_sfu["is_sfu_port"]), (2, &Value::Bool(true)));
    assert_eq!((streams["urls"].as_array().unwrap().len(), &streams["is_sfu_port"]), (2, &Value::Null));
    assert_eq!(of_sfu["credential"], streams["credential"]);
    let relayed = ada.ask(Allocate(AddressFamily::IPV4)).await.unwrap();
    assert_eq!(relayed.unwrap().ip().to_string(), "45.0.0.1");
    ada.ask(Permit("8.8.8.8:53".parse().unwrap())).await.unwrap();
}

#[tokio::test]
async fn over_tcp_participants_are_sent_to_the_port_that_stands_in_front() {
    let mut config = config();
    config.server.public_port = 8443;
    let server = TestServer::with(config).await;
    let (_, servers) = client(&server, "Ada").await;
    assert_eq!(servers[1]["urls"][0], "turn:45.0.0.1:8443?transport=tcp");
    assert_eq!(servers[1]["urls"][1], "turn:[2a00::45]:8443?transport=tcp");
}

#[tokio::test]
async fn every_address_of_the_list_is_refused_over_the_wire() {
    let server = server().await;
    // A container may have no IPv6 on which anything could arrive; what is refused is the same there.
    let ears = [Some(UdpSocket::bind("127.0.0.1:0").await.unwrap()), UdpSocket::bind("[::1]:0").await.ok()];
    let (mut v4, _) = client(&server, "Ada").await;
    let (mut v6, _) = client(&server, "Bob").await;
    v4.ask(Allocate(AddressFamily::IPV4)).await.unwrap();
    v6.ask(Allocate(AddressFamily::IPV6)).await.unwrap();
    for (number, text) in FORBIDDEN_PEERS.iter().enumerate() {
        let ip: std::net::IpAddr = text.parse().unwrap();
        let (client, ear) = if ip.is_ipv4() { (&mut v4, &ears[0]) } else { (&mut v6, &ears[1]) };
        let peer = SocketAddr::new(ip, ear.as_ref().map_or(9, |ear| ear.local_addr().unwrap().port()));
        assert_eq!(client.ask(Permit(peer)).await, Err(403), "permission for {text}");
        assert_eq!(client.ask(Bind(0x4000 + number as u16, peer)).await, Err(403), "channel to {text}");
        client.send(peer, b"hello").await;
    }
    // Both ways round: neither did anything arrive, nor is anything let in.
    for (ear, client) in ears.iter().zip([&v4, &v6]) {
        let mut heard = [0; 16];
        if let Some(ear) = ear {
            assert!(tokio::time::timeout(Duration::from_millis(300), ear.recv(&mut heard)).await.is_err());
        }
        assert!(client.socket.try_recv(&mut heard).is_err());
    }
    v4.ask(Permit("8.8.8.8:53".parse().unwrap())).await.expect("a public address is no such");
    v6.ask(Permit("[2606:4700::1]:53".parse().unwrap())).await.expect("a public address is no such");
}

/// A coturn with its own list, which forbids the loopback addresses by default.
struct Coturn(Child);

impl Drop for Coturn {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_control_refuses_plain_addresses_and_what_it_does_with_disguised_ones_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let free = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let port = free.to_string();
    let has_v6 = UdpSocket::bind("[::1]:0").await.is_ok();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let child = Command::new("turnserver")
        .args([
            "-n",
            "--no-cli",
            "--no-tls",
            "--no-dtls",
            "--log-file",
            "stdout",
            "--realm",
            "control",
            "--lt-cred-mech",
        ])
        .args(["--user", "ada:north", "--listening-port", &port, "--listening-ip", "127.0.0.1"])
        .args(["--relay-ip", "127.0.0.1", "--pidfile", &file("pid"), "--userdb", &file("db")])
        .args(if has_v6 { &["--listening-ip", "::1", "--relay-ip", "::1"][..] } else { &[] })
        .args(["--denied-peer-ip=127.0.0.0-127.255.255.255", "--denied-peer-ip=::1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("there is no coturn: 'make setup' installs one");
    let _coturn = Coturn(child);
    let server = SocketAddr::from(([127, 0, 0, 1], free));
    let mut client = TurnClient::new(server, "ada", "north").await;
    let mut allocated = Err(SILENCE);
    for _ in 0..50 {
        allocated = client.ask(Allocate(AddressFamily::IPV4)).await;
        if allocated.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    allocated.expect("coturn allocates");
    assert_eq!(
        client.ask(Permit("127.0.0.1:9".parse().unwrap())).await.unwrap_err(),
        403,
        "the control's list works"
    );
    let mut disguised = TurnClient::new(server, "ada", "north").await;
    let allocated = disguised.ask(Allocate(AddressFamily::IPV6)).await.map(|_| ());
    let permitted = disguised.ask(Permit("[::ffff:127.0.0.1]:9".parse().unwrap())).await.map(|_| ());
    println!("coturn, IPv6: allocation {allocated:?}, permission for ::ffff:127.0.0.1 {permitted:?}");
}
