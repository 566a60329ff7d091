//! Several servers that are one: real PostgreSQL, real Redis, and nodes that die.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use server::config::{ClusterConfig, Config, LimitsConfig, NodeRole};
use sqlx::{AnyPool, Row as _};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::common::{Client, Closed, TestServer, join_message};
use crate::ringing_people::{ADA, BOB, id};
use crate::sessions::resume_message;

/// How a connection ends whose room is another node's now.
pub(crate) const MOVED: Closed = Closed { code: 4421 };

/// What the operator has set up for the nodes.
pub(crate) struct Cluster {
    pub(crate) postgres: String,
    pub(crate) redis: Vec<String>,
    /// What the sentinels call the Redis, where `redis` are sentinels.
    pub(crate) sentinel: &'static str,
    pub(crate) secret: String,
    pub(crate) name: String,
    pub(crate) limits: LimitsConfig,
}

/// A Redis of a test's own, which goes away and comes back with nothing.
pub(crate) struct OwnRedis {
    port: u16,
    /// What it is told besides where to listen.
    words: Vec<String>,
    folder: TempDir,
    running: Option<Child>,
}

/// A node in a runtime of its own, which ends as a process does that is killed: without a word.
pub(crate) struct Node {
    pub(crate) server: TestServer,
    runtime: Option<Runtime>,
    pub(crate) name: &'static str,
    /// Where other nodes reach it.
    pub(crate) address: String,
}

impl Cluster {
    pub(crate) async fn new() -> Self {
        static CLUSTERS: AtomicU32 = AtomicU32::new(0);
        let name = format!("cluster_{}_{}", std::process::id(), CLUSTERS.fetch_add(1, Ordering::Relaxed));
        let server = from_environment("VERANDA_TEST_POSTGRES");
        sqlx::any::install_default_drivers();
        let pool = AnyPool::connect(&format!("{server}/postgres")).await.unwrap();
        let statement = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(statement).execute(&pool).await.unwrap();
        let redis = vec![from_environment("VERANDA_TEST_REDIS")];
        let (postgres, secret) = (format!("{server}/{name}"), "s".repeat(32));
        Self { postgres, redis, sentinel: "", secret, name, limits: LimitsConfig::default() }
    }

    /// A node that takes people.
    pub(crate) async fn node(&self, name: &'static str) -> Node {
        self.ready(self.start(name).await).await
    }

    /// A node that is used for some things only.
    pub(crate) async fn node_with(&self, name: &'static str, roles: &[NodeRole]) -> Node {
        self.ready(self.start_with(name, roles).await).await
    }

    pub(crate) async fn start(&self, name: &'static str) -> Node {
        self.start_with(name, &ClusterConfig::default().roles).await
    }

    async fn ready(&self, node: Node) -> Node {
        while node.server.request("GET", "/readyz", "", "").await.0 != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        node
    }

    async fn start_with(&self, name: &'static str, roles: &[NodeRole]) -> Node {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let mut config = Config::default();
        config.storage.postgres.clone_from(&self.postgres);
        config.limits = self.limits.clone();
        // Where a test says that somebody comes from elsewhere.
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        config.cluster = ClusterConfig {
            secret: self.secret.clone(),
            name: self.name.clone(),
            node: name.to_owned(),
            address: free,
            redis: self.redis.clone(),
            sentinel: self.sentinel.to_owned(),
            roles: roles.to_vec(),
            drain_seconds: 10,
            ..ClusterConfig::default()
        };
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (started, server) = mpsc::channel();
        runtime.spawn(async move {
            let server = TestServer::with(config).await;
            server.state.open_to_nodes().await.unwrap();
            started.send(server).unwrap();
        });
        let waiting = tokio::task::spawn_blocking(move || server.recv().unwrap());
        let server = waiting.await.unwrap();
        Node { server, runtime: Some(runtime), name, address: free.to_string() }
    }

