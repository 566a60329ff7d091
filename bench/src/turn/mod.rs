//! What relaying costs: our relay and coturn under the same load, one after the other. Clients send channel data to a peer that
//! sends it back; so each datagram is relayed twice.

mod coturn;
mod load;
mod relay;

use std::net::IpAddr;
use std::time::Duration;

use anyhow::Context;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::dialect::Dialect;
use crate::peer::Peer;
use load::{Found, Load};
use relay::Relay;

/// For how long each load is measured.
const LENGTH: Duration = Duration::from_secs(8);

const LOADS: [Load; 3] = [
    Load { name: "200 cameras", clients: 200, bytes: 1_100, burst: 4, per_second: 30 },
    Load { name: "200 voices", clients: 200, bytes: 160, burst: 1, per_second: 50 },
    Load { name: "1 camera", clients: 1, bytes: 1_100, burst: 4, per_second: 30 },
];

/// Allocations that are made to see what memory they take.
const MANY: usize = 2_000;

/// Everything, as a table.
pub(crate) async fn run() -> anyhow::Result<()> {
    let ours = Ours::start().await?;
    let own = measure(&ours.relay)?;
    drop(ours);
    let theirs = match coturn::Coturn::start() {
        Ok(coturn) => Some(measure(&coturn.relay)?),
        Err(error) => {
            say(&format!("coturn could not be started ({error:#}); these are our figures alone"));
            None
        }
    };
    print(&own, theirs.as_ref());
    Ok(())
}

struct Measured {
    loads: Vec<Found>,
    bytes_per_allocation: f64,
}

fn measure(relay: &Relay) -> anyhow::Result<Measured> {
    // First, while there is no memory that a load has left behind.
    let bytes_per_allocation = load::memory(relay, MANY)?;
    let mut loads = Vec::new();
    for load in LOADS {
        say(&format!("{}: process {}", load.name, relay.process));
        loads.push(load::run(relay, &load, LENGTH)?);
    }
    Ok(Measured { loads, bytes_per_allocation })
}

fn print(ours: &Measured, theirs: Option<&Measured>) {
    say(&format!(
        "\n{:<14} {:>12} {:>12} {:>10} {:>22} {:>22}",
        "µs CPU/packet", "Veranda", "coturn", "ratio", "lost, ours/theirs", "packets/CPU s, ours/theirs"
    ));
    for (index, load) in LOADS.iter().enumerate() {
        let ours = &ours.loads[index];
        let theirs = theirs.map(|theirs| &theirs.loads[index]);
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
        say(&format!(
            "{:<14} {:>12.2} {:>12} {:>10} {:>22} {:>22}",
            load.name,
            ours.cost(),
            or_none(theirs.map(|theirs| format!("{:.2}", theirs.cost()))),
            or_none(theirs.map(|theirs| format!("{:.2} ×", theirs.cost() / ours.cost()))),
            format!("{}/{}", ours.lost(), or_none(theirs.map(|theirs| theirs.lost().to_string()))),
            format!(
                "{:.0}/{}",
                1e6 / ours.cost(),
                or_none(theirs.map(|theirs| format!("{:.0}", 1e6 / theirs.cost())))
            ),
        ));
    }
    say("budget: at least 1 ×");
    let memory = |measured: &Measured| format!("{:.1} KiB", measured.bytes_per_allocation / 1024.0);
    let coturn = theirs.map_or_else(|| "–".to_owned(), memory);
    say(&format!("resident memory an allocation, {MANY} of them: Veranda {}, coturn {coturn}", memory(ours)));
}

/// Our server, and somebody in a room of it, whose credentials open the relay.
struct Ours {
    _peer: Peer,
    relay: Relay,
}

const SETTINGS: &[(&str, &str)] = &[
    ("VERANDA__RELAY__ALLOW_PEERS", "127.0.0.2/32"),
    ("VERANDA__RELAY__ALLOCATIONS", "100000"),
    ("VERANDA__RELAY__ALLOCATIONS_PER_PARTICIPANT", "100000"),
    ("VERANDA__RELAY__ALLOCATIONS_PER_ADDRESS", "100000"),
];

impl Ours {
    async fn start() -> anyhow::Result<Self> {
        let peer = Peer::start_with(Dialect::Veranda, SETTINGS).await?;
        let room = peer.new_room(2).await?;
        let stream = TcpStream::connect(peer.address).await?;
        let (mut socket, _) = client_async(format!("ws://{}/api/v1/ws", peer.address), stream).await?;
        let join = json!({ "type": "join", "version": 1, "room": room, "name": "Bench",
                           "media": { "microphone": "off", "camera": "off" } });
        socket.send(Message::text(join.to_string())).await?;
        let text = socket.next().await.context("no answer")??.into_text()?;
        let joined: Value = serde_json::from_str(&text)?;
        let given = &joined["ice_servers"]["servers"][0];
        let text = |value: &Value| value.as_str().map(str::to_owned).context("no credentials");
        let url = text(&given["urls"][0])?;
        let address = url.trim_start_matches("turn:").split('?').next().context("no address")?.parse()?;
        let (username, password) = (text(&given["username"])?, text(&given["credential"])?);
        let process = peer.id()?;
        Ok(Self { _peer: peer, relay: Relay { process, address, username, password } })
    }
}

fn own_address() -> anyhow::Result<IpAddr> {
    let interfaces = if_addrs::get_if_addrs()?;
    let found = interfaces.iter().map(if_addrs::Interface::ip).find(|ip| ip.is_ipv4() && !ip.is_loopback());
    found.context("this machine has no address but the loopback one")
}

#[expect(clippy::print_stdout, reason = "figures are printed")]
fn say(line: &str) {
    println!("{line}");
}
