//! Limits that several servers count together, and what is done once whichever of them is asked.

use futures::{SinkExt as _, StreamExt as _};
use protocol::{Scope, Timestamp};
use serde_json::{Value, json};
use server::config::{Config, LimitsConfig};
use server::{api_keys, open_storage};
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::cluster::{Cluster, Node, OwnRedis};
use crate::common::join_message;
use crate::scraping::Scraped;

/// What somebody may do at once, whichever node they come to. A minute later it is one more.
const MOST: usize = 6;

/// How often somebody may connect at once.
const JOINS: usize = 20;

fn limits() -> LimitsConfig {
    LimitsConfig {
        rooms_at_once: 6,
        rooms_per_minute: 1,
        joins_at_once: 20,
        joins_per_minute: 1,
        passwords_at_once: 6,
        passwords_per_minute: 1,
        requests_at_once: 6,
        requests_per_minute: 1,
        lookups_at_once: 6,
        lookups_per_minute: 1,
        ..LimitsConfig::default()
    }
}

/// Whether so many were allowed as may be: what is allowed at once, and one more for each minute that it took.
fn is_allowed(done: usize, most: usize, since: Instant) -> bool {
    let minutes = usize::try_from(since.elapsed().as_secs() / 60).unwrap();
    (most..=most + minutes).contains(&done)
}

/// Whether a node makes a room for somebody who comes from an address.
async fn makes_room(node: &Node, address: &str) -> bool {
    let head = format!(
        "x-forwarded-for: {address}\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n"
    );
    let (status, head, body) = node.server.request("POST", "/api/v1/rooms", &head, "{}").await;
    assert!(status == 201 || (status == 429 && head.contains("retry-after:")), "{status} {head} {body}");
    status == 201
}

/// How many of twelve rooms a node makes for somebody.
async fn rooms_of_twelve(node: &Node, address: &str) -> usize {
    let mut made = 0;
    for _ in 0..2 * MOST {
        made += usize::from(makes_room(node, address).await);
    }
    made
}

/// Somebody connects to a node, if it lets them.
async fn connects(node: &Node, address: &str) -> Option<WebSocketStream<MaybeTlsStream<TcpStream>>> {
    let url = format!("ws://{}/api/v1/ws", node.server.address);
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
    match connect_async(request).await {
        Ok((socket, _)) => Some(socket),
        Err(Error::Http(refusal)) if refusal.status() == 429 => None,
        Err(error) => panic!("{error}"),
    }
}

/// What somebody is told who shows a wrong password.
async fn shows_wrong_password(node: &Node, room: &str) -> String {
    let mut socket = connects(node, "192.0.2.60").await.unwrap();
    let mut join = join_message(room, "Eve");
    join["password"] = json!("barley");
    socket.send(join.to_string().into()).await.unwrap();
    let answer = socket.next().await.unwrap().unwrap().into_text().unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["code"].as_str().unwrap_or_default().to_owned()
}

/// Whether a node says that there is no such room; it may say only so often.
async fn guesses(node: &Node, number: usize) -> bool {
    let path = format!("/api/v1/rooms/{number:02}a-aaaa-aaa/validate");
    let (status, ..) = node.server.request("POST", &path, "x-forwarded-for: 192.0.2.70\r\n", "").await;
    assert!([200, 429].contains(&status), "{status}");
    status == 200
}

