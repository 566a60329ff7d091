//! Shards of one port, over the wire: whichever of them the system gives something to, it is answered.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use server::config::Config;
use stun_types::attribute::{AttributeWrite, RawAttribute, Username};
use stun_types::message::{
    IntegrityAlgorithm, Message, MessageClass, MessageType, MessageWrite, MessageWriteExt, MessageWriteVec,
    Method, ShortTermCredentials, TransactionId,
};
use testkit::TurnWish::{Allocate, Permit};
use testkit::media::{Client, World, who};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use crate::common::{self, TestServer, join_message};
use crate::turn_client::TurnClient;

/// Of so many senders, not all come to the same one of four shards: that is one chance in millions.
const SENDERS: u128 = 12;
const PATIENCE: Duration = Duration::from_secs(5);

async fn server() -> TestServer {
    let mut config = Config::default();
    config.media.port = 0;
    config.media.shards = 4;
    config.media.addresses = vec!["127.0.0.1".parse().unwrap()];
    TestServer::with(config).await
}

/// The one port that everything is on.
fn media(joined: &Value) -> SocketAddr {
    let urls = joined["ice_servers"]["servers"][0]["urls"].as_array().unwrap();
    assert_eq!(urls.len(), 1, "one port over UDP: {urls:?}");
    assert_eq!(joined["ice_servers"]["servers"][1]["urls"].as_array().unwrap().len(), 1, "and one over TCP");
    let url = urls[0].as_str().unwrap();
    let port: u16 = url.split('?').next().unwrap().rsplit(':').next().unwrap().parse().unwrap();
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Four people, a fifth who moves the room to the server, and where that takes media.
async fn meeting_on_the_server(
    server: &TestServer,
    room: &str,
) -> (Vec<common::Client>, common::Client, SocketAddr, Value) {
    let mut others = Vec::new();
    for name in ["Ada", "Bob", "Cleo", "Dan"] {
        others.push(server.join(room, name).await.0);
    }
    // Of the move the fifth may hear before all else.
    let mut eve = server.connect().await;
    eve.say(join_message(room, "Eve")).await;
    let joined = eve.hear_of("joined").await;
    let node = joined["topology"]["migration"]["via"].clone();
    (others, eve, media(&joined), node)
}

/// A connectivity check (RFC 8445 §7.2.2) as a browser sends it; `name` has the fragments of both ends.
fn check(number: u128, name: &str, password: &str) -> Vec<u8> {
    let kind = MessageType::from_class_method(MessageClass::Request, Method::new(1));
    let mut message = Message::builder(kind, TransactionId::from(number), MessageWriteVec::new());
    let name = Username::new(name).unwrap();
    let priority = RawAttribute::new(0x0024.into(), &[0x6e, 0, 0, 0xff]);
    let controlling = RawAttribute::new(0x802a.into(), &[7; 8]);
    let attributes: [&dyn AttributeWrite; 3] = [&name, &priority, &controlling];
    for attribute in attributes {
        message.add_attribute(attribute).unwrap();
    }
    let key = ShortTermCredentials::new(password.to_owned());
    message.add_message_integrity(&key.into(), IntegrityAlgorithm::Sha1).unwrap();
    message.add_fingerprint().unwrap();
    message.finish()
}

/// What follows the beginning of a line of a description.
fn line_of<'a>(description: &'a Value, start: &str) -> &'a str {
    let sdp = description["sdp"].as_str().unwrap();
    sdp.lines().find_map(|line| line.strip_prefix(start)).unwrap()
}

/// Opens a link to a node: the name for checks of it, and their password.
async fn open_link(client: &mut common::Client, node: &Value, link: u32) -> (String, String) {
    let world = World::new();
    let (_, offer) = Client::new(world.instant(), world.instant(), who(1), 1, 1).signals.remove(0);
    let signal = serde_json::to_value(offer).unwrap();
    client.say(json!({ "type": "signal", "to": node, "link": link, "number": 0, "signal": &signal })).await;
    let answer = client.hear_of("signal").await;
    assert_eq!(answer["link"], link);
    let answer = &answer["signal"];
    let name = format!("{}:{}", line_of(answer, "a=ice-ufrag:"), line_of(&signal, "a=ice-ufrag:"));
    (name, line_of(answer, "a=ice-pwd:").to_owned())
}

fn is_answer(number: u128, bytes: &[u8]) -> bool {
    let message = Message::from_bytes(bytes).unwrap();
    message.class() == MessageClass::Success && message.transaction_id() == TransactionId::from(number)
}

