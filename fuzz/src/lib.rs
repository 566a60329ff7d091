//! What the targets share: two honest people in a room of a real server, who notice when anything happens to
//! them; two honest clients of a relay, who notice too; and bytes that come in pieces.

pub mod link;
pub mod pieces;
pub mod turn;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use axum::Router;
use futures::{FutureExt, SinkExt, StreamExt};
use serde_json::{Value, json};
use server::config::Config;
use server::{AppState, router};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_tungstenite::tungstenite::Message;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::{WebSocketStream, client_async};

/// A server on a free port, and a room with two people in it.
pub struct World {
    pub runtime: Runtime,
    pub router: Router,
    pub address: SocketAddr,
    pub room: String,
    /// A room of the attacker's, and the key of its host.
    pub mine: String,
    pub my_key: String,
    host_key: String,
    before: Value,
    people: [Honest; 2],
    /// Somebody whom another node has passed on, where there is one.
    passed_on: Option<Honest>,
    asked: Instant,
    _data: tempfile::TempDir,
}

struct Honest {
    id: String,
    socket: WebSocketStream<Box<dyn Stream>>,
    /// What it is a stream of.
    link: Option<link::Link>,
}

/// What a WebSocket is on: a connection, or a stream of a link.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// How often the honest are asked whether they are served. Oftener, they would be too many messages.
const ASK_EVERY: Duration = Duration::from_millis(200);

impl World {
    pub fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(Self::begin(Config::default())).into_world(runtime)
    }

    /// The same at a node of a cluster, where a third person is in the room whom another node has passed on.
    pub fn of_a_node(config: Config) -> Self {
        let runtime = Runtime::new().unwrap();
        let cluster = config.cluster.clone();
        let init = runtime.block_on(Self::begin(config));
        let mut world = init.into_world(runtime);
        let World { runtime, room, people, .. } = &mut world;
        let cleo = runtime.block_on(async {
            let link = link::Link::open(&cluster).await;
            let socket = link.socket(link::CALLER).await.expect("a socket for whom a node vouches");
            let mut cleo = Honest::join_over(socket, room, "Cleo", None).await;
            for one in people {
                one.socket.next().await.unwrap().unwrap();
            }
            cleo.link = Some(link);
            cleo
        });
        world.passed_on = Some(cleo);
        world
    }

    async fn begin(mut config: Config) -> RoomInit {
        let data = tempfile::tempdir().unwrap();
        config.storage.data = data.path().to_owned();
        config.media.port = 0;
        // Requests that come by no socket come from nowhere, and are believed when they name somebody.
        config.server.trusted_proxies = vec![IpAddr::V4(Ipv4Addr::UNSPECIFIED).into()];
        config.rooms.capacity = 400;
        config.rooms.most = 2_000;
        let limits = &mut config.limits;
        for limit in [
            &mut limits.joins_at_once,
            &mut limits.joins_per_minute,
            &mut limits.lookups_at_once,
            &mut limits.lookups_per_minute,
            &mut limits.rooms_at_once,
            &mut limits.rooms_per_minute,
        ] {
            *limit = u32::MAX;
        }
        let state = AppState::open(config).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let front = state.open_front(listener).unwrap();
        state.open_to_nodes().await.unwrap();
        let router = router::router(state);
        tokio::spawn(front.serve(router.clone(), std::future::pending()));
        while ask(&router, "GET", "/readyz", "", "").await.0 != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let (room, host_key) = new_room(&router).await;
        let (mine, my_key) = new_room(&router).await;
        let mut ada = Honest::join(address, &room, "Ada", Some(&host_key)).await;
        let bob = Honest::join(address, &room, "Bob", None).await;
        // Ada hears that Bob has come.
        ada.socket.next().await.unwrap().unwrap();
        RoomInit { data, router, address, room, host_key, mine, my_key, people: [ada, bob] }
    }

    /// Fails when anything happened to the two or to their room. What others do in it they may see.
    pub fn check(&mut self) {
        let is_time = self.asked.elapsed() > ASK_EVERY;
        let Self { runtime, router, room, host_key, before, people, passed_on, .. } = self;
        runtime.block_on(async {
            let honest: Vec<_> = people.iter().chain(&*passed_on).map(|one| one.id.clone()).collect();
            if is_time {
                assert_eq!(*before, rules(router, room, host_key).await, "the rules of the room");
            }
            for one in people.iter_mut().chain(&mut *passed_on) {
                one.listen(&honest, is_time).await;
            }
            if is_time {
                let [ada, bob] = people;
                ada.signal_to(bob, &honest).await;
                if let Some(cleo) = passed_on {
                    ada.signal_to(cleo, &honest).await;
                    cleo.signal_to(bob, &honest).await;
                }
            }
        });
        if is_time {
            self.asked = Instant::now();
        }
    }
}