async fn bearer(cluster: &Cluster) -> String {
    let mut config = Config::default();
    config.storage.postgres.clone_from(&cluster.postgres);
    let storage = open_storage(&config).await.unwrap();
    let made = api_keys::create(&storage, "test".into(), &Scope::ALL, Timestamp(1), None).await.unwrap();
    format!("authorization: Bearer {}\r\n", made.secret)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_is_one_for_all_nodes_and_without_redis_each_has_its_share() {
    let mut redis = OwnRedis::start(&[]).await;
    let cluster = Cluster { redis: vec![redis.url()], limits: limits(), ..Cluster::new().await };
    let nodes = cluster.nodes(["one", "two"]).await;
    // The first one hears of the second with its next renewal.
    Scraped::of(&nodes[0].server).await.until(|series| series.of("veranda_nodes") == 2.0).await;
    let together = async |address: &str| {
        let began = Instant::now();
        let mut made = 0;
        for attempt in 0..2 * MOST {
            made += usize::from(makes_room(&nodes[attempt % 2], address).await);
        }
        assert!(is_allowed(made, MOST, began), "{made} rooms in {:?}", began.elapsed());
    };
    together("192.0.2.1").await;
    assert!(makes_room(&nodes[1], "192.0.2.2").await, "another address has its own");

    redis.end();
    for node in &nodes {
        while !node.server.request("GET", "/readyz", "", "").await.2.contains("\"redis\"") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    // Neither waits for it: all of these are answered by the node itself.
    for (number, node) in nodes.iter().enumerate() {
        let began = Instant::now();
        assert_eq!(rooms_of_twelve(node, "192.0.2.3").await, MOST / 2, "node {number} has its share");
        println!("twelve rooms were asked for in {:?} without Redis", began.elapsed());
    }

    redis.begin().await;
    let began = Instant::now();
    for number in 10.. {
        let address = format!("192.0.2.{number}");
        // One that counts alone allows its share, and another one knows nothing of it.
        if rooms_of_twelve(&nodes[0], &address).await == MOST && !makes_room(&nodes[1], &address).await {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "limits are not counted together any more");
    }
    together("192.0.2.4").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_to_every_node_may_do_no_more_than_at_one() {
    let cluster = Cluster { limits: limits(), ..Cluster::new().await };
    let nodes = cluster.nodes(["one", "two"]).await;
    let key = bearer(&cluster).await;
    let (room, _) = nodes[0].server.new_room_with(json!({ "password": "sesame" })).await;
    // Guesses, requests of a key, wrong passwords, connections.
    let mut done = [0; 4];
    let began = Instant::now();
    for attempt in 0..2 * MOST {
        let node = &nodes[attempt % 2];
        done[0] += usize::from(guesses(node, attempt).await);
        let (status, ..) = node.server.request("GET", "/api/v1/rooms", &key, "").await;
        assert!([200, 429].contains(&status), "{status}");
        done[1] += usize::from(status == 200);
        let code = shows_wrong_password(node, &room).await;
        assert!(["password_wrong", "rate_limited"].contains(&&*code), "{code}");
        done[2] += usize::from(code == "password_wrong");
    }
    // Twelve have come from that address.
    for attempt in 0..2 * JOINS {
        done[3] += usize::from(connects(&nodes[attempt % 2], "192.0.2.50").await.is_some());
    }
    for (done, most) in done.into_iter().zip([MOST, MOST, MOST, JOINS]) {
        assert!(is_allowed(done, most, began), "{done} of {most} in {:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_that_is_asked_for_at_two_nodes_under_one_key_is_made_once() {
    let cluster = Cluster::new().await;
    let nodes = cluster.nodes(["one", "two"]).await;
    let ask = async |node: &Node, key: &str, body: &str| {
        let head = format!(
            "idempotency-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
        let (status, _, body) = node.server.request("POST", "/api/v1/rooms", &head, body).await;
        (status, serde_json::from_str::<Value>(&body).unwrap())
    };
    for number in 0..5 {
        let key = format!("0123456789abcde{number}");
        let (one, two) = tokio::join!(ask(&nodes[0], &key, "{}"), ask(&nodes[1], &key, "{}"));
        assert_eq!((one.0, two.0), (201, 201), "{one:?} {two:?}");
        assert_eq!(one.1["code"], two.1["code"], "both were told of one room");
        let (status, again) = ask(&nodes[1], &key, r#"{"name":"Tea"}"#).await;
        assert_eq!(status, 422, "{again}");
    }
}
