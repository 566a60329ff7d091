//! What every node of a cluster shows and does of the others: the admin page, lists of rooms, requests that are passed on, roles, and `veranda drain`.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use protocol::{Scope, Timestamp};
use serde_json::{Value, json};
use server::config::{Config, NodeRole};
use server::{admin, api_keys, open_storage};
use storage::SqlStorage;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::cluster::{Cluster, MOVED, Node, enter};
use crate::common::{Client, join_message, request_at};

async fn storage(cluster: &Cluster) -> SqlStorage {
    let mut config = Config::default();
    config.storage.postgres.clone_from(&cluster.postgres);
    open_storage(&config).await.unwrap()
}

/// The cookie of a browser that is signed in to the admin page, of all nodes.
async fn admin(cluster: &Cluster, node: &Node) -> String {
    let kept = storage(cluster).await;
    let key = admin::new_link(&kept, Timestamp(node.server.now())).await.unwrap();
    let (status, head, _) = post_form(node, "/admin/sign-in", "", &format!("key={key}")).await;
    assert_eq!(status, 303, "{head}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: veranda-admin="));
    format!("cookie: veranda-admin={}\r\n", cookie.unwrap().split(';').next().unwrap())
}

async fn post_form(node: &Node, path: &str, head: &str, form: &str) -> (u16, String, String) {
    let head = format!(
        "{head}content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
        form.len()
    );
    node.server.request("POST", path, &head, form).await
}

async fn page(node: &Node, path: &str, head: &str) -> String {
    let (status, _, page) = node.server.request("GET", path, head, "").await;
    assert_eq!(status, 200, "{path} of {}: {page}", node.name);
    page
}

/// The rows of a page's first table, as words.
fn rows(page: &str) -> Vec<String> {
    let body = page.split("<tbody>").nth(1).unwrap_or_default().split("</tbody>").next().unwrap();
    body.split("</tr>").filter(|row| row.contains("<th")).map(words).collect()
}

fn words(html: &str) -> String {
    let texts = html.split('<').filter_map(|part| part.split_once('>').map(|(_, text)| text.trim()));
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("|")
}

