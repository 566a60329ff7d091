//! One film of a recording: made by a real ffmpeg, cancelled, and by programs that fail, hang or are not there.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use server::config::Config;

use crate::common::TestServer;
use crate::recording::{Meeting, config, files, get, unsealed, until};

/// A recording that is over, of a room whose host has the key.
struct Recorded {
    server: TestServer,
    address: String,
    key: String,
    path: String,
    folder: PathBuf,
}

impl Recorded {
    async fn new(config: Config, is_sealed: bool) -> Self {
        let server = TestServer::with(config).await;
        let address = server.address.to_string();
        let rules = if is_sealed { json!({}) } else { unsealed() };
        let (room, key) = server.new_room_with(rules).await;
        let mut meeting = Meeting::begin(&address, (&room, &key), is_sealed).await;
        let path = format!("/api/v1/recordings/{}", meeting.id);
        let folder = server.data.path().join("recordings").join(&meeting.id);
        until("her tracks are listed", async || {
            let manifest = get(&address, &format!("{path}/manifest"), &key).await.1;
            manifest["parts"][0]["tracks"].as_array().is_some_and(|tracks| tracks.len() == 2)
        })
        .await;
        let early = server.request("POST", &format!("{path}/film"), &bearer(&key), "").await;
        assert_eq!(early.0, 409, "it goes on: {}", early.2);
        meeting.ada.say(json!({ "type": "stop_recording", "recording": meeting.id })).await;
        until("it is complete", async || get(&address, &path, &key).await.1["state"] == "complete").await;
        Self { server, address, key, path, folder }
    }

    /// Real sound and pictures in place of those of the test's sender, which nothing decodes.
    async fn with_media(self, seconds: u32) -> Self {
        let manifest = get(&self.address, &format!("{}/manifest", self.path), &self.key).await.1;
        for track in manifest["parts"][0]["tracks"].as_array().unwrap() {
            let file = self.folder.join(track["file"].as_str().unwrap());
            let (source, codec) = match track["source"].as_str().unwrap() {
                "camera" => (format!("testsrc2=size=320x180:rate=25:duration={seconds}"), "libvpx"),
                _ => (format!("sine=frequency=440:duration={seconds}"), "libopus"),
            };
            let words =
                ["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", &source, "-c", codec, "-f", "webm"];
            assert!(Command::new(ffmpeg()).args(words).arg(file).status().unwrap().success());
        }
        self
    }

