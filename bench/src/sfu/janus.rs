//! Janus from the distribution: a process of its own with settings of its own, and people in a video room of it.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use str0m::change::{SdpAnswer, SdpOffer};
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::clock;
use super::endpoint::Endpoint;
use super::engine::Engine;
use super::network::own_address;
use super::plan::{Plan, Which};
use super::stream::Outgoing;

/// Where the package has its parts.
fn libraries() -> String {
    format!("/usr/lib/{}-linux-gnu/janus", std::env::consts::ARCH)
}

/// Links that may be on their way up at the same time.
const AT_ONCE: usize = 16;

const ROOM: u64 = 1_234;

/// A running Janus; it is killed when this is dropped.
pub(super) struct Janus {
    child: Child,
    address: SocketAddr,
    settings: tempfile::TempDir,
}

/// Everybody in the room. They are gone when this is.
pub(super) struct People {
    session: Session,
    /// The handle that has made the room.
    owner: u64,
}

/// A session over one socket, on which every peer connection is a handle.
struct Session {
    number: u64,
    requests: mpsc::UnboundedSender<Request>,
    talking: JoinHandle<anyhow::Result<()>>,
}

struct Request {
    message: Value,
    answer: oneshot::Sender<Value>,
}

/// Whether the package is there.
pub(super) fn is_installed() -> bool {
    std::path::Path::new("/usr/bin/janus").exists()
}

impl Janus {
    /// Starts it with the video room and the socket alone, without STUN, on this machine's own interface.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let settings = tempfile::tempdir()?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let write = |name: &str, text: String| std::fs::write(settings.path().join(name), text);
        std::fs::create_dir(settings.path().join("recordings"))?;
        let folder = settings.path().display();
        write("janus.jcfg", general(&folder.to_string(), own_address()?))?;
        write("janus.plugin.videoroom.jcfg", "general: {}\n".to_owned())?;
        write(
            "janus.transport.websockets.jcfg",
            format!(
                "general: {{ json = \"compact\" ws = true ws_port = {port} ws_ip = \"127.0.0.1\" wss = false }}\n"
            ),
        )?;
        let child = Command::new("/usr/bin/janus")
            .args(["-F", &folder.to_string(), "-L", &format!("{folder}/log"), "-N"])
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("Janus cannot be started")?;
        let janus = Self { child, address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), settings };
        for _ in 0..200 {
            if TcpStream::connect(janus.address).await.is_ok() {
                return Ok(janus);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("Janus does not listen")
    }

    /// The number of the process.
    pub(super) fn id(&self) -> anyhow::Result<u32> {
        self.child.id().context("Janus ended")
    }

    /// Brings everybody in and up: those who send over one link, what they receive over another, as its own pages do.
    pub(super) async fn connect(&self, engine: &Engine, plan: &Plan) -> anyhow::Result<People> {
        let session = Session::open(self.address).await?;
        let owner = session.attach().await?;
        let room = json!({
            "request": "create", "room": ROOM, "publishers": 500, "bitrate": 0, "audiocodec": "opus", "videocodec": "vp8",
            "notify_joining": false, "audiolevel_ext": true, "audiolevel_event": false,
            "rec_dir": self.recordings().display().to_string(),
        });
        session.say(owner, room, None).await?;
        let mut feeds = Vec::new();
        for sender in 0..plan.senders {
            let (endpoint, feed) = session.publish(engine, sender, plan).await?;
            engine.add(endpoint)?;
            feeds.push(feed);
        }
        engine.until("all senders are up", |seen| seen.connected == plan.senders).await?;
        let mut links = plan.senders;
        for person in 0..plan.people {
            let wanted: Vec<_> =
                plan.feeds(Which::Janus, person).into_iter().map(|feed| feeds[feed]).collect();
            if wanted.is_empty() {
                continue;
            }
            engine.add(session.subscribe(engine, links, &wanted).await?)?;
            engine.until("links come up", |seen| seen.connected + AT_ONCE > links).await?;
            links += 1;
        }
        engine.until("all links are up", |seen| seen.connected == links).await?;
        Ok(People { session, owner })
    }

    /// How many files it has recorded, and their bytes.
    pub(super) fn recorded(&self) -> anyhow::Result<(usize, u64)> {
        let mut all = (0, 0);
        for file in std::fs::read_dir(self.recordings())? {
            all = (all.0 + 1, all.1 + file?.metadata()?.len());
        }
        Ok(all)
    }

    fn recordings(&self) -> PathBuf {
        self.settings.path().join("recordings")
    }
}

impl People {
    /// Has the room recorded, or no longer.
    pub(super) async fn record(&self, is_on: bool) -> anyhow::Result<()> {
        let wanted = json!({ "request": "enable_recording", "room": ROOM, "record": is_on });
        self.session.say(self.owner, wanted, None).await.map(|_| ())
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(!self.session.talking.is_finished(), "the socket closed");
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.talking.abort();
    }
}