/// Until something is so; a minute is more than anybody waits for.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < Duration::from_secs(60), "{what} does not come true");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_node_shows_an_admin_all_nodes_and_all_rooms_and_acts_in_each() {
    let cluster = Cluster::new().await;
    let mut nodes = cluster.nodes(["one", "two", "three"]).await;
    let (room, _) = nodes[0].server.new_room_with(json!({ "name": "Tea" })).await;
    let (mut ada, _) = enter(&nodes[0], &room, "Ada").await;
    let (_bob, _) = enter(&nodes[1], &room, "Bob").await;
    let owner = cluster.owner(&room, &nodes).await;
    let cookie = admin(&cluster, &nodes[0]).await;

    for node in &nodes {
        until("all nodes are shown as they are", async || {
            let shown = page(node, "/admin/server", &cookie).await;
            let rows = rows(&shown);
            let names: BTreeSet<_> = rows.iter().filter_map(|row| row.split('|').next()).collect();
            names == BTreeSet::from(["one", "two", "three"])
                && rows.iter().all(|row| row.contains("|running|since ") && row.contains("|answers|answers|"))
                && rows.iter().any(|row| row.starts_with(nodes[owner].name) && row.contains("|1|2|answers"))
        })
        .await;
        let shown = page(node, "/admin/rooms", &cookie).await;
        assert!(shown.contains("Tea") && shown.contains(&room), "{} shows {shown}", node.name);
        let found = page(node, "/admin/rooms?search=tea", &cookie).await;
        assert!(found.contains(&room), "{found}");
        let overview = page(node, "/admin", &cookie).await;
        assert!(overview.contains(&room), "{overview}");
    }
    // Each locks it or unlocks it, whosever it is.
    for (node, (does, is_locked)) in nodes.iter().zip([("lock", "on"), ("unlock", "off"), ("lock", "on")]) {
        let path = format!("/admin/rooms/{room}/{does}");
        let (status, head, said) = post_form(node, &path, &cookie, "").await;
        assert_eq!(status, 303, "{}: {head} {said}", node.name);
        assert_eq!(ada.hear_of("room_updated").await["settings"]["locked"], is_locked, "by {}", node.name);
    }
    let other = (owner + 1) % 3;
    let (status, ..) = post_form(&nodes[other], &format!("/admin/rooms/{room}/end"), &cookie, "").await;
    assert_eq!(status, 303);
    assert_ne!(ada.hear_end().await.1, MOVED);

    let dead = nodes.remove(other);
    let name = dead.name;
    dead.kill();
    for node in &nodes {
        until("a dead node is shown as gone", async || {
            let shown = page(node, "/admin/server", &cookie).await;
            rows(&shown).iter().any(|row| row.starts_with(&format!("{name}|gone|since ")))
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_rooms_say_how_many_are_inside_on_other_nodes_and_never_none_for_unknown() {
    let cluster = Cluster::new().await;
    let mut nodes = cluster.nodes(["one", "two"]).await;
    let kept = storage(&cluster).await;
    let key = api_keys::create(&kept, "test".into(), &Scope::ALL, Timestamp(1), None).await.unwrap();
    let head = format!("authorization: Bearer {}\r\n", key.secret);
    let body = json!({ "name": "Tea", "listed": "on" }).to_string();
    let made = format!("{head}content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    let (status, _, made) = nodes[0].server.request("POST", "/api/v1/rooms", &made, &body).await;
    assert_eq!(status, 201, "{made}");
    let room = serde_json::from_str::<Value>(&made).unwrap()["code"].as_str().unwrap().to_owned();
    let (_ada, _) = enter(&nodes[0], &room, "Ada").await;
    let (_bob, _) = enter(&nodes[1], &room, "Bob").await;
    let present = async |node: &Node, path: &str| {
        let list: Value = serde_json::from_str(&page(node, path, &head).await).unwrap();
        list["rooms"][0]["present"].clone()
    };
    for node in &nodes {
        for path in ["/api/v1/rooms", "/api/v1/rooms?listed"] {
            until("two people are counted", async || present(node, path).await == 2).await;
        }
        until("the landing page says so", async || page(node, "/", "").await.contains("2 people")).await;
    }

    let owner = cluster.owner(&room, &nodes).await;
    let dead = nodes.remove(owner);
    dead.kill();
    // First it is not known, then nobody is inside any more; or somebody else has taken the room.
    until("it is unknown how many are inside", async || present(&nodes[0], "/api/v1/rooms").await.is_null())
        .await;
    until("nobody is inside", async || present(&nodes[0], "/api/v1/rooms").await == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_another_node_says_everything_once_and_in_one_language() {
    let cluster = Cluster::new().await;
    let nodes = cluster.nodes(["one", "two"]).await;
    let (room, key) = nodes[0].server.new_room_with(json!({})).await;
    let (_ada, _) = enter(&nodes[0], &room, "Ada").await;
    let (page, resource) = (format!("/r/{room}"), format!("/api/v1/rooms/{room}"));
    let body = r#"{"ends_at":1}"#;
    let change = format!(
        "authorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    for node in &nodes {
        for (method, path, more, body, status, languages) in [
            ("GET", &page, "", "", 200, &["de"][..]),
            ("GET", &resource, "", "", 401, &["de"]),
            // What was wrong with what a program has sent is said in English.
            ("PATCH", &resource, &*change, body, 422, &[]),
        ] {
            let head = format!(
                "accept-language: de\r\naccept-encoding: gzip\r\nconnection: close, x-mine\r\nx-mine: 1\r\n{more}"
            );
            let (answered, head, _) = node.server.request_bytes(method, path, &head, body).await;
            assert_eq!(answered, status, "{} {method} {path}: {head}", node.name);
            let of = |name: &str| -> Vec<&str> {
                head.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect()
            };
            let vary: Vec<_> = of("vary").into_iter().flat_map(|value| value.split(", ")).collect();
            let once: BTreeSet<_> = vary.iter().collect();
            assert_eq!(vary.len(), once.len(), "{} {method} {path}: {head}", node.name);
            assert!(vary.contains(&"accept-language"), "{head}");
            assert_eq!(of("content-language"), languages, "{} {method} {path}: {head}", node.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_pages_refuses_browsers_in_words_and_takes_those_who_connect() {
    let cluster = Cluster::new().await;
    let nodes = [
        cluster.node_with("pages", &[NodeRole::Pages]).await,
        cluster.node_with("rooms", &[NodeRole::Signalling, NodeRole::Media]).await,
    ];
    let room = nodes[0].server.new_room().await;
    let (mut ada, _) = enter(&nodes[1], &room, "Ada").await;
    let (_bob, _) = enter(&nodes[0], &room, "Bob").await;
    ada.hear_of("participant_joined").await;
    let of_room = format!("/r/{room}");
    for path in ["/", &of_room, "/rooms", "/admin", "/nothing"] {
        let (status, head, page) = nodes[1].server.request("GET", path, "accept-language: de\r\n", "").await;
        assert_eq!(status, 421, "{path} {head}");
        assert!(page.contains("<h1>Hier gibt es keine Seiten</h1>"), "{path}: {page}");
    }
    let (status, head, said) = nodes[1].server.request("GET", "/api/v1/rooms?listed", "", "").await;
    assert!(status == 421 && head.contains("application/problem+json"), "{head} {said}");
    assert_eq!(nodes[1].server.request("GET", "/pkg/veranda.css", "", "").await.0, 421);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(nodes[1].server.request("GET", path, "", "").await.0, 200, "{path}");
    }
    // What the node with pages passes on to it, it answers.
    let shown = page(&nodes[0], &of_room, "").await;
    assert!(shown.contains("Ada"), "{shown}");
}

/// The program as a node.
struct Program {
    child: Child,
    address: String,
}

impl Program {
    /// Makes a room.
    async fn room(&self) -> String {
        let head = "content-type: application/json\r\ncontent-length: 2\r\n";
        let (status, _, body) = request_at(&self.address, "POST", "/api/v1/rooms", head, "{}").await;
        assert_eq!(status, 201);
        serde_json::from_slice::<Value>(&body).unwrap()["code"].as_str().unwrap().to_owned()
    }

    /// Whether it takes people: what `/readyz` answers with.
    async fn ready(&self) -> u16 {
        request_at(&self.address, "GET", "/readyz", "", "").await.0
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

async fn command(cluster: &Cluster, folder: &Path, name: &str) -> Command {
    std::fs::create_dir_all(folder.join("target/site/pkg")).unwrap();
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_veranda"));
    command
        .current_dir(folder)
        .env("VERANDA__SERVER__ADDRESS", "127.0.0.1:0")
        .env("VERANDA__STORAGE__DATA", folder)
        .env("VERANDA__STORAGE__POSTGRES", &cluster.postgres)
        .env("VERANDA__CLUSTER__SECRET", &cluster.secret)
        .env("VERANDA__CLUSTER__NAME", &cluster.name)
        .env("VERANDA__CLUSTER__NODE", name)
        .env("VERANDA__CLUSTER__ADDRESS", free.to_string())
        .env("VERANDA__CLUSTER__REDIS", &cluster.redis[0])
        .env("VERANDA__CLUSTER__DRAIN_SECONDS", "60")
        .env("VERANDA__MEDIA__ENABLED", "false")
        .env("VERANDA__RELAY__ENABLED", "false")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

async fn program(cluster: &Cluster, folder: &Path, name: &str) -> Program {
    let mut child = command(cluster, folder, name).await.spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    let opening = tokio::task::spawn_blocking(move || {
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let open = lines.find_map(|line| Some(line.split_once("open at ")?.1.to_owned()));
        // Read to the end, so that it can go on writing.
        std::thread::spawn(move || lines.for_each(drop));
        open
    });
    let open = opening.await.unwrap().expect("it opens");
    let address = open.trim_start_matches("http://").trim_end_matches("\u{1b}[0m").to_owned();
    Program { child, address }
}

/// What `veranda drain` has printed, and its exit code.
async fn drain(cluster: &Cluster, folder: &Path, name: &str) -> (String, Option<i32>) {
    let mut command = command(cluster, folder, name).await;
    command.arg("drain");
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    (String::from_utf8([output.stdout, output.stderr].concat()).unwrap(), output.status.code())
}

/// Enters through a program.
async fn enter_program(program: &Program, room: &str, name: &str) -> Client {
    for _ in 0..80 {
        if let Ok(mut client) = Client::at(&program.address).await {
            client.say(join_message(room, name)).await;
            if client.next().await.is_ok_and(|said| said["type"] == "joined") {
                return client;
            }
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    panic!("nobody gets in at {}", program.address);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_drained_by_a_command_that_ends_when_it_is_empty() {
    let cluster = Cluster::new().await;
    let folder = tempfile::tempdir().unwrap();
    let (said, code) = drain(&cluster, folder.path(), "two").await;
    assert!(code == Some(1) && said.contains("no server"), "{code:?} {said}");

    // It has the room before there is another node that could.
    let mut two = program(&cluster, folder.path(), "two").await;
    until("it takes people", async || two.ready().await == 200).await;
    let room = two.room().await;
    let mut ada = enter_program(&two, &room, "Ada").await;
    let nodes = vec![cluster.node("one").await];
    let (said, code) = drain(&cluster, folder.path(), "two").await;
    println!("{said}");
    assert!(code == Some(0) && said.contains("It was emptied, and has ended."), "{code:?} {said}");
    assert!(two.child.wait().unwrap().success());
    loop {
        match ada.next().await {
            Ok(_) => {}
            Err(closed) => break assert_eq!(closed, MOVED),
        }
    }
    assert_eq!(cluster.owner(&room, &nodes).await, 0, "it is the other node's");
    enter(&nodes[0], &room, "Bob").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_drained_alone_says_so_and_ends_when_nobody_is_inside() {
    let cluster = Cluster::new().await;
    let folder = tempfile::tempdir().unwrap();
    let mut one = program(&cluster, folder.path(), "one").await;
    until("it takes people", async || one.ready().await == 200).await;
    let room = one.room().await;
    let mut ada = enter_program(&one, &room, "Ada").await;
    let mut draining = std::pin::pin!(drain(&cluster, folder.path(), "one"));
    // As long as somebody is inside, it goes on.
    tokio::select! {
        (said, code) = &mut draining => panic!("{code:?} {said}"),
        () = until("it stops taking people", async || one.ready().await == 503) => {}
    }
    ada.say(json!({ "type": "leave", "id": 2 })).await;
    let (said, code) = draining.await;
    println!("{said}");
    assert!(said.contains("There is no other node that could take them"), "{said}");
    assert!(code == Some(0), "{code:?} {said}");
    assert!(one.child.wait().unwrap().success());
}

#[tokio::test]
async fn a_server_that_is_alone_is_not_drained_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_veranda"))
        .arg("drain")
        .current_dir(folder.path())
        .env("VERANDA__STORAGE__DATA", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("this server is alone"), "{said}");
}
