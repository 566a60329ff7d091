//! What it costs that somebody comes to another node than the one that has their room; and how much one node and three side by side carry.

mod neighbours;
mod nodes;

use std::time::Duration;

use futures::SinkExt;
use tokio::task::LocalSet;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, next};
use crate::dialect::Heard;
use crate::idle::settled;
use crate::peer::Peer;
use crate::relay::{Load, Relayed, drive};
use crate::rooms::{USUAL, fill_by_way_of};
use crate::sfu;
use nodes::Setup;

pub(crate) use neighbours::run as neighbours;

/// What trickle ICE does: 33 messages a second of each.
const BURSTS: Load = Load { clients: 400, burst: 10, every: Duration::from_millis(300), bursts: 30 };

/// Every message alone.
const SINGLE: Load = Load { clients: 400, burst: 1, every: Duration::from_millis(40), bursts: 200 };

/// People who say nothing.
const IDLE: usize = 1_000;

/// Before that, so that what is made once is not counted.
const WARM_UP: usize = 80;

/// Questions of each of a few people, one after the other.
const QUESTIONS: usize = 150;

/// Signs of life of each of them.
const ROUNDS: u32 = 5;

const ALL_ROLES: &str = "pages,signalling,media";

/// Where people come in, and what has to do with them.
struct Way<'a> {
    name: &'a str,
    entries: Vec<&'a Peer>,
    all: Vec<&'a Peer>,
}

impl Way<'_> {
    fn processor_time(&self) -> anyhow::Result<Duration> {
        self.all.iter().map(|peer| peer.processor_time()).sum()
    }

    async fn fill(&self, count: usize) -> anyhow::Result<Vec<Client>> {
        let Some(maker) = self.all.first() else { return Ok(Vec::new()) };
        fill_by_way_of(maker, &self.entries, USUAL, count).await
    }
}

/// Prints all of it.
pub(crate) async fn run() -> anyhow::Result<()> {
    let setup = Setup::from_environment()?;
    {
        // The one has all rooms, the other has none.
        let mut owner = setup.node("owner", ALL_ROLES).await?;
        let mut entry = setup.node("entry", "pages").await?;
        {
            let direct = Way { name: "one node, direct", entries: vec![&owner], all: vec![&owner, &entry] };
            let passed = Way { name: "passed on", entries: vec![&entry], all: vec![&owner, &entry] };
            for way in [&direct, &passed] {
                messages(way).await?;
            }
            for way in [&direct, &passed] {
                latency(way).await?;
            }
            for way in [&direct, &passed] {
                signs_of_life(way).await?;
            }
            for (name, peer) in [("direct", &owner), ("to another node", &entry)] {
                let packets = LocalSet::new().run_until(sfu::packets(&owner, peer)).await?;
                say(&format!("people who came {name}, media in a room of {packets}"));
            }
        }
        memory(&mut owner, &mut entry).await?;
    }
    let (one, two, three) = (
        setup.node("one", ALL_ROLES).await?,
        setup.node("two", ALL_ROLES).await?,
        setup.node("three", ALL_ROLES).await?,
    );
    let all = vec![&one, &two, &three];
    messages(&Way { name: "three nodes, each in turn", entries: all.clone(), all }).await
}

async fn messages(way: &Way<'_>) -> anyhow::Result<()> {
    for (what, load) in [("bursts of 10", BURSTS), ("one at a time", SINGLE)] {
        let clients = way.fill(load.clients).await?;
        let relayed = drive(clients, load, || way.processor_time()).await?;
        let Relayed { messages, share, took, processor } = relayed;
        say(&format!(
            "{}, signals {what}: {:.1} µs a message, {:.0} messages a CPU second; {messages} in {:.1} s, {:.1} s on the processors, {:.1} % arrived",
            way.name,
            processor.as_secs_f64() * 1e6 / messages as f64,
            relayed.per_processor_second(),
            took.as_secs_f64(),
            processor.as_secs_f64(),
            share * 100.0
        ));
    }
    Ok(())
}

/// How long an answer takes, one question at a time.
async fn latency(way: &Way<'_>) -> anyhow::Result<()> {
    let mut took = Vec::new();
    for client in &mut way.fill(12).await? {
        for _ in 0..QUESTIONS {
            let began = Instant::now();
            answered(client).await?;
            took.push(began.elapsed());
        }
    }
    took.sort();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1_000.0;
    let (median, p99, most) = (at(50), at(99), at(100));
    say(&format!("{}, question → answer: median {median:.3}, p99 {p99:.3}, most {most:.3} ms", way.name));
    Ok(())
}

async fn answered(client: &mut Client) -> anyhow::Result<()> {
    let question = client.dialect.sign_of_life(0).unwrap_or_default();
    client.sink.send(Message::text(question)).await?;
    while next(&mut client.stream, client.dialect).await?.0 != Heard::Pong {}
    Ok(())
}

/// What it costs that somebody is there, who says so every twenty seconds.
async fn signs_of_life(way: &Way<'_>) -> anyhow::Result<()> {
    let mut clients = settled(way.fill(IDLE).await?).await?;
    let before = way.processor_time()?;
    for _ in 0..ROUNDS {
        for client in &mut clients {
            answered(client).await?;
        }
    }
    let each = (way.processor_time()? - before) / ROUNDS / u32::try_from(IDLE)?;
    say(&format!("{}, one sign of life: {:.1} µs on the processors", way.name, each.as_secs_f64() * 1e6));
    let (before, began) = (way.processor_time()?, Instant::now());
    tokio::time::sleep(Duration::from_secs(10)).await;
    let share = (way.processor_time()? - before).as_secs_f64() / began.elapsed().as_secs_f64();
    say(&format!("{}, {IDLE} people who say nothing: {:.2} % of a processor", way.name, share * 100.0));
    Ok(())
}

/// Resident bytes of somebody who is passed on, at both nodes.
async fn memory(owner: &mut Peer, entry: &mut Peer) -> anyhow::Result<()> {
    let _first = settled(fill_by_way_of(owner, &[&*entry], USUAL, WARM_UP).await?).await?;
    let before = (owner.resident().await?, entry.resident().await?);
    let _clients = settled(fill_by_way_of(owner, &[&*entry], USUAL, IDLE).await?).await?;
    let after = (owner.resident().await?, entry.resident().await?);
    let each = |before: u64, after: u64| after.saturating_sub(before) / IDLE as u64;
    say(&format!(
        "an idle connection that is passed on: {} bytes at the node that has the room, {} bytes at the other",
        each(before.0, after.0),
        each(before.1, after.1)
    ));
    let before = owner.resident().await?;
    let _direct = settled(fill_by_way_of(owner, &[&*owner], USUAL, IDLE).await?).await?;
    say(&format!("one that is not: {} bytes", each(before, owner.resident().await?)));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn say(text: &str) {
    println!("{text}");
}
