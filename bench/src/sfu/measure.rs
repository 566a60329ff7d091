//! One room on one server: bring everybody in, let media flow, and read what it costs.

use std::time::Duration;

use super::engine::Engine;
use super::janus::Janus;
use super::plan::{Plan, Which};
use super::tally::{Profile, Times};
use super::{clock, process, veranda};
use crate::dialect::Dialect;
use crate::peer::Peer;

/// Media flows for so long before anything is measured: keyframes are asked for, estimates of bandwidth settle.
pub(super) const WARM_UP: Duration = Duration::from_secs(2);

/// What was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Packets that came, of pictures and of sound.
    pub(super) came: [u64; 2],
    /// Packets that should have come.
    pub(super) expected: u64,
    /// Packets that all senders sent.
    pub(super) sent: u64,
    pub(super) took: Duration,
    /// The server's time on the processors.
    pub(super) processor: Duration,
    pub(super) delays: Times,
    /// Bytes for each person, of memory that is resident at the end.
    pub(super) memory: u64,
    pub(super) profile: Option<Profile>,
    /// The load generator itself.
    pub(super) client: Client,
}

/// Whether the load generator kept up.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) processor: Duration,
    /// How late packets were sent.
    pub(super) lags: Times,
    /// Datagrams that the system dropped because a buffer was full, of any process.
    pub(super) dropped: u64,
    pub(super) failures: u64,
}

impl Found {
    /// Microseconds of the server for each packet that came.
    pub(super) fn cost(&self) -> f64 {
        self.processor.as_secs_f64() * 1e6 / self.packets() as f64
    }

    pub(super) fn packets(&self) -> u64 {
        self.came.iter().sum()
    }
}

/// Measures a room on a server of its own.
pub(super) async fn run(which: Which, plan: &Plan, length: Duration) -> anyhow::Result<Found> {
    let engine = Engine::start(plan.senders + plan.people)?;
    match which {
        Which::Veranda => {
            let peer = Peer::start_with(Dialect::Veranda, &VERANDA).await?;
            let before = process::resident(peer.id()?)?;
            let people = veranda::connect(&peer, &engine, plan).await?;
            let found = flow(&engine, &[peer.id()?], which, plan, length, before).await?;
            people.check()?;
            Ok(found)
        }
        Which::Janus => {
            let janus = Janus::start().await?;
            let before = process::resident(janus.id()?)?;
            let people = janus.connect(&engine, plan).await?;
            let found = flow(&engine, &[janus.id()?], which, plan, length, before).await?;
            people.check()?;
            Ok(found)
        }
    }
}

/// Measures a room of one node whose people have all come to another one. Both are there already.
pub(super) async fn run_by_way_of(
    owner: &Peer,
    entry: &Peer,
    plan: &Plan,
    length: Duration,
) -> anyhow::Result<Found> {
    let engine = Engine::start(plan.senders + plan.people)?;
    let ids = [owner.id()?, entry.id()?];
    let ids = if ids[0] == ids[1] { &ids[..1] } else { &ids[..] };
    let before = memory_of(ids)?;
    let people = veranda::connect(entry, &engine, plan).await?;
    let found = flow(&engine, ids, Which::Veranda, plan, length, before).await?;
    people.check()?;
    Ok(found)
}

/// Time on the processors of all of these.
fn time_of(ids: &[u32]) -> anyhow::Result<Duration> {
    ids.iter().map(|id| process::processor_time(*id)).sum()
}

fn memory_of(ids: &[u32]) -> anyhow::Result<u64> {
    ids.iter().map(|id| process::resident(*id)).sum()
}

/// Downlinks count as wide enough from the start, so that everything is forwarded: nothing but forwarding is measured.
pub(super) const VERANDA: [(&str, &str); 3] = [
    ("VERANDA__MEDIA__INITIAL_DOWNLINK_KBPS", "50000"),
    ("VERANDA__MEDIA__MAX_DOWNLINK_KBPS", "100000"),
    // Nobody reads what it writes after its address; a full pipe would stop it.
    ("VERANDA__LOG__FILTER", "warn,veranda::serve=info,server::serve=info"),
];

async fn flow(
    engine: &Engine,
    ids: &[u32],
    which: Which,
    plan: &Plan,
    length: Duration,
    resident: u64,
) -> anyhow::Result<Found> {
    engine.send_media()?;
    tokio::time::sleep(WARM_UP).await;
    look(engine, ids, which, plan, length, resident).await
}

/// Measures media that flows. May be done several times.
pub(super) async fn look(
    engine: &Engine,
    ids: &[u32],
    which: Which,
    plan: &Plan,
    length: Duration,
    resident: u64,
) -> anyhow::Result<Found> {
    let dropped = process::datagrams_dropped()?;
    let (began, processor) = (clock::moment(), time_of(ids)?);
    engine.begin()?;
    tokio::time::sleep(length).await;
    let measured = engine.end();
    let (processor, took) = (time_of(ids)?.saturating_sub(processor), began.elapsed());
    let mut measured = measured.await?.recv()?;
    let tally = &mut measured.tally;
    let senders = plan.senders as u64;
    let streams = plan.streams(which).map(|streams| streams as u64);
    // Each sender has as many receivers as every other.
    let of_sender = |kind: usize| tally.sent[kind] * streams[kind] / senders;
    Ok(Found {
        came: tally.came,
        expected: of_sender(0) + of_sender(1),
        sent: tally.sent.iter().sum(),
        took,
        processor,
        delays: tally.delays(),
        memory: memory_of(ids)?.saturating_sub(resident) / plan.people as u64,
        profile: tally.profile,
        client: Client {
            processor: measured.processor,
            lags: tally.lags(),
            dropped: process::datagrams_dropped()?.saturating_sub(dropped),
            failures: tally.failures,
        },
    })
}
