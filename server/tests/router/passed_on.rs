//! People who are passed on from one node to another: they come back at any node and miss nothing, one who does not read delays nobody else, and a
//! node that dies leaves as many rooms as there are.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use futures::stream::{self, StreamExt as _};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use server::config::LimitsConfig;
use sqlx::{AnyPool, Row as _};
use testkit::Seed;
use tokio::time::Instant;

use crate::cluster::{Cluster, MOVED, Node, chat, enter};
use crate::common::{Client, join_message, signal_message};
use crate::sessions::resume_message;

/// How often somebody loses their socket while all write.
const RESUMES: u64 = 200;

/// So many write that nobody is too fast.
const WRITERS: usize = 12;

/// Messages between two people beside one who does not read.
const MEASURED: usize = 200;

/// Rooms of one node.
const ROOMS: usize = 1_000;

/// How often somebody writes while a room moves: as fast as anybody may for long.
const WRITES_EVERY: Duration = Duration::from_millis(250);
const WRITTEN_AFTER_A_MOVE: u32 = 3;

/// Rooms that move, and how many write in each.
const MOVING: usize = 12;
const WRITERS_MOVING: usize = 6;

/// Somebody in a room, with what they have heard of its chat.
struct Writer {
    client: Client,
    session: Value,
    /// The number of the last message in the room's order.
    last: Option<u64>,
    heard: BTreeSet<String>,
    /// What they have said and not been told to be kept: they say it again, as a page does.
    unkept: BTreeMap<String, Value>,
}

/// A room of the node that dies, and whoever was in it.
struct Left {
    room: String,
    key: String,
    client: Client,
    joined: Value,
}

/// Nothing here is about limits of one address.
fn wide() -> LimitsConfig {
    let (many, lookups) = (1_000_000, 1_000_000);
    LimitsConfig {
        connections_per_address: 100_000,
        rooms_at_once: many,
        joins_at_once: many,
        joins_per_minute: many,
        lookups_at_once: lookups,
        lookups_per_minute: lookups,
        chat_kib_at_once: many,
        requests_at_once: many,
        ..LimitsConfig::default()
    }
}

async fn wide_cluster() -> Cluster {
    Cluster { limits: wide(), ..Cluster::new().await }
}

impl Writer {
    async fn enter(node: &Node, room: &str, name: &str) -> Self {
        let (client, joined) = enter(node, room, name).await;
        let session = joined["session"].clone();
        Self { client, session, last: None, heard: BTreeSet::new(), unkept: BTreeMap::new() }
    }

    async fn write(&mut self, number: u32) {
        let message = chat(number);
        self.unkept.insert(message["chat"].as_str().unwrap().to_owned(), message.clone());
        self.say(message).await;
    }

    /// Writes without pause, as fast as one person may, until the room has moved and for a while after it; returns how much.
    async fn write_through_a_move(&mut self, to: &Node, room: &str, first: u32) -> usize {
        let (mut said, mut left) = (0, None);
        while left != Some(0) {
            let message = chat(first + said);
            said += 1;
            self.unkept.insert(message["chat"].as_str().unwrap().to_owned(), message.clone());
            self.client.try_say(message).await;
            let until = Instant::now() + WRITES_EVERY;
            while let Ok(next) = tokio::time::timeout_at(until, self.client.next()).await {
                match next {
                    Ok(message) => self.hear(&message).await,
                    Err(closed) => {
                        assert_eq!((closed, left), (MOVED, None));
                        self.come_after(to, room).await;
                        left = Some(WRITTEN_AFTER_A_MOVE);
                    }
                }
            }
            left = left.map(|left| left - 1);
        }
        said as usize
    }

    async fn say(&mut self, mut message: Value) {
        message["ack"] = json!(self.client.last);
        self.client.say(message).await;
    }

