//! People in a room of ours: they join over the socket, offer a link to the forwarding unit, and say whom they want to see.

use std::collections::HashSet;

use anyhow::Context;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use str0m::change::SdpAnswer;
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::clock;
use super::endpoint::Endpoint;
use super::engine::Engine;
use super::plan::{Plan, Which};
use super::stream::Outgoing;
use crate::peer::Peer;

/// Links that may be on their way up at the same time.
const AT_ONCE: usize = 16;

/// Messages after which one is acknowledged.
const ACKNOWLEDGE_EVERY: u64 = 30;

/// Everybody in the room. They are gone when this is.
pub(super) struct People {
    people: Vec<Person>,
}

struct Person {
    id: String,
    say: mpsc::UnboundedSender<Value>,
    answers: mpsc::UnboundedReceiver<String>,
    /// The node by way of which media goes, once it does.
    node: watch::Receiver<Option<String>>,
    /// The recording that they have agreed to.
    recording: watch::Receiver<Option<String>>,
    reading: JoinHandle<anyhow::Result<()>>,
}

impl Drop for Person {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

/// Brings everybody in and up.
pub(super) async fn connect(peer: &Peer, engine: &Engine, plan: &Plan) -> anyhow::Result<People> {
    let room = peer.new_room(plan.people).await?;
    enter(peer, engine, plan, &room, None).await
}

/// The same in a room whose first one in is its host, and which can be recorded by whoever has no secret.
pub(super) async fn connect_with_host(peer: &Peer, engine: &Engine, plan: &Plan) -> anyhow::Result<People> {
    let room = peer.new_room_with(&json!({ "capacity": plan.people, "encryption": "transport" })).await?;
    let text = |name: &str| room[name].as_str().with_context(|| format!("no {name}: {room}"));
    enter(peer, engine, plan, text("code")?, Some(text("host_key")?)).await
}

async fn enter(
    peer: &Peer,
    engine: &Engine,
    plan: &Plan,
    room: &str,
    host_key: Option<&str>,
) -> anyhow::Result<People> {
    let mut people = Vec::new();
    for number in 0..plan.people {
        people.push(join(peer, room, number, plan, host_key.filter(|_| number == 0)).await?);
    }
    let ids: Vec<_> = people.iter().map(|person| person.id.clone()).collect();
    for (number, person) in people.iter_mut().enumerate() {
        if person.node.wait_for(Option::is_some).await.is_err() {
            (&mut person.reading).await??;
        }
        engine.add(person.link(engine, number, plan, &ids).await?)?;
        engine.until("links come up", |seen| seen.connected + AT_ONCE > number).await?;
    }
    engine.until("all links are up", |seen| seen.connected == plan.people).await?;
    Ok(People { people })
}

impl People {
    /// Has the room recorded; everybody agrees.
    pub(super) async fn record(&mut self) -> anyhow::Result<()> {
        let host = self.people.first_mut().context("nobody is in")?;
        host.tell(json!({ "type": "start_recording" })).await
    }

    /// Ends what is recorded.
    pub(super) async fn stop_recording(&mut self) -> anyhow::Result<()> {
        let host = self.people.first_mut().context("nobody is in")?;
        let recording = host.recording.borrow().clone().context("nothing was recorded")?;
        host.tell(json!({ "type": "stop_recording", "recording": recording })).await
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        let gone = self.people.iter().filter(|person| person.reading.is_finished()).count();
        anyhow::ensure!(gone == 0, "{gone} sockets closed");
        Ok(())
    }
}

impl Person {
    /// Offers a link, as our page does: what is sent, places for sound, places for pictures.
    async fn link(
        &mut self,
        engine: &Engine,
        number: usize,
        plan: &Plan,
        ids: &[String],
    ) -> anyhow::Result<Endpoint> {
        let mut endpoint = Endpoint::new(number, engine.addresses.of(number), clock::moment())?;
        let mut changes = endpoint.rtc.sdp_api();
        let sends = number < plan.senders;
        let microphone = (sends && plan.sound)
            .then(|| changes.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None));
        let camera = sends
            .then_some(plan.video)
            .flatten()
            .map(|how| (changes.add_media(MediaKind::Video, Direction::SendOnly, None, None, None), how));
        for _ in 0..4 {
            changes.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        }
        for _ in 0..plan.video_slots() {
            changes.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
        }
        let (offer, pending) = changes.apply().context("an empty offer")?;
        let mut sections = serde_json::Map::new();
        let sent = [(microphone, "microphone"), (camera.map(|(mid, _)| mid), "camera")];
        for (mid, source) in sent.into_iter().filter_map(|(mid, source)| Some((mid?, source))) {
            sections.insert(mid.to_string(), source.into());
        }
        let signal = json!({ "kind": "offer", "sdp": offer.to_sdp_string(), "sections": sections });
        let node = self.node.borrow().clone().context("no node")?;
        let to = json!({ "sfu": node });
        self.tell(json!({ "type": "signal", "to": to, "link": 0, "number": 0, "signal": signal })).await?;
        let wishes: Vec<_> = if plan.video.is_some() {
            let feeds = plan.feeds(Which::Veranda, number).into_iter();
            feeds.map(|feed| json!({ "participant": ids[feed], "source": "camera", "height": 720 })).collect()
        } else {
            Vec::new()
        };
        self.tell(json!({ "type": "set_slots", "node": node, "link": 0, "slots": wishes })).await?;
        let Some(answer) = self.answers.recv().await else {
            (&mut self.reading).await??;
            anyhow::bail!("no answer");
        };
        endpoint.rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(&answer)?)?;
        if let Some(mid) = microphone {
            let opus = endpoint.payload_type(Codec::Opus)?;
            endpoint.sends.push(Outgoing::sound(mid, opus, Plan::loudness(number)));
        }
        if let Some((mid, how)) = camera {
            let vp8 = endpoint.payload_type(Codec::Vp8)?;
            endpoint.sends.push(Outgoing::video(mid, vp8, how));
        }
        Ok(endpoint)
    }

    /// Says something to the server; why not, where the socket has ended.
    async fn tell(&mut self, message: Value) -> anyhow::Result<()> {
        if self.say.send(message).is_err() {
            (&mut self.reading).await??;
        }
        Ok(())
    }
}