    pub(crate) async fn nodes<const N: usize>(&self, names: [&'static str; N]) -> Vec<Node> {
        let mut nodes = Vec::new();
        for name in names {
            nodes.push(self.node(name).await);
        }
        nodes
    }

    /// Which of the nodes has a room, as PostgreSQL says.
    pub(crate) async fn owner(&self, room: &str, nodes: &[Node]) -> usize {
        self.ownership(room, nodes).await.0
    }

    /// The same, and with which token.
    pub(crate) async fn ownership(&self, room: &str, nodes: &[Node]) -> (usize, i64) {
        let pool = AnyPool::connect(&self.postgres).await.unwrap();
        let select = sqlx::query("SELECT owner, fence FROM rooms WHERE code = $1").bind(room);
        let row = select.fetch_one(&pool).await.unwrap();
        let owner: Value = serde_json::from_str(&row.try_get::<String, _>("owner").unwrap()).unwrap();
        let owner = nodes.iter().position(|node| owner["address"] == node.address.as_str());
        (owner.unwrap(), row.try_get("fence").unwrap())
    }
}

impl OwnRedis {
    pub(crate) async fn start(words: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let words = words.iter().map(ToString::to_string).collect();
        let mut redis = Self { port, words, folder: tempfile::tempdir().unwrap(), running: None };
        redis.begin().await;
        redis
    }