    /// Comes back at a node after the socket broke, and says again what may not have come.
    async fn resume(&mut self, node: &Node, room: &str) {
        let last = self.client.last;
        // Whatever was on its way is lost with the socket.
        self.client = node.server.connect().await;
        self.client.last = last;
        self.client.say(resume_message(room, &self.session, last)).await;
        let resumed = self.client.hear().await;
        assert_eq!(resumed["type"], "resumed", "{resumed}");
        self.session = resumed["session"].clone();
        self.say_again().await;
    }

    /// Comes to the node that a room has moved to, reads what was written meanwhile, and says again what may not have come, as a page does.
    async fn come_after(&mut self, node: &Node, room: &str) {
        self.client = node.server.connect().await;
        self.client.say(resume_message(room, &self.session, 0)).await;
        let joined = self.client.hear().await;
        assert_eq!((&joined["type"], &joined["continued"]), (&json!("joined"), &json!(true)), "{joined}");
        self.session = joined["session"].clone();
        self.say(json!({ "type": "read_chat" })).await;
        // What is said now may be heard before what was said until now.
        self.last = None;
        loop {
            let message = self.client.hear().await;
            if message["type"] == "chat_history" {
                for entry in message["entries"].as_array().unwrap() {
                    self.heard.insert(entry["id"].as_str().unwrap().to_owned());
                    self.last = self.last.max(entry["number"].as_u64());
                }
                break;
            }
            self.hear(&message).await;
        }
        self.say_again().await;
    }

    async fn say_again(&mut self) {
        for message in self.unkept.values().cloned().collect::<Vec<_>>() {
            self.say(message).await;
        }
    }

    /// Reads until it knows nothing that is not yet kept, and has heard so many messages.
    async fn read_until(&mut self, count: usize) {
        while self.heard.len() < count || !self.unkept.is_empty() {
            let message = self.client.hear().await;
            self.hear(&message).await;
        }
        self.say(json!({ "type": "ping" })).await;
    }

