//! A real server on a free port, and a plain WebSocket client that knows nothing of our types.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use server::config::Config;
use server::port_mux::Timeouts;
use server::traces::Traces;
use server::{AppState, router};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};

/// A server that ends with the test.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) state: AppState,
    /// Where it keeps things.
    pub(crate) data: Arc<TempDir>,
    /// Asks it to take no more connections.
    pub(crate) stop: oneshot::Sender<()>,
    /// Ends with the last request.
    pub(crate) served: JoinHandle<()>,
}

/// One socket.
pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The number of the last numbered message.
    pub(crate) last: u64,
}

/// A room that a browser has made.
pub(crate) struct MadeInBrowser {
    /// `/r/` and its code.
    pub(crate) path: String,
    /// The browser's cookie afterwards.
    pub(crate) cookie: String,
}

/// How a socket ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed {
    pub(crate) code: u16,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::with(Config::default()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        Self::with_data(config, Arc::new(tempfile::tempdir().unwrap())).await
    }

    /// A server that finds what is on the disk while another runs: as after a crash of that one.
    pub(crate) async fn after_crash_of(other: &Self) -> Self {
        Self::after_crash_with(other, Config::default()).await
    }

    /// The same, with settings of its own.
    pub(crate) async fn after_crash_with(other: &Self, config: Config) -> Self {
        let data = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(other.data.path()).unwrap().map(Result::unwrap) {
            // The index of the log is what a crash leaves to be made anew.
            let is_index = file.file_name().to_string_lossy().ends_with("-shm");
            if file.file_type().unwrap().is_file() && !is_index {
                std::fs::copy(file.path(), data.path().join(file.file_name())).unwrap();
            }
        }
        Self::with_data(config, Arc::new(data)).await
    }

    pub(crate) async fn with_data(config: Config, data: Arc<TempDir>) -> Self {
        Self::with_all(config, data, Timeouts::default(), &Traces::default()).await
    }

    /// A server whose ways into rooms are traced.
    pub(crate) async fn traced(config: Config, traces: &Traces) -> Self {
        Self::with_all(config, Arc::new(tempfile::tempdir().unwrap()), Timeouts::default(), traces).await
    }

    /// A server that waits for nobody as long as others do.
    pub(crate) async fn with_timeouts(config: Config, timeouts: Timeouts) -> Self {
        let data = Arc::new(tempfile::tempdir().unwrap());
        Self::with_all(config, data, timeouts, &Traces::default()).await
    }

    async fn with_all(mut config: Config, data: Arc<TempDir>, timeouts: Timeouts, traces: &Traces) -> Self {
        config.storage.data = data.path().to_owned();
        // Ports of their own have only those that are about media.
        config.media.enabled &= config.media.port == 0;
        config.relay.enabled &= config.media.port == 0;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = AppState::open_traced(config, traces).await.unwrap();
        let router = router::router(state.clone());
        let front = state.open_front(listener).unwrap().with_timeouts(timeouts);
        let (stop, asked) = oneshot::channel();
        let asked = async {
            if asked.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        #[expect(clippy::disallowed_methods, reason = "the runtime of a test ends with it")]
        let served = tokio::spawn(front.serve(router, asked));
        Self { address, state, data, stop, served }
    }

    /// Makes a room through the REST interface.
    pub(crate) async fn new_room(&self) -> String {
        self.new_room_with(json!({})).await.0
    }

    /// A room with rules of its own, and the key of its host.
    pub(crate) async fn new_room_with(&self, settings: Value) -> (String, String) {
        let (status, body) = self.post("/api/v1/rooms", "application/json", &settings.to_string()).await;
        assert_eq!(status, 201, "{body}");
        let room: Value = serde_json::from_str(&body).unwrap();
        let text = |field: &str| room[field].as_str().unwrap().to_owned();
        (text("code"), text("host_key"))
    }

    /// One HTTP request over a plain socket.
    pub(crate) async fn post(&self, path: &str, content_type: &str, body: &str) -> (u16, String) {
        let head = format!("content-type: {content_type}\r\ncontent-length: {}\r\n", body.len());
        let response = self.request("POST", path, &head, body).await;
        (response.0, response.2)
    }

    /// Status, head in lower case and body of a request.
    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        head: &str,
        body: &str,
    ) -> (u16, String, String) {
        let (status, head, body) = self.request_bytes(method, path, head, body).await;
        (status, head, String::from_utf8(body).unwrap())
    }

    /// The same for a body that is no text.
    pub(crate) async fn request_bytes(
        &self,
        method: &str,
        path: &str,
        head: &str,
        body: &str,
    ) -> (u16, String, Vec<u8>) {
        request_at(&self.address.to_string(), method, path, head, body).await
    }

    /// A room made by the form in a browser that has this cookie, or none.
    pub(crate) async fn make_room_in_browser(&self, cookie: Option<&str>) -> MadeInBrowser {
        let cookie = cookie.map(|cookie| format!("cookie: {cookie}\r\n")).unwrap_or_default();
        let form = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 0\r\n";
        let (status, head, _) = self.request("POST", "/rooms", &format!("{cookie}{form}"), "").await;
        assert_eq!(status, 303, "{head}");
        let path = head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap().to_owned();
        MadeInBrowser { path, cookie: cookie_in(&head) }
    }

    /// The cookie of a browser that has visited some room.
    pub(crate) async fn cookie_of_visit(&self) -> String {
        let room = self.new_room().await;
        cookie_in(&self.request("GET", &format!("/r/{room}"), "", "").await.1)
    }

    /// The time by the clock of this machine, in milliseconds since 1970.
    #[expect(clippy::disallowed_methods, reason = "what a program would ask for tokens with")]
    pub(crate) fn now(&self) -> u64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        u64::try_from(since.as_millis()).unwrap()
    }

    pub(crate) async fn connect(&self) -> Client {
        self.try_connect(None).await.unwrap()
    }

    /// A client whose machine takes little before somebody reads it.
    pub(crate) async fn connect_narrowly(&self) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(8 * 1024).unwrap();
        let stream = MaybeTlsStream::Plain(socket.connect(self.address).await.unwrap());
        let (socket, _) = client_async(format!("ws://{}/api/v1/ws", self.address), stream).await.unwrap();
        Client { socket, last: 0 }
    }

    pub(crate) async fn try_connect(&self, origin: Option<&str>) -> Result<Client, tungstenite::Error> {
        let mut request = format!("ws://{}/api/v1/ws", self.address).into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        connect_async(request).await.map(|(socket, _)| Client { socket, last: 0 })
    }

    /// A client of a browser that shows a cookie.
    pub(crate) async fn connect_as(&self, cookie: &str) -> Client {
        let mut request = format!("ws://{}/api/v1/ws", self.address).into_client_request().unwrap();
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        let (socket, _) = connect_async(request).await.unwrap();
        Client { socket, last: 0 }
    }

    /// A client that has joined, and what it was told.
    pub(crate) async fn join(&self, room: &str, name: &str) -> (Client, Value) {
        self.join_with(join_message(room, name)).await
    }

    /// A client that has said this first and was let in.
    pub(crate) async fn join_with(&self, first: Value) -> (Client, Value) {
        let mut client = self.connect().await;
        client.say(first).await;
        let joined = client.hear().await;
        assert_eq!(joined["type"], "joined", "{joined}");
        (client, joined)
    }
}

