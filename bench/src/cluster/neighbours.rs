//! Two versions side by side, as while a cluster is upgraded: nodes of one cluster, people at both, and each node becomes the other version in turn.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::nodes::{Setup, get, until_ready};
use super::{ALL_ROLES, say};
use crate::peer::Peer;

/// Rooms, which are spread over the nodes.
const ROOMS: usize = 24;

/// So soon something is heard, or it does not come.
const HEARD_WITHIN: Duration = Duration::from_secs(60);

/// Somebody in a room, who comes back when their socket is closed.
struct Person {
    name: String,
    room: String,
    socket: WebSocketStream<TcpStream>,
    session: Value,
    last: u64,
    heard: BTreeSet<String>,
    /// What was told as it was written, which nothing is twice.
    told: BTreeSet<String>,
    resumed: usize,
}

impl Person {
    async fn join(room: &str, entry: SocketAddr, name: String) -> anyhow::Result<Self> {
        let socket = connect(entry).await?;
        let mut person = Self {
            name,
            room: room.to_owned(),
            socket,
            session: Value::Null,
            last: 0,
            heard: BTreeSet::new(),
            told: BTreeSet::new(),
            resumed: 0,
        };
        let join = json!({ "type": "join", "id": 1, "version": 1, "room": room, "name": person.name });
        person.say(&join).await?;
        let joined = person.read().await?.context("closed")?;
        anyhow::ensure!(joined["type"] == "joined", "{joined}");
        person.session = joined["session"].clone();
        Ok(person)
    }

    async fn say(&mut self, message: &Value) -> anyhow::Result<()> {
        Ok(self.socket.send(Message::text(message.to_string())).await?)
    }

    /// The next message; nothing when the socket is closed.
    async fn read(&mut self) -> anyhow::Result<Option<Value>> {
        loop {
            let next = timeout(HEARD_WITHIN, self.socket.next()).await;
            match next.with_context(|| format!("{} hears nothing", self.name))? {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text)?;
                    self.last = message["seq"].as_u64().unwrap_or(self.last);
                    return Ok(Some(message));
                }
                None | Some(Ok(Message::Close(_)) | Err(_)) => return Ok(None),
                Some(Ok(_)) => {}
            }
        }
    }

    /// Comes back to the seat, at this node or the next, until it is there.
    async fn come_back(&mut self, nodes: &[&Peer]) -> anyhow::Result<()> {
        for tries in 0..120 {
            let node = nodes[tries % nodes.len()];
            if let Ok(socket) = connect(node.address).await {
                self.socket = socket;
                let (room, session, last) = (self.room.clone(), self.session.clone(), self.last);
                let resume =
                    json!({ "type": "resume", "version": 1, "room": room, "session": session, "last": last });
                self.say(&resume).await?;
                let told = self.read().await?.unwrap_or_default();
                if told["type"] == "resumed" || told["type"] == "joined" {
                    self.session = told["session"].clone();
                    self.resumed += 1;
                    // What was written meanwhile, another node does not tell again by itself.
                    if told["type"] == "joined" {
                        self.say(&json!({ "type": "read_chat" })).await?;
                    }
                    return Ok(());
                }
                anyhow::ensure!(told["code"] != "session_unknown", "{} has lost the seat", self.name);
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        anyhow::bail!("{} does not come back", self.name)
    }

    /// Reads until a message is heard. Whoever has written it says it again after they came back, as a page does.
    async fn hear_chat(&mut self, id: &str, written: Option<&Value>, nodes: &[&Peer]) -> anyhow::Result<()> {
        while !self.heard.contains(id) {
            let Some(message) = self.read().await? else {
                self.come_back(nodes).await?;
                if let Some(written) = written {
                    self.say(written).await?;
                }
                continue;
            };
            match message["type"].as_str().unwrap_or_default() {
                "chat" => {
                    let id = id_of(&message["entry"])?;
                    anyhow::ensure!(self.told.insert(id.clone()), "{} is told twice: {message}", self.name);
                    self.heard.insert(id);
                }
                "chat_history" => {
                    for entry in message["entries"].as_array().into_iter().flatten() {
                        self.heard.insert(id_of(entry)?);
                    }
                }
                "error" => anyhow::bail!("{} is told {message}", self.name),
                _ => {}
            }
        }
        Ok(())
    }
}

fn id_of(entry: &Value) -> anyhow::Result<String> {
    Ok(entry["id"].as_str().context("no id")?.to_owned())
}

async fn connect(address: SocketAddr) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    Ok(client_async(format!("ws://{address}/api/v1/ws"), stream).await?.0)
}

