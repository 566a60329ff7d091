//! Several servers that are one: real PostgreSQL, real Redis, and nodes that die.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use server::config::{ClusterConfig, Config};
use sqlx::{AnyPool, Row as _};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::common::{Client, Closed, TestServer, join_message};
use crate::sessions::resume_message;

/// How a connection ends whose room is another node's now.
const MOVED: Closed = Closed { code: 4421 };

/// What the operator has set up for the nodes.
struct Cluster {
    postgres: String,
    secret: String,
    name: String,
}

/// A node in a runtime of its own, which ends as a process does that is killed: without a word.
struct Node {
    server: TestServer,
    runtime: Option<Runtime>,
    name: &'static str,
    /// Where other nodes reach it.
    address: String,
}

impl Cluster {
    async fn new() -> Self {
        static CLUSTERS: AtomicU32 = AtomicU32::new(0);
        let name = format!("cluster_{}_{}", std::process::id(), CLUSTERS.fetch_add(1, Ordering::Relaxed));
        let server = from_environment("VERANDA_TEST_POSTGRES");
        sqlx::any::install_default_drivers();
        let pool = AnyPool::connect(&format!("{server}/postgres")).await.unwrap();
        let statement = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(statement).execute(&pool).await.unwrap();
        Self { postgres: format!("{server}/{name}"), secret: "s".repeat(32), name }
    }

    async fn node(&self, name: &'static str) -> Node {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let mut config = Config::default();
        config.storage.postgres.clone_from(&self.postgres);
        config.cluster = ClusterConfig {
            secret: self.secret.clone(),
            name: self.name.clone(),
            node: name.to_owned(),
            address: free,
            redis: vec![from_environment("VERANDA_TEST_REDIS")],
            drain_seconds: 10,
            ..ClusterConfig::default()
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
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

    async fn nodes<const N: usize>(&self, names: [&'static str; N]) -> Vec<Node> {
        let mut nodes = Vec::new();
        for name in names {
            nodes.push(self.node(name).await);
        }
        nodes
    }

    /// Which of the nodes has a room, as PostgreSQL says.
    async fn owner(&self, room: &str, nodes: &[Node]) -> usize {
        let pool = AnyPool::connect(&self.postgres).await.unwrap();
        let row = sqlx::query("SELECT owner FROM rooms WHERE code = $1").bind(room).fetch_one(&pool).await;
        let owner: String = row.unwrap().try_get("owner").unwrap();
        let owner: Value = serde_json::from_str(&owner).unwrap();
        nodes.iter().position(|node| owner["address"] == node.address.as_str()).unwrap()
    }
}

impl Node {
    fn kill(mut self) {
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
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run the tests with `make test-rust`"))
}

fn chat(number: u32) -> Value {
    let (id, envelope) =
        (format!("00000000-0000-4000-8000-{number:012}"), json!({ "version": 1, "body": "hello" }));
    json!({ "type": "chat", "chat": id, "to": "everyone", "envelope": envelope })
}

/// Enters a room through a node, which may have started just now.
async fn enter(node: &Node, room: &str, name: &str) -> (Client, Value) {
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
    assert_eq!(joined["participants"].as_array().unwrap().len(), 3, "who was at the dead node has a seat: {joined}");
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
    let stranger = cluster.node("three").await;
    let expelled = tokio::time::timeout(Duration::from_secs(10), stranger.server.state.was_expelled());
    assert_eq!(format!("{:?}", expelled.await.unwrap()), "OtherCluster");
}