struct RoomInit {
    data: tempfile::TempDir,
    router: Router,
    address: SocketAddr,
    room: String,
    host_key: String,
    mine: String,
    my_key: String,
    people: [Honest; 2],
}

impl RoomInit {
    fn into_world(self, runtime: Runtime) -> World {
        let Self { data, router, address, room, host_key, mine, my_key, people } = self;
        let before = runtime.block_on(rules(&router, &room, &host_key));
        let asked = Instant::now();
        World {
            runtime,
            router,
            address,
            room,
            mine,
            my_key,
            host_key,
            before,
            people,
            passed_on: None,
            asked,
            _data: data,
        }
    }
}

impl Honest {
    async fn join(address: SocketAddr, room: &str, name: &str, key: Option<&str>) -> Self {
        let stream: Box<dyn Stream> = Box::new(TcpStream::connect(address).await.unwrap());
        let (socket, _) = client_async(format!("ws://{address}/api/v1/ws"), stream).await.unwrap();
        Self::join_over(socket, room, name, key).await
    }

    async fn join_over(
        mut socket: WebSocketStream<Box<dyn Stream>>,
        room: &str,
        name: &str,
        key: Option<&str>,
    ) -> Self {
        let mut join = json!({ "type": "join", "version": 1, "room": room, "name": name });
        if let Some(key) = key {
            join["credential"] = json!(key);
        }
        socket.send(Message::text(join.to_string())).await.unwrap();
        let joined: Value =
            serde_json::from_str(socket.next().await.unwrap().unwrap().to_text().unwrap()).unwrap();
        Self { id: joined["you"]["id"].as_str().unwrap_or_else(|| panic!("{joined}")).to_owned(), socket, link: None }
    }

    /// Reads what has come; when it is time, until a ping is answered.
    async fn listen(&mut self, honest: &[String], ask: bool) {
        if ask {
            self.socket.send(Message::text(r#"{"type":"ping"}"#)).await.expect("an honest socket was closed");
        }
        loop {
            let heard = if ask {
                Some(
                    tokio::time::timeout(Duration::from_secs(10), self.socket.next())
                        .await
                        .expect("no answer"),
                )
            } else {
                self.socket.next().now_or_never()
            };
            let Some(heard) = heard else { return };
            let message = heard.expect("an honest socket has ended").expect("an honest socket was broken");
            let Message::Text(text) = message else { panic!("an honest socket was closed: {message:?}") };
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["type"] == "pong" {
                return;
            }
            assert!(is_about_others(&message, honest), "{message}");
        }
    }

    /// A signal arrives as it was sent.
    async fn signal_to(&mut self, other: &mut Self, honest: &[String]) {
        let signal = json!({ "kind": "offer", "sdp": "v=0" });
        let to = json!({ "participant": other.id });
        let said = json!({ "type": "signal", "to": to, "number": 7, "signal": signal });
        self.socket.send(Message::text(said.to_string())).await.unwrap();
        loop {
            let heard = tokio::time::timeout(Duration::from_secs(10), other.socket.next()).await;
            let heard = heard.expect("the signal did not come").unwrap().unwrap();
            let message: Value = serde_json::from_str(heard.to_text().unwrap()).unwrap();
            if message["type"] == "signal" && message["from"]["participant"] == self.id {
                assert_eq!(message["signal"], signal);
                return;
            }
            assert!(is_about_others(&message, honest), "{message}");
        }
    }
}

/// Whether a message says only what others do.
fn is_about_others(message: &Value, honest: &[String]) -> bool {
    let who = match message["type"].as_str().unwrap() {
        "participant_joined" | "participant_updated" => &message["participant"]["id"],
        "participant_left" => &message["id"],
        "chat" => &message["entry"]["from"],
        "reacted" => &message["from"],
        "signal" => &message["from"]["participant"],
        "waiting_room" => return true,
        _ => return false,
    };
    who.as_str().is_some_and(|who| honest.iter().all(|one| one != who))
}

async fn new_room(router: &Router) -> (String, String) {
    let (status, made) = ask(router, "POST", "/api/v1/rooms", "", "{}").await;
    assert_eq!(status, 201, "{made}");
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (text("code"), text("host_key"))
}

async fn rules(router: &Router, room: &str, key: &str) -> Value {
    let (status, mut body) = ask(router, "GET", &format!("/api/v1/rooms/{room}"), key, "").await;
    assert_eq!(status, 200, "{body}");
    body["present"] = Value::Null;
    body
}

async fn ask(router: &Router, method: &str, path: &str, key: &str, body: &str) -> (u16, Value) {
    use tower::ServiceExt;
    let request = axum::http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {key}"));
    let mut request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
    if key.is_empty() {
        request.headers_mut().remove("authorization");
    }
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}
