//! How long a ring takes until its caller reads that it sounds, and whether a caller can tell apart why somebody is not reached: an ID that
//! nobody has, somebody without a device, somebody who has blocked the caller, and somebody who is not to be disturbed. Prints figures.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use futures::future::try_join_all;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use testkit::Identity;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::dialect::Dialect;
use crate::peer::Peer;

/// Pairs of people one after the other, and how often each rings: a socket that says more at once is slowed down.
const PAIRS: u64 = 10;
const RINGS_OF_PAIR: u64 = 20;

/// Callers, and how often each tries each kind: 200 tries of a kind.
const CALLERS: u64 = 20;
const TRIES_OF_ONE: usize = 10;

const LIMITS: &[(&str, &str)] = &[
    ("VERANDA__LIMITS__IDENTITIES_AT_ONCE", "100000"),
    ("VERANDA__LIMITS__RINGS_AT_ONCE", "100000"),
    ("VERANDA__LIMITS__RINGS_OF_ADDRESS_AT_ONCE", "100000"),
];

/// Why somebody is not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unknown,
    WithoutDevice,
    Blocked,
    Undisturbed,
}

const KINDS: [Kind; 4] = [Kind::Unknown, Kind::WithoutDevice, Kind::Blocked, Kind::Undisturbed];

/// What a caller sees of a try.
struct Seen {
    kind: Kind,
    placed: Duration,
    over: Duration,
    /// The lengths of the messages, and the outcome.
    shape: String,
}

/// A device of an identity.
struct Device {
    socket: WebSocketStream<TcpStream>,
    call_id: String,
    person: u64,
}

impl Device {
    async fn attach(address: SocketAddr, person: u64) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (socket, _) = client_async(format!("ws://{address}/api/v1/ws"), stream).await?;
        let mut device = Self { socket, call_id: String::new(), person };
        let (identity, id) = (Identity::new(person), id(person));
        device.say(json!({ "type": "ring", "version": 1, "device": id, "identity": identity.key() })).await?;
        let challenge = device.hear_of("challenge").await?;
        let text = |field: &str| challenge[field].as_str().unwrap_or_default().to_owned();
        let proof = identity.prove(&id, &text("nonce"), &text("key"));
        device.say(json!({ "type": "prove", "proof": proof, "standing": "idle" })).await?;
        let welcome = device.hear_of("welcome").await?;
        welcome["call_id"].as_str().unwrap_or_default().clone_into(&mut device.call_id);
        Ok(device)
    }

    async fn say(&mut self, message: Value) -> anyhow::Result<()> {
        Ok(self.socket.send(Message::text(message.to_string())).await?)
    }

    async fn hear(&mut self) -> anyhow::Result<(Value, usize)> {
        loop {
            let message = self.socket.next().await.context("the server closed a connection")??;
            if let Message::Text(text) = message {
                return Ok((serde_json::from_str(&text)?, text.len()));
            }
            anyhow::ensure!(!message.is_close(), "the server closed a connection: {message}");
        }
    }

    async fn hear_of(&mut self, kind: &str) -> anyhow::Result<Value> {
        loop {
            let (message, _) = self.hear().await?;
            anyhow::ensure!(message["type"] != "error", "{message}");
            if message["type"] == kind {
                return Ok(message);
            }
        }
    }

    async fn place(&mut self, ring: &str, callee: &str) -> anyhow::Result<()> {
        let place = json!({ "type": "place", "ring": ring, "callee": callee, "waited_ms": 0, "invitation": "c2VhbGVk" });
        self.say(place).await
    }

    async fn tries(&mut self, kind: Kind, ring: &str, callee: &str) -> anyhow::Result<Seen> {
        let begun = Instant::now();
        self.say(json!({ "type": "look_up", "callee": callee })).await?;
        let (_, key) = self.hear().await?;
        self.place(ring, callee).await?;
        let (_, placed_bytes) = self.hear().await?;
        let placed = begun.elapsed();
        let (over, over_bytes) = self.hear().await?;
        let shape =
            format!("{key}, {placed_bytes}, {over_bytes} bytes: {} {}", over["type"], over["outcome"]);
        Ok(Seen { kind, placed, over: begun.elapsed(), shape })
    }
}