#[tokio::test]
async fn a_link_is_reached_whichever_shard_its_datagrams_and_streams_come_to() {
    let server = server().await;
    let room = server.new_room().await;
    let (_others, mut eve, media, node) = meeting_on_the_server(&server, &room).await;
    let (name, password) = open_link(&mut eve, &node, 0).await;
    for number in 0..SENDERS {
        let question = check(number, &name, &password);
        let mut answer = [0; 1_500];
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(&question, media).await.unwrap();
        let heard = tokio::time::timeout(PATIENCE, socket.recv_from(&mut answer)).await;
        let (length, from) = heard.unwrap_or_else(|_| panic!("check {number} is not answered")).unwrap();
        assert!(is_answer(number, &answer[..length]) && from == media);

        let mut stream = TcpStream::connect(media).await.unwrap();
        stream.write_u16(question.len() as u16).await.unwrap();
        stream.write_all(&question).await.unwrap();
        let heard = tokio::time::timeout(PATIENCE, stream.read_u16()).await;
        let length = heard.unwrap_or_else(|_| panic!("check {number} over TCP is not answered")).unwrap();
        let mut answer = vec![0; usize::from(length)];
        stream.read_exact(&mut answer).await.unwrap();
        assert!(is_answer(number, &answer));
    }
    // With another password nobody is answered, wherever they come to.
    for number in 0..SENDERS {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(&check(number, &name, "none"), media).await.unwrap();
        let mut answer = [0; 1_500];
        let heard = tokio::time::timeout(Duration::from_millis(50), socket.recv_from(&mut answer)).await;
        assert!(heard.is_err());
    }
}

#[tokio::test]
async fn a_shard_that_ends_begins_again_where_it_was_and_its_links_are_opened_anew() {
    let server = server().await;
    let room = server.new_room().await;
    let (_others, mut eve, media, node) = meeting_on_the_server(&server, &room).await;
    for link in 0..3 {
        let (name, password) = open_link(&mut eve, &node, link).await;
        let question = check(1, &name, &password);
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(&question, media).await.unwrap();
        let mut bytes = [0; 1_500];
        let heard = tokio::time::timeout(PATIENCE, socket.recv_from(&mut bytes)).await;
        let (length, from) = heard.unwrap_or_else(|_| panic!("link {link} is not answered")).unwrap();
        assert!(is_answer(1, &bytes[..length]) && from == media);

        server.state.panic_media();
        assert_eq!(eve.hear_of("sfu_link_closed").await["link"], link);
        let (status, readiness) = ready(&server).await;
        assert_eq!((status, &readiness["media_restarts"]), (200, &json!(4 * (link + 1))));
        assert_eq!(readiness["status"], "ready", "{readiness}");
    }
    // Nobody has lost their seat over it.
    assert_eq!(server.join(&room, "Finn").await.1["participants"].as_array().unwrap().len(), 5);
}

/// What `/readyz` says once all shards are back.
async fn ready(server: &TestServer) -> (u16, Value) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let (status, _, body) = server.request("GET", "/readyz", "", "").await;
        let readiness: Value = serde_json::from_str(&body).unwrap();
        if readiness["status"] == "ready" || tokio::time::Instant::now() > deadline {
            return (status, readiness);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_relay_serves_each_client_where_the_system_puts_it() {
    let server = server().await;
    let (_ada, joined) = server.join(&server.new_room().await, "Ada").await;
    let given = &joined["ice_servers"]["servers"][0];
    let text = |field: &str| given[field].as_str().unwrap();
    let media = media(&joined);
    for _ in 0..SENDERS {
        let mut client = TurnClient::new(media, text("username"), text("credential")).await;
        client.ask(Allocate(stun_types::AddressFamily::IPV4)).await.unwrap();
        client.ask(Permit("8.8.8.8:53".parse().unwrap())).await.unwrap();
    }
}

#[tokio::test]
async fn who_shows_themselves_at_a_thousand_addresses_is_not_answered_at_more() {
    let server = server().await;
    let (_others, mut eve, media, node) = meeting_on_the_server(&server, &server.new_room().await).await;
    let (name, password) = open_link(&mut eve, &node, 0).await;
    let mut sockets = Vec::new();
    for number in 0..=1_000 {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(&check(number, &name, &password), media).await.unwrap();
        let patience = if number < 1_000 { PATIENCE } else { Duration::from_millis(300) };
        let mut answer = [0; 1_500];
        let heard = tokio::time::timeout(patience, socket.recv_from(&mut answer)).await;
        assert_eq!(heard.is_ok(), number < 1_000, "address {number}");
        sockets.push(socket);
    }
}