/// Everybody in a room writes, and everybody hears it.
async fn talk(rooms: &mut [Vec<Person>], nodes: &[&Peer], round: u32) -> anyhow::Result<usize> {
    let mut count = 0;
    for (number, room) in rooms.iter_mut().enumerate() {
        for speaker in 0..room.len() {
            let id = format!("00000000-0000-4000-8000-{round:04}{number:04}{speaker:04}");
            let envelope = json!({ "version": 1, "body": "hello" });
            let chat = json!({ "type": "chat", "chat": id, "to": "everyone", "envelope": envelope });
            while room[speaker].say(&chat).await.is_err() {
                room[speaker].come_back(nodes).await?;
            }
            room[speaker].hear_chat(&id, Some(&chat), nodes).await?;
            for person in room.iter_mut() {
                person.hear_chat(&id, None, nodes).await?;
                count += 1;
            }
        }
    }
    Ok(count)
}

/// Runs the old version beside the new one, and then the new one beside the old one.
pub(crate) async fn run(old: &str, new: &str) -> anyhow::Result<()> {
    let (old, new) = (Path::new(old).to_owned(), Path::new(new).to_owned());
    let setup = Setup::from_environment()?;
    let mut one = setup.node_of("one", ALL_ROLES, Some(old.clone())).await?;
    say(&format!("the old version alone: {}", version(&one).await?));
    let mut two = setup.node_of("two", ALL_ROLES, Some(new.clone())).await?;
    say(&format!("the new version beside it: {}", version(&two).await?));
    let mut rooms = Vec::new();
    for number in 0..ROOMS {
        // Made at the one or at the other; people at both.
        let maker = if number % 2 == 0 { &one } else { &two };
        let code = maker.new_room(10).await?;
        let mut people = Vec::new();
        for (person, entry) in [&one, &two, &one, &two].into_iter().enumerate() {
            people.push(Person::join(&code, entry.address, format!("Person {person}")).await?);
        }
        rooms.push(people);
    }
    let heard = talk(&mut rooms, &[&one, &two], 1).await?;
    say(&format!(
        "{ROOMS} rooms with people at both, rooms of each node: {}; {heard} messages heard, each once",
        setup.owners().await?
    ));

    for room in &mut rooms {
        for (person, entry) in room.iter_mut().zip([&two, &one, &two, &one]) {
            person.come_back(&[entry]).await?;
        }
    }
    let heard = talk(&mut rooms, &[&one, &two], 2).await?;
    say(&format!("everybody came back at the other version's node; {heard} heard"));

    let status = one.told_to_end().await?;
    let heard = talk(&mut rooms, &[&two], 3).await?;
    say(&format!(
        "the old one was told to end ({status}); its rooms are the new one's: {}; {heard} heard",
        setup.owners().await?
    ));

    one.become_version(old.clone()).await?;
    until_ready(&one).await?;
    two.kill().await?;
    let heard = talk(&mut rooms, &[&one], 4).await?;
    say(&format!(
        "back to the old version, whose neighbour was killed; its rooms: {}; {heard} heard",
        setup.owners().await?
    ));

    two.become_version(new.clone()).await?;
    until_ready(&two).await?;
    let status = one.told_to_end().await?;
    one.become_version(new).await?;
    until_ready(&one).await?;
    let heard = talk(&mut rooms, &[&one, &two], 5).await?;
    let resumed: usize = rooms.iter().flatten().map(|person| person.resumed).sum();
    say(&format!("all are new ({status}); {heard} heard; people came back {resumed} times into their seats"));
    Ok(())
}

async fn version(peer: &Peer) -> anyhow::Result<String> {
    let said = get(peer, "/healthz").await?;
    Ok(said.lines().last().unwrap_or_default().to_owned())
}
