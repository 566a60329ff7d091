//! Recordings on the server, with real links: who consented is on the disk, and nobody else.

use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use protocol::Signal;
use serde_json::{Value, json};
use server::config::Config;
use testkit::media;

use crate::common::{Client, TestServer, join_message, request_at};

const PATIENCE: Duration = Duration::from_secs(30);
const ROOM_KEY: &str = "AAAAAAAAAAA";

pub(crate) fn config() -> Config {
    let mut config = Config::default();
    config.media.port = 0;
    config.media.shards = 1;
    config.media.addresses = vec!["127.0.0.1".parse().unwrap()];
    config.recording.free_bytes = 0;
    config
}

#[expect(clippy::disallowed_methods, reason = "a client of a test lives in the time of the world")]
fn now() -> Instant {
    Instant::now()
}

/// Somebody who sends sound and pictures over a real socket until they are dropped; their packets are full of their number.
struct Sender {
    is_over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Sender {
    /// Opens a link to the node by which the room's media is to go.
    async fn open(client: &mut Client, via: &Value, number: u8) -> Self {
        let start = now();
        let mut sender = media::Client::new(start, start, media::who(number), number, 1);
        let (_, offer) = sender.signals.remove(0);
        let signal = serde_json::to_value(offer).unwrap();
        client.say(json!({ "type": "signal", "to": via, "link": 0, "number": 0, "signal": signal })).await;
        let answer = client.hear_of("signal").await;
        let signal: Signal = serde_json::from_value(answer["signal"].clone()).unwrap();
        let (number, expects) = Default::default();
        sender.hear_event(sfu::Event::Signal { number, expects, signal });
        let is_over = Arc::<AtomicBool>::default();
        let asked = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || drive(sender, start, &asked));
        Self { is_over, thread: Some(thread) }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

fn drive(mut sender: media::Client, start: Instant, is_over: &AtomicBool) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut bytes = [0; 2_000];
    while !is_over.load(Ordering::Relaxed) {
        let (sent, due) = sender.advance(now());
        for (to, bytes) in sent {
            _ = socket.send_to(&bytes, to);
        }
        let wait =
            due.saturating_sub(now() - start).clamp(Duration::from_millis(1), Duration::from_millis(20));
        socket.set_read_timeout(Some(wait)).unwrap();
        if let Ok((length, from)) = socket.recv_from(&mut bytes) {
            sender.receive(now(), from, &bytes[..length]);
        }
    }
}

/// Two people in a room that is recorded: Ada, a host, who has agreed, and Bob, who has not. Both send.
pub(crate) struct Meeting {
    pub(crate) ada: Client,
    told_ada: Value,
    pub(crate) bob: Client,
    pub(crate) id: String,
    senders: Vec<Sender>,
}

impl Meeting {
    pub(crate) async fn begin(address: &str, (room, host_key): (&str, &str), is_sealed: bool) -> Self {
        let mut people = Vec::new();
        for (name, credential) in [("Ada", Some(host_key)), ("Bob", None)] {
            let mut first = join_message(room, name);
            first["media"] =
                json!({ "microphone": "on", "camera": "on", "screen": "off", "screen_audio": "off" });
            if let Some(credential) = credential {
                first["credential"] = json!(credential);
            }
            if is_sealed {
                first["room_key"] = json!(ROOM_KEY);
                first["key"] = json!("q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA");
            }
            let mut client = Client::at(address).await.unwrap();
            client.say(first).await;
            let joined = client.hear_of("joined").await;
            people.push((client, joined));
        }
        let (mut bob, _) = people.pop().unwrap();
        let (mut ada, told_ada) = people.pop().unwrap();
        ada.say(json!({ "type": "start_recording" })).await;
        let told = ada.hear_of("recording").await;
        let id = told["recording"]["id"].as_str().unwrap_or_else(|| panic!("{told}")).to_owned();
        ada.say(json!({ "type": "answer_recording", "recording": id, "consent": "given" })).await;
        if is_sealed {
            let keys = json!([{ "key": 0, "box": "Ym94" }]);
            ada.say(json!({ "type": "keep_recording_keys", "recording": id, "keys": keys })).await;
        }
        let mut senders = Vec::new();
        for (number, client) in [(0x51, &mut ada), (0x52, &mut bob)] {
            let migration = client.hear_of("topology").await["topology"]["migration"].clone();
            // Sealed frames name key 0 where their first byte has no more than its counter in it.
            let number = if is_sealed { number & 0x0f } else { number };
            senders.push(Sender::open(client, &migration["via"], number).await);
            client.say(json!({ "type": "topology_ready", "epoch": migration["epoch"] })).await;
        }
        Self { ada, told_ada, bob, id, senders }
    }
}

/// The rules of a room in which nothing is sealed.
pub(crate) fn unsealed() -> Value {
    json!({ "encryption": "transport", "name": "The garden" })
}

pub(crate) async fn get(address: &str, path: &str, key: &str) -> (u16, Value) {
    let head = format!("authorization: Bearer {key}\r\n");
    let (status, _, body) = request_at(address, "GET", path, &head, "").await;
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// Asks until it is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = now() + PATIENCE;
    while !is_so().await {
        assert!(now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn tracks(manifest: &Value, part: usize) -> Vec<&Value> {
    manifest["parts"][part]["tracks"].as_array().map(|tracks| tracks.iter().collect()).unwrap_or_default()
}

fn has_run_of(bytes: &[u8], byte: u8) -> bool {
    bytes.windows(32).any(|window| window.iter().all(|one| *one == byte))
}

#[tokio::test]
async fn who_consented_is_on_the_disk_and_nobody_else_and_what_is_deleted_is_gone() {
    let server = TestServer::with(config()).await;
    let address = server.address.to_string();
    let (room, key) = server.new_room_with(unsealed()).await;
    let mut meeting = Meeting::begin(&address, (&room, &key), false).await;
    let id = meeting.id.clone();
    let path = format!("/api/v1/recordings/{id}");
    let folder = server.data.path().join("recordings").join(&id);
    until("both of Ada's tracks grow", async || {
        let webm =
            files(&folder).into_iter().filter(|file| file.extension().is_some_and(|end| end == "webm"));
        let sizes: Vec<_> = webm.map(|file| std::fs::metadata(file).unwrap().len()).collect();
        sizes.len() >= 2 && sizes.iter().all(|size| *size > 10_000)
    })
    .await;
    let (status, info) = get(&address, &path, &key).await;
    assert_eq!(
        (status, &info["state"], &info["sealed"]),
        (200, &json!("recording"), &json!(false)),
        "{info}"
    );
    let head = format!("authorization: Bearer {key}\r\n");
    let (status, ..) = server.request("DELETE", &path, &head, "").await;
    assert_eq!(status, 409, "it goes on");

    meeting.ada.say(json!({ "type": "stop_recording", "recording": id })).await;
    assert_eq!(meeting.bob.hear_of("recording").await["ended"], "stopped");
    until("it is complete", async || get(&address, &path, &key).await.1["state"] == "complete").await;
    let (_, info) = get(&address, &path, &key).await;
    assert_eq!(info["end"], "stopped");
    assert!(info["bytes"].as_u64().unwrap() > 20_000 && info["deletes_at"].is_u64(), "{info}");

    let (status, manifest) = get(&address, &format!("{path}/manifest"), &key).await;
    assert_eq!(status, 200);
    assert!(manifest["parts"][0]["lasted_ms"].is_u64(), "{manifest}");
    let ada = &meeting.told_ada["you"]["id"];
    let of: Vec<_> =
        tracks(&manifest, 0).iter().map(|track| (&track["participant"], &track["source"])).collect();
    assert!(of.iter().all(|(whose, _)| *whose == ada) && of.len() == 2, "{of:?} {ada}");
    assert_eq!(files(&folder).len(), 4, "manifest, events and two tracks");
    for file in files(&folder) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!has_run_of(&bytes, 0x52), "{} has something of Bob", file.display());
        let is_track = file.extension().is_some_and(|end| end == "webm");
        assert_eq!(has_run_of(&bytes, 0x51), is_track, "{}", file.display());
    }
    check_reading(&server, &path, tracks(&manifest, 0)[0]["file"].as_str().unwrap(), &key).await;

    check_keyring(&server, &room, &path, &key).await;
    let listed = get(&address, &format!("/api/v1/rooms/{room}/recordings"), &key).await.1;
    assert_eq!((&listed[0]["id"], &listed[0]["room_name"]), (&json!(id), &json!("The garden")));
    let body = json!({ "name": "Tea" }).to_string();
    let head_of_body = format!("{head}content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    let (status, _, named) = server.request("PATCH", &path, &head_of_body, &body).await;
    assert_eq!((status, serde_json::from_str::<Value>(&named).unwrap()["name"].clone()), (200, json!("Tea")));
    let (_, other_key) = server.new_room_with(json!({})).await;
    let (status, ..) =
        server.request("DELETE", &path, &format!("authorization: Bearer {other_key}\r\n"), "").await;
    assert_eq!(status, 403, "the key of another room");
    let (status, ..) = server.request("DELETE", &path, &head, "").await;
    assert_eq!(status, 204);
    assert_eq!(files(folder.parent().unwrap()), Vec::<PathBuf>::new(), "nothing is left");
    for gone in [path.clone(), format!("{path}/manifest")] {
        assert_eq!(get(&address, &gone, &key).await.0, 404);
    }
    drop(meeting.senders);
}

/// That a browser reads it on pages of ours which holds what opens the room, and that its host does there what is done over REST. Everything of it
/// comes in one file.
async fn check_keyring(server: &TestServer, room: &str, path: &str, key: &str) {
    let (_, told, _) = server.request("GET", &format!("/r/{room}?key={key}"), "", "").await;
    let cookie = told.lines().find_map(|line| line.strip_prefix("set-cookie: veranda=")).unwrap();
    let cookie = format!("cookie: veranda={}\r\n", cookie.split(';').next().unwrap());
    let foreign = format!("{cookie}origin: https://evil.example\r\n");
    let manifest = format!("{path}/manifest");
    for (head, expected) in
        [(&*cookie, 200), ("", 401), ("cookie: veranda=s00000000\r\n", 401), (&foreign, 401)]
    {
        assert_eq!(server.request("GET", &manifest, head, "").await.0, expected, "{head}");
    }
    let (status, told, archive) = server.request_bytes("GET", &format!("{path}/archive"), &cookie, "").await;
    assert!(status == 200 && told.contains("content-type: application/x-tar"), "{told}");
    assert!(told.contains(&format!("content-length: {}", archive.len())), "{told}");
    let mut archive = tar::Archive::new(&archive[..]);
    let mut names = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let (mut bytes, name) = (Vec::new(), entry.path().unwrap().display().to_string());
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        let kept = std::fs::read(server.data.path().join(path.trim_start_matches("/api/v1/")).join(&name));
        assert!(kept.unwrap() == bytes, "{name}");
        names.push(name);
    }
    assert_eq!(names.len(), 4, "manifest, events and two tracks: {names:?}");

    let page = format!("/r/{room}/recordings");
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(server.request("GET", &page, "", "").await.0, 403);
    let (status, _, shown) = server.request("GET", &page, &cookie, "").await;
    assert!(status == 200 && shown.contains(&format!("href=\"/recordings/{id}\"")), "{shown}");
    let post = async |form: &str, body: &str, head: &str| {
        let form_head = "content-type: application/x-www-form-urlencoded\r\n";
        let head = format!("{head}{form_head}content-length: {}\r\n", body.len());
        server.request("POST", &format!("{page}/{form}"), &head, body).await
    };
    for form in ["name", "delete"] {
        assert_eq!(post(form, &format!("id={id}&name=x"), &foreign).await.0, 403, "{form}");
        assert_eq!(post(form, &format!("id={id}&name=x"), "").await.0, 403, "{form}");
    }
    let (status, _, shown) = post("name", &format!("id={id}&name=%3Cb%3E"), &cookie).await;
    assert!(status == 400 && shown.contains("role=\"alert\""), "{shown}");
    assert_eq!(post("name", &format!("id={id}&name=Pressing+apples"), &cookie).await.0, 303);
    let shown = server.request("GET", &page, &cookie, "").await.2;
    assert!(shown.contains("Pressing apples"), "{shown}");
    assert_eq!(post("delete", "id=00000000-0000-4000-8000-000000000000", &cookie).await.0, 303);
}

/// What of a recording whose frames are not sealed can be read, and by whom.
async fn check_reading(server: &TestServer, path: &str, file: &str, key: &str) {
    let head = format!("authorization: Bearer {key}\r\n");
    let file = format!("{path}/files/{file}");
    let (status, told, whole) = server.request_bytes("GET", &file, &head, "").await;
    assert_eq!(status, 200);
    assert!(told.contains("content-type: video/webm") && told.contains("cache-control: no-store"), "{told}");
    let range = format!("{head}range: bytes=100-199\r\n");
    let (status, told, some) = server.request_bytes("GET", &file, &range, "").await;
    assert_eq!((status, &some[..]), (206, &whole[100..200]));
    assert!(told.contains(&format!("content-range: bytes 100-199/{}", whole.len())), "{told}");
    let beyond = format!("{head}range: bytes={}-\r\n", whole.len());
    assert_eq!(server.request_bytes("GET", &file, &beyond, "").await.0, 416);
    assert_eq!(server.request("GET", &file, "", "").await.0, 401, "nothing is sealed");
    assert_eq!(server.request("GET", &file, "authorization: Bearer k_guess\r\n", "").await.0, 404);
    for wrong in [
        "../../veranda.sqlite",
        "..%2f..%2fveranda.sqlite",
        "%2e%2e%2f%2e%2e%2fveranda.sqlite",
        "%2fetc%2fpasswd",
        "manifest.json",
        "part-0009-events.jsonl",
    ] {
        assert_eq!(
            server.request("GET", &format!("{path}/files/{wrong}"), &head, "").await.0,
            404,
            "{wrong}"
        );
    }
    for wrong in ["00000000-0000-4000-8000-000000000000", "..", "%2e%2e", "nothing"] {
        let wrong = format!("/api/v1/recordings/{wrong}");
        assert_eq!(server.request("GET", &wrong, &head, "").await.0, 404, "{wrong}");
        assert_eq!(server.request("GET", &format!("{wrong}/manifest"), &head, "").await.0, 404, "{wrong}");
    }
    let upper = path.to_uppercase().replace("/API/V1/RECORDINGS", "/api/v1/recordings");
    assert_eq!(server.request("GET", &upper, &head, "").await.0, 404, "it has one address");
}

#[tokio::test]
async fn sealed_frames_are_kept_with_their_boxes_and_read_by_whoever_has_the_id() {
    let server = TestServer::with(config()).await;
    let address = server.address.to_string();
    let (room, key) = server.new_room_with(json!({})).await;
    let mut meeting = Meeting::begin(&address, (&room, &key), true).await;
    let id = meeting.id.clone();
    let path = format!("/api/v1/recordings/{id}");
    until("a track is listed", async || {
        !tracks(&get(&address, &format!("{path}/manifest"), "").await.1, 0).is_empty()
    })
    .await;
    meeting.ada.say(json!({ "type": "answer_recording", "recording": id, "consent": "taken_back" })).await;
    until("her files are finished", async || {
        let manifest = get(&address, &format!("{path}/manifest"), "").await.1;
        tracks(&manifest, 0).iter().all(|track| track["ended_ms"].is_u64())
    })
    .await;
    meeting.ada.say(json!({ "type": "stop_recording", "recording": id })).await;
    until("it is complete", async || get(&address, &path, "").await.1["state"] == "complete").await;
    let (_, manifest) = get(&address, &format!("{path}/manifest"), "").await;
    assert_eq!(manifest["key"], ROOM_KEY);
    assert!(tracks(&manifest, 0).iter().all(|track| track["protection"] == "sealed"));
    let consents: Vec<_> =
        manifest["people"].as_array().unwrap().iter().map(|person| person["consent"].clone()).collect();
    assert_eq!(consents, ["taken_back", "not_answered"]);
    let keys = manifest["parts"][0]["keys"].as_str().unwrap();
    let (status, told, boxes) = server.request("GET", &format!("{path}/files/{keys}"), "", "").await;
    assert!(status == 200 && told.contains("content-type: application/octet-stream"), "{told}");
    let kept: Value = serde_json::from_str(boxes.lines().next().unwrap()).unwrap();
    assert_eq!((&kept["box"], &kept["participant"]), (&json!("Ym94"), &meeting.told_ada["you"]["id"]));
    drop(meeting.senders);
}

#[tokio::test]
async fn only_hosts_start_one_and_a_full_disk_or_a_folder_that_cannot_be_written_harms_nobody() {
    let mut full = config();
    full.recording.free_bytes = u64::MAX;
    let server = TestServer::with(full).await;
    let (room, key) = server.new_room_with(unsealed()).await;
    let (mut bob, _) = server.join(&room, "Bob").await;
    bob.say(json!({ "type": "start_recording", "id": 7 })).await;
    let refused = bob.hear_of("error").await;
    assert_eq!((&refused["code"], &refused["in_reply_to"]), (&json!("not_allowed"), &json!(7)));
    let mut first = join_message(&room, "Ada");
    first["credential"] = json!(key);
    let (mut ada, _) = server.join_with(first.clone()).await;
    ada.say(json!({ "type": "start_recording" })).await;
    for client in [&mut ada, &mut bob] {
        assert!(client.hear_of("recording").await["recording"].is_object());
        assert_eq!(client.hear_of("recording").await["ended"], "disk_full");
    }
    ada.say(json!({ "type": "ping" })).await;
    ada.hear_of("pong").await;

    let mut nowhere = config();
    let file = tempfile::NamedTempFile::new().unwrap();
    nowhere.recording.folder = file.path().to_owned();
    let server = TestServer::with(nowhere).await;
    let (room, key) = server.new_room_with(unsealed()).await;
    first["credential"] = json!(key);
    first["room"] = json!(room);
    let (mut ada, _) = server.join_with(first).await;
    ada.say(json!({ "type": "start_recording" })).await;
    assert_eq!(ada.hear_of("error").await["code"], "recording_unavailable");
}

/// The program itself, which is killed.
struct Program {
    child: Child,
    address: String,
}

impl Program {
    async fn start(data: &Path) -> Self {
        std::fs::create_dir_all(data.join("target/site/pkg")).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let child = Command::new(env!("CARGO_BIN_EXE_veranda"))
            .current_dir(data)
            .env("VERANDA__SERVER__ADDRESS", &address)
            .env("VERANDA__STORAGE__DATA", data)
            .env("VERANDA__MEDIA__PORT", "0")
            .env("VERANDA__MEDIA__SHARDS", "1")
            .env("VERANDA__MEDIA__ADDRESSES", "127.0.0.1")
            .env("VERANDA__METRICS__ENABLED", "false")
            .env("VERANDA__RECORDING__FREE_BYTES", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let program = Self { child, address };
        until("it listens", async || tokio::net::TcpStream::connect(&program.address).await.is_ok()).await;
        program
    }

    /// As the system does where it has no memory left: without a word.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_kill_loses_two_seconds_at_the_most_and_the_recording_goes_on_in_another_part() {
    let data = tempfile::tempdir().unwrap();
    let mut program = Program::start(data.path()).await;
    let (status, _, body) = request_at(
        &program.address,
        "POST",
        "/api/v1/rooms",
        &format!("content-type: application/json\r\ncontent-length: {}\r\n", unsealed().to_string().len()),
        &unsealed().to_string(),
    )
    .await;
    assert_eq!(status, 201);
    let made: Value = serde_json::from_slice(&body).unwrap();
    let (room, key) = (made["code"].as_str().unwrap(), made["host_key"].as_str().unwrap());
    let meeting = Meeting::begin(&program.address, (room, key), false).await;
    let folder = data.path().join("recordings").join(&meeting.id);
    let manifest = || -> Value {
        let text = std::fs::read(folder.join("manifest.json")).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    };
    until("both tracks grow for a while", async || {
        let sizes = files(&folder).into_iter().map(|file| std::fs::metadata(file).unwrap().len());
        sizes.filter(|size| *size > 40_000).count() >= 2 && tracks(&manifest(), 0).len() >= 2
    })
    .await;
    let killed = now_of_the_world();
    program.kill();
    let Meeting { told_ada, id, senders, .. } = meeting;
    drop(senders);

    let program = Program::start(data.path()).await;
    until("what was left is whole", async || manifest()["parts"][0]["lasted_ms"].is_u64()).await;
    let whole = manifest();
    let began = whole["parts"][0]["began"].as_u64().unwrap();
    for track in tracks(&whole, 0) {
        let ended = began + track["ended_ms"].as_u64().unwrap_or_else(|| panic!("it is not whole: {track}"));
        let lost = killed.saturating_sub(ended);
        println!("{} of {} is there up to {lost} ms before the kill", track["file"], track["source"]);
        assert!(lost <= 2_000, "{lost} ms are lost of {track}");
    }
    // Ada comes back: the room goes on with the recording, and she is asked nothing again.
    let mut ada = Client::at(&program.address).await.unwrap();
    let resume = json!({
        "type": "resume", "id": 1, "version": 1, "room": room, "session": told_ada["session"], "last": 0,
        "media": { "microphone": "on", "camera": "on", "screen": "off", "screen_audio": "off" },
    });
    ada.say(resume).await;
    let back = ada.next().await.unwrap();
    until("there is a second part", async || {
        manifest()["parts"].as_array().is_some_and(|parts| parts.len() == 2)
    })
    .await;
    println!("{back}");
    ada.say(json!({ "type": "stop_recording", "recording": id })).await;
    until("it is complete", async || {
        get(&program.address, &format!("/api/v1/recordings/{id}"), key).await.1["state"] == "complete"
    })
    .await;
    assert!(manifest()["parts"][1]["lasted_ms"].is_u64());
}

fn now_of_the_world() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the kill is at a moment of the world")]
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64
}