async fn join(
    peer: &Peer,
    room: &str,
    number: usize,
    plan: &Plan,
    credential: Option<&str>,
) -> anyhow::Result<Person> {
    let stream = TcpStream::connect(peer.address).await?;
    stream.set_nodelay(true)?;
    let (mut socket, _) = client_async(format!("ws://{}/api/v1/ws", peer.address), stream).await?;
    let on = |is_on: bool| if is_on && number < plan.senders { "on" } else { "off" };
    let media = json!({ "microphone": on(plan.sound), "camera": on(plan.video.is_some()) });
    let name = format!("Person {number}");
    let mut join = json!({ "type": "join", "version": 1, "room": room, "name": name, "media": media });
    if let Some(credential) = credential {
        join["credential"] = json!(credential);
    }
    socket.send(Message::text(join.to_string())).await?;
    let (say, said) = mpsc::unbounded_channel();
    let (to_answers, answers) = mpsc::unbounded_channel();
    let (moved, node) = watch::channel(None);
    let (agreed, recording) = watch::channel(None);
    let joined: Value = loop {
        let message: Value = serde_json::from_str(&next(&mut socket).await?)?;
        anyhow::ensure!(message["type"] != "error", "refused: {message}");
        if message["type"] == "joined" {
            break message;
        }
    };
    let id = joined["you"]["id"].as_str().context("no id")?.to_owned();
    let mut reader =
        Reader { socket, said, to_answers, moved, agreed, ready: HashSet::new(), read: 0, acknowledged: 0 };
    reader.topology(&joined["topology"]).await?;
    let reading = tokio::task::spawn_local(reader.run());
    Ok(Person { id, say, answers, node, recording, reading })
}

/// Keeps a socket read, so that the server is not kept waiting.
struct Reader {
    socket: WebSocketStream<TcpStream>,
    said: mpsc::UnboundedReceiver<Value>,
    to_answers: mpsc::UnboundedSender<String>,
    /// The node that carries media, once it does.
    moved: watch::Sender<Option<String>>,
    agreed: watch::Sender<Option<String>>,
    /// Epochs for which it was said that the path is there.
    ready: HashSet<u64>,
    read: u64,
    acknowledged: u64,
}

impl Reader {
    async fn run(mut self) -> anyhow::Result<()> {
        loop {
            tokio::select! {
                message = self.said.recv() => match message {
                    Some(message) => self.socket.send(Message::text(message.to_string())).await?,
                    None => return Ok(()),
                },
                text = next(&mut self.socket) => {
                    let text = text?;
                    self.hear(&text).await?;
                }
            }
        }
    }

    async fn hear(&mut self, text: &str) -> anyhow::Result<()> {
        let number =
            text.strip_prefix("{\"seq\":").and_then(|rest| rest.split([',', '}']).next()?.parse().ok());
        self.read = number.unwrap_or(self.read);
        if text.contains("\"type\":\"signal\"") {
            let message: Value = serde_json::from_str(text)?;
            if let Some(sdp) = message["signal"]["sdp"].as_str() {
                self.to_answers.send(sdp.to_owned())?;
            }
        } else if text.contains("\"type\":\"topology\"") {
            let message: Value = serde_json::from_str(text)?;
            self.topology(&message["topology"]).await?;
        } else if text.contains("\"type\":\"recording\"") {
            let message: Value = serde_json::from_str(text)?;
            if let Some(recording) = message["recording"]["id"].as_str() {
                let answer =
                    json!({ "type": "answer_recording", "recording": recording, "consent": "given" });
                self.socket.send(Message::text(answer.to_string())).await?;
                self.agreed.send_replace(Some(recording.to_owned()));
            } else if message["ended"] != "stopped" {
                anyhow::bail!("the recording ended: {text}");
            }
        } else if text.contains("\"type\":\"error\"") || text.contains("\"type\":\"sfu_link_closed\"") {
            anyhow::bail!("the server says {text}");
        }
        if self.read >= self.acknowledged + ACKNOWLEDGE_EVERY {
            self.acknowledged = self.read;
            self.socket.send(Message::text(json!({ "type": "ping", "ack": self.read }).to_string())).await?;
        }
        Ok(())
    }

    /// Follows a migration at once: there is no old path on which anything could be missed.
    async fn topology(&mut self, topology: &Value) -> anyhow::Result<()> {
        let migration = &topology["migration"];
        if let Some(epoch) = migration["epoch"].as_u64()
            && self.ready.insert(epoch)
        {
            let ready = json!({ "type": "topology_ready", "epoch": epoch });
            self.socket.send(Message::text(ready.to_string())).await?;
        }
        self.moved.send_replace(topology["via"]["sfu"].as_str().map(ToOwned::to_owned));
        Ok(())
    }
}

async fn next(socket: &mut WebSocketStream<TcpStream>) -> anyhow::Result<String> {
    loop {
        match socket.next().await.context("the server closed a connection")?? {
            Message::Text(text) => return Ok(text.to_string()),
            Message::Close(frame) => anyhow::bail!("the server closed a connection: {frame:?}"),
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
}
