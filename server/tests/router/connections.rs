//! Connections that take their time, or are many: they end, and nobody else waits for them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::json;
use server::config::Config;
use server::port_mux::Timeouts;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::common::TestServer;

/// Two customers on this machine. A server with trusted proxies takes the first for one.
const ADA: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);
const MALLORY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// How long what should happen at once may take on a busy machine, and yet less than any limit of the server's own.
const SOON: Duration = Duration::from_secs(5);

/// A server that waits for nothing longer than this.
const SHORT: Duration = Duration::from_millis(300);

fn impatient() -> Timeouts {
    Timeouts { says_what_within: SHORT, asks_within: SHORT, asks_again_within: SHORT, answered_within: SHORT }
}

async fn connect(server: SocketAddr, from: Ipv4Addr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    socket.connect(server).await.unwrap()
}

/// What is heard until the other end closes, however it does.
async fn heard(stream: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    _ = tokio::time::timeout(SOON, stream.read_to_end(&mut heard)).await.expect("it is not closed");
    String::from_utf8_lossy(&heard).into_owned()
}

/// The answer to a request after which the connection is closed; empty when it was closed before.
async fn ask(stream: &mut TcpStream) -> String {
    _ = stream.write_all(b"GET /robots.txt HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    heard(stream).await
}

async fn is_served(server: SocketAddr, from: Ipv4Addr) -> bool {
    ask(&mut connect(server, from).await).await.starts_with("HTTP/1.1 ")
}

#[tokio::test]
async fn a_request_that_comes_in_drops_is_given_up_and_a_socket_that_was_opened_is_not() {
    let server = TestServer::with_timeouts(Config::default(), impatient()).await;
    let (mut ada, _) = server.join(&server.new_room().await, "Ada").await;
    for beginning in ["GET / HTTP/1.1\r\nx: ", "PRI * HTTP", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "P", ""] {
        let (mut reader, mut writer) = connect(server.address, MALLORY).await.into_split();
        writer.write_all(beginning.as_bytes()).await.unwrap();
        let drops = async {
            while !beginning.starts_with("GET") || writer.write_all(b"x").await.is_ok() {
                tokio::time::sleep(SHORT / 10).await;
            }
        };
        let mut heard = Vec::new();
        tokio::select! {
            _ = reader.read_to_end(&mut heard) => {}
            () = drops => {}
            () = tokio::time::sleep(SOON) => panic!("{beginning:?} is waited for"),
        }
    }
    ada.say(json!({ "type": "ping" })).await;
    ada.hear_of("pong").await;
}

#[tokio::test]
async fn a_connection_that_asks_for_nothing_more_is_closed() {
    let server = TestServer::with_timeouts(Config::default(), impatient()).await;
    let mut stream = connect(server.address, ADA).await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(heard(&mut stream).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = TestServer::with_timeouts(Config::default(), impatient()).await;
    let mut stream = connect(server.address, ADA).await;
    let head =
        "POST /api/v1/rooms HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n";
    stream.write_all(format!("{head}\r\n{{").as_bytes()).await.unwrap();
    assert!(heard(&mut stream).await.starts_with("HTTP/1.1 408"));
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_no_more() {
    let mut config = Config::default();
    config.limits.connections_per_address = 3;
    let server = TestServer::with(config).await;
    let room = server.new_room().await;
    let (mut ada, _) = server.join(&room, "Ada").await;
    let (bob, _) = server.join(&room, "Bob").await;
    let mut silent = connect(server.address, ADA).await;
    silent.write_all(b"GET").await.unwrap();
    assert_eq!(ask(&mut connect(server.address, ADA).await).await, "");
    assert!(is_served(server.address, MALLORY).await, "another address has its own");
    bob.close().await;
    ada.hear_of("participant_left").await;
    let is_free = async { while !is_served(server.address, ADA).await {} };
    tokio::time::timeout(SOON, is_free).await.expect("a place is free again");
}

#[tokio::test]
async fn whom_a_trusted_proxy_names_is_counted_and_the_proxy_is_not() {
    let mut config = Config::default();
    config.limits.connections_per_address = 1;
    config.server.trusted_proxies = vec![IpAddr::from(ADA).into()];
    config.server.proxy_protocol = true;
    let server = TestServer::with(config).await;
    let by_proxy = async |client: &str| {
        let mut stream = connect(server.address, ADA).await;
        let header = format!("PROXY {client}\r\n");
        stream.write_all(header.as_bytes()).await.unwrap();
        stream
    };
    let mut first = by_proxy("TCP4 192.0.2.1 192.0.2.9 1 443").await;
    first.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    first.read_u8().await.unwrap();
    let mut second = by_proxy("TCP4 192.0.2.1 192.0.2.9 2 443").await;
    assert_eq!(ask(&mut second).await, "", "the same client");
    assert!(ask(&mut by_proxy("TCP4 192.0.2.2 192.0.2.9 1 443").await).await.starts_with("HTTP/1.1 "));
    let _itself = by_proxy("UNKNOWN").await;
    assert!(ask(&mut by_proxy("UNKNOWN").await).await.starts_with("HTTP/1.1 "), "it asks how the server is");
}

#[tokio::test]
async fn a_proxy_that_names_clients_in_each_request_has_as_many_connections_as_it_wants() {
    let mut config = Config::default();
    config.limits.connections_per_address = 1;
    config.server.trusted_proxies = vec![IpAddr::from(ADA).into()];
    let server = TestServer::with(config).await;
    let mut first = connect(server.address, ADA).await;
    first.write_all(b"GET").await.unwrap();
    assert!(is_served(server.address, ADA).await);
}

#[tokio::test]
async fn those_who_say_nothing_are_in_nobodys_way_but_their_own() {
    server::open_files::raise();
    let server = TestServer::start().await;
    let mut silent = Vec::new();
    for _ in 0..1_100 {
        silent.push(connect(server.address, MALLORY).await);
    }
    assert_eq!(ask(&mut connect(server.address, MALLORY).await).await, "");
    assert!(is_served(server.address, ADA).await);
}

#[tokio::test]
async fn silent_streams_to_the_port_of_media_delay_nobody() {
    server::open_files::raise();
    let mut config = Config::default();
    config.media.port = 0;
    config.media.shards = 1;
    let server = TestServer::with(config).await;
    let (_ada, joined) = server.join(&server.new_room().await, "Ada").await;
    let url = joined["ice_servers"]["servers"][0]["urls"][0].as_str().unwrap();
    let port: u16 = url.split('?').next().unwrap().rsplit(':').next().unwrap().parse().unwrap();
    let media = SocketAddr::from((ADA, port));
    let mut silent = Vec::new();
    for _ in 0..600 {
        silent.push(connect(media, MALLORY).await);
    }
    let mut ada = connect(media, ADA).await;
    let question = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat(); // A Binding request (RFC 8489 §5).
    ada.write_all(&question).await.unwrap();
    let mut answer = [0; 20];
    let answered =
        tokio::time::timeout(SOON, ada.read_exact(&mut answer)).await.expect("it waits for the silent");
    answered.unwrap();
    assert_eq!((answer[..2].to_vec(), answer[8..].to_vec()), (vec![1, 1], vec![7; 12]));
}

#[tokio::test]
async fn a_websocket_may_begin_inside_http_2() {
    let server = TestServer::start().await;
    let mut stream = connect(server.address, ADA).await;
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    stream.write_all(&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &settings[..]].concat()).await.unwrap();
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(head[3], 4, "the first frame has the settings (RFC 9113 §3.4)");
    let mut settings = vec![0; usize::from(head[2])];
    stream.read_exact(&mut settings).await.unwrap();
    let connect_protocol = [0, 8, 0, 0, 0, 1]; // RFC 8441 §3
    assert!(settings.chunks(6).any(|setting| setting == connect_protocol), "{settings:?}");
}

#[tokio::test]
async fn a_server_that_stops_answers_what_it_was_asked_and_closes_what_is_idle() {
    let TestServer { address, stop, served, state: _state, data: _data } = TestServer::start().await;
    let mut idle = connect(address, ADA).await;
    idle.write_all(b"GET /robots.txt HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    idle.read_u8().await.unwrap();
    let mut asking = connect(address, ADA).await;
    let head =
        "POST /api/v1/rooms HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n";
    let expect = "expect: 100-continue\r\n\r\n";
    asking.write_all(format!("{head}{expect}").as_bytes()).await.unwrap();
    let mut goes_on = [0; 25];
    asking.read_exact(&mut goes_on).await.unwrap();
    assert_eq!(&goes_on, b"HTTP/1.1 100 Continue\r\n\r\n", "its body is being read");
    stop.send(()).unwrap();
    heard(&mut idle).await;
    asking.write_all(b"{}").await.unwrap();
    assert!(heard(&mut asking).await.starts_with("HTTP/1.1 201"));
    tokio::time::timeout(SOON, served).await.expect("it goes on").unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens");
}