    async fn hear(&mut self, message: &Value) {
        let id = |value: &Value| value.as_str().unwrap().to_owned();
        match message["type"].as_str().unwrap() {
            "chat" => {
                let entry = &message["entry"];
                let number = entry["number"].as_u64().unwrap();
                assert!(self.last.is_none_or(|last| number == last + 1), "{number} after {:?}", self.last);
                self.last = Some(number);
                assert!(self.heard.insert(id(&entry["id"])), "twice: {entry}");
            }
            "chat_kept" => _ = self.unkept.remove(&id(&message["chat"])),
            "error" if message["code"] == "chat_too_fast" => {
                tokio::time::sleep(Duration::from_millis(200)).await;
                self.say_again().await;
            }
            "error" | "joined" => panic!("{message}"),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_back_two_hundred_times_at_any_node_misses_nothing_and_hears_nothing_twice() {
    let cluster = wide_cluster().await;
    let nodes = cluster.nodes(["one", "two", "three"]).await;
    let (room, _) = nodes[0].server.new_room_with(json!({ "capacity": 20 })).await;
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        writers.push(Writer::enter(&nodes[number % nodes.len()], &room, &format!("Writer {number}")).await);
    }
    let mut random = Seed::new(21);
    let mut below = |count: usize| usize::try_from(random.number(0..count as u64)).unwrap();
    let (mut said, mut at_node) = (0, [0; 3]);
    let began = Instant::now();
    for turn in 0..RESUMES {
        let (lost, to) = (below(WRITERS), below(nodes.len()));
        at_node[to] += 1;
        // What is said as the last before the socket breaks may have come or not.
        for writer in [lost, below(WRITERS)] {
            said += 1;
            writers[writer].write(said).await;
        }
        writers[lost].resume(&nodes[to], &room).await;
        if turn % 20 == 19 {
            for writer in &mut writers {
                writer.say_again().await;
            }
            join_all(writers.iter_mut().map(|writer| writer.read_until(said as usize))).await;
        }
    }
    let heard: Vec<_> = writers.iter().map(|writer| writer.heard.len()).collect();
    println!(
        "{RESUMES} resumes at nodes {at_node:?} in {} ms, {said} messages, heard {heard:?}",
        began.elapsed().as_millis()
    );
    assert!(at_node.iter().all(|count| *count > 0), "the seed leads to every node");
    // What was kept is what was heard.
    let mut late = Writer::enter(&nodes[1], &room, "Late").await;
    late.say(json!({ "type": "read_chat" })).await;
    let history = late.client.hear_of("chat_history").await;
    let last = history["entries"].as_array().unwrap().last().unwrap()["number"].as_u64();
    assert!(writers.iter().all(|writer| writer.heard.len() == said as usize && writer.last == last));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_while_a_room_moves_is_heard_once() {
    let cluster = wide_cluster().await;
    let nodes = cluster.nodes(["one", "two"]).await;
    let (mut rooms, [leaves, stays]) = (Vec::new(), [&nodes[0], &nodes[1]]);
    while rooms.len() < MOVING {
        let (room, _) = leaves.server.new_room_with(json!({ "capacity": 20 })).await;
        let mut writers = Vec::new();
        for number in 0..WRITERS_MOVING {
            writers.push(Writer::enter(&nodes[number % 2], &room, &format!("Writer {number}")).await);
        }
        // One that is the other node's from the beginning does not move.
        if cluster.owner(&room, &nodes).await == 0 {
            rooms.push((room, writers));
        }
    }
    let through = async |(room, mut writers): (String, Vec<Writer>)| {
        let firsts = (0..).step_by(10_000);
        let writing = writers.iter_mut().zip(firsts);
        let writing = writing.map(|(writer, first)| writer.write_through_a_move(stays, &room, first));
        let said: usize = join_all(writing).await.iter().sum();
        join_all(writers.iter_mut().map(|writer| writer.read_until(said))).await;
        assert!(writers.iter().all(|writer| writer.heard.len() == said));
        said
    };
    let all = join_all(rooms.into_iter().map(through));
    let (said, ()) = tokio::join!(all, leaves.server.state.drain(std::future::pending()));
    println!("{said:?} messages in rooms that moved");
}

/// How long each of some messages takes from one person to another who are passed on over the same link, while a third person, who is passed on too,
/// is told much; and when that one was seen to be gone.
async fn beside(nodes: &[Node], is_read: bool) -> (Vec<Duration>, Option<Duration>) {
    let (room, _) = nodes[0].server.new_room_with(json!({ "capacity": 30 })).await;
    let (mut ada, _) = enter(&nodes[0], &room, "Ada").await;
    let (mut bob, _) = enter(&nodes[1], &room, "Bob").await;
    let (mut cleo, told_cleo) = enter(&nodes[1], &room, "Cleo").await;
    let mut reader = nodes[1].server.connect_narrowly().await;
    reader.say(join_message(&room, "Reader")).await;
    let told_reader = reader.hear().await;
    let target = told_reader["you"]["id"].clone();
    let mut talkers = Vec::new();
    for number in 0..16 {
        talkers.push(enter(&nodes[0], &room, &format!("Talker {number}")).await.0);
    }
    let (_says, mut hears) = reader.split();
    let reading = async {
        if is_read {
            hears.hear_all().await;
        }
        std::future::pending::<()>().await;
    };
    let mut took = Vec::new();
    let mut ended = None;
    let began = Instant::now();
    let talking = async {
        let words = "x".repeat(30_000);
        for number in 0.. {
            // Whoever says much to somebody who does not read is not read either, which is their affair alone.
            if number < MEASURED {
                talkers[number % 16].say(signal_message(&target, &words)).await;
            }
            let sent = Instant::now();
            bob.say(signal_message(&told_cleo["you"]["id"], &format!("v={number}"))).await;
            let heard = cleo.hear_of("signal").await;
            took.push(sent.elapsed());
            assert_eq!(heard["signal"]["sdp"], format!("v={number}"));
            ada.say(json!({ "type": "ping" })).await;
            // What the room has told since the last time.
            loop {
                let message = ada.hear().await;
                if message["type"] == "pong" {
                    break;
                }
                let who = &message["participant"];
                if who["id"] == target && who["presence"] == "away" {
                    ended = Some(began.elapsed());
                }
            }
            let is_over = is_read || ended.is_some() || began.elapsed() > Duration::from_secs(40);
            if number >= MEASURED && is_over {
                break;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    };
    tokio::select! {
        () = reading => {}
        () = talking => {}
    }
    (took, ended)
}

fn spread(took: &mut [Duration]) -> String {
    took.sort();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1_000.0;
    format!("median {:.1}, p90 {:.1}, p99 {:.1}, most {:.1} ms", at(50), at(90), at(99), at(100))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_who_does_not_read_is_ended_and_others_on_the_same_link_go_on() {
    let cluster = wide_cluster().await;
    // The room is the first node's; whoever comes to the second is passed on.
    let nodes = vec![cluster.node("one").await];
    let (room, _) = nodes[0].server.new_room_with(json!({})).await;
    enter(&nodes[0], &room, "First").await;
    let mut nodes = nodes;
    nodes.push(cluster.node("two").await);
    let (mut with_reader, ended) = beside(&nodes, true).await;
    assert_eq!(ended, None, "who reads stays");
    let (mut without, ended) = beside(&nodes, false).await;
    println!("beside one who reads: {}", spread(&mut with_reader));
    println!("beside one who does not: {}; ended after {ended:?}", spread(&mut without));
    assert!(ended.is_some(), "who does not read is ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_rooms_of_a_dead_node_are_taken_at_once_and_none_twice() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
    let cluster = wide_cluster().await;
    // While it is alone, all rooms are its own.
    let dies = cluster.node("one").await;
    let left: Vec<Left> = stream::iter(0..ROOMS)
        .map(async |_| {
            let (room, key) = dies.server.new_room_with(json!({})).await;
            let (client, joined) = enter(&dies, &room, "Ada").await;
            Left { room, key, client, joined }
        })
        .buffer_unordered(8)
        .collect()
        .await;
    let pool = AnyPool::connect(&cluster.postgres).await.unwrap();
    while count(&pool, "SELECT count(*) FROM seats").await < ROOMS as i64 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let before = fences(&pool).await;
    let nodes = cluster.nodes(["two", "three"]).await;
    assert!(before.values().all(|(owner, _)| *owner == dies.address), "all are its own");
    dies.kill();
    let began = Instant::now();
    // To one node comes whoever was in a room, and at the same moment somebody asks the other one about it.
    let coming = left.into_iter().map(|Left { room, key, client, joined }| {
        let [two, three] = &nodes[..] else { unreachable!() };
        async move {
            let resume = resume_message(&room, &joined["session"], client.last);
            drop(client);
            let (came, tries) = tokio::join!(come_back(two, resume), ask(three, &room, &key));
            assert_eq!(came.1["you"]["id"], joined["you"]["id"], "the same seat");
            (came.0, came.2, tries, began.elapsed())
        }
    });
    let mut back = join_all(coming).await;
    back.sort_by_key(|(.., took)| *took);
    let at = |percent: usize| back[(back.len() - 1) * percent / 100].3.as_millis();
    let after = fences(&pool).await;
    let at_two = after.values().filter(|(owner, _)| *owner == nodes[0].address).count();
    println!(
        "{ROOMS} rooms of a dead node, each wanted at two others at once: median {} ms, p99 {} ms, the last {} ms; {at_two} are at one of them; most tries {}",
        at(50),
        at(99),
        at(100),
        back.iter().map(|(_, one, other, _)| one.max(other)).max().unwrap()
    );
    for (room, (owner, fence)) in &after {
        assert_eq!(*fence, before[room].1 + 1, "{room} was taken once");
        assert!(nodes.iter().any(|node| node.address == *owner), "{owner} has {room}");
    }
}

/// Somebody comes back to a seat, however often it takes.
async fn come_back(node: &Node, resume: Value) -> (Client, Value, u32) {
    for tries in 1..200 {
        let mut client = node.server.connect().await;
        client.say(resume.clone()).await;
        match client.next().await {
            Ok(joined) if joined["type"] == "joined" => return (client, joined, tries),
            Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(250)).await,
        }
    }
    panic!("somebody does not come back");
}

/// Asks a node who is in a room, until it is told.
async fn ask(node: &Node, room: &str, key: &str) -> u32 {
    let head = format!("authorization: Bearer {key}\r\n");
    for tries in 1..200 {
        let path = format!("/api/v1/rooms/{room}/participants");
        let (status, ..) = node.server.request("GET", &path, &head, "").await;
        if status == 200 {
            return tries;
        }
        assert_eq!(status, 503);
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    panic!("nobody says who is in {room}");
}

async fn count(pool: &AnyPool, select: &'static str) -> i64 {
    sqlx::query(select).fetch_one(pool).await.unwrap().try_get(0).unwrap()
}

/// The owner of each room, and its token.
async fn fences(pool: &AnyPool) -> BTreeMap<String, (String, i64)> {
    let rows = sqlx::query("SELECT code, owner, fence FROM rooms").fetch_all(pool).await.unwrap();
    let row = |row: sqlx::any::AnyRow| {
        let owner: Option<String> = row.try_get("owner").unwrap();
        let owner = owner.and_then(|owner| serde_json::from_str::<Value>(&owner).ok());
        let address = owner.and_then(|owner| owner["address"].as_str().map(str::to_owned));
        (row.try_get("code").unwrap(), (address.unwrap_or_default(), row.try_get("fence").unwrap()))
    };
    rows.into_iter().map(row).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_with_the_longest_head_ends_nobodys_link() {
    let cluster = wide_cluster().await;
    let nodes = cluster.nodes(["one", "two"]).await;
    let room = nodes[0].server.new_room().await;
    let (mut ada, _) = enter(&nodes[0], &room, "Ada").await;
    let (mut bob, _) = enter(&nodes[1], &room, "Bob").await;
    for (number, node) in (1..).zip(&nodes) {
        let cookies = format!("cookie: a={}\r\n", "x".repeat(60_000));
        let (status, _, page) = node.server.request("GET", &format!("/r/{room}"), &cookies, "").await;
        assert!(status == 200 && page.contains("Ada"), "{status}");
        for one in [&mut ada, &mut bob] {
            one.say(json!({ "type": "ping" })).await;
            loop {
                match one.next().await {
                    Ok(message) if message["type"] == "pong" => break,
                    Ok(_) => {}
                    Err(closed) => panic!("somebody was sent away: {closed:?}, {}", closed == MOVED),
                }
            }
        }
        bob.say(chat(number)).await;
        ada.hear_of("chat").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_about_a_room_do_not_have_it_change_hands() {
    let cluster = wide_cluster().await;
    let nodes = cluster.nodes(["one", "two", "three"]).await;
    let (room, key) = nodes[0].server.new_room_with(json!({})).await;
    ask(&nodes[0], &room, &key).await;
    let before = cluster.ownership(&room, &nodes).await;
    for node in nodes.iter().cycle().take(12) {
        ask(node, &room, &key).await;
    }
    assert_eq!(cluster.ownership(&room, &nodes).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_in_another_spelling_is_changed_by_its_owner_alone() {
    let cluster = wide_cluster().await;
    let nodes = cluster.nodes(["one", "two"]).await;
    let (room, key) = nodes[0].server.new_room_with(json!({})).await;
    let (mut ada, _) = enter(&nodes[0], &room, "Ada").await;
    let before = cluster.ownership(&room, &nodes).await;
    for (node, capacity) in nodes.iter().zip(5..) {
        let body = json!({ "capacity": capacity }).to_string();
        let head = format!(
            "authorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
        let path = format!("/api/v1/rooms/{}", room.replace('-', "%2D"));
        let (status, _, said) = node.server.request("PATCH", &path, &head, &body).await;
        assert_eq!(status, 200, "{said}");
        assert_eq!(ada.hear_of("room_updated").await["settings"]["capacity"], capacity);
    }
    assert_eq!(cluster.ownership(&room, &nodes).await, before);
}