/// Status, head in lower case and body of a request to whatever listens at an address.
pub(crate) async fn request_at(
    address: &str,
    method: &str,
    path: &str,
    head: &str,
    body: &str,
) -> (u16, String, Vec<u8>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = TcpStream::connect(address).await.unwrap();
    let connection = if head.contains("connection:") { "" } else { "connection: close\r\n" };
    let has_host = head.lines().any(|line| line.starts_with("host: "));
    let host = if has_host { String::new() } else { format!("host: {address}\r\n") };
    let request = format!("{method} {path} HTTP/1.1\r\n{host}{connection}{head}\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.unwrap();
    let end = response.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(response[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), response.split_off(end + 4))
}

impl Client {
    /// One of whatever listens at an address.
    pub(crate) async fn at(address: &str) -> Result<Self, tungstenite::Error> {
        let (socket, _) = connect_async(format!("ws://{address}/api/v1/ws")).await?;
        Ok(Self { socket, last: 0 })
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.say_text(&message.to_string()).await;
    }

    pub(crate) async fn say_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Says something, unless the socket is gone.
    pub(crate) async fn try_say(&mut self, message: Value) {
        _ = self.socket.send(Message::text(message.to_string())).await;
    }

    pub(crate) async fn say_binary(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::binary(bytes)).await.unwrap();
    }

    /// The next message.
    pub(crate) async fn hear(&mut self) -> Value {
        match self.next().await {
            Ok(message) => message,
            Err(closed) => panic!("closed with {closed:?}"),
        }
    }

    /// The next message of a type; others are passed over.
    pub(crate) async fn hear_of(&mut self, kind: &str) -> Value {
        loop {
            let message = self.hear().await;
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// The error and the close code that end a socket.
    pub(crate) async fn hear_end(&mut self) -> (Value, Closed) {
        let error = self.hear_of("error").await;
        match self.next().await {
            Ok(message) => panic!("expected the end, heard {message}"),
            Err(closed) => (error, closed),
        }
    }

    pub(crate) async fn next(&mut self) -> Result<Value, Closed> {
        loop {
            let message = tokio::time::timeout(Duration::from_secs(30), self.socket.next())
                .await
                .expect("nothing was heard");
            match message {
                Some(Ok(Message::Text(text))) => return Ok(self.count(serde_json::from_str(&text).unwrap())),
                Some(Ok(Message::Close(frame))) => {
                    return Err(Closed { code: frame.map_or(1005, |frame| frame.code.into()) });
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(Closed { code: 1006 }),
            }
        }
    }
}

/// The half of a socket that says something.
pub(crate) struct Says(SplitSink<WebSocketStream<MaybeTlsStream<TcpStream>>, Message>);

/// The half of a socket that hears something.
pub(crate) struct Hears(SplitStream<WebSocketStream<MaybeTlsStream<TcpStream>>>);

impl Says {
    pub(crate) async fn try_say(&mut self, message: Value) -> Result<(), tungstenite::Error> {
        self.0.send(Message::text(message.to_string())).await
    }
}

impl Hears {
    /// Reads until the socket is closed.
    pub(crate) async fn hear_all(&mut self) {
        while self.0.next().await.is_some_and(|message| message.is_ok()) {}
    }
}

impl Client {
    /// Both halves, for saying much without waiting for what comes.
    pub(crate) fn split(self) -> (Says, Hears) {
        let (says, hears) = self.socket.split();
        (Says(says), Hears(hears))
    }

    /// Notes the number of a message, and takes what every frame has away from it.
    fn count(&mut self, mut message: Value) -> Value {
        let fields = message.as_object_mut().unwrap();
        fields.remove("received");
        if let Some(number) = fields.remove("seq") {
            self.last = number.as_u64().unwrap();
        }
        message
    }

    /// Closes the socket as a browser does when its page is closed (RFC 6455 §7.4.1, "going away").
    pub(crate) async fn close(self) {
        self.close_with(Some(1001)).await;
    }

    /// Closes the socket with a code, or without one, as a page does that only wants another socket.
    pub(crate) async fn close_with(mut self, code: Option<u16>) {
        let frame = code.map(|code| CloseFrame { code: code.into(), reason: "".into() });
        self.socket.close(frame).await.unwrap();
        while self.socket.next().await.is_some_and(|message| message.is_ok()) {}
    }
}

pub(crate) fn join_message(room: &str, name: &str) -> Value {
    json!({ "type": "join", "id": 1, "version": 1, "room": room, "name": name })
}

pub(crate) fn signal_message(to: &Value, sdp: &str) -> Value {
    json!({
        "type": "signal", "to": { "participant": to }, "number": 0, "signal": { "kind": "offer", "sdp": sdp }
    })
}

/// The cookie by which a browser is known, as it sends it back.
fn cookie_in(head: &str) -> String {
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: veranda=")).unwrap();
    format!("veranda={}", cookie.split(';').next().unwrap())
}
