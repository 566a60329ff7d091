//! Whatever comes over a link from somebody who knows the cluster's secret, the people in the room of the honest node stay in it and are served:
//! two who came to it themselves, and one whom an honest node has passed on. Needs PostgreSQL and Redis: scripts/fuzz starts them.
//!
//! The first byte says what the rest is: `b` bytes below HTTP/2, `f` frames after its preface, each with its type, its flags, its stream and how
//! long it is; otherwise lines. A line is `hello` or `offer` with what another node says, `socket` with whom it passes on and what they say, or a
//! request that is passed on. ROOM, MINE, KEY and NODE stand for the honest room, a room of the attacker's with the key of its host, and the number
//! of the node; BITS and OTHER for the number of the honest room, and for one that differs from it where a room's has nothing.

#![no_main]

use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use axum::body::Body;
use futures::{SinkExt, StreamExt};
use hyper::Request;
use libfuzzer_sys::fuzz_target;
use protocol::RoomCode;
use server::config::{ClusterConfig, Config};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use veranda_fuzz::World;
use veranda_fuzz::link::{CALLER, Link, connect};

struct Node {
    world: World,
    cluster: ClusterConfig,
}

static NODE: LazyLock<Mutex<Node>> = LazyLock::new(|| Mutex::new(start()));

/// The name `one` as a number (SHA-256).
const NUMBER: &str = "8544106591765445504";

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn start() -> Node {
    let variable =
        |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; use scripts/fuzz"));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut config = Config::default();
    config.storage.postgres = format!("{}/postgres", variable("VERANDA_TEST_POSTGRES"));
    // However many come, the honest talk directly.
    config.media.enabled = false;
    config.relay.enabled = false;
    config.cluster = ClusterConfig {
        secret: "s".repeat(32),
        node: "one".to_owned(),
        address: free,
        redis: vec![variable("VERANDA_TEST_REDIS")],
        ..ClusterConfig::default()
    };
    let cluster = config.cluster.clone();
    Node { world: World::of_a_node(config), cluster }
}

fuzz_target!(|data: &[u8]| {
    let mut node = NODE.lock().unwrap();
    let Node { world, cluster } = &mut *node;
    let Some((kind, rest)) = data.split_first() else { return };
    world.runtime.block_on(async {
        match kind {
            b'b' => bytes(cluster, rest).await,
            b'f' => bytes(cluster, &frames(rest)).await,
            _ => {
                let text = String::from_utf8_lossy(data);
                let text = text.replace("ROOM", &world.room).replace("MINE", &world.mine);
                let text = text.replace("KEY", &world.my_key).replace("NODE", NUMBER);
                let bits = RoomCode::parse(&world.room).unwrap().bits();
                let text = text.replace("OTHER", &(bits | 1 << 55).to_string());
                lines(cluster, &text.replace("BITS", &bits.to_string())).await;
            }
        }
    });
    world.check();
});

/// Says this below HTTP/2, and reads until the node has nothing more to say for a moment.
async fn bytes(cluster: &ClusterConfig, bytes: &[u8]) {
    let mut stream = connect(cluster).await;
    if stream.write_all(bytes).await.is_err() || stream.flush().await.is_err() {
        return;
    }
    let mut answer = [0; 4096];
    while let Ok(Ok(1..)) = timeout(Duration::from_millis(5), stream.read(&mut answer)).await {}
}

fn frames(mut rest: &[u8]) -> Vec<u8> {
    let mut said = PREFACE.to_vec();
    // Settings (RFC 9113 §6.5), which come first.
    said.extend([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    while let [kind, flags, stream, length, more @ ..] = rest {
        let (payload, more) = more.split_at(usize::from(*length).min(more.len()));
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        said.extend_from_slice(&length[1..]);
        said.extend([*kind, *flags, 0, 0, 0, *stream]);
        said.extend_from_slice(payload);
        rest = more;
    }
    said
}

async fn lines(cluster: &ClusterConfig, text: &str) {
    let link = Link::open(cluster).await;
    for line in text.lines().take(16) {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        match what {
            "hello" | "offer" => {
                let request = Request::post(format!("https://node/{what}"))
                    .header("content-type", "application/json")
                    .body(Body::from(rest.to_owned()));
                answered(&link, request).await;
            }
            "socket" => socket(&link, rest).await,
            _ => request(&link, what, rest).await,
        }
    }
}

/// Whom the node passes on, and after each `|` what they say.
async fn socket(link: &Link, rest: &str) {
    let mut parts = rest.split('|');
    let caller = parts.next().filter(|caller| !caller.is_empty()).unwrap_or(CALLER);
    let Some(mut socket) = link.socket(caller).await else { return };
    for text in parts {
        if socket.feed(Message::text(text)).await.is_err() {
            return;
        }
    }
    if socket.feed(Message::Close(None)).await.is_ok() && socket.flush().await.is_ok() {
        while let Ok(Some(Ok(_))) = timeout(Duration::from_secs(1), socket.next()).await {}
    }
}

/// A path, and after each `|` a header; the last is the body.
async fn request(link: &Link, method: &str, rest: &str) {
    let mut parts: Vec<_> = rest.split('|').collect();
    let path = parts.remove(0);
    let body = parts.pop().unwrap_or_default().to_owned();
    let mut request = Request::builder().method(method).uri(format!("https://node{path}"));
    if !parts.iter().any(|part| part.starts_with("veranda-caller: ")) {
        request = request.header("veranda-caller", CALLER);
    }
    for (name, value) in parts.into_iter().filter_map(|part| part.split_once(": ")) {
        request = request.header(name, value);
    }
    answered(link, request.body(Body::from(body))).await;
}

async fn answered(link: &Link, request: Result<Request<Body>, hyper::http::Error>) {
    let Ok(request) = request else { return };
    if let Some(response) = link.ask(request).await {
        let status = response.status();
        assert!(status.as_u16() == 503 || !status.is_server_error(), "{status}");
        _ = axum::body::to_bytes(Body::new(response.into_body()), 1 << 22).await;
    }
}
