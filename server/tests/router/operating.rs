//! What an operator meets: the program itself, started as they start it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

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