    async fn ask(&self, method: &str, key: &str) -> (u16, Value) {
        let (status, _, body) =
            self.server.request(method, &format!("{}/film", self.path), &bearer(key), "").await;
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    async fn state(&self) -> String {
        self.ask("GET", &self.key).await.1["state"].as_str().unwrap_or_default().to_owned()
    }
}

fn bearer(key: &str) -> String {
    format!("authorization: Bearer {key}\r\n")
}

fn ffmpeg() -> String {
    std::env::var("VERANDA_FFMPEG").unwrap_or_else(|_| "ffmpeg".to_owned())
}

/// A program of a test in place of ffmpeg.
fn script(folder: &Path, text: &str) -> String {
    let path = folder.join("program");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

fn with_program(program: String) -> Config {
    let mut config = config();
    config.recording.ffmpeg = program;
    config
}

#[tokio::test]
async fn a_host_has_one_film_made_of_a_recording_reads_it_and_takes_it_away() {
    let recorded = Recorded::new(with_program(ffmpeg()), false).await.with_media(3).await;
    let (_, other) = recorded.server.new_room_with(unsealed()).await;
    assert_eq!(recorded.ask("POST", &other).await.0, 403, "a host of another room");
    assert_eq!(recorded.ask("GET", &recorded.key).await, (200, json!({ "state": "none", "percent": 0 })));
    assert_eq!(recorded.ask("POST", &recorded.key).await.0, 202);
    until("the film is made", async || recorded.state().await == "complete").await;
    let (status, again) = recorded.ask("POST", &recorded.key).await;
    assert_eq!((status, &again["state"]), (202, &json!("complete")), "it is not made again");

    let file = format!("{}/files/film.webm", recorded.path);
    let (status, told, film) = recorded.server.request_bytes("GET", &file, &bearer(&recorded.key), "").await;
    assert!(status == 200 && told.contains("content-type: video/webm"), "{told}");
    assert_eq!(again["bytes"], json!(film.len()));
    assert_eq!(recorded.server.request("GET", &file, "", "").await.0, 401);
    let decoded = Command::new(ffmpeg())
        .args(["-hide_banner", "-nostdin", "-xerror", "-err_detect", "explode", "-i"])
        .arg(recorded.folder.join("film.webm"))
        .args(["-f", "null", "-"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&decoded.stderr).into_owned();
    assert!(decoded.status.success() && said.contains("1280x720") && said.contains("opus"), "{said}");

    assert_eq!(recorded.ask("DELETE", &recorded.key).await.0, 204);
    assert_eq!(recorded.state().await, "none");
    assert!(files(&recorded.folder).iter().all(|file| !file.to_string_lossy().contains("film")));
    assert_eq!(recorded.ask("POST", &recorded.key).await.0, 202);
    until("it is made again", async || recorded.state().await == "complete").await;
    let gone = recorded.server.request("DELETE", &recorded.path, &bearer(&recorded.key), "").await;
    assert_eq!(gone.0, 204);
    assert_eq!(
        files(recorded.folder.parent().unwrap()),
        Vec::<PathBuf>::new(),
        "the film goes with its recording"
    );
}

#[tokio::test]
async fn there_is_no_film_of_what_is_sealed_or_where_none_are_made() {
    let recorded = Recorded::new(with_program(ffmpeg()), true).await;
    let (status, said) = recorded.ask("POST", &recorded.key).await;
    assert_eq!((status, &said["type"]), (409, &json!("/problems/no_film")), "{said}");
    let mut off = config();
    off.recording.films_at_once = 0;
    let recorded = Recorded::new(off, false).await;
    assert_eq!(recorded.ask("POST", &recorded.key).await.0, 409);
}

#[tokio::test]
async fn a_film_that_is_cancelled_or_whose_recording_goes_ends_its_program() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let text = format!("echo $$ >{}; echo out_time_us=100000; exec sleep 1000", pid.display());
    let recorded = Recorded::new(with_program(script(folder.path(), &text)), false).await;
    for takes_all in [false, true] {
        _ = std::fs::remove_file(&pid);
        assert_eq!(recorded.ask("POST", &recorded.key).await.0, 202);
        until("it runs", async || recorded.state().await == "running").await;
        let number = std::fs::read_to_string(&pid).unwrap().trim().to_owned();
        let ended = if takes_all {
            recorded.server.request("DELETE", &recorded.path, &bearer(&recorded.key), "").await.0
        } else {
            recorded.ask("DELETE", &recorded.key).await.0
        };
        assert_eq!(ended, 204);
        until("its program is ended", async || {
            let about = std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
            about.is_empty() || about.contains(") Z")
        })
        .await;
    }
    assert_eq!(files(recorded.folder.parent().unwrap()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_program_that_fails_or_is_not_there_is_told_of_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for program in [
        script(folder.path(), "echo half >film.unfinished; yes broken | head -c 100000 >&2; exit 3"),
        "/nowhere/ffmpeg".to_owned(),
    ] {
        let recorded = Recorded::new(with_program(program), false).await;
        assert_eq!(recorded.ask("POST", &recorded.key).await.0, 202);
        until("it has failed", async || recorded.state().await == "failed").await;
        assert!(files(&recorded.folder).iter().all(|file| !file.to_string_lossy().contains("film")));
        assert_eq!(recorded.ask("POST", &recorded.key).await.0, 202, "it may be tried again");
    }
}
