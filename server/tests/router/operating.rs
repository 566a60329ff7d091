//! What an operator meets: the program itself, started as they start it.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use futures::future::select_all;
use serde_json::json;
use server::config::Config;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::common::TestServer;
use crate::sessions::sqlx_connection;

/// The program in an empty folder, with a page that is just there.
fn program(folder: &Path) -> Command {
    std::fs::create_dir_all(folder.join("target/site/pkg")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_veranda"));
    command
        .current_dir(folder)
        .env("VERANDA__SERVER__ADDRESS", "127.0.0.1:0")
        .env("VERANDA__MEDIA__ENABLED", "false")
        .env("VERANDA__RELAY__ENABLED", "false")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

/// The end of a program that a test has started.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// The address that its log names.
fn address(running: &mut Running) -> String {
    let mut lines = BufReader::new(running.0.stdout.as_mut().unwrap()).lines();
    let open = lines.find_map(|line| {
        let line = line.unwrap();
        Some(line.split_once("open at ")?.1.to_owned())
    });
    open.unwrap().trim_start_matches("http://").trim_end_matches("\u{1b}[0m").to_owned()
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8(text).unwrap()
}

async fn landing_page(address: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_log_that_nobody_reads_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Running(program(folder.path()).env("VERANDA__LOG__FILTER", "trace").spawn().unwrap());
    let address = address(&mut running);
    // Each answer is many lines at this level, and a pipe holds 64 KiB.
    for _ in 0..200 {
        assert!(landing_page(&address).await.starts_with("HTTP/1.1 200"));
    }
}

#[test]
fn a_server_without_the_pages_files_says_so_and_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let output = program(folder.path()).env("VERANDA__SERVER__SITE", "elsewhere").output().unwrap();
    assert!(!output.status.success());
    assert!(
        said(&output).contains("site = \"elsewhere\": the page's files are not there"),
        "{}",
        said(&output)
    );
}

#[test]
fn settings_are_checked_without_starting_anything() {
    let folder = tempfile::tempdir().unwrap();
    let check = |origins: &str| {
        let mut command = program(folder.path());
        command.arg("check-config").env("VERANDA__SERVER__ALLOWED_ORIGINS", origins).output().unwrap()
    };
    let right = check("https://meet.example");
    assert!(right.status.success(), "{}", said(&right));
    let shown = String::from_utf8_lossy(&right.stdout).into_owned();
    assert!(shown.contains("allowed_origins = [\"https://meet.example\"]"), "{shown}");
    let wrong = check("*");
    assert!(!wrong.status.success());
    assert!(said(&wrong).contains("allowed_origins: '*' is no origin"), "{}", said(&wrong));
    assert!(!folder.path().join("data").exists(), "nothing was started");
}

#[tokio::test]
async fn a_backup_is_made_beside_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Running(program(folder.path()).spawn().unwrap());
    address(&mut running);
    let back_up = || program(folder.path()).args(["backup", "copy.sqlite"]).output().unwrap();
    let first = back_up();
    assert!(first.status.success(), "{}", said(&first));
    assert!(folder.path().join("copy.sqlite").metadata().unwrap().len() > 4096);
    let second = back_up();
    assert!(!second.status.success() && said(&second).contains("is there already"), "{}", said(&second));

    let restore = |data: &str| {
        let mut command = program(folder.path());
        command.args(["restore", "copy.sqlite"]).env("VERANDA__STORAGE__DATA", data).output().unwrap()
    };
    let beside = restore("data");
    assert!(
        !beside.status.success() && said(&beside).contains("used by another Veranda"),
        "{}",
        said(&beside)
    );
    let elsewhere = restore("elsewhere");
    assert!(elsewhere.status.success(), "{}", said(&elsewhere));
    assert!(String::from_utf8_lossy(&elsewhere.stdout).contains("signing.key is missing"));
    assert!(folder.path().join("elsewhere/veranda.sqlite").metadata().unwrap().len() > 4096);
}

/// Writes one message after another, as fast as the server lets one person, and notes what is kept.
async fn writes(
    server: &TestServer,
    writer: usize,
    kept: &Mutex<BTreeSet<String>>,
) -> std::convert::Infallible {
    let room = server.new_room().await;
    let (mut ada, _) = server.join(&room, "Ada").await;
    for number in 0_usize.. {
        let id = format!("00000000-0000-4000-{writer:04x}-{number:012x}");
        let envelope = json!({ "version": 1, "body": "x".repeat(1000) });
        ada.say(json!({ "type": "chat", "chat": id, "to": "everyone", "envelope": envelope })).await;
        loop {
            let heard = ada.hear().await;
            match heard["type"].as_str().unwrap() {
                "chat_kept" => {
                    kept.lock().unwrap().insert(id);
                    break;
                }
                "error" => {
                    assert_eq!(heard["code"], "chat_too_fast");
                    tokio::time::sleep(Duration::from_millis(250)).await;
                    break;
                }
                _ => {}
            }
        }
    }
    unreachable!("there is always a next number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_kept_before_a_backup_began_is_in_it_whatever_is_written_meanwhile() {
    let mut config = Config::default();
    config.limits.chat_kib_at_once = 1 << 20;
    let server = TestServer::with(config).await;
    let kept = Mutex::new(BTreeSet::new());
    let folder = tempfile::tempdir().unwrap();
    let veranda = async |arguments: &[&str], data: &Path| {
        let mut command = program(folder.path());
        command.args(arguments).env("VERANDA__STORAGE__DATA", data);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    };
    let backing_up = async {
        let mut before = Vec::new();
        for number in 0..4 {
            // What is written by the clock alone says nothing: there is something new each time.
            let written = kept.lock().unwrap().len() + 20;
            while kept.lock().unwrap().len() < written {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            before.push(kept.lock().unwrap().clone());
            veranda(&["backup", &format!("{number}.sqlite")], server.data.path()).await;
        }
        before
    };
    let writers = (0..12).map(|writer| Box::pin(writes(&server, writer, &kept)));
    let before = tokio::select! {
        before = backing_up => before,
        _ = select_all(writers) => unreachable!("nobody ever ends"),
    };
    for (number, before) in before.into_iter().enumerate() {
        let data = folder.path().join(format!("restored-{number}"));
        veranda(&["restore", &format!("{number}.sqlite")], &data).await;
        let mut restored = sqlx_connection(&data.join("veranda.sqlite")).await;
        let found: Vec<String> =
            sqlx::query_scalar("SELECT id FROM chat").fetch_all(&mut restored).await.unwrap();
        let found: BTreeSet<_> = found.into_iter().collect();
        assert!(
            before.len() >= 20 * (number + 1) && before.is_subset(&found),
            "{number}: {} of {}",
            found.len(),
            before.len()
        );
    }
}