/// Prints both.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
pub(crate) async fn run() -> anyhow::Result<()> {
    let peer = Peer::start_with(Dialect::Veranda, LIMITS).await?;
    let mut receipts = Vec::new();
    for pair in 0..PAIRS {
        receipts.extend(timed(peer.address, 1 + pair * 2).await?);
    }
    let (count, receipts) = (receipts.len(), spread(receipts));
    println!("ring → its caller reads that it sounds, {count} rings on loopback: {receipts}");
    let callers = (0..CALLERS).map(|number| tries(peer.address, 1_000 + number * 10));
    let seen: Vec<_> = try_join_all(callers).await?.into_iter().flatten().collect();
    for kind in KINDS {
        let of = |time: fn(&Seen) -> Duration| {
            spread(seen.iter().filter(|one| one.kind == kind).map(time).collect())
        };
        println!("{kind:?}: placed {}; over {}", of(|one| one.placed), of(|one| one.over));
    }
    let shapes: BTreeSet<_> = seen.iter().map(|one| &one.shape).collect();
    println!("{} tries; what came has {} shape(s): {shapes:?}", seen.len(), shapes.len());
    Ok(())
}

/// A person and the next one: how long the receipts of their rings take.
async fn timed(address: SocketAddr, person: u64) -> anyhow::Result<Vec<Duration>> {
    let mut ada = Device::attach(address, person).await?;
    let mut bob = Device::attach(address, person + 1).await?;
    let mut all = Vec::new();
    for number in 0..RINGS_OF_PAIR {
        let (ring, callee) = (id(person * 1_000 + number), bob.call_id.clone());
        let begun = Instant::now();
        ada.place(&ring, &callee).await?;
        bob.hear_of("incoming").await?;
        bob.say(json!({ "type": "receipt", "ring": ring, "receipt": "ringing" })).await?;
        ada.hear_of("progress").await?;
        all.push(begun.elapsed());
        bob.say(json!({ "type": "decline", "ring": ring })).await?;
        ada.hear_of("over").await?;
        bob.hear_of("over").await?;
    }
    Ok(all)
}

/// One caller's tries, each kind in its turn. `person` and the next ones are the people.
async fn tries(address: SocketAddr, person: u64) -> anyhow::Result<Vec<Seen>> {
    let mut caller = Device::attach(address, person).await?;
    let gone = Device::attach(address, person + 1).await?;
    let mut blocks = Device::attach(address, person + 2).await?;
    let mut undisturbed = Device::attach(address, person + 3).await?;
    let key = Identity::new(caller.person);
    blocks.say(json!({ "type": "set_contact", "peer": key.key(), "rule": "blocked" })).await?;
    blocks.hear_of("changed").await?;
    undisturbed.say(json!({ "type": "set_rules", "rules": { "who_may_ring": "nobody" } })).await?;
    undisturbed.hear_of("changed").await?;
    let without_device = gone.call_id.clone();
    drop(gone);
    let mut all = Vec::new();
    for number in 0..TRIES_OF_ONE {
        for (at, kind) in KINDS.into_iter().enumerate() {
            let callee = match kind {
                Kind::Unknown => "100000000",
                Kind::WithoutDevice => &without_device,
                Kind::Blocked => &blocks.call_id,
                Kind::Undisturbed => &undisturbed.call_id,
            };
            let ring = id(person * 1_000 + (number * KINDS.len() + at) as u64);
            all.push(caller.tries(kind, &ring, callee).await?);
        }
    }
    Ok(all)
}

fn id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// Least, tenth, median, ninetieth and most.
fn spread(mut all: Vec<Duration>) -> String {
    all.sort();
    let at = |percent: usize| {
        let one = all.get((all.len().saturating_sub(1)) * percent / 100).copied().unwrap_or_default();
        format!("{:.1}", one.as_secs_f64() * 1_000.0)
    };
    format!("least {}, p10 {}, median {}, p90 {}, most {} ms", at(0), at(10), at(50), at(90), at(100))
}