    /// One that watches another, and has a replica of that take its place.
    async fn sentinel_of(watched: &Self) -> Self {
        let config = format!(
            "sentinel monitor calls 127.0.0.1 {} 1\nsentinel down-after-milliseconds calls 500\nsentinel failover-timeout calls 2000\n",
            watched.port
        );
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sentinel.conf"), config).unwrap();
        let file = folder.path().join("sentinel.conf").display().to_string();
        let mut sentinel = Self::start(&[&file, "--sentinel"]).await;
        // The file goes with the one that is watched.
        sentinel.folder = folder;
        sentinel
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) async fn begin(&mut self) {
        let (port, folder) = (self.port.to_string(), self.folder.path().display().to_string());
        let mut words = self.words.clone();
        words.extend(["--port", &port, "--bind", "127.0.0.1", "--dir", &folder].map(str::to_owned));
        if !words.iter().any(|word| word == "--sentinel") {
            words.extend(["--save", "", "--appendonly", "no"].map(str::to_owned));
        }
        let mut command = Command::new("redis-server");
        self.running = Some(command.args(words).stdout(Stdio::null()).spawn().unwrap());
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whether it takes writes (RESP: `ROLE`).
    async fn is_master(&self) -> bool {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(b"ROLE\r\n").await.unwrap();
        let mut said = [0; 16];
        stream.read_exact(&mut said).await.unwrap();
        said.ends_with(b"master\r\n")
    }

    pub(crate) fn end(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill().unwrap();
            running.wait().unwrap();
        }
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.end();
    }
}

impl Node {
    pub(crate) fn kill(mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn from_environment(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set: run the tests with `make test-rust`"))
}

pub(crate) fn chat(number: u32) -> Value {
    let (id, envelope) =
        (format!("00000000-0000-4000-8000-{number:012}"), json!({ "version": 1, "body": "hello" }));
    json!({ "type": "chat", "chat": id, "to": "everyone", "envelope": envelope })
}

/// Enters a room through a node.
pub(crate) async fn enter(node: &Node, room: &str, name: &str) -> (Client, Value) {
    for _ in 0..40 {
        let mut client = node.server.connect().await;
        client.say(join_message(room, name)).await;
        match client.next().await {
            Ok(joined) if joined["type"] == "joined" => return (client, joined),
            Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(250)).await,
        }
    }
    panic!("{} does not let {name} in", node.name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_at_different_nodes_are_in_one_room() {
    let cluster = Cluster::new().await;
    let nodes = cluster.nodes(["one", "two", "three"]).await;
    let (room, key) = nodes[0].server.new_room_with(json!({})).await;
    let (mut ada, _) = enter(&nodes[0], &room, "Ada").await;
    let (mut bob, _) = enter(&nodes[1], &room, "Bob").await;
    let (mut cleo, joined) = enter(&nodes[2], &room, "Cleo").await;
    assert_eq!(joined["participants"].as_array().unwrap().len(), 2, "{joined}");
    ada.hear_of("participant_joined").await;
    ada.hear_of("participant_joined").await;

    cleo.say(chat(1)).await;
    for client in [&mut ada, &mut bob] {
        assert_eq!(client.hear_of("chat").await["entry"]["envelope"]["body"], "hello");
    }
    cleo.hear_of("chat_kept").await;

    for node in &nodes {
        // A program asks any node who is inside, and any node changes the rules.
        let head = format!("authorization: Bearer {key}\r\n");
        let path = format!("/api/v1/rooms/{room}/participants");
        let (status, _, body) = node.server.request("GET", &path, &head, "").await;
        assert_eq!(status, 200, "{} {body}", node.name);
        assert_eq!(body.matches("\"name\"").count(), 3, "{body}");
        let (status, _, page) = node.server.request("GET", &format!("/r/{room}"), "", "").await;
        assert!(status == 200 && page.contains("Ada"), "{status} of {}", node.name);
    }
    for (node, capacity) in nodes.iter().zip(5..) {
        let body = json!({ "capacity": capacity }).to_string();
        let head = format!(
            "authorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
        let (status, _, said) =
            node.server.request("PATCH", &format!("/api/v1/rooms/{room}"), &head, &body).await;
        assert_eq!(status, 200, "{} {said}", node.name);
        assert_eq!(bob.hear_of("room_updated").await["settings"]["capacity"], capacity);
    }
    let head = format!("authorization: Bearer {key}\r\n");
    let (status, ..) = nodes[2].server.request("DELETE", &format!("/api/v1/rooms/{room}"), &head, "").await;
    assert_eq!(status, 204);
    for mut client in [ada, bob, cleo] {
        assert_ne!(client.hear_end().await.1, MOVED);
    }
    let (status, ..) = nodes[0].server.request("GET", &format!("/r/{room}"), "", "").await;
    assert_eq!(status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_room_of_a_node_that_dies_goes_on_at_another_and_nothing_is_lost() {
    let cluster = Cluster::new().await;
    let mut nodes = cluster.nodes(["one", "two", "three"]).await;
    let room = nodes[0].server.new_room().await;
    let mut people = Vec::new();
    for (node, name) in nodes.iter().zip(["Ada", "Bob", "Cleo"]) {
        people.push((enter(node, &room, name).await, name));
    }
    let ((said, _), _) = &mut people[0];
    said.say(chat(1)).await;
    said.hear_of("chat_kept").await;
    let dead = cluster.owner(&room, &nodes).await;
    nodes.remove(dead).kill();
    people.remove(dead);

    for ((mut client, joined), name) in people {
        let closed = loop {
            match client.next().await {
                Ok(_) => {}
                Err(closed) => break closed,
            }
        };
        assert_eq!(closed, MOVED, "{name}");
        let resume = resume_message(&room, &joined["session"], client.last);
        let mut resumed = None;
        for _ in 0..40 {
            let mut back = nodes[0].server.connect().await;
            back.say(resume.clone()).await;
            match back.next().await {
                Ok(told) if told["type"] == "joined" => {
                    resumed = Some(told);
                    break;
                }
                Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(250)).await,
            }
        }
        let resumed = resumed.unwrap_or_else(|| panic!("{name} does not come back"));
        assert_eq!(resumed["you"]["id"], joined["you"]["id"], "{name} has the same seat");
    }
    let (mut dan, joined) = enter(&nodes[1], &room, "Dan").await;
    assert_eq!(
        joined["participants"].as_array().unwrap().len(),
        3,
        "who was at the dead node has a seat: {joined}"
    );
    dan.say(json!({ "type": "read_chat" })).await;
    assert_eq!(dan.hear_of("chat_history").await["entries"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_leaves_has_its_rooms_go_to_others() {
    let cluster = Cluster::new().await;
    let mut nodes = cluster.nodes(["one", "two"]).await;
    let room = nodes[0].server.new_room().await;
    let (mut ada, _) = enter(&nodes[0], &room, "Ada").await;
    let (mut bob, _) = enter(&nodes[1], &room, "Bob").await;
    let owner = cluster.owner(&room, &nodes).await;
    let leaves = nodes.remove(owner);
    leaves.server.state.drain(std::future::pending()).await;
    for client in [&mut ada, &mut bob] {
        loop {
            match client.next().await {
                Ok(_) => {}
                Err(closed) => break assert_eq!(closed, MOVED),
            }
        }
    }
    assert_eq!(cluster.owner(&room, &nodes).await, 0, "it is the other node's");
    enter(&nodes[0], &room, "Cleo").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_know_the_secret_is_no_node() {
    let mut cluster = Cluster::new().await;
    let nodes = cluster.nodes(["one", "two"]).await;
    let room = nodes[0].server.new_room().await;
    enter(&nodes[1], &room, "Ada").await;
    cluster.secret = "t".repeat(32);
    let stranger = cluster.start("three").await;
    let expelled = tokio::time::timeout(Duration::from_secs(10), stranger.server.state.was_expelled());
    assert_eq!(format!("{:?}", expelled.await.unwrap()), "OtherCluster");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_rings_at_another_node_and_outlives_the_node_that_has_the_rings() {
    let cluster = Cluster::new().await;
    let mut nodes = cluster.nodes(["one", "two", "three"]).await;
    let (mut ada, mut bob) = (ADA.attach(&nodes[0].server).await, BOB.attach(&nodes[1].server).await);
    let placed = ada.rings(&id(1), &bob.call_id).await;
    assert_eq!(bob.hear_of("incoming").await["room"], placed["room"]);
    bob.about("answer", &id(1)).await;
    ada.hear_of("answered").await;
    bob.hear_of("answered").await;

    // Each of them is at a node of their own; whichever has the rings, it is the third or one of theirs.
    let pool = AnyPool::connect(&cluster.postgres).await.unwrap();
    let row = sqlx::query("SELECT owner FROM duties").fetch_one(&pool).await.unwrap();
    let owner: Value = serde_json::from_str(&row.try_get::<String, _>("owner").unwrap()).unwrap();
    let dead = nodes.iter().position(|node| owner["address"] == node.address.as_str()).unwrap();
    nodes.remove(dead).kill();
    let in_call = |peer: &str, side: &str| json!({ "in_call": { "ring": id(1), "peer": peer, "side": side, "talked_ms": 1000 } });
    let mut again = BOB.attach_with(&nodes[0].server, in_call(&ada.call_id, "callee")).await;
    let mut ada = ADA.attach_with(&nodes[1].server, in_call(&bob.call_id, "caller")).await;
    again.say(json!({ "type": "hang_up", "ring": id(1), "reason": "hung_up" })).await;
    assert!(ada.hears_end_of(&id(1)).await["answered"]["seconds"].is_u64(), "it went on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_calls_go_on_and_no_node_takes_a_room_and_it_comes_back_with_nothing() {
    let mut redis = OwnRedis::start(&[]).await;
    let cluster = Cluster { redis: vec![redis.url()], ..Cluster::new().await };
    let nodes = cluster.nodes(["one", "two"]).await;
    let (room, other) = (nodes[0].server.new_room().await, nodes[0].server.new_room().await);
    let (mut ada, _) = enter(&nodes[0], &room, "Ada").await;
    let (mut bob, _) = enter(&nodes[1], &room, "Bob").await;
    let before = cluster.ownership(&room, &nodes).await;
    redis.end();

    while !nodes[0].server.request("GET", "/readyz", "", "").await.2.contains("\"redis\"") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    ada.say(chat(1)).await;
    ada.hear_of("chat_kept").await;
    bob.hear_of("chat").await;
    enter(&nodes[0], &room, "Cleo").await;
    enter(&nodes[1], &room, "Dan").await;
    // Nobody has this one, and nobody may take it.
    let mut refused = nodes[0].server.connect().await;
    refused.say(join_message(&other, "Eve")).await;
    assert_eq!(refused.hear_end().await.0["code"], "storage_unavailable");
    let (status, _, page) = nodes[1].server.request("GET", &format!("/r/{other}"), "", "").await;
    assert!(status == 503 && page.contains("<h1>"), "{status}: {page}");
    // VERANDA_TEST_REDIS_AWAY_SECONDS=300 keeps it away for as long; nothing changes by that.
    let away = std::env::var("VERANDA_TEST_REDIS_AWAY_SECONDS").ok().and_then(|number| number.parse().ok());
    let said = away.unwrap_or(0);
    for number in 2..2 + said {
        tokio::time::sleep(Duration::from_secs(1)).await;
        ada.say(chat(number)).await;
        ada.hear_of("chat_kept").await;
        bob.hear_of("chat").await;
    }

    redis.begin().await;
    let began = tokio::time::Instant::now();
    enter(&nodes[1], &other, "Eve").await;
    println!("rooms are taken again {} ms after Redis is there", began.elapsed().as_millis());
    ada.say(chat(2 + said)).await;
    ada.hear_of("chat_kept").await;
    bob.hear_of("chat").await;
    assert_eq!(cluster.ownership(&room, &nodes).await, before, "it was nobody else's meanwhile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_sentinel_has_another_redis_take_over_no_call_notices_and_rooms_are_taken_again() {
    let mut first = OwnRedis::start(&[]).await;
    let port = first.port.to_string();
    let second = OwnRedis::start(&["--replicaof", "127.0.0.1", &port]).await;
    let sentinel = OwnRedis::sentinel_of(&first).await;
    // The first sentinel takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let redis = vec![format!("redis://{}", silent.local_addr().unwrap()), sentinel.url()];
    let cluster = Cluster { redis, sentinel: "calls", ..Cluster::new().await };
    let nodes = cluster.nodes(["one", "two"]).await;
    let (room, other) = (nodes[0].server.new_room().await, nodes[0].server.new_room().await);
    let (mut ada, _) = enter(&nodes[0], &room, "Ada").await;
    let (mut bob, _) = enter(&nodes[1], &room, "Bob").await;
    let before = cluster.ownership(&room, &nodes).await;

    first.end();
    let began = tokio::time::Instant::now();
    let promoted = async {
        while !second.is_master().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        began.elapsed()
    };
    let taken = async {
        for number in 1.. {
            ada.say(chat(number)).await;
            ada.hear_of("chat_kept").await;
            bob.hear_of("chat").await;
            let mut eve = nodes[1].server.connect().await;
            eve.say(join_message(&other, "Eve")).await;
            if eve.hear().await["type"] == "joined" {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "no room is taken any more");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        began.elapsed()
    };
    let (promoted, taken) = tokio::join!(promoted, taken);
    println!(
        "the other Redis takes over {} ms after the first was killed; rooms are taken again {} ms after that",
        promoted.as_millis(),
        (taken - promoted).as_millis()
    );
    assert_eq!(cluster.ownership(&room, &nodes).await, before, "it was nobody else's meanwhile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_and_rooms_can_be_different_nodes() {
    let cluster = Cluster::new().await;
    let nodes = [
        cluster.node_with("pages", &[NodeRole::Pages]).await,
        cluster.node_with("rooms", &[NodeRole::Signalling, NodeRole::Media]).await,
    ];
    let room = nodes[0].server.new_room().await;
    let (mut ada, _) = enter(&nodes[0], &room, "Ada").await;
    let (mut bob, _) = enter(&nodes[0], &room, "Bob").await;
    assert_eq!(cluster.owner(&room, &nodes).await, 1);
    bob.say(chat(1)).await;
    ada.hear_of("chat").await;
    let (status, _, page) = nodes[0].server.request("GET", &format!("/r/{room}"), "", "").await;
    assert!(status == 200 && page.contains("Ada"), "{status}");
    let (mut caller, mut callee) = (ADA.attach(&nodes[0].server).await, BOB.attach(&nodes[0].server).await);
    caller.rings(&id(1), &callee.call_id.clone()).await;
    callee.hear_of("incoming").await;
}