impl Session {
    async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{address}/").into_client_request()?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("janus-protocol"));
        let (socket, _) = client_async(request, stream).await?;
        let (requests, asked) = mpsc::unbounded_channel();
        let talking = tokio::task::spawn_local(talk(socket, asked));
        let mut session = Self { number: 0, requests, talking };
        let created = session.ask(json!({ "janus": "create" })).await?;
        session.number = created["data"]["id"].as_u64().context("no session")?;
        Ok(session)
    }

    async fn attach(&self) -> anyhow::Result<u64> {
        let attach =
            json!({ "janus": "attach", "session_id": self.number, "plugin": "janus.plugin.videoroom" });
        self.ask(attach).await?["data"]["id"].as_u64().context("no handle")
    }

    /// Says something to the video room.
    async fn say(&self, handle: u64, body: Value, description: Option<Value>) -> anyhow::Result<Value> {
        let mut message =
            json!({ "janus": "message", "session_id": self.number, "handle_id": handle, "body": body });
        if let Some(description) = description {
            message["jsep"] = description;
        }
        let answer = self.ask(message).await?;
        let error = &answer["plugindata"]["data"]["error"];
        anyhow::ensure!(error.is_null(), "the video room says {error}");
        Ok(answer)
    }

    async fn ask(&self, message: Value) -> anyhow::Result<Value> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request { message, answer })?;
        let answer = tokio::time::timeout(Duration::from_secs(10), answered).await??;
        anyhow::ensure!(answer["janus"] != "error", "Janus says {}", answer["error"]);
        Ok(answer)
    }

    /// All candidates are in the description; Janus waits until that is said. It only acknowledges this.
    fn end_candidates(&self, handle: u64) -> anyhow::Result<()> {
        let candidate = json!({ "completed": true });
        let message = json!({ "janus": "trickle", "session_id": self.number, "handle_id": handle, "candidate": candidate });
        let (answer, _) = oneshot::channel();
        Ok(self.requests.send(Request { message, answer })?)
    }

    async fn publish(&self, engine: &Engine, person: usize, plan: &Plan) -> anyhow::Result<(Endpoint, u64)> {
        let handle = self.attach().await?;
        let join = json!({ "request": "join", "ptype": "publisher", "room": ROOM });
        let joined = self.say(handle, join, None).await?;
        let feed = joined["plugindata"]["data"]["id"].as_u64().context("no feed")?;
        let mut endpoint = Endpoint::new(person, engine.addresses.of(person), clock::moment())?;
        let mut changes = endpoint.rtc.sdp_api();
        let microphone =
            plan.sound.then(|| changes.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None));
        let camera = plan
            .video
            .map(|how| (changes.add_media(MediaKind::Video, Direction::SendOnly, None, None, None), how));
        let (offer, pending) = changes.apply().context("an empty offer")?;
        let offer = json!({ "type": "offer", "sdp": offer.to_sdp_string() });
        let answer = self.say(handle, json!({ "request": "publish" }), Some(offer)).await?;
        self.end_candidates(handle)?;
        let answer = answer["jsep"]["sdp"].as_str().context("no answer")?;
        endpoint.rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(answer)?)?;
        if let Some(mid) = microphone {
            let opus = endpoint.payload_type(Codec::Opus)?;
            endpoint.sends.push(Outgoing::sound(mid, opus, Plan::loudness(person)));
        }
        if let Some((mid, how)) = camera {
            let vp8 = endpoint.payload_type(Codec::Vp8)?;
            endpoint.sends.push(Outgoing::video(mid, vp8, how));
        }
        Ok((endpoint, feed))
    }

    async fn subscribe(&self, engine: &Engine, client: usize, feeds: &[u64]) -> anyhow::Result<Endpoint> {
        let handle = self.attach().await?;
        let streams: Vec<_> = feeds.iter().map(|feed| json!({ "feed": feed })).collect();
        let join = json!({ "request": "join", "ptype": "subscriber", "room": ROOM, "streams": streams });
        let offered = self.say(handle, join, None).await?;
        let offer = offered["jsep"]["sdp"].as_str().context("no offer")?;
        let mut endpoint = Endpoint::new(client, engine.addresses.of(client), clock::moment())?;
        let answer = endpoint.rtc.sdp_api().accept_offer(SdpOffer::from_sdp_string(offer)?)?;
        let answer = json!({ "type": "answer", "sdp": answer.to_sdp_string() });
        self.say(handle, json!({ "request": "start" }), Some(answer)).await?;
        self.end_candidates(handle)?;
        Ok(endpoint)
    }
}

/// Asks what is to be asked, and gives each answer to whoever asked.
async fn talk(
    mut socket: WebSocketStream<TcpStream>,
    mut requests: mpsc::UnboundedReceiver<Request>,
) -> anyhow::Result<()> {
    let mut asked = HashMap::new();
    let mut number = 0_u64;
    loop {
        tokio::select! {
            request = requests.recv() => {
                let Some(Request { mut message, answer }) = request else { return Ok(()) };
                number += 1;
                let transaction = number.to_string();
                message["transaction"] = json!(transaction);
                asked.insert(transaction, answer);
                socket.send(Message::text(message.to_string())).await?;
            }
            message = socket.next() => {
                let Message::Text(text) = message.context("Janus closed the socket")?? else { continue };
                let message: Value = serde_json::from_str(&text)?;
                // The answer itself follows an acknowledgement.
                if message["janus"] == "ack" {
                    continue;
                }
                if let Some(answer) = message["transaction"].as_str().and_then(|which| asked.remove(which)) {
                    _ = answer.send(message);
                }
            }
        }
    }
}

/// What is set: everything else is as Janus has it.
fn general(folder: &str, address: Ipv4Addr) -> String {
    let libraries = libraries();
    format!(
        "general: {{
    configs_folder = \"{folder}\"
    plugins_folder = \"{libraries}/plugins\"
    transports_folder = \"{libraries}/transports\"
    debug_level = 2
    session_timeout = 0
}}
media: {{
    ipv6 = false
}}
nat: {{
    ice_lite = true
    ice_enforce_list = \"{address}\"
}}
plugins: {{
    disable = \"libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so\"
}}
transports: {{
    disable = \"libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so\"
}}
"
    )
}
